"""Where a report lies: by area code, grid code, camera, point or name; else the place's fallback.

Whatever comes first stands, and whatever comes after may only make it finer; names in the text are
looked at only where nothing else says anything.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec
from ahocorasick_rs import AhoCorasick, MatchKind

from streams.core.accepted import Spot
from streams.core.datum import wgs84
from streams.core.events import Point
from streams.core.gridcode import BadGridCode, parse
from streams.core.gridmap import GridMap
from streams.core.levels import GRID, STREET, Lineage, on_level
from streams.core.mapdocs import Camera
from streams.core.place import PlaceRules, lineage
from streams.core.plain import plain

SHORTEST_NAME = 2
"""Characters: a name of one would be found everywhere."""


_NUMBER = re.compile(r"\d{1,5}(?:号|栋|幢|弄|巷|队)")


class Whereabouts(msgspec.Struct, frozen=True):
    """What a report says of where it is."""

    area: str | None = None
    grid: str | None = None
    point: Point | None = None
    camera: Camera | None = None
    text: str = ""

    @property
    def seen_at(self) -> Point | None:
        """Its own point; else its camera's."""
        return self.point or (self.camera.point if self.camera else None)


class Located(msgspec.Struct, frozen=True):
    """Where a report lies. `located` is False where it only got the fallback area."""

    area: str
    street: str | None
    grid: str | None
    lineage: Lineage
    why: list[str]
    located: bool


class _Hint(msgspec.Struct, frozen=True):
    """An area that something speaks for: what (`by`), and the grid that it names, if one."""

    by: str
    area: str
    grid: str | None = None


class _Index(msgspec.Struct, frozen=True):
    by_grid: Mapping[str, str]
    prefixes: tuple[str, ...]
    """Codes of all areas below a root, longest first: a grid's code begins with its area's."""
    map: GridMap | None
    names: tuple[tuple[str, frozenset[str]], ...]
    listed: frozenset[str]
    """Those of the gazetteer: an area's own name is no spot."""
    automaton: AhoCorasick


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> _Index:
    by_grid = {grid: area.code for area in rules.areas.values() for grid in area.grids}
    # Everything in a place lies in its root: a prefix that says no more says nothing.
    below = [area.code for area in rules.areas.values() if area.parent is not None]
    own = {plain(rules.areas[code].name) for code in below}
    names: dict[str, set[str]] = {}
    for name, code in [
        *((rules.areas[code].name, code) for code in below),
        *((one.name, one.area) for one in rules.names),
    ]:
        if len(name) >= SHORTEST_NAME and code != rules.fallback_area:
            names.setdefault(plain(name), set()).add(code)
    return _Index(
        by_grid,
        tuple(sorted(below, key=lambda code: (-len(code), code))),
        GridMap.of(rules.shapes) if rules.shapes is not None else None,
        tuple((name, frozenset(codes)) for name, codes in names.items()),
        frozenset(plain(one.name) for one in rules.names) - own,
        AhoCorasick([*names], matchkind=MatchKind.LeftmostLongest),
    )


def locate(rules: PlaceRules, told: Whereabouts) -> Located:
    """The area that the codes, the camera or the point speak for; else that of a name in the text.

    The grid is the one that the report names, else its camera's, else the one its point lies in.
    """
    why: list[str] = []
    found, grid = None, told.grid
    for hint in _hints(rules, told, why):
        found = hint.area if found is None else _finer(rules, found, hint, why)
        if grid is None and hint.grid is not None and hint.area in lineage(rules, found):
            grid = hint.grid
    if found is None:
        found = _by_name(rules, told.text, why)
    if found is None:
        why.append(f"无法定位，归入{_name(rules, rules.fallback_area)}")
    area = found or rules.fallback_area
    around = lineage_of(rules, area, grid)
    return Located(area, on_level(around, STREET), grid, around, why, found is not None)


def lineage_of(rules: PlaceRules, area: str | None, grid: str | None) -> Lineage:
    """On which levels of the tree an area and a grid lie; empty where it has no such area."""
    around = [rules.areas[code] for code in lineage(rules, area)]
    above = tuple((one.level, one.code) for one in around)
    if grid is None or on_level(above, GRID) or not any(grid in one.grids for one in around):
        return above
    return (GRID, grid), *above


def _hints(rules: PlaceRules, told: Whereabouts, why: list[str]) -> Iterator[_Hint]:
    """What speaks for an area, the most deliberate first; `why` tells of each, and of what says
    nothing."""
    if (area := _known_area(rules, told.area, why)) is not None:
        yield _Hint("片区", area)
    if told.grid is not None and (area := _area_of_grid(rules, told.grid, why)) is not None:
        yield _Hint("网格", area)
    if (camera := told.camera) is not None:
        why.append(f"摄像头“{camera.code}”已登记")
        if camera.area in rules.areas:
            yield _Hint("摄像头", camera.area or "")
        if camera.grid and (area := _area_of_grid(rules, camera.grid, why)) is not None:
            yield _Hint("摄像头", area, camera.grid)
        if camera.point is not None:
            yield from _at(rules, camera.point, why)
    if told.point is not None:
        yield from _at(rules, told.point, why)


def _finer(rules: PlaceRules, found: str, hint: _Hint, why: list[str]) -> str:
    """The hint's area where it lies in the one found; what disagrees is told and does not count."""
    if hint.area != found and found in lineage(rules, hint.area):
        why.append(f"{hint.by}所在片区更细，取{_name(rules, hint.area)}")
        return hint.area
    if hint.area not in lineage(rules, found):
        why.append(f"{hint.by}与片区不一致，以片区{_name(rules, found)}为准")
    return found


def _known_area(rules: PlaceRules, area: str | None, why: list[str]) -> str | None:
    if area is None:
        why.append("来件没有片区代码")
        return None
    code = area if area in rules.areas else unicodedata.normalize("NFKC", area)
    if code not in rules.areas:
        why.append(f"片区代码“{area}”不在本地清单")
        return None
    why.append(f"按片区代码定位：{_name(rules, code)}")
    return code


def _area_of_grid(rules: PlaceRules, grid: str, why: list[str]) -> str | None:
    index = _index(rules)
    code = grid if grid in index.by_grid else unicodedata.normalize("NFKC", grid)
    found = index.by_grid.get(code)
    if found is not None:
        why.append(f"网格“{grid}”属于{_name(rules, found)}")
        return found
    found = next((prefix for prefix in index.prefixes if _begins(code, prefix)), None)
    if found is not None:
        why.append(f"网格“{grid}”未登记，按代码前缀归入{_name(rules, found)}")
        return found
    found = _by_standard(rules, code)
    if found is None:
        why.append(f"网格代码“{grid}”不在本地清单")
    else:
        why.append(f"网格“{grid}”按 CJ/T 349 编码归入{_name(rules, found)}")
    return found


def _by_standard(rules: PlaceRules, code: str) -> str | None:
    """The smallest area below a root that a 20-digit code of the standard names."""
    try:
        said = parse(code)
    except BadGridCode:
        return None
    known = (area for area in said.areas() if area in rules.areas)
    return next((area for area in known if rules.areas[area].parent is not None), None)


def _at(rules: PlaceRules, point: Point, why: list[str]) -> Iterator[_Hint]:
    index = _index(rules)
    if index.map is None:
        return
    grid = index.map.grid_at(*wgs84(point.lon, point.lat, point.crs))
    area = index.by_grid.get(grid) if grid is not None else None
    if grid is None or area is None:
        why.append(f"坐标({point.crs.value})不在任何网格内")
        return
    why.append(f"坐标({point.crs.value})落在网格“{grid}”，属于{_name(rules, area)}")
    yield _Hint("坐标", area, grid)


def areas_near(rules: PlaceRules, point: Point, metres: float) -> tuple[str, ...]:
    """The areas of which some grid may be so near a point; none where no map is published."""
    index = _index(rules)
    if index.map is None:
        return ()
    grids = index.map.grids_within(*wgs84(point.lon, point.lat, point.crs), metres)
    return tuple(dict.fromkeys(index.by_grid[grid] for grid in grids if grid in index.by_grid))


def spots(rules: PlaceRules, text: str) -> tuple[Spot, ...]:
    """The names of the place's gazetteer in a text, each once, with the number right behind it."""
    index, normal = _index(rules), plain(text)
    found: dict[Spot, None] = {}
    for at, _, end in index.automaton.find_matches_as_indexes(normal) if index.listed else ():
        name = index.names[at][0]
        if name in index.listed:
            number = _NUMBER.match(normal, end)
            found[Spot(name, number.group() if number else "")] = None
    return tuple(found)


def _by_name(rules: PlaceRules, text: str, why: list[str]) -> str | None:
    """The area that the names in the text mean together: from it up to the root each has one of
    its areas. No finer one, where a street and its community share a name."""
    index = _index(rules)
    if not index.names or not text:
        return None
    hits = index.automaton.find_matches_as_indexes(plain(text))
    named = {index.names[at] for at, *_ in hits}
    if not named:
        return None
    said = "、".join(f"“{name}”" for name in sorted(name for name, _ in named))
    lines = [tuple(lineage(rules, code)) for code in {code for _, codes in named for code in codes}]
    fitting = [line for line in lines if all(not codes.isdisjoint(line) for _, codes in named)]
    found = min(fitting, key=len, default=())
    if not found or any(found[0] not in line for line in fitting):
        why.append(f"地名{said}所指不一，不据以定位")
        return None
    why.append(f"按地名{said}定位：{_name(rules, found[0])}")
    return found[0]


def _begins(code: str, prefix: str) -> bool:
    """Whether the code is the prefix and more: whole parts of it, or digits only."""
    rest = code[len(prefix) :]
    return code.startswith(prefix) and (code.isdecimal() or not rest[:1].isalnum())


def _name(rules: PlaceRules, code: str) -> str:
    area = rules.areas.get(code)
    return f"{area.name}({code})" if area is not None else code
