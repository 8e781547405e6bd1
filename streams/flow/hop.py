"""One hop: decide on a chunk, send what was decided, keep its state, acknowledge; in this order.

State is written only after what was sent is acknowledged: a repeated chunk may then send a record
twice, but never find it noted as sent when it was not.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.core.record import Decision, Out, Record, Step
from streams.core.topics import Topic
from streams.flow.shelf import Entry, Shelf
from streams.flow.tally import Tally

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
BROKERS_BATCH_BYTES = 1_048_588
"""What a topic takes as one batch unless its `max.message.bytes` says otherwise."""

UNCUT = 1 << 30

T = TypeVar("T")


class Hop(msgspec.Struct, frozen=True):
    """A step, what it reads, and the topic that keeps its state, if any.

    `main` is the input whose offsets stamp the state; all inputs and the state topic must have the
    same number of partitions where there is state.
    """

    name: str
    step: Step
    inputs: tuple[Topic, ...]
    main: Topic
    state: Topic | None = None


class Delivery(Protocol):
    """One chunk of one partition, as it was fetched."""

    topic: str
    partition: int
    generation: int

    @property
    def records(self) -> Sequence[Record]:
        """In the order of their offsets; at least one."""

    def owned(self) -> bool:
        """Whether the partition is still ours."""

    def ack(self) -> None:
        """All of the chunk is done; its offsets may be committed."""


class Sends(Protocol):
    """What a hop asks of the producer; see emitter.Emitter."""

    async def send(self, outs: Iterable[Out]) -> None: ...
    async def append(
        self, topic: str, partition: int, lines: Sequence[tuple[bytes, bytes, tuple[()]]]
    ) -> int | None: ...


class Lost(Exception):
    """The partition has gone to another worker: drop the decision, leave the chunk unacked."""


class Blank:
    """The State of a hop that keeps none, but for what it remembers in memory."""

    def __init__(self) -> None:
        self.memo: dict[Any, Any] = {}

    def get(self, key: bytes) -> bytes | None:
        """Nothing is ever kept."""

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Nothing is ever kept."""
        return iter(())


class Passage:
    """Takes one hop's chunks through, one after the other."""

    def __init__(
        self, hop: Hop, sends: Sends, shelf: Callable[[int], Shelf] | None, tally: Tally
    ) -> None:
        self._hop, self._sends, self._shelf, self._tally = hop, sends, shelf, tally
        self._blanks: dict[int, Blank] = {}
        self._fresh: set[int] = set()
        self._generation = 0
        self._most = UNCUT
        config = hop.state.config if hop.state else {}
        # Nine tenths: a batch has a head, and what cannot be compressed grows a little.
        self._limit = int(config.get("max.message.bytes", BROKERS_BATCH_BYTES)) * 9 // 10

    async def handle(self, delivery: Delivery) -> None:
        """Decide, act, acknowledge. A chunk that is lost to another worker stays unacknowledged.

        Whatever the step or the broker raises, but for what may be tried again, rises.
        """
        if not delivery.owned():
            return
        state = self._state(delivery)
        left = delivery.records
        try:
            while left:
                left = left[await self._some(delivery, state, left) :]
        except Lost:
            state.memo.clear()
            self._count("given_up", 1)
            return
        delivery.ack()
        self._count("chunks", 1)
        self._count("records_in", len(delivery.records), topic=delivery.topic)

    def _state(self, delivery: Delivery) -> Shelf | Blank:
        if delivery.generation != self._generation:
            self._generation = delivery.generation
            self._blanks.clear()
            self._fresh.clear()
        if self._shelf is None:
            return self._blanks.setdefault(delivery.partition, Blank())
        shelf = self._shelf(delivery.partition)
        if delivery.partition not in self._fresh:
            self._fresh.add(delivery.partition)
            shelf.memo.clear()
        return shelf

    async def _some(
        self, delivery: Delivery, state: Shelf | Blank, records: Sequence[Record]
    ) -> int:
        """Take the first of the records through; returns how many, at least one."""
        some = records[: self._most]
        decision = self._hop.step(some, state)
        size = sum(len(key) + len(value or b"") + 32 for key, value in decision.writes.items())
        if size > self._limit and len(some) > 1:
            # Kept values of one decision must be one batch, or a crash could keep half of them.
            self._most = max(1, min(len(some) - 1, len(some) * self._limit // (2 * size)))
            state.memo.clear()
            self._count("state_cut", 1)
            return 0
        if size < self._limit // 4:
            self._most = min(2 * self._most, UNCUT)
        await self._act(delivery, state, decision, some[-1].offset)
        return len(some)

    async def _act(
        self, delivery: Delivery, state: Shelf | Blank, decision: Decision, last: int
    ) -> None:
        if decision.outs:
            await self._patiently(delivery, lambda: self._sends.send(decision.outs))
            for topic, number in Counter(out.topic for out in decision.outs).items():
                self._count("records_out", number, topic=topic)
        if not decision.writes:
            return
        if not isinstance(state, Shelf):
            raise TypeError(f"{self._hop.name} has no state topic to keep anything in")
        at = last if delivery.topic == self._hop.main.name else 0
        await self._keep(delivery, state, state.entries(decision.writes, at))

    async def _keep(self, delivery: Delivery, shelf: Shelf, entries: Sequence[Entry]) -> None:
        assert self._hop.state is not None
        topic = self._hop.state.name
        lines = [(key, value, ()) for key, value in entries]
        first, tries = await self._patiently(
            delivery, lambda: self._sends.append(topic, delivery.partition, lines)
        )
        if not delivery.owned():
            raise Lost
        # After a second try the first one's records may stand before it: no stranger's.
        shelf.keep(entries, first if tries == 1 else None)
        self._count("state_writes", len(entries))

    async def _patiently(
        self, delivery: Delivery, work: Callable[[], Awaitable[T]]
    ) -> tuple[T, int]:
        """Do it, again and again while the broker is away; Lost once the partition is not ours."""
        pause, tries = FIRST_PAUSE_S, 0
        while True:
            if not delivery.owned():
                raise Lost
            tries += 1
            try:
                return await work(), tries
            except KafkaError as error:
                if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                    raise
                self._count("later", 1, error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _count(self, name: str, value: int, **labels: str) -> None:
        self._tally.count(name, value, hop=self._hop.name, **labels)
