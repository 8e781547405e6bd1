"""A case's clocks: pauses give back exactly what they took, and nothing else moves a deadline."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.core.calendar import Calendar
from streams.core.clock import ELAPSED, Limit, first_open, open_after, working_seconds
from streams.core.clocks import (
    OVERALL,
    Clock,
    Light,
    counted,
    extended,
    light,
    paused,
    resumed,
    started,
    stopped,
)
from streams.core.events import INFINITY
from streams.core.place import LimitRule
from tests.core.office import CN, HERE, at
from tests.strategies import LAWS, calendars, instants, limits


def a_clock(start: str, limit: str) -> Clock:
    """A clock on the office calendar that begins at a local time of Shanghai."""
    return started(OVERALL, LimitRule("l1", "*", limit, "1"), at(start), CN)


def due(clock: Clock) -> str:
    """Its deadline as a local time of Shanghai."""
    assert clock.due is not None
    return clock.due.astimezone(HERE).replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(
    ("limit", "pause", "answer"),
    [
        # Friday 2026-03-06 16:30; Monday 9th is an ordinary working day
        ("2 working hours", ("2026-03-06T16:45", "2026-03-06T17:00"), "2026-03-09T09:45:00"),
        ("2 working hours", ("2026-03-06T16:45", "2026-03-06T17:44"), "2026-03-09T10:15:00"),
        ("2 working hours", ("2026-03-06T18:00", "2026-03-09T08:00"), "2026-03-09T09:30:00"),
        ("1 working day", ("2026-03-07T09:00", "2026-03-08T21:00"), "2026-03-09T16:30:00"),
        ("1 working day", ("2026-03-09T09:00", "2026-03-09T10:00"), "2026-03-09T17:30:00"),
        ("24 hours", ("2026-03-06T17:00", "2026-03-06T17:59"), "2026-03-07T17:29:00"),
        ("1 day", ("2026-03-07T00:00", "2026-03-09T00:00"), "2026-03-09T16:30:00"),
    ],
)
def test_a_pause_gives_back_what_it_took(limit: str, pause: tuple[str, str], answer: str) -> None:
    """Counted on the clock's own calendar: a night and a weekend take nothing from office hours."""
    clock = a_clock("2026-03-06T16:30", limit)
    first, last = map(at, pause)
    planned = paused(clock, first, last, CN)
    assert due(planned) == answer
    open_ended = paused(clock, first, None, CN)
    assert open_ended.due == INFINITY
    assert resumed(open_ended, last, CN).due == planned.due


def test_a_pause_of_45_days_in_a_limit_of_60_counts_whole() -> None:
    """T3: elsewhere such lengths overflow an int of milliseconds, or a byte of hours."""
    clock = a_clock("2026-03-06T16:30", "60 days")
    held = paused(clock, at("2026-03-10T00:00"), at("2026-04-24T00:00"), CN)
    assert held.due == at("2026-03-06T16:30") + timedelta(days=105)


def test_resuming_early_gives_back_what_was_planned_too_much() -> None:
    """Only what was really paused is added."""
    held = paused(a_clock("2026-03-06T16:30", "1 day"), at("2026-03-06T17:00"), INFINITY, CN)
    assert due(resumed(held, at("2026-03-06T18:00"), CN)) == "2026-03-07T17:30:00"


def test_a_clock_that_does_not_run_cannot_be_paused() -> None:
    """Overdue, paused already, or stopped."""
    clock = a_clock("2026-03-06T16:30", "1 hour")
    late = at("2026-03-06T17:31")
    for one, when in (
        (clock, late),
        (paused(clock, at("2026-03-06T17:00"), None, CN), late),
        (stopped(clock, at("2026-03-06T16:40")), at("2026-03-06T16:50")),
    ):
        with pytest.raises(ValueError, match="only a clock that runs"):
            paused(one, when, None, CN)
    with pytest.raises(ValueError, match="no pause"):
        resumed(clock, late, CN)


def test_a_pause_into_a_year_without_data_is_unknown_and_says_which() -> None:
    """The case goes on; the deadline is derived when the year arrives."""
    clock = a_clock("2026-12-30T16:30", "4 working hours")
    held = paused(clock, at("2026-12-30T17:00"), at("2027-01-05T00:00"), CN)
    assert (held.kind, held.missing_year) == ("unknown", 2027)


def test_green_amber_red() -> None:
    """黄灯 from 80 % of the limit on, 红灯 once it is past; in working time, pauses left out."""
    clock = a_clock("2026-03-09T08:30", "5 working hours")  # due 15:30
    moments = {
        "2026-03-09T12:00": Light.GREEN,
        "2026-03-09T13:59": Light.GREEN,  # 3.5 hours of 5
        "2026-03-09T14:29": Light.GREEN,
        "2026-03-09T14:30": Light.AMBER,  # 4 of 5
        "2026-03-09T15:30": Light.AMBER,  # the very deadline is in time
        "2026-03-09T15:31": Light.RED,
    }
    assert {when: light(clock, at(when), CN) for when in moments} == moments
    held = paused(clock, at("2026-03-09T14:00"), at("2026-03-09T15:00"), CN)
    assert light(held, at("2026-03-09T14:45"), CN) is Light.PAUSED
    assert light(held, at("2026-03-09T15:29"), CN) is Light.GREEN
    assert light(held, at("2026-03-09T15:30"), CN) is Light.AMBER
    longer = extended(clock, at("2026-03-09T14:00"), at("2026-03-10T15:30"))
    assert light(longer, at("2026-03-09T15:31"), CN) is Light.GREEN
    assert light(stopped(clock, at("2026-03-09T14:00")), at("2026-03-09T18:00"), CN) is (
        Light.STOPPED
    )


SHARE = st.floats(0, 1)
PLANS = st.lists(st.tuples(SHARE, SHARE, st.booleans()), min_size=1, max_size=4)
"""Pauses: after which share of what is left, for which share of nine days, planned or resumed."""

Pauses = list[tuple[datetime, datetime]]


def play(
    clock: Clock, plan: list[tuple[float, float, bool]], calendar: Calendar
) -> tuple[Clock, Pauses]:
    """The clock after these pauses, each begun between the last one's end and the deadline."""
    done: Pauses = []
    here = clock.start
    for begin, length, planned in plan:
        assume(clock.due is not None)
        assert clock.due is not None
        first = here + max(timedelta(0), clock.due - here) * begin
        last = first + timedelta(days=9) * length
        if clock.overdue(first) or last <= first:
            break
        clock = paused(clock, first, last if planned else None, calendar)
        clock = clock if planned else resumed(clock, last, calendar)
        done.append((first, last))
        here = last
    return clock, done


@given(calendars(), instants(), limits(most=12), PLANS)
@LAWS
def test_running_and_paused_time_add_up_to_all_of_it(
    calendar: Calendar, start: datetime, limit: Limit, plan: list[tuple[float, float, bool]]
) -> None:
    """T4: elsewhere a step is restarted or copied, and its time kept by hand."""
    rule = LimitRule("l1", "*", str(limit), "1")
    clock = started(OVERALL, rule, start, calendar)
    assume(clock.due is not None)
    assert clock.due is not None
    after, spans = play(clock, plan, calendar)
    assume(after.due is not None)
    assert after.due is not None
    if limit.unit in ELAPSED:
        taken = sum((last - first for first, last in spans), timedelta(0))
        assert after.due == clock.due + taken
        return
    taken_s = sum(working_seconds(first, last, calendar) for first, last in spans)
    whole = working_seconds(start, clock.due, calendar)
    assert working_seconds(start, after.due, calendar) == pytest.approx(whole + taken_s, abs=1e-5)
    assert counted(after, start, after.due, calendar) == pytest.approx(whole, abs=1e-5)


@given(calendars(), instants())
@LAWS
def test_the_first_open_instant_is_open_and_nothing_is_open_before_it(
    calendar: Calendar, start: datetime
) -> None:
    """What a deadline falls back on when a pause began at the very deadline."""
    found = first_open(start, calendar)
    assert working_seconds(start, found, calendar) == 0
    assert open_after(start, timedelta(microseconds=1), calendar) == found + timedelta(
        microseconds=1
    )
