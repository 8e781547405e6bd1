"""Time limits: golden cases counted by hand, and the defects of peers as regressions."""

import time as stopwatch
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from streams.core.calendar import CalendarMissing, parse_calendar
from streams.core.clock import (
    deadline,
    parse_limit,
    working_seconds,
)
from streams.core.derivation import derive
from tests.core.office import CN, DOCUMENT, at, due

MICRO = timedelta(microseconds=1)


# --- golden cases, counted by hand ------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "limit", "answer"),
    [
        # elapsed time, round the clock, over whatever it may be
        ("2026-02-14T15:00:00", "24 hours", "2026-02-15T15:00:00"),
        ("2026-02-14T15:00:00", "1 day", "2026-02-15T15:00:00"),
        ("2026-02-14T23:59:59.999999", "3 days", "2026-02-17T23:59:59.999999"),
        ("2026-02-16T03:00:00", "2 hours", "2026-02-16T05:00:00"),
        # Spring Festival 2025: off 28 January to 4 February, worked Sunday 26 and Saturday 8
        ("2025-01-24T10:00:00", "1 working day", "2025-01-26T10:00:00"),
        ("2025-01-27T16:00:00", "2 working days", "2025-02-06T16:00:00"),
        ("2025-01-26T09:00:00", "5 working days", "2025-02-08T09:00:00"),
        ("2025-01-27T16:30:00", "3 working hours", "2025-02-05T10:30:00"),
        ("2025-02-08T17:00:00", "1 working hour", "2025-02-10T09:00:00"),
        # Spring Festival 2026: off 15 to 23 February, worked Saturdays 14 and 28
        ("2026-02-13T15:00:00", "1 working day", "2026-02-14T15:00:00"),
        ("2026-02-13T15:00:00", "5 working days", "2026-02-27T15:00:00"),
        ("2026-02-14T16:30:00", "2 working hours", "2026-02-24T09:30:00"),
        ("2026-02-18T11:00:00", "1 working day", "2026-02-25T08:30:00"),
        ("2026-02-27T10:00:00", "2 working days", "2026-03-02T10:00:00"),
        # National Day: 2025 off 1 to 8 October; 2026 off 1 to 7, worked Sunday 20 September
        ("2025-09-28T11:00:00", "3 working days", "2025-10-09T11:00:00"),
        ("2025-09-30T17:00:00", "4 working hours", "2025-10-09T12:00:00"),
        ("2026-09-30T17:00:00", "1 working hour", "2026-10-08T09:00:00"),
        ("2026-10-01T12:00:00", "1 working day", "2026-10-09T08:30:00"),
        ("2026-10-09T14:30:00", "1 working day", "2026-10-10T14:30:00"),
        ("2026-09-18T09:00:00", "1 working day", "2026-09-20T09:00:00"),
        # Qingming 2026, three days off: Saturday 4 to Monday 6 April
        ("2026-04-03T16:00:00", "3 working hours", "2026-04-07T10:00:00"),
        ("2026-04-05T12:00:00", "1 working day", "2026-04-08T08:30:00"),
        # over New Year, where both years are known
        ("2025-12-31T17:00:00", "1 working hour", "2026-01-04T09:00:00"),
        ("2025-12-31T09:00:00", "2 working days", "2026-01-05T09:00:00"),
    ],
)
def test_a_deadline_is_what_a_clerk_with_the_notice_in_hand_would_count(
    start: str, limit: str, answer: str
) -> None:
    assert due(start, limit) == answer


# --- peers' defects, each a regression here ----------------------------------------------------


def test_one_working_day_is_the_same_clock_time_next_day_and_not_24_working_hours() -> None:
    """T1: a day turned into 24 h of a 7-hour day would give more than three days."""
    assert due("2026-03-03T10:15:00", "1 working day") == "2026-03-04T10:15:00"
    assert due("2026-03-03T10:15:00", "24 working hours") == "2026-03-06T15:15:00"
    day = deadline(at("2026-03-03T10:15:00"), parse_limit("1 working day"), CN)
    assert day.working_seconds == 7 * 3600


def test_a_pause_of_59_minutes_counts_59_and_a_weekend_counts_nothing() -> None:
    """T2, T14: pauses rounded to whole hours, or measured round the clock."""
    assert working_seconds(at("2026-03-03T09:00:00"), at("2026-03-03T09:59:00"), CN) == 59 * 60
    assert working_seconds(at("2026-03-06T17:30:00"), at("2026-03-09T08:30:00"), CN) == 0
    assert working_seconds(at("2026-03-06T17:29:00"), at("2026-03-09T08:31:00"), CN) == 120


def test_limits_of_60_days_and_pauses_of_45_do_not_overflow() -> None:
    """T3: milliseconds in 32 bits break at 25 days, an 8-bit number of hours at 127."""
    assert due("2025-01-02T09:00:00", "60 working days") == "2025-04-02T09:00:00"
    assert due("2025-01-02T09:00:00", "60 days") == "2025-03-03T09:00:00"
    assert due("2025-01-02T09:00:00", "1440 hours") == "2025-03-03T09:00:00"
    assert due("2025-01-02T08:30:00", "420 working hours") == "2025-04-01T17:30:00"
    pause = working_seconds(at("2025-03-01T00:00:00"), at("2025-04-15T00:00:00"), CN)
    assert pause == 30 * 7 * 3600  # 21 working days in March, 9 in April up to the 14th


@pytest.mark.parametrize(
    ("start", "limit", "answer"),
    [
        # at lunch
        ("2026-03-03T12:30:00", "2 working hours", "2026-03-03T16:00:00"),
        ("2026-03-03T12:30:00", "1 working day", "2026-03-04T14:00:00"),
        # at midnight, and a microsecond before it
        ("2026-03-03T00:00:00", "1 working hour", "2026-03-03T09:30:00"),
        ("2026-03-03T00:00:00", "1 working day", "2026-03-04T08:30:00"),
        ("2026-03-03T23:59:59.999999", "1 working hour", "2026-03-04T09:30:00"),
        ("2026-03-03T23:59:59.999999", "1 working day", "2026-03-05T08:30:00"),
        # on a make-up Saturday, and inside a holiday of three days
        ("2026-02-28T16:30:00", "2 working hours", "2026-03-02T09:30:00"),
        ("2026-05-09T12:00:00", "1 working day", "2026-05-11T14:00:00"),
        ("2026-06-20T10:00:00", "1 working hour", "2026-06-22T09:30:00"),
        ("2026-06-20T10:00:00", "1 working day", "2026-06-23T08:30:00"),
        # a limit that ends exactly when the hours end does not move to the next ones
        ("2026-03-03T16:30:00", "1 working hour", "2026-03-03T17:30:00"),
        ("2026-03-03T09:00:00", "3 working hours", "2026-03-03T12:00:00"),
        ("2026-03-03T08:30:00", "7 working hours", "2026-03-03T17:30:00"),
        ("2026-03-06T08:30:00", "14 working hours", "2026-03-09T17:30:00"),
        # a start exactly at a closing is a start at the next opening
        ("2026-03-03T12:00:00", "1 working day", "2026-03-04T14:00:00"),
        ("2026-03-03T17:30:00", "1 working day", "2026-03-05T08:30:00"),
        ("2026-03-03T17:30:00", "1 working hour", "2026-03-04T09:30:00"),
        ("2026-03-03T17:29:59.999999", "1 working day", "2026-03-04T17:29:59.999999"),
        ("2026-03-03T17:29:59.999999", "1 working hour", "2026-03-04T09:29:59.999999"),
    ],
)
def test_a_start_in_no_slot_or_an_end_on_its_edge_is_counted_right(
    start: str, limit: str, answer: str
) -> None:
    """T5: no slot found gave index -1; an end exactly at a slot's end was pushed on."""
    assert due(start, limit) == answer


def test_a_second_and_a_third_shift_of_a_day_count_too() -> None:
    """T11: shifts keyed by their date lost all but one; deadlines fell into closed hours."""
    hours = {"workday": [["06:00", "10:00"], ["11:00", "14:00"], ["18:00", "24:00"]]}
    shifts = parse_calendar({**DOCUMENT, "hours": hours})
    assert due("2026-03-03T06:00:00", "5 working hours", shifts) == "2026-03-03T12:00:00"
    assert due("2026-03-03T06:00:00", "8 working hours", shifts) == "2026-03-03T19:00:00"
    assert due("2026-03-03T23:00:00", "2 working hours", shifts) == "2026-03-04T07:00:00"
    assert due("2026-03-03T06:00:00", "13 working hours", shifts) == "2026-03-04T00:00:00"
    assert due("2026-03-03T10:30:00", "1 working day", shifts) == "2026-03-04T11:00:00"


# --- the clock time of the last day -------------------------------------------------------------

SHORT_FRIDAY = parse_calendar(
    {
        **DOCUMENT,
        "hours": {
            "workday": [["08:30", "12:00"], ["14:00", "17:30"]],
            "wed": [["10:00", "12:00"], ["14:00", "17:30"]],
            "fri": [["08:30", "12:00"], ["14:00", "16:30"]],
            "sat": [["09:00", "12:00"]],
        },
    }
)


@pytest.mark.parametrize(
    ("start", "answer", "clamped"),
    [
        ("2026-03-05T17:00:00", "2026-03-06T16:30:00", True),  # Friday has closed by then
        ("2026-03-05T16:30:00", "2026-03-06T16:30:00", False),  # the closing itself still counts
        ("2026-03-06T15:00:00", "2026-03-07T12:00:00", True),  # Saturday afternoon is closed
        ("2026-03-06T12:00:00", "2026-03-07T12:00:00", True),  # s is 14:00; noon is the last open
        ("2026-03-06T08:45:00", "2026-03-06T16:30:00", True),  # Saturday is not open yet at 08:45
        ("2026-03-03T09:00:00", "2026-03-03T17:30:00", True),  # nor is Wednesday at nine
        ("2026-03-03T10:00:00", "2026-03-04T10:00:00", False),
    ],
)
def test_a_closed_clock_time_falls_back_to_the_last_open_instant_before_it(
    start: str, answer: str, clamped: bool
) -> None:
    assert due(start, "1 working day", SHORT_FRIDAY) == answer
    lines = derive(at(start), parse_limit("1 working day"), SHORT_FRIDAY).derivation
    assert ("最后的办公时刻" in lines[-1].why) == clamped


def test_elapsed_days_are_24_hours_also_where_the_clocks_change() -> None:
    new_york = ZoneInfo("America/New_York")
    start = datetime(2026, 3, 7, 12, tzinfo=new_york)
    answer = deadline(start, parse_limit("1 day"), CN)
    assert answer.at - start.astimezone(UTC) == timedelta(hours=24)
    assert answer.at.astimezone(new_york).hour == 13


def test_working_days_keep_their_clock_time_where_the_clocks_change() -> None:
    office = parse_calendar({**DOCUMENT, "zone": "America/New_York"})
    start = datetime(2026, 3, 6, 15, tzinfo=ZoneInfo("America/New_York"))
    answer = deadline(start, parse_limit("1 working day"), office).at
    assert answer == datetime(2026, 3, 9, 19, tzinfo=UTC)  # 15:00, an hour earlier in UTC
    hours = deadline(start, parse_limit("7 working hours"), office).at
    assert hours == datetime(2026, 3, 9, 19, tzinfo=UTC)


# --- a missing year -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "limit", "missing"),
    [
        ("2026-12-31T16:30:00", "2 working hours", 2027),
        ("2026-12-31T09:00:00", "1 working day", 2027),
        ("2026-12-31T17:30:00", "1 working hour", 2027),
        ("2026-12-30T09:00:00", "9999 working hours", 2027),
        ("2027-01-01T00:00:00", "1 working hour", 2027),
        ("2031-05-05T10:00:00", "1 working day", 2031),
        ("2023-12-31T23:59:59.999999", "1 working hour", 2023),
    ],
)
def test_a_deadline_that_needs_a_year_without_data_says_which(
    start: str, limit: str, missing: int
) -> None:
    for answer in (deadline, derive):
        with pytest.raises(CalendarMissing) as raised:
            answer(at(start), parse_limit(limit), CN)
        assert raised.value.year == missing


def test_the_last_hours_of_the_last_known_year_are_still_counted() -> None:
    assert due("2026-12-31T16:30:00", "1 working hour") == "2026-12-31T17:30:00"
    assert due("2026-12-30T17:00:00", "1 working day") == "2026-12-31T17:00:00"
    assert due("2024-01-01T00:00:00", "1 working hour") == "2024-01-02T09:30:00"
    midnight = at("2027-01-01T00:00:00")
    assert working_seconds(at("2026-12-31T00:00:00"), midnight, CN) == 7 * 3600
    with pytest.raises(CalendarMissing, match="2027"):
        working_seconds(at("2026-12-31T00:00:00"), midnight + MICRO, CN)


def test_a_hole_between_known_years_is_a_missing_year_too() -> None:
    years = {year: DOCUMENT["years"][year] for year in ("2024", "2026")}
    holed = parse_calendar({**DOCUMENT, "years": years})
    assert due("2026-03-03T09:00:00", "1 working hour", holed) == "2026-03-03T10:00:00"
    assert due("2024-12-30T09:00:00", "1 working day", holed) == "2024-12-31T09:00:00"
    with pytest.raises(CalendarMissing, match="2025"):
        due("2024-12-31T09:00:00", "1 working day", holed)
    with pytest.raises(CalendarMissing, match="2025"):
        working_seconds(at("2024-12-31T00:00:00"), at("2026-03-03T00:00:00"), holed)


def test_elapsed_limits_need_no_calendar_data() -> None:
    assert due("2031-05-05T10:00:00", "2 days") == "2031-05-07T10:00:00"
    assert due("1999-05-05T10:00:00", "24 hours") == "1999-05-06T10:00:00"


@pytest.mark.parametrize("limit", ["1 day", "1 working day", "1 working hour"])
def test_a_start_without_an_offset_is_a_programmers_error(limit: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        deadline(datetime(2026, 3, 3, 9), parse_limit(limit), CN)  # noqa: DTZ001 - that is the test
    with pytest.raises(ValueError, match="9999"):
        deadline(datetime.max.replace(tzinfo=UTC), parse_limit(limit), CN)


def test_a_deadline_in_the_stream_costs_microseconds() -> None:
    """The budget is 100 µs a deadline on a busy machine; about a tenth of it is usual."""
    start, limit = at("2026-02-13T15:00:00"), parse_limit("5 working days")
    deadline(start, limit, CN)
    runs = []
    for _ in range(5):
        begun = stopwatch.perf_counter()
        for _ in range(200):
            deadline(start, limit, CN)
        runs.append((stopwatch.perf_counter() - begun) / 200)
    assert min(runs) < 100e-6
