"""When something must be done, and of whom or what: cadences laid out as windows, slots in them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import msgspec

from streams.core.calendar import Calendar
from streams.core.place import PlaceRules, Rulebook, lineage, mode_of
from streams.core.scheduledocs import Cadence, Schedule

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MONTH = date(2000, 1, 1)
TEN_DAYS = (1, 11, 21)
"""旬 · on which days of a month a ten-day span begins; common usage, written in no document."""

BINDING = "binding"
MONTHS = {"month": 1, "year": 12}
LONGEST = {"hour": 1, "day": 1, "week": 7, "ten-days": 11, "month": 31, "year": 366}
"""In days: no span of one unit is longer."""


class Window(msgspec.Struct, frozen=True, order=True):
    """[start, end) as instants in UTC."""

    start: datetime
    end: datetime


class Subject(msgspec.Struct, frozen=True):
    """Of whom or what a slot is, and the area in which that lies (None: nobody says)."""

    code: str
    area: str | None
    scene: str | None = None


class Slot(msgspec.Struct, frozen=True):
    """One schedule, one subject, one window: here and then it must be done."""

    schedule: Schedule
    subject: Subject
    window: Window


class Term(msgspec.Struct, frozen=True):
    """For how long one schedule holds under the same rules: what begins in [begin, end) is its.
    `before` are the rules in force until then, the same ones where none changed."""

    rules: PlaceRules
    schedule: Schedule
    begin: datetime
    end: datetime
    before: PlaceRules | None


def terms(book: Rulebook, place: str, until: datetime, since: datetime = FIRST) -> Iterator[Term]:
    """Every schedule of a place in [since, until), under each of the rules that it was part of."""
    for begin, end in pairwise((since, *book.changes(place, since, until), until)):
        rules, before = book.at(place, begin), book.at(place, begin - MICROSECOND)
        if rules is not None:
            yield from (Term(rules, one, begin, end, before) for one in rules.schedules)


def slots(book: Rulebook, place: str, since: datetime, until: datetime) -> Iterator[Slot]:
    """All slots of a place that begin in [since, until), each by the rules in force as it begins.

    CalendarMissing where a schedule of working days meets a year without data.
    """
    for term in terms(book, place, until, since):
        for window, subjects in occasions(term, term.begin):
            yield from (Slot(term.schedule, subject, window) for subject in subjects)


def occasions(term: Term, since: datetime) -> Iterator[tuple[Window, Iterable[Subject]]]:
    """The windows of a term that begin from `since` on, each with whom or what it binds."""
    rules, schedule, cadence = term.rules, term.schedule, term.schedule.cadence
    if cadence.every != BINDING:
        for window in windows(cadence, rules.zone, rules.calendar, since, term.end):
            yield window, bound_subjects(rules, schedule)
    elif since <= term.begin < term.end:
        bound = _bound_anew(rules, term.before, schedule)
        yield Window(term.begin, term.begin + _within(cadence)), bound


# --- windows ------------------------------------------------------------------------------------


def windows(
    cadence: Cadence, zone: str, calendar: Calendar | None, since: datetime, until: datetime
) -> Iterator[Window]:
    """The windows that begin in [since, until), in their order; of a `binding` the term knows."""
    tz = ZoneInfo(zone)
    for first, after in _spans(cadence, _local(since, tz), _local(until, tz)):
        if cadence.working_days and (calendar is None or not calendar.is_working_day(first)):
            continue
        for window in _parts(cadence, first, after, tz):
            if since <= window.start < until:
                yield window


def reach(cadence: Cadence) -> timedelta:
    """No window of it is longer than this."""
    if cadence.every == BINDING:
        return _within(cadence)
    if cadence.due is not None and cadence.since is not None:
        return cadence.due - cadence.since + 2 * DAY
    return (LONGEST[cadence.every] * cadence.count + 1) * DAY


def _within(cadence: Cadence) -> timedelta:
    return timedelta(hours=cadence.within_hours or 0)


def _local(at: datetime, tz: ZoneInfo) -> date:
    return at.astimezone(tz).date()


def _spans(cadence: Cadence, since: date, until: date) -> Iterator[tuple[date, date]]:
    """The spans [first, after) of local days that begin from `since` to `until`, both included."""
    begun = cadence.since
    match cadence.every:
        case "once" if begun is not None and cadence.due is not None:
            if since <= begun <= until:
                yield begun, cadence.due + DAY
        case "hour":
            yield from _by_days(1, since, since, until)
        case "day":
            yield from _by_days(cadence.count, begun or since, since, until)
        case "week":
            monday = (begun or since) - (begun or since).weekday() * DAY
            yield from _by_days(7 * cadence.count, monday, since, until)
        case "ten-days":
            yield from _by_ten_days(since, until)
        case _:
            months = MONTHS[cadence.every] * cadence.count
            yield from _by_months(months, begun or FIRST_MONTH, since, until)


def _by_days(count: int, begun: date, since: date, until: date) -> Iterator[tuple[date, date]]:
    first = begun + max(0, -((begun - since).days // count)) * count * DAY
    while first <= until:
        if first >= since:
            yield first, first + count * DAY
        first += count * DAY


def _by_ten_days(since: date, until: date) -> Iterator[tuple[date, date]]:
    firsts = (
        first.replace(day=day)
        for first, _ in _by_months(1, FIRST_MONTH, since.replace(day=1), until + 31 * DAY)
        for day in TEN_DAYS
    )
    yield from ((one, other) for one, other in pairwise(firsts) if since <= one <= until)


def _by_months(count: int, begun: date, since: date, until: date) -> Iterator[tuple[date, date]]:
    origin = begun.year * 12 + begun.month - 1
    behind = since.year * 12 + since.month - 1 - origin
    step = max(0, -(-behind // count))
    while (first := _month(origin + step * count)) <= until:
        if first >= since:
            yield first, _month(origin + (step + 1) * count)
        step += 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _parts(cadence: Cadence, first: date, after: date, tz: ZoneInfo) -> Iterator[Window]:
    """The span's window, or those of its hours; the last of a day is cut at its end."""
    if cadence.every != "hour":
        yield Window(_at(first, cadence.begin, tz), _at(after - DAY, cadence.end, tz))
        return
    opens, closes = _at(first, cadence.begin, tz), _at(first, cadence.end, tz)
    while opens < closes:
        end = min(opens + timedelta(hours=cadence.count), closes)
        yield Window(opens, end)
        opens = end


def _at(day: date, clock: str, tz: ZoneInfo) -> datetime:
    hour, minute = map(int, clock.split(":"))
    day, hour = (day + DAY, 0) if hour == 24 else (day, hour)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz).astimezone(UTC)


# --- subjects -----------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def bound_subjects(rules: PlaceRules, schedule: Schedule) -> tuple[Subject, ...]:
    """Whom or what the schedule binds under these rules, each scene by itself."""
    plain = _subjects(rules, schedule)
    if schedule.mode is not None:
        plain = (one for one in plain if mode_of(rules, one.area) == schedule.mode)
    scenes = schedule.subjects.scenes or (None,)
    return tuple(Subject(one.code, one.area, scene) for one, scene in product(plain, scenes))


@lru_cache(maxsize=512)
def bound_whom(rules: PlaceRules, schedule: Schedule) -> Mapping[tuple[str, str | None], Subject]:
    """The same subjects by code and scene."""
    return {(one.code, one.scene): one for one in bound_subjects(rules, schedule)}


@lru_cache(maxsize=512)
def _bound_anew(
    rules: PlaceRules, before: PlaceRules | None, schedule: Schedule
) -> tuple[Subject, ...]:
    """Whom or what the schedule binds under these rules, and did not under those before."""
    known: set[tuple[str, str | None]] = set()
    if before is not None:
        for one in before.schedules:
            if one.id == schedule.id:
                known.update(bound_whom(before, one))
    bound = bound_whom(rules, schedule)
    return tuple(subject for whom, subject in bound.items() if whom not in known)


def _subjects(rules: PlaceRules, schedule: Schedule) -> Iterator[Subject]:
    asked = schedule.subjects
    areas = [
        area
        for area in rules.areas.values()
        if (asked.area is None or asked.area in lineage(rules, area.code))
        and area.code != rules.fallback_area
    ]
    match asked.each:
        case "grids":
            yield from (Subject(grid, area.code) for area in areas for grid in area.grids)
        case "areas":
            yield from (
                Subject(area.code, area.code) for area in areas if area.level == asked.level
            )
        case "cameras":
            own = {area.code for area in areas}
            yield from (
                Subject(camera.code, camera.area)
                for camera in (rules.cameras or {}).values()
                if asked.area is None or camera.area in own
            )
        case "ledger":
            own = {area.code for area in areas}
            yield from (
                Subject(entry.code, entry.area)
                for entry in rules.base_data.entries
                if entry.area in own and (not asked.groups or {*asked.groups} & {*entry.groups})
            )
        case "codes":
            yield from (Subject(code, asked.area) for code in asked.codes)
        case "numbered":
            width = len(str(asked.count))
            numbers = range(1, asked.count + 1)
            yield from (Subject(f"{asked.prefix}{n:0{width}d}", asked.area) for n in numbers)
