"""From codes to an area: by area code, by grid code, or the place's fallback area, and why."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from streams.core.place import PlaceRules, lineage, street_of


class Located(msgspec.Struct, frozen=True):
    """Where a report lies. `located` is False where it only got the fallback area."""

    area: str
    street: str | None
    grid: str | None
    why: list[str]
    located: bool


class _Index(msgspec.Struct, frozen=True):
    by_grid: Mapping[str, str]
    prefixes: tuple[str, ...]
    """Codes of all areas below a root, longest first: a grid's code begins with its area's."""


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> _Index:
    by_grid = {grid: area.code for area in rules.areas.values() for grid in area.grids}
    # Everything in a place lies in its root: a prefix that says no more says nothing.
    below = [area.code for area in rules.areas.values() if area.parent is not None]
    return _Index(by_grid, tuple(sorted(below, key=lambda code: (-len(code), code))))


def locate(rules: PlaceRules, area: str | None, grid: str | None) -> Located:
    """The area by its code, else by the grid's; where both are known, the finer, if they agree."""
    why: list[str] = []
    by_area = _known_area(rules, area, why)
    by_grid = _area_of_grid(rules, grid, why)
    if by_area is None:
        found = by_grid
    elif by_grid is None or by_grid == by_area:
        found = by_area
    elif by_area in lineage(rules, by_grid):
        found = by_grid
        why.append(f"网格所在片区更细，取{_name(rules, by_grid)}")
    else:
        found = by_area
        if by_grid not in lineage(rules, by_area):
            why.append(f"网格与片区不一致，以片区{_name(rules, by_area)}为准")
    if found is None:
        why.append(f"无法定位，归入{_name(rules, rules.fallback_area)}")
        street = street_of(rules, rules.fallback_area)
        return Located(rules.fallback_area, street, grid, why, False)
    return Located(found, street_of(rules, found), grid, why, True)


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


def _area_of_grid(rules: PlaceRules, grid: str | None, why: list[str]) -> str | None:
    if grid is None:
        return None
    index = _index(rules)
    code = grid if grid in index.by_grid else unicodedata.normalize("NFKC", grid)
    found = index.by_grid.get(code)
    if found is not None:
        why.append(f"网格“{grid}”属于{_name(rules, found)}")
        return found
    found = next((prefix for prefix in index.prefixes if _begins(code, prefix)), None)
    if found is None:
        why.append(f"网格代码“{grid}”不在本地清单")
    else:
        why.append(f"网格“{grid}”未登记，按代码前缀归入{_name(rules, found)}")
    return found


def _begins(code: str, prefix: str) -> bool:
    """Whether the code is the prefix and more: whole parts of it, or digits only."""
    rest = code[len(prefix) :]
    return code.startswith(prefix) and (code.isdecimal() or not rest[:1].isalnum())


def _name(rules: PlaceRules, code: str) -> str:
    area = rules.areas.get(code)
    return f"{area.name}({code})" if area is not None else code
