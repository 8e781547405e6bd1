"""The working calendar: the published days off, and documents that are refused."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from streams.core.calendar import BadCalendar, Calendar, CalendarMissing, parse_calendar
from tests.core.office import CN, DOCUMENT
from tests.strategies import LAWS, calendars

WEEKDAYS_OFF = {
    2024: "0101 0212 0213 0214 0215 0216 0404 0405 0501 0502 0503 0610 0916 0917 1001 1002 1003"
    " 1004 1007",
    2025: "0101 0128 0129 0130 0131 0203 0204 0404 0501 0502 0505 0602 1001 1002 1003 1006 1007"
    " 1008",
    2026: "0101 0102 0216 0217 0218 0219 0220 0223 0406 0501 0504 0505 0619 0925 1001 1002 1005"
    " 1006 1007",
}
WEEKENDS_WORKED = {
    2024: "0204 0218 0407 0428 0511 0914 0929 1012",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}


def days(year: int, listed: str) -> set[date]:
    return {date(year, int(word[:2]), int(word[2:])) for word in listed.split()}


def every_day(year: int) -> list[date]:
    first, last = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    return [date.fromordinal(o) for o in range(first, last)]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_weekday_off_and_every_weekend_worked_is_as_the_state_council_said(year: int) -> None:
    """The two lists were made apart from the calendar file, weekday by weekday."""
    odd = {d for d in every_day(year) if CN.is_working_day(d) != (d.weekday() < 5)}
    assert odd == days(year, WEEKDAYS_OFF[year]) | days(year, WEEKENDS_WORKED[year])


@pytest.mark.parametrize(("year", "working_days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_its_known_number_of_working_days(year: int, working_days: int) -> None:
    assert sum(map(CN.is_working_day, every_day(year))) == working_days


def test_every_year_names_the_notice_that_it_follows() -> None:
    assert all("国办发明电" in year["source"] for year in DOCUMENT["years"].values())


def test_a_make_up_saturday_is_open_and_a_festival_monday_is_not() -> None:
    assert CN.is_working_day(date(2026, 2, 14))
    assert not CN.is_working_day(date(2026, 2, 16))
    assert CN.holiday_on(date(2026, 2, 16)) is CN.holiday_on(date(2026, 2, 23)) is not None


def test_office_hours_are_instants_in_utc() -> None:
    assert CN.open_segments(date(2026, 2, 24)) == (
        (datetime(2026, 2, 24, 0, 30, tzinfo=UTC), datetime(2026, 2, 24, 4, 0, tzinfo=UTC)),
        (datetime(2026, 2, 24, 6, 0, tzinfo=UTC), datetime(2026, 2, 24, 9, 30, tzinfo=UTC)),
    )
    assert CN.open_segments(date(2026, 2, 22)) == ()


@pytest.mark.parametrize("year", [1999, 2023, 2027])
def test_a_year_without_data_is_named_not_guessed(year: int) -> None:
    with pytest.raises(CalendarMissing) as missing:
        CN.is_working_day(date(year, 3, 3))
    assert missing.value.year == year
    assert str(year) in str(missing.value)
    assert "cn-office" in str(missing.value)


def test_a_day_may_have_its_own_hours() -> None:
    hours = {
        "workday": [["09:00", "17:00"]],
        "fri": [["09:00", "12:00"]],
        "sat": [["10:00", "12:00"], ["13:00", "14:00"], ["20:00", "24:00"]],
        "mon": [],
        "make_up": [["10:00", "11:00"]],
    }
    calendar = parse_calendar({**DOCUMENT, "hours": hours})
    assert calendar.hours_on(date(2026, 1, 8)) == ((540, 1020),)
    assert calendar.hours_on(date(2026, 1, 9)) == ((540, 720),)
    assert calendar.hours_on(date(2026, 1, 10)) == ((600, 720), (780, 840), (1200, 1440))
    assert not calendar.is_working_day(date(2026, 1, 12))
    assert calendar.hours_on(date(2026, 9, 20)) == ((600, 660),)


@pytest.mark.parametrize(
    ("day", "lengths"),
    [
        ((2026, 3, 8), [2.0]),  # 02:00 to 03:00 does not exist: 01:30-04:30 lasts two hours
        ((2026, 11, 1), [4.0]),  # 01:00 to 02:00 comes twice: the hours run on from the first
        ((2026, 3, 9), [3.0]),
    ],
)
def test_hours_over_a_clock_change_last_as_long_as_they_last(
    day: tuple[int, int, int], lengths: list[float]
) -> None:
    night = {"workday": [["01:30", "04:30"]], "sun": [["01:30", "04:30"]]}
    new_york = parse_calendar({**DOCUMENT, "zone": "America/New_York", "hours": night})
    spans = new_york.open_segments(date(*day))
    assert [(b - a) / timedelta(hours=1) for a, b in spans] == lengths


def test_a_segment_that_a_clock_change_swallows_is_gone() -> None:
    night = {"workday": [["01:00", "04:00"]], "sun": [["01:45", "02:30"], ["02:45", "03:15"]]}
    new_york = parse_calendar({**DOCUMENT, "zone": "America/New_York", "hours": night})
    (span,) = new_york.open_segments(date(2026, 3, 8))
    assert span[1] == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


@LAWS
@given(calendar=calendars(round_the_clock=True))
def test_open_segments_of_any_calendar_run_forwards_and_never_overlap(calendar: Calendar) -> None:
    edges = [
        edge
        for day in every_day(2026)
        for segment in calendar.open_segments(day)
        for edge in segment
    ]
    assert edges == sorted(edges)
    assert all(a < b for a, b in zip(edges[::2], edges[1::2], strict=True))


def broken(path: str, value: object) -> dict[str, Any]:
    """The shipped document with one value replaced, or removed where the value is `...`."""
    document = deepcopy(DOCUMENT)
    *way, last = path.split("/")
    target: Any = document
    for key in way:
        target = target[int(key) if isinstance(target, list) else key]
    if value is ...:
        del target[last]
    else:
        target[last if isinstance(target, dict) else int(last)] = value
    return document


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("no object", "object"),
        (broken("zone", ...), "zone"),
        (broken("zone", "Asia/Siming"), "Asia/Siming"),
        (broken("zone", "../etc/passwd"), "passwd"),
        (broken("zone", ""), "zone"),
        (broken("colour", "red"), "colour"),
        (broken("version", ""), "version"),
        (broken("hours", {}), "hours.workday"),
        (broken("hours/workday", []), "hours.workday"),
        (broken("hours/funday", [["08:00", "09:00"]]), "hours.funday"),
        (broken("hours/workday", [["8:30", "12:00"]]), "8:30"),
        (broken("hours/workday", [["08:30", "24:30"]]), "24:30"),
        (broken("hours/workday", [["12:00", "08:30"]]), "in order"),
        (broken("hours/workday", [["08:30", "08:30"]]), "empty"),
        (broken("hours/workday", [["08:30", "12:00"], ["11:00", "13:00"]]), "overlap"),
        (broken("years/26", {"holidays": [], "make_up_workdays": []}), "1970"),
        (broken("years/next", {"holidays": [], "make_up_workdays": []}), "years"),
        (broken("years/2026/holidays", ...), "holidays"),
        (broken("years/2026/holidays/0/to", "2025-12-31"), "元旦"),
        (broken("years/2026/holidays/0/from", "2025-12-31"), "元旦"),
        (broken("years/2026/holidays/0/to", "2026-02-30"), "to"),
        (broken("years/2026/holidays/0/to", "2026-02-20"), "春节 overlaps"),
        (broken("years/2026/holidays/1/from", "2026-02-14"), "2026-02-14"),
        (broken("years/2026/make_up_workdays/0", "2025-01-04"), "2025-01-04"),
        (broken("years/2026/make_up_workdays/0", "2026-01-05"), "already"),
    ],
)
def test_a_broken_document_is_refused_and_the_message_says_where(
    document: object, word: str
) -> None:
    with pytest.raises(BadCalendar, match=word):
        parse_calendar(document)


def test_equal_documents_are_equal_calendars_whatever_the_order_of_their_keys() -> None:
    shuffled = dict(reversed(DOCUMENT.items()))
    shuffled["hours"] = {"workday": DOCUMENT["hours"]["workday"], "sat": [["09:00", "12:00"]]}
    again = {**shuffled, "hours": dict(reversed(shuffled["hours"].items()))}
    assert parse_calendar(shuffled) == parse_calendar(again)
    assert hash(parse_calendar(shuffled)) == hash(parse_calendar(again))
