"""The consumer's own thread: fetches and seeks, told apart by their order."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

FETCH_PAUSE_S = 0.03
"""Between two fetches. Each costs CPU for every partition, however little it brings; and without a
pause the next one is on its way before the last one's partitions are drained, and leaves them out.
"""
FETCH_WAIT_MS = 100
"""A fetch waits so long at the broker. While it does, no partition that it leaves out is fetched:
with Faust's 1.5 s, one busy partition beside idle ones would stand still for as long."""


class Fetched(msgspec.Struct, frozen=True):
    """One fetch: raw records by partition, where each partition was left, after how many seeks."""

    records: Mapping[TP, list[Any]]
    positions: Mapping[TP, int]
    seeks: int

    def without(self, topics: frozenset[str]) -> "Fetched":
        """The same fetch but for these topics."""
        records = {tp: ones for tp, ones in self.records.items() if tp.topic not in topics}
        return Fetched(records, {}, self.seeks)


class ConsumerThread(AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust is untyped for mypy
    """All that touches aiokafka's consumer; `seeks` counts the times it changed its position."""

    seeks = 0

    def generation(self) -> int:
        """The group's generation that this member is in; -1 once the group has dropped it."""
        generation: int = self._ensure_consumer()._coordinator.generation
        return generation

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        # An upstream may write in transactions: what it took back never happened.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Connect, and from then on fetch at a measured pace."""
        await super().on_start()
        pace(self._ensure_consumer()._fetcher)

    async def _fetch_records(self, consumer: Any, active: Any, **limits: Any) -> Fetched:
        records = await super()._fetch_records(consumer, active, **limits)
        return Fetched(records, self._positions(consumer), self.seeks)

    def _positions(self, consumer: Any) -> dict[TP, int]:
        subscription = consumer._subscription.subscription
        assignment = subscription.assignment if subscription else None
        if assignment is None or not assignment.active:
            return {}
        states = {tp: assignment.state_value(tp) for tp in assignment.tps if self._chunked(tp)}
        return {TP(*tp): state.position for tp, state in states.items() if state.has_valid_position}

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Put each chunked partition back to its committed offset, or to its first."""
        committed: Mapping[TP, int | None] = await self.call_thread(self._seek_all)
        return committed

    async def _seek_all(self) -> Mapping[TP, int | None]:
        consumer = self._ensure_consumer()
        tps = [tp for tp in consumer.assignment() if self._chunked(tp)]
        offsets = await asyncio.gather(*map(consumer.committed, tps))
        # From here to the count no other coroutine of this thread runs: a fetch is either wholly
        # before all seeks or wholly after them.
        for tp, offset in zip(tps, offsets, strict=True):
            if offset:
                consumer.seek(tp, offset)
        self.seeks += 1
        fresh = [tp for tp, offset in zip(tps, offsets, strict=True) if not offset]
        if fresh:
            await consumer.seek_to_beginning(*fresh)
        return {TP(*tp): offset for tp, offset in zip(tps, offsets, strict=True)}

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        # Faust seeks all of them before it waits, so this count is as exact as the one above.
        self.seeks += 1
        await super()._seek_wait(consumer, partitions)

    def _chunked(self, tp: TP) -> bool:
        return tp.topic in self.app.chunked


def pace(fetcher: Any) -> None:
    """Let aiokafka's fetcher rest after each answer, once those who wait for records are woken."""
    fetch = fetcher._proc_fetch_request

    async def paced(*request: Any) -> bool:
        news: bool = await fetch(*request)
        if news:
            for waiter in fetcher._fetch_waiters:
                fetcher._notify(waiter)
        # As aiokafka's own: who cancels it waits for its end, and does not expect an error.
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(FETCH_PAUSE_S)
        return news

    fetcher._proc_fetch_request = paced
