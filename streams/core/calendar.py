"""Working calendars: which days and hours a place is open, as data; a missing year is no guess."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from streams.core.opentime import Hours, OpenTime, instant, open_time, segments
from streams.core.prepared import prepared

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = frozenset({"workday", "make_up", *WEEKDAYS})
"""Kinds of days that may have hours of their own; a missing weekday has the hours of `workday`,
a missing Saturday or Sunday is a day off, and `make_up` is as `workday` where it is missing."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class CalendarMissing(LookupError):
    """A deadline needs a day of a year for which the calendar has no data."""

    def __init__(self, year: int, calendar: str = "") -> None:
        super().__init__(f"calendar {calendar or '?'} has no data for the year {year}")
        self.year = year
        self.calendar = calendar


class BadCalendar(ValueError):
    """The document is no calendar; the message says where and why."""


class Holiday(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}
):
    """One stretch of days off, weekends inside it included; both ends are days off."""

    first: date
    last: date
    zh: Annotated[str, Meta(min_length=1)]
    en: Annotated[str, Meta(min_length=1)]

    def days(self) -> Iterator[date]:
        """Every day of the stretch."""
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))


class Season(msgspec.Struct, frozen=True):
    """季节作息 · other hours each year from one month and day to another, both included."""

    first: tuple[int, int]
    last: tuple[int, int]
    hours: tuple[tuple[str, Hours], ...]


class Calendar(msgspec.Struct, frozen=True, cache_hash=True):
    """A working calendar; `hours` maps a kind of day (see KINDS) to its open segments. In a season
    the kinds of day that it names have its hours, the others their usual ones."""

    id: str
    version: str
    zone: str
    hours: tuple[tuple[str, Hours], ...]
    years: frozenset[int]
    holidays: tuple[Holiday, ...] = ()
    make_up_workdays: frozenset[date] = frozenset()
    seasons: tuple[Season, ...] = ()

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which the hours are local."""
        return ZoneInfo(self.zone)

    def is_working_day(self, day: date) -> bool:
        """True where the day has open hours; CalendarMissing where its year has no data."""
        return bool(self.hours_on(day))

    def holiday_on(self, day: date) -> Holiday | None:
        """The holiday that has this day off, if any."""
        return _index(self).holidays.get(day)

    def hours_on(self, day: date) -> Hours:
        """The day's open segments in local minutes, none on a day off; or CalendarMissing."""
        if day.year not in self.years:
            raise CalendarMissing(day.year, self.id)
        return _index(self).hours_on(day)

    def open_segments(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The day's open segments [open, close) as instants in UTC; or CalendarMissing."""
        found = segments(day, self.hours_on(day), self.tz)
        return tuple((instant(opens), instant(closes)) for opens, closes in found)

    def open_time(self, at: int) -> OpenTime:
        """The laid-out years around this microsecond; CalendarMissing where it has no data."""
        for years in _index(self).years:
            if years.begin <= at < years.end:
                return years
        raise CalendarMissing(instant(at).astimezone(self.tz).year, self.id)


class _Index(msgspec.Struct):
    """What is derived from a calendar once: its days by date, its years laid out."""

    hours: dict[str, Hours]
    holidays: dict[date, Holiday]
    make_up: frozenset[date]
    seasons: tuple[tuple[Season, dict[str, Hours]], ...] = ()
    years: tuple[OpenTime, ...] = ()

    def hours_on(self, day: date) -> Hours:
        hours = self._hours_about(day)
        if day in self.make_up:
            return hours.get("make_up", hours["workday"])
        if day in self.holidays:
            return ()
        usual = hours["workday"] if day.weekday() < 5 else ()
        return hours.get(WEEKDAYS[day.weekday()], usual)

    def _hours_about(self, day: date) -> dict[str, Hours]:
        about = (day.month, day.day)
        seasonal = (hours for season, hours in self.seasons if season.first <= about <= season.last)
        return next(seasonal, self.hours)


@lru_cache(maxsize=64)
def _index(calendar: Calendar) -> _Index:
    named = {day: holiday for holiday in calendar.holidays for day in holiday.days()}
    usual = dict(calendar.hours)
    seasons = tuple((season, usual | dict(season.hours)) for season in calendar.seasons)
    index = _Index(usual, named, calendar.make_up_workdays, seasons)
    firsts = sorted(y for y in calendar.years if y - 1 not in calendar.years)
    lasts = sorted(y for y in calendar.years if y + 1 not in calendar.years)
    index.years = tuple(
        open_time(first, last, calendar.tz, index.hours_on)
        for first, last in zip(firsts, lasts, strict=True)
    )
    return index


# --- the document ----------------------------------------------------------------------------


class _Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    holidays: list[Holiday]
    make_up_workdays: list[date]
    source: str = ""


class _Season(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}
):
    first: str
    last: str
    hours: dict[str, list[tuple[str, str]]]


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    zone: str
    hours: dict[str, list[tuple[str, str]]]
    years: dict[Annotated[int, Meta(ge=1970, le=2199)], _Year]
    seasons: list[_Season] = []
    title: str = ""
    note: str = ""


prepared(_Document)


def parse_calendar(document: object) -> Calendar:
    """A calendar from its JSON value (as schemas/places/_calendars holds it), or BadCalendar."""
    try:
        read = msgspec.convert(document, _Document, str_keys=True)
    except msgspec.ValidationError as error:
        raise BadCalendar(f"no calendar: {error}") from error
    try:
        ZoneInfo(read.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadCalendar(f"{read.id}: no such zone: {read.zone!r}") from error
    if "workday" not in read.hours:
        raise BadCalendar(f"{read.id}: hours.workday is missing")
    calendar = Calendar(
        id=read.id,
        version=read.version,
        zone=read.zone,
        hours=_all_hours(read.id, read.hours),
        seasons=_seasons(read),
        years=frozenset(read.years),
        holidays=tuple(h for year in sorted(read.years) for h in read.years[year].holidays),
        make_up_workdays=frozenset(
            d for year in read.years.values() for d in year.make_up_workdays
        ),
    )
    _check_days(read)
    return calendar


def _all_hours(
    calendar: str, rows: dict[str, list[tuple[str, str]]]
) -> tuple[tuple[str, Hours], ...]:
    return tuple((kind, _hours(calendar, kind, rows[kind])) for kind in sorted(rows))


def _seasons(read: _Document) -> tuple[Season, ...]:
    found: list[Season] = []
    for one in read.seasons:
        where = f"{read.id}: seasons: {one.first} to {one.last}"
        first, last = _about(where, one.first), _about(where, one.last)
        if last < first or any(first <= s.last and s.first <= last for s in found):
            raise BadCalendar(f"{where}: seasons run forwards inside a year and do not overlap")
        found.append(Season(first, last, _all_hours(read.id, one.hours)))
    return tuple(found)


def _about(where: str, text: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise BadCalendar(f"{where}: not a month and day, as 06-01: {text!r}") from error
    return day.month, day.day


def _minutes(where: str, text: str) -> int:
    if not _CLOCK.fullmatch(text):
        raise BadCalendar(f"{where}: not a time of day from 00:00 to 24:00: {text!r}")
    return int(text[:2]) * 60 + int(text[3:])


def _hours(calendar: str, kind: str, rows: list[tuple[str, str]]) -> Hours:
    where = f"{calendar}: hours.{kind}"
    if kind not in KINDS:
        raise BadCalendar(f"{where}: no such kind of day; known: {', '.join(sorted(KINDS))}")
    hours = tuple((_minutes(where, opens), _minutes(where, closes)) for opens, closes in rows)
    edges = [edge for segment in hours for edge in segment]
    if edges != sorted(edges) or any(opens == closes for opens, closes in hours):
        raise BadCalendar(f"{where}: segments must be in order, not overlap and not be empty")
    if not hours and kind in ("workday", "make_up"):
        raise BadCalendar(f"{where}: a working day needs at least one segment")
    return hours


def _check_days(read: _Document) -> None:
    for year, data in read.years.items():
        where = f"{read.id}: years.{year}"
        seen: set[date] = set()
        for holiday in data.holidays:
            inside = {holiday.first.year, holiday.last.year} == {year}
            if not inside or holiday.last < holiday.first:
                raise BadCalendar(f"{where}: {holiday.zh} must run forwards inside its year")
            days = set(holiday.days())
            if days & seen:
                raise BadCalendar(f"{where}: {holiday.zh} overlaps another holiday")
            seen |= days
        for day in data.make_up_workdays:
            if day.year != year or day in seen:
                raise BadCalendar(f"{where}: make-up workday {day} is a holiday, or another year's")
            # A Saturday that is open anyway may be a make-up day too; a plain Monday is a slip.
            if day.weekday() < 5 and WEEKDAYS[day.weekday()] not in read.hours:
                raise BadCalendar(f"{where}: make-up workday {day} is a working day already")
