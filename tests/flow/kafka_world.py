"""What the broker tests do from outside: topics, records, worker processes, offsets."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from hop_worker import Job
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from streams.core.record import Out
from streams.flow.emitter import Emitter
from streams.flow.tally import Health

PATIENCE_S = 60.0
WORKER = Path(__file__).with_name("hop_worker.py")


class World:
    """Four topics with four partitions each: in, out, dead and state."""

    def __init__(self, address: str, folder: Path, partitions: int = 4) -> None:
        self.address, self.folder, self.partitions = address, folder, partitions
        self.id = uuid.uuid4().hex[:8]
        self.workers: list[subprocess.Popen[bytes]] = []
        for name in ("in", "out", "dead", "state"):
            self.create(name)

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    def topic(self, name: str) -> str:
        """The test's own name of a topic."""
        return f"{self.id}.{name}"

    def create(self, name: str, partitions: int | None = None, **config: str) -> None:
        """Create a topic; `config` with underscores for dots."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        count = partitions or self.partitions
        admin.create_topics([NewTopic(self.topic(name), count, 1, topic_configs=settings)])
        admin.close()

    # --- records -------------------------------------------------------------------------

    def send(
        self, lines: Iterable[tuple[bytes | None, bytes | None]], to: str = "in", **producer: Any
    ) -> None:
        """Write (key, value), by key; returns when all are acknowledged."""
        outs = [Out(self.topic(to), key, value) for key, value in lines]
        asyncio.run(self._send(outs, producer))

    async def _send(self, outs: Sequence[Out], settings: Mapping[str, Any]) -> None:
        size = {"max_batch_size": 64 << 20, "max_request_size": 64 << 20}
        producer = AIOKafkaProducer(bootstrap_servers=self.address, acks="all", **size, **settings)
        async with producer:
            await Emitter(producer).send(outs)

    def read(self, name: str) -> list[Any]:
        """All records of a topic, in the order of each partition."""
        return asyncio.run(self._read(self.topic(name)))

    async def _read(self, topic: str) -> list[Any]:
        found: list[Any] = []
        settings = {"auto_offset_reset": "earliest", "max_partition_fetch_bytes": 16 << 20}
        async with AIOKafkaConsumer(bootstrap_servers=self.address, **settings) as consumer:
            tps = [TopicPartition(topic, number) for number in range(self.partitions)]
            consumer.assign(tps)
            ends = await consumer.end_offsets(tps)
            while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
        return found

    def last_numbers(self) -> dict[bytes, int]:
        """What `follow` sent on for each key: its highest number; fails where one was missing."""
        last: dict[bytes, int] = {}
        for record in self.read("out"):
            number, _, gap = record.value.partition(b" ")
            assert not gap, f"{record.key!r}: a number before {record.value!r} was lost"
            last[record.key] = max(last.get(record.key, 0), int(number))
        return last

    # --- offsets -------------------------------------------------------------------------

    def lag(self, name: str = "in") -> int:
        """How far the committed offsets are from the topic's end, over all partitions."""
        return asyncio.run(self._lag(self.topic(name), f"{self.id}-follow"))

    async def _lag(self, topic: str, group: str) -> int:
        settings = {"group_id": group, "enable_auto_commit": False}
        async with AIOKafkaConsumer(bootstrap_servers=self.address, **settings) as consumer:
            tps = [TopicPartition(topic, number) for number in range(self.partitions)]
            ends: dict[Any, int] = await consumer.end_offsets(tps)
            done: dict[Any, int] = {tp: await consumer.committed(tp) or 0 for tp in tps}
            assert all(done[tp] <= ends[tp] for tp in tps), (done, ends)
            return sum(ends[tp] - done[tp] for tp in tps)

    # --- workers -------------------------------------------------------------------------

    def work(self, name: str = "one", **job: Any) -> subprocess.Popen[bytes]:
        """Start a worker process; `name` also names its folder and its log."""
        topics = {"inputs": [self.topic("in")], "out": self.topic("out")}
        states = {"dead": self.topic("dead"), "state": self.topic("state")}
        full = Job(
            broker=self.address,
            group=f"{self.id}-follow",
            data_dir=str(self.folder / name),
            partitions=self.partitions,
            **{**topics, **states, **job},
        )
        with (self.folder / f"{name}.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, WORKER, msgspec.json.encode(full)], stdout=log, stderr=log
            )
        self.workers.append(worker)
        return worker

    def settle(self, *workers: subprocess.Popen[bytes], name: str = "in") -> None:
        """Wait until everything that stands in a topic is done and committed, to the very end."""
        self.until(lambda: self.lag(name) == 0, workers)

    def until(
        self, holds: Callable[[], bool], workers: Sequence[subprocess.Popen[bytes]] = ()
    ) -> None:
        """Wait for a condition; fails when a worker ends before, or patience does."""
        deadline = monotonic() + PATIENCE_S
        while not holds():
            for worker in workers:
                assert worker.poll() is None, self.logs()
            assert monotonic() < deadline, self.logs()
            sleep(0.1)

    def health(self, name: str) -> Health:
        """How the worker of that name says it is doing."""
        try:
            told = (self.folder / name / "health.json").read_bytes()
        except FileNotFoundError:
            return Health(False, [], 0, 0, 0.0, -1)
        return msgspec.json.decode(told, type=Health)

    def logs(self) -> str:
        """The ends of the workers' logs."""
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"{log.name}: {log.read_text(errors='replace')[-20_000:]}" for log in found
        )


def stop(worker: subprocess.Popen[bytes]) -> int:
    """End a worker as a supervisor does; returns its exit code."""
    worker.terminate()
    return worker.wait(PATIENCE_S)


def tell(worker: subprocess.Popen[bytes], what: signal.Signals) -> None:
    """Send a signal to one worker."""
    os.kill(worker.pid, what)


def numbers(keys: int, first: int, last: int) -> list[tuple[bytes, bytes]]:
    """For each of the keys the numbers first..last, as `follow` reads them."""
    return [
        (b"k%d" % key, b"%d" % number) for number in range(first, last + 1) for key in range(keys)
    ]
