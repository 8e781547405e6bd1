"""得分 · what a rate is worth: its share by weight, or points lost for each per cent short."""

from fractions import Fraction
from typing import Annotated

from msgspec import Meta

from streams.core.events import Contract


class Points(Contract, frozen=True, kw_only=True):
    """扣分 · `full` points from `anchor` per cent on; below it `per_point` less for each per cent,
    but never less than `least`."""

    full: Annotated[float, Meta(gt=0)]
    anchor: Annotated[float, Meta(ge=0, le=100)]
    per_point: Annotated[float, Meta(gt=0)]
    least: Annotated[float, Meta(ge=0)] = 0


Weight = Annotated[float, Meta(gt=0, le=1)] | Points
Weights = dict[str, Weight]
"""What the rates of a score are worth, by their ids."""


def worth(numerator: int, denominator: int, weight: Weight) -> float:
    """What a rate adds to a score, from its exact fraction: 5/6 is not 83.33 per cent."""
    if not isinstance(weight, Points):
        return numerator / denominator * weight
    short = max(Fraction(weight.anchor) - Fraction(100 * numerator, denominator), Fraction(0))
    return float(
        max(Fraction(weight.least), Fraction(weight.full) - short * Fraction(weight.per_point))
    )
