"""岗位 · who is posted where and when, what posts stand empty, and who may do what."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from streams.core.events import Act
from streams.core.peopledocs import Posting, Staffing
from streams.core.place import PlaceRules, lineage


class Spot(msgspec.Struct, frozen=True):
    """Where a case is, as far as it is known."""

    area: str | None = None
    grid: str | None = None


class Short(msgspec.Struct, frozen=True):
    """缺额 · a grid or an area in which too few are posted, or too many."""

    staffing: Staffing
    where: str
    area: str
    found: int


def powerless(rules: PlaceRules, act: Act, at: datetime, spot: Spot) -> str | None:
    """Why the actor may not do this: `actor_missing`, `no_power`; None where nothing bars it."""
    kept = [
        power
        for power in (rules.posts.powers if rules.posts is not None else ())
        if act.act in power.acts and power.whistle in (None, act.whistle)
    ]
    if not kept:
        return None
    if act.actor is None:
        return "actor_missing"
    held = roles(rules, act.actor, at, spot)
    return None if any(held.intersection(power.roles) for power in kept) else "no_power"


def roles(rules: PlaceRules, person: str, at: datetime, spot: Spot) -> set[str]:
    """All roles in which somebody is posted at this instant where the spot lies."""
    around = set(lineage(rules, spot.area))
    return {
        one.role
        for one in _postings(rules).get(person, ())
        if holds(one, at) and _covers(one, around, spot)
    }


def posted_at(rules: PlaceRules, at: datetime, spot: Spot) -> list[Posting]:
    """落实到人 · all who are posted where the spot lies, at this instant: in its grid first, then
    area by area up to the root, last those of the whole place."""
    around = list(lineage(rules, spot.area))
    here = [
        one
        for one in (rules.posts.postings if rules.posts is not None else ())
        if holds(one, at) and _covers(one, around, spot)
    ]
    return sorted(here, key=lambda one: (_distance(one, around), one.role, one.person))


def _covers(one: Posting, around: Collection[str], spot: Spot) -> bool:
    in_area = one.area is None or one.area in around
    return in_area and (one.grid is None or one.grid == spot.grid)


def _distance(one: Posting, around: Sequence[str]) -> int:
    if one.grid is not None:
        return -1
    return len(around) if one.area is None else around.index(one.area)


def shortages(rules: PlaceRules, at: datetime) -> Iterator[Short]:
    """Each grid or area in which a rule of staffing is not kept, in the order of the documents."""
    if rules.posts is None:
        return
    there: dict[tuple[str, str], set[str]] = {}
    for one in rules.posts.postings:
        spot = one.grid or one.area
        if spot is not None and holds(one, at):
            there.setdefault((one.role, spot), set()).add(one.person)
    for asked in rules.posts.staffing:
        for where, area in _asked(rules, asked):
            persons = set().union(*(there.get((role, where), set()) for role in asked.roles))
            most = len(persons) if asked.at_most is None else asked.at_most
            if not asked.at_least <= len(persons) <= most:
                yield Short(asked, where, area, len(persons))


def asked_count(rules: PlaceRules) -> int:
    """In how many grids and areas something is asked for, each rule by itself."""
    staffing = rules.posts.staffing if rules.posts is not None else ()
    return sum(1 for asked in staffing for _ in _asked(rules, asked))


def _asked(rules: PlaceRules, asked: Staffing) -> Iterator[tuple[str, str]]:
    """The code of each grid or area that the rule is for, and the area in which it lies; never the
    one that stands for "nowhere known"."""
    for area in rules.areas.values():
        if area.code == rules.fallback_area:
            continue
        if asked.area is not None and asked.area not in lineage(rules, area.code):
            continue
        if asked.each == "grids":
            yield from ((grid, area.code) for grid in area.grids)
        elif area.level == asked.level:
            yield area.code, area.code


def holds(one: Posting, at: datetime) -> bool:
    """Whether the posting is held at this instant."""
    begun = one.valid_from is None or one.valid_from <= at
    return begun and (one.valid_to is None or at < one.valid_to)


@lru_cache(maxsize=64)
def _postings(rules: PlaceRules) -> dict[str, list[Posting]]:
    """By person; built once for each set of rules."""
    found: dict[str, list[Posting]] = {}
    for one in rules.posts.postings if rules.posts is not None else ():
        found.setdefault(one.person, []).append(one)
    return found
