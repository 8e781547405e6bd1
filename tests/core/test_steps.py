"""Steps: whose each was, when it was due, how it ended; and the same from any order of inputs."""

from collections.abc import Iterable
from datetime import datetime
from itertools import permutations

import pytest
from msgspec.structs import replace

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput, Story
from streams.core.casebook import Known, opened
from streams.core.events import INFINITY, ActKind, Satisfaction, WhistleKind
from streams.core.fold import fold
from streams.core.ledgers import stands
from streams.core.outcome import World
from streams.core.query import Query
from streams.core.results import Span, StepRow
from streams.core.steps import Step, StepKind, steps_of
from tests.case_inputs import act, at, report, revised, row, rulebook

STEP_LIMITS = {
    "limits": [
        {"id": "l1", "matter": "m1", "limit": "24 hours"},
        {"id": "l2", "matter": "*", "limit": "2 hours", "clock": "sign"},
        {"id": "l3", "matter": "*", "limit": "5 hours", "clock": "handle"},
        {"id": "l4", "matter": "*", "limit": "1 hour", "clock": "arrive"},
        {"id": "l5", "matter": "*", "limit": "4 hours", "clock": "contact"},
        {"id": "l6", "matter": "*", "limit": "3 hours", "clock": "stuck"},
        {"id": "l7", "matter": "*", "limit": "1 hour", "clock": "verify"},
    ]
}
RULES = rulebook(limits=STEP_LIMITS)
WORLD = World(report(), RULES)
A = ActKind


def told(*acts: ActInput) -> Story:
    return fold(report(), acts, RULES)


def steps(kind: StepKind, *acts: ActInput) -> list[Step]:
    return [step for step in steps_of(told(*acts), WORLD) if step.kind == kind.value]


def ordered(found: Iterable[Step]) -> list[Step]:
    return sorted(found, key=lambda step: (step.kind, step.n))


def ends(found: list[Step]) -> list[tuple[str | None, datetime | None, str | None]]:
    return [(step.department, step.done, step.result) for step in found]


def test_a_dispatch_ends_with_the_return_the_next_one_with_the_handling() -> None:
    acts = [act(A.RETURN, 1), act(A.DISPATCH, 2, department="d7"), act(A.SIGN, 3), act(A.HANDLE, 4)]
    found = steps(StepKind.DISPATCH, *acts)
    assert [step.at for step in found] == [at(0), at(2)]
    assert ends(found) == [("d1", at(1), "returned"), ("d7", at(4), "done")]


def test_a_rework_and_a_reopening_put_the_case_into_the_departments_hands_again() -> None:
    acts = [act(A.SIGN, 1), act(A.HANDLE, 2), act(A.CHECK, 3, passed=False), act(A.HANDLE, 5)]
    acts += [act(A.CALL_BACK, 6, resolved=True), act(A.EVALUATE, 7), act(A.CLOSE, 8)]
    acts += [act(A.REOPEN, 9)]
    found = steps(StepKind.DISPATCH, *acts)
    assert [step.at for step in found] == [at(0), at(3), at(9)]
    assert ends(found) == [("d1", at(2), "done"), ("d1", at(5), "done"), ("d1", None, None)]
    assert ends(steps(StepKind.CLOSING, *acts)) == [("d1", at(9), "reopened")]
    assert [step.at for step in steps(StepKind.REWORK, *acts)] == [at(3)]


def test_a_timed_step_is_done_only_by_what_it_was_for() -> None:
    """A return stops the clock of the signing; nobody has signed."""
    acts = [act(A.RETURN, 1), act(A.DISPATCH, 2, department="d7"), act(A.SIGN, 5)]
    found = steps(StepKind.SIGN, *acts)
    assert ends(found) == [("d1", at(1), "over"), ("d7", at(5), "done")]
    assert [step.due for step in found] == [at(2), at(4)]


def test_of_what_was_stuck_only_what_is_or_was_too_long_is_told() -> None:
    assert [step.due for step in steps(StepKind.STUCK)] == [at(3)]
    moved = steps(StepKind.STUCK, act(A.SIGN, 1), act(A.HANDLE, 8))
    assert [(step.at, step.due, step.done) for step in moved] == [
        (at(1), at(4), at(8)),
        (at(8), at(11), None),
    ]


def test_only_the_first_contact_answers_with_a_limit_or_without_one() -> None:
    acts = [act(A.CONTACT, 3), act(A.CONTACT, 4)]
    (step,) = steps(StepKind.CONTACT, *acts)
    assert (step.at, step.due, step.done, step.result) == (at(0), at(4), at(3), "done")
    free = fold(report(), acts, rulebook())
    (step,) = [step for step in steps_of(free, WORLD) if step.kind == "contact"]
    assert (step.at, step.due, step.done, step.result) == (at(0), None, at(3), "done")


def test_who_is_called_has_a_step_of_its_own_until_it_arrives() -> None:
    called = act(A.CONVENE, 1, departments=("police", "fire"), whistle=WhistleKind.EMERGENCY)
    acts = [called, act(A.ARRIVE, 3, department="police")]
    found = steps(StepKind.ARRIVE, *acts)
    assert ends(found) == [("police", at(3), "done"), ("fire", None, None)]
    assert {(step.at, step.due) for step in found} == {(at(1), at(2))}
    assert [step.result for step in steps(StepKind.WHISTLE, *acts)] == ["emergency"]


def test_every_call_back_and_every_rating_is_told() -> None:
    bad, good = Satisfaction.DISSATISFIED, Satisfaction.VERY_SATISFIED
    acts = [act(A.SIGN, 1), act(A.HANDLE, 2), act(A.CALL_BACK, 3, resolved=False, satisfaction=bad)]
    acts += [act(A.HANDLE, 4), act(A.CALL_BACK, 5, resolved=True)]
    acts += [act(A.EVALUATE, 6, satisfaction=good)]
    calls = steps(StepKind.CALL_BACK, *acts)
    assert [(step.at, step.result) for step in calls] == [
        (at(3), "unresolved"),
        (at(5), "resolved"),
    ]
    ratings = steps(StepKind.RATING, *acts)
    assert [step.result for step in ratings] == ["dissatisfied", "very_satisfied"]


def test_another_systems_ticket_has_none() -> None:
    story = fold(report(lifecycle="ticket"), [row(1)], RULES)
    assert steps_of(story, WORLD) == []


# --- as they are known ---------------------------------------------------------------------------


Spans = dict[tuple[datetime, datetime], Span]
Steps = dict[tuple[str, int, datetime], StepRow]


def tables_after(seed: AcceptedReport, *acts: ActInput) -> tuple[Spans, Steps]:
    """What the store holds after the report and the acts, fed one by one."""
    kept, story = opened("here/a1/1", seed, at(1000)), None
    spans: Spans = {}
    steps: Steps = {}
    for n, item in enumerate([None, *acts]):
        if item is not None:
            kept = replace(kept, acts=(*kept.acts, item))
        result = revised(kept, story, RULES, Known(at(1000 + n), n, None))
        kept, story = result.kept, result.story
        spans |= {(one.from_at, one.known_from): one for one in result.record.spans}
        steps |= {(one.kind, one.n, one.known_from): one for one in result.record.steps}
    return spans, steps


def as_known(table: Steps, k: datetime) -> list[Step]:
    rows = [one for one in table.values() if one.known_from < k <= one.known_to]
    return ordered(
        Step(o.kind, o.n, o.department, o.at, o.due, o.done, o.result, o.worked) for o in rows
    )


LIFE = [
    act(A.SIGN, 1),
    act(A.PAUSE, 1.5, passed=True, until=at(3)),
    act(A.RETURN, 4),
    act(A.DISPATCH, 5, department="d7"),
    act(A.CONTACT, 5),
]


@pytest.mark.parametrize("order", list(permutations(LIFE))[::7])
def test_any_order_of_delivery_ends_in_the_same_steps(order: tuple[ActInput, ...]) -> None:
    """And at each instant in between what was known is what the inputs until then tell."""
    _, table = tables_after(report(), *order)
    for n in range(len(order) + 1):
        known = ordered(steps_of(told(*order[:n]), WORLD))
        assert as_known(table, at(1000 + n + 0.5)) == known
    assert as_known(table, INFINITY) == ordered(steps_of(told(*LIFE), WORLD))


COUNTED = [act(A.DISPATCH, 2), act(A.SIGN, 3), act(A.EXCLUDE, 4), act(A.VOID, 6)]


@pytest.mark.parametrize("lifecycle", ["five_steps", "filed_steps"])
@pytest.mark.parametrize("order", list(permutations(COUNTED))[::5])
def test_since_when_its_case_counts_is_what_the_spans_say(
    order: tuple[ActInput, ...], lifecycle: str
) -> None:
    """At every A and every K: so that whoever asks a step need not ask its case."""
    filing = act(A.FILE, 1)
    seed = report(lifecycle=lifecycle)
    spans, steps = tables_after(seed, filing, *order)
    for k in (*(at(1000 + n + 0.5) for n in range(6)), INFINITY):
        known = [one for one in steps.values() if one.known_from < k <= one.known_to]
        for a in (*(at(n + 0.5) for n in range(8)), *map(at, range(8)), INFINITY):
            query = Query(as_of=a, known_at=k)
            (standing,) = [one for one in spans.values() if stands(one, query)] or [None]
            for step in known:
                assert standing is not None or step.at >= a
                if standing is not None:
                    since = (step.void_at, step.rejected_at, step.excluded_at)
                    told = [at_ is not None and at_ < a for at_ in since]
                    rejected = standing.state == "rejected"
                    assert told == [standing.void, rejected, standing.excluded]
                    filed = standing.filed_at is not None and standing.filed_at < a
                    assert (step.filed_at is not None and step.filed_at < a) == filed
    assert {(one.excluded_at, one.void_at) for one in known} == {(at(4), at(6))}


def test_a_step_of_a_rejected_case_says_since_when() -> None:
    _, steps = tables_after(report(lifecycle="filed_steps"), act(A.VERIFY, 2, passed=False))
    (known,) = [one for one in steps.values() if one.known_to == INFINITY]
    assert (known.kind, known.done, known.result) == ("verify", at(2), "done")
    assert (known.filed_at, known.void_at, known.rejected_at) == (None, at(2), at(2))


def test_a_pause_before_the_deadline_changes_no_earlier_verdict() -> None:
    """The one last deadline serves every as-of instant: none before the pause was beyond it."""
    (step,) = steps(StepKind.HANDLE, act(A.SIGN, 1), act(A.PAUSE, 2, passed=True, until=at(9)))
    assert step.due == at(13)
