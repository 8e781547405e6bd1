"""One hop: decide on chunks, send what was decided, keep their state, acknowledge; in this order.

State is written only after what was sent is acknowledged: a repeated chunk may then send a record
twice, but never find it noted as sent when it was not.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.core.record import Decision, Out, Record, Step
from streams.core.topics import Topic
from streams.flow.emitter import gathered
from streams.flow.shelf import Shelf
from streams.flow.tally import Tally

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
BROKERS_BATCH_BYTES = 1_048_588
"""What a topic takes as one batch unless its `max.message.bytes` says otherwise."""

UNCUT = 1 << 30


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


class Blank:
    """The State of a hop that keeps none, but for what it remembers in memory."""

    def __init__(self) -> None:
        self.memo: dict[Any, Any] = {}

    def get(self, key: bytes) -> bytes | None:
        """Nothing is ever kept."""

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Nothing is ever kept."""
        return iter(())


class _Share:
    """One chunk's part in a round: what of it is left, and what was decided on the first of it."""

    __slots__ = ("decision", "delivery", "last", "left", "state")

    def __init__(self, delivery: Delivery, state: Shelf | Blank) -> None:
        self.delivery, self.state = delivery, state
        self.left = delivery.records
        self.decision = Decision()
        self.last = 0


class Passage:
    """Takes one hop's chunks through."""

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

    def lane(self, delivery: Delivery) -> Hashable:
        """Chunks of one lane must be handled one after the other, in the order of delivery."""
        if self._shelf:
            return delivery.partition
        return delivery.topic, delivery.partition

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Decide, act, acknowledge: chunks of as many lanes, their records sent together.

        A chunk that is lost to another worker stays unacknowledged. Whatever the step or the broker
        raises, but for what may be tried again, rises.
        """
        shares = [_Share(one, self._state(one)) for one in deliveries if one.owned()]
        while shares := self._owned(shares):
            for share in shares:
                self._decide(share)
            shares = await self._send(shares)
            kept = await gathered(map(self._keep, shares))
            shares = [share for share, whole in zip(shares, kept, strict=True) if whole]
            self._acknowledge([share.delivery for share in shares if not share.left])
            shares = [share for share in shares if share.left]

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

    def _decide(self, share: _Share) -> None:
        while True:
            some = share.left[: self._most]
            decision = self._hop.step(some, share.state)
            size = sum(len(key) + len(value or b"") + 32 for key, value in decision.writes.items())
            if size <= self._limit or len(some) == 1:
                break
            # Kept values of one decision must be one batch, or a crash could keep half of them.
            self._most = max(1, min(len(some) - 1, len(some) * self._limit // (2 * size)))
            share.state.memo.clear()
            self._count("state_cut", 1)
        if size < self._limit // 4:
            self._most = min(2 * self._most, UNCUT)
        share.decision, share.last = decision, some[-1].offset
        share.left = share.left[len(some) :]

    async def _send(self, shares: list[_Share]) -> list[_Share]:
        """Send all that was decided; returns the shares whose partitions were still ours then."""
        pauses = _pauses()
        while True:
            shares = self._owned(shares)
            outs = [out for share in shares for out in share.decision.outs]
            if not outs:
                return shares
            with self._later():
                await self._sends.send(outs)
                for topic, number in Counter(out.topic for out in outs).items():
                    self._count("records_out", number, topic=topic)
                return shares
            await asyncio.sleep(next(pauses))

    async def _keep(self, share: _Share) -> bool:
        """Write what was decided to be kept; False once the partition is not ours."""
        writes, shelf = share.decision.writes, share.state
        if not writes:
            return True
        if not isinstance(shelf, Shelf) or self._hop.state is None:
            raise TypeError(f"{self._hop.name} has no state topic to keep anything in")
        at = share.last if share.delivery.topic == self._hop.main.name else 0
        tries, pauses = 0, _pauses()
        while self._owned([share]):
            tries += 1
            entries = shelf.entries(writes, at)
            lines = [(key, value, ()) for key, value in entries]
            with self._later():
                first = await self._sends.append(
                    self._hop.state.name, share.delivery.partition, lines
                )
                if not self._owned([share]):
                    break
                # After a second try the first one's records may stand before it: no stranger's.
                shelf.keep(entries, first if tries == 1 else None)
                self._count("state_writes", len(entries))
                return True
            await asyncio.sleep(next(pauses))
        return False

    def _owned(self, shares: Sequence[_Share]) -> list[_Share]:
        """Those whose partition is still ours; what was decided on the others is forgotten."""
        ours = []
        for share in shares:
            if share.delivery.owned():
                ours.append(share)
            else:
                share.state.memo.clear()
                self._count("given_up", 1)
        return ours

    @contextmanager
    def _later(self) -> Iterator[None]:
        """Let pass, counted, an error after which the same may be tried again."""
        try:
            yield
        except KafkaError as error:
            if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                raise
            self._count("later", 1, error=type(error).__name__)

    def _acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        records: Counter[str] = Counter()
        for delivery in deliveries:
            delivery.ack()
            records[delivery.topic] += len(delivery.records)
        for topic, number in records.items():
            self._count("records_in", number, topic=topic)
        self._count("chunks", len(deliveries))
        self._count("rounds", 1)

    def _count(self, name: str, value: int, **labels: str) -> None:
        self._tally.count(name, value, hop=self._hop.name, **labels)


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_S)
