"""工作时长 · how long it took in working time: on the calendar by which it is timed, pauses left
out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.case import Case
from streams.core.clock import working_duration
from streams.core.clocks import OVERALL, Clock, Pause, held_between
from streams.core.conditions import MICROSECOND
from streams.core.events import INFINITY
from streams.core.limits import calendar_of
from streams.core.outcome import World
from streams.core.place import ClockName


def worked(
    a: datetime, b: datetime, calendar: Calendar | None, pauses: Iterable[Pause] = ()
) -> int | None:
    """Microseconds of open time from a to b, pauses left out; None where the calendar is not known,
    or has no data of a year between."""
    if calendar is None:
        return None
    try:
        still = (working_duration(*held, calendar) for held in held_between(a, b, pauses))
        whole = working_duration(a, b, calendar) - sum(still, timedelta())
    except CalendarMissing:
        return None
    return whole // MICROSECOND


def handling_calendar(world: World, department: str | None, at: datetime) -> Calendar | None:
    """That of the clock by which this department's handling is timed from this instant on, whether
    there is a limit or not."""
    rules = world.rules_at(at)
    if rules is None:
        return None
    return rules.calendars.get(calendar_of(rules, ClockName.HANDLE, department) or "")


def overall_clocks(case: Case) -> Iterator[Clock]:
    """The case's own, and those from before it was reopened: pauses and extensions are theirs."""
    return (clock for clock in case.clocks if clock.name == OVERALL)


def pauses_of(clock: Clock) -> Iterator[Pause]:
    """Its pauses, each until it ended: at the latest with the clock."""
    for pause in clock.pauses:
        yield replace(pause, to_at=min(pause.to_at, clock.stopped_at or INFINITY))
