"""Laws of the clock: every answer equals a slow walk, adds up, and never runs backwards."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from streams.core.calendar import Calendar
from streams.core.clock import Limit, Unit, deadline, open_after, working_seconds
from streams.core.derivation import derive
from tests.core.office import CN, at
from tests.strategies import LAWS, WORKING, calendars, instants, limits

MICRO = timedelta(microseconds=1)


def is_open(when: datetime, calendar: Calendar) -> bool:
    """The oracle's only question, asked of local time: no index, no instants."""
    here = when.astimezone(ZoneInfo(calendar.zone))
    minute = here.hour * 60 + here.minute
    return any(a <= minute < b for a, b in calendar.hours_on(here.date()))


def walked(start: datetime, limit: Limit, calendar: Calendar, step: timedelta) -> datetime:
    """The slow oracle: walk on in steps; hours and start lie on the grid of the step."""
    when, left = start, timedelta(hours=limit.n)
    if limit.unit is Unit.WORKING_HOURS:
        while left:
            left -= step if is_open(when, calendar) else timedelta()
            when += step
        return when
    while not is_open(when, calendar):
        when += step
    here = when.astimezone(ZoneInfo(calendar.zone))
    day: date = here.date()
    for _ in range(limit.n):
        day += timedelta(days=1)
        while not calendar.hours_on(day):
            day += timedelta(days=1)
    clock = time(here.hour, here.minute)
    when = datetime.combine(day, clock, ZoneInfo(calendar.zone)).astimezone(UTC)
    while not is_open(when, calendar) and not is_open(when - step, calendar):
        when -= step
    return when


@LAWS
@given(start=instants(), limit=limits(WORKING, most=12))
def test_fast_answer_and_derivation_equal_a_walk_minute_by_minute(
    start: datetime, limit: Limit
) -> None:
    start = start.replace(second=0, microsecond=0)
    slow = walked(start, limit, CN, timedelta(minutes=1))
    assert deadline(start, limit, CN).at == derive(start, limit, CN).at == slow


@LAWS
@given(start=instants(), limit=limits(WORKING, most=4), calendar=calendars())
def test_any_calendar_in_any_zone_equals_the_walk_too(
    start: datetime, limit: Limit, calendar: Calendar
) -> None:
    start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    slow = walked(start, limit, calendar, timedelta(minutes=15))
    assert deadline(start, limit, calendar).at == slow


@LAWS
@given(start=instants(), a=st.integers(1, 40), b=st.integers(1, 40), calendar=calendars())
def test_working_hours_add_up(start: datetime, a: int, b: int, calendar: Calendar) -> None:
    assume(start < datetime(2025, 6, 1, tzinfo=UTC))
    one, two, both = (Limit(n, Unit.WORKING_HOURS) for n in (a, b, a + b))
    middle = deadline(start, one, calendar).at
    assert deadline(middle, two, calendar).at == deadline(start, both, calendar).at


@LAWS
@given(start=instants(), a=st.integers(1, 40), b=st.integers(1, 40))
def test_working_days_add_up_where_all_days_have_the_same_hours(
    start: datetime, a: int, b: int
) -> None:
    assume(start < datetime(2026, 6, 1, tzinfo=UTC))
    one, two, both = (Limit(n, Unit.WORKING_DAYS) for n in (a, b, a + b))
    middle = deadline(start, one, CN).at
    assert deadline(middle, two, CN).at == deadline(start, both, CN).at


@LAWS
@given(start=instants(), limit=limits(WORKING, most=8), calendar=calendars())
@example(start=at("2026-03-03T16:30:00"), limit=Limit(1, Unit.WORKING_HOURS), calendar=CN)
def test_a_working_deadline_is_open_time_or_its_very_closing(
    start: datetime, limit: Limit, calendar: Calendar
) -> None:
    answer = deadline(start, limit, calendar).at
    assert answer > start
    assert is_open(answer, calendar) or is_open(answer - MICRO, calendar)


@LAWS
@given(
    starts=st.tuples(instants(), instants()),
    limit=limits(most=8),
    more=st.integers(0, 5),
    calendar=calendars(),
)
def test_a_later_start_or_a_longer_limit_never_ends_earlier(
    starts: tuple[datetime, datetime], limit: Limit, more: int, calendar: Calendar
) -> None:
    first, last = sorted(starts)
    longer = Limit(limit.n + more, limit.unit)
    assert deadline(first, limit, calendar).at <= deadline(last, limit, calendar).at
    assert deadline(first, limit, calendar).at <= deadline(first, longer, calendar).at


@LAWS
@given(times=st.tuples(instants(), instants(), instants()), calendar=calendars())
def test_working_seconds_add_up_and_turn_their_sign(
    times: tuple[datetime, datetime, datetime], calendar: Calendar
) -> None:
    a, b, c = times
    whole = working_seconds(a, b, calendar) + working_seconds(b, c, calendar)
    assert working_seconds(a, c, calendar) == pytest.approx(whole)
    assert working_seconds(c, a, calendar) == pytest.approx(-whole)
    assert 0 <= working_seconds(min(a, b), max(a, b), calendar) <= abs((b - a).total_seconds())


@LAWS
@given(start=instants(), length=st.integers(1, 10**11), calendar=calendars())
def test_open_after_is_the_earliest_instant_with_so_much_open_time(
    start: datetime, length: int, calendar: Calendar
) -> None:
    working = length * MICRO
    assume(start < datetime(2025, 6, 1, tzinfo=UTC))
    answer = open_after(start, working, calendar)
    assert working_seconds(start, answer, calendar) == pytest.approx(working.total_seconds())
    assert working_seconds(start, answer - MICRO, calendar) < working.total_seconds()
