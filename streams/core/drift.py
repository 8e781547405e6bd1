"""Whether what comes in is still what a model was trained on: shares of matters, then and now."""

from collections.abc import Mapping
from math import log

import msgspec

STEADY, MOVED = 0.1, 0.25
"""Population stability index: below the first nothing to see, above the second train anew."""
HALF = 0.5
"""Added to every count, so that a matter that nobody reports has a share that can be compared."""


class Moved(msgspec.Struct, frozen=True):
    """One matter's share at training and now, and its part of the index."""

    trained: float
    now: float
    index: float


class Drift(msgspec.Struct, frozen=True):
    """The population stability index, and what makes it; `reports` are those compared."""

    index: float
    reports: int
    by_matter: dict[str, Moved]


def drift(trained: Mapping[str, int], now: Mapping[str, int]) -> Drift:
    """Compare the counts of a model's matters at training with those of today; others are left
    out. Each part is (now - trained) x ln(now / trained)."""
    then, today = _shares(trained), _shares({matter: now.get(matter, 0) for matter in trained})
    parts = {
        matter: Moved(then[matter], today[matter], _part(then[matter], today[matter]))
        for matter in sorted(trained)
    }
    reports = sum(now.get(matter, 0) for matter in trained)
    return Drift(sum(one.index for one in parts.values()), reports, parts)


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values()) + HALF * len(counts)
    return {matter: (count + HALF) / total for matter, count in counts.items()}


def _part(trained: float, now: float) -> float:
    return (now - trained) * log(now / trained)
