"""An area tree, checked: codes that are unique, parents without a circle, kinds that are listed."""

from collections.abc import Iterator, Sequence

from streams.core.areadocs import Area, AreasBody
from streams.core.levels import GRID
from streams.core.listed import twice, unknown


def area_problems(body: AreasBody) -> Iterator[str]:
    """What is wrong with an area tree; a sentence each."""
    yield from twice("areas", (area.code for area in body.areas))
    yield from twice("areas.grids", (grid for area in body.areas for grid in area.grids))
    yield from _tree_problems(body.areas)
    yield from _kind_problems(body)


def _tree_problems(areas: Sequence[Area]) -> Iterator[str]:
    parents = {area.code: area.parent for area in areas}
    for at, area in enumerate(areas):
        if "/" in area.code:  # a home is <place>/<area>: two places must never share one
            yield f"$.areas[{at}].code: {area.code!r} holds a slash"
        yield from unknown(f"areas[{at}].parent", filter(None, [area.parent]), parents, "area")
        above, steps = area.parent, 0
        while above is not None and steps <= len(areas):
            above, steps = parents.get(above), steps + 1
        if above is not None:
            yield f"$.areas[{at}].parent: {area.code!r} lies in a circle of parents"


def _kind_problems(body: AreasBody) -> Iterator[str]:
    yield from twice("kinds", (kind.id for kind in body.kinds))
    levels = {grid: GRID for area in body.areas for grid in area.grids}
    levels |= {area.code: area.level for area in body.areas}
    asked = {kind.id: kind.level for kind in body.kinds}
    yield from unknown("kinds_of", body.kinds_of, levels, "area or grid")
    yield from unknown("kinds_of", body.kinds_of.values(), asked, "kind")
    for code, kind in body.kinds_of.items():
        level, wanted = levels.get(code), asked.get(kind)
        if level is not None and wanted is not None and level != wanted:
            yield f"$.kinds_of: {code!r} is of the level {level!r}, {kind!r} is for {wanted!r}"
