"""What Hypothesis draws: instants, time limits and working calendars, with their odd corners."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from streams.core.calendar import Calendar, parse_calendar
from streams.core.clock import Limit, Unit

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe")
WORKING = (Unit.WORKING_DAYS, Unit.WORKING_HOURS)
"""Those that a slow walk can count."""
LAWS = settings(deadline=None, max_examples=settings.default.max_examples // 4)
"""For laws that cost milliseconds an example; with the profile `soak` they get thousands."""


def instants(
    first: datetime = datetime(2024, 1, 2, tzinfo=UTC),
    last: datetime = datetime(2026, 10, 31, tzinfo=UTC),
) -> st.SearchStrategy[datetime]:
    """Instants in UTC: any microsecond, and often a round hour, a closing or an opening."""
    any_time = st.datetimes(
        first.replace(tzinfo=None), last.replace(tzinfo=None), timezones=st.just(UTC)
    )
    halves = int((last - first) / timedelta(minutes=30))
    round_time = st.integers(0, halves).map(lambda n: first + n * timedelta(minutes=30))
    return st.one_of(round_time, any_time)


def limits(units: tuple[Unit, ...] = tuple(Unit), most: int = 30) -> st.SearchStrategy[Limit]:
    """Time limits of 1 to `most` of one of the units; of the same day there is but one."""
    drawn = st.builds(Limit, st.integers(1, most), st.sampled_from(units))
    return drawn.map(lambda limit: Limit(1, limit.unit) if limit.unit is Unit.SAME_DAY else limit)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def hours(draw: st.DrawFn, first: int, last: int, least: int = 1) -> list[list[str]]:
    """Open segments of a day in quarters of an hour, local minutes first..last."""
    quarters = st.integers(first // 15, last // 15)
    size = st.sampled_from(range(2 * least, 7, 2))
    edges = sorted(draw(size.flatmap(lambda n: st.sets(quarters, min_size=n, max_size=n))))
    clocks = [_clock(15 * edge) for edge in edges]
    return [list(pair) for pair in zip(clocks[::2], clocks[1::2], strict=True)]


@st.composite
def calendar_documents(draw: st.DrawFn, *, round_the_clock: bool = False) -> dict[str, Any]:
    """JSON documents of the years 2024 to 2026; hours from 05:00 to 23:00, or at any time."""
    first, last = (0, 1440) if round_the_clock else (300, 1380)
    own = st.dictionaries(
        st.sampled_from(["mon", "wed", "fri", "sat", "make_up"]), hours(first, last), max_size=3
    )
    years = {}
    for year in (2024, 2025, 2026):
        off = draw(st.sets(st.integers(0, 364), max_size=12))
        days = sorted(date(year, 1, 1) + timedelta(days=n) for n in off)
        holidays = [{"from": str(d), "to": str(d), "zh": "假日", "en": "holiday"} for d in days]
        sunday = date(year, 1, 7) + timedelta(days=(6 - date(year, 1, 7).weekday()) % 7)
        worked = [sunday + timedelta(days=7 * n) for n in draw(st.sets(st.integers(0, 50)))]
        extra = [str(d) for d in sorted(set(worked) - set(days))]
        years[str(year)] = {"holidays": holidays, "make_up_workdays": extra}
    return {
        "id": "drawn",
        "version": "1",
        "zone": draw(st.sampled_from(ZONES)),
        "hours": {"workday": draw(hours(first, last)), **draw(own)},
        "years": years,
    }


def calendars(*, round_the_clock: bool = False) -> st.SearchStrategy[Calendar]:
    """Working calendars: lunch breaks, short Fridays, odd zones, holidays, make-up Sundays."""
    return calendar_documents(round_the_clock=round_the_clock).map(parse_calendar)
