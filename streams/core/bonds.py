"""What people decided of two reports, whatever their scores: they are one case, or they are not."""

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import NamedTuple

from streams.core.case import ActInput
from streams.core.events import ActKind

EVER = datetime.min.replace(tzinfo=UTC)


class Bond(NamedTuple):
    """What a person decided of two reports, by an act at this place in the order of acts."""

    order: tuple[datetime, int, str, str]
    one: str
    other: str
    together: bool


def bond(case: str, act: ActInput) -> Bond | None:
    """What the act decides of the report that it names and another; None for any other act."""
    other = act.act.other
    if act.act.act not in {ActKind.MERGE, ActKind.SPLIT} or other is None or other == case:
        return None
    return Bond(act.order, case, other, act.act.act is ActKind.MERGE)


class Bonds:
    """The decisions of a home; of two about one pair the later one holds."""

    def __init__(self) -> None:
        self._held: dict[frozenset[str], Bond] = {}
        self._with: dict[str, set[str]] = defaultdict(set)

    def take(self, bond: Bond) -> None:
        """Take a decision in."""
        pair = frozenset((bond.one, bond.other))
        held = self._held.get(pair)
        if held is None or held.order < bond.order:
            self._held[pair] = bond
            self._with[bond.one].add(bond.other)
            self._with[bond.other].add(bond.one)

    def of(self, name: str) -> frozenset[str]:
        """The reports that people have decided on with this one, either way."""
        return frozenset(self._with.get(name, ()))

    def together(self, name: str, known: Container[str]) -> dict[str, datetime]:
        """The report, and all known ones that decisions make one with it, by way of others too:
        each with the instant since when, in the shortest way of decisions."""
        reached: dict[str, datetime] = {}
        ahead = [(EVER, name)]
        while ahead:
            since, here = heappop(ahead)
            if here in reached:
                continue
            reached[here] = since
            for other in self._with.get(here, ()):
                held = self._held[frozenset((here, other))]
                if held.together and other in known:
                    heappush(ahead, (max(since, held.order[0]), other))
        return reached

    def apart(self, name: str) -> Iterator[tuple[str, datetime]]:
        """The reports that are not of its case, each with when that was decided."""
        for other in self._with.get(name, ()):
            held = self._held[frozenset((name, other))]
            if not held.together:
                yield other, held.order[0]
