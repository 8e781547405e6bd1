"""A topic read: whole, from the first record to the last, or followed as it grows."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.record import Record
from streams.wire.kafka_errors import Later, TopicWrong, errors_sorted
from streams.wire.loop import LoopThread
from streams.wire.topics import extents

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 1.0
READ_RECORDS = 10_000

Span = tuple[int, int]
"""The first offset, and the one after the last."""


def read_all(
    bootstrap: str,
    topic: str,
    *,
    partitions: Sequence[int] | None = None,
    starts: Mapping[int, int] | None = None,
    ends: Mapping[int, int] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[Record]:
    """The topic's committed records, in order within each partition, from first to last.

    The last is fixed when the iteration begins; `starts` (the first offset wanted) and `ends` (the
    first not wanted) narrow it by partition, `partitions` leaves the others out. Offsets without a
    record are passed over. Raises TopicWrong; Later when nothing moves for `patience` seconds.
    """
    there = extents(bootstrap, topic)
    wanted = sorted(there if partitions is None else partitions)
    if not there.keys() >= set(wanted):
        raise TopicWrong(f"{topic} has {len(there)} partitions, {wanted} are wanted")
    spans = {at: _narrowed(there[at], at, starts or {}, ends or {}) for at in wanted}
    spans = {at: span for at, span in spans.items() if span[0] < span[1]}
    if not spans:
        return
    with _Reader(bootstrap, topic, spans) as reader:
        for records in reader.to_the_end(patience):
            for one in records:
                if one.offset < spans[one.partition][1]:
                    yield one


def tail(bootstrap: str, topic: str, stop: Event) -> Iterator[list[Record]]:
    """The topic's committed records in batches: first all that is there, then what comes.

    The first batch may be empty, the others are not. Ends within seconds after `stop` is set;
    waits out a broker that goes away. Raises TopicWrong; Later where none is there at the start.
    """
    with _Reader(bootstrap, topic, extents(bootstrap, topic)) as reader:
        yield [one for records in reader.to_the_end(PATIENCE_SECONDS) for one in records]
        while not stop.is_set():
            if records := reader.next(reader.spans):
                yield records


class _Reader:
    """A consumer without a group, placed at the first offset of each span."""

    def __init__(self, bootstrap: str, topic: str, spans: Mapping[int, Span]) -> None:
        self.spans = {TopicPartition(topic, at): span for at, span in spans.items()}
        self._doing = f"reading {topic}"
        self._loop = LoopThread("reader")
        try:
            with errors_sorted(self._doing):
                self._consumer = self._loop.call(self._connect(bootstrap))
        except BaseException:
            self._loop.close()
            raise

    def __enter__(self) -> "_Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call(self._consumer.stop())
        self._loop.close()

    def to_the_end(self, patience: float) -> Iterator[list[Record]]:
        """Batches until each span is passed; more may come, from behind it."""
        left, moved = dict(self.spans), monotonic()
        while left := self._unread(left):
            if records := self.next(left):
                moved = monotonic()
                yield records
            elif monotonic() - moved > patience:
                raise Later(f"{self._doing}: nothing came for {patience:g} s")

    def next(self, of: Mapping[TopicPartition, Span]) -> list[Record]:
        """What comes within POLL_SECONDS; partition by partition, in order."""
        with errors_sorted(self._doing):
            polled = self._loop.call(self._poll(*of))
        return [_record(one) for records in polled.values() for one in records]

    def _unread(self, left: dict[TopicPartition, Span]) -> dict[TopicPartition, Span]:
        # By position, not by record: the last offsets may hold no record at all.
        try:
            at = self._loop.call(self._positions(left), POLL_SECONDS)
        except TimeoutError:  # one is being sought anew, and the broker does not answer
            return left
        return {tp: span for tp, span in left.items() if at[tp] < span[1]}

    async def _connect(self, bootstrap: str) -> Any:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap.split(","),
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # retention may pass us by while we read
            isolation_level="read_committed",
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign(list(self.spans))
        for tp, (first, _) in self.spans.items():
            consumer.seek(tp, first)
        return consumer

    async def _poll(self, *of: TopicPartition) -> dict[TopicPartition, list[Any]]:
        milliseconds = int(POLL_SECONDS * 1000)
        polled: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
            *of, timeout_ms=milliseconds, max_records=READ_RECORDS
        )
        return polled

    async def _positions(self, of: Mapping[TopicPartition, Span]) -> dict[TopicPartition, int]:
        return {tp: await self._consumer.position(tp) for tp in of}


def _narrowed(there: Span, at: int, starts: Mapping[int, int], ends: Mapping[int, int]) -> Span:
    first, last = there
    return max(first, starts.get(at, first)), min(last, ends.get(at, last))


def _record(one: Any) -> Record:
    return Record(
        one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, one.headers
    )
