"""A place's folder: what is shipped holds, and a mistake is named by file and field."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from streams.core.events import Reference, ReferenceKind
from streams.core.personal import numbers_in
from streams.core.place import PlaceRules, Rulebook
from streams.core.placetogether import dangling
from streams.core.refusal import Reason, Refused
from streams.entry.modelfile import write_model
from streams.entry.places import SHIPPED, place_dir, place_schema, read_place, shipped_places
from streams.entry.yamlfile import load_yaml
from tests.models import hand_model

NOW = datetime(2025, 6, 1, tzinfo=UTC)

PLACE = """\
kind: place
version: "1"
valid_from: "2020-01-01T00:00:00+08:00"
body: {name_zh: 某市, name_en: Somewhere, zone: Asia/Shanghai, lifecycle: ticket, fallback_area: x}
"""


def rules_of(references: list[Reference], at: datetime = NOW) -> PlaceRules:
    book = Rulebook()
    for reference in references:
        book = book.with_change(reference)
    (place,) = book.places()
    rules = book.at(place, at)
    assert rules is not None
    return rules


def folder(tmp_path: Path, **files: str) -> Path:
    home = tmp_path / "some"
    home.mkdir(exist_ok=True)
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text, "utf-8")
    return home


def refusal(home: Path) -> str:
    with pytest.raises(Refused) as refused:
        read_place(home)
    assert refused.value.reason is Reason.INVALID
    return refused.value.detail


def test_the_shipped_places_are_listed_and_calendars_are_none() -> None:
    assert {"dongguan", "erqi", "imported", "siming"} <= set(shipped_places())
    assert not any(place.startswith("_") for place in shipped_places())


@pytest.mark.parametrize("place", shipped_places())
def test_every_shipped_place_is_whole(place: str) -> None:
    rules = rules_of(read_place(place_dir(place)))
    assert rules.place == place
    assert dangling(rules) == []
    assert rules.assumed


def test_dongguan_is_what_its_document_says() -> None:
    rules = rules_of(read_place(place_dir("dongguan")))
    assert (rules.name_zh, rules.zone, rules.lifecycle) == ("东莞市", "Asia/Shanghai", "five_steps")
    assert rules.reporter_may_not_handle
    assert rules.patience_days == 7
    assert rules.calendar is not None
    assert rules.calendar.id == "cn-office"
    stated = {row.id: row.value for row in rules.constants}
    assert (stated["base_grids"], stated["grid_managers"]) == (2894, 9889)
    assert (stated["citizen_reports"], stated["villages"]) == (16507, 593)
    rate = next(row for row in rules.published if row.id == "handling_rate")
    assert (rate.value, rate.decimals, rate.numerator, rate.denominator) == (95.08, 2, 14199, 14933)


def test_dongguan_names_the_departments_that_its_document_names() -> None:
    rules = rules_of(read_place(place_dir("dongguan")))
    named = {one.name for one in rules.departments.values() if one.source == "001"}
    assert named == {
        *("市“智网”办", "市委政法委", "市公安局", "市民政局", "市委组织部", "市文明办"),
        *("市总工会", "团市委", "市妇联", "平安建设促进会"),
    }


def test_dongguan_has_a_sample_of_areas_with_grids_and_says_it_is_one() -> None:
    rules = rules_of(read_place(place_dir("dongguan")))
    levels = [area.level for area in rules.areas.values()]
    assert (levels.count("city"), levels.count("street")) == (1, 8)
    communities = [area for area in rules.areas.values() if area.grids]
    assert len(communities) == 24
    assert all(grid.startswith(f"{area.code}-") for area in communities for grid in area.grids)
    assert any("示例" in line for line in rules.assumed)


def test_dongguans_assumed_limits_begin_in_2018_and_its_rules_long_before() -> None:
    references = read_place(place_dir("dongguan"))
    assert rules_of(references, datetime(2017, 6, 1, tzinfo=UTC)).limits == ()
    assert rules_of(references, datetime(2018, 6, 1, tzinfo=UTC)).limits


def test_the_imported_place_is_a_ticket_place_without_rules_of_its_own() -> None:
    rules = rules_of(read_place(place_dir("imported")))
    assert rules.lifecycle == "ticket"
    assert (rules.duties, rules.limits, rules.calendar) == ((), (), None)
    assert not rules.reporter_may_not_handle


def test_the_same_rules_can_be_read_for_another_place_and_zone() -> None:
    found = read_place(place_dir("imported"), place="baltimore", zone="America/New_York")
    rules = rules_of(found)
    assert (rules.place, rules.zone) == ("baltimore", "America/New_York")
    assert rules.versions["place"] == "2026.1+America/New_York"
    (same,) = read_place(place_dir("imported"), zone="Asia/Shanghai")
    assert same.version == "2026.1"


def test_documents_come_profile_first_and_then_by_age() -> None:
    kinds = [reference.kind for reference in read_place(place_dir("dongguan"))]
    order = list(ReferenceKind)
    assert kinds == sorted(kinds, key=order.index)


def test_an_unknown_place_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Refused, match=", ".join(shipped_places())) as refused:
        place_dir("atlantis")
    assert refused.value.reason is Reason.UNKNOWN_PLACE


def test_several_versions_of_one_document_stand_side_by_side(tmp_path: Path) -> None:
    later = PLACE.replace('"1"', '"2"').replace("2020", "2021").replace("某市", "新市")
    found = read_place(folder(tmp_path, a=later, b=PLACE))
    assert [reference.version for reference in found] == ["1", "2"]
    assert rules_of(found).name_zh == "新市"


def test_a_version_that_stands_in_two_files_is_refused(tmp_path: Path) -> None:
    assert "b.yaml: place '1' stands in a.yaml too" in refusal(folder(tmp_path, a=PLACE, b=PLACE))


LIMITS = 'kind: limits\nversion: "1"\nvalid_from: "2020-01-01T00:00:00Z"\nbody:\n  limits:\n'

WRONG = {
    "an unknown field": (PLACE.replace("zone:", "zoen:"), "unknown field `zoen`"),
    "a number for a text": (
        PLACE.replace('"1"', "1"),
        "Expected `str`, got `int` - at `$.version`",
    ),
    "a time without an offset": (PLACE.replace("+08:00", ""), "$.valid_from"),
    "an unknown kind": (PLACE.replace("kind: place", "kind: weather"), "$.kind"),
    "a key twice": (PLACE + "kind: place\n", "the key 'kind' stands twice"),
    "no YAML at all": ("kind: [", "line "),
    "a list": ("- 1", "Expected `object`"),
    "a calendar that is not there": (
        PLACE.replace("kind: place", "kind: calendar").replace("{name_zh: 某市, ", "{use: moon, "),
        "unknown field",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_by_file_and_field(tmp_path: Path, name: str) -> None:
    text, told = WRONG[name]
    detail = refusal(folder(tmp_path, wrong=text))
    assert "wrong.yaml: " in detail
    assert told in detail


def test_a_calendar_is_looked_for_by_its_id(tmp_path: Path) -> None:
    text = 'kind: calendar\nversion: "1"\nvalid_from: "2020-01-01T00:00:00Z"\nbody: {use: ID}\n'
    assert "no such calendar: 'moon'" in refusal(folder(tmp_path, c=text.replace("ID", "moon")))
    assert "$.use" in refusal(folder(tmp_path, c=text.replace("ID", "../moon")))


def test_a_calendar_that_changes_needs_another_version(tmp_path: Path) -> None:
    read = read_place(place_dir("dongguan"))
    shipped = next(one for one in read if one.kind is ReferenceKind.CALENDAR)
    since = 'valid_from: "2020-01-01T00:00:00Z"'
    text = f'kind: calendar\nversion: "VV"\n{since}\nbody: {{use: cn-office}}\n'
    found = read_place(folder(tmp_path, a=PLACE, c=text.replace("VV", shipped.version)))
    assert found[1].body == shipped.body
    detail = refusal(folder(tmp_path, c=text.replace("VV", "1999.1")))
    assert "$.version must end with the calendar's" in detail


def test_a_place_may_have_calendars_beside_its_own_one_file_each(tmp_path: Path) -> None:
    """For departments that name them; the profile says which one is the place's own."""
    shelf = tmp_path / "_calendars"
    shelf.mkdir()
    shipped = json.loads((SHIPPED / "_calendars" / "cn-office.json").read_text("utf-8"))
    night = shipped | {"id": "night", "hours": {"workday": [["18:00", "22:00"]]}}
    (shelf / "night.json").write_text(json.dumps(night), "utf-8")
    use = 'kind: calendar\nversion: "ID-VV"\nvalid_from: "2000-01-01T00:00:00Z"\nbody: {use: ID}\n'
    use = use.replace("VV", shipped["version"])
    files = {id.replace("-", "_"): use.replace("ID", id) for id in ("cn-office", "night")}
    assert "none of its calendars as its own" in refusal(folder(tmp_path, a=PLACE, **files))
    named = PLACE.replace("fallback_area", "calendar: cn-office, fallback_area")
    rules = rules_of(read_place(folder(tmp_path, a=named, **files)))
    assert sorted(rules.calendars) == ["cn-office", "night"]
    assert rules.calendar is not None
    assert (rules.calendar.id, rules.versions["calendar"]) == (
        "cn-office",
        f"cn-office-{shipped['version']}",
    )


MATTERS_OF_MODEL = """\
kind: matters
version: "1"
valid_from: "2020-01-01T00:00:00+08:00"
body:
  categories: [{code: k, name: 类, name_en: kind}]
  matters:
    - {code: noise, name: 噪音, name_en: Noise, category: k, terms: [噪音]}
    - {code: flood, name: 积水, name_en: Flood, category: k, terms: [积水]}
"""
USE = """\
kind: classifier
version: "VERSION"
valid_from: "2020-01-01T00:00:00+08:00"
body: {use: FILE, matters: MEANS, threshold: 0.9}
"""


def with_model(tmp_path: Path, **more: str) -> Path:
    """A place that uses a model whose labels are noise and water."""
    document = hand_model({"吵": "noise", "水": "water"})
    said = {"VERSION": f"2026-{document.version}", "FILE": "m.json", "MEANS": "{water: flood}"}
    use = USE
    for word, value in (said | more).items():
        use = use.replace(word, value)
    home = folder(tmp_path, place=PLACE, matters=MATTERS_OF_MODEL, classifier=use)
    write_model(home / "m.json", document)
    return home


def test_a_place_names_its_model_and_what_the_labels_mean(tmp_path: Path) -> None:
    rules = rules_of(read_place(with_model(tmp_path)))
    assert rules.model is not None
    assert (rules.model.labels, rules.model.threshold) == (("noise", "water"), 0.9)
    assert rules.model_matters == {"noise": "noise", "water": "flood"}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"FILE": "none.json"}, "no such file: 'none.json'"),
        ({"FILE": "../m.json"}, "$.use"),
        ({"FILE": "place.yaml"}, "no model of `classifier train`"),
        ({"VERSION": "2026"}, "$.version must end with the model's"),
        ({"MEANS": "{}"}, "classifier: no such matter: 'water'"),
        ({"MEANS": "{water: flood, fire: noise}"}, "no such label in the model: 'fire'"),
    ],
)
def test_a_model_that_does_not_fit_its_place_is_refused(
    tmp_path: Path, more: dict[str, str], why: str
) -> None:
    assert why in refusal(with_model(tmp_path, **more))


def test_what_one_document_says_of_another_is_checked_together(tmp_path: Path) -> None:
    limits = LIMITS + "    - {id: L1, matter: noise, limit: 1 day}\n"
    detail = refusal(folder(tmp_path, a=PLACE, b=limits))
    assert "L1: no such matter or category: 'noise'" in detail


def test_a_folder_without_a_profile_is_no_place(tmp_path: Path) -> None:
    limits = LIMITS + "    - {id: L1, matter: '*', limit: 1 day}\n"
    assert "no document of kind 'place'" in refusal(folder(tmp_path, b=limits))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "nothing")


def test_words_that_yaml_would_turn_into_something_else_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "a: yes\nb: 2020-01-01\nc: 0101\nd: 1.5\ne: 12\nf: true\ng: ~\nh: 1e3\n", "utf-8"
    )
    assert load_yaml(path) == {
        **{"a": "yes", "b": "2020-01-01", "c": "0101", "d": 1.5, "e": 12, "f": True, "g": None},
        "h": "1e3",
    }


def test_the_committed_schema_is_that_of_the_types() -> None:
    committed = json.loads((SHIPPED / "place.schema.json").read_text("utf-8"))
    assert committed == place_schema()


def documents() -> list[Path]:
    return [path for place in shipped_places() for path in sorted(place_dir(place).glob("*.yaml"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_file_fits_the_schema(path: Path) -> None:
    validator = jsonschema_rs.validator_for(place_schema())
    assert [error.message for error in validator.iter_errors(load_yaml(path))] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_profile_holds_a_phone_or_id_number(path: Path) -> None:
    """Two of the documents print some; nor does any code of ours look like one."""
    assert numbers_in(path.read_text("utf-8"), {}) == []


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema_rs.validator_for(place_schema())
    good: Any = load_yaml(place_dir("imported") / "place.yaml")
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "kind": "weather"})
    assert not validator.is_valid({**good, "body": {**good["body"], "zoen": "x"}})
