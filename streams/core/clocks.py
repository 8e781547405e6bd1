"""A case's clocks: started by a limit, paused, extended, stopped; each remembers how it came about.

All instants are UTC. A clock judges nothing by itself: whoever asks says at which instant.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.clock import (
    ELAPSED,
    Limit,
    deadline,
    first_open,
    open_after,
    parse_limit,
    working_duration,
    working_seconds,
)
from streams.core.events import INFINITY
from streams.core.place import ClockName, LimitRule

OVERALL = ClockName.OVERALL.value
"""总时限 · from the filing to the closing: the clock by which the figures judge."""
LADDER = "ladder"
"""督办阶梯 · a step of one, named `ladder:<ladder>:<step>`."""
AMBER = 0.8
"""黄灯 · from this share of the limit on; red once all of it is gone."""


class Light(StrEnum):
    """Where a clock stands: 绿 green, 黄 amber, 红 red; or it does not run."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PAUSED = "paused"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class Pause(msgspec.Struct, frozen=True):
    """挂账 · from_at <= t < to_at does not count; `due` is the deadline that it found."""

    from_at: datetime
    to_at: datetime
    due: datetime


class Extension(msgspec.Struct, frozen=True):
    """延期 · granted at `at`, to a new deadline; `due` is the one that it found."""

    at: datetime
    until: datetime
    due: datetime


class Clock(msgspec.Struct, frozen=True):
    """One clock. `due` is None where the calendar has no data (`missing_year` says of when); it is
    INFINITY during a pause without a planned end. `limit` is empty where another system set `due`;
    `calendar_version` where nobody has published `calendar`.
    """

    name: str
    start: datetime
    due: datetime | None
    limit: str = ""
    rule: str = ""
    version: str = ""
    calendar: str = ""
    calendar_version: str = ""
    department: str | None = None
    stopped_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    missing_year: int | None = None

    @property
    def kind(self) -> str:
        """As a case's deadline_kind: fixed, or unknown where the calendar has no data."""
        return "unknown" if self.due is None else "fixed"

    @property
    def running(self) -> bool:
        """Whether it may still run out."""
        return self.stopped_at is None and self.due is not None

    def overdue(self, at: datetime) -> bool:
        """Whether it ran out before `at` without having been stopped by then; the very deadline is
        in time."""
        return self.due is not None and self.due < min(at, self.stopped_at or at)

    def paused(self, at: datetime) -> bool:
        """Whether a pause holds at this instant."""
        return bool(self.pauses) and self.pauses[-1].from_at <= at < self.pauses[-1].to_at

    def told(self) -> dict[str, Any]:
        """As JSON carries it: what is empty is left out."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {key: value for key, value in plain.items() if value not in (None, "", [])}


def started(
    name: str,
    rule: LimitRule,
    at: datetime,
    calendar: Calendar | None,
    department: str | None = None,
) -> Clock:
    """A clock that begins at `at`; its deadline is unknown where the calendar has no data."""
    clock = Clock(
        name=name,
        start=at,
        due=None,
        limit=rule.limit,
        rule=rule.id,
        version=rule.version,
        calendar=calendar.id if calendar else "",
        calendar_version=calendar.version if calendar else "",
        department=department,
    )
    if calendar is None:
        return replace(clock, missing_year=at.year)
    try:
        return replace(clock, due=deadline(at, parse_limit(rule.limit), calendar).at)
    except CalendarMissing as gap:
        return replace(clock, missing_year=gap.year)


def paused(clock: Clock, at: datetime, until: datetime | None, calendar: Calendar | None) -> Clock:
    """The clock with a pause from `at` to a planned end, or until it is resumed.

    ValueError where it does not run, is overdue or is paused already.
    """
    if clock.due is None or not clock.running or clock.overdue(at) or clock.paused(at):
        raise ValueError("only a clock that runs can be paused")
    pause = Pause(at, INFINITY if until is None else until, clock.due)
    return _moved(replace(clock, pauses=(*clock.pauses, pause)), calendar)


def resumed(clock: Clock, at: datetime, calendar: Calendar | None) -> Clock:
    """The clock with its pause ended at `at`; ValueError where none holds."""
    if not clock.paused(at):
        raise ValueError("no pause to end")
    *before, last = clock.pauses
    return _moved(replace(clock, pauses=(*before, replace(last, to_at=at))), calendar)


def extended(clock: Clock, at: datetime, until: datetime) -> Clock:
    """The clock with a later deadline; whoever grants it has looked whether it may be granted.

    ValueError where it has none.
    """
    if clock.due is None:
        raise ValueError("only a deadline that is known can be extended")
    extension = Extension(at, until, clock.due)
    return replace(clock, due=until, extensions=(*clock.extensions, extension))


def stopped(clock: Clock, at: datetime) -> Clock:
    """The clock, stopped; one that is stopped stays as it is."""
    return clock if clock.stopped_at is not None else replace(clock, stopped_at=at)


def light(clock: Clock, at: datetime, calendar: Calendar | None) -> Light:
    """Where the clock stands at `at`, by the share of its limit that is gone.

    Pauses count on neither side; an extension lengthens the limit.
    """
    if clock.stopped_at is not None and clock.stopped_at <= at:
        return Light.STOPPED
    if clock.due is None:
        return Light.UNKNOWN
    if clock.overdue(at):
        return Light.RED
    if clock.paused(at):
        return Light.PAUSED
    spent, whole = (counted(clock, clock.start, end, calendar) for end in (at, clock.due))
    return Light.AMBER if spent >= AMBER * whole else Light.GREEN


def counted(clock: Clock, a: datetime, b: datetime, calendar: Calendar | None) -> float:
    """Seconds that this clock counts from a to b: those of its unit, pauses left out."""
    still = (_length(clock, *held, calendar) for held in held_between(a, b, clock.pauses))
    return _length(clock, a, b, calendar) - sum(still)


def held_between(
    a: datetime, b: datetime, pauses: Iterable[Pause]
) -> Iterator[tuple[datetime, datetime]]:
    """What of each pause lies between a and b."""
    for pause in pauses:
        first, last = max(a, pause.from_at), min(b, pause.to_at)
        if first < last:
            yield first, last


def _moved(clock: Clock, calendar: Calendar | None) -> Clock:
    """With the deadline that its last pause leads to: what was left when it began, after it."""
    pause = clock.pauses[-1]
    if pause.to_at == INFINITY:
        return replace(clock, due=INFINITY)
    try:
        return replace(clock, due=_after(clock, pause, calendar))
    except CalendarMissing as gap:
        return replace(clock, due=None, missing_year=gap.year)


def _after(clock: Clock, pause: Pause, calendar: Calendar | None) -> datetime:
    if _elapsed(clock) or calendar is None:
        return pause.due + (pause.to_at - pause.from_at)
    left = working_duration(pause.from_at, pause.due, calendar)
    if not left:
        return first_open(pause.to_at, calendar)
    return open_after(pause.to_at, left, calendar)


def _length(clock: Clock, a: datetime, b: datetime, calendar: Calendar | None) -> float:
    if _elapsed(clock) or calendar is None:
        return (b - a).total_seconds()
    return working_seconds(a, b, calendar)


def _elapsed(clock: Clock) -> bool:
    return not clock.limit or _limit(clock).unit in ELAPSED


def _limit(clock: Clock) -> Limit:
    return parse_limit(clock.limit)
