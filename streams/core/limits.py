"""Which limit a place sets for a matter: by clock, the most particular row first."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from streams.core.place import ANY, ClockName, LimitRule, PlaceRules


# A place has few matters, and a case asks at each of its steps.
@lru_cache(maxsize=8192)
def limit_of(
    rules: PlaceRules, matter: str | None, clock: ClockName = ClockName.OVERALL
) -> LimitRule | None:
    """The limit by matter, else by category, else for all (`*`); None = no limit."""
    rows = _index(rules)
    found = (rows[clock, scope] for scope in _scopes(rules, matter) if (clock, scope) in rows)
    return next(found, None)


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> Mapping[tuple[ClockName, str], LimitRule]:
    return {(row.clock, row.matter): row for row in rules.limits}


def _scopes(rules: PlaceRules, matter: str | None) -> Iterator[str]:
    if matter is not None:
        yield matter
        if (known := rules.matters.get(matter)) is not None:
            yield known.category
    yield ANY
