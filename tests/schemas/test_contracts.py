"""The committed contracts: what the nouns say, closed, in Chinese, and wider with every change."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import fields

from streams.core.contracts import check, export, names, schema, text
from streams.core.fieldwords import FIELD_WORDS
from tests.schemas.compatibility import Schema, plain, takes_all_of
from tests.schemas.examples import ROOT

FROZEN = Path(__file__).parent / "frozen"
"""The contracts as first published. Never edited: a wider contract still takes all of these."""

NAMES = sorted(names())


def objects(part: Any) -> Iterator[Schema]:
    """Every schema of an object with named fields inside a schema."""
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for value in part.values():
            yield from objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from objects(value)


def test_the_committed_files_are_what_the_nouns_say() -> None:
    """After a change of a noun: `gridloop schemas export`."""
    assert check(ROOT / "events") == []


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_is_a_valid_closed_schema_that_speaks_chinese(name: str) -> None:
    made = schema(name)
    jsonschema_rs.Draft202012Validator(made)
    assert jsonschema_rs.meta.is_valid(made)
    assert made["$id"] == f"urn:gridloop:schema:{name}:v1"
    assert any("一" <= letter <= "鿿" for letter in made["title"])
    for part in objects(made):
        assert part["additionalProperties"] is False
        assert all(" · " in field["description"] for field in part["properties"].values())


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_contract_is_the_same_each_time_and_readable(name: str) -> None:
    made = text(name)
    assert made == text(name)
    assert made.endswith("}\n")
    assert "\\u" not in made
    assert made == json.dumps(json.loads(made), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def test_every_field_has_words_and_no_words_are_left_over() -> None:
    used = {
        field for name in NAMES for part in objects(schema(name)) for field in part["properties"]
    }
    assert used == set(FIELD_WORDS)


def test_a_contract_names_every_field_of_its_noun() -> None:
    for name, noun in names().items():
        assert set(schema(name)["properties"]) == {field.encode_name for field in fields(noun)}


def test_check_names_what_is_missing_what_differs_and_what_nobody_knows(tmp_path: Path) -> None:
    written = export(tmp_path)
    assert check(tmp_path) == []
    written[0].unlink()
    written[1].write_text(written[1].read_text("utf-8") + " ", "utf-8")
    (tmp_path / "pigeon").mkdir()
    (tmp_path / "pigeon" / "v1.json").write_text("{}", "utf-8")
    assert check(tmp_path) == [
        "act/v1.json: missing",
        "pigeon/v1.json: no such contract",
        "alarm/v1.json: differs from the nouns",
    ]


# --- the gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_was_taken_when_v1_was_frozen_is_taken_now(name: str) -> None:
    frozen = json.loads((FROZEN / f"{name}.json").read_text("utf-8"))
    assert takes_all_of(schema(name), frozen), f"{name} takes less than it promised: make a v2"


def _add(made: Schema) -> None:
    made["properties"]["weather"] = {"type": "string"}


def _add_code(made: Schema) -> None:
    made["properties"]["weather"] = made["properties"]["area"]


def _add_required(made: Schema) -> None:
    _add(made)
    made["required"] = [*made["required"], "weather"]


def _require(made: Schema) -> None:
    made["required"] = [*made["required"], "matter"]


def _remove(made: Schema) -> None:
    del made["properties"]["matter"]


def _drop_choice(made: Schema) -> None:
    made["$defs"]["ReporterKind"]["enum"].remove("inspector")


def _add_choice(made: Schema) -> None:
    made["$defs"]["ReporterKind"]["enum"].append("volunteer")


def _shorten(made: Schema) -> None:
    made["properties"]["text"]["maxLength"] = 100


def _lengthen(made: Schema) -> None:
    made["properties"]["text"]["maxLength"] = 9000


def _narrow_inside(made: Schema) -> None:
    made["$defs"]["Point"]["properties"]["lat"]["maximum"] = 60


def _forbid_null(made: Schema) -> None:
    made["properties"]["area"] = made["properties"]["area"]["anyOf"][0]


def _other_pattern(made: Schema) -> None:
    made["properties"]["place"]["pattern"] = "^[a-z]+$"


def _drop_pattern(made: Schema) -> None:
    del made["properties"]["place"]["pattern"]


def _other_type(made: Schema) -> None:
    made["properties"]["reporter"] = {"type": "integer"}


def _reword(made: Schema) -> None:
    made["title"] = "另一个题目"
    made["properties"]["text"]["description"] = "另一个说法"


@pytest.mark.parametrize(
    "change", [_add, _add_code, _add_choice, _lengthen, _drop_pattern, _reword]
)
def test_the_gate_lets_through_what_only_takes_more(change: Callable[[Schema], None]) -> None:
    new = deepcopy(schema("report.gridworker"))
    change(new)
    assert takes_all_of(new, schema("report.gridworker"))


@pytest.mark.parametrize(
    "change",
    [
        *(_add_required, _require, _remove, _drop_choice, _shorten),
        *(_narrow_inside, _forbid_null, _other_pattern, _other_type),
    ],
)
def test_the_gate_stops_what_takes_less(change: Callable[[Schema], None]) -> None:
    new = deepcopy(schema("report.gridworker"))
    change(new)
    assert not takes_all_of(new, schema("report.gridworker"))


@pytest.mark.parametrize("name", NAMES)
def test_the_gates_plain_form_still_takes_the_same_documents(name: str) -> None:
    full, bare = schema(name), plain(schema(name))
    assert "$ref" not in json.dumps(bare)
    ours, theirs = jsonschema_rs.Draft202012Validator(full), jsonschema_rs.Draft4Validator(bare)
    for path in sorted((ROOT / "examples" / name).glob("good-binary*.json")):
        value = json.loads(path.read_text("utf-8"))["value"]
        for changed in (value, {**value, "weather": "fine"}, dict(list(value.items())[1:])):
            assert ours.is_valid(changed) == theirs.is_valid(changed)
