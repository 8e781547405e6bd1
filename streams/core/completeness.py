"""底数清 · how complete the base data of each grid are: what is on file, of what must be."""

from collections.abc import Collection, Iterable

import msgspec

from streams.core.basedocs import BaseDataBody
from streams.core.figures import Value, share
from streams.core.place import PlaceRules

Spot = tuple[str, str | None]
"""An area, and a grid in it; None: nobody says in which."""


class Lack(msgspec.Struct, frozen=True):
    """缺项 · an item that is not on file of an entry, or of the grid, whose code `of` is."""

    of: str
    item: str


class GridData(msgspec.Struct, frozen=True):
    """底数 · what of all that must be on file of a grid and of the entries in it is; and what is
    not."""

    area: str
    grid: str | None
    entries: int
    completeness: Value
    lacks: list[Lack]


def base_data_of(rules: PlaceRules) -> list[GridData]:
    """Every grid of the place, and after these every area with entries of which nobody says in
    which grid they lie."""
    body, found = rules.base_data, dict[Spot, _Counted]()
    on_file = {one.grid: one.has for one in body.grids}
    home = {grid: area.code for area in rules.areas.values() for grid in area.grids}
    for grid, area in home.items():
        counted = found[area, grid] = _Counted()
        counted.add(body, grid, [None], on_file.get(grid, ()))
    for entry in body.entries:
        area = home.get(entry.grid or "", entry.area)
        counted = found.setdefault((area, entry.grid), _Counted())
        counted.entries += 1
        counted.add(body, entry.code, entry.groups, entry.has)
    return [
        GridData(area, grid, one.entries, share(one.present, one.asked), one.lacks)
        for (area, grid), one in found.items()
    ]


def whole(data: Iterable[GridData]) -> Value:
    """All of them together: items on file, of those that must be."""
    shares = [one.completeness for one in data]
    present = sum(one.numerator or 0 for one in shares)
    return share(present, sum(one.denominator or 0 for one in shares))


class _Counted:
    """What is asked and what is on file, summed up entry by entry."""

    def __init__(self) -> None:
        self.entries, self.asked = 0, 0
        self.lacks: list[Lack] = []

    @property
    def present(self) -> int:
        return self.asked - len(self.lacks)

    def add(
        self, body: BaseDataBody, of: str, groups: Collection[str | None], has: Collection[str]
    ) -> None:
        asked = [item.id for item in body.items if item.of in groups]
        self.asked += len(asked)
        self.lacks += (Lack(of, item) for item in asked if item not in has)
