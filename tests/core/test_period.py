"""Periods of bulletins: each day lies in one of each kind, and they follow without a gap."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.period import PeriodKind, period_of

DAY = timedelta(days=1)
days = st.dates(date(1970, 1, 2), date(2100, 1, 1))
kinds = st.sampled_from(PeriodKind)


@pytest.mark.parametrize(
    ("kind", "first", "after", "name"),
    [
        ("day", "2026-02-14", "2026-02-15", "2026-02-14"),
        ("week", "2026-02-09", "2026-02-16", "2026-W07"),
        ("ten-days", "2026-02-11", "2026-02-21", "2026-02-T2"),
        ("month", "2026-02-01", "2026-03-01", "2026-02"),
    ],
)
def test_the_period_in_which_a_day_lies(kind: str, first: str, after: str, name: str) -> None:
    found = period_of(PeriodKind(kind), date(2026, 2, 14), "Asia/Shanghai")
    assert (found.first, found.after) == (date.fromisoformat(first), date.fromisoformat(after))
    assert found.name == name


@pytest.mark.parametrize(("day", "after"), [(21, "2026-04-01"), (31, "2026-04-01")])
def test_the_last_ten_days_hold_the_31st(day: int, after: str) -> None:
    found = period_of(PeriodKind.TEN_DAYS, date(2026, 3, day), "Asia/Shanghai")
    assert (found.first, found.after) == (date(2026, 3, 21), date.fromisoformat(after))


@given(days, kinds)
def test_periods_hold_their_days_and_follow_without_a_gap(day: date, kind: PeriodKind) -> None:
    found = period_of(kind, day, "Asia/Shanghai")
    assert found.first <= day < found.after
    assert period_of(kind, found.after - DAY, found.zone) == found
    assert found.before.after == found.first
    assert found.before.end == found.start


def test_its_ends_are_the_places_midnights() -> None:
    """On the day that New York has 23 hours, too."""
    found = period_of(PeriodKind.DAY, date(2026, 3, 8), "America/New_York")
    assert found.start == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert found.end == datetime(2026, 3, 9, 4, tzinfo=UTC)
