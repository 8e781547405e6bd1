"""平急转换, 督办阶梯, 中梗阻, 敏感时段, 推诿: limits and marks that a place may add as data."""

from typing import Any

import pytest
from msgspec.structs import replace

from streams.core.case import Story
from streams.core.casebook import Group, let_out, opened, tell
from streams.core.events import ActKind, Reference, ReferenceKind
from streams.core.fold import fold
from streams.core.notices import AlarmKind
from streams.core.outbound import alarms
from streams.core.place import Rulebook
from streams.core.placetogether import dangling
from streams.core.results import FactKind
from tests.case_inputs import PLACE, act, at, document, report, rulebook, whole_life

A = ActKind
LIMITS: dict[str, Any] = {
    "limits": [
        {"id": "l1", "matter": "m1", "limit": "24 hours"},
        {"id": "l2", "matter": "*", "limit": "2 hours", "mode": "emergency"},
        {"id": "l3", "matter": "*", "limit": "6 hours", "clock": "stuck"},
    ],
    "ladders": [
        {
            "id": "shanxi_13710",
            "name": "13710",
            "name_en": "13710",
            "steps": [
                {
                    "id": "1",
                    "name": "当日研究部署",
                    "limit": "same day",
                    "until": ["dispatch", "sign"],
                },
                {"id": "3", "name": "3日反馈进展", "limit": "3 days", "until": ["contact"]},
                {"id": "7", "name": "7日办结", "limit": "7 days", "until": ["handle"]},
                {"id": "0", "name": "销号", "limit": "30 days", "until": ["close"]},
            ],
        }
    ],
}
RULES = rulebook(limits=LIMITS)


def modes(version: str, hours: float, mode: str) -> Reference:
    """Area a0, and a1 in it, lives by this mode from so many hours on."""
    rows = [{"area": "a0", "mode": mode, "kind": "wind_and_flood"}]
    return replace(document(ReferenceKind.MODES, {"modes": rows}, version), valid_from=at(hours))


def due_h(story: Story, name: str = "overall") -> float:
    """A clock's deadline in hours after nine o'clock."""
    clock = [one for one in story.case.clocks if one.name == name][-1]
    assert clock.due is not None
    return (clock.due - at(0)).total_seconds() / 3600


def breached(story: Story) -> list[str]:
    return [
        told.detail.get("clock", "overall")
        for told in story.facts
        if told.kind is FactKind.DEADLINE_BREACHED
    ]


# --- modes --------------------------------------------------------------------------------------


def test_an_area_in_emergency_lives_by_the_emergency_limits_and_both_replay() -> None:
    """EMG-01: cases from before, within and after the switch keep their own rule set."""
    book: Rulebook = RULES
    for switch in (modes("1", 10, "emergency"), modes("2", 20, "normal")):
        book = book.with_change(switch)
    starts = {0: 24, 9.99: 24 + 9.99, 10: 12, 19.99: 21.99, 20: 44}
    for start, due in starts.items():
        story = fold(report(when=at(start)), [], book)
        assert due_h(story) == pytest.approx(due)
        assert ("mode:emergency" in story.case.marks) == (10 <= start < 20)
        assert (story.case.mode == "emergency") == (10 <= start < 20)


def test_a_clock_that_began_in_normal_times_is_not_shortened_by_the_switch() -> None:
    """A change acts on later cases only; a reopening in the emergency is one."""
    book = RULES.with_change(modes("1", 7, "emergency"))
    assert due_h(fold(report(), [act(A.SIGN, 8)], book)) == 24
    again = fold(report(), [*whole_life(), act(A.REOPEN, 9)], book)
    assert due_h(again) == 11
    modes_of = [(at_, case.mode) for at_, case in again.history]
    assert {mode for at_, mode in modes_of if at_ < at(9)} == {"normal"}
    assert again.case.mode == "emergency"


# --- ladders ------------------------------------------------------------------------------------


def test_a_supervised_case_climbs_its_ladder_and_each_step_is_answered_by_its_acts() -> None:
    """TIM-01: what the steps mean is configuration; it alone drives the alarms."""
    acts = [act(A.SUPERVISE, 0.5), act(A.SIGN, 1), act(A.CONTACT, 80), act(A.HANDLE, 100)]
    story = fold(report("m2"), acts, RULES)
    assert due_h(story, "ladder:shanxi_13710:1") == 8.5  # 当日, by half past five
    standing = {c.name: c.stopped_at for c in story.case.clocks if c.name.startswith("ladder")}
    assert standing == {
        "ladder:shanxi_13710:1": at(1),
        "ladder:shanxi_13710:3": at(80),
        "ladder:shanxi_13710:7": at(100),
        "ladder:shanxi_13710:0": None,
    }
    assert "ladder:shanxi_13710:3" in breached(story)
    assert "ladder:shanxi_13710:7" not in breached(story)


def test_a_second_supervision_does_not_begin_the_ladder_again() -> None:
    """While it runs; what began stays as it was."""
    story = fold(report("m2"), [act(A.SUPERVISE, 1, "a"), act(A.SUPERVISE, 2, "b")], RULES)
    assert len([c for c in story.case.clocks if c.name.startswith("ladder")]) == 4


def test_an_unsupervised_case_has_no_ladder() -> None:
    """Only listed ones do."""
    assert not [c for c in fold(report(), [], RULES).case.clocks if c.name.startswith("ladder")]


# --- stuck --------------------------------------------------------------------------------------


def test_a_case_that_nobody_moves_is_stuck_and_each_move_begins_the_time_anew() -> None:
    """RTE-14: no move for so long, at whom; the threshold is the place's."""
    moving = fold(report(), [act(A.SIGN, 5), act(A.HANDLE, 10)], RULES)
    assert (breached(moving), due_h(moving, "stuck")) == ([], 16)
    stuck = fold(report(), [act(A.SIGN, 7)], RULES)
    assert breached(stuck) == ["stuck"]
    assert fold(report(), whole_life(), RULES).pending == ()


def test_a_pause_holds_the_clocks_of_the_work_too() -> None:
    """挂账: nobody is stuck while everyone waits for a spare part."""
    acts = [act(A.PAUSE, 1, passed=True), act(A.RESUME, 11)]
    story = fold(report(), acts, RULES)
    assert (due_h(story), due_h(story, "stuck")) == (34, 16)
    assert breached(story) == []


# --- marks --------------------------------------------------------------------------------------


def test_cases_of_a_guard_period_are_marked() -> None:
    """TIM-18: dates and matters come from configuration."""
    period = {"id": "two-sessions", "name": "两会", "matters": ["m1"]}
    period |= {"valid_from": at(10).isoformat(), "valid_to": at(20).isoformat()}
    book = RULES.with_change(
        document(ReferenceKind.PLACE, PLACE | {"guard_periods": [period]}, "2")
    )
    for matter, start, marked in (("m1", 9, 0), ("m1", 10, 1), ("m1", 20, 0), ("m2", 15, 0)):
        marks = fold(report(matter, when=at(start)), [], book).case.marks
        assert ("guard:two-sessions" in marks) == bool(marked), (matter, start)


def test_a_case_that_goes_back_to_who_returned_it_is_ping_pong_and_each_return_has_its_cost() -> (
    None
):
    """推诿: working minutes from each dispatch to its return."""
    acts = [
        act(A.RETURN, 1, "r1"),
        act(A.DISPATCH, 2, "p1", department="d0"),
        act(A.RETURN, 2.5, "r2"),
        act(A.DISPATCH, 3, "p2", department="d1"),
    ]
    story = fold(report(), acts, RULES)
    assert "ping_pong" in story.case.marks
    returned = [t for t in story.facts if t.kind is FactKind.DISPATCH_RETURNED]
    # reported at 09:00; from 11:00 to 11:30
    assert [(t.department, t.detail["minutes"]) for t in returned] == [("d1", 60), ("d0", 30)]
    assert "ping_pong" not in fold(report(), acts[:3], RULES).case.marks


def test_what_names_nothing_is_said_when_the_documents_are_read_together() -> None:
    """A ladder, a guard period and a mode for codes that no other document has."""
    lost = {**LIMITS, "ladders": [LIMITS["ladders"][0] | {"matters": ["nothing"]}]}
    book = rulebook(limits=lost).with_change(
        document(ReferenceKind.MODES, {"modes": [{"area": "nowhere", "mode": "emergency"}]})
    )
    rules = book.at("here", at(0))
    assert rules is not None
    assert dangling(rules) == [
        "limits: shanxi_13710: no such matter or category: 'nothing'",
        "modes: no such area: 'nowhere'",
    ]


def test_a_stuck_case_raises_an_alarm_of_its_own_kind() -> None:
    """Beside the breach on the ledger: whoever watches must tell it from a missed deadline."""
    kept = opened("here/a1/1", report("m2"), at(0))
    story = tell(Group(kept), RULES)
    facts = let_out(kept, story, at(7), at(7))
    assert [one.kind for one in alarms(kept, story, facts)] == [AlarmKind.CASE_STUCK]
