"""What a place publishes of its cadences: what must be done, of whom or what, and how often."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from streams.core.events import Code, Contract, Label, Note, RoundKind, RoundMeans
from streams.core.modedocs import Mode

ClockTime = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$(?!\n)")]
"""A local time of day, 00:00 to 24:00."""


class Cadence(Contract, frozen=True, kw_only=True):
    """周期 · every so many hours, days, weeks (from Monday), ten-day spans (旬: the 1st, 11th and
    21st), months or years; or `once`, from `since` to the end of the local day `due`; or at each
    `binding` of a subject (its area turns to the schedule's mode, or the ledger begins to list it),
    round the clock `within_hours` of that instant.

    Several days, weeks, months or years are counted from `since`. It runs from the local time
    `begin` of its first day to `end` of its last; hours lie between them, each day anew.
    `working_days` leaves out what begins on a day off.
    """

    every: Literal["hour", "day", "week", "ten-days", "month", "year", "once", "binding"]
    count: Annotated[int, Meta(ge=1, le=366)] = 1
    since: date | None = None
    due: date | None = None
    within_hours: Annotated[int, Meta(ge=1, le=744)] | None = None
    begin: ClockTime = "00:00"
    end: ClockTime = "24:00"
    working_days: bool = False


class Subjects(Contract, frozen=True, kw_only=True):
    """对象 · of whom or what: all `grids` inside `area` (None: of the place), all `areas` of a
    `level` in it, all registered `cameras`, all whom the `ledger` of base data lists there in one
    of the `groups` (none named: in any), the `codes` named, or so many `numbered` ones.

    A code of a person is a token, never a name. With `scenes`, each of them by itself.
    """

    each: Literal["grids", "areas", "cameras", "ledger", "codes", "numbered"]
    area: Code | None = None
    level: Code | None = None
    groups: tuple[Code, ...] = ()
    codes: tuple[Code, ...] = ()
    prefix: str = ""
    count: Annotated[int, Meta(ge=0, le=100_000)] = 0
    scenes: tuple[Code, ...] = ()


class Schedule(Contract, frozen=True, kw_only=True, cache_hash=True):
    """计划 · a cadence for some subjects: in each of its slots at least so many rounds, or, of a
    duty, at least so many workers present throughout.

    A round shorter than `least_seconds`, or not made by these `means`, is none. A sign of presence
    without an end holds for `holds_minutes`. What is missed is told `grace_minutes` after the
    slot's end; figures wait for nothing. With a `mode` it binds only where and while the area lives
    by that mode. `who` does it, in words; `source` is the document's own sentence.
    """

    id: Code
    kind: RoundKind
    name: Label
    name_en: Label
    subjects: Subjects
    cadence: Cadence
    at_least: Annotated[int, Meta(ge=1, le=1000)] = 1
    least_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0
    means: RoundMeans | None = None
    holds_minutes: Annotated[int, Meta(ge=0, le=1440)] = 0
    grace_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 0
    mode: Mode | None = None
    who: str = ""
    source: str = ""


class SchedulesBody(Contract, frozen=True, kw_only=True):
    """计划表 · the cadences of rounds, duties, visits, checks, meetings and tasks."""

    schedules: tuple[Schedule, ...]
    assumed: tuple[Note, ...] = ()
