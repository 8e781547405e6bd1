"""Open time as sorted numbers: instants in microseconds, and the open segments of whole years."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

SECOND = 1_000_000
"""Microseconds; instants are compared and counted as whole microseconds since 1970 UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Hours = tuple[tuple[int, int], ...]
"""Open segments of one day, each [open, close) in minutes after local midnight; 1440 is 24:00."""


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware instant."""
    gone = at - EPOCH
    return (gone.days * 86_400 + gone.seconds) * SECOND + gone.microseconds


def instant(at: int) -> datetime:
    """The UTC instant of a number of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


def local(day: date, at: time, tz: ZoneInfo) -> int:
    """Microseconds of a local time (fold 0): a skipped one is an hour on, a double the first."""
    return micros(datetime.combine(day, at, tz))


def segments(day: date, hours: Hours, tz: ZoneInfo) -> Iterator[tuple[int, int]]:
    """A day's open segments [open, close) in microseconds; those that a clock change eats go."""
    done: int | None = None
    for minutes in hours:
        opens, closes = (
            local(day + timedelta(days=m // 1440), time(m % 1440 // 60, m % 60), tz)
            for m in minutes
        )
        # Where the clocks change inside the hours, what is left must still run forwards.
        opens = opens if done is None else max(opens, done)
        if closes > opens:
            yield opens, closes
            done = closes


class OpenTime(msgspec.Struct, frozen=True, gc=False):
    """Neighbouring years of one calendar, as parallel sorted arrays: one entry per open segment."""

    begin: int
    end: int
    next_year: int
    """The first year after these: what is missing where they end too early."""
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    worked: tuple[int, ...]
    """Open microseconds up to each segment's close."""
    day_of: tuple[int, ...]
    """Which working day each segment belongs to: an index into `days`."""
    days: tuple[int, ...]
    """All working days, as the ordinals of `datetime.date`."""

    def before(self, at: int) -> int:
        """Open microseconds before this one."""
        i = bisect_right(self.closes, at)
        if i == len(self.closes):
            return self.worked[-1] if self.worked else 0
        return self.worked[i] - (self.closes[i] - max(at, self.opens[i]))

    def first_from(self, at: int) -> int:
        """Index of the segment that is open first at or after this; may lie past the end."""
        return bisect_right(self.closes, at)

    def last_until(self, at: int) -> int:
        """Index of the last segment that opens at or before this; -1 where there is none."""
        return bisect_right(self.opens, at) - 1

    def last_of_day(self, segment: int) -> int:
        """Index of the last segment of the working day that this one belongs to."""
        return bisect_right(self.day_of, self.day_of[segment]) - 1

    def completing(self, worked: int) -> int:
        """Index of the segment by whose close so much has been worked; may lie past the end."""
        return bisect_left(self.worked, worked)


def open_time(first: int, last: int, tz: ZoneInfo, hours_on: Callable[[date], Hours]) -> OpenTime:
    """Lay out the years first..last, both included; `hours_on` tells each day's hours."""
    opens: list[int] = []
    closes: list[int] = []
    worked: list[int] = []
    day_of: list[int] = []
    days: list[int] = []
    for ordinal in range(date(first, 1, 1).toordinal(), date(last + 1, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if hours := hours_on(day):
            days.append(ordinal)
            for a, b in segments(day, hours, tz):
                opens.append(a)
                closes.append(b)
                worked.append((worked[-1] if worked else 0) + b - a)
                day_of.append(len(days) - 1)
    begin, end = (local(date(y, 1, 1), time(), tz) for y in (first, last + 1))
    arrays = (tuple(opens), tuple(closes), tuple(worked), tuple(day_of), tuple(days))
    return OpenTime(begin, end, last + 1, *arrays)
