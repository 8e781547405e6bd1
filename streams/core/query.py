"""What is asked of the figures: of whom, at which instants, cut by what."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from streams.core.events import INFINITY
from streams.core.levels import Rung, lies_in, on_level
from streams.core.lifecycle import Flow
from streams.core.registry import FIGURES, USUAL, Ledger
from streams.core.scoring import Weights

FIELDS = (
    *("place", "source", "reporter_kind", "channel", "citizen_kind"),
    *("street", "area", "area_kind", "grid", "grid_kind", "level"),
    *("department", "category", "matter", "camera", "algorithm"),
    *("outcome", "satisfaction", "mode", "day", "week", "ten-days", "month"),
)
"""What figures may be cut by; days and longer are those of a row's own instant (its filing, its
reporting, a step's beginning, a call's offer) in the place's zone."""

DAYS = frozenset({"day", "week", "ten-days", "month"})
CASES_ONLY = frozenset({"level", "department", "outcome", "satisfaction", "mode"})
"""What a case has and a report has not."""
SEEN_BY = ("camera", "algorithm")
"""What only a report has."""

SUMMED_UP = "area"
"""The field that may be summed up on a level of the area tree."""

REPLAY = "~check"
"""How the id of a replay ends; replays are shown only when named."""


CALLED_BY = frozenset({"place", "channel", "street", "area", *DAYS})
"""What a call has."""


def not_of(ledger: Ledger) -> frozenset[str]:
    """The fields that rows of this ledger have not."""
    if ledger is Ledger.CALLS:
        return frozenset(FIELDS) - CALLED_BY
    return CASES_ONLY if ledger is Ledger.REPORTS else frozenset(SEEN_BY)


Cut = tuple[str | None, ...]


class Placed(Protocol):
    """A row of any ledger, as far as it can be asked for."""

    @property
    def place(self) -> str:
        """Its place."""

    @property
    def flow(self) -> str:
        """Its flow."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: of one flow, at A, as known at K (INFINITY: everything known), in [from_, to).

    Without a place: all places but replays; `zones` then says whose days are not of `zone`.
    With `at_level` a cut by area is one by the areas of that level of the tree, what lies above it
    under None; with `inside` only what lies in that area counts.
    `weights` are those of the scores, by figure, as the place has them at A.
    """

    as_of: datetime
    known_at: datetime = INFINITY
    from_: datetime | None = None
    to: datetime | None = None
    place: str | None = None
    flow: Flow = Flow.CASE
    by: tuple[str, ...] = ()
    at_level: str | None = None
    inside: str | None = None
    figures: tuple[str, ...] = USUAL
    zone: str = "Asia/Shanghai"
    zones: dict[str, str] = {}
    weights: dict[str, Weights] = {}

    def __post_init__(self) -> None:
        """Raise ValueError for a cut or a figure that is not in the registry."""
        for name in self.by:
            if name not in FIELDS:
                raise ValueError(f"no such field: {name}; one of {', '.join(FIELDS)}")
        for name in self.figures:
            if name not in FIGURES:
                raise ValueError(f"no such figure: {name}; one of {', '.join(FIGURES)}")
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"a field stands twice: {', '.join(self.by)}")

    def covers(self, place: str) -> bool:
        """Whether this place's cases and reports are asked for."""
        return not place.endswith(REPLAY) if self.place is None else place == self.place

    def wants(self, row: Placed) -> bool:
        """Whether what this row is about is asked for: its place and its flow."""
        return row.flow == self.flow and self.covers(row.place)

    def covers_area(self, told: Iterable[Rung]) -> bool:
        """Whether what lies there is asked for."""
        return self.inside is None or lies_in(told, self.inside)

    def within(self, at: datetime) -> bool:
        """Whether an instant lies in [from_, to)."""
        after = self.from_ is None or self.from_ <= at
        return after and (self.to is None or at < self.to)

    def cuts(self, ledger: Ledger) -> bool:
        """Whether this ledger can be cut as asked."""
        return not_of(ledger).isdisjoint(self.by)


def cut_of(row: Any, at: datetime, query: Query) -> Cut:
    """The combination to which a row of this instant belongs."""
    return tuple(_value(name, row, at, query) for name in query.by)


def _value(name: str, row: Any, at: datetime, query: Query) -> str | None:
    if name in DAYS:
        return local_day(name, at, zone_of(row.place, query))
    if name == SUMMED_UP and query.at_level is not None:
        return on_level(row.lineage, query.at_level)
    own: str | None = getattr(row, name)
    return own


def zone_of(place: str, query: Query) -> str:
    """The zone whose days this place's cases are cut by."""
    return query.zone if query.place is not None else query.zones.get(place, query.zone)


def local_day(field: str, at: datetime, zone: str) -> str:
    """An instant's day, ISO week, ten days (旬) or month in a zone: 2026-02-14, 2026-W07,
    2026-02-T2 (the 11th to the 20th), 2026-02."""
    local = at.astimezone(ZoneInfo(zone)).date()
    if field == "day":
        return local.isoformat()
    if field == "week":
        year, week, _ = local.isocalendar()
        return f"{year:04d}-W{week:02d}"
    month = local.isoformat()[:7]
    return month if field == "month" else f"{month}-T{min((local.day - 1) // 10, 2) + 1}"
