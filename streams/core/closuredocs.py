"""The nouns of a place's document on closings that are to be looked at (存疑结案)."""

from typing import Annotated

from msgspec import Meta

from streams.core.events import Contract, Note

Share = Annotated[float, Meta(gt=0, lt=1)]
"""Of the time between a deadline's beginning and the deadline, elapsed (24×7)."""


class ClosuresBody(Contract, frozen=True, kw_only=True):
    """存疑结案 · which closings somebody should look at; a threshold that is not set looks for
    nothing, and without this document nothing is looked for.

    `hasty_minutes`: closed at most so long after it was given to a department. `last_share`: closed
    within this last share of its time, after it had not moved for `idle_share` of it before.
    `again_days`: reported again near by within so many days. `bulk_cases` closed by one hand within
    `bulk_minutes`.
    """

    hasty_minutes: Annotated[float, Meta(gt=0)] | None = None
    last_share: Share | None = None
    idle_share: Share = 0.5
    again_days: Annotated[float, Meta(gt=0)] | None = None
    bulk_cases: Annotated[int, Meta(ge=2)] | None = None
    bulk_minutes: Annotated[float, Meta(gt=0)] = 5
    assumed: tuple[Note, ...] = ()

    @property
    def looked_for(self) -> bool:
        """Whether any threshold is set."""
        set_ = (self.hasty_minutes, self.last_share, self.again_days, self.bulk_cases)
        return any(one is not None for one in set_)
