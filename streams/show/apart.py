"""不一致的案件 · cases whose stored rows are not those that the log folds to."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from streams.core.figures import Query
from streams.core.figures_sql import params_of
from streams.core.instants import aware
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
    ),
    STANDING,
    lambda row, asked: row.from_at < asked.as_of <= row.to_at and _known(row, asked),
    lambda row: (row.case_id, row.from_at, row.known_from),
)
_STEPS = Compared(
    STEPS,
    ("kind", "n", "department", "at", "due", "done", "result"),
    f"at < {AS_OF} AND {KNOWN}",
    lambda row, asked: row.at < asked.as_of and _known(row, asked),
    lambda row: (row.case_id, row.kind, row.n, row.known_from),
)
_REPORTS = Compared(
    REPORTS,
    ("sender", "id", "occurred_at", *_WHERE, "requester"),
    f"occurred_at < {AS_OF} AND ingested_at < {KNOWN_AT}",
    lambda row, asked: row.occurred_at < asked.as_of and row.ingested_at < asked.known_at,
    lambda row: (row.place, row.sender, row.id),
)


def _known(row: Span | StepRow, asked: Query) -> bool:
    return row.known_from < asked.known_at <= row.known_to


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
    latest: dict[Hashable, Any] = {}
    for row in rows:
        key = one.key(row)
        if asked.wants(row) and (key not in latest or latest[key].revision <= row.revision):
            latest[key] = row
    names = ("case_id", *one.columns)
    return {
        tuple(_plain(getattr(row, name)) for name in names)
        for row in latest.values()
        if one.counts(row, asked)
    }


def _plain(value: Any) -> Any:
    """The same of both sides: instants with their offset, lists as what can be hashed."""
    if isinstance(value, datetime):
        return aware(value)
    return tuple(value) if isinstance(value, list) else value
