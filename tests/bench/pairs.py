"""Hop and bare loop by turns, each in a process and on topics or a database of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import msgspec

from streams.core.topics import Topic
from streams.keep.migrations import migrate
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import create_topics, end_offsets
from streams.wire.topics import admin_of
from tests.bench.job import Figures, Job
from tests.bench.stages import SEND, SINK, Stage, copy_of

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 900.0

Say = Callable[[str], None]


class RunFailed(Exception):
    """A run ended before all records were through; says the end of what it said."""


class World(msgspec.Struct, frozen=True):
    """Where all runs find their input: a broker and an engine, and the home of the key."""

    kafka: str
    clickhouse: str
    home: Path
    place: str
    seed: int
    reports: int


class Spread(msgspec.Struct, frozen=True):
    """One figure over all rounds."""

    min: float
    median: float
    max: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """Over these values; at least one."""
        return Spread(*(round(one, 3) for one in (min(values), median(values), max(values))))


class Side(msgspec.Struct, frozen=True):
    """What the hop, or the bare loop, did over all rounds; memory is the most of any round."""

    records_per_second: Spread
    seconds: Spread
    cpu_seconds: Spread
    cpu_us_per_record: float
    chunks: int
    peak_rss_bytes: int
    sent: dict[str, int]

    @staticmethod
    def of(runs: Sequence[Figures]) -> "Side":
        """Gathered from its rounds."""
        cpu = Spread.of([run.cpu_seconds for run in runs])
        return Side(
            records_per_second=Spread.of([run.rate for run in runs]),
            seconds=Spread.of([run.seconds for run in runs]),
            cpu_seconds=cpu,
            cpu_us_per_record=round(1e6 * cpu.median / runs[0].records, 1),
            chunks=runs[-1].chunks,
            peak_rss_bytes=max(run.peak_rss_bytes for run in runs),
            sent=runs[-1].sent,
        )


class Pair(msgspec.Struct, frozen=True):
    """A stage's two sides. `ratio` is hop over bare in records per second (medians), `cpu_ratio`
    in records per second of CPU: what another process took from the machine is not in it."""

    stage: str
    records: int
    hop: Side
    bare: Side
    ratio: float
    cpu_ratio: float


def compare(world: World, stage: Stage, rounds: int, say: Say) -> Pair:
    """Run both sides so many times; who goes first changes with each round."""
    records = sum(sum(end_offsets(world.kafka, one.name).values()) for one in stage.inputs)
    runs: dict[str, list[Figures]] = {"hop": [], "bare": []}
    for number in range(rounds):
        for how in ("hop", "bare") if number % 2 == 0 else ("bare", "hop"):
            done = run_apart(world, stage, how, records)
            say(f"{stage.name} {how}: {done.records} records in {done.seconds:.2f} s")
            runs[how].append(done)
    hop, bare = Side.of(runs["hop"]), Side.of(runs["bare"])
    return Pair(
        stage.name,
        records,
        hop,
        bare,
        ratio=round(hop.records_per_second.median / bare.records_per_second.median, 3),
        cpu_ratio=round(bare.cpu_seconds.median / hop.cpu_seconds.median, 3),
    )


def send(world: World, rounds: int, say: Say) -> Side:
    """The sending of the day alone, so many times."""
    runs = []
    for _ in range(rounds):
        runs.append(done := run_apart(world, SEND, "bare", 1))
        say(f"simulating and sending: {done.records} records in {done.seconds:.2f} s")
    return Side.of(runs)


def run_apart(world: World, stage: Stage, how: str, records: int) -> Figures:
    """One run in a process of its own. Raises RunFailed."""
    job = Job(
        stage=stage.name,
        how=how,
        id=uuid4().hex[:8],
        kafka=world.kafka,
        clickhouse=world.clickhouse,
        home=str(world.home),
        records=records,
        place=world.place,
        seed=world.seed,
        reports=world.reports,
    )
    command = [sys.executable, "-m", "tests.bench.run", msgspec.json.encode(job).decode()]
    with _own_room(stage, job):
        try:
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, timeout=RUN_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as late:
            said = (late.stderr or b"").decode(errors="replace")
            raise RunFailed(f"{stage.name} {how} took over {RUN_SECONDS:g} s\n{said}") from late
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-4_000:]
        raise RunFailed(f"{stage.name} {how} ended with {done.returncode}\n{said}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Figures)


@contextmanager
def _own_room(stage: Stage, job: Job) -> Iterator[None]:
    """Topics and tables for this run alone: state of an earlier run would make all a repeat."""
    if stage is SINK:
        migrate(job.clickhouse, job.database)
        yield
        with_store = Warehouse(job.clickhouse, "")
        with_store.execute(f"DROP DATABASE {job.database}")
        with_store.close()
        return
    kept = [stage.state] if stage.state else []
    topics: list[Topic] = [copy_of(topic, job) for topic in (*stage.outputs, *kept)]
    create_topics(job.kafka, topics)
    yield
    with admin_of(job.kafka) as admin:
        admin.delete_topics([topic.name for topic in topics])
