"""Acts that came before their report: they wait, are listed after the patience, and still wait."""

from collections.abc import Iterator
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from streams.core.accepted import AcceptedAct
from streams.core.record import State

DAY_MS = 86_400_000
END = b"\0\0"
"""Stands between what is waited for and who waits; a ticket's key holds a single NUL."""


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """One act that waits, since ingestion time `since_ms`: occurred_at may be years ago."""

    act: AcceptedAct
    sealed: bytes
    since_ms: int
    listed: bool = False

    def overdue(self, now_ms: int, patience_days: float) -> bool:
        """Whether it has waited longer than the patience and is not listed yet."""
        return not self.listed and now_ms - self.since_ms > patience_days * DAY_MS


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Waiting).decode


class Queues:
    """All that waits in one partition, by what it waits for; each act is a kept value of its own.

    So no value grows with the number of acts. `writes` is where changes go: a chunk's own.
    """

    def __init__(self, state: State, prefix: bytes) -> None:
        self._prefix = prefix
        self._queues: dict[bytes, dict[bytes, Waiting]] = {}
        for key, kept in state.items(prefix):
            wanted, _, name = key[len(prefix) :].rpartition(END)
            self._queues.setdefault(wanted, {})[name] = _decode(kept)

    def add(self, wanted: bytes, waiting: Waiting, writes: dict[bytes, bytes | None]) -> None:
        """Let this act wait; a repeat changes nothing."""
        queue = self._queues.setdefault(wanted, {})
        name = _name(waiting.act)
        if name not in queue:
            queue[name] = waiting
            writes[self._key(wanted, name)] = _encode(waiting)

    def count(self, wanted: bytes) -> int:
        """How many wait for this."""
        return len(self._queues.get(wanted, ()))

    def release(self, wanted: bytes, writes: dict[bytes, bytes | None]) -> list[Waiting]:
        """All that waited for this, in the order in which they came; they wait no longer."""
        queue = self._queues.pop(wanted, {})
        for name in queue:
            writes[self._key(wanted, name)] = None
        return sorted(queue.values(), key=lambda w: (w.since_ms, w.act.sender, w.act.id))

    def all(self) -> Iterator[tuple[bytes, Waiting]]:
        """All that waits, with what it waits for."""
        for wanted, queue in list(self._queues.items()):
            for waiting in list(queue.values()):
                yield wanted, waiting

    def list(self, wanted: bytes, waiting: Waiting, writes: dict[bytes, bytes | None]) -> None:
        """Note that this act was listed; it waits on."""
        name, listed = _name(waiting.act), replace(waiting, listed=True)
        self._queues[wanted][name] = listed
        writes[self._key(wanted, name)] = _encode(listed)

    def _key(self, wanted: bytes, name: bytes) -> bytes:
        return self._prefix + wanted + END + name


def _name(act: AcceptedAct) -> bytes:
    # Hexadecimal: it must never hold what ends the key before it.
    identity = f"{act.sender}\0{act.id}\0{act.sha256}".encode()
    return blake2b(identity, digest_size=16).hexdigest().encode()
