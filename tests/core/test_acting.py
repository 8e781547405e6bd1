"""Acts on a case: what each lifecycle lets happen, what is refused, and why."""

from typing import Any

import pytest

from streams.core.case import Story, Told
from streams.core.events import ActKind, Reference, ReferenceKind, Supervision
from streams.core.fold import fold
from streams.core.lifecycle import ENDED, FIVE_STEPS, MOVES, STEP_OF, CaseState
from streams.core.place import Rulebook
from streams.core.results import FactKind
from tests.case_inputs import PLACE, act, at, document, report, rulebook, whole_life

A, S = ActKind, CaseState


def place(**switches: Any) -> Rulebook:
    """The invented place with other switches."""
    changed: Reference = document(ReferenceKind.PLACE, PLACE | switches, "2")
    return rulebook().with_change(changed)


def kinds(story: Story) -> list[str]:
    return [told.kind.value for told in story.facts]


def refusals(story: Story) -> list[str]:
    return [t.detail["reason"] for t in story.facts if t.kind is FactKind.ACT_REFUSED]


def only(story: Story, kind: FactKind) -> Told:
    (found,) = [told for told in story.facts if told.kind is kind]
    return found


# --- the tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOVES)
def test_every_state_of_a_lifecycle_can_be_reached_and_ended(name: str) -> None:
    """A state without a way in is a mistake of the table; one without a way out a trap."""
    moves = MOVES[name]
    start = S.OPEN if name == "ticket" else S.REPORTED
    reached, states = {start}, {state for state, _, _ in moves}
    for _ in moves:
        reached |= {move.to for (state, _, _), move in moves.items() if state in reached}
    assert states <= reached
    ways = {state: {m.to for (s, _, _), m in moves.items() if s is state} for state in states}
    can_end = set(ENDED)
    for _ in moves:
        can_end |= {state for state, tos in ways.items() if tos & can_end}
    assert states <= can_end


def test_every_state_has_a_step() -> None:
    """The five steps are what people see."""
    assert set(STEP_OF) == set(S)


def test_nothing_closes_in_five_steps_without_callback_and_evaluation() -> None:
    """RTE-01: closing without 回访 and 评价 is refused."""
    assert {state for (state, kind, _) in FIVE_STEPS if kind is A.CLOSE} == {S.EVALUATED}


# --- verification and filing --------------------------------------------------------------------

FILED = {"lifecycle": "filed_steps"}


def test_a_case_is_filed_by_the_filing_and_its_clock_begins_there() -> None:
    """立案: until then it is a report; the figures count it from the filing on."""
    seed, book = report(**FILED), place(**FILED)
    before = fold(seed, [act(A.VERIFY, 1, passed=True)], book).case
    assert (before.state, before.filed_at, before.deadline) == (S.VERIFIED, None, None)
    acts = [act(A.VERIFY, 1, passed=True), act(A.FILE, 2), act(A.DISPATCH, 3, department="d1")]
    story = fold(seed, [*acts, *whole_life(4)], book)
    assert refusals(story) == []
    assert (story.case.filed_at, story.case.deadline) == (at(2), at(26))
    assert story.case.state is S.CLOSED


def test_what_is_not_so_is_rejected_and_counts_nowhere() -> None:
    """核实 finds nothing: 不予受理, with the reason."""
    story = fold(report(**FILED), [act(A.VERIFY, 1, passed=False, reason="现场没有")], place())
    assert (story.case.state, story.case.void) == (S.REJECTED, True)
    assert only(story, FactKind.REPORT_VERIFIED).detail == {"passed": False, "reason": "现场没有"}


def test_a_matter_on_no_admission_list_is_rejected_with_that_reason() -> None:
    """准入: its report counts, no case does; the trace names the list."""
    lists = [{"id": "a1", "name": "第一批", "name_en": "First batch", "matters": ["m2"]}]
    book = place().with_change(document(ReferenceKind.ADMISSION, {"lists": lists}))
    out = fold(report("m1"), [act(A.SIGN, 1)], book)
    assert (out.case.state, out.case.void, out.case.department) == (S.REJECTED, True, None)
    assert only(out, FactKind.REPORT_REJECTED).detail == {"reason": "not_admitted"}
    assert any("第一批" in line for line in out.case.routing)
    assert fold(report("m2"), [], book).case.state is S.DISPATCHED


# --- returns ------------------------------------------------------------------------------------


def test_a_return_is_asked_for_and_decided_where_the_place_wants_approval() -> None:
    """退单 with approval: asked, nothing moves; granted, it is out of the department's hands."""
    book = place(return_needs_approval=True)
    asked = fold(report(), [act(A.RETURN, 1, reason="不归我管")], book)
    assert (asked.case.state, kinds(asked)[-1]) == (S.DISPATCHED, "return_requested")
    no = fold(report(), [act(A.RETURN, 1), act(A.RETURN, 2, passed=False)], book)
    assert (no.case.state, kinds(no)[-1]) == (S.DISPATCHED, "return_refused")
    yes = fold(report(), [act(A.RETURN, 1), act(A.RETURN, 2, passed=True)], book)
    assert (yes.case.state, kinds(yes)[-1]) == (S.RETURNED, "dispatch_returned")
    free = fold(report(), [act(A.RETURN, 1)], place())
    assert free.case.state is S.RETURNED


# --- self-handling, mediation -------------------------------------------------------------------


def test_who_finds_a_small_matter_may_handle_it_at_once_where_the_lifecycle_says_so() -> None:
    """自行处置 (RTE-22), in contrast to 采办分离."""
    book = place(reporter_may_not_handle=False, lifecycle="four_words")
    acts = [act(A.HANDLE, 1, actor="gw7"), act(A.CLOSE, 2)]
    story = fold(report("m2", reporter="gw7", lifecycle="four_words"), acts, book)
    assert (refusals(story), story.case.state) == ([], S.CLOSED)
    five = fold(report(), [act(A.HANDLE, 1)], book)
    assert refusals(five) == ["impossible_move:dispatched"]


def test_a_mediation_that_fails_is_kept_and_may_be_repeated() -> None:
    """矛盾纠纷: handled by the mediation that succeeds."""
    acts = [
        act(A.SIGN, 1),
        act(A.MEDIATE, 2, passed=False),
        act(A.MEDIATE, 3, passed=True),
        act(A.CLOSE, 4),
    ]
    story = fold(report(lifecycle="mediation"), acts, place())
    assert kinds(story).count("mediation_held") == 2
    assert (story.case.handled_at, story.case.state) == (at(3), S.CLOSED)


# --- disputes, supervision, contact -------------------------------------------------------------


def test_a_dispute_that_is_granted_takes_the_case_out_of_the_rates() -> None:
    """申诉 and 剔除, also after the closing; one that is not granted changes nothing."""
    filed = act(A.DISPUTE, 10, reason="下雪")
    no = fold(report(), [*whole_life(), filed, act(A.DISPUTE, 11, passed=False)], place())
    assert not no.case.excluded
    yes = fold(report(), [*whole_life(), filed, act(A.DISPUTE, 12, passed=True)], place())
    assert yes.case.excluded
    assert kinds(yes)[-3:] == ["dispute_filed", "dispute_decided", "case_excluded"]
    assert yes.case.state is S.CLOSED


def test_supervision_is_told_with_its_mode_and_moves_nothing() -> None:
    """督办, online or offline (EVA-26); an ended case has nothing to press for."""
    story = fold(report(), [act(A.SUPERVISE, 1, supervision=Supervision.OFFLINE)], place())
    assert only(story, FactKind.CASE_SUPERVISED).detail == {"supervision": "offline"}
    ended = fold(report(), [*whole_life(), act(A.SUPERVISE, 9)], place())
    assert refusals(ended) == ["impossible_move:closed"]


# --- clocks of steps ----------------------------------------------------------------------------

STEPS = {
    "limits": [
        {"id": "l1", "matter": "*", "limit": "24 hours"},
        {"id": "l2", "matter": "*", "limit": "2 hours", "clock": "sign"},
        {"id": "l3", "matter": "m1", "limit": "10 hours", "clock": "handle"},
        {"id": "l4", "matter": "*", "limit": "4 hours", "clock": "check"},
        {"id": "l5", "matter": "*", "limit": "1 hour", "clock": "contact"},
    ]
}


def clocks(story: Story) -> list[tuple[str, float | None, float | None]]:
    """Each clock's name, its deadline and where it stopped, in hours after the report."""
    return [
        (
            clock.name,
            None if clock.due is None else (clock.due - at(0)).total_seconds() / 3600,
            None if clock.stopped_at is None else (clock.stopped_at - at(0)).total_seconds() / 3600,
        )
        for clock in story.case.clocks
    ]


def test_each_step_has_a_clock_of_its_own_where_the_place_sets_one() -> None:
    """签收、处置、核查、首次联系, beside the overall one; rework begins the handling's anew."""
    acts = [
        act(A.CONTACT, 0.5),
        act(A.SIGN, 1),
        act(A.HANDLE, 5),
        act(A.CHECK, 6, passed=False),
        act(A.HANDLE, 7),
    ]
    story = fold(report(), acts, rulebook(limits=STEPS))
    assert clocks(story) == [
        ("overall", 24, None),
        ("contact", 1, 0.5),
        ("sign", 2, 1),
        ("handle", 11, 5),
        ("check", 9, 6),
        ("handle", 16, 7),
        ("check", 11, None),
    ]


def test_a_step_that_is_late_is_a_breach_of_its_own_and_leaves_the_case_on_time() -> None:
    """The figures judge by the overall clock alone."""
    story = fold(report(), whole_life(3), rulebook(limits=STEPS))
    breaches = [t for t in story.facts if t.kind is FactKind.DEADLINE_BREACHED]
    assert [(t.at, t.detail) for t in breaches] == [
        (at(1), {"clock": "contact"}),
        (at(2), {"clock": "sign"}),
    ]
    assert story.case.deadline == at(24)


def test_deadlines_that_nothing_has_met_wait_for_ticks_in_their_order() -> None:
    """Contact, signing, the whole case."""
    assert fold(report(), [], rulebook(limits=STEPS)).pending == (at(1), at(2), at(24))


# --- pauses and extensions ----------------------------------------------------------------------


def test_during_an_approved_pause_nothing_is_overdue_and_after_it_the_rest_of_the_time_runs() -> (
    None
):
    """挂账 of an elapsed limit: what the pause took is given back."""
    acts = [act(A.PAUSE, 10, passed=True), act(A.RESUME, 40)]
    held = fold(report(), acts[:1], place())
    assert held.pending == ()
    story = fold(report(), acts, place())
    assert (story.case.deadline, story.pending) == (at(54), (at(54),))
    assert kinds(story)[-2:] == ["pause_decided", "pause_ended"]


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ([act(A.PAUSE, 25, passed=True)], "late"),
        ([act(A.PAUSE, 1, passed=True), act(A.PAUSE, 2, passed=True)], "paused"),
        ([act(A.PAUSE, 2, passed=True, until=at(1))], "ends_before_it_begins"),
        ([act(A.PAUSE, 1, passed=True), act(A.EXTEND, 2, passed=True, until=at(50))], "paused"),
        ([*whole_life(), act(A.PAUSE, 9, passed=True)], "no_deadline"),
        ([act(A.EXTEND, 1, passed=True, until=at(24))], "not_later"),
    ],
)
def test_a_change_of_the_clock_that_cannot_be_is_told_with_its_reason(
    acts: list[Any], why: str
) -> None:
    """Decided by people, yet it moves nothing; what happened after a deadline never moves it."""
    story = fold(report(), acts, place())
    last = [t for t in story.facts if t.kind.value.endswith("_decided")][-1]
    assert (last.detail["granted"], last.detail["why_not"]) == (False, why)


def test_quotas_bound_extensions_and_pauses() -> None:
    """The second one beyond the place's number is shown and moves nothing."""
    book = place(most_extensions=1, most_pauses=0)
    acts = [
        act(A.EXTEND, 1, passed=True, until=at(30)),
        act(A.EXTEND, 2, passed=True, until=at(40)),
        act(A.PAUSE, 3, passed=True),
    ]
    story = fold(report(), acts, book)
    assert story.case.deadline == at(30)
    decided = [t.detail.get("why_not") for t in story.facts if t.kind.value.endswith("_decided")]
    assert decided == [None, "quota_spent", "quota_spent"]


def test_what_is_only_asked_for_moves_nothing() -> None:
    """An extension or a pause without a decision is a request."""
    story = fold(report(), [act(A.EXTEND, 1), act(A.PAUSE, 2)], place())
    assert kinds(story)[-2:] == ["extension_requested", "pause_requested"]
    assert story.case.deadline == at(24)


def test_resuming_what_is_not_paused_is_refused() -> None:
    """Kept and shown."""
    assert refusals(fold(report(), [act(A.RESUME, 1)], place())) == ["not_paused"]
