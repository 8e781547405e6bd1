"""One partition's kept values on this machine; each carries how far the input had come.

A stored value is an 8-byte big-endian stamp, the input offset up to which it holds, and then the
payload; a stamp alone is a deletion. Of two values of a key the higher stamp is the truth, of two
equal ones the later: so whatever a worker that was taken for dead still writes, it cannot undo
what its successor wrote. Deletions are kept as stamps, for the same reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from rocksdict import WriteBatch

RESERVED = b"\x00"
"""Keys that begin so are ours: a step may neither read nor write them."""
OFFSET = b"\x00offset"
STAMP_BYTES = 8

Entry = tuple[bytes, bytes]
"""A key and its stamped value, as the changelog carries them."""


class Overtaken(Exception):
    """Somebody else has written to this partition's changelog since we took it over."""


class Engine(Protocol):
    """What a shelf asks of the database below it (rocksdict, in raw mode)."""

    def get(self, key: bytes) -> bytes | None: ...
    def items(self, *, from_key: bytes) -> Iterator[tuple[bytes, bytes]]: ...
    def write(self, batch: Any) -> None: ...
    def close(self) -> None: ...


def stamped(stamp: int, payload: bytes | None) -> bytes:
    """A value as it is stored; None is a deletion. ValueError for an empty payload."""
    if payload == b"":
        raise ValueError("an empty value cannot be told from a deletion")
    return stamp.to_bytes(STAMP_BYTES) + (payload or b"")


class Shelf:
    """The State of one partition; only its hop and its recovery write here.

    `applied`: the highest stamp seen. `offset`: the last changelog offset of which all up to it is
    in here, None for none. `next`: where our next write must land, None while unknown; whoever has
    read the changelog to its end sets it.
    """

    def __init__(self, engine: Engine) -> None:
        self.memo: dict[Any, Any] = {}
        self._engine = engine
        self._amends: set[bytes] = set()
        held = self._engine.get(OFFSET)
        # Offset of the last changelog record that is in here, then the highest stamp so far.
        self.offset = None if held is None else int.from_bytes(held[:STAMP_BYTES])
        self.applied = 0 if held is None else int.from_bytes(held[STAMP_BYTES:])
        self.next: int | None = None

    def get(self, key: bytes) -> bytes | None:
        """The payload kept under this key, or None."""
        value = self._engine.get(key)
        return None if value is None else value[STAMP_BYTES:] or None

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All (key, payload) whose key begins with the prefix, in the order of the keys."""
        for key, value in self._engine.items(from_key=max(prefix, b"\x01")):
            if not key.startswith(prefix):
                return
            if payload := value[STAMP_BYTES:]:
                yield key, payload

    def entries(self, writes: Mapping[bytes, bytes | None], at: int) -> list[Entry]:
        """What to write to the changelog for a decision on the input up to offset `at`.

        Also what a late writer had put above a truer value, so that compaction keeps the truth.
        """
        foul = [key for key in writes if not key or key.startswith(RESERVED)]
        if foul:
            raise ValueError(f"reserved keys: {foul}")
        stamp = max(at, self.applied)
        entries = [(key, stamped(stamp, payload)) for key, payload in writes.items()]
        for key in sorted(self._amends - writes.keys()):
            if (truth := self._engine.get(key)) is not None:
                entries.append((key, truth))
        return entries

    def keep(self, entries: Iterable[Entry], first: int | None) -> None:
        """Store what the changelog has acknowledged, from its offset `first` on (None: unknown).

        Raises Overtaken, having stored nothing, when records of others lie before it. Once it is
        not known where we stand, what follows is stored but not counted as read: the next recovery
        reads it again, with whatever lies between.
        """
        if first is not None and self.next is not None and first != self.next:
            raise Overtaken(f"expected changelog offset {self.next}, got {first}")
        batch, count = WriteBatch(raw_mode=True), 0
        for key, value in entries:
            batch.put(key, value)
            self.applied = max(self.applied, int.from_bytes(value[:STAMP_BYTES]))
            count += 1
        self.next = None if first is None or self.next is None else first + count
        self._close_batch(batch, self.next)
        self._amends.clear()

    def replay(self, records: Iterable[tuple[int, bytes, bytes | None]]) -> None:
        """Take over (offset, key, value) of the changelog, in its order."""
        news: dict[bytes, bytes] = {}
        following = None
        for offset, key, value in records:
            following = offset + 1
            if value is None or len(value) < STAMP_BYTES:
                continue  # not of our writing
            held = news.get(key) or self._engine.get(key)
            if held is not None and held[:STAMP_BYTES] > value[:STAMP_BYTES]:
                self._amends.add(key)
            else:
                news[key] = value
                self._amends.discard(key)
            self.applied = max(self.applied, int.from_bytes(value[:STAMP_BYTES]))
        batch = WriteBatch(raw_mode=True)
        for key, value in news.items():
            batch.put(key, value)
        self._close_batch(batch, following)

    def close(self) -> None:
        """Let go of the files."""
        self.memo.clear()
        self._engine.close()

    def _close_batch(self, batch: WriteBatch, following: int | None) -> None:
        # Values and how far they reach are one atomic write: neither can be ahead after a crash.
        if following is not None:
            self.offset = following - 1
            marks = (self.offset, self.applied)
            batch.put(OFFSET, b"".join(mark.to_bytes(STAMP_BYTES) for mark in marks))
        self._engine.write(batch)
