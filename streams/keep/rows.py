"""Records to rows: what the memory reads, decoded and gathered by table."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from streams.core import topics
from streams.core.accepted import AcceptedCall, AcceptedRound, ReferenceChange, Tick
from streams.core.record import Record
from streams.core.results import CaseRecord, DeadLetter, Fact, LookRow
from streams.keep.tables import (
    CALLS,
    CASE_SPANS,
    CASE_STEPS,
    CASES,
    CLOCKS,
    DEAD_LETTERS,
    FACTS,
    LOOKS,
    REFERENCE_DOCUMENTS,
    REPORTS,
    ROUNDS,
    TABLES,
    Carried,
    Table,
    light,
)

TOPICS = (topics.CASES, topics.FACTS, topics.INTAKE, topics.DEAD_LETTERS, topics.TICKS)
"""What the memory reads."""

LETTER = "gridloop.letter"
"""The header of a dead letter that holds its listing; the value is the sealed original."""

# A reference document goes to every partition of the intake log; one of the copies is its row.
_REFERENCE_PARTITION = 0


class _Report(msgspec.Struct, frozen=True, tag="report"):
    """An accepted report on its way to casework, which sends its row; but of a clear look, which is
    no report and opens no case."""

    clear: bool = False


class _Act(msgspec.Struct, frozen=True, tag="act"):
    """An accepted act on its way to casework, which sends what it did."""


class _Visitor(msgspec.Struct, frozen=True, tag="visitor"):
    """A report that another home is asked about: its row comes from its own."""


_FACT = msgspec.json.Decoder(light(Fact))
_CASE = msgspec.json.Decoder(light(CaseRecord))
_LETTER = msgspec.json.Decoder(DeadLetter)
_TICK = msgspec.json.Decoder(Tick)
_LOOK = msgspec.json.Decoder(light(LookRow))
_INTAKE = msgspec.json.Decoder(
    AcceptedRound | AcceptedCall | ReferenceChange | _Report | _Act | _Visitor
)


class Unreadable(Exception):
    """A record on a topic of our own that no part of ours can have written: stop and look."""


class Batch:
    """Rows gathered from records, by table, until they are stored."""

    def __init__(self) -> None:
        self.records = 0
        self.rows = 0
        self.bytes = 0
        """Of the records' values: roughly what the rows weigh."""
        self.newest_ms = 0
        """The latest arrival among the records, in epoch milliseconds."""
        self.last_fact_at: datetime | None = None
        """The latest `ingested_at` among the facts."""
        self._rows: dict[str, list[Any]] = {table.name: [] for table in TABLES}
        self._carried: dict[str, list[Carried]] = {table.name: [] for table in TABLES}

    def add(self, record: Record) -> None:
        """Take up the rows that a record carries. Raises Unreadable, and adds nothing then."""
        reader = _READERS.get(record.topic)
        if reader is None or record.value is None:
            raise _unreadable(record, "another's topic, or no value")
        try:
            reader(self, record, record.value)
        except msgspec.MsgspecError as error:
            raise _unreadable(record, str(error)) from error
        self.records += 1
        self.bytes += len(record.value)
        self.newest_ms = max(self.newest_ms, record.at_ms)

    def count(self, table: Table) -> int:
        """How many rows of this table wait here."""
        return len(self._rows[table.name])

    def columns(self, table: Table) -> list[list[Any]]:
        """This table's rows as columns, in the order of its names; new lists at each call."""
        return table.turned(self._rows[table.name], self._carried[table.name])

    def keep(self, table: Table, row: Any, carried: Carried) -> None:
        """Put one row behind the others of its table."""
        self._rows[table.name].append(row)
        self._carried[table.name].append(carried)
        self.rows += 1


def _unreadable(record: Record, why: str) -> Unreadable:
    return Unreadable(f"{record.topic} {record.partition} {record.offset}: {why}")


def _carrier(record: Record) -> Carried:
    return (record.topic, record.partition, record.offset)


def _arrival(record: Record) -> Carried:
    return (record.at_ms * 1000, record.topic, record.partition, record.offset)


def _read_case(batch: Batch, record: Record, value: bytes) -> None:
    case, carrier = _CASE.decode(value), _carrier(record)
    batch.keep(CASES, case.snapshot, carrier)
    for span in case.spans:
        batch.keep(CASE_SPANS, span, carrier)
    for step in case.steps:
        batch.keep(CASE_STEPS, step, carrier)
    for report in case.reports:
        batch.keep(REPORTS, report, carrier)


def _read_fact(batch: Batch, record: Record, value: bytes) -> None:
    fact = _FACT.decode(value)
    batch.keep(FACTS, fact, _carrier(record))
    if batch.last_fact_at is None or fact.ingested_at > batch.last_fact_at:
        batch.last_fact_at = fact.ingested_at


def _read_intake(batch: Batch, record: Record, value: bytes) -> None:
    accepted = _INTAKE.decode(value)
    if isinstance(accepted, AcceptedRound):
        batch.keep(ROUNDS, accepted, _arrival(record))
    elif isinstance(accepted, AcceptedCall):
        batch.keep(CALLS, accepted, _arrival(record))
    elif isinstance(accepted, _Report) and accepted.clear:
        batch.keep(LOOKS, _LOOK.decode(value), _arrival(record))
    elif isinstance(accepted, ReferenceChange) and record.partition == _REFERENCE_PARTITION:
        batch.keep(REFERENCE_DOCUMENTS, accepted, _arrival(record))


def _read_letter(batch: Batch, record: Record, value: bytes) -> None:
    listing = next((text for name, text in record.headers if name == LETTER), b"")
    batch.keep(DEAD_LETTERS, _LETTER.decode(listing), _carrier(record))


def _read_tick(batch: Batch, record: Record, value: bytes) -> None:
    batch.keep(CLOCKS, _TICK.decode(value), _arrival(record))


_READERS: dict[str, Callable[[Batch, Record, bytes], None]] = {
    topics.CASES.name: _read_case,
    topics.FACTS.name: _read_fact,
    topics.INTAKE.name: _read_intake,
    topics.DEAD_LETTERS.name: _read_letter,
    topics.TICKS.name: _read_tick,
}
