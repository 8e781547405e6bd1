"""Laws of the fold: whatever acts come, in whatever order, in every lifecycle."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput, Case
from streams.core.events import ActKind, ClosingRule, FiveOnes, Outcome, Urgency, WhistleKind
from streams.core.fold import fold, follow
from streams.core.lifecycle import ENDED, MOVES, CaseState
from streams.core.results import FactKind
from tests.case_inputs import act, at, report, rulebook
from tests.strategies import LAWS

A = ActKind
RULES = rulebook(
    limits={
        "limits": [
            {"id": "l1", "matter": "*", "limit": "24 hours"},
            {"id": "l2", "matter": "*", "limit": "2 hours", "clock": "sign"},
            {"id": "l3", "matter": "*", "limit": "5 working hours", "clock": "handle"},
            {"id": "l4", "matter": "*", "limit": "1 hour", "clock": "arrive"},
        ]
    }
)
FOLDED = [name for name in MOVES if name != "ticket"]
ONES = FiveOnes(cadres=("c",), task_force="t", plan="p", ledger="l", accountability="a")
acts = st.lists(
    st.builds(
        act,
        st.sampled_from([kind for kind in A if kind is not A.IMPORT_ROW]),
        st.integers(-2, 60),
        st.uuids().map(str),
        passed=st.sampled_from([None, True, True, False]),
        resolved=st.booleans(),
        until=st.none() | st.integers(0, 90).map(at),
        department=st.sampled_from(["d1", "d0", "d7", "nobody"]),
        departments=st.sampled_from([("d1",), ("d1", "d0")]),
        whistle=st.just(WhistleKind.EVERYDAY),
        closing=st.sampled_from([None, *ClosingRule]),
        outcome=st.sampled_from([None, *Outcome]),
        guard=st.sampled_from([None, FiveOnes(), ONES]),
        area=st.sampled_from(["a0", "a1"]),
        urgency=st.sampled_from([None, *Urgency]),
    ),
    max_size=14,
)


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts, st.randoms(use_true_random=False))
@LAWS
def test_order_and_repetition_do_not_matter(
    lifecycle: str, given_: list[ActInput], rng: object
) -> None:
    """Any permutation folds to the same story; what comes again is not folded again (casework)."""
    shuffled = list(given_)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    seed = report(lifecycle=lifecycle)
    assert fold(seed, shuffled, RULES) == fold(seed, given_, RULES)


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_following_a_story_is_folding_it_anew(lifecycle: str, given_: list[ActInput]) -> None:
    """The fast way for acts in order gives the very story; for any other act it declines."""
    seed = report(lifecycle=lifecycle)
    story = fold(seed, [], RULES)
    for count, one in enumerate(given_, 1):
        whole = fold(seed, given_[:count], RULES)
        followed = follow(story, seed, one, RULES)
        in_order = all(one.order >= other.order for other in given_[: count - 1])
        assert (followed is not None) == in_order
        assert followed is None or followed == whole
        story = whole


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_no_sequence_of_acts_reaches_a_state_that_the_table_does_not_allow(
    lifecycle: str, given_: list[ActInput]
) -> None:
    """Each change of state is a move of the table, or the voiding."""
    allowed = {(state, move.to) for (state, _, _), move in MOVES[lifecycle].items()}
    story = fold(report(lifecycle=lifecycle), given_, RULES)
    for (_, one), (_, other) in pairwise(story.history):
        if one.state is not other.state:
            voided = other.state is CaseState.VOID
            assert voided or (one.state, other.state) in allowed


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_every_act_is_told_done_or_refused(lifecycle: str, given_: list[ActInput]) -> None:
    """Nothing is dropped silently."""
    story = fold(report(lifecycle=lifecycle), given_, RULES)
    causes = {told.cause for told in story.facts}
    assert {one.cause for one in given_} <= causes


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_a_breach_once_true_stays_whatever_comes_after_it(
    lifecycle: str, given_: list[ActInput]
) -> None:
    """Acts dated after a breach never take it back; only an earlier one could."""
    seed = report(lifecycle=lifecycle)
    ordered = sorted(given_, key=lambda one: one.order)
    half = len(ordered) // 2
    assert _breaches(seed, ordered[:half]) <= _breaches(seed, ordered)


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_clocks_stop_with_the_case_and_no_breach_is_told_of_a_clock_that_was_stopped_in_time(
    lifecycle: str, given_: list[ActInput]
) -> None:
    """An ended case has nothing pending, and a breach lies where its clock still ran."""
    story = fold(report(lifecycle=lifecycle), given_, RULES)
    if story.case.state in ENDED:
        assert story.pending == ()
        assert not any(clock.running for clock in story.case.clocks)
    for told in story.facts:
        if told.kind is FactKind.DEADLINE_BREACHED:
            standing = _at(story.history, told.at)
            name = told.detail.get("clock", "overall")
            assert any(c.name == name and c.running and c.due == told.at for c in standing.clocks)


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_an_outcome_stands_exactly_while_the_work_on_it_does(
    lifecycle: str, given_: list[ActInput]
) -> None:
    """Whoever undoes the work takes the decision back with it."""
    case = fold(report(lifecycle=lifecycle), given_, RULES).case
    assert case.outcome is None or case.handled_at is not None
    assert case.state is not CaseState.DECIDED or case.outcome is not None


@pytest.mark.parametrize("lifecycle", FOLDED)
@given(acts)
@LAWS
def test_only_a_department_of_the_list_leads_and_of_a_returned_case_none(
    lifecycle: str, given_: list[ActInput]
) -> None:
    """Who returned it is told by the return, and stays among those who sent it back."""
    story = fold(report(lifecycle=lifecycle), given_, RULES)
    for _, case in story.history:
        assert case.department in {None, "d1", "d0", "d7"}
        if case.state is CaseState.RETURNED:
            assert case.department is None
    told = [t.department for t in story.facts if t.kind is FactKind.DISPATCH_RETURNED]
    assert told == list(story.case.returned_by)


def _breaches(seed: AcceptedReport, acts_: list[ActInput]) -> set[str]:
    facts = fold(seed, acts_, RULES).facts
    return {told.also for told in facts if told.kind is FactKind.DEADLINE_BREACHED}


def _at(history: tuple[tuple[object, Case], ...], when: object) -> Case:
    return [case for at_, case in history if at_ <= when][-1]  # type: ignore[operator]
