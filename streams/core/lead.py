"""Who leads a case, and by what: the admission lists, the duties, and what stands in for them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

import msgspec

from streams.core.place import ANY, AdmissionList, Duty, PlaceRules, lineage

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before any duty begins."""


class By(StrEnum):
    """凭什么 · what decides who leads, in the order in which it is tried."""

    ADMISSION = "admission"  # 不予准入
    DUTY = "duty"  # 责任清单
    FIRST = "first"  # 首接负责
    TERRITORY = "territory"  # 属地
    DEFAULT = "default"  # 兜底
    NOBODY = "nobody"


class Lead(msgspec.Struct, frozen=True):
    """Who leads and by what; `department` is None by admission and by nobody."""

    by: By
    department: str | None = None
    duty: Duty | None = None


class Standing(msgspec.Struct, frozen=True):
    """Where and when a case stands, as far as a duty may ask.

    `near` gives the steps up to each area that it lies in, and at the end to any area; without an
    instant `at` it is not asked whether a duty's time has come or is over.
    """

    near: Mapping[str, int]
    at: datetime | None
    level: str | None

    def holds(self, duty: Duty) -> bool:
        """Whether the duty is for this area, this time and this level."""
        level = duty.level is None or duty.level == self.level
        return level and duty.area in self.near and self.begun(duty) and not self.over(duty)

    def begun(self, duty: Duty) -> bool:
        """Whether the duty's time has begun; where time is not asked, it has."""
        return self.at is None or duty.valid_from is None or duty.valid_from <= self.at

    def over(self, duty: Duty) -> bool:
        """Whether the duty's time is over; where time is not asked, it is not."""
        return self.at is not None and duty.valid_to is not None and duty.valid_to <= self.at


class _Index(msgspec.Struct, frozen=True):
    duties: Mapping[str, tuple[Duty, ...]]
    turns: Mapping[str, tuple[datetime, ...]]
    territory: Mapping[str, str]


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> _Index:
    duties: dict[str, list[Duty]] = {}
    for duty in rules.duties:
        duties.setdefault(duty.matter, []).append(duty)
    territory: dict[str, str] = {}
    for one in rules.departments.values():
        if one.area is not None:
            territory.setdefault(one.area, one.id)
    return _Index(
        {matter: tuple(listed) for matter, listed in duties.items()},
        {matter: turns for matter, listed in duties.items() if (turns := turns_of(listed))},
        territory,
    )


def turns_of(duties: Iterable[Duty]) -> tuple[datetime, ...]:
    """The instants at which any of these duties begins or ends: in UTC, sorted, each once."""
    ends = (end for duty in duties for end in (duty.valid_from, duty.valid_to) if end is not None)
    return tuple(sorted({end.astimezone(UTC) for end in ends}))


def stretch(rules: PlaceRules, matter: str | None, at: datetime) -> datetime:
    """The start of the stretch of time in which `at` lies and no duty for this matter begins or
    ends. All instants of a stretch have the same answers; so these can be kept by its start."""
    turns = _index(rules).turns
    if not turns:
        return BEGINNING
    listed = (turns[scope] for scope in scopes(rules, matter) if scope in turns)
    starts = (ends[found - 1] for ends in listed if (found := bisect_right(ends, at)))
    return max(starts, default=BEGINNING)


def scopes(rules: PlaceRules, matter: str | None) -> list[str]:
    """What a rule may name to mean this matter, the most particular first."""
    if matter is None:
        return [ANY]
    known = rules.matters.get(matter)
    return [matter, known.category, ANY] if known is not None else [matter, ANY]


def duties_for(rules: PlaceRules, matter: str | None) -> Iterator[tuple[Duty, ...]]:
    """The duties that may lead this matter: its own, its category's, those for any matter."""
    duties = _index(rules).duties
    return (duties[scope] for scope in scopes(rules, matter) if scope in duties)


def territory_of(rules: PlaceRules) -> Mapping[str, str]:
    """属地 · the department of each area that has one of its own."""
    return _index(rules).territory


# --- who leads ----------------------------------------------------------------------------------


def standing(
    rules: PlaceRules, area: str | None, at: datetime | None = None, level: str | None = None
) -> Standing:
    """Where a case stands that lies in this area: at the area's own level, if at no other."""
    near = {code: steps for steps, code in enumerate(lineage(rules, area))}
    near[ANY] = len(near)
    here = rules.areas.get(area) if area is not None else None
    own = here.level if here is not None else None
    return Standing(near, at, own if level is None else level)


def lead(rules: PlaceRules, matter: str | None, where: Standing, first: str | None = None) -> Lead:
    """Who leads: see `route`, which tells it in words as well."""
    if not admitted(rules, matter, where.level):
        return Lead(By.ADMISSION)
    for listed in duties_for(rules, matter):
        best = _best(listed, where)
        if best is not None:
            return Lead(By.DUTY, best.lead, best)
    if first is not None and first in rules.departments:
        return Lead(By.FIRST, first)
    territory = _index(rules).territory
    local = next((territory[code] for code in where.near if code in territory), None)
    if local is not None:
        return Lead(By.TERRITORY, local)
    default = rules.default_department
    return Lead(By.NOBODY if default is None else By.DEFAULT, default)


def _best(listed: Sequence[Duty], where: Standing) -> Duty | None:
    holding = (duty for duty in listed if where.holds(duty))
    return min(holding, key=lambda duty: (where.near[duty.area], duty.level is None), default=None)


def admitted(rules: PlaceRules, matter: str | None, level: str | None) -> bool:
    """准入: whether the matter, or its category, is on a list that binds at this level, or none
    binds there. What has no matter yet cannot be refused for it."""
    binding = binding_lists(rules, level)
    if not binding or matter is None:
        return True
    return any(not set(scopes(rules, matter)).isdisjoint(one.matters) for one in binding)


def binding_lists(rules: PlaceRules, level: str | None) -> list[AdmissionList]:
    """The admission lists that bind cases which stand at this level."""
    return [one for one in rules.admission if one.level is None or one.level == level]
