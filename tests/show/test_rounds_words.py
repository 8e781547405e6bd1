"""Rounds put into words: Chinese first, only the columns that say something, lists cut short."""

import io

import pytest
from rich.console import Console

from streams.core.events import RoundKind
from streams.core.roundfigures import Overview, RoundQuery, overview
from streams.core.slotfigures import SLOT_FIGURES, USUAL_OF_SLOTS
from streams.show.rates import Unreadable
from streams.show.rounds import (
    MOST_LINES,
    coverage_table,
    made_line,
    parse_cut,
    parse_figures,
    parse_kinds,
    rounds_json,
    slot_lines,
)
from tests.core.round_inputs import book, local, made, schedule

RULES = book(schedule(), schedule("duty", id="D", subjects={"each": "areas", "level": "village"}))
ROUNDS = [made("03-03 08:00", grid="g1"), made("03-03 00:00", "duty", hours=23, worker="w")]
QUERY = RoundQuery(
    place="here",
    zone="Asia/Shanghai",
    since=local("03-03"),
    as_of=local("03-04"),
    figures=USUAL_OF_SLOTS,
)
TOLD = overview(RULES, ROUNDS, QUERY)


def text(told: Overview, *by: str) -> str:
    console = Console(file=io.StringIO(), width=160)
    rules, figures = RULES.at("here", QUERY.as_of), tuple(told.rows[0].figures)
    console.print(coverage_table(told.rows, by, rules, figures))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_table_names_kinds_and_schedules_and_shows_what_they_are_made_of() -> None:
    said = text(TOLD, "kind", "schedule")
    assert "巡查 patrol" in said
    assert "S1 计划" in said
    assert "33.33% 1/3" in said
    assert "47.92% 1380/2880" in said


def test_a_figure_that_says_nothing_of_any_row_has_no_column() -> None:
    patrols = overview(RULES, ROUNDS, RoundQuery(**{**_fields(), "kinds": {RoundKind.PATROL}}))
    assert "在岗率" not in text(patrols, "kind", "schedule")
    assert "在岗率" in text(TOLD, "kind", "schedule")


def test_a_figure_that_is_named_is_shown_by_the_registrys_name() -> None:
    named = overview(
        RULES, ROUNDS, RoundQuery(**_fields() | {"figures": parse_figures("patrol_coverage_area")})
    )
    assert "巡查覆盖率 patrol coverage" in text(named, "kind")
    assert "在岗率" not in text(named, "kind")
    assert {*named.rows[0].figures} == {"patrol_coverage_area"}
    assert parse_figures("on_duty_rate,rounds") == ("on_duty_rate", *_but("on_duty_rate"))
    with pytest.raises(Unreadable, match="patrol_coverage_area"):
        parse_figures("closure_rate")
    assert {*overview(RULES, ROUNDS, _all()).rows[0].figures} == {*SLOT_FIGURES}


def _but(figure: str) -> list[str]:
    return [name for name in SLOT_FIGURES if name != figure]


def _all() -> RoundQuery:
    return RoundQuery(**{n: v for n, v in _fields().items() if n != "figures"})


def _fields() -> dict:
    return {name: getattr(QUERY, name) for name in QUERY.__struct_fields__}


def test_a_list_names_gaps_by_local_time_and_is_cut_short() -> None:
    lines = list(slot_lines("漏巡缺岗 missed", TOLD.missed, "Asia/Shanghai"))
    assert lines[0] == "漏巡缺岗 missed: 4"
    assert "  D 计划  v1  03-03 23:00 → 03-04 00:00" in lines
    many = list(slot_lines("逾期 overdue", TOLD.missed * MOST_LINES, "Asia/Shanghai"))
    assert len(many) == MOST_LINES + 2
    assert "--json" in many[-1]


def test_json_has_instants_of_the_places_zone_and_every_list_whole() -> None:
    said = rounds_json(TOLD, QUERY, local("03-05"))
    assert said["as_of"] == "2025-03-04T00:00:00+08:00"
    assert [one["subject"] for one in said["overdue"]] == ["g2", "g3"]
    (gap,) = next(one["gaps"] for one in said["missed"] if one["subject"] == "v1")
    assert gap["from"] == "2025-03-03T23:00:00+08:00"
    assert said["rounds"] == {"patrol": {"ok": 1}, "duty": {"ok": 1}}
    assert "计划外 unplanned 0" in made_line(TOLD)


def test_a_field_or_a_kind_that_is_none_is_refused_with_those_that_there_are() -> None:
    assert parse_cut("area, ten-days") == ("area", "ten-days")
    assert parse_kinds("patrol,visit") == {RoundKind.PATROL, RoundKind.VISIT}
    with pytest.raises(Unreadable, match=r"walk.*patrol"):
        parse_kinds("walk")
    with pytest.raises(Unreadable, match="ten-days"):
        parse_cut("fortnight")
