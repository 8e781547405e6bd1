"""复发率: what was closed and came back near by, whatever the order of arrival."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import msgspec
import pytest

from streams.core.events import INFINITY, ActKind, ReferenceKind
from streams.core.figures import Query, compute
from streams.core.results import CaseRecord
from streams.core.topics import CASES
from streams.flow import casework
from tests.case_inputs import at, document
from tests.flow.camera_world import GATE, found, verify
from tests.flow.memory_chain import MemoryState, one_by_one, run, whole
from tests.flow.merging_world import (
    MERGING,
    Input,
    act,
    changes,
    documents,
    life,
    log,
    merge,
    report,
    split,
)

DAYS = 10
RATE = "recurrence_rate"
AFTER = 24 * (DAYS + 1)
"""Hours after which the closing at 6 is ripe."""
CLOSED = [report("a", 0), *life("a", 0)]


def town(again_days: float | None = DAYS, *, merges: bool = True) -> MemoryState:
    """Casework by the rules of a place that looks so long after a closing."""
    state = MemoryState()
    given = [
        *documents(MERGING if merges else None, GATE),
        document(ReferenceKind.CLOSURES, {"again_days": again_days} if again_days else {}),
    ]
    run(casework.step, log(changes(given), -100), whole, state)
    return state


def rate(
    inputs: Sequence[Input],
    hours: float = AFTER,
    state: MemoryState | None = None,
    known_at: datetime = INFINITY,
) -> tuple[int | None, int | None]:
    """Numerator and denominator, so many hours after nine."""
    outs = run(casework.step, log(inputs), one_by_one, state or town())
    records = [
        msgspec.json.decode(out.value or b"", type=CaseRecord)
        for out in outs
        if out.topic == CASES.name
    ]
    (total,) = compute(
        [one for record in records for one in record.spans],
        [one for record in records for one in record.reports],
        Query(as_of=at(hours), known_at=known_at, figures=(RATE,)),
        [one for record in records for one in record.steps],
    )
    value = total.figures[RATE]
    return value.numerator, value.denominator


def test_a_closed_case_that_comes_back_near_by_has_recurred() -> None:
    assert rate(CLOSED) == (0, 1)
    assert rate([*CLOSED, report("b", 100, 30)]) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        report("b", 100, 80),
        report("b", 100, 30, matter="m2"),
        report("b", 6 + 24 * DAYS + 1, 30),
        report("b", 5, 400),
        report("b", 100, 30, lifecycle="opinion"),
    ],
    ids=["farther", "another matter", "too late", "before", "another flow"],
)
def test_what_is_elsewhere_otherwise_or_later_is_no_recurrence(other: Input) -> None:
    assert rate([*CLOSED, other], AFTER + 100) == (0, 1)


def test_only_what_is_ripe_is_told() -> None:
    inputs = [*CLOSED, report("b", 100, 30)]
    assert rate(inputs, 6 + 24 * DAYS) == (0, 0)
    assert rate(inputs, 6.01 + 24 * DAYS) == (1, 1)


@pytest.mark.parametrize(("again_days", "merges"), [(None, True), (DAYS, False)])
def test_where_the_place_says_neither_how_long_nor_how_near_nothing_is_told(
    again_days: float | None, merges: bool
) -> None:
    state = town(again_days, merges=merges)
    assert rate([*CLOSED, report("b", 100, 30)], state=state) == (0, 0)


def test_what_was_reopened_is_no_longer_closed() -> None:
    reopened = act(ActKind.REOPEN, 50, "a", reason="again")
    assert rate([*CLOSED, reopened, report("b", 100, 30)]) == (0, 0)


def test_a_case_that_is_void_never_came() -> None:
    back = [*CLOSED, report("b", 100, 30)]
    assert rate([*back, act(ActKind.VOID, 101, "b")]) == (0, 1)


def test_what_nobody_confirmed_has_not_come_back() -> None:
    seen = [*CLOSED, found("b", 100, matter="m1")]
    assert rate(seen) == (0, 1)
    assert rate([*seen, verify("b", 101, False)]) == (0, 1)
    assert rate([*seen, verify("b", 101, True)]) == (1, 1)


def test_a_report_that_people_merge_or_split_is_a_new_case_or_none() -> None:
    two = [report("a", 0), report("b", 1, 10), *life("a", 1), report("c", 100, 30)]
    assert rate(two) == (1, 1)
    assert rate([*two, merge("c", "b", 120)])[1] == 0  # it reopens the case
    assert rate([*two, merge("c", "b", 120), split("c", "b", 121)]) == (1, 1)


def test_the_order_of_arrival_does_not_matter() -> None:
    """Also where the new case is known before the closing."""
    closing, back = CLOSED[-1], report("b", 100, 30)
    voided = act(ActKind.VOID, 130, "b")
    before = CLOSED[:-1]
    for order in permutations([closing, back, report("c", 120, 20)]):
        assert rate([*before, *order]) == (1, 1)
    for order in permutations([closing, back, voided]):
        assert rate([*before, *order]) == (0, 1)


def test_nothing_hangs_on_what_is_remembered() -> None:
    """A worker that takes the partition over half-way tells the same."""
    state = town()
    first = run(casework.step, log(CLOSED), one_by_one, state)
    taken = MemoryState()
    taken.values = state.values
    second = run(casework.step, log([report("b", 100, 30)], 100), one_by_one, taken)
    records = [
        msgspec.json.decode(out.value or b"", type=CaseRecord)
        for out in [*first, *second]
        if out.topic == CASES.name
    ]
    assert {step.result for one in records for step in one.steps if step.kind == "recurrence"} == {
        None,
        "recurred",
    }
