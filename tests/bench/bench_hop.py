"""How fast a hop is beside a bare aiokafka loop with the same step; prints JSON.

python tests/bench/bench_hop.py [--records 200000] [--partitions 12] [--broker host:port]

Each run is a process of its own on topics of its own; a rate is records over the seconds from the
first decision to the last acknowledgement. Without a broker it starts one for itself.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from infra.embedded.broker import running_broker
from streams.core.record import Decision, Out, Record, State
from streams.core.topics import Topic
from streams.flow.app import build_app, run_app
from streams.flow.emitter import Emitter
from streams.flow.hop import Blank, Hop
from streams.flow.transport import cut

RUNS = (("hop", False), ("hop", True), ("bare", False), ("bare", True))
TEXT = "桥头镇李屋村某路口垃圾未清理，存在积水，影响通行，请尽快派人处理"


class Job(msgspec.Struct, frozen=True):
    """One run."""

    how: str
    stateful: bool
    broker: str
    records: int
    partitions: int
    id: str


class Case(msgspec.Struct):
    """About what a report is."""

    id: str
    home: str
    matter: str
    text: str
    seen: int = 0


decode, encode = msgspec.json.Decoder(Case).decode, msgspec.json.Encoder().encode


class Clock:
    """Counts records until all are through, then says how long it took and ends the process."""

    def __init__(self, job: Job) -> None:
        self.job, self.done, self.first = job, 0, 0.0

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """A tally: only what came in matters."""
        if name == "records_in":
            self.done += value
        if name == "records_in" and self.done >= self.job.records:
            self.tell(monotonic() - self.first)
            os.kill(os.getpid(), signal.SIGTERM)

    def tell(self, seconds: float) -> None:
        """Print the run's figures."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        figures = {
            "how": self.job.how,
            "stateful": self.job.stateful,
            "records": self.done,
            "seconds": round(seconds, 3),
            "records_per_second": round(self.done / seconds),
            "process_seconds": round(process_time(), 2),
            "peak_rss_bytes": peak,
        }
        print(json.dumps(figures), flush=True)


class Work:
    """The step of all runs: decode, re-key, encode; with state, one value for each home."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self.out, self.stateful, self.clock = f"{job.id}.out", job.stateful, clock

    def __call__(self, records: Sequence[Record], state: State) -> Decision:
        self.clock.first = self.clock.first or monotonic()
        outs: list[Out] = []
        writes: dict[bytes, bytes | None] = {}
        for record in records:
            case = decode(record.value or b"")
            key = case.home.encode()
            if self.stateful:
                known = writes.get(key) or state.get(key)
                case.seen = decode(known).seen + 1 if known else 1
                writes[key] = encode(case)
            outs.append(Out(self.out, key, encode(case)))
        return Decision(outs, writes)


def main() -> None:
    """Run all four, one after the other, and print one JSON value."""
    if len(sys.argv) > 2 and sys.argv[1] == "--job":
        run(msgspec.json.decode(sys.argv[2], type=Job))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--broker")
    given = parser.parse_args()
    with _broker(given.broker) as broker:
        runs = [
            _run_apart(
                Job(how, kept, broker, given.records, given.partitions, uuid.uuid4().hex[:8])
            )
            for how, kept in RUNS
        ]
    print(json.dumps({"cpus": os.cpu_count(), "partitions": given.partitions, "runs": runs}))


@contextmanager
def _broker(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder)) as broker:
        yield broker.address


def _run_apart(job: Job) -> Any:
    admin = KafkaAdminClient(bootstrap_servers=job.broker)
    names = [f"{job.id}.{name}" for name in ("in", "out", "state")]
    admin.create_topics([NewTopic(name, job.partitions, 1) for name in names])
    asyncio.run(_fill(job))
    command = [sys.executable, __file__, "--job", msgspec.json.encode(job).decode()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=300)
    admin.delete_topics(names)
    admin.close()
    return json.loads(done.stdout.splitlines()[0])


async def _fill(job: Job) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=job.broker, compression_type="lz4", max_batch_size=64 << 20
    ) as producer:
        for first in range(0, job.records, 20_000):
            numbers = range(first, min(first + 20_000, job.records))
            cases = [Case(f"r-{n}", f"place/area-{n % 500}", "rubbish", TEXT) for n in numbers]
            outs = [Out(f"{job.id}.in", one.home.encode(), encode(one)) for one in cases]
            await Emitter(producer).send(outs)


def run(job: Job) -> None:
    """One run in this process."""
    work = Work(job, clock := Clock(job))
    with tempfile.TemporaryDirectory() as folder:
        if job.how == "bare":
            asyncio.run(_bare(job, work, clock))
        else:
            source = Topic(f"{job.id}.in", "any", {}, job.partitions)
            state = Topic(f"{job.id}.state", "key", {}, job.partitions) if job.stateful else None
            hop = Hop("bench", work, (source,), source, state)
            run_app(build_app(job.id, job.broker, Path(folder), [hop], clock))


class Held(Blank):
    """State in a plain dict: the least that any state can cost."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        """What is held."""
        return self.held.get(key)


async def _bare(job: Job, work: Work, clock: Clock) -> None:
    settings = {"group_id": job.id, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    size = {"compression_type": "lz4", "max_batch_size": 64 << 20, "enable_idempotence": True}
    states = [Held() for _ in range(job.partitions)]
    async with (
        AIOKafkaConsumer(f"{job.id}.in", bootstrap_servers=job.broker, **settings) as consumer,
        AIOKafkaProducer(bootstrap_servers=job.broker, **size) as producer,
    ):
        emitter = Emitter(producer)
        while clock.done < job.records:
            fetched = await consumer.getmany(timeout_ms=1000)
            for tp, raw in fetched.items():
                for records in cut(raw):
                    state = states[tp.partition]
                    decision = work(records, state)
                    await emitter.send(decision.outs)
                    if decision.writes:
                        lines = [(key, value, ()) for key, value in decision.writes.items()]
                        await emitter.append(f"{job.id}.state", tp.partition, lines)
                        state.held |= decision.writes
                    clock.done += len(records)
            ends = {tp: raw[-1].offset + 1 for tp, raw in fetched.items()}
            await consumer.commit({TopicPartition(*tp): end for tp, end in ends.items()})
        clock.tell(monotonic() - clock.first)


if __name__ == "__main__":
    main()
