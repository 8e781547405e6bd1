"""Acts that came before their report: they wait, are listed after the patience, and still wait."""

from collections.abc import Iterator

import msgspec

from streams.core.events import AcceptedAct

DAY_MS = 86_400_000


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """One act that waits, since ingestion time `since_ms`: occurred_at may be years ago."""

    act: AcceptedAct
    sealed: bytes
    since_ms: int
    listed: bool = False


Queue = tuple[Waiting, ...]
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Queue).decode


def pack(queue: Queue) -> bytes:
    """The queue as it is kept."""
    return _encode(queue)


def unpack(kept: bytes | None) -> Queue:
    """The queue as it was kept; empty for nothing."""
    return _decode(kept) if kept else ()


def joined(queue: Queue, newcomer: Waiting) -> Queue:
    """The queue with this act in it, once: a repeat changes nothing."""
    identity = (newcomer.act.sender, newcomer.act.id, newcomer.act.sha256)
    if any((w.act.sender, w.act.id, w.act.sha256) == identity for w in queue):
        return queue
    return (*queue, newcomer)


def overdue(queue: Queue, now_ms: int, patience_days: float) -> Iterator[Waiting]:
    """Those that have waited longer than the patience and are not listed yet."""
    for waiting in queue:
        if not waiting.listed and now_ms - waiting.since_ms > patience_days * DAY_MS:
            yield waiting


def listed(queue: Queue, now_ms: int, patience_days: float) -> Queue:
    """The queue after listing what is overdue."""
    late = set(map(id, overdue(queue, now_ms, patience_days)))
    return tuple(msgspec.structs.replace(w, listed=True) if id(w) in late else w for w in queue)
