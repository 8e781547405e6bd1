"""The stages that are measured: what each reads and writes, and its real step."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from streams.config import Settings
from streams.core.privacy import Tokeniser
from streams.core.record import Decision, Record, State, Step
from streams.core.topics import (
    ACTS,
    ALARMS,
    CASES,
    CASEWORK_STATE,
    DEAD_LETTERS,
    DISPATCHES,
    DOORS,
    FACTS,
    INTAKE,
    REPLIES,
    REPORTS,
    TICKETS,
    TICKETS_STATE,
    TICKS,
    Topic,
)
from streams.flow import casework
from streams.flow.intake import Door
from streams.flow.tickets import Tickets
from streams.keep.rows import TOPICS as KEPT
from streams.reference import Rules
from streams.where import read_key
from streams.wire.seal import Seal
from tests.bench.job import Job, Meter


class Stage(msgspec.Struct, frozen=True):
    """One stage; without a `main` input it is not a hop. It writes to `outputs`, or to tables."""

    name: str
    inputs: tuple[Topic, ...] = ()
    outputs: tuple[Topic, ...] = ()
    main: Topic | None = None
    state: Topic | None = None


TOLD = (CASES, FACTS, DISPATCHES, REPLIES, ALARMS)
"""What casework tells of cases."""

HOPS = (
    Stage("intake", DOORS, (TICKETS, INTAKE, DEAD_LETTERS), DOORS[0]),
    Stage("tickets", (TICKETS,), (INTAKE, DEAD_LETTERS), TICKETS, TICKETS_STATE),
    Stage("casework", (INTAKE, TICKS), (*TOLD, DEAD_LETTERS), INTAKE, CASEWORK_STATE),
)
SINK = Stage("sink", KEPT)
SEND = Stage("send", outputs=(*REPORTS, ACTS, TICKS))
"""Simulating the day and sending it: the whole chain does that too, so the bare chain must."""

PAIRS = (*HOPS, SINK)
ALL = {stage.name: stage for stage in (*PAIRS, SEND)}


def copy_of(topic: Topic, job: Job) -> Topic:
    """This run's own copy of a topic: nobody else's records, and none left of an earlier run."""
    return replace(topic, name=f"bench.{job.id}.{topic.name}")


class Aside:
    """The real step; what it would send goes to this run's own copies of the topics."""

    def __init__(self, step: Step, stage: Stage, job: Job, meter: Meter) -> None:
        self._step, self._meter = step, meter
        self._copies = {topic.name: copy_of(topic, job).name for topic in stage.outputs}

    def __call__(self, records: Sequence[Record], state: State) -> Decision:
        self._meter.begin()
        decision = self._step(records, state)
        self._meter.sent.update(Counter(out.topic for out in decision.outs))
        outs = [replace(out, topic=self._copies[out.topic]) for out in decision.outs]
        return Decision(outs, decision.writes)


@contextmanager
def real_step(stage: Stage, job: Job, meter: Meter) -> Iterator[Aside]:
    """The stage's step as a worker makes it, with the rules that were published."""
    rules, key = Rules(job.kafka), read_key(Settings(home=str(Path(job.home))))
    rules.start()
    steps: dict[str, Step] = {
        "intake": Door(rules, Tokeniser(key), Seal(key).close).step,
        "tickets": Tickets(rules).step,
        "casework": casework.step,
    }
    try:
        yield Aside(steps[stage.name], stage, job, meter)
    finally:
        rules.stop()
