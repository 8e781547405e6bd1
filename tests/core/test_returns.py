"""退单: a returned case is nobody's until it is sent out again; and who was right in the end."""

from datetime import datetime

import pytest

from streams.core.case import ActInput, Story
from streams.core.events import ActKind, Outcome
from streams.core.fold import fold
from streams.core.lifecycle import CaseState
from streams.core.results import FactKind
from streams.core.returns import TELLING, Account, Happened, Returned, Verdict, accounts, returns
from tests.case_inputs import act, at, report, rulebook, whole_life

A, V = ActKind, Verdict
RULES = rulebook()
BACK = act(A.RETURN, 1, "back", reason="不归我管")


def sent(hours: float, department: str) -> ActInput:
    return act(A.DISPATCH, hours, department=department)


def handled(hours: float) -> list[ActInput]:
    return [act(A.SIGN, hours), act(A.HANDLE, hours + 0.5)]


def happened(story: Story, case_id: str = "c") -> list[Happened]:
    """What the ledger keeps of a story, in any order."""
    return [
        Happened(case_id, told.kind, told.at, told.department, told.detail.get("minutes"))
        for told in reversed(story.facts)
        if told.kind in TELLING
    ]


def judged(*acts: ActInput) -> list[tuple[str, str, bool]]:
    """Each return of a case: by whom, who was right, whether the case came back."""
    found = returns(happened(fold(report(), acts, RULES)))
    return [(one.department, one.verdict.value, one.came_back) for one in found]


# --- whose a returned case is -------------------------------------------------------------------


def test_a_returned_case_stands_under_no_department_until_it_is_dispatched_again() -> None:
    """The return itself is told of whoever gave it back."""
    back = fold(report(), [BACK], RULES)
    assert (back.case.state, back.case.department) == (CaseState.RETURNED, None)
    told = next(t for t in back.facts if t.kind is FactKind.DISPATCH_RETURNED)
    assert (told.department, told.detail) == ("d1", {"reason": "不归我管", "minutes": 60})
    assert fold(report(), [BACK, sent(2, "d7")], RULES).case.department == "d7"


def test_what_runs_out_meanwhile_is_nobodys_breach() -> None:
    story = fold(report(), [BACK, sent(30, "d7")], RULES)
    late = [t for t in story.facts if t.kind is FactKind.DEADLINE_BREACHED]
    assert [(t.at, t.department) for t in late] == [(at(24), None)]


def test_an_opinion_that_was_decided_judges_its_returns() -> None:
    """A decision is what handling is to a case."""
    acts = [BACK, sent(2, "d7"), act(A.SIGN, 3), act(A.DECIDE, 4, outcome=Outcome.ADOPTED)]
    found = returns(happened(fold(report(lifecycle="opinion"), acts, RULES)))
    assert [(one.department, one.verdict) for one in found] == [("d1", V.RIGHT)]


def test_a_reopened_case_goes_back_to_who_handled_it() -> None:
    """Not to whoever had it first and gave it back."""
    acts = [BACK, sent(2, "d7"), *whole_life(3), act(A.REOPEN, 20)]
    case = fold(report(), acts, RULES).case
    assert (case.state, case.department) == (CaseState.DISPATCHED, "d7")


# --- who was right ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acts", "found"),
    [
        ([BACK], [("d1", "open", False)]),
        ([BACK, sent(2, "d7")], [("d1", "open", False)]),
        ([BACK, sent(2, "d7"), *handled(3)], [("d1", "right", False)]),
        ([BACK, sent(2, "d1"), *handled(3)], [("d1", "wrong", True)]),
        (
            [BACK, sent(2, "d7"), act(A.RETURN, 3), sent(4, "d1"), *handled(5)],
            [("d1", "wrong", True), ("d7", "right", False)],
        ),
        (
            [BACK, sent(2, "d1"), act(A.RETURN, 3), sent(4, "d7"), *handled(5)],
            [("d1", "right", True), ("d1", "right", False)],
        ),
        # not really handled: open again, until somebody has done it
        (
            [BACK, sent(2, "d7"), *handled(3), act(A.CHECK, 4, passed=False)],
            [("d1", "open", False)],
        ),
        (
            [
                *(BACK, sent(2, "d7"), *handled(3), act(A.CHECK, 4, passed=False)),
                *(act(A.RETURN, 5), sent(6, "d1"), *handled(7)),
            ],
            [("d1", "wrong", True), ("d7", "right", False)],
        ),
        ([BACK, sent(2, "d7"), *whole_life(3), act(A.REOPEN, 20)], [("d1", "open", False)]),
        (handled(1), []),
    ],
)
def test_who_was_right_is_who_did_not_handle_it_in_the_end(
    acts: list[ActInput], found: list[tuple[str, str, bool]]
) -> None:
    """Right: somebody else handled it; wrong: it did itself; open: nobody has, or not any more."""
    assert judged(*acts) == found


def test_a_handling_and_its_undoing_at_one_instant_are_read_in_the_order_of_the_lifecycle() -> None:
    acts = [BACK, sent(2, "d7"), act(A.SIGN, 3), act(A.HANDLE, 4), act(A.CHECK, 4, passed=False)]
    assert judged(*acts) == [("d1", "open", False)]


def _returned(
    department: str, verdict: Verdict, minutes: float | None, case_id: str = "a", **more: bool
) -> Returned:
    when: datetime = at(0)
    came_back = more.get("came_back", False)
    return Returned(case_id, department, when, minutes, verdict, came_back)


def test_each_department_has_its_account_the_one_with_the_most_returns_first() -> None:
    """ADM-05: sums and medians by hand; a case counts once as ping-pong however often it came."""
    found = [
        _returned("d7", V.RIGHT, None),
        _returned("d1", V.RIGHT, 60),
        _returned("d1", V.WRONG, 30, "b", came_back=True),
        _returned("d1", V.OPEN, 10, "b", came_back=True),
        _returned("d1", V.RIGHT, 20, "c"),
    ]
    assert list(accounts(found)) == [
        Account("d1", 4, right=2, wrong=1, open=1, minutes=120, median=25, ping_pong=1),
        Account("d7", 1, right=1, wrong=0, open=0, minutes=0, median=None, ping_pong=0),
    ]
    assert list(accounts([])) == []
