"""Calendars by department: its own work runs on its own hours, what is promised does not."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.case import Story
from streams.core.clock import working_seconds
from streams.core.clocks import counted
from streams.core.events import ActKind, ReferenceKind, WhistleKind
from streams.core.fold import fold
from streams.core.limits import OWN_WORK, calendar_of
from streams.core.place import ClockName, Rulebook
from streams.core.placetogether import dangling
from streams.core.results import FactKind
from tests.case_inputs import (
    CALENDAR,
    PLACE,
    RESPONSIBILITY,
    act,
    at,
    document,
    report,
    rulebook,
    whole_life,
)
from tests.strategies import LAWS, calendar_documents

A = ActKind
NIGHT: dict[str, Any] = {
    "id": "night",
    "version": "7",
    "zone": "Asia/Shanghai",
    "hours": {"workday": [["18:00", "22:00"]]},
    "years": {"2025": {"holidays": [], "make_up_workdays": []}},
}
"""Open from 18:00 to 22:00; the place itself has office hours."""

EACH = ("overall", "contact", "sign", "handle", "arrive", "check")
LIMITS = {
    "limits": [
        {"id": clock, "matter": "*", "limit": "2 working hours", "clock": clock} for clock in EACH
    ]
}


def town(*calendars: dict[str, Any], own: str | None = "cn-office") -> Rulebook:
    """The invented place, where d1 works at night; with these calendars beside its own."""
    departments = [
        one | ({"calendar": "night"} if one["id"] == "d1" else {})
        for one in RESPONSIBILITY["departments"]
    ]
    book = rulebook(limits=LIMITS)
    listed = RESPONSIBILITY | {"departments": departments}
    book = book.with_change(document(ReferenceKind.RESPONSIBILITY, listed, "2"))
    book = book.with_change(document(ReferenceKind.PLACE, PLACE | {"calendar": own}, "2"))
    for one in calendars:
        version = f"{one['id']}-{one['version']}"
        book = book.with_change(document(ReferenceKind.CALENDAR, one, version))
    return book


RULES = town(NIGHT)


def clocks(story: Story) -> dict[str, tuple[str, str, float | None]]:
    """Each clock's calendar with its version, and its deadline in hours after nine o'clock."""
    return {
        clock.name: (
            clock.calendar,
            clock.calendar_version,
            None if clock.due is None else (clock.due - at(0)) / timedelta(hours=1),
        )
        for clock in story.case.clocks
    }


def test_what_is_promised_runs_on_the_places_hours_and_a_departments_work_on_its_own() -> None:
    """Two working hours each, from Monday 09:00 on."""
    acts = [act(A.SIGN, 10), act(A.HANDLE, 11)]
    office, night = ("cn-office", CALENDAR["version"]), ("night", "7")
    assert clocks(fold(report(), acts, RULES)) == {
        "overall": (*office, 2),
        "contact": (*office, 2),
        "sign": (*night, 11),  # 18:00 to 20:00
        "handle": (*night, 12),  # signed at 19:00
        "check": (*office, 25.5),  # handled at 20:00: the next morning to 10:30
    }


def test_each_department_that_is_convened_comes_by_its_own_hours() -> None:
    called = act(A.CONVENE, 0.5, departments=("d1", "d7"), whistle=WhistleKind.EVERYDAY)
    found = clocks(fold(report(), [called], RULES))
    assert found["arrive:d1"] == ("night", "7", 11)
    assert found["arrive:d7"] == ("cn-office", CALENDAR["version"], 2.5)


def test_a_case_that_changes_hands_is_timed_by_the_hours_of_whoever_has_it() -> None:
    story = fold(report(), [act(A.DISPATCH, 1, department="d7")], RULES)
    assert [c.calendar for c in story.case.clocks if c.name == "sign"] == ["night", "cn-office"]
    assert clocks(story)["overall"] == ("cn-office", CALENDAR["version"], 2)


@pytest.mark.parametrize("clock", ClockName)
def test_only_clocks_of_its_own_work_follow_a_department(clock: ClockName) -> None:
    """What is promised to people does not depend on whom their case is sent to."""
    rules = RULES.at("here", at(0))
    assert rules is not None
    ids = {calendar_of(rules, clock, name) for name in ("d1", "d7", None)}
    assert ids == ({"night", "cn-office"} if clock in OWN_WORK else {"cn-office"})


def test_why_a_deadline_names_the_calendar_and_its_version() -> None:
    story = fold(report(), [], RULES)
    told = {t.detail.get("clock", "overall"): t.detail for t in story.facts if "rule" in t.detail}
    assert (told["sign"]["calendar"], told["sign"]["calendar_version"]) == ("night", "7")
    assert told["overall"]["calendar"] == "cn-office"


def test_a_calendar_that_nobody_has_published_leaves_only_that_clock_unknown() -> None:
    """As a missing year: nothing stops, it is told, and it is derived when the calendar comes."""
    story = fold(report(), whole_life(), town())
    assert clocks(story)["sign"] == ("night", "", None)
    assert (story.case.deadline_kind, story.case.marks) == ("fixed", ("calendar_missing:2025",))
    gaps = [t.detail for t in story.facts if t.kind is FactKind.CALENDAR_MISSING]
    assert gaps == [{"year": 2025, "calendar": "night"}]
    assert fold(report(), whole_life(), town(NIGHT)).case.marks == ()


def test_a_new_version_of_one_calendar_leaves_the_others_alone() -> None:
    """Each id by itself, from its own day on."""
    later = NIGHT | {"version": "8", "hours": {"workday": [["20:00", "22:00"]]}}
    change = replace(document(ReferenceKind.CALENDAR, later, "night-8"), valid_from=at(24))
    book = RULES.with_change(change)
    assert clocks(fold(report(), [], book))["sign"] == ("night", "7", 11)
    on_tuesday = clocks(fold(report(when=at(24)), [], book))
    assert on_tuesday["sign"] == ("night", "8", 24 + 13)
    assert on_tuesday["overall"] == ("cn-office", CALENDAR["version"], 24 + 2)


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (town(), ["responsibility: d1: no such calendar: 'night'"]),
        (town(NIGHT), []),
        (
            town(NIGHT, own=None),
            ["place: calendar names none of its calendars as its own: cn-office, night"],
        ),
        (town(NIGHT, own="moon"), ["place: no such calendar: 'moon'"]),
    ],
    ids=["not published", "whole", "none is its own", "its own is not published"],
)
def test_what_documents_say_of_calendars_is_checked_together(
    book: Rulebook, said: list[str]
) -> None:
    rules = book.at("here", at(0))
    assert rules is not None
    assert dangling(rules) == said


@LAWS
@given(
    calendar_documents(),
    calendar_documents(),
    st.integers(0, 60).map(lambda n: n / 4),
    st.integers(1, 300).map(lambda n: n / 4),
)
def test_running_and_paused_time_add_up_on_each_clocks_own_calendar(
    office: dict[str, Any], night: dict[str, Any], begins: float, lasts: float
) -> None:
    """T4, for clocks on different calendars of one case that are paused together."""
    book = town(office | {"id": "day"}, night | {"id": "night"}, own="day")
    rules = book.at("here", at(0))
    assert rules is not None
    acts = [act(A.PAUSE, begins, passed=True), act(A.RESUME, begins + lasts)]
    held = [clock for clock in fold(report(), acts, book).case.clocks if clock.pauses]
    assume(held)
    for clock in held:
        calendar = rules.calendars[clock.calendar]
        assert clock.calendar == ("night" if clock.name == "sign" else "day")
        assert clock.due is not None
        (pause,) = clock.pauses
        taken = working_seconds(pause.from_at, pause.to_at, calendar)
        whole = working_seconds(clock.start, clock.due, calendar)
        assert whole == pytest.approx(2 * 3600 + taken, abs=1e-5)
        assert counted(clock, clock.start, clock.due, calendar) == pytest.approx(7200, abs=1e-5)
