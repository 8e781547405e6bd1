"""When two reports are one case: a place's rules of merging, laid out for one matter."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache

import msgspec

from streams.core.gridmap import GridMap
from streams.core.lead import scopes
from streams.core.place import PlaceRules
from streams.core.placedocs import MergingBody, MergingRow


class MergingRule(msgspec.Struct, frozen=True, kw_only=True):
    """并案规则 · by which a report of one matter is compared with those before it.

    `radius_m` in metres; scores in 0..1; `alike` are the other matters that may be the same
    problem. A report of a case that closed at most `reopen_within` before reopens it.
    """

    radius_m: float
    within: timedelta
    merged_from: float
    candidate_from: float
    reopen_within: timedelta | None
    alike: frozenset[str]
    repeat_within: timedelta
    hotspot_within: timedelta
    hotspot_reports: int

    @property
    def reach(self) -> timedelta:
        """How far back anything is looked at."""
        return max(self.within, self.repeat_within, self.hotspot_within)


# A place has few matters, and every report asks.
@lru_cache(maxsize=8192)
def merging_rule(rules: PlaceRules, matter: str | None) -> MergingRule | None:
    """The rule of a matter: what its own row says, else its category's, else that for any; None
    where the place merges nothing by itself."""
    body = rules.merging
    if body is None:
        return None
    rows = list(_rows(rules, body, matter))
    return MergingRule(
        radius_m=_said(rows, "radius_m"),
        within=timedelta(hours=_said(rows, "hours")),
        merged_from=_said(rows, "merged_from"),
        candidate_from=_said(rows, "candidate_from"),
        reopen_within=_hours(rows),
        alike=frozenset(code for group in body.alike if matter in group for code in group),
        repeat_within=timedelta(days=body.repeat_days),
        hotspot_within=timedelta(days=body.hotspot_days),
        hotspot_reports=body.hotspot_reports,
    )


def next_to(rules: PlaceRules, grid: str | None) -> frozenset[str]:
    """The grids that share a border, or a corner, with a grid; none where no map is published."""
    return _next_to(rules).get(grid or "", frozenset())


@lru_cache(maxsize=64)
def _next_to(rules: PlaceRules) -> Mapping[str, frozenset[str]]:
    return GridMap.of(rules.shapes).neighbours() if rules.shapes is not None else {}


def _rows(rules: PlaceRules, body: MergingBody, matter: str | None) -> Iterator[MergingRow]:
    by_scope = {row.matter: row for row in body.rows}
    return (by_scope[scope] for scope in scopes(rules, matter) if scope in by_scope)


def _said(rows: list[MergingRow], name: str) -> float:
    said: float = next(getattr(row, name) for row in rows if getattr(row, name) is not None)
    return said


def _hours(rows: list[MergingRow]) -> timedelta | None:
    said = (row.reopen_hours for row in rows if row.reopen_hours is not None)
    hours = next(said, None)
    return None if hours is None else timedelta(hours=hours)
