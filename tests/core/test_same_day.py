"""当日: to the last open instant of the working day on which it starts, or of the next one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.clock import deadline, first_open, parse_limit, working_seconds
from streams.core.clocks import OVERALL, paused, started
from streams.core.derivation import derive
from streams.core.place import LimitRule
from tests.core.office import CN, HERE, at, due
from tests.strategies import LAWS, calendars, instants

SAME_DAY = parse_limit("当日")
MICRO = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        # Tuesday 2026-03-03: in the hours, before them, at lunch
        ("2026-03-03T09:00:00", "2026-03-03T17:30:00"),
        ("2026-03-03T03:00:00", "2026-03-03T17:30:00"),
        ("2026-03-03T12:30:00", "2026-03-03T17:30:00"),
        # the last moment still is of the day, the closing itself is not
        ("2026-03-03T17:29:59.999999", "2026-03-03T17:30:00"),
        ("2026-03-03T17:30:00", "2026-03-04T17:30:00"),
        ("2026-03-03T23:59:59.999999", "2026-03-04T17:30:00"),
        # over a weekend, on a make-up Saturday, and from one over the Spring Festival
        ("2026-03-06T18:00:00", "2026-03-09T17:30:00"),
        ("2026-03-07T10:00:00", "2026-03-09T17:30:00"),
        ("2026-02-28T10:00:00", "2026-02-28T17:30:00"),
        ("2026-02-14T18:00:00", "2026-02-24T17:30:00"),
        # the last day for which there are data
        ("2026-12-31T17:00:00", "2026-12-31T17:30:00"),
    ],
)
def test_it_ends_with_the_last_open_instant_of_its_working_day(start: str, answer: str) -> None:
    assert due(start, "same day") == answer


def test_a_start_after_the_last_day_with_data_says_which_year_is_missing() -> None:
    with pytest.raises(CalendarMissing) as gap:
        deadline(at("2026-12-31T17:30:00"), SAME_DAY, CN)
    assert gap.value.year == 2027


def test_its_derivation_reads_in_both_languages() -> None:
    """In the hours there is nothing to explain but the end; a start on a day off is carried on."""
    inside = derive(at("2026-03-03T16:00:00"), SAME_DAY, CN)
    (line,) = inside.derivation
    assert (
        line.why == "办公时间；当日最后的办公时刻 · office hours; the last open instant of that day"
    )
    assert inside.working_seconds == line.counted_seconds == 5400
    carried = derive(at("2026-03-07T10:00:00"), SAME_DAY, CN).derivation
    assert [(line.counted_seconds, line.why) for line in carried] == [
        (
            0,
            "周末，不办公 2 天；顺延至下一工作日"
            " · weekend: closed 2 days; carried over to the next working day",
        ),
        (12_600, "办公时间 · office hours"),
        (0, "午休，两段办公时间之间 · break between office hours"),
        (
            12_600,
            "办公时间；当日最后的办公时刻 · office hours; the last open instant of that day",
        ),
    ]


def test_a_pause_gives_back_what_it_took_of_the_day() -> None:
    """挂账 from 16:30 to the next noon: the hour that was left runs from 14:00 on."""
    clock = started(OVERALL, LimitRule("l1", "*", "same day", "1"), at("2026-03-03T09:00"), CN)
    held = paused(clock, at("2026-03-03T16:30"), at("2026-03-04T12:00"), CN)
    assert held.due is not None
    assert held.due.astimezone(HERE).isoformat() == "2026-03-04T15:00:00+08:00"


@LAWS
@given(start=instants(), calendar=calendars())
def test_it_is_after_its_start_in_working_time_and_nothing_of_its_day_is_left(
    start: datetime, calendar: Calendar
) -> None:
    """Whatever the hours: its day is that of the first open instant, and it is that day's last."""
    answer = deadline(start, SAME_DAY, calendar)
    begun = first_open(start, calendar)
    assert start <= begun < answer.at
    assert working_seconds(answer.at - MICRO, answer.at, calendar) > 0
    day = begun.astimezone(calendar.tz).date()
    assert (answer.at - MICRO).astimezone(calendar.tz).date() == day
    assert calendar.open_segments(day)[-1][1] == answer.at
    assert derive(start, SAME_DAY, calendar).at == answer.at
