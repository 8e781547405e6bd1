"""Slots: every cadence laid out in the place's own days, each slot by the rules as it begins."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.calendar import CalendarMissing
from streams.core.events import ReferenceKind
from streams.core.scheduledocs import Cadence
from streams.core.slots import Slot, bound_subjects, reach, slots, windows
from tests.case_inputs import document
from tests.core.office import CN
from tests.core.round_inputs import TZ, book, local, schedule, schedules

ZONE = "Asia/Shanghai"


def cadence(**said: Any) -> Cadence:
    return msgspec.convert(said, Cadence)


def laid(since: str, until: str, /, **said: Any) -> list[tuple[str, str]]:
    """The windows that begin between two local times, as local times."""
    found = windows(cadence(**said), ZONE, CN, local(since), local(until))
    return [(shown(one.start), shown(one.end)) for one in found]


def shown(at: datetime) -> str:
    return at.astimezone(TZ).strftime("%m-%d %H:%M")


def test_a_day_is_the_places_own_from_midnight_to_midnight() -> None:
    assert laid("03-03", "03-05", every="day") == [
        ("03-03 00:00", "03-04 00:00"),
        ("03-04 00:00", "03-05 00:00"),
    ]
    assert laid("03-03 00:01", "03-04", every="day") == []


def test_ten_day_spans_begin_on_the_1st_the_11th_and_the_21st() -> None:
    assert laid("02-11", "03-12", every="ten-days") == [
        ("02-11 00:00", "02-21 00:00"),
        ("02-21 00:00", "03-01 00:00"),
        ("03-01 00:00", "03-11 00:00"),
        ("03-11 00:00", "03-21 00:00"),
    ]


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    assert laid("03-01", "03-12", every="week") == [
        ("03-03 00:00", "03-10 00:00"),
        ("03-10 00:00", "03-17 00:00"),
    ]
    assert laid("01-15", "03-02", every="month") == [
        ("02-01 00:00", "03-01 00:00"),
        ("03-01 00:00", "04-01 00:00"),
    ]
    assert laid("01-01", "12-31", every="month", count=6, since="2024-03-01") == [
        ("03-01 00:00", "09-01 00:00"),
        ("09-01 00:00", "03-01 00:00"),
    ]


def test_several_days_are_counted_from_their_first() -> None:
    assert laid("03-03", "03-10", every="day", count=3, since="2025-02-25") == [
        ("03-03 00:00", "03-06 00:00"),
        ("03-06 00:00", "03-09 00:00"),
        ("03-09 00:00", "03-12 00:00"),
    ]


def test_hours_lie_between_the_hours_of_each_day() -> None:
    assert laid("03-03", "03-04", every="hour", count=4, begin="08:00", end="18:00") == [
        ("03-03 08:00", "03-03 12:00"),
        ("03-03 12:00", "03-03 16:00"),
        ("03-03 16:00", "03-03 18:00"),
    ]
    assert len(laid("03-03", "03-04", every="hour")) == 24


def test_days_off_have_no_slot_and_made_up_saturdays_have_one() -> None:
    """National Day 2025: off from 1 to 8 October, Saturday the 11th is worked."""
    days = [start[:5] for start, _ in laid("09-29", "10-13", every="day", working_days=True)]
    assert days == ["09-29", "09-30", "10-09", "10-10", "10-11"]
    with pytest.raises(CalendarMissing):
        list(windows(cadence(every="day", working_days=True), ZONE, CN, *far_ahead()))


def far_ahead() -> tuple[datetime, datetime]:
    return local("03-03") + timedelta(days=9000), local("03-04") + timedelta(days=9000)


def test_what_is_done_once_has_one_slot_to_the_end_of_its_day() -> None:
    once = {"every": "once", "since": "2025-03-03", "due": "2025-03-31"}
    assert laid("01-01", "12-31", **once) == [("03-03 00:00", "04-01 00:00")]


CADENCES = st.sampled_from(
    [
        {"every": "hour", "count": 6},
        {"every": "hour", "begin": "07:30", "end": "22:00"},
        {"every": "day"},
        {"every": "day", "count": 5, "since": "2024-12-30"},
        {"every": "week"},
        {"every": "week", "count": 2, "since": "2024-02-29"},
        {"every": "ten-days"},
        {"every": "month"},
        {"every": "month", "count": 3, "since": "2023-11-30"},
        {"every": "year"},
    ]
)


@given(CADENCES, st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_cut_anywhere_the_slots_are_the_same(
    said: dict[str, Any], first: int, second: int, third: int
) -> None:
    """Windows never overlap, none is longer than its reach, and none is lost where time is cut."""
    one = cadence(**said)
    a, b, c = sorted(local("01-01") + timedelta(hours=17 * n) for n in (first, second, third))
    whole = list(windows(one, ZONE, None, a, c))
    assert whole == [*windows(one, ZONE, None, a, b), *windows(one, ZONE, None, b, c)]
    for before, after in pairwise(whole):
        assert before.end <= after.start
    assert all(window.end - window.start <= reach(one) for window in whole)


# --- of whom, and by which rules ------------------------------------------------------------------


def subjects(row: dict[str, Any], **documents: Any) -> list[tuple[str, str | None, str | None]]:
    more = tuple(document(ReferenceKind(kind), body) for kind, body in documents.items())
    rules = book(row, more=more).at("here", local("03-03"))
    assert rules is not None
    found = bound_subjects(rules, rules.schedules[0])
    return [(one.code, one.area, one.scene) for one in found]


def test_of_whom_grids_areas_cameras_codes_and_numbers() -> None:
    assert subjects(schedule()) == [("g1", "v1", None), ("g2", "v1", None), ("g3", "v2", None)]
    inside = schedule(subjects={"each": "grids", "area": "v2"})
    assert subjects(inside) == [("g3", "v2", None)]
    villages = schedule("screening", subjects={"each": "areas", "level": "village"})
    assert subjects(villages) == [("v1", "v1", None), ("v2", "v2", None)]
    named = schedule("visit", subjects={"each": "codes", "codes": ["p9"], "area": "v1"})
    assert subjects(named) == [("p9", "v1", None)]
    numbered = schedule("video", subjects={"each": "numbered", "prefix": "cam-", "count": 71})
    assert [code for code, *_ in subjects(numbered)][::70] == ["cam-01", "cam-71"]
    registered = {"cameras": [{"code": "c1", "area": "v1"}, {"code": "c2"}]}
    scenes = schedule("video", subjects={"each": "cameras", "scenes": ["market", "beach"]})
    assert subjects(scenes, cameras=registered) == [
        ("c1", "v1", "market"),
        ("c1", "v1", "beach"),
        ("c2", None, "market"),
        ("c2", None, "beach"),
    ]


def test_an_emergency_schedule_binds_only_where_and_while_there_is_one() -> None:
    visits = schedule("visit", mode="emergency", subjects={"each": "areas", "level": "village"})
    switch = {"modes": [{"area": "v2", "mode": "emergency", "kind": "epidemic"}]}
    calm = book(visits)
    assert list(slots(calm, "here", local("03-03"), local("03-04"))) == []
    assert subjects(visits, modes=switch) == [("v2", "v2", None)]


def test_a_slot_is_judged_by_the_rules_in_force_as_it_begins() -> None:
    """Twice a day from the 4th at noon on: the 4th is still a day of the older schedule."""
    twice = schedules(
        schedule(at_least=2, subjects={"each": "codes", "codes": ["x"]}),
        version="2",
        valid_from=local("03-04 12:00"),
    )
    found = book(schedule(subjects={"each": "codes", "codes": ["x"]}), more=(twice,))
    laid_out = list(slots(found, "here", local("03-03"), local("03-06")))
    assert [asked(one) for one in laid_out] == [("03-03", 1), ("03-04", 1), ("03-05", 2)]


def asked(slot: Slot) -> tuple[str, int]:
    return shown(slot.window.start)[:5], slot.schedule.at_least
