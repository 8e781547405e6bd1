"""Which limit a place sets, the most particular row first; and on which calendar a clock runs."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from streams.core.events import Urgency
from streams.core.lead import scopes
from streams.core.place import ClockName, Ladder, LimitRule, Mode, PlaceRules

OWN_WORK = frozenset({ClockName.SIGN, ClockName.HANDLE, ClockName.ARRIVE})
"""Clocks of a department's own work. All others run on the place's calendar: what is promised to
people must not depend on whom their case is sent to."""

_GRADES = tuple(Urgency)


# A place has few matters, and a case asks at each of its steps.
@lru_cache(maxsize=8192)
def limit_of(
    rules: PlaceRules,
    matter: str | None,
    clock: ClockName = ClockName.OVERALL,
    *,
    mode: Mode = Mode.NORMAL,
    urgency: Urgency = Urgency.NORMAL,
    level: str | None = None,
) -> LimitRule | None:
    """The first row in this order; None = no limit.

    Those of the mode (平急) before the normal ones; among these those of the urgency, then of each
    lesser one; then the matter's, its category's, those for all (`*`); then those of the level.
    """
    rows = _index(rules)
    modes = dict.fromkeys((mode, Mode.NORMAL))
    grades = reversed(_GRADES[: _GRADES.index(urgency) + 1])
    levels = dict.fromkeys((level, None))
    keys = product((clock,), modes, grades, scopes(rules, matter), levels)
    return next((rows[key] for key in keys if key in rows), None)


def ladders_of(rules: PlaceRules, matter: str | None, begins: str) -> tuple[Ladder, ...]:
    """The ladders that begin with this for a matter."""
    if not rules.ladders:
        return ()
    mine = set(scopes(rules, matter))
    return tuple(one for one in rules.ladders if one.begins == begins and mine & {*one.matters})


def calendar_of(rules: PlaceRules, clock: ClockName, department: str | None) -> str | None:
    """The id of the calendar on which a clock runs; whether it is published is not asked."""
    theirs = rules.departments.get(department or "") if clock in OWN_WORK else None
    return theirs.calendar if theirs and theirs.calendar else rules.own_calendar


@lru_cache(maxsize=64)
def _index(
    rules: PlaceRules,
) -> Mapping[tuple[ClockName, Mode, Urgency, str, str | None], LimitRule]:
    return {(row.clock, row.mode, row.urgency, row.matter, row.level): row for row in rules.limits}
