"""底数清 · what lies in each grid, who works there, and how complete its base data are."""

from collections import Counter
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
    """底数 · how many `entries` lie in a grid, in all and by group; how many people of the ledger
    work at one of them, and how many of these live elsewhere; of all that must be on file what is,
    and what is not."""

    area: str
    grid: str | None
    entries: int
    groups: dict[str, int]
    workers: int
    from_elsewhere: int
    completeness: Value
    lacks: list[Lack]


def base_data_of(rules: PlaceRules) -> list[GridData]:
    """Every grid of the place, and after these every area with entries of which nobody says in
    which grid they lie."""
    body, found, spots = rules.base_data, dict[Spot, _Counted](), dict[str, Spot]()
    on_file = {one.grid: one.has for one in body.grids}
    home = {grid: area.code for area in rules.areas.values() for grid in area.grids}
    for grid, area in home.items():
        counted = found[area, grid] = _Counted()
        counted.add(body, grid, [None], on_file.get(grid, ()))
    for entry in body.entries:
        spot = spots[entry.code] = home.get(entry.grid or "", entry.area), entry.grid
        counted = found.setdefault(spot, _Counted())
        counted.entries += 1
        counted.groups.update(entry.groups)
        counted.add(body, entry.code, entry.groups, entry.has)
    for entry in body.entries:
        if entry.works_at is not None:
            workplace = spots[entry.works_at]
            found[workplace].workers += 1
            found[workplace].from_elsewhere += spots[entry.code] != workplace
    return [one.told(*spot) for spot, one in found.items()]


def whole(data: Iterable[GridData]) -> Value:
    """All of them together: items on file, of those that must be."""
    shares = [one.completeness for one in data]
    present = sum(one.numerator or 0 for one in shares)
    return share(present, sum(one.denominator or 0 for one in shares))


class _Counted:
    """What is asked and what is on file, summed up entry by entry."""

    def __init__(self) -> None:
        self.entries, self.workers, self.from_elsewhere, self.asked = 0, 0, 0, 0
        self.groups: Counter[str] = Counter()
        self.lacks: list[Lack] = []

    def told(self, area: str, grid: str | None) -> GridData:
        return GridData(
            area=area,
            grid=grid,
            entries=self.entries,
            groups=dict(self.groups),
            workers=self.workers,
            from_elsewhere=self.from_elsewhere,
            completeness=share(self.asked - len(self.lacks), self.asked),
            lacks=self.lacks,
        )

    def add(
        self, body: BaseDataBody, of: str, groups: Collection[str | None], has: Collection[str]
    ) -> None:
        asked = [item.id for item in body.items if item.of in groups]
        self.asked += len(asked)
        self.lacks += (Lack(of, item) for item in asked if item not in has)
