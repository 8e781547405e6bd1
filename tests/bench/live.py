"""The live case: records that arrive one by one, each a small chunk; how late, at what cost."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from streams.core.accepted import Tick
from streams.core.codec import encode_json
from streams.core.results import Fact
from streams.core.topics import FACTS, PARTITIONS, TICKS
from streams.demoplan import plan
from streams.entry.simulate import Simulated, simulate
from streams.entry.simulate_day import Kind
from streams.joined import Joined
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import end_offsets, read_all
from tests.bench.parts import Reading, read
from tests.journey.system import System

WARM_S = 3.0
"""Sent before anything is measured: connections and caches of idle parts wake up."""
IDLE_S = 3.0
TICK_S = 10.0
LOOK_S = 0.05

Cause = tuple[str, str]
"""Sender and id of an input."""
_NEWEST = "SELECT partition, max(offset) FROM facts GROUP BY partition"
_fact = msgspec.json.Decoder(Fact).decode


class Spot(msgspec.Struct, frozen=True):
    """Two percentiles, in milliseconds."""

    p50: float
    p99: float

    @staticmethod
    def of(seconds: Sequence[float]) -> "Spot":
        """Of these seconds; at least one."""
        ranked = sorted(seconds)
        at = (ranked[int(share * (len(ranked) - 1))] for share in (0.5, 0.99))
        return Spot(*(round(1000 * one, 1) for one in at))


class Live(msgspec.Struct, frozen=True):
    """Milliseconds from the moment that a record is handed to its producer until it stands on the
    intake log, its first fact on the facts log, and that fact in the store (seen by a query each
    50 ms). CPU of the worker per chunk over all hops; of each part per record sent, and idle."""

    records: int
    per_second: float
    answered: int
    to_intake: Spot
    to_fact: Spot
    to_stored: Spot
    chunks: dict[str, float]
    records_per_chunk: dict[str, float]
    cpu_ms_per_chunk: float
    cpu_ms_per_record: dict[str, float]
    idle_cpu_percent: dict[str, float]


class _Watched(msgspec.Struct):
    """What was seen while the records went: when each was sent, how far the store had come."""

    sent: dict[Cause, float]
    stored: list[tuple[float, Mapping[int, int]]]
    sending: bool = True


class Load(msgspec.Struct, frozen=True):
    """What is sent: records of the place's day of this seed, so many a second for so long."""

    place: str
    seed: int
    rate: float
    seconds: float

    def items(self) -> Iterator[Simulated]:
        """Reports and the acts on them, in the order of the day; repeats left out."""
        reports = max(1, int(self.rate * (self.seconds + WARM_S)))
        rules = plan(self.place, self.seed, reports, 0, None).rules
        day = simulate(rules, self.seed, reports)
        return (item for item in day if item.kind in {Kind.REPORT, Kind.ACT})


def run_live(system: System, load: Load) -> Live:
    """Send the load to a system that is up and has nothing to do."""
    at, watched, idle = system.joined, _Watched({}, []), _idle(system)
    starts = end_offsets(at.where.kafka, FACTS.name)
    used = asyncio.run(_watch(system, load, watched))
    return _told(watched, _facts_since(at, starts), used, load.rate, idle)


def _idle(system: System) -> dict[str, float]:
    before = read(system.home)
    time.sleep(IDLE_S)
    used = read(system.home).since(before).cpu_seconds
    return {name: round(100 * one / IDLE_S, 1) for name, one in used.items()}


async def _watch(system: System, load: Load, watched: _Watched) -> Reading:
    """Send, look at the store all the while, and until all has come to rest."""
    at, items = system.joined, list(load.items())
    warm = int(load.rate * WARM_S)
    measured = items[warm : warm + int(load.rate * load.seconds)]
    looking = asyncio.create_task(_look(at.store, watched))
    try:
        async with AIOKafkaProducer(bootstrap_servers=at.where.kafka) as producer:
            await _send(producer, load, items[:warm], {})
            before = await asyncio.to_thread(read, system.home)
            await _send(producer, load, measured, watched.sent)
            used = (await asyncio.to_thread(read, system.home)).since(before)
        await asyncio.to_thread(at.drain)
    finally:
        watched.sending = False
        await looking
    return used


async def _send(
    producer: Any,
    load: Load,
    items: Sequence[Simulated],
    sent: dict[Cause, float],
) -> None:
    """One after the other at an even pace, and a tick each ten seconds, as a live clock does."""
    loop = asyncio.get_running_loop()
    began = ticked = loop.time()
    for number, item in enumerate(items):
        await asyncio.sleep(max(0.0, began + number / load.rate - loop.time()))
        told = dict(item.headers)
        sent[told["ce_source"].decode(), told["ce_id"].decode()] = _wall()
        await producer.send(item.topic, item.value, item.key, headers=list(item.headers))
        if loop.time() - ticked > TICK_S:
            ticked += TICK_S
            value = encode_json(Tick(load.place, item.at))
            for partition in range(PARTITIONS):
                await producer.send(TICKS.name, value, load.place.encode(), partition)
    await producer.flush()


async def _look(store: Warehouse, watched: _Watched) -> None:
    while True:
        last = not watched.sending
        rows = await asyncio.to_thread(store.query, _NEWEST)
        watched.stored.append((_wall(), {int(at): int(offset) for at, offset in rows}))
        if last:
            return
        await asyncio.sleep(LOOK_S)


def _wall() -> float:
    # Compared with the broker's own stamps, which are of the same machine's wall clock.
    return time.time()  # noqa: TID251


class _First(msgspec.Struct, frozen=True):
    """The first fact that an input led to: where and when it came on the log."""

    partition: int
    offset: int
    ingested_s: float
    at_s: float


def _facts_since(at: Joined, starts: Mapping[int, int]) -> dict[Cause, _First]:
    firsts: dict[Cause, _First] = {}
    for record in read_all(at.where.kafka, FACTS.name, starts=starts):
        fact = _fact(record.value or b"")
        ingested = fact.ingested_at.timestamp()
        one = _First(record.partition, record.offset, ingested, record.at_ms / 1000)
        firsts.setdefault((fact.sender, fact.input_id), one)
    return firsts


def _told(
    watched: _Watched,
    firsts: Mapping[Cause, _First],
    used: Reading,
    rate: float,
    idle: dict[str, float],
) -> Live:
    answered = {cause: firsts[cause] for cause in watched.sent if cause in firsts}
    assert answered, "no record led to a fact"
    gone = [(watched.sent[cause], first) for cause, first in answered.items()]
    count = len(watched.sent)
    return Live(
        records=count,
        per_second=rate,
        answered=len(answered),
        to_intake=Spot.of([first.ingested_s - sent for sent, first in gone]),
        to_fact=Spot.of([first.at_s - sent for sent, first in gone]),
        to_stored=Spot.of(list(_stored_after(watched, gone))),
        chunks=used.chunks,
        records_per_chunk={
            hop: round(used.records.get(hop, 0) / chunks, 2)
            for hop, chunks in used.chunks.items()
            if chunks
        },
        cpu_ms_per_chunk=round(
            1000 * used.cpu_seconds["work-0"] / max(1.0, sum(used.chunks.values())), 2
        ),
        cpu_ms_per_record={
            name: round(1000 * one / count, 2) for name, one in used.cpu_seconds.items()
        },
        idle_cpu_percent=idle,
    )


def _stored_after(watched: _Watched, gone: Sequence[tuple[float, _First]]) -> Iterator[float]:
    """Seconds from each sending to the first look that saw its fact in the store."""
    for sent, first in gone:
        looks = (
            when
            for when, newest in watched.stored
            if newest.get(first.partition, -1) >= first.offset
        )
        yield next(looks) - sent
