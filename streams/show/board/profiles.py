"""What the board needs to know of a place: its zone and calendars, what codes mean, its shapes."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from streams.core.calendar import Calendar
from streams.core.events import INFINITY
from streams.core.mapdocs import GridsBody
from streams.core.place import PlaceRules, Rulebook
from streams.show.figures import Answers

LASTS_SECONDS = 30.0
"""A profile is read anew after so long: a change of the rules is no hurry."""

Names = dict[str, list[str]]
"""Chinese and English, by code."""


class Joins(Protocol):
    """The store, and what was published of a place."""

    @property
    def store(self) -> Answers:
        """Where figures are asked."""

    def zone(self, place: str | None) -> str:
        """The zone of a place."""

    def calendars(self, place: str) -> Mapping[tuple[str, str], Calendar]:
        """Its working calendars, by id and version."""

    def book(self, place: str) -> Rulebook:
        """All its documents."""


class Profile(msgspec.Struct, frozen=True, eq=False):
    """One place, with all its documents; without names where nothing was ever published of it."""

    zone: str
    calendars: Mapping[tuple[str, str], Calendar]
    name: list[str]
    names: dict[str, Names]
    shapes: dict[str, Any] | None
    book: Rulebook


class Profiles:
    """Profiles as published, each read at most every half minute; `clock` in seconds."""

    def __init__(self, at: Joins, clock: Callable[[], float]) -> None:
        self._at, self._clock = at, clock
        self._read: dict[str, tuple[float, Profile]] = {}

    def of(self, place: str) -> Profile:
        """The profile of a place."""
        since, known = self._read.get(place, (0.0, None))
        if known is None or self._clock() - since > LASTS_SECONDS:
            known = _profile(self._at, place)
            self._read[place] = self._clock(), known
        return known


def _profile(at: Joins, place: str) -> Profile:
    book = at.book(place)
    rules = book.at(place, INFINITY) if book.known(place) else None
    return Profile(
        zone=at.zone(place),
        calendars=at.calendars(place),
        name=[rules.name_zh, rules.name_en] if rules else [place, place],
        names=_names(rules) if rules else {},
        shapes=geojson(rules.shapes) if rules and rules.shapes else None,
        book=book,
    )


class Named(Protocol):
    """What has a name in both languages."""

    @property
    def name(self) -> str:
        """In Chinese."""

    @property
    def name_en(self) -> str:
        """In English; empty where nobody has said."""


def _names(rules: PlaceRules) -> dict[str, Names]:
    areas = _both(rules.areas)
    return {
        "street": areas,
        "area": areas,
        "department": _both(rules.departments),
        "category": _both(rules.categories),
        "matter": _both(rules.matters),
    }


def _both(table: Mapping[str, Named]) -> Names:
    return {code: [one.name, one.name_en or one.name] for code, one in table.items()}


def geojson(shapes: GridsBody) -> dict[str, Any]:
    """The grids as GeoJSON, each named by its code; in the datum that they were drawn in."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": shape.code},
                "geometry": {"type": "Polygon", "coordinates": [_closed(shape.ring)]},
            }
            for shape in shapes.grids
        ],
    }


def _closed(ring: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    return list(ring if ring[0] == ring[-1] else (*ring, ring[0]))


def profile_json(profile: Profile) -> dict[str, Any]:
    """What a page needs of it."""
    return {
        "name": profile.name,
        "zone": profile.zone,
        "names": profile.names,
        "shapes": profile.shapes,
    }
