"""The sink: rows first, acks after; waiting in place, and never more than two batches."""

import asyncio
import re
from collections.abc import Callable
from itertools import islice

import pytest

from streams.core import topics
from streams.core.accepted import AcceptedAct, Origin
from streams.core.events import Act, ActKind
from streams.core.record import Record
from streams.keep import sink as sink_module
from streams.keep.rows import Unreadable
from streams.keep.sink import AWAY, LAST_FACT, ROWS, WAITED_SECONDS, Closed, Pace, Sink
from streams.keep.tables import CASES, FACTS, TABLES
from streams.wire.clickhouse import Never
from tests.keep.records import T0, case, fact, facts, record, tick
from tests.keep.tallies import Remembered, until
from tests.keep.warehouses import FakeWarehouse

QUICK = Pace(seconds=0.02, first_wait=0.001, longest_wait=0.004)
SLOW = Pace(seconds=3600)
SMALL = Pace(rows=10, seconds=3600)


class Acks(list[str]):
    """The names of the chunks acknowledged, in order."""

    def of(self, name: str) -> Callable[[], None]:
        return lambda: self.append(name)


def a_sink(warehouse: FakeWarehouse, pace: Pace = QUICK) -> tuple[Sink, Remembered]:
    tally = Remembered()
    return Sink(warehouse, tally, pace), tally


async def test_chunks_are_acknowledged_in_order_and_only_when_every_table_has_its_rows() -> None:
    warehouse, acks = FakeWarehouse(), Acks()
    seen_at_ack: list[set[str]] = []
    sink, _ = a_sink(warehouse)
    mixed = [record(topics.CASES, case(1, 0)), *facts(3), tick(1)]

    await sink.take(mixed, lambda: seen_at_ack.append({table for table, _ in warehouse.inserts}))
    await sink.take(facts(2, first=3), acks.of("second"))
    await sink.take(facts(2, first=5), acks.of("third"))
    await sink.close()

    assert seen_at_ack == [{"reports", "cases", "case_spans", "case_steps", "facts", "clocks"}]
    assert acks == ["second", "third"]
    assert len(warehouse.final(FACTS)) == 7


async def test_a_clock_is_stored_behind_all_that_came_beside_it() -> None:
    warehouse = FakeWarehouse()
    sink, _ = a_sink(warehouse)
    await sink.take([tick(1), *facts(1), record(topics.CASES, case(1, 0))], lambda: None)
    await sink.close()
    assert warehouse.inserts[-1][0] == "clocks"
    assert [table.name for table in TABLES][-1] == "clocks"


async def test_a_lone_chunk_does_not_wait_for_the_next_one() -> None:
    acks = Acks()
    sink, _ = a_sink(FakeWarehouse())
    await sink.take(facts(1), acks.of("lone"))
    await until(lambda: acks == ["lone"])
    await sink.close()


async def test_a_full_batch_does_not_wait_for_its_time() -> None:
    acks = Acks()
    sink, _ = a_sink(FakeWarehouse(), SMALL)
    await sink.take(facts(10), acks.of("full"))
    await until(lambda: acks == ["full"])
    await sink.close()


async def test_after_a_full_batch_the_next_one_has_its_time_again() -> None:
    warehouse, acks = FakeWarehouse(), Acks()
    sink, _ = a_sink(warehouse, SMALL)
    await sink.take(facts(10), acks.of("full"))
    await until(lambda: acks == ["full"])
    for name in ("half", "other half"):
        await sink.take(facts(5), acks.of(name))
        for _ in range(20):  # turns in which a batch that believed itself due would leave
            await asyncio.sleep(0)
    await until(lambda: acks == ["full", "half", "other half"])
    assert warehouse.inserts == [("facts", 10), ("facts", 10)]
    await sink.close()


async def test_few_rows_that_weigh_much_fill_a_batch_too() -> None:
    acks = Acks()
    sink, _ = a_sink(FakeWarehouse(), Pace(bytes=2000, seconds=3600))
    heavy = record(topics.FACTS, fact(1, detail={"text": "x" * 2000}))
    await sink.take([heavy], acks.of("heavy"))
    await until(lambda: acks == ["heavy"])
    await sink.close()


async def test_a_chunk_without_rows_is_acknowledged_in_its_turn() -> None:
    """Reports and acts on the intake log come back as facts and cases: nothing to store here."""
    act = AcceptedAct(
        sender="/here/desk",
        id="a1",
        sha256="0" * 64,
        occurred_at=T0,
        act=Act(place="here", act=ActKind.SIGN),
        origin=Origin(topics.ACTS.name, 0, 0),
    )
    warehouse, acks = FakeWarehouse(), Acks()
    sink, _ = a_sink(warehouse)
    await sink.take([record(topics.INTAKE, act)], acks.of("acts"))
    await sink.take([], acks.of("empty"))
    await until(lambda: acks == ["acts", "empty"])
    assert warehouse.inserts == []
    await sink.close()


async def test_while_the_store_is_away_rows_wait_in_place_and_nothing_is_acknowledged() -> None:
    warehouse, acks = FakeWarehouse(away=4), Acks()
    sink, tally = a_sink(warehouse)
    stored_at_ack: list[int] = []
    await sink.take(facts(3), lambda: stored_at_ack.append(len(warehouse.final(FACTS))))
    await until(lambda: tally.gauges.get((AWAY, ())) == 1)
    await until(lambda: stored_at_ack == [3])
    assert len(tally.steps(WAITED_SECONDS)) == 4
    assert tally.gauges[AWAY, ()] == 0
    assert sink.away is False
    await sink.close()
    assert acks == []
    assert warehouse.inserts == [("facts", 3)]


def test_waits_grow_to_a_bound() -> None:
    assert list(islice(Pace().waits(), 7)) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_a_store_that_comes_back_gets_only_the_tables_that_it_lacks() -> None:
    warehouse = FakeWarehouse(away=2, away_for="facts")
    sink, _ = a_sink(warehouse)
    await sink.take([record(topics.CASES, case(1, 0)), *facts(1)], lambda: None)
    await until(lambda: ("facts", 1) in warehouse.inserts)
    await sink.close()
    assert [table for table, _ in warehouse.inserts].count("cases") == 1


async def test_rows_that_are_wrong_stop_the_sink_and_acknowledge_nothing() -> None:
    warehouse, acks = FakeWarehouse(), Acks()
    warehouse.refusing = "facts"
    sink, _ = a_sink(warehouse)
    watching = asyncio.create_task(sink.watch())
    await sink.take([record(topics.CASES, case(1, 0)), *facts(1)], acks.of("wrong"))
    with pytest.raises(Never):
        await watching
    with pytest.raises(Never):
        await sink.take(facts(1), acks.of("after"))
    with pytest.raises(Never):
        await sink.close()
    assert acks == []
    assert len(warehouse.final(CASES)) == 1


async def test_an_error_that_nobody_knows_stops_the_sink_as_well() -> None:
    class Odd(FakeWarehouse):
        def insert_columns(self, *_: object, **__: object) -> None:
            raise ZeroDivisionError

    acks = Acks()
    sink, _ = a_sink(Odd())
    await sink.take(facts(1), acks.of("odd"))
    with pytest.raises(ZeroDivisionError):
        await sink.watch()
    assert acks == []


async def test_a_chunk_waits_while_one_batch_is_stored_and_the_next_is_full() -> None:
    warehouse, acks = FakeWarehouse(), Acks()
    sink, _ = a_sink(warehouse, SMALL)
    warehouse.gate.clear()
    await sink.take(facts(10), acks.of("stored"))
    await sink.take(facts(10, first=10), acks.of("next"))
    third = asyncio.create_task(sink.take(facts(10, first=20), acks.of("third")))
    fourth = asyncio.create_task(sink.take(facts(10, first=30), acks.of("fourth")))
    await asyncio.wait([third, fourth], timeout=0.05)
    assert not third.done()
    assert not fourth.done()
    assert acks == []

    warehouse.gate.set()
    await asyncio.gather(third, fourth)
    await sink.close()
    assert acks == ["stored", "next", "third", "fourth"]
    assert len(warehouse.final(FACTS)) == 40


async def test_a_chunk_that_waits_for_room_learns_of_the_failure() -> None:
    warehouse = FakeWarehouse()
    warehouse.refusing = "facts"
    warehouse.gate.clear()
    sink, _ = a_sink(warehouse, SMALL)
    await sink.take(facts(10), lambda: None)
    await sink.take(facts(10), lambda: None)
    waiting = asyncio.create_task(sink.take(facts(1), lambda: None))
    await asyncio.wait([waiting], timeout=0.02)
    warehouse.gate.set()
    with pytest.raises(Never):
        await waiting


async def test_closing_stores_what_is_gathered() -> None:
    warehouse, acks = FakeWarehouse(), Acks()
    sink, _ = a_sink(warehouse, SLOW)
    await sink.take(facts(2), acks.of("last"))
    await sink.close()
    assert acks == ["last"]
    assert len(warehouse.final(FACTS)) == 2
    with pytest.raises(Closed):
        await sink.take(facts(1), acks.of("late"))


async def test_closing_does_not_wait_for_a_store_that_is_away() -> None:
    """What is not acknowledged comes again: to hang at the end would help nobody."""
    acks = Acks()
    sink, tally = a_sink(FakeWarehouse(away=1000), Pace(seconds=0.001, first_wait=3600))
    await sink.take(facts(1), acks.of("unstored"))
    await until(lambda: tally.gauges.get((AWAY, ())) == 1)
    async with asyncio.timeout(5):
        await sink.close()
        await sink.watch()
    assert acks == []


async def test_closing_a_sink_that_never_took_anything_ends_its_watch() -> None:
    sink, _ = a_sink(FakeWarehouse())
    watching = asyncio.create_task(sink.watch())
    await sink.close()
    async with asyncio.timeout(5):
        await watching


async def test_an_unreadable_record_of_our_own_is_not_acknowledged() -> None:
    acks = Acks()
    sink, _ = a_sink(FakeWarehouse(), SLOW)
    torn = Record(topics.FACTS.name, 4, 7, 0, b"k", b'{"fact_id": "f1"')
    with pytest.raises(Unreadable, match=r"gridloop\.facts\.v1 4 7"):
        await sink.take([torn], acks.of("torn"))
    await sink.close()
    assert acks == []


async def test_freshness_and_rows_are_told() -> None:
    sink, tally = a_sink(FakeWarehouse())
    assert sink.last_fact_at is None
    await sink.take(facts(3), lambda: None)
    await sink.close()
    assert sink.last_fact_at == fact(2).ingested_at
    assert tally.gauges[LAST_FACT, ()] == fact(2).ingested_at.timestamp()
    assert tally.steps(ROWS, table="facts") == [3]


async def test_metric_names_follow_the_naming_rules_of_prometheus() -> None:
    sink, tally = a_sink(FakeWarehouse(away=1))
    await sink.take([record(topics.CASES, case(1, 0)), *facts(1)], lambda: None)
    await until(lambda: bool(tally.steps(ROWS, table="facts")))
    await sink.close()
    counters = {name for name, _ in tally.counts}
    gauges = {name for name, _ in tally.gauges}
    declared = {value for value in vars(sink_module).values() if str(value).startswith("gridloop_")}
    assert counters | gauges == declared
    assert all(name.endswith("_total") for name in counters)
    assert not any(re.search(r"_(total|count|sum|bucket|info)$", name) for name in gauges)
    assert all(re.fullmatch(r"gridloop_sink_[a-z_]+", name) for name in declared)
