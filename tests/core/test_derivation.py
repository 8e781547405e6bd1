"""Why this deadline: derivations that read without a hole, in both languages."""

import json
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given

from streams.core.calendar import Calendar
from streams.core.clock import Limit, Unit, deadline, deadline_json, parse_limit, working_seconds
from streams.core.derivation import derive
from tests.core.office import CN, at
from tests.strategies import LAWS, WORKING, calendars, instants, limits

BREAK = "午休，两段办公时间之间 · break between office hours"


def test_a_derivation_reads_from_start_to_deadline_and_a_long_holiday_is_one_line() -> None:
    start = at("2026-02-14T11:00:00")
    value = deadline_json(derive(start, parse_limit("6 working hours"), CN), "Asia/Shanghai")
    lines = [tuple(line.values()) for line in value.pop("derivation")]
    assert value == {
        "deadline": "2026-02-24T10:00:00+08:00",
        "working_seconds": 21_600,
        "calendar": "cn-office",
        "calendar_version": "2026.1",
    }
    hours = "办公时间（调休上班） · office hours (make-up workday)"
    day = "2026-02-14T{}+08:00".format
    assert lines == [
        (day("11:00:00"), day("12:00:00"), 3600, hours),
        (
            day("12:00:00"),
            day("14:00:00"),
            0,
            "午休，两段办公时间之间 · break between office hours",
        ),
        (day("14:00:00"), day("17:30:00"), 12_600, hours),
        (
            day("17:30:00"),
            "2026-02-24T08:30:00+08:00",
            0,
            "春节，不办公 9 天 · Spring Festival: closed 9 days",
        ),
        ("2026-02-24T08:30:00+08:00", value["deadline"], 5400, "办公时间 · office hours"),
    ]


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-03-07T10:00:00", "周末，不办公 2 天 · weekend: closed 2 days"),
        ("2026-03-08T10:00:00", "周末，不办公 1 天 · weekend: closed 1 day"),
        ("2026-03-06T18:00:00", "周末，不办公 2 天 · weekend: closed 2 days"),
        ("2026-03-03T18:00:00", "下班后或上班前 · outside office hours"),
        ("2026-03-03T03:00:00", "下班后或上班前 · outside office hours"),
        ("2026-03-03T12:00:00", BREAK),
        (
            "2026-01-01T10:00:00",
            "元旦，不办公 3 天 · New Year's Day: closed 3 days",
        ),
        (
            "2024-06-07T17:30:00",
            "周末、端午节，不办公 3 天 · weekend, Dragon Boat Festival: closed 3 days",
        ),
        ("2024-01-01T00:00:00", "元旦，不办公 1 天 · New Year's Day: closed 1 day"),
    ],
)
def test_a_start_in_closed_time_is_explained_in_its_first_line(start: str, first: str) -> None:
    lines = derive(at(start), parse_limit("1 working hour"), CN).derivation
    assert (lines[0].counted_seconds, lines[0].why) == (0, first)


def test_working_days_are_numbered_line_by_line() -> None:
    lines = derive(at("2026-03-05T15:00:00"), parse_limit("2 working days"), CN).derivation
    whys = [line.why for line in lines if line.counted_seconds]
    assert whys == [
        "起算日，不计入天数 · day of the start, not counted as a day",
        *["第 1 个工作日 · working day 1 of 2"] * 2,
        *["第 2 个工作日 · working day 2 of 2"] * 2,
    ]
    assert "周末" in [line for line in lines if not line.counted_seconds][-2].why


def test_days_counted_from_an_opening_end_at_an_opening_and_say_so() -> None:
    lines = derive(at("2026-03-06T20:00:00"), parse_limit("1 working day"), CN).derivation
    assert [line.counted_seconds for line in lines] == [0, 12_600, 0, 12_600, 0]
    closed = (
        "下班后或上班前；至第 1 个工作日开门 · outside office hours; until working day 1 of 1 opens"
    )
    assert lines[-1].why == closed


def test_an_elapsed_limit_is_one_line_that_counts_all_of_it() -> None:
    answer = derive(at("2026-02-14T15:00:00"), parse_limit("24 hours"), CN)
    (line,) = answer.derivation
    assert line.counted_seconds == answer.working_seconds == 86_400
    assert "自然时间" in line.why


def test_json_gives_fractions_of_a_second_only_where_there_are_some() -> None:
    answer = derive(at("2026-03-03T17:29:59.5"), parse_limit("1 working hour"), CN)
    value = deadline_json(answer, "UTC")
    assert value["deadline"] == "2026-03-04T01:29:59.500000+00:00"
    assert [line["counted_seconds"] for line in value["derivation"]] == [0.5, 0, 3599.5]
    assert json.loads(json.dumps(value)) == value


@LAWS
@given(start=instants(), limit=limits(most=15), calendar=calendars(round_the_clock=True))
def test_a_derivation_has_no_hole_and_adds_up(
    start: datetime, limit: Limit, calendar: Calendar
) -> None:
    fast, answer = deadline(start, limit, calendar), derive(start, limit, calendar)
    lines = answer.derivation
    assert (fast.at, fast.working_seconds) == (answer.at, answer.working_seconds)
    assert fast.derivation == ()
    assert (lines[0].from_at, lines[-1].to_at) == (start, answer.at)
    assert all(a.to_at == b.from_at for a, b in pairwise(lines))
    assert all(line.from_at < line.to_at and " · " in line.why for line in lines)
    assert sum(line.counted_seconds for line in lines) == pytest.approx(answer.working_seconds)
    if limit.unit in WORKING:
        for line in lines:
            counted = working_seconds(line.from_at, line.to_at, calendar)
            assert line.counted_seconds == pytest.approx(counted)
        assert all(a.counted_seconds or b.counted_seconds for a, b in pairwise(lines))
    if limit.unit is Unit.WORKING_HOURS:
        assert answer.working_seconds == limit.n * 3600
