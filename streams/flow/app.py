"""The Faust app of one consumer group: built from hops and drains, run in this process.

Nothing here is made by being imported, and Faust creates no topic: they are declared in one place
and must exist before.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import faust
import msgspec
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from streams.core.record import Record
from streams.core.topics import Topic
from streams.flow.emitter import Emitter
from streams.flow.hop import Hop, Passage
from streams.flow.rounds import Rounds
from streams.flow.tally import Health, Tally

SETTLE_SECONDS = 5.0
BUFFERED_CHUNKS = 16
"""Chunks that wait for one hop; fetching stops at four fifths of it."""

Take = Callable[[list[Record], Callable[[], object]], Awaitable[None]]
"""Work on one chunk; the second argument acknowledges it: on the event loop, now or later."""


Agent = Callable[[Any], Coroutine[Any, Any, None]]


class Mispartitioned(Exception):
    """The inputs of a hop and its state do not have the same number of partitions."""


class Drain(msgspec.Struct, frozen=True):
    """A consumer whose effects lie outside Kafka; what it never acknowledges comes again."""

    name: str
    inputs: tuple[Topic, ...]
    take: Take


class App(faust.App):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """`chunked`: the topics that the transport delivers in chunks."""

    chunked: frozenset[str] = frozenset()


class Delivered:
    """A chunk as Faust hands it over: hop.Delivery."""

    def __init__(self, consumer: Any, event: Any) -> None:
        self._consumer, self._event = consumer, event
        self.topic: str = event.message.topic
        self.partition: int = event.message.partition
        self.generation: int = event.message.generation_id
        self.records: list[Record] = event.value

    def owned(self) -> bool:
        """Whether the partition is still ours."""
        return bool(self._consumer.owns(self._event.message))

    def ack(self) -> None:
        """All of the chunk is done; its offsets may be committed."""
        self._event.ack()

    def release(self) -> None:
        """Nobody works on it any more; unless it was acknowledged, it will be delivered again."""
        if not self._event.message.acked:
            self._consumer.release(self._event.message)


SETTINGS = {
    "autodiscover": False,
    "processing_guarantee": "at_least_once",
    # Any error that rises ends the process: restarting the agent alone loses what it had read.
    "agent_supervisor": CrashingSupervisor,
    "key_serializer": "raw",
    "value_serializer": "raw",
    "topic_allow_declare": False,
    "topic_disable_leader": True,
    "web_enabled": False,
    "table_standby_replicas": 0,
    "consumer_auto_offset_reset": "earliest",
    # A topic that was missing at the start is found after so long, not after five minutes.
    "consumer_metadata_max_age_ms": 10_000,
    "producer_metadata_max_age_ms": 10_000,
    "broker_session_timeout": 6.0,
    "broker_heartbeat_interval": 2.0,
    "broker_request_timeout": 30.0,
    "broker_commit_interval": 1.0,
    # aiokafka unpacks a fetch in one go, on the loop that also keeps the group's session alive: of
    # a long backlog on a busy machine it would unpack until the group has dropped it, for ever.
    "broker_max_poll_records": 5_000,
    "producer_request_timeout": 30.0,
    "producer_compression_type": "lz4",
    # The emitter cuts its batches itself.
    "producer_max_batch_size": 64 << 20,
    "producer_max_request_size": 64 << 20,
}


def build_app(
    name: str, broker: str, data_dir: Path, hops: Sequence[Hop | Drain], tally: Tally
) -> App:
    """Wire hops and drains to one consumer group, `name`; `broker` is host:port, or several.

    Each process needs a `data_dir` of its own; what it holds may be lost and is then restored.
    """
    app = App(
        name,
        broker=[f"gridloop://{one.strip()}" for one in broker.split(",")],
        store="gridloop://",
        datadir=data_dir,
        **SETTINGS,
    )
    app.chunked = frozenset(topic.name for hop in hops for topic in hop.inputs)
    for hop in hops:
        agent = _passing(app, hop, tally) if isinstance(hop, Hop) else _draining(app, hop)
        # Concurrency 1: with more, Faust commits past what is still being worked on.
        app.agent(_channel(app, hop), name=hop.name, concurrency=1)(agent)
    app.on_partitions_assigned.connect(partial(_check, hops=hops), weak=False)
    app.task(_settle)
    return app


async def _settle() -> None:
    """Take what lives long out of the garbage collector's sight, again and again.

    A full collection holds up every thread while it walks over all that is remembered: over a
    million cases for longer than the group waits for a heartbeat. What is dropped later is still
    freed, unless it is part of a cycle.
    """
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        gc.collect(1)
        gc.freeze()


def run_app(app: App) -> int:
    """Run it here until SIGTERM or SIGINT (0), or until something unforeseen ends it (not 0).

    Logging stays as the caller has set it up.
    """
    worker = faust.Worker(
        app,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
        loop=asyncio.new_event_loop(),
    )
    worker.spinner = None
    code: Any = 0
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else 1


def health(app: App) -> Health:
    """How the running app is doing; call it on the app's event loop."""
    consumer = app.consumer
    mine = sorted(tuple(tp) for tp in consumer.assignment() if tp.topic in app.chunked)
    return Health(
        ready=bool(mine) and consumer.reading(),
        partitions=mine,
        records=consumer.records_done,
        chunks=consumer.chunks_done,
        idle_s=monotonic() - consumer.last_ack,
        behind=consumer.behind(),
    )


def _channel(app: App, hop: Hop | Drain) -> Any:
    return app.topic(*(topic.name for topic in hop.inputs), maxsize=BUFFERED_CHUNKS)


def _passing(app: App, hop: Hop, tally: Tally) -> Agent:
    table = _table(app, hop.name, hop.state) if hop.state else None

    async def run(stream: Any) -> None:
        # The table's data are made on the loop that runs them, so not before.
        shelf = None if table is None else table.data.shelf
        passage = Passage(hop, Emitter(app.producer._ensure_producer()), shelf, tally)

        async def take(deliveries: Sequence[Delivered]) -> None:
            try:
                await passage.handle(deliveries)
            finally:
                for one in deliveries:
                    one.release()

        # An error of a round is raised where this loop waits, and so ends the process.
        rounds = Rounds(take, passage.lane, stream.channel._throw)
        try:
            async for event in stream.noack().events():
                await rounds.put(Delivered(app.consumer, event))
        finally:
            await rounds.close()

    return run


def _draining(app: App, drain: Drain) -> Agent:
    async def run(stream: Any) -> None:
        async for event in stream.noack().events():
            await drain.take(event.value, event.ack)

    return run


def _table(app: App, name: str, state: Topic) -> Any:
    changelog = app.topic(
        state.name, key_type=bytes, value_type=bytes, acks=False, allow_empty=True
    )
    return app.Table(name, key_type=bytes, value_type=bytes, changelog_topic=changelog)


def _check(app: App, assigned: set[TP], *, hops: Sequence[Hop | Drain], **_: Any) -> None:
    for hop in hops:
        if isinstance(hop, Hop) and hop.state:
            names = [topic.name for topic in (*hop.inputs, hop.state)]
            counts = {name: app.consumer.topic_partitions(name) for name in names}
            if len(set(counts.values()) - {None}) > 1:
                raise Mispartitioned(f"{hop.name}: {counts}")
