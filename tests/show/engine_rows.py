"""Rows put into the engine's tables."""

from collections.abc import Sequence
from typing import Any

from streams.core.results import CallRow, ReportRow, Span, StepRow
from streams.keep.tables import CALLS, CASE_SPANS, CASE_STEPS, REPORTS, Table, micros
from streams.wire.clickhouse import Warehouse


def keep(warehouse: Warehouse, table: Table, rows: Sequence[Any]) -> None:
    """Put these rows in; each insert is a part of its own until the engine merges them."""
    if rows:
        many = len(table.audit) - 3
        carried = [(*(0,) * many, "test", 0, n) for n in range(len(rows))]
        warehouse.insert_columns(table.name, table.names, table.turned(rows, carried))


def keep_calls(warehouse: Warehouse, rows: Sequence[CallRow], first: int = 0) -> None:
    """Put these calls in as they lie in the log, the first of them at this offset."""
    if rows:
        carried = [(micros(one.ingested_at), "test", 0, first + n) for n, one in enumerate(rows)]
        warehouse.insert_columns(CALLS.name, CALLS.names, CALLS.turned(rows, carried))


def fill(
    warehouse: Warehouse,
    spans: list[Span],
    reports: list[ReportRow],
    steps: Sequence[StepRow] = (),
    calls: Sequence[CallRow] = (),
) -> None:
    """Nothing but these rows; in two inserts, so that a superseded row may lie in another part."""
    for table, rows in ((CASE_SPANS, spans), (REPORTS, reports), (CASE_STEPS, steps)):
        warehouse.execute(f"TRUNCATE TABLE {table.name}")
        keep(warehouse, table, rows[: len(rows) // 2])
        keep(warehouse, table, rows[len(rows) // 2 :])
    warehouse.execute(f"TRUNCATE TABLE {CALLS.name}")
    half = len(calls) // 2
    keep_calls(warehouse, calls[half:], half)
    keep_calls(warehouse, calls[:half])
