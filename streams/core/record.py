"""What a step reads and returns: raw records in, records to send and state to keep out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

Headers = tuple[tuple[str, bytes], ...]


class Record(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record as it was read; `at_ms` is the broker's or producer's epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Out(msgspec.Struct, frozen=True, gc=False):
    """One record that a step would send; with no partition, its key decides (murmur2)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Decision(msgspec.Struct, frozen=True):
    """All that a step would do: send `outs`, then keep `writes` (None deletes the key)."""

    outs: Sequence[Out] = ()
    writes: dict[bytes, bytes | None] = {}


class State(Protocol):
    """One partition's kept values, as a step sees them; a step never writes here itself."""

    memo: dict[Any, Any]
    """Decoded values that a step may keep; emptied whenever the partition changes hands."""

    def get(self, key: bytes) -> bytes | None:
        """The value kept under this key, or None."""

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All (key, value) whose key begins with the prefix."""


Step = Callable[[Sequence[Record], State], Decision]
"""A hop's rule: a chunk of one partition's records and its state in, one decision out."""
