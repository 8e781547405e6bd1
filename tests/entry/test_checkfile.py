"""The shipped check files: what each place publishes, and what of it is replayed."""

import json
import shutil
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest

from streams.core.checks import AREA_COUNT
from streams.core.refusal import Refused
from streams.entry.checkfile import FILE, check_schema
from streams.entry.places import SHIPPED, place_dir
from streams.entry.yamlfile import load_yaml
from streams.placecheck import Plan
from streams.placecheck import plan as plan_of

LEAST = {"dongguan": 12, "jianghai": 10, "daguan": 12, "siming": 8, "erqi": 6}
CLOSING = ("handling_rate", "completion_rate", "closure_rate", "on_time_closure_rate")


@cache
def plan(place: str) -> Plan:
    """What is replayed of a shipped place."""
    return plan_of(place)


def checks_of(found: Plan) -> dict[str, tuple[str, float]]:
    return {one.id: (one.figure, one.value) for one in found.numbers}


@pytest.mark.parametrize(("place", "least"), LEAST.items())
def test_every_place_has_its_figures_replayed(place: str, least: int) -> None:
    found = plan(place)
    assert len(checks_of(found)) == len(found.numbers) >= least
    assert found.place == f"{place}~check"
    assert found.body.assumed
    assert {one.id for one in found.constants}.isdisjoint(checks_of(found))


@pytest.mark.parametrize("place", LEAST)
def test_every_published_rate_is_checked_and_every_check_quotes_its_document(place: str) -> None:
    found = plan(place)
    assert {one.id for one in found.rules.published} <= set(checks_of(found))
    (document,) = found.rules.documents
    assert all(one.source.startswith(f"文件{document.id}") for one in found.numbers)


@pytest.mark.parametrize("place", LEAST)
def test_every_replay_is_asked_for(place: str) -> None:
    body = plan(place).body
    asked = {row.replay for row in body.checks} | {row.against for row in body.checks}
    assert {one.id for one in body.replays} | {one.id for one in body.rounds} == asked - {None}


def test_published_rates_are_those_figures_that_their_documents_mean() -> None:
    assert checks_of(plan("dongguan"))["handling_rate"] == ("handling_rate", 95.08)
    opinions = checks_of(plan("dongguan"))["stationed_teams_completion_rate"]
    assert opinions == ("completion_rate", 91.2)
    assert checks_of(plan("jianghai"))["completion_rate"] == ("completion_rate", 99.5)
    assert checks_of(plan("jianghai"))["response_rate"] == ("response_rate", 100)
    assert checks_of(plan("daguan"))["trial_completion_rate"] == ("completion_rate", 98.75)
    assert checks_of(plan("daguan"))["speed_gain"] == ("closing_time_mean", 1)


@pytest.mark.parametrize("place", ["siming", "erqi"])
def test_a_place_that_publishes_no_closure_rate_is_checked_for_none(place: str) -> None:
    """FIG-12, FIG-15."""
    assert not {one.figure for one in plan(place).numbers} & set(CLOSING)


def test_what_cannot_be_reproduced_is_a_constant() -> None:
    """Silences and traps: no whole total gives 86.9 % with 25; a sample holds no 1, 12 and 55."""
    kept = {place: {one.id for one in plan(place).constants} for place in LEAST}
    assert {"backlog_resolved", "backlog_rate"} <= kept["daguan"]
    assert {"level_1_grids", "level_2_grids", "level_3_grids"} <= kept["erqi"]
    assert {"problems_found", "problems_handled", "villages", "charters"} <= kept["dongguan"]
    assert {"intensity_change", "grids", "units"} <= kept["jianghai"]
    assert {"grids", "communities", "party_members"} <= kept["siming"]


def test_no_limit_of_ours_holds_where_a_document_names_none() -> None:
    """Assumed limits are off; a first contact has one, since without it there is no response."""
    for place in LEAST:
        limits = [one for one in plan(place).documents if one.kind.value == "limits"]
        rows = [row for one in limits for row in one.body["limits"]]
        assert {row["clock"] for row in rows} <= {"contact"}


def test_areas_are_counted_where_the_tree_holds_them() -> None:
    rows = [row for row in plan("daguan").body.checks if row.figure == AREA_COUNT]
    assert [row.of for row in rows] == ["township_platforms", "village_platforms"]


def test_the_committed_schema_is_the_one_of_the_code_and_takes_the_files() -> None:
    committed = json.loads((SHIPPED / "check.schema.json").read_text("utf-8"))
    assert committed == check_schema()
    takes = jsonschema_rs.validator_for(committed)
    for place in LEAST:
        assert takes.is_valid(load_yaml(place_dir(place) / FILE))
    assert not takes.is_valid({"checks": [{"off": "x"}]})


def test_a_folder_without_the_file_or_with_a_wrong_one_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "_calendars", tmp_path / "_calendars")
    folder = tmp_path / "erqi"
    shutil.copytree(place_dir("erqi"), folder)
    file = folder / FILE
    file.write_text(file.read_text("utf-8").replace("schedule: P1", "schedule: P9"), "utf-8")
    with pytest.raises(Refused, match=r"replays\.yaml: .*no such schedule: 'P9'"):
        plan_of("erqi", folder)
    file.unlink()
    with pytest.raises(Refused, match="nothing to check"):
        plan_of("erqi", folder)
