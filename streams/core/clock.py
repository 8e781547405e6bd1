"""Time limits: when a limit runs out, by elapsed time or by a working calendar.

`deadline` answers in microseconds of work and is what the stream calls; `derive` gives the same
answer with its derivation (see derivation.py for how a line of it reads).
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.opentime import SECOND, OpenTime, instant, local, micros

Seconds = int | float
"""Whole seconds as int; a start with microseconds may leave a fraction."""


class Unit(StrEnum):
    """What a limit counts."""

    DAYS = "days"
    HOURS = "hours"
    WORKING_DAYS = "working days"
    WORKING_HOURS = "working hours"
    SAME_DAY = "same day"
    """To the end of the working day on which it starts, or of the next one (当日)."""


ZH = {
    Unit.DAYS: "天",
    Unit.HOURS: "小时",
    Unit.WORKING_DAYS: "个工作日",
    Unit.WORKING_HOURS: "个工作小时",
    Unit.SAME_DAY: "当日",
}
ELAPSED = {Unit.DAYS: 86_400 * SECOND, Unit.HOURS: 3600 * SECOND}
"""Units that run round the clock, in microseconds."""


_WORDS = {
    **dict.fromkeys(("day", "days", "天", "日", "自然日"), Unit.DAYS),
    **dict.fromkeys(("hour", "hours", "小时"), Unit.HOURS),
    **dict.fromkeys(("working day", "working days", "工作日"), Unit.WORKING_DAYS),
    **dict.fromkeys(("working hour", "working hours", "工作小时", "工作时"), Unit.WORKING_HOURS),
}
_SAME_DAY = frozenset({"same day", "same_day", "当日", "当天"})
_LIMIT = re.compile(r"([0-9]{1,4})\s*个?\s*(\S.*)")


class BadLimit(ValueError):
    """The text is no time limit."""


class Limit(msgspec.Struct, frozen=True):
    """A time limit (时限): so many of a unit; of the same day there is but one."""

    n: Annotated[int, Meta(ge=1, le=9999)]
    unit: Unit

    def __str__(self) -> str:
        """As `parse_limit` reads it."""
        if self.unit is Unit.SAME_DAY:
            return self.unit.value
        return f"{self.n} {self.unit.value[:-1] if self.n == 1 else self.unit.value}"

    @property
    def zh(self) -> str:
        """As an official reads it; `parse_limit` takes it too."""
        return ZH[self.unit] if self.unit is Unit.SAME_DAY else f"{self.n}{ZH[self.unit]}"


class Segment(msgspec.Struct, frozen=True):
    """One line of a derivation: from_at <= t < to_at counts so many seconds, and why."""

    from_at: datetime
    to_at: datetime
    counted_seconds: Seconds
    why: str


class Deadline(msgspec.Struct, frozen=True):
    """When a limit runs out (UTC). `working_seconds` are those that the limit counted on the way:
    open time for working limits, all time for elapsed ones."""

    at: datetime
    working_seconds: Seconds
    calendar: str
    calendar_version: str
    derivation: tuple[Segment, ...] = ()


def parse_limit(text: str) -> Limit:
    """Read "5 working days", "24 hours", "same day", "5个工作日", "24小时", "当日"; or BadLimit."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    if plain in _SAME_DAY:
        return Limit(1, Unit.SAME_DAY)
    found = _LIMIT.fullmatch(plain)
    unit = _WORDS.get(found[2]) if found else None
    if found is None or unit is None or int(found[1]) == 0:
        raise BadLimit(f"no time limit: {text!r}; as in '5 working days', '24 hours', '当日'")
    return Limit(int(found[1]), unit)


def deadline(start: datetime, limit: Limit, calendar: Calendar) -> Deadline:
    """When the limit runs out, without derivation; CalendarMissing where a needed year has no data.

    An elapsed limit needs no calendar data. A start without an offset, or outside the years 1900
    to 2299, is a ValueError.
    """
    at = micros(_aware(start))
    if limit.unit in ELAPSED:
        length = limit.n * ELAPSED[limit.unit]
        return _answer(at + length, length, calendar)
    years = calendar.open_time(at)
    if limit.unit is Unit.WORKING_HOURS:
        length = limit.n * 3600 * SECOND
        return _answer(_after(at, length, years, calendar), length, calendar)
    same_day = limit.unit is Unit.SAME_DAY
    due = (
        _day_end(at, years, calendar) if same_day else working_due(at, limit.n, years, calendar).at
    )
    return _answer(due, years.before(due) - years.before(at), calendar)


def working_seconds(a: datetime, b: datetime, calendar: Calendar) -> Seconds:
    """Open seconds from a to b, negative where b is earlier; or CalendarMissing."""
    return seconds(_working(a, b, calendar))


def working_duration(a: datetime, b: datetime, calendar: Calendar) -> timedelta:
    """The same to the microsecond."""
    return timedelta(microseconds=_working(a, b, calendar))


def _working(a: datetime, b: datetime, calendar: Calendar) -> int:
    if b < a:
        return -_working(b, a, calendar)
    first, last = micros(_aware(a)), micros(_aware(b))
    counted = 0
    while first < last:
        years = calendar.open_time(first)
        until = min(last, years.end)
        counted += years.before(until) - years.before(first)
        first = until
    return counted


def open_after(start: datetime, working: timedelta, calendar: Calendar) -> datetime:
    """The earliest instant by which so much open time has gone by since start; positive lengths."""
    length = working // timedelta(microseconds=1)
    if length <= 0:
        raise ValueError("a length of open time must be positive")
    at = micros(_aware(start))
    return instant(_after(at, length, calendar.open_time(at), calendar))


def first_open(at: datetime, calendar: Calendar) -> datetime:
    """The first open instant from `at` on; or CalendarMissing."""
    start = micros(_aware(at))
    years = calendar.open_time(start)
    segment = years.first_from(start)
    if segment == len(years.opens):
        raise CalendarMissing(years.next_year, calendar.id)
    return instant(max(start, years.opens[segment]))


def deadline_json(result: Deadline, zone: str | ZoneInfo) -> dict[str, Any]:
    """The JSON value of `gridloop deadline`; instants in ISO 8601 with this zone's offset."""
    tz = ZoneInfo(zone) if isinstance(zone, str) else zone
    return {
        "deadline": result.at.astimezone(tz).isoformat(),
        "working_seconds": result.working_seconds,
        "calendar": result.calendar,
        "calendar_version": result.calendar_version,
        "derivation": [
            {
                "from": line.from_at.astimezone(tz).isoformat(),
                "to": line.to_at.astimezone(tz).isoformat(),
                "counted_seconds": line.counted_seconds,
                "why": line.why,
            }
            for line in result.derivation
        ],
    }


def seconds(length: int) -> Seconds:
    """A length in microseconds as seconds: int where it is whole."""
    return length // SECOND if length % SECOND == 0 else length / SECOND


class WorkingDue(msgspec.Struct, frozen=True):
    """A deadline in working days, as microseconds, and how it came about."""

    at: int
    first: int
    """The segment in which the counting starts."""
    clamped: bool
    """True where the clock time on the last day was closed."""


def working_due(at: int, n: int, years: OpenTime, calendar: Calendar) -> WorkingDue:
    """The clock time of the first open instant from `at` on, on the n-th working day after it."""
    first = years.first_from(at)
    if first == len(years.closes):
        raise CalendarMissing(years.next_year, calendar.id)
    last_day = years.day_of[first] + n
    if last_day >= len(years.days):
        raise CalendarMissing(years.next_year, calendar.id)
    begun = instant(max(at, years.opens[first])).astimezone(calendar.tz)
    clock = time(begun.hour, begun.minute, begun.second, begun.microsecond)
    wanted = local(date.fromordinal(years.days[last_day]), clock, calendar.tz)
    segment = years.last_until(wanted)
    due = min(wanted, years.closes[segment])
    return WorkingDue(due, first, due != wanted)


def _day_end(at: int, years: OpenTime, calendar: Calendar) -> int:
    """The last instant of the working day of the first open instant from `at` on."""
    first = years.first_from(at)
    if first == len(years.closes):
        raise CalendarMissing(years.next_year, calendar.id)
    return years.closes[years.last_of_day(first)]


def _after(at: int, length: int, years: OpenTime, calendar: Calendar) -> int:
    wanted = years.before(at) + length
    segment = years.completing(wanted)
    if segment == len(years.worked):
        raise CalendarMissing(years.next_year, calendar.id)
    return years.closes[segment] - (years.worked[segment] - wanted)


def _aware(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("a time without an offset from UTC")
    if not 1900 <= at.year < 2300:
        raise ValueError(f"a time out of range: the year {at.year}")
    return at


def _answer(at: int, counted: int, calendar: Calendar) -> Deadline:
    return Deadline(instant(at), seconds(counted), calendar.id, calendar.version)
