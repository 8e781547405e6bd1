"""The question that the options of several commands ask: whose figures, of when, as known when."""

from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TypeVar

from msgspec.structs import replace

from streams.core.events import INFINITY
from streams.core.figures import Query
from streams.core.place import PlaceRules
from streams.core.placetogether import levels_of
from streams.core.query import SUMMED_UP
from streams.core.roundfigures import RoundQuery
from streams.errors import WrongUse
from streams.joined import Joined
from streams.show.figures import place_now
from streams.show.rates import parse_when

Asked = TypeVar("Asked", Query, RoundQuery)

NEAREST, LIKE = 5, 0.3
"""So many areas are named where one is not known, of those that are so much like it."""


def question(
    at: Joined,
    place: str | None,
    *,
    as_of: str | None,
    known_at: str | None,
    from_: str | None,
    to: str | None,
) -> Query:
    """Neither cut nor narrowed to figures; A is the place's own now unless named. Unreadable where
    an instant cannot be read."""
    zone = at.zone(place)
    now = place_now(at.store, place, datetime.now(UTC))  # noqa: TID251 - a command's own now
    return Query(
        as_of=parse_when(as_of, zone) if as_of else now,
        known_at=parse_when(known_at, zone) if known_at else INFINITY,
        from_=parse_when(from_, zone) if from_ else None,
        to=parse_when(to, zone) if to else None,
        place=place,
        zone=zone,
    )


def in_tree(at: Joined, query: Asked, level: str | None, within: str | None) -> Asked:
    """The question about a level of the place's area tree, or an area in it; WrongUse for one that
    no tree of the place has ever had, nor, of an area, any case or report."""
    if level is None and within is None:
        return query
    if query.place is None:
        raise WrongUse("--level and --within are of one place's area tree: name it with --place")
    if level is not None and SUMMED_UP not in query.by:
        raise WrongUse(f"--level says where --by {SUMMED_UP} is summed up: ask for both")
    ever = at.published(query.place).ever(query.place)
    levels = dict.fromkeys(one for rules in ever for one in levels_of(rules))
    if level is not None and level not in levels:
        known = ", ".join(levels) or "none"
        raise WrongUse(f"{query.place!r} has no level {level!r}; from the root down: {known}")
    if within is not None:
        _must_be_an_area(at, query.place, within, ever)
    return replace(query, at_level=level, inside=within)


def _must_be_an_area(at: Joined, place: str, within: str, ever: Iterable[PlaceRules]) -> None:
    """Of a tree, or one that an imported ticket has named; else WrongUse with those that are like
    it, by code or by name."""
    areas = [area for rules in ever for area in rules.areas.values()]
    names = {grid: "" for area in areas for grid in area.grids}
    names |= {area.code: area.name for area in areas}
    if within not in names:
        found = at.store.query(
            "SELECT DISTINCT arrayJoin(lineage.code) FROM reports WHERE place = %(place)s",
            {"place": place},
        )
        names = {code: "" for (code,) in found} | names
    if within in names:
        return
    by_name = {name: code for code, name in names.items() if name}
    near = get_close_matches(within, [*by_name, *names], NEAREST, LIKE)
    codes = dict.fromkeys(by_name.get(one, one) for one in near)
    said = ", ".join(f"{code} {names[code]}".strip() for code in codes) or "none is like it"
    raise WrongUse(f"{place!r} has no area {within!r}; nearest: {said}")
