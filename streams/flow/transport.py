"""Faust's way to Kafka, a chunk at a time: one message is what one fetch brought of a partition.

Registered as the transport `gridloop://host:port`. Which topics come in chunks it reads from the
app's attribute `chunked`; all others, the changelogs above all, pass record by record as ever.
An agent must read `stream.noack().events()` and call `event.ack()`: nothing else acks a chunk.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any

from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.tuples import ack_lock
from mode.utils.futures import notify
from mode.utils.locks import Event

from streams.core.record import Record
from streams.flow.fetching import ConsumerThread, Fetched
from streams.flow.ledger import Ledger, Piece

CHUNK_RECORDS = 2_000
CHUNK_BYTES = 4 << 20
POLL_BESIDE_FULL_S = 0.05
"""How long a fetch may wait while a full partition, left out of it, may be drained meanwhile."""
GRACE_S = 4.0
"""How long a rebalance or a stop waits for chunks at work; less than the session time-out."""


class Chunk(ConsumerMessage):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """`value` is a list of Record, `offset` that of the last; `piece` its entry in the ledger."""

    piece: Piece


def cut(records: Iterable[Any]) -> Iterator[list[Record]]:
    """Chunks of at most CHUNK_RECORDS and CHUNK_BYTES; a larger record is a chunk of its own."""
    chunk: list[Record] = []
    size = 0
    for one in records:
        weight = len(one.key or b"") + len(one.value or b"")
        if chunk and (len(chunk) == CHUNK_RECORDS or size + weight > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        size += weight
        chunk.append(
            Record(
                one.topic,
                one.partition,
                one.offset,
                one.timestamp,
                one.key,
                one.value,
                one.headers,
            )
        )
    if chunk:
        yield chunk


class Consumer(driver.Consumer):  # type: ignore[misc]  # as above
    """Faust's consumer; for chunked topics it keeps its own account of what may be committed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ledgers: defaultdict[TP, Ledger] = defaultdict(Ledger)
        self._seeks = 0
        # Nothing is read between an assignment and the seek that follows it.
        self._sought = False
        self._room = Event()
        self.records_done = self.chunks_done = 0
        self.last_ack = monotonic()
        super().__init__(*args, **kwargs)
        self._chunked: frozenset[str] = self.app.chunked

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # --- fetching ------------------------------------------------------------------------

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 (Faust's signature)
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """The next fetch, its partitions in turn; ends early when the assignment changes."""
        fetched = await self._next_fetch(timeout)
        if fetched is None:
            return
        generation = self.app.consumer_generation_id
        turns = deque(self._messages(ensure_TP(tp), r) for tp, r in fetched.records.items())
        while turns:
            if not self.flow_active or generation != self.app.consumer_generation_id:
                return
            if message := next(turns[0], None):
                yield message.tp, message
                turns.rotate(-1)
            else:
                turns.popleft()
        for tp, position in fetched.positions.items():
            self._ledgers[tp].reach(position)

    async def _next_fetch(self, longest: float) -> Fetched | None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        wanted = frozenset(tp for tp in active if self._sought or tp.topic not in self._chunked)
        if not wanted:
            # Faust sleeps a whole second here; whoever makes room wakes this.
            self._room.clear()
            await self.wait(self._room, timeout=longest)
            return None
        patience = POLL_BESIDE_FULL_S if self._buffered_partitions else longest
        fetched: Fetched = await self._getmany(wanted, patience)
        if fetched.seeks < self._seeks or self.should_stop or not self.flow_active:
            return None
        # It may have been asked before a rebalance and answered after it.
        return fetched if self._sought else fetched.without(self._chunked)

    def _messages(self, tp: TP, records: Iterable[Any]) -> Iterator[ConsumerMessage]:
        if tp.topic not in self._chunked:
            return (self._to_message(tp, record) for record in records)
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        return (self._chunk(tp, chunk) for chunk in cut(records))

    def _chunk(self, tp: TP, records: list[Record]) -> Chunk:
        last = records[-1]
        # Unset, or Faust would book a gap over the offsets inside the chunk.
        self._read_offset[tp] = None
        chunk = Chunk(
            tp.topic,
            tp.partition,
            last.offset,
            last.at_ms / 1000,
            0,
            None,
            None,
            records,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )
        chunk.piece = self._ledgers[tp].deliver(last.offset + 1)
        return chunk

    def on_buffer_drop(self, tp: TP) -> None:
        """A queue has room again."""
        super().on_buffer_drop(tp)
        self._room.set()

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Some partitions may be read again."""
        super().resume_partitions(tps)
        self._room.set()

    # --- acknowledging -------------------------------------------------------------------

    def ack(self, message: ConsumerMessage) -> bool:
        """Mark the whole chunk as done; the next commit may pass it."""
        if not isinstance(message, Chunk):
            return bool(super().ack(message))
        with ack_lock:
            if message.piece.done:
                return False
            message.acked = message.piece.done = True
            self.records_done += len(message.value)
            self.chunks_done += 1
            self.last_ack = monotonic()
            self.release(message)
            return True

    def release(self, message: ConsumerMessage) -> None:
        """Wait no longer for this chunk; unless it was acked, it will be delivered again."""
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)

    def owns(self, message: ConsumerMessage) -> bool:
        """Whether the chunk's partition is still ours, as far as the group has told us."""
        return bool(message.generation_id == self._thread.generation())

    def reading(self) -> bool:
        """Whether its state is restored and its partitions are being read."""
        return self._sought and self.flow_active

    def behind(self) -> int:
        """Records known to the broker and not yet done, over the partitions of chunked topics."""
        left = 0
        for tp in self.assignment():
            if tp.topic in self._chunked and (end := self.highwater(tp)) is not None:
                left += max(0, end - (self._ledgers[tp].settle() or 0))
        return left

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        for tp in list(self._ledgers):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic in self._chunked:
            return self._ledgers[tp].settle() or None
        offset: int | None = super()._new_offset(tp)
        return offset

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        done = bool(await super()._commit_offsets(offsets, start_new_transaction))
        if not done:
            # Faust takes them for committed all the same, and would not commit them again until a
            # later record comes: what is done would be reported as left, for as long as that takes.
            for tp in offsets:
                self._committed_offset.pop(tp, None)
        return done

    async def wait_empty(self) -> None:
        """Wait for the chunks at work, and commit; what takes longer than GRACE_S is given up.

        A chunk may be waiting for a service that is away; its group must not wait with it.
        """
        deadline = monotonic() + GRACE_S
        while self._unacked_messages and not self.should_stop and monotonic() < deadline:
            await self._wait_for_ack(timeout=1)
            self._clean_unacked_messages()
        self._unacked_messages.clear()
        try:
            # Of a process that is breaking, what answers a commit may be gone already.
            async with asyncio.timeout(GRACE_S):
                await self.commit_and_end_transactions()
        except TimeoutError:
            self.log.warning("not committed in %s s: what was done since comes again", GRACE_S)

    # --- changes of hands ----------------------------------------------------------------

    def stop_flow(self) -> None:
        """Stop reading, until the next seek."""
        self._sought = False
        super().stop_flow()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """A new assignment: what the last one had delivered is no longer ours to commit."""
        self._ledgers.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Go back to what is committed; from here on chunks are read."""
        await super().perform_seek()
        self._ledgers.clear()
        self._seeks = self._thread.seeks
        self._sought = True
        self._room.set()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Go to given offsets: recovery does, on its changelogs."""
        await super().seek_wait(partitions)
        self._seeks = self._thread.seeks

    async def verify_all_partitions_active(self) -> None:
        """Faust's detector takes an idle partition for a fault and says so every few seconds."""


class Producer(driver.Producer):  # type: ignore[misc]  # as above
    """Faust's producer, made idempotent: a retry neither repeats a record nor changes the order."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]  # as above
    """What Faust finds under the scheme `gridloop`."""

    Consumer = Consumer
    Producer = Producer
