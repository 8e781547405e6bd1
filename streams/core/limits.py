"""Which limit a place sets for a matter: by clock, the most particular row first."""

from collections.abc import Mapping
from functools import lru_cache

from streams.core.lead import scopes
from streams.core.place import ClockName, Ladder, LimitRule, Mode, PlaceRules


# A place has few matters, and a case asks at each of its steps.
@lru_cache(maxsize=8192)
def limit_of(
    rules: PlaceRules,
    matter: str | None,
    clock: ClockName = ClockName.OVERALL,
    mode: Mode = Mode.NORMAL,
) -> LimitRule | None:
    """The limit by matter, else by category, else for all (`*`); None = no limit.

    In an emergency a limit of that mode comes before any normal one.
    """
    rows = _index(rules)
    keys = (
        (clock, by, scope)
        for by in dict.fromkeys((mode, Mode.NORMAL))
        for scope in scopes(rules, matter)
    )
    return next((rows[key] for key in keys if key in rows), None)


def ladders_of(rules: PlaceRules, matter: str | None, begins: str) -> tuple[Ladder, ...]:
    """The ladders that begin with this for a matter."""
    if not rules.ladders:
        return ()
    mine = set(scopes(rules, matter))
    return tuple(one for one in rules.ladders if one.begins == begins and mine & {*one.matters})


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> Mapping[tuple[ClockName, Mode, str], LimitRule]:
    return {(row.clock, row.mode, row.matter): row for row in rules.limits}
