"""Spans: for every instant and every state of knowledge exactly one row, and the right one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.core.case import Case
from streams.core.events import INFINITY
from streams.core.lifecycle import CaseState
from streams.core.results import Span
from streams.core.spans import KeptSpan, as_row, drafts, revise
from tests.case_inputs import report

START = datetime(2025, 3, 1, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def case(state: CaseState, department: str = "d1") -> Case:
    return Case("five_steps", state, START, "hotline", department=department)


histories = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from([CaseState.OPEN, CaseState.CLOSED])),
    min_size=1,
    max_size=6,
).map(lambda moves: [(at(hour), case(state)) for hour, state in sorted(moves, key=lambda m: m[0])])
revisions = st.lists(st.tuples(st.integers(0, 3), histories), min_size=1, max_size=6)


def table_after(revised: list[tuple[datetime, list[tuple[datetime, Case]]]]) -> list[Span]:
    """What ReplacingMergeTree(revision) keyed by (from_at, known_from) holds after all of them."""
    table: dict[tuple[datetime, datetime], Span] = {}
    kept: list[KeptSpan] = []
    for revision, (known, history) in enumerate(revised):
        kept, written = revise(kept, drafts(history, known), known)
        for row in written:
            span = as_row(row, "c", report(), revision)
            table[span.from_at, span.known_from] = span
    return list(table.values())


def seen(table: list[Span], a: datetime, k: datetime) -> list[Span]:
    return [s for s in table if s.from_at < a <= s.to_at and s.known_from < k <= s.known_to]


def state_in(history: list[tuple[datetime, Case]], a: datetime) -> str | None:
    before = [case.state.value for moment, case in history if moment < a]
    return before[-1] if before else None


@given(revisions)
def test_each_instant_as_known_at_each_instant_meets_the_one_row_that_was_true(steps) -> None:
    clock, revised = 0, []
    for pause, history in steps:
        clock += pause
        revised.append((at(100 + clock), history))
    table = table_after(revised)
    for k in (*(at(100 + hour) for hour in range(clock + 2)), INFINITY):
        known = [history for moment, history in revised if moment < k]
        for a in (*(at(hour) for hour in range(14)), INFINITY):
            wanted = state_in(known[-1], a) if known else None
            assert [s.state for s in seen(table, a, k)] == ([] if wanted is None else [wanted])


def test_a_revision_that_changes_nothing_writes_nothing() -> None:
    history = [(at(1), case(CaseState.OPEN)), (at(5), case(CaseState.CLOSED))]
    kept, first = revise([], drafts(history, at(100)), at(100))
    again, second = revise(kept, drafts(history, at(200)), at(200))
    assert len(first) == 2
    assert second == []
    assert again == kept


def test_two_changes_at_one_instant_leave_only_the_last() -> None:
    history = [(at(1), case(CaseState.OPEN)), (at(1), case(CaseState.CLOSED))]
    spans = drafts(history, at(100))
    assert [(s.from_at, s.to_at, s.state) for s in spans] == [(at(1), INFINITY, "closed")]
