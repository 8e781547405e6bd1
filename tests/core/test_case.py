"""The case: one total order, the five steps, clocks, and tickets of other systems."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.case import ActInput, Story
from streams.core.events import ActKind, ReferenceKind, RowStatus, WhistleKind
from streams.core.fold import fold
from streams.core.lifecycle import CaseState
from streams.core.place import Rulebook
from streams.core.results import FactKind
from tests.case_inputs import PLACE, act, at, document, report, row, rulebook, whole_life

RULES = rulebook()


def kinds(story: Story) -> list[str]:
    return [told.kind.value for told in story.facts]


def refusals(story: Story) -> list[str]:
    return [t.detail["reason"] for t in story.facts if t.kind is FactKind.ACT_REFUSED]


def breaches(story: Story) -> list[object]:
    return [t.at for t in story.facts if t.kind is FactKind.DEADLINE_BREACHED]


def test_a_report_opens_a_case_that_is_pushed_to_its_department_with_a_deadline() -> None:
    case = fold(report(), [], RULES).case
    assert case.state is CaseState.DISPATCHED
    assert case.department == "d1"
    assert case.deadline == at(24)
    assert case.routing


def test_the_five_steps_close_a_case() -> None:
    story = fold(report(), whole_life(), RULES)
    assert story.case.state is CaseState.CLOSED
    assert (story.case.handled_at, story.case.closed_at) == (at(2), at(6))
    assert story.pending == ()
    assert refusals(story) == []


def test_closing_without_callback_and_evaluation_is_refused() -> None:
    acts = [act(ActKind.SIGN, 1), act(ActKind.HANDLE, 2), act(ActKind.CLOSE, 3)]
    story = fold(report(), acts, RULES)
    assert story.case.state is CaseState.HANDLED
    assert refusals(story) == ["impossible_move:handled"]


def test_who_reported_may_not_handle_where_the_place_separates_them() -> None:
    """采办分离: the gridworker finds and reports, the department handles."""
    acts = [act(ActKind.SIGN, 1), act(ActKind.HANDLE, 2, actor="gw7")]
    assert refusals(fold(report(reporter="gw7"), acts, RULES)) == ["reporter_may_not_handle"]
    assert refusals(fold(report(reporter="gw8"), acts, RULES)) == []


def test_a_handling_by_nobody_knows_whom_is_refused_where_it_might_be_the_reporter() -> None:
    """采办分离 cannot be judged without an actor; a report of no staff separates nobody."""
    nameless = [act(ActKind.SIGN, 1), act(ActKind.HANDLE, 2)]
    assert refusals(fold(report(reporter="gw7"), nameless, RULES)) == ["actor_missing"]
    assert refusals(fold(report(reporter=None), nameless, RULES)) == []
    mediated = [act(ActKind.SIGN, 1), act(ActKind.MEDIATE, 2, passed=True)]
    seed = report(reporter="gw7", lifecycle="mediation")
    assert refusals(fold(seed, mediated, RULES)) == ["actor_missing"]
    united = document(ReferenceKind.PLACE, PLACE | {"reporter_may_not_handle": False}, "2")
    assert refusals(fold(report(reporter="gw7"), nameless, RULES.with_change(united))) == []


@pytest.mark.parametrize(
    "named",
    [
        act(ActKind.DISPATCH, 1, department="dd"),
        act(ActKind.CONVENE, 1, departments=("d7", "dd"), whistle=WhistleKind.EVERYDAY),
        act(ActKind.ARRIVE, 1, department="dd"),
        act(ActKind.FINISH, 1, department="dd"),
    ],
)
def test_only_a_department_of_the_places_list_gets_a_part_in_a_case(named: ActInput) -> None:
    """RTE-07: called names are checked, where the place has a list at all."""
    story = fold(report(), [named], RULES)
    assert refusals(story) == ["unknown_department:dd"]
    assert (story.case.department, story.case.tasks) == ("d1", ())
    listless = Rulebook().with_change(document(ReferenceKind.PLACE, PLACE))
    assert "unknown_department:dd" not in refusals(fold(report(), [named], listless))


@pytest.mark.parametrize(
    "undoing",
    [act(ActKind.CHECK, 3, passed=False), act(ActKind.CALL_BACK, 3, resolved=False)],
    ids=["failed check", "unresolved call-back"],
)
def test_what_was_not_really_handled_goes_back_and_no_longer_counts(undoing) -> None:
    story = fold(report(), [*whole_life()[:2], undoing], RULES)
    assert story.case.state is CaseState.SIGNED
    assert story.case.handled_at is None
    assert "rework_ordered" in kinds(story)


def test_a_closing_at_the_very_deadline_is_no_breach_and_one_moment_later_is() -> None:
    assert breaches(fold(report(), whole_life(18), RULES)) == []
    late = fold(report(), whole_life(18.001), RULES)
    assert breaches(late) == [at(24)]


def test_reopening_never_erases_a_breach_and_starts_a_new_clock() -> None:
    """T12: elsewhere reopening clears the overdue flag and lateness disappears."""
    acts = [*whole_life(20), act(ActKind.REOPEN, 30)]
    story = fold(report(), acts, RULES)
    assert breaches(story) == [at(24)]
    assert story.case.deadline == at(30 + 24)
    assert story.case.handled_at is None


def test_an_extension_in_time_moves_the_deadline_and_one_after_it_moves_nothing() -> None:
    given_in_time = act(ActKind.EXTEND, 24, passed=True, until=at(48))
    too_late = act(ActKind.EXTEND, 24.1, passed=True, until=at(48))
    not_granted = act(ActKind.EXTEND, 3, passed=False, until=at(48))
    assert fold(report(), [given_in_time], RULES).case.deadline == at(48)
    late = fold(report(), [too_late], RULES)
    assert late.case.deadline == at(24)
    assert breaches(late) == [at(24)]
    assert "extension_decided" in kinds(late)
    assert fold(report(), [not_granted], RULES).case.deadline == at(24)


def test_a_matter_without_a_limit_has_no_deadline_and_never_breaches() -> None:
    story = fold(report("m2"), whole_life(5000), RULES)
    assert (story.case.deadline, story.case.deadline_kind) == (None, "none")
    assert breaches(story) == []


def test_a_missing_year_stops_nothing() -> None:
    limits = {"limits": [{"id": "l1", "matter": "*", "limit": "5 working days"}]}
    story = fold(report(when=at(24 * 365 * 40)), [], rulebook(limits=limits))
    assert story.case.deadline_kind == "unknown"
    assert story.case.marks == ("calendar_missing:2065",)
    assert "calendar_missing" in kinds(story)


def test_an_act_dated_before_its_report_is_refused_and_kept() -> None:
    story = fold(report(), [act(ActKind.SIGN, -1)], RULES)
    assert refusals(story) == ["before_report"]


def test_a_void_case_runs_no_longer() -> None:
    story = fold(report(), [act(ActKind.VOID, 1), act(ActKind.SIGN, 2)], RULES)
    assert story.case.void
    assert story.pending == ()
    assert refusals(story) == ["impossible_move:void"]


def test_a_case_without_rules_waits_for_them() -> None:
    story = fold(report(), [], type(RULES)())
    assert story.case.state is CaseState.REPORTED
    assert story.case.marks == ("rules_missing",)


TICKET = report(lifecycle="ticket", source="imported", matter=None)


def test_the_last_row_of_a_ticket_counts_whole() -> None:
    """T22: elsewhere the time of import became the closing date."""
    first = row(100, RowStatus.OPEN, department="x")
    last = row(200, RowStatus.CLOSED, closed_at=at(5), due_at=at(4), department="y")
    story = fold(TICKET, [last, first], RULES)
    assert story.case.state is CaseState.CLOSED
    assert (story.case.closed_at, story.case.handled_at) == (at(5), at(5))
    assert (story.case.department, story.case.deadline) == ("y", at(4))
    assert breaches(story) == [at(4)]


def test_a_ticket_closed_before_it_was_reported_keeps_its_dates_and_is_marked() -> None:
    story = fold(TICKET, [row(9, RowStatus.CLOSED_DUPLICATE, closed_at=at(-3))], RULES)
    assert story.case.state is CaseState.CLOSED
    assert (story.case.filed_at, story.case.closed_at) == (at(0), at(-3))
    assert story.case.marks == ("closed_before_reported",)
    assert story.history[-1][0] == at(0)


def test_a_cancelled_ticket_is_void_from_its_reporting_on_whatever_its_dates() -> None:
    story = fold(TICKET, [row(9, RowStatus.CANCELLED, closed_at=at(3))], RULES)
    assert all(case.void for _, case in story.history)


def test_a_closed_status_without_a_time_is_open() -> None:
    assert fold(TICKET, [row(9, RowStatus.CLOSED)], RULES).case.state is CaseState.OPEN


some_acts = st.lists(
    st.builds(
        act,
        st.sampled_from([k for k in ActKind if k is not ActKind.IMPORT_ROW]),
        st.integers(-2, 60),
        st.uuids().map(str),
        passed=st.booleans(),
        resolved=st.booleans(),
        until=st.integers(0, 90).map(at),
        department=st.sampled_from(["d1", "d0"]),
    ),
    max_size=9,
)


@given(some_acts, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(acts, rng) -> None:
    shuffled = list(acts)
    rng.shuffle(shuffled)
    assert fold(report(), shuffled, RULES) == fold(report(), acts, RULES)


@given(some_acts)
def test_history_runs_forward_and_breaches_are_dated_by_deadlines_that_passed_open(acts) -> None:
    story = fold(report(), acts, RULES)
    moments = [moment for moment, _ in story.history]
    assert all(a <= b for a, b in pairwise(moments))
    for breach in breaches(story):
        before = [case for moment, case in story.history if moment <= breach]
        assert before[-1].running
        assert before[-1].deadline == breach
