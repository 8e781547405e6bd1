"""Which grid a point lies in: every point in exactly one, also on a border that two share."""

from collections.abc import Iterator, Mapping
from math import cos, radians

import msgspec
from shapely import Point, Polygon, STRtree, box
from shapely.validation import explain_validity

from streams.core.datum import METRES_A_DEGREE, wgs84
from streams.core.mapdocs import GridsBody, GridShape

SLIVER = 1e-9
"""Square degrees, about ten square metres: so much may two neighbours overlap by mere drawing."""


class GridMap(msgspec.Struct, frozen=True, eq=False):
    """A place's grids in WGS-84, in one tree; `codes` in its order, which is the sorted one."""

    codes: tuple[str, ...]
    tree: STRtree

    @staticmethod
    def of(body: GridsBody) -> "GridMap":
        """The map of these grids."""
        ordered = sorted(body.grids, key=lambda shape: shape.code)
        return GridMap(
            tuple(shape.code for shape in ordered),
            STRtree([_polygon(shape, body) for shape in ordered]),
        )

    def grid_at(self, lon: float, lat: float) -> str | None:
        """The grid in which the point lies, in WGS-84 degrees; of several the least code."""
        found = self.tree.query(Point(lon, lat), predicate="intersects")
        return self.codes[min(found)] if len(found) else None

    def grids_within(self, lon: float, lat: float, metres: float) -> tuple[str, ...]:
        """The grids of which some part may be so near: none that is is left out."""
        north = metres / METRES_A_DEGREE
        east = north / cos(radians(lat))
        around = box(lon - east, lat - north, lon + east, lat + north)
        found = self.tree.query(around, predicate="intersects")
        return tuple(self.codes[at] for at in sorted(found))

    def neighbours(self) -> Mapping[str, frozenset[str]]:
        """The grids that share a border, or a corner, with each grid."""
        near = (
            (code, self.tree.query(self.tree.geometries[at], predicate="intersects"))
            for at, code in enumerate(self.codes)
        )
        return {code: frozenset(self.codes[at] for at in found) - {code} for code, found in near}


def faults(body: GridsBody) -> Iterator[tuple[str, str]]:
    """What is wrong with the shapes: the code, and what there is to mend."""
    polygons = {shape.code: _polygon(shape, body) for shape in body.grids}
    for code, polygon in polygons.items():
        if not polygon.is_valid:
            yield code, f"is no proper shape: {explain_validity(polygon)}"
    sound = sorted((code, polygon) for code, polygon in polygons.items() if polygon.is_valid)
    tree = STRtree([polygon for _, polygon in sound])
    for at, (code, polygon) in enumerate(sound):
        for near in sorted(int(one) for one in tree.query(polygon, predicate="intersects")):
            other, its = sound[near]
            if near > at and polygon.intersection(its).area > SLIVER:
                yield other, f"overlaps {code}, for which a point in both would count"


def _polygon(shape: GridShape, body: GridsBody) -> Polygon:
    return Polygon([wgs84(lon, lat, body.crs) for lon, lat in shape.ring])
