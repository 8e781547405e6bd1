"""紧急程度: limits by urgency and level; graded before a clock begins, or else only told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.case import Story
from streams.core.events import ActKind, ReferenceKind, Urgency
from streams.core.fold import fold
from streams.core.lead import scopes
from streams.core.limits import limit_of
from streams.core.place import ClockName, LimitRule, Mode
from streams.core.placetogether import dangling
from streams.core.refusal import Refused
from streams.core.results import FactKind
from tests.case_inputs import MATTERS, PLACE, act, at, document, report, rulebook, whole_life
from tests.core.duties import rules as town
from tests.strategies import LAWS

A, U = ActKind, Urgency
LIMITS: dict[str, Any] = {
    "limits": [
        {"id": "all", "matter": "*", "limit": "24 hours"},
        {"id": "urgent", "matter": "*", "limit": "12 hours", "urgency": "urgent"},
        {"id": "emergency", "matter": "*", "limit": "2 hours", "urgency": "emergency"},
        {"id": "litter", "matter": "m1", "limit": "6 hours"},
        {"id": "district", "matter": "m1", "limit": "48 hours", "level": "district"},
        {"id": "sign", "matter": "*", "limit": "4 hours", "clock": "sign"},
        {
            **{"id": "sign-now", "matter": "*", "limit": "1 hour", "clock": "sign"},
            "urgency": "urgent",
        },
        {
            **{"id": "sign-above", "matter": "*", "limit": "8 hours", "clock": "sign"},
            "level": "district",
        },
    ]
}
RULES = rulebook(limits=LIMITS)
FILED = RULES.with_change(document(ReferenceKind.PLACE, PLACE | {"lifecycle": "filed_steps"}, "2"))


def rule(story: Story, name: str = "overall") -> str:
    """The row by which the last clock of that name was begun."""
    return [clock.rule for clock in story.case.clocks if clock.name == name][-1]


# --- which row ----------------------------------------------------------------------------------


def test_a_matter_may_be_urgent_by_itself() -> None:
    """As the list of matters says; nobody need grade it."""
    urgent = [one | ({"urgency": "urgent"} if one["code"] == "m2" else {}) for one in _matters()]
    listed = document(ReferenceKind.MATTERS, MATTERS | {"matters": urgent}, "2")
    story = fold(report("m2"), [], RULES.with_change(listed))
    assert (rule(story), rule(story, "sign")) == ("urgent", "sign-now")
    assert (story.case.deadline, story.case.marks) == (at(12), ("urgency:urgent",))
    plain = fold(report("m2"), [], RULES)
    assert (rule(plain), plain.case.marks) == ("all", ())


def _matters() -> list[dict[str, Any]]:
    matters: Any = MATTERS["matters"]
    return list(matters)


def test_a_row_of_the_level_goes_before_one_for_any_level() -> None:
    """Where the case stands when the clock begins: in its area, or where it was raised to."""
    assert rule(fold(report(), [], RULES)) == "litter"
    assert rule(fold(replace(report(), area="a0"), [], RULES)) == "district"
    raised = [act(A.ESCALATE, 1), act(A.DISPATCH, 2, department="d7")]
    story = fold(report(), raised, RULES)
    assert (rule(story), rule(story, "sign")) == ("litter", "sign-above")


CLOCK = ClockName.OVERALL
rows = st.lists(
    st.builds(
        lambda matter, mode, urgency, level: LimitRule(
            f"{matter}/{mode}/{urgency}/{level}", matter, "1 day", "1", CLOCK, mode, urgency, level
        ),
        st.sampled_from(["vending", "order", "noise", "*"]),
        st.sampled_from(Mode),
        st.sampled_from(Urgency),
        st.sampled_from([None, "street", "city"]),
    ),
    max_size=12,
    unique_by=lambda row: row.id,
)


@LAWS
@given(rows, st.sampled_from(Mode), st.sampled_from(Urgency), st.sampled_from(["street", "city"]))
def test_the_row_is_the_first_by_mode_then_urgency_then_matter_then_level(
    listed: list[LimitRule], mode: Mode, urgency: Urgency, level: str
) -> None:
    """Beside a sort of all rows that hold; a lesser grade's limit holds where the own has none."""
    rules = replace(town(), limits=tuple(listed))
    order, matters = list(Urgency), scopes(rules, "vending")
    holding = [
        row
        for row in listed
        if row.mode in (mode, Mode.NORMAL)
        and order.index(row.urgency) <= order.index(urgency)
        and row.matter in matters
        and row.level in (level, None)
    ]
    wanted = min(
        holding,
        key=lambda row: (
            row.mode is not mode,
            -order.index(row.urgency),
            matters.index(row.matter),
            row.level is None,
        ),
        default=None,
    )
    assert limit_of(rules, "vending", mode=mode, urgency=urgency, level=level) == wanted


# --- grading ------------------------------------------------------------------------------------


def test_a_grade_given_before_the_clock_begins_counts() -> None:
    """定级 at the verification or the filing; the later one holds."""
    seed = report(lifecycle="filed_steps")
    verified = act(A.VERIFY, 1, passed=True, urgency=U.EMERGENCY)
    story = fold(seed, [verified, act(A.FILE, 2)], FILED)
    assert (rule(story), story.case.deadline) == ("emergency", at(4))
    regraded = fold(seed, [verified, act(A.FILE, 2, urgency=U.URGENT)], FILED)
    assert (rule(regraded), regraded.case.marks) == ("urgent", ("urgency:urgent",))
    calmed = fold(seed, [verified, act(A.FILE, 2, urgency=U.NORMAL)], FILED)
    assert (rule(calmed), calmed.case.marks) == ("litter", ())


def test_a_grade_given_later_is_told_and_moves_no_clock_that_runs() -> None:
    """The overall clock had begun with the report; the signing's begins with the dispatch."""
    story = fold(report(), [act(A.DISPATCH, 1, department="d7", urgency=U.URGENT)], RULES)
    assert (rule(story), story.case.deadline) == ("litter", at(6))
    assert rule(story, "sign") == "sign-now"
    told = [t for t in story.facts if t.kind is FactKind.CASE_DISPATCHED][-1]
    assert told.detail["urgency"] == "urgent"
    reopened = [act(A.DISPATCH, 0.5, department="d7", urgency=U.URGENT), *whole_life()]
    again = fold(report(), [*reopened, act(A.REOPEN, 8)], RULES)
    assert (rule(again), again.case.deadline) == ("urgent", at(20))


def test_other_acts_do_not_grade() -> None:
    story = fold(report(), [act(A.SIGN, 1, urgency=U.EMERGENCY)], RULES)
    assert (story.case.urgency, story.case.marks) == (U.NORMAL, ())


# --- the documents ------------------------------------------------------------------------------


def test_two_rows_for_the_same_are_refused_and_a_level_that_nobody_knows_is_named() -> None:
    twice = {"limits": [*LIMITS["limits"], LIMITS["limits"][1] | {"id": "again"}]}
    with pytest.raises(Refused, match=r"'\* \(urgency: urgent\)' stands twice"):
        rulebook(limits=twice)
    lost = {"limits": [{"id": "l1", "matter": "*", "limit": "1 day", "level": "moon"}]}
    rules = rulebook(limits=lost).at("here", at(0))
    assert rules is not None
    assert dangling(rules) == ["limits: l1: no such level: 'moon'"]


@pytest.mark.parametrize("way", ["mode", "urgency"])
def test_an_emergency_of_either_kind_is_a_row_of_its_own(way: str) -> None:
    """平急 is of an area, 紧急程度 of a case."""
    row = {"id": way, "matter": "m1", "limit": "1 hour", way: "emergency"}
    rulebook(limits={"limits": [*LIMITS["limits"], row]})
