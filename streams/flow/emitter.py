"""Sending many records as few batches: by topic and partition, in the order given, acknowledged."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar, cast

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from streams.core.record import Headers, Out

BATCH_BYTES = 900_000
"""Less than what a broker takes in one batch unless told otherwise (1 MiB)."""

T = TypeVar("T")
Line = tuple[bytes | None, bytes | None, Headers]


@lru_cache(maxsize=1 << 16)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's own clients put this key, whatever their language."""
    return _hash(key) % partitions


class Emitter:
    """Sends through one started, idempotent producer whose own batch size is no limit here."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._turn = count()

    async def send(self, outs: Iterable[Out]) -> None:
        """Return when the broker has acknowledged all of them.

        A record larger than BATCH_BYTES travels alone. Raises aiokafka's errors as they are:
        MessageSizeTooLargeError when a topic does not take a record of that size.
        """
        groups = await self._grouped(outs)
        await gathered(self._send(topic, at, lines) for (topic, at), lines in groups.items())

    async def append(self, topic: str, partition: int, lines: Sequence[Line]) -> int | None:
        """Write the lines as one batch, which the broker takes whole or not at all.

        Returns the first line's offset; None if the broker did not say.
        """
        batch = self._batch(lines)
        sent = await self._producer.send_batch(batch, topic, partition=partition)
        offset = (await sent).offset
        return offset if offset >= 0 else None

    async def _grouped(self, outs: Iterable[Out]) -> dict[tuple[str, int], list[Line]]:
        groups: defaultdict[tuple[str, int], list[Line]] = defaultdict(list)
        counts: dict[str, int] = {}
        turn = next(self._turn)
        for out in outs:
            if (partitions := counts.get(out.topic)) is None:
                known = await self._producer.partitions_for(out.topic)
                partitions = counts[out.topic] = len(known)
            if (partition := out.partition) is None:
                # Without a key any partition is right: one for all of this call makes one batch.
                key = out.key
                partition = turn % partitions if key is None else partition_of(key, partitions)
            groups[out.topic, partition].append((out.key, out.value, out.headers))
        return groups

    async def _send(self, topic: str, partition: int, lines: Sequence[Line]) -> None:
        pending = []
        for part in _parts(lines):
            batch = self._batch(part)
            pending.append(await self._producer.send_batch(batch, topic, partition=partition))
        await gathered(pending)

    def _batch(self, lines: Sequence[Line]) -> Any:
        batch = self._producer.create_batch()
        for key, value, headers in lines:
            taken = batch.append(timestamp=None, key=key, value=value, headers=list(headers))
            if taken is None:
                raise ValueError(f"{len(lines)} records are too many bytes for one batch")
        batch.close()
        return batch


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    first = size = 0
    for at, line in enumerate(lines):
        weight = weigh(line)
        if size and size + weight > BATCH_BYTES:
            yield lines[first:at]
            first, size = at, 0
        size += weight
    yield lines[first:]


def weigh(line: Line) -> int:
    """Bytes of one line in a batch, before compression, and a little more."""
    key, value, headers = line
    extra = sum(len(name) + len(content) + 4 for name, content in headers) if headers else 0
    return len(key or b"") + len(value or b"") + extra + 16


async def gathered(works: Iterable[Awaitable[T]]) -> list[T]:
    """What all of them return, or the first one's error once none is on its way any more."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return cast("list[T]", outcomes)
