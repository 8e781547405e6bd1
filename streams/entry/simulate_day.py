"""The simulated day: its local date, where it begins and ends, and what is sent on it."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from streams.core.record import Headers

FIRST_DAY = date(2025, 1, 1)
DAYS = 365
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US


def day_of(seed: int) -> date:
    """The local date that a seed simulates: 2025-01-01 + (seed mod 365)."""
    return FIRST_DAY + timedelta(days=seed % DAYS)


class Day(msgspec.Struct, frozen=True):
    """A local day as instants in UTC, start <= t < end; `end` is the figures' as-of instant."""

    seed: int
    date: date
    start: datetime
    end: datetime

    @staticmethod
    def of(seed: int, zone: str) -> "Day":
        """The day that this seed simulates in this zone; 23 or 25 hours where clocks change."""
        first = day_of(seed)
        tz = ZoneInfo(zone)
        start, end = (
            datetime.combine(at, time(), tz).astimezone(UTC)
            for at in (first, first + timedelta(days=1))
        )
        return Day(seed, first, start, end)

    @property
    def length_us(self) -> int:
        return (self.end - self.start) // MICROSECOND

    def instant(self, us: int) -> datetime:
        """The instant so many microseconds after the day's start."""
        return self.start + timedelta(microseconds=us)


class Kind(StrEnum):
    """What a simulated record is."""

    REPORT = "report"
    ACT = "act"
    ROUND = "round"
    CALL = "call"
    REPEAT = "repeat"
    POISON = "poison"
    TICK = "tick"


class Simulated(msgspec.Struct, frozen=True, gc=False):
    """One record to be sent at `at` (simulated time, UTC), about what was at `occurred_at`."""

    kind: Kind
    at: datetime
    occurred_at: datetime
    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()
