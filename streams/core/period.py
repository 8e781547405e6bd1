"""Periods of bulletins (日、周、旬、月), in the place's days."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from streams.core.query import local_day

DAY = timedelta(days=1)
WEEKDAYS, TENS = "一二三四五六日", "上中下"


class PeriodKind(StrEnum):
    """周期 · how long a bulletin's period is; a week begins on Monday, as ISO 8601 has it."""

    DAY = "day"
    WEEK = "week"
    TEN_DAYS = "ten-days"
    MONTH = "month"


class Period(msgspec.Struct, frozen=True):
    """The local days from `first` until before `after`."""

    kind: PeriodKind
    first: date
    after: date
    zone: str

    @property
    def start(self) -> datetime:
        """Its first instant, in UTC."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it, in UTC."""
        return _midnight(self.after, self.zone)

    @property
    def name(self) -> str:
        """2026-02-14, 2026-W07, 2026-02-T2 or 2026-02, as figures are cut by it."""
        return local_day(self.kind.value, self.start, self.zone)

    @property
    def name_zh(self) -> str:
        """2026年2月14日(星期六)、2026年第7周、2026年2月中旬 or 2026年2月, as people call it."""
        year, week, _ = self.first.isocalendar()
        month = f"{self.first.year}年{self.first.month}月"
        return {
            PeriodKind.DAY: f"{month}{self.first.day}日(星期{WEEKDAYS[self.first.weekday()]})",
            PeriodKind.WEEK: f"{year}年第{week}周",
            PeriodKind.TEN_DAYS: f"{month}{TENS[_ten(self.first)]}旬",
            PeriodKind.MONTH: month,
        }[self.kind]

    @property
    def before(self) -> "Period":
        """The one that ends as this begins."""
        return period_of(self.kind, self.first - DAY, self.zone)


def period_of(kind: PeriodKind, day: date, zone: str) -> Period:
    """The period in which a local day lies."""
    first = {
        PeriodKind.DAY: day,
        PeriodKind.WEEK: day - day.weekday() * DAY,
        PeriodKind.TEN_DAYS: day.replace(day=_ten(day) * 10 + 1),
        PeriodKind.MONTH: day.replace(day=1),
    }[kind]
    month_after = (day.replace(day=28) + 4 * DAY).replace(day=1)
    after = {
        PeriodKind.DAY: first + DAY,
        PeriodKind.WEEK: first + 7 * DAY,
        PeriodKind.TEN_DAYS: month_after if _ten(day) == 2 else first + 10 * DAY,
        PeriodKind.MONTH: month_after,
    }[kind]
    return Period(kind, first, after, zone)


def _ten(day: date) -> int:
    """Which ten days of its month, from 0; the last hold the 31st, too."""
    return min((day.day - 1) // 10, 2)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
