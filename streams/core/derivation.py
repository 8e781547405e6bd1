"""Why this deadline: a limit's whole way from start to deadline, line by line, without a hole."""

from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from streams.core.calendar import Calendar
from streams.core.clock import (
    ELAPSED,
    Deadline,
    Limit,
    Segment,
    Unit,
    deadline,
    seconds,
    working_due,
)
from streams.core.opentime import OpenTime, instant, micros


def derive(start: datetime, limit: Limit, calendar: Calendar) -> Deadline:
    """What `deadline` answers, with its derivation; the lines meet and their seconds add up."""
    answer = deadline(start, limit, calendar)
    if limit.unit in ELAPSED:
        why = "自然时间，昼夜连续计算 · elapsed time, counted round the clock"
        lines = [Segment(instant(micros(start)), answer.at, answer.working_seconds, why)]
    else:
        lines = list(_Way(start, answer.at, limit, calendar).lines())
    return msgspec.structs.replace(answer, derivation=tuple(lines))


class _Way:
    """The walk over a working calendar from start to deadline, one segment or gap at a time."""

    def __init__(self, start: datetime, due: datetime, limit: Limit, calendar: Calendar) -> None:
        self.start, self.due = micros(start), micros(due)
        self.calendar = calendar
        self.years: OpenTime = calendar.open_time(self.start)
        self.first = self.years.first_from(self.start)
        self.limit = limit

    def lines(self) -> Iterator[Segment]:
        at, segment = self.start, self.first
        while at < self.due:
            opens, closes = self.years.opens[segment], self.years.closes[segment]
            if at < opens:
                yield Segment(instant(at), instant(opens), 0, self._why_closed(at, segment))
                at = opens
            # Days that are counted from an opening end at an opening: nothing of it counts.
            if at < self.due:
                until = min(closes, self.due)
                yield Segment(
                    instant(at), instant(until), seconds(until - at), self._why_open(segment, until)
                )
                at, segment = until, segment + 1

    def _why_open(self, segment: int, until: int) -> str:
        zh, en = "办公时间", "office hours"
        if self.limit.unit is Unit.WORKING_DAYS:
            zh, en = self._nth(segment)
        if date.fromordinal(self._day(segment)) in self.calendar.make_up_workdays:
            zh, en = f"{zh}（调休上班）", f"{en} (make-up workday)"
        if until == self.due and self.limit.unit is Unit.SAME_DAY:
            zh += "；当日最后的办公时刻"
            en += "; the last open instant of that day"
        if until == self.due and self._clamped():
            zh += "；到期时刻不办公，取此前最后的办公时刻"
            en += "; closed at that clock time, so the last open instant before it"
        return f"{zh} · {en}"

    def _nth(self, segment: int) -> tuple[str, str]:
        nth = self.years.day_of[segment] - self.years.day_of[self.first]
        if nth == 0:
            return "起算日，不计入天数", "day of the start, not counted as a day"
        return f"第 {nth} 个工作日", f"working day {nth} of {self.limit.n}"

    def _clamped(self) -> bool:
        if self.limit.unit is not Unit.WORKING_DAYS:
            return False
        return working_due(self.start, self.limit.n, self.years, self.calendar).clamped

    def _why_closed(self, at: int, segment: int) -> str:
        zh, en = self._reason(at, segment)
        if self.years.opens[segment] == self.due:
            nth_zh, nth_en = self._nth(segment)
            zh, en = f"{zh}；至{nth_zh}开门", f"{en}; until {nth_en} opens"
        if self.limit.unit is Unit.SAME_DAY and self._day(segment) != self._date(at):
            zh, en = f"{zh}；顺延至下一工作日", f"{en}; carried over to the next working day"
        return f"{zh} · {en}"

    def _reason(self, at: int, segment: int) -> tuple[str, str]:
        """Why nothing counts from `at` to the opening of this segment."""
        before = self._day(segment - 1) if segment else 0
        if before == self._day(segment):
            return "午休，两段办公时间之间", "break between office hours"
        if at == self.start:
            before = self._date(at)
        days = map(date.fromordinal, range(before, self._day(segment)))
        off = [day for day in days if not self.calendar.is_working_day(day)]
        return _days_off(self.calendar, off) if off else ("下班后或上班前", "outside office hours")

    def _date(self, at: int) -> int:
        return instant(at).astimezone(self.calendar.tz).toordinal()

    def _day(self, segment: int) -> int:
        return self.years.days[self.years.day_of[segment]]


def _days_off(calendar: Calendar, days: list[date]) -> tuple[str, str]:
    names: dict[str, str] = {}
    for day in days:
        if holiday := calendar.holiday_on(day):
            names[holiday.zh] = holiday.en
        elif day.weekday() >= 5:
            names["周末"] = "weekend"
        else:
            names["每周休息日"] = "weekly day off"
    count = "1 day" if len(days) == 1 else f"{len(days)} days"
    zh, en = "、".join(names), ", ".join(names.values())
    return f"{zh}，不办公 {len(days)} 天", f"{en}: closed {count}"
