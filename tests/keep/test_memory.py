"""What the memory promises of its rows, kept by a store in memory and by a real engine."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from infra.embedded.engine import Engine, await_ready, start, stop
from streams.core import topics
from streams.core.accepted import AcceptedCall, AcceptedRound, ReferenceChange, Tick
from streams.core.record import Record
from streams.core.results import (
    CaseRecord,
    DeadLetter,
    Fact,
    LookRow,
    ReportRow,
    Snapshot,
    Span,
    StepRow,
)
from streams.keep.migrations import migrate
from streams.keep.sink import Pace, Sink
from streams.keep.tables import (
    CALLS,
    CASE_SPANS,
    CASE_STEPS,
    CASES,
    CLOCKS,
    DEAD_LETTERS,
    EPOCH,
    FACTS,
    LOOKS,
    REFERENCE_DOCUMENTS,
    REPORTS,
    ROUNDS,
    TABLES,
    Table,
    instants,
    json_texts,
)
from tests.keep.noun_strategies import nouns
from tests.keep.records import T0, case, fact, facts, letter, record, tick
from tests.keep.tallies import Remembered, until
from tests.keep.warehouses import FakeWarehouse, RealWarehouse, Row

Store = FakeWarehouse | RealWarehouse
AT_ONCE = Pace(seconds=0.0)
ON_THE_ENGINE = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def store(warehouse: Store, chunks: Sequence[Sequence[Record]]) -> None:
    """Store these chunks, each as a batch of its own as far as it can be."""
    sink = Sink(warehouse, Remembered(), AT_ONCE)
    acked: list[int] = []
    for n, chunk in enumerate(chunks):
        await sink.take(chunk, lambda n=n: acked.append(n))  # type: ignore[misc] # its own n
        await until(lambda n=n: n in acked)  # type: ignore[misc] # its own n
    await sink.close()


def standing(warehouse: Store) -> dict[str, list[Row]]:
    """All collapsed rows; a clock counts by its instant, whichever partition's tick told it."""
    rows = {table.name: warehouse.final(table) for table in TABLES}
    rows["clocks"] = [{"place": row["place"], "at": row["at"]} for row in rows["clocks"]]
    return rows


HISTORY = [
    *(record(topics.CASES, case(n, revision)) for n in range(3) for revision in (10, 20, 30)),
    *(record(topics.FACTS, fact(n, revision=10)) for n in range(6)),
    record(topics.FACTS, fact(2, revision=30, withdrawn=True)),
    *(record(topics.DEAD_LETTERS, letter(n)) for n in range(2)),
    record(topics.DEAD_LETTERS, letter(1, withdrawn=True)),
    record(topics.DEAD_LETTERS, letter(1)),
    *(tick(hours, partition=n) for hours in (1, 3, 2) for n in range(3)),
]
"""Three cases in three revisions, a fact disproved, a listing withdrawn and told again, a clock."""


async def test_the_latest_revision_stands(warehouse: Store) -> None:
    await store(warehouse, [HISTORY])
    assert [row["revision"] for row in warehouse.final(CASES)] == [30, 30, 30]
    assert [row["revision"] for row in warehouse.final(REPORTS)] == [30, 30, 30]
    first = [row for row in warehouse.final(CASE_SPANS) if row["case_id"] == "here/a1/0"]
    assert [row["known_from"] for row in first] == [
        instants([T0 + timedelta(seconds=seconds)])[0] for seconds in (0, 10, 20, 30)
    ]
    assert [row["withdrawn"] for row in warehouse.final(FACTS)].count(True) == 1
    assert [row["withdrawn"] for row in warehouse.final(DEAD_LETTERS)] == [False, True]
    assert [row["at"] for row in warehouse.final(CLOCKS)] == instants([T0 + timedelta(hours=3)])


async def test_a_chunk_that_comes_twice_changes_nothing(warehouse: Store) -> None:
    await store(warehouse, [HISTORY])
    once = standing(warehouse)
    await store(warehouse, [HISTORY, HISTORY[4:9]])
    assert standing(warehouse) == once


async def test_an_older_revision_that_comes_late_changes_nothing(warehouse: Store) -> None:
    await store(warehouse, [[record(topics.CASES, case(1, 20), offset=5)]])
    once = standing(warehouse)
    await store(warehouse, [[record(topics.CASES, case(1, 10), offset=4)]])
    assert warehouse.final(CASES) == once["cases"]
    assert warehouse.final(REPORTS) == once["reports"]


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Record]]:
    """The history in any order, some records twice, cut anywhere."""
    again = draw(st.lists(st.sampled_from(HISTORY), max_size=10))
    order = draw(st.permutations([*HISTORY, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=4)))
    edges = [0, *cuts, len(order)]
    return [order[a:b] for a, b in pairwise(edges)]


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_any_split_repetition_or_order_of_the_records_ends_in_the_same_rows(
    chunks: list[list[Record]],
) -> None:
    expected, found = FakeWarehouse(), FakeWarehouse()
    asyncio.run(store(expected, [HISTORY]))
    asyncio.run(store(found, chunks))
    assert standing(found) == standing(expected)


@pytest.mark.engine
@ON_THE_ENGINE
@given(deliveries())
def test_the_real_engine_ends_in_the_same_rows_as_well(
    real: RealWarehouse, chunks: list[list[Record]]
) -> None:
    expected = FakeWarehouse()
    asyncio.run(store(expected, [HISTORY]))
    real.clear()
    asyncio.run(store(real, chunks))
    assert standing(real) == standing(expected)


NOUNS: dict[Table, type] = {
    REPORTS: ReportRow,
    CASES: Snapshot,
    CASE_SPANS: Span,
    CASE_STEPS: StepRow,
    FACTS: Fact,
    LOOKS: LookRow,
    ROUNDS: AcceptedRound,
    CALLS: AcceptedCall,
    DEAD_LETTERS: DeadLetter,
    REFERENCE_DOCUMENTS: ReferenceChange,
    CLOCKS: Tick,
}


def carrying(table: Table, nouns_: Sequence[Any]) -> list[Record]:
    """The records that would bring these rows."""
    if table in (CASES, CASE_SPANS, CASE_STEPS, REPORTS):
        bare = case(0, 0).snapshot
        return [
            record(
                topics.CASES,
                CaseRecord(
                    snapshot=noun if table is CASES else bare,
                    spans=[noun] if table is CASE_SPANS else [],
                    steps=[noun] if table is CASE_STEPS else [],
                    reports=[noun] if table is REPORTS else [],
                ),
            )
            for noun in nouns_
        ]
    if table is LOOKS:
        tags = {"type": "report", "clear": True}
        return [record(topics.INTAKE, msgspec.to_builtins(noun) | tags) for noun in nouns_]
    topic = {FACTS: topics.FACTS, DEAD_LETTERS: topics.DEAD_LETTERS, CLOCKS: topics.TICKS}
    return [record(topic.get(table, topics.INTAKE), noun) for noun in nouns_]


def back(table: Table, row: Row) -> Any:
    """The noun that a row was made of."""
    fields: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if column.mapper is instants and value is not None:
            value = EPOCH + timedelta(microseconds=value)
        elif column.mapper is json_texts:
            value = msgspec.json.decode(value)
        *within, name = column.path.split(".")
        inner = fields
        for step in within:
            inner = inner.setdefault(step, {})
        inner[name] = value
    described = inspect.type_info(NOUNS[table])
    assert isinstance(described, inspect.StructType)
    tagged = {described.tag_field: described.tag} if described.tag_field else {}
    return msgspec.convert(fields | tagged, NOUNS[table])


@pytest.mark.engine
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_field_becomes_a_column_and_comes_back(real: RealWarehouse, table: Table) -> None:
    @ON_THE_ENGINE
    @given(st.lists(nouns(NOUNS[table]), min_size=1, max_size=8))
    def law(drawn: list[Any]) -> None:
        real.clear()
        fake = FakeWarehouse()
        records = carrying(table, drawn)
        asyncio.run(store(real, [records]))
        asyncio.run(store(fake, [records]))
        rows = real.final(table)
        assert rows == fake.final(table)
        assert rows
        for row in rows:
            assert back(table, row) in drawn

    law()


@pytest.mark.engine
@pytest.mark.chaos
async def test_an_engine_killed_while_rows_come_has_them_all_when_it_is_back(
    tmp_path: Path,
) -> None:
    """Unacknowledged rows are sent again by the sink itself; acknowledged ones were on disk."""
    engine, log = Engine(tmp_path), tmp_path / "log"
    engine.prepare()
    with log.open("ab") as out:
        process = start(engine, out)
        try:
            await asyncio.to_thread(await_ready, engine, process, log)
            migrate(engine.address)
            warehouse, tally, acked = RealWarehouse(engine.address), Remembered(), list[int]()
            sink = Sink(warehouse, tally, Pace(rows=2000, seconds=0.01, first_wait=0.05))
            for n in range(30):
                await sink.take(facts(500, first=500 * n), lambda n=n: acked.append(n))  # type: ignore[misc]
                if n in (8, 19):
                    await until(lambda: len(acked) > 2)
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    process = start(engine, out)
            await until(lambda: len(acked) == 30, seconds=60)
            await sink.close()
            assert acked == list(range(30))
            found = warehouse.query("SELECT count(), uniqExact(fact_id) FROM facts FINAL")
            assert found == [(15_000, 15_000)]
            warehouse.close()
        finally:
            stop(process)
