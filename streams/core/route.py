"""From matter and area to the department that leads: a responsibility list, and its trace."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from streams.core.lead import (
    By,
    Lead,
    Standing,
    binding_lists,
    duties_for,
    lead,
    scopes,
    standing,
    stretch,
    territory_of,
)
from streams.core.place import ANY, AdmissionList, Duty, PlaceRules

__all__ = ["Route", "route"]


class Route(msgspec.Struct, frozen=True):
    """Who leads (主责), who assists, and one sentence for every rule that was tried.

    `lead` is None where the matter is not admitted, or the place has no responsibility list.
    """

    lead: str | None
    assisting: list[str]
    trace: list[str]
    admitted: bool = True


def route(
    rules: PlaceRules,
    matter: str | None,
    area: str | None,
    *,
    at: datetime | None = None,
    level: str | None = None,
    first: str | None = None,
) -> Route:
    """The first duty that fits best: by matter, else category, else any; within each by the
    nearest area, else any area; then one for this level before one for any level; of two alike
    the one listed first. Without one 首接负责: the department that received the case first, else
    属地: that of the nearest area, else 兜底: the default department.

    `at` is the instant at which a duty must hold (None: it is not asked), `level` the level of the
    area tree at which the case stands (None: its area's own).
    """
    since = None if at is None else stretch(rules, matter, at)
    way = _route(rules, matter, area, since, level, first)
    return Route(way.lead, list(way.assisting), list(way.trace), way.admitted)


class _Way(msgspec.Struct, frozen=True):
    lead: str | None
    assisting: tuple[str, ...]
    trace: tuple[str, ...]
    admitted: bool


# A place has few pairs of matter and area, and a case is folded anew with each of its inputs.
@lru_cache(maxsize=8192)
def _route(  # noqa: PLR0917 - the cache's key: it is quicker without names
    rules: PlaceRules,
    matter: str | None,
    area: str | None,
    since: datetime | None,
    level: str | None,
    first: str | None,
) -> _Way:
    where = standing(rules, area, since, level)
    found = lead(rules, matter, where, first)
    trace = tuple(_trace(rules, matter, where, found, first))
    assisting = found.duty.assisting if found.duty is not None else ()
    return _Way(found.department, assisting, trace, found.by is not By.ADMISSION)


# --- told ---------------------------------------------------------------------------------------


def _trace(
    rules: PlaceRules, matter: str | None, where: Standing, found: Lead, first: str | None
) -> Iterator[str]:
    binding = binding_lists(rules, where.level)
    if binding:
        yield _admission(rules, matter, binding)
    if found.by is By.ADMISSION:
        return
    for listed in duties_for(rules, matter):
        yield from (_outcome(rules, duty, found.duty, where) for duty in listed)
        if found.duty in listed:
            return
    yield from _stand_ins(rules, where, found, first)


def _admission(rules: PlaceRules, matter: str | None, binding: list[AdmissionList]) -> str:
    if matter is None:
        return "事项未分类：尚不能对照准入清单"
    meant = scopes(rules, matter)
    on = [one for one in binding if not set(meant).isdisjoint(one.matters)]
    if on:
        return f"准入：事项{_scope(rules, matter)}列入{_named(on)}"
    return f"不予准入：事项{_scope(rules, matter)}不在{_named(binding)}之内，不派遣"


def _named(lists: list[AdmissionList]) -> str:
    return "、".join(f"《{one.name}》{f'({one.batch})' if one.batch else ''}" for one in lists)


def _outcome(rules: PlaceRules, duty: Duty, best: Duty | None, where: Standing) -> str:
    head = f"规则{duty.id}({_scope(rules, duty.matter)}，{_area(rules, duty.area)})"
    if duty is not best:
        return f"{head}：{_why_not(rules, duty, best, where)}"
    helpers = "、".join(_department(rules, helper) for helper in duty.assisting)
    tail = f"，协办：{helpers}" if helpers else ""
    basis = f"，依据：{duty.basis}" if duty.basis else ""
    return f"{head}：命中，主责：{_department(rules, duty.lead)}{tail}{basis}"


def _why_not(rules: PlaceRules, duty: Duty, best: Duty | None, where: Standing) -> str:
    if duty.area not in where.near:
        return "片区不符"
    if duty.valid_from is not None and not where.begun(duty):
        return f"尚未生效，自{_local(rules, duty.valid_from)}起"
    if duty.valid_to is not None and where.over(duty):
        return f"已经失效，至{_local(rules, duty.valid_to)}止"
    if best is None or not where.holds(duty):
        return f"层级不符，限{duty.level}"
    return _beaten(duty, best, where)


def _beaten(duty: Duty, best: Duty, where: Standing) -> str:
    if where.near[duty.area] > where.near[best.area]:
        return "也适用，但范围更宽"
    if duty.level != best.level:
        return f"也适用，但规则{best.id}专管本层级"
    return f"也适用，但规则{best.id}排在前面"


def _stand_ins(rules: PlaceRules, where: Standing, found: Lead, first: str | None) -> Iterator[str]:
    """首接、属地、兜底: what was tried when no duty held."""
    who = _department(rules, found.department) if found.department is not None else ""
    if found.by is By.FIRST:
        yield f"没有适用的规则：首接负责，由首接部门{who}接办"
        return
    if first is not None:
        yield f"首接部门“{first}”不在部门名单"
    if found.by is By.TERRITORY:
        code = next(code for code in where.near if code in territory_of(rules))
        yield f"没有适用的规则：属地负责，由{_area(rules, code)}的{who}接办"
        return
    if territory_of(rules):
        yield "这一片区没有属地部门"
    if found.by is By.DEFAULT:
        yield f"没有适用的规则：由兜底部门{who}接办"
    else:
        yield "本地没有责任清单：不派遣"


def _scope(rules: PlaceRules, code: str) -> str:
    if code == ANY:
        return "所有事项"
    known = rules.matters.get(code) or rules.categories.get(code)
    return f"“{known.name}”" if known is not None else f"“{code}”"


def _area(rules: PlaceRules, code: str) -> str:
    if code == ANY:
        return "全域"
    return rules.areas[code].name if code in rules.areas else code


def _department(rules: PlaceRules, id: str) -> str:
    known = rules.departments.get(id)
    return known.name if known is not None else id


def _local(rules: PlaceRules, at: datetime) -> str:
    """An instant as a date of the place; with the time of day where that is not midnight."""
    here = at.astimezone(ZoneInfo(rules.zone))
    return f"{here:%Y-%m-%d}" if f"{here:%H%M%S}" == "000000" else f"{here:%Y-%m-%d %H:%M}"
