"""A tally that remembers, and a way to wait for what it or anything else shows."""

import asyncio
from collections.abc import Callable

Labels = tuple[tuple[str, str], ...]


class Remembered:
    """Counters and gauges as dictionaries by name and labels."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, Labels], list[float]] = {}
        self.gauges: dict[tuple[str, Labels], float] = {}

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Remember each step of a counter."""
        self.counts.setdefault((name, tuple(labels.items())), []).append(value)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Remember the last value of a gauge."""
        self.gauges[name, tuple(labels.items())] = value

    def steps(self, name: str, **labels: str) -> list[float]:
        """What was added to a counter, step by step."""
        return self.counts.get((name, tuple(labels.items())), [])


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return when the condition holds; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 # what is waited for sets no event
            await asyncio.sleep(0.005)
