"""Simulated problems: what is wrong where, and which reports are of one of them."""

from collections import deque
from math import cos, radians
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

import msgspec

from streams.core.events import Crs, Point
from streams.core.place import Area, Matter, PlaceRules
from streams.entry import simulate_shares as shares
from streams.entry.simulate_day import SECOND_US
from streams.entry.simulate_shares import Mix

ORIGIN = (30.0, 112.0)
"""Latitude and longitude where the invented lattice of areas begins: no place has published its
own."""
AREA_STEP = 0.02
"""Degrees between two areas: about two kilometres."""
SPOT_M, NUMBER_M = 160, 6
"""Metres from one spot of an area to the next, northward; from one house number to the next,
eastward."""
DEGREE_M = 111_195.0


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong. `spot` is a name of the place's gazetteer (None: it has none there),
    `number` the house number; `north` and `east` metres from where its area begins."""

    number: int
    us: int
    area: Area
    matter: Matter | None
    spot: str | None
    house: int
    north: int
    east: int


class Problems:
    """Draws what is wrong; and again what was so a short time ago, for those who report it too."""

    def __init__(self, rules: PlaceRules, rng: Random, areas: Mix[Area]) -> None:
        self._rng, self._areas = rng, areas
        self._at = {code: n for n, code in enumerate(rules.areas)}
        self._spots: dict[str, list[str]] = {}
        for name in rules.names:
            self._spots.setdefault(name.area, []).append(name.name)
        self._recent: deque[Problem] = deque()
        self._houses: dict[tuple[str, str | None, str], list[int]] = {}
        self._count = 0

    def draw(self, us: int, matters: Mix[Matter] | None) -> tuple[Problem, bool]:
        """The problem of the report at this time, of one of these matters, and whether it is its
        first report."""
        while self._recent and us - self._recent[0].us > shares.AGAIN_S * SECOND_US:
            self._recent.popleft()
        if self._recent and self._rng.random() < shares.AGAIN:
            one = shares.one_of(self._recent, self._rng)
            if matters is None or one.matter in matters.things:
                return one, False
        problem = self._new(us, matters)
        self._recent.append(problem)
        return problem, True

    def point(self, problem: Problem) -> Point:
        """Where somebody's device says it is: some metres beside."""
        north = problem.north + self._rng.gauss(0, shares.GPS_M)
        east = problem.east + self._rng.gauss(0, shares.GPS_M)
        lat = ORIGIN[0] + AREA_STEP * (self._at[problem.area.code] // 40)
        lon = ORIGIN[1] + AREA_STEP * (self._at[problem.area.code] % 40)
        return Point(
            round(lat + north / DEGREE_M, 6),
            round(lon + east / DEGREE_M / cos(radians(lat)), 6),
            Crs.WGS84,
        )

    def _new(self, us: int, matters: Mix[Matter] | None) -> Problem:
        rng = self._rng
        self._count += 1
        area = self._areas.draw(rng)
        matter = matters.draw(rng) if matters else None
        spots = self._spots.get(area.code, [])
        at = shares.whole(0, max(len(spots), 1), rng)
        spot = spots[at] if spots else None
        house = self._house(area, spot, matter)
        return Problem(
            number=self._count,
            us=us,
            area=area,
            matter=matter,
            spot=spot,
            house=house,
            north=at * SPOT_M,
            east=house * NUMBER_M,
        )

    def _house(self, area: Area, spot: str | None, matter: Matter | None) -> int:
        """A number well away from those where the same is wrong already: else it were one
        problem."""
        taken = self._houses.setdefault((area.code, spot, matter.code if matter else ""), [])
        house = shares.whole(1, shares.HOUSES, self._rng)
        while any(abs(house - other) < shares.HOUSES_APART for other in taken):
            house += shares.HOUSES_APART
        taken.append(house)
        return house
