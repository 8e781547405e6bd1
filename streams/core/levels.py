"""层级 · where something lies on each level of the area tree, as the tree was when it was told.

Levels are the tree's own names; where areas list grids that are no areas themselves, the grid is
one more, below them (`locate.lineage_of`).
"""

from collections.abc import Iterable

STREET, GRID = "street", "grid"
"""Levels that mean something: the others are names."""

AS_GIVEN = ""
"""The level of an area that no tree has."""

Rung = tuple[str, str]
"""A level, and the code of the area there."""

Lineage = tuple[Rung, ...]
"""所属层级 · the grid and the area where it lies, then all areas around that one, to the root."""


def as_given(street: str | None, area: str | None) -> Lineage:
    """What is known of what no tree has placed: its own street and area, as they were given."""
    own = ((AS_GIVEN, area),) if area is not None and area != street else ()
    return own if street is None else (*own, (STREET, street))


def on_level(told: Iterable[Rung], level: str) -> str | None:
    """The nearest area of this level; None above it, or outside the tree."""
    return next((code for name, code in told if name == level), None)


def lies_in(told: Iterable[Rung], area: str) -> bool:
    """Whether it lies in the area, or in one that does."""
    return any(code == area for _, code in told)
