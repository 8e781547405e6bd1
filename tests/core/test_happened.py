"""What has happened to a case stays told, from its own instant on; what was refused did not."""

from datetime import datetime

import pytest

from streams.core.case import ActInput, Case
from streams.core.events import ActKind, WhistleKind
from streams.core.fold import fold
from streams.core.happened import Happened
from tests.case_inputs import act, at, report, rulebook

A = ActKind
SIGNED, HANDLED = act(A.SIGN, 1), act(A.HANDLE, 2)
CLOSED = [
    *(SIGNED, HANDLED, act(A.CALL_BACK, 3, resolved=True), act(A.EVALUATE, 4)),
    act(A.CLOSE, 5),
]


def case_after(*acts: ActInput) -> Case:
    return fold(report(), acts, rulebook()).case


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        ([SIGNED, HANDLED], set()),
        ([act(A.RETURN, 1), act(A.DISPATCH, 2, department="d7")], {"returned", "redirected"}),
        ([act(A.DISPATCH, 2, department="d7")], {"redirected"}),
        ([act(A.ESCALATE, 1)], {"raised"}),
        (
            [act(A.CONVENE, 1, departments=("fire",), whistle=WhistleKind.EVERYDAY)],
            {"whistled"},
        ),
        ([act(A.EXTEND, 1, passed=True, until=at(99))], {"extended"}),
        ([act(A.EXTEND, 1), act(A.EXTEND, 2, passed=False)], set()),
        ([act(A.EXTEND, 90, passed=True, until=at(99))], set()),
        ([act(A.PAUSE, 1, passed=True)], {"paused"}),
        ([act(A.SUPERVISE, 1)], {"supervised"}),
        ([SIGNED, HANDLED, act(A.CHECK, 3, passed=False)], {"reworked"}),
        ([*CLOSED, act(A.REOPEN, 6)], {"called_back", "reopened"}),
        ([act(A.DISPUTE, 1), act(A.DISPUTE, 2, passed=False)], {"disputed"}),
        ([act(A.REOPEN, 1)], set()),
    ],
)
def test_what_happened_is_told_in_words(acts: list[ActInput], words: set[str]) -> None:
    assert set(case_after(*acts).happened) == words


def test_a_word_begins_with_what_it_tells_of_and_never_ends() -> None:
    story = fold(report(), [*CLOSED, act(A.REOPEN, 6), act(A.SIGN, 7)], rulebook())

    def words(when: datetime) -> tuple[str, ...]:
        return [case.happened for moment, case in story.history if moment < when][-1]

    assert words(at(3)) == ()
    assert words(at(3.1)) == ("called_back",)
    assert words(at(9)) == ("called_back", "reopened")


def test_what_is_handled_without_a_signature_is_handled_directly() -> None:
    small = fold(report(lifecycle="four_words"), [act(A.HANDLE, 1)], rulebook())
    assert small.case.happened == (Happened.HANDLED_DIRECTLY,)
    assert case_after(SIGNED, HANDLED).happened == ()


def test_a_case_stands_on_the_level_of_its_area_until_it_is_raised() -> None:
    assert case_after().stands_at == "community"
    assert case_after(act(A.ESCALATE, 1)).stands_at == "district"
    down = act(A.HAND_DOWN, 2, area="a1")
    assert case_after(act(A.ESCALATE, 1), down).stands_at == "community"
