"""What the flow counts and how it is doing: plain numbers that others turn into metrics."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Tally(Protocol):
    """Whoever keeps the counters; `name` is without the metric prefix."""

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to one counter."""


class Untallied:
    """Counts nothing: for tests and tools."""

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Let it pass."""


class Health(msgspec.Struct, frozen=True):
    """How a worker is doing, for /healthz; `partitions` are (topic, number) of its inputs.

    `ready`: it is a member of its group and its state is restored. `idle_s`: seconds since a chunk
    was last acknowledged, or since the start. `behind`: records that the broker holds and this
    worker has not acknowledged, over its own partitions, as of their last fetch.
    """

    ready: bool
    partitions: Sequence[tuple[str, int]]
    records: int
    chunks: int
    idle_s: float
    behind: int
