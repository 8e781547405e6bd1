"""A publisher that loses no record silently: each is on the log, or an error names it."""

import asyncio
from collections import Counter, deque
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from streams.core.record import Headers
from streams.wire.kafka_errors import (
    KAFKA_ERRORS,
    MISSING,
    Later,
    TopicWrong,
    Undelivered,
    errors_sorted,
    is_retriable,
)
from streams.wire.loop import LoopThread

CONNECT_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
LINGER_SECONDS = 0.05
BATCH_BYTES = 512 * 1024
RECORD_BYTES = 1_000_000  # the broker takes 1 MiB with the batch's own head
RECORD_HEAD = 32  # about; never nothing, since what is held is counted by it
HELD_BYTES = 32 * 1024 * 1024

At = tuple[str, int]
"""A topic and a partition of it."""


class _Batch:
    """Records of one partition that leave together."""

    def __init__(self, builder: Any) -> None:
        self.builder, self.records, self.size = builder, 0, 0


class Publisher:
    """Sends records so that each is on the log, or an error says which topic's is not.

    Records of a partition leave in batches, in the order of `send`, at the latest LINGER_SECONDS
    after it. HELD_BYTES may wait for their acknowledgement: then `send` waits too. Threads may
    share one. As a context manager it flushes on the way out, unless an error passes.
    """

    def __init__(
        self, bootstrap: str, *, client: str = "gridloop", patience: float = PATIENCE_SECONDS
    ) -> None:
        self.acknowledged = 0
        self._patience = patience
        self._lock = Lock()
        self._open: dict[At, _Batch] = {}
        self._gates: dict[At, asyncio.Lock] = {}
        self._leaving: deque[tuple[Future[None], str, _Batch]] = deque()
        self._held = 0
        self._partitions: dict[str, int] = {}
        self._turn: Counter[str] = Counter()
        self._failed: Counter[tuple[str, str]] = Counter()
        self._for_good = False
        self._loop = LoopThread("publisher")
        try:
            with errors_sorted(f"connecting to {bootstrap}"):
                self._producer = self._loop.call(self._connect(bootstrap, client))
        except BaseException:
            self._loop.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Hand over one record; without a partition its key decides, as in Kafka's own clients.

        Raises Undelivered for a record above RECORD_BYTES, TopicWrong where there is no such topic
        or partition, and what `flush` raises for records sent before.
        """
        size = RECORD_HEAD + len(key or b"") + len(value or b"")
        if size > RECORD_BYTES:
            raise Undelivered(f"{topic}: a record of {size} bytes, {RECORD_BYTES} are the limit")
        with self._lock:
            at = (topic, self._choose(topic, key, partition))
            while not self._put(at, key, value, headers, size):
                self._leave(at)
            if self._held > HELD_BYTES:
                self._leave_all()
            self._settle_until(HELD_BYTES)

    def flush(self) -> None:
        """Return when every record sent is acknowledged.

        Raises Undelivered, or Later when no answer came for `patience` seconds, with each topic,
        reason and number of records; they are then forgotten here, though some of those that
        were not answered may be on the log.
        """
        with self._lock:
            self._leave_all()
            self._settle_until(0)

    def close(self) -> None:
        """Let go of the connections; what is not acknowledged within seconds is lost."""
        with suppress(TimeoutError):
            self._loop.call(self._producer.stop(), timeout=2)
        with suppress(TimeoutError):
            self._loop.call(self._producer.client.close(), timeout=2)
        self._loop.close()

    async def _connect(self, bootstrap: str, client: str) -> Any:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap.split(","),
            client_id=client,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=int(max(self._patience, CONNECT_SECONDS) * 1000),
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._lingering = asyncio.ensure_future(self._linger())
        return producer

    def _choose(self, topic: str, key: bytes | None, partition: int | None) -> int:
        count = self._partitions.get(topic) or self._count(topic)
        if partition is not None:
            if not 0 <= partition < count:
                raise TopicWrong(f"{topic} has {count} partitions, none is {partition}")
            return partition
        if key is not None:
            return int(murmur2(key) & 0x7FFFFFFF) % count
        return self._turn[topic] % count

    def _count(self, topic: str) -> int:
        with errors_sorted(f"sending to {topic}"):
            try:
                all_topics = self._loop.call(self._all_topics(), self._patience)
            except TimeoutError:
                raise Later(f"sending to {topic}: no answer from Kafka") from None
        found = all_topics.partitions_for_topic(topic)
        if not found:
            raise TopicWrong(f"there is no topic {topic}")
        self._partitions[topic] = len(found)
        return len(found)

    async def _all_topics(self) -> Any:
        return await self._producer.client.fetch_all_metadata()

    def _put(
        self, at: At, key: bytes | None, value: bytes | None, headers: Headers, size: int
    ) -> bool:
        batch = self._open.get(at)
        if batch is None:
            batch = self._open[at] = _Batch(self._producer.create_batch())
        put = batch.builder.append(key=key, value=value, timestamp=None, headers=list(headers))
        if put is None:
            return False
        batch.records += 1
        batch.size += size
        self._held += size
        return True

    def _leave_all(self) -> None:
        for at in list(self._open):
            self._leave(at)

    def _leave(self, at: At) -> None:
        batch = self._open.pop(at)
        self._turn[at[0]] += 1  # records without a key fill one partition after the other
        future = asyncio.run_coroutine_threadsafe(self._deliver(at, batch), self._loop.loop)
        self._leaving.append((future, at[0], batch))

    async def _deliver(self, at: At, batch: _Batch) -> None:
        topic, partition = at
        async with self._gates.setdefault(at, asyncio.Lock()):  # first come, first sent
            answer = await self._producer.send_batch(batch.builder, topic, partition=partition)
        await answer

    async def _linger(self) -> None:
        """Let batches leave that nobody fills up."""
        while True:
            await asyncio.sleep(LINGER_SECONDS)
            # Whoever holds the lock sends or flushes; a wait here would stop the deliveries.
            if self._lock.acquire(blocking=False):
                try:
                    self._leave_all()
                finally:
                    self._lock.release()

    def _settle_until(self, held: int) -> None:
        """Take the answers that came; wait for more while more than this is held."""
        full = self._held > held
        until = monotonic() + self._patience if full else 0.0
        while self._leaving and (full or self._leaving[0][0].done()):
            future, topic, batch = self._leaving.popleft()
            if self._answered(future, topic, batch, max(0.0, until - monotonic())):
                until = monotonic() + self._patience
            self._held -= batch.size
            full = self._held > held // 2
        if self._failed:
            self._complain()

    def _answered(self, future: Future[None], topic: str, batch: _Batch, seconds: float) -> bool:
        try:
            future.result(seconds)
        except TimeoutError:
            future.cancel()
            self._failed[topic, f"no answer within {self._patience:g} s"] += batch.records
            return False
        except KAFKA_ERRORS as error:
            self._failed[topic, type(error).__name__] += batch.records
            self._for_good |= isinstance(error, MISSING) or not is_retriable(error)
        else:
            self.acknowledged += batch.records
        return True

    def _complain(self) -> None:
        told = "; ".join(
            f"{count} records to {topic}: {why}" for (topic, why), count in self._failed.items()
        )
        kind = Undelivered if self._for_good else Later
        self._failed, self._for_good = Counter(), False
        raise kind(told)
