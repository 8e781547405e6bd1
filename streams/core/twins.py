"""Whether two reports tell of one problem: by place, matter, time and words, with reasons.

A score in 0..1. What cannot be one problem (too far apart, named at two spots, of other matters,
too long between) has none. Standing evidence is place and matter; time and words only shade it.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from math import cos, hypot, radians, sqrt
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from streams.core.accepted import AcceptedReport, Spot
from streams.core.datum import METRES_A_DEGREE, wgs84
from streams.core.lifecycle import merges
from streams.core.looks import Eye, eye_of
from streams.core.merging import MergingRule
from streams.core.plain import plain

# How sure each kind of evidence makes us that two reports mean one spot (assumed; measured on
# simulated days with known truth, see docs/merging.md).
SAME_CAMERA = 1.0
SAME_NUMBER = 0.95
SAME_SPOT = 0.74
SAME_GRID = 0.55
NEXT_GRID = 0.3
SAME_HOME = 0.25
FARTHEST = 0.7
"""At the very radius; from there to 1.0 at no distance at all."""
# How sure two matters are one.
SAME_MATTER = 1.0
ALIKE_MATTER = 0.9
UNKNOWN_MATTER = 0.65
# Time and words shade what place and matter say.
OLDEST = 0.8
"""At the end of the window; 1.0 at once, and falling fast at first: who sees a thing reports it."""
WORDS = 0.15
"""What texts that are word for word the same add."""
SAME_REQUESTER = 0.1


class Sighting(msgspec.Struct, frozen=True):
    """A report as it is compared with others. `name` is the id of the case that it would open;
    `point` is longitude and latitude in WGS-84 degrees. A `clear` look of an `eye` is compared with
    nothing: it speaks of what that eye has found."""

    name: str
    at: datetime
    sender: str
    id: str
    matter: str | None
    area: str | None
    grid: str | None
    spots: tuple[Spot, ...]
    point: tuple[float, float] | None
    camera: str | None
    requester: str | None
    words: str
    eye: Eye | None = None
    unconfirmed: bool = False
    clear: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Its place among the reports of its home."""
        return self.at, self.sender, self.id


class Likeness(NamedTuple):
    """How alike two reports are, 0..1, and why, one reason each."""

    score: float
    why: tuple[str, ...]


def sighting(name: str, report: AcceptedReport) -> Sighting | None:
    """The report as it is compared; None where its kind never merges: only reports of cases do,
    and of those no imported ticket."""
    if not merges(report.lifecycle):
        return None
    point = report.point
    return Sighting(
        name,
        report.occurred_at,
        report.sender,
        report.id,
        report.matter,
        report.area,
        report.grid,
        report.spots,
        wgs84(point.lon, point.lat, point.crs) if point else None,
        report.camera,
        report.requester,
        plain(report.text),
        eye_of(report),
        report.unconfirmed,
        report.clear,
    )


def compare(
    one: Sighting, other: Sighting, rule: MergingRule, next_to: Collection[str] = ()
) -> Likeness | None:
    """How alike two reports are under a rule; None where they cannot be one problem.

    `next_to` are the grids beside that of `one`.
    """
    gap = abs(one.at - other.at)
    if gap > rule.within:
        return None
    matter = _same_matter(one, other, rule)
    place = _same_place(one, other, rule, next_to) if matter else None
    if matter is None or place is None:
        return None
    words = fuzz.ratio(one.words, other.words) / 100
    lately = 1 - (1 - OLDEST) * sqrt(gap / rule.within)
    score = place[0] * matter[0] * lately + WORDS * words
    why = [place[1], matter[1], f"相隔{_hours(gap)}小时", f"文字相似度{words:.2f}"]
    if one.requester is not None and one.requester == other.requester:
        score += SAME_REQUESTER
        why.append("同一诉求人")
    return Likeness(round(min(score, 1.0), 4), tuple(why))


def may_share(one: Sighting, other: Sighting, rule: MergingRule) -> bool:
    """Whether nothing of where they are keeps two reports apart, however long between them."""
    return _same_place(one, other, rule, ()) is not None


def at_one_spot(one: Sighting, other: Sighting, rule: MergingRule) -> bool:
    """Whether both are surely of one place: a camera, a named spot, or within the radius."""
    place = _same_place(one, other, rule, ())
    return place is not None and place[0] >= FARTHEST


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two near points (longitude, latitude in degrees), as on a plane."""
    east = (one[0] - other[0]) * cos(radians((one[1] + other[1]) / 2))
    return METRES_A_DEGREE * hypot(east, one[1] - other[1])


Evidence = tuple[float, str]


def _same_matter(one: Sighting, other: Sighting, rule: MergingRule) -> Evidence | None:
    if one.matter is None or other.matter is None:
        return UNKNOWN_MATTER, "有一件未分类"
    if one.matter == other.matter:
        return SAME_MATTER, "同一事项"
    return (ALIKE_MATTER, "事项相通") if other.matter in rule.alike else None


def _same_place(
    one: Sighting, other: Sighting, rule: MergingRule, next_to: Collection[str]
) -> Evidence | None:
    if one.camera is not None and one.camera == other.camera:
        return SAME_CAMERA, "同一摄像头"
    if one.spots and other.spots and not (one.point and other.point):
        return max(_same_spots(one, other), default=None)
    return _near(one, other, rule, next_to)


def _near(
    one: Sighting, other: Sighting, rule: MergingRule, next_to: Collection[str]
) -> Evidence | None:
    if one.point is not None and other.point is not None:
        away = metres(one.point, other.point)
        if away > rule.radius_m:
            return None
        return 1 - (1 - FARTHEST) * away / rule.radius_m, f"相距{away:.0f}米"
    if one.grid is not None and one.grid == other.grid:
        return SAME_GRID, "同一网格"
    if other.grid is not None and other.grid in next_to:
        return NEXT_GRID, "相邻网格"
    return (SAME_HOME, "同一片区") if one.area == other.area else None


def _same_spots(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    for spot in one.spots:
        for its in other.spots:
            if spot.name == its.name and spot.number == its.number:
                sure = SAME_NUMBER if spot.number else SAME_SPOT
                yield sure, f"同在“{spot.name}{spot.number}”"
            elif spot.name == its.name and not (spot.number and its.number):
                yield SAME_SPOT, f"同在“{spot.name}”"


def _hours(gap: timedelta) -> str:
    return f"{gap / timedelta(hours=1):.1f}"
