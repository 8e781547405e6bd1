"""急时任务: what a switch of the mode, or a new entry of the ledger, asks for at once."""

from typing import Any

import pytest

from streams.core.events import ReferenceKind
from streams.core.notices import AlarmKind
from streams.core.place import Rulebook
from streams.core.refusal import Refused
from streams.core.roundfigures import RoundQuery, overview
from streams.core.slots import Slot, slots
from tests.case_inputs import document
from tests.core.round_inputs import (
    LEDGER,
    TASKS,
    book,
    ledger,
    local,
    made,
    schedule,
    turned,
)
from tests.core.test_watch import Watched

SWITCHED = "03-03 10:00"
NEW = {"code": "tok-9", "groups": ["needy"], "area": "v1"}


def rules(*more: Any) -> Rulebook:
    """The street turns to emergency on the third at ten, and is asked to visit the needy."""
    listed = document(ReferenceKind.BASE_DATA, LEDGER)
    tasks = schedule("visit", "binding", **TASKS)
    return book(tasks, more=(listed, turned("1", SWITCHED, s1="emergency"), *more))


def asked(found: Rulebook, since: str = "03-01", until: str = "03-31") -> list[tuple[str, str]]:
    def told(slot: Slot) -> tuple[str, str]:
        hours = (slot.window.end - slot.window.start).total_seconds() / 3600
        assert hours == 24
        return slot.subject.code, f"{slot.window.start.astimezone(local('03-03').tzinfo):%d %H}"

    return [told(one) for one in slots(found, "here", local(since), local(until))]


def test_a_switch_asks_once_for_everybody_on_the_ledger_there() -> None:
    """EMG-03: from the switch on, whatever else of the rules changes later."""
    both = [("tok-1", "03 02"), ("tok-2", "03 02")]
    assert asked(rules()) == both
    assert asked(rules(), since=SWITCHED) == both
    assert asked(rules(), since="03-03 10:01") == []
    assert asked(rules(), until=SWITCHED) == []
    assert asked(rules(ledger("2", "03-05"))) == both


def test_who_is_listed_later_is_asked_for_then_and_a_second_switch_asks_anew() -> None:
    later = ledger("2", "03-04 10:00", NEW)
    back = turned("2", "03-05 10:00", s1="normal")
    again = turned("3", "03-06 10:00", v2="emergency")
    assert asked(rules(later, back, again))[2:] == [("tok-9", "04 02"), ("tok-2", "06 02")]


def test_only_where_the_area_turns() -> None:
    """EMG-01: by area; the rest stays normal."""
    one = turned("0", "03-02 10:00", v1="emergency")
    assert asked(rules(one)) == [("tok-1", "02 02"), ("tok-2", "03 02")]


def told(found: Rulebook, at: str, *rounds: Any) -> Any:
    query = RoundQuery(
        place="here", zone="Asia/Shanghai", since=local("03-01"), as_of=local(at), by=("mode",)
    )
    return overview(found, rounds, query)


def test_a_task_is_open_then_missed_and_overdue_until_somebody_has_been_there() -> None:
    visit = made("03-03 15:00", "visit", subject="tok-1")
    during = told(rules(), "03-03 18:00", visit)
    assert [slot.subject.code for slot in during.open] == ["tok-2"]
    assert (during.running, during.missed, during.overdue) == (2, [], [])
    after = told(rules(), "03-05", visit)
    assert [slot.subject.code for slot in after.overdue] == ["tok-2"]
    assert [(row.by, row.done, row.expected) for row in after.rows] == [
        ({"mode": "emergency"}, 1, 2)
    ]
    late = made("03-04 20:00", "visit", subject="tok-2", area="v2")
    assert told(rules(), "03-05", visit, late).overdue == []


def test_what_began_before_the_switch_back_is_asked_to_its_end() -> None:
    found = rules(turned("2", "03-03 12:00", s1="normal"))
    back = told(found, "03-05", made("03-03 13:00", "visit", subject="tok-1"))
    assert [(one.slot.subject.code, one.done) for one in back.missed] == [("tok-2", False)]
    assert back.overdue == []


def test_a_task_is_raised_once_taken_back_when_done_and_missed_when_not() -> None:
    """Also where the switch was published late, and the round comes after the switch back."""
    watched = Watched(book())
    watched.tick(local("03-03 10:30"))
    watched.rules = rules(turned("2", "03-03 12:00", s1="normal"))
    for time in ("10:40", "10:50"):
        watched.tick(local(f"03-03 {time}"))
    raised = [one for one in watched.told if one.kind is AlarmKind.TASK_RAISED]
    assert [(one.detail["subject"], one.area) for one in raised] == [
        ("tok-1", "v1"),
        ("tok-2", "v2"),
    ]
    assert {(one.at, one.detail["until"]) for one in raised} == {
        (local(SWITCHED), local("03-04 10:00").isoformat())
    }
    visit = made("03-03 13:00", "visit", subject="tok-1")
    watched.round(visit, "a")
    watched.round(visit, "a")
    assert [subject for subject, _ in watched.standing().values()] == ["tok-2"]
    watched.tick(local("03-04 10:30"))
    assert [one.kind for one in watched.told[3:]] == [AlarmKind.ROUND_MISSED]
    watched.round(made("03-03 20:00", "visit", subject="tok-2", area="v2"), "b")
    assert watched.standing() == {}


def test_a_task_that_is_done_before_the_clock_comes_is_never_raised() -> None:
    watched = Watched(rules())
    watched.round(made("03-03 10:05", "visit", subject="tok-1"))
    watched.tick(local("03-03 10:30"))
    assert [one.detail["subject"] for one in watched.told] == ["tok-2"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"within_hours": None}, "needs `within_hours`"),
        ({"every": "day"}, "needs `within_hours`"),
        ({"begin": "08:00"}, "round the clock"),
        ({"count": 2}, "`count` is for days"),
    ],
)
def test_a_binding_says_within_how_many_hours_and_nothing_else(
    wrong: dict[str, Any], said: str
) -> None:
    plan = schedule("visit", "binding", **TASKS)
    plan["cadence"] |= wrong
    with pytest.raises(Refused, match=said):
        book(plan)


def test_groups_are_those_of_the_ledger_and_a_duty_is_no_task() -> None:
    with pytest.raises(Refused, match="`groups` are those of the `ledger`"):
        book(schedule(subjects={"each": "grids", "groups": ["needy"]}))
    with pytest.raises(Refused, match="a duty is not done once"):
        book(schedule("duty", "binding", **TASKS))
