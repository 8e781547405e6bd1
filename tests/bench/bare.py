"""The bare loops: an aiokafka consumer, the very same step, a dict for state, and nothing else."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from heapq import merge
from time import monotonic, sleep
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.core.record import Record, State
from streams.demoplan import plan
from streams.entry.player import play, ticks
from streams.entry.simulate import Simulated, simulate
from streams.flow.emitter import Emitter
from streams.flow.transport import cut
from streams.keep.rows import Batch
from streams.keep.sink import Pace
from streams.keep.tables import TABLES
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Publisher
from tests.bench.job import Job, Meter
from tests.bench.stages import Aside, Stage, copy_of, real_step

POLL_MS = 200
TICK = timedelta(minutes=5)
STORING = {"async_insert": 0, "max_insert_threads": 1}
CONSUMER = {
    "auto_offset_reset": "earliest",
    "enable_auto_commit": False,
    # A loop this simple sends no heartbeat while it stores.
    "session_timeout_ms": 60_000,
    "max_poll_interval_ms": 600_000,
}
PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "max_batch_size": 64 << 20,
    "max_request_size": 64 << 20,
}


class Held:
    """State in a plain dict: the least that any state can cost; lost with its process."""

    def __init__(self) -> None:
        self.memo: dict[Any, Any] = {}
        self.held: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value kept under this key, or None."""
        return self.held.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All kept values whose key begins so."""
        return iter(
            [(k, v) for k, v in self.held.items() if v is not None and k.startswith(prefix)]
        )


# --- a hop ---------------------------------------------------------------------------------------


def run_hop(stage: Stage, job: Job, meter: Meter) -> int:
    """Read, decide, send, keep in the dict, commit; until all is through."""
    with real_step(stage, job, meter) as step:
        asyncio.run(_pass_on(stage, job, step, meter))
    return 0


async def _pass_on(stage: Stage, job: Job, step: Aside, meter: Meter) -> None:
    states: defaultdict[int, Held] = defaultdict(Held)
    async with AIOKafkaProducer(bootstrap_servers=job.kafka, **PRODUCER) as producer:
        emitter = Emitter(producer)
        async for chunks in _fetched(stage, job, meter):
            for chunk in chunks:
                held = states[chunk[0].partition]
                state: State = held
                decision = step(chunk, state)
                await emitter.send(decision.outs)
                held.held |= decision.writes
                meter.done(len(chunk))


async def _fetched(stage: Stage, job: Job, meter: Meter) -> AsyncIterator[Iterator[list[Record]]]:
    """The chunks of one poll after the other; committed when the next one is asked for."""
    async with _consumer(stage, job) as consumer:
        while meter.figures is None:
            polled = await consumer.getmany(timeout_ms=POLL_MS)
            yield (chunk for raw in polled.values() for chunk in cut(raw))
            if polled:
                await consumer.commit()


@asynccontextmanager
async def _consumer(stage: Stage, job: Job) -> AsyncIterator[Any]:
    names = [topic.name for topic in stage.inputs]
    async with AIOKafkaConsumer(
        *names, bootstrap_servers=job.kafka, group_id=f"bench-{job.id}", **CONSUMER
    ) as consumer:
        yield consumer


# --- the sink ------------------------------------------------------------------------------------


def run_sink(stage: Stage, job: Job, meter: Meter) -> int:
    """Read, gather as large a batch as the sink's, insert, commit; one after the other."""
    asyncio.run(_store_all(stage, job, meter))
    return 0


async def _store_all(stage: Stage, job: Job, meter: Meter) -> None:
    store, full = Warehouse(job.clickhouse, job.database), Pace()
    async for chunks in _fetched(stage, job, meter):
        batch = Batch()
        for chunk in chunks:
            meter.begin()
            for record in chunk:
                batch.add(record)
            if batch.rows >= full.rows or batch.bytes >= full.bytes:
                _store(store, batch, meter)
                batch = Batch()
        if batch.records:
            _store(store, batch, meter)
    store.close()


def _store(store: Warehouse, batch: Batch, meter: Meter) -> None:
    for table in TABLES:
        if batch.count(table):
            store.insert_columns(table.name, table.names, batch.columns(table), STORING)
    meter.done(batch.records)


# --- the sending ---------------------------------------------------------------------------------


class _Pace:
    """The wall clock; nothing waits for it here."""

    def now(self) -> float:
        return monotonic()

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


def run_send(stage: Stage, job: Job, meter: Meter) -> int:
    """Simulate the day and publish it with its clock's ticks, as fast as it goes."""
    the_plan = plan(job.place, job.seed, job.reports, 0, None)
    names = {topic.name: copy_of(topic, job).name for topic in stage.outputs}

    def items() -> Iterator[Simulated]:
        day = simulate(the_plan.rules, job.seed, job.reports)
        clock = ticks(the_plan.day, job.place, TICK)
        for one in merge(day, clock, key=lambda item: item.at):
            yield _turned(one, names[one.topic])

    meter.begin()
    with Publisher(job.kafka) as publisher:
        played = play(items(), publisher, speed=None, pace=_Pace())
    meter.done(sum(played.sent.values()))
    return 0


def _turned(one: Simulated, topic: str) -> Simulated:
    return Simulated(one.kind, one.at, one.occurred_at, topic, one.key, one.value, one.headers)
