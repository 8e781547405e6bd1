"""A fair ranking: by what a rate surely is, not by what few cases make it look like."""

from collections.abc import Iterable
from math import sqrt

import msgspec

from streams.core.figures import Row

Z = 1.96
"""For 95 % confidence."""

LEAST = 20
"""Rates over fewer are not ranked, unless told otherwise."""


class Ranked(msgspec.Struct, frozen=True):
    """A row's place among those that have at least so many cases (None: too few), and the lower
    bound by which it has it."""

    row: Row
    n: int
    bound: float | None
    place: int | None


def wilson(numerator: int, denominator: int) -> float:
    """The lower bound of Wilson's score interval (E. B. Wilson, JASA 22, 1927)."""
    p, n, z2 = numerator / denominator, denominator, Z * Z
    spread = Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (p + z2 / (2 * n) - spread) / (1 + z2 / n))


def wilson_sql(rate: str, n: str) -> str:
    """The same as an expression of a rate and of how many it is of; NULL where the rate is."""
    z2 = Z * Z
    spread = f"{Z} * sqrt({rate} * (1 - {rate}) / {n} + {z2} / (4 * {n} * {n}))"
    return f"greatest(0, ({rate} + {z2} / (2 * {n}) - {spread}) / (1 + {z2} / {n}))"


def ranked(rows: Iterable[Row], figure: str, least: int = LEAST) -> list[Ranked]:
    """The rows of a cut, the highest lower bound first; equal ones share a place; then those with
    too few cases, the most first."""
    found = [_bounded(row, figure) for row in rows if row.by]
    enough = sorted(
        (one for one in found if one.bound is not None and one.n >= least),
        key=lambda one: -(one.bound or 0),
    )
    few = sorted((one for one in found if one not in enough), key=lambda one: -one.n)
    bounds = [one.bound for one in enough]
    placed = [msgspec.structs.replace(one, place=bounds.index(one.bound) + 1) for one in enough]
    return [*placed, *few]


def _bounded(row: Row, figure: str) -> Ranked:
    value = row.figures[figure]
    n = value.denominator or 0
    return Ranked(row, n, wilson(value.numerator or 0, n) if n else None, None)
