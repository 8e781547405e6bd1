"""不一致的案件 · cases whose stored rows are not those that the log folds to."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from streams.core.figures import Query
from streams.core.figures_sql import params_of
from streams.core.instants import aware
from streams.core.ledgers import (
    is_begun,
    is_told,
    latest,
    report_key,
    span_key,
    stands,
    step_key,
)
from streams.core.ledgers_sql import KNOWN, KNOWN_AT, REPORTS, SPANS, STANDING, STEPS, wanted
from streams.core.predicates import AS_OF
from streams.core.results import ReportRow, Span, StepRow
from streams.show.figures import Answers

Folded = tuple[list[Span], list[ReportRow], list[StepRow]]
"""Rows that a replay of the log gave."""

_WHERE = ("source", "street", "area", "grid", "category", "matter")


class Compared(NamedTuple):
    """A table: what figures ask of its rows, which of them count at (A, K), and by what versions of
    one row meet."""

    table: str
    columns: tuple[str, ...]
    where: str
    counts: Callable[[Any, Query], bool]
    key: Callable[[Any], Hashable]


_SPANS = Compared(
    SPANS,
    (
        *("state", "filed_at", "handled_at", "closed_at", "void", "excluded", "deadline"),
        *("deadline_kind", "department", *_WHERE, "outcome", "satisfaction", "mode", "happened"),
        *("renamed", "patrol_visible"),
    ),
    STANDING,
    stands,
    span_key,
)
_STEPS = Compared(
    STEPS,
    (
        *("kind", "n", "department", "at", "due", "done", "result", "worked"),
        *("filed_at", "void_at", "rejected_at", "excluded_at"),
    ),
    f"at < {AS_OF} AND {KNOWN}",
    is_begun,
    step_key,
)
_REPORTS = Compared(
    REPORTS,
    (
        *("sender", "id", "opened", "occurred_at", *_WHERE, "requester", "classified_by"),
        *("read_as", "regrouped_at", "judged_at", "confirmed"),
    ),
    f"occurred_at < {AS_OF} AND ingested_at < {KNOWN_AT}",
    is_told,
    report_key,
)


def cases_apart(store: Answers, folded: Folded, asked: Query) -> list[str]:
    """The ids of the cases of the query's flow that differ at (A, K), or that only one side has."""
    spans, reports, steps = folded
    sides = ((_SPANS, spans), (_STEPS, steps), (_REPORTS, reports))
    apart = (_stored(store, one, asked) ^ _of(one, rows, asked) for one, rows in sides)
    return sorted({row[0] for rows in apart for row in rows})


def _stored(store: Answers, one: Compared, asked: Query) -> set[tuple[Any, ...]]:
    columns = ", ".join(("case_id", *one.columns))
    text = f"SELECT {columns} FROM {one.table} FINAL WHERE {one.where} AND {wanted(asked)}"
    return {tuple(map(_plain, row)) for row in store.query(text, params_of(asked))}


def _of(one: Compared, rows: Iterable[Any], asked: Query) -> set[tuple[Any, ...]]:
    theirs = (row for row in rows if asked.wants(row))
    names = ("case_id", *one.columns)
    return {
        tuple(_plain(getattr(row, name)) for name in names)
        for row in latest(theirs, one.key)
        if one.counts(row, asked)
    }


def _plain(value: Any) -> Any:
    """The same of both sides: instants with their offset, lists as what can be hashed."""
    if isinstance(value, datetime):
        return aware(value)
    return tuple(value) if isinstance(value, list) else value
