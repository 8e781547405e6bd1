"""From matter and area to the department that leads: a responsibility list, and its trace."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from streams.core.place import ANY, Duty, LimitRule, PlaceRules, lineage


class Route(msgspec.Struct, frozen=True):
    """Who leads (主责), who assists, and one sentence for every rule that was tried.

    `lead` is None only where the place has no responsibility list.
    """

    lead: str | None
    assisting: list[str]
    trace: list[str]


class _Index(msgspec.Struct, frozen=True):
    duties: Mapping[str, tuple[Duty, ...]]
    limits: Mapping[str, LimitRule]


@lru_cache(maxsize=64)
def _index(rules: PlaceRules) -> _Index:
    duties: dict[str, list[Duty]] = {}
    for duty in rules.duties:
        duties.setdefault(duty.matter, []).append(duty)
    by_matter = {matter: tuple(listed) for matter, listed in duties.items()}
    return _Index(by_matter, {limit.matter: limit for limit in rules.limits})


def _scopes(rules: PlaceRules, matter: str | None) -> list[str]:
    """What a rule may name to mean this matter, the most particular first."""
    if matter is None:
        return [ANY]
    known = rules.matters.get(matter)
    return [matter, known.category, ANY] if known is not None else [matter, ANY]


def route(rules: PlaceRules, matter: str | None, area: str | None) -> Route:
    """The first duty that fits best: by matter, else category, else any; within each by the
    nearest area, else any area; of two alike the one listed first. Else the default department."""
    lead, assisting, trace = _route(rules, matter, area)
    return Route(lead, list(assisting), list(trace))


# A place has few pairs of matter and area, and a case is folded anew with each of its inputs.
@lru_cache(maxsize=8192)
def _route(
    rules: PlaceRules, matter: str | None, area: str | None
) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    index, trace = _index(rules), []
    near = {code: steps for steps, code in enumerate(lineage(rules, area))}
    near[ANY] = len(near)
    for scope in _scopes(rules, matter):
        listed = index.duties.get(scope, ())
        fitting = [duty for duty in listed if duty.area in near]
        best = min(fitting, key=lambda duty: near[duty.area], default=None)
        trace += [_outcome(rules, duty, best, near) for duty in listed]
        if best is not None:
            return best.lead, best.assisting, tuple(trace)
    lead = rules.default_department
    if lead is None:
        trace.append("本地没有责任清单：不派遣")
    else:
        trace.append(f"没有适用的规则：由兜底部门{_department(rules, lead)}接办")
    return lead, (), tuple(trace)


def limit_of(rules: PlaceRules, matter: str | None) -> LimitRule | None:
    """The limit by matter, else by category, else for all (`*`); None = no limit."""
    limits = _index(rules).limits
    found = (limits[scope] for scope in _scopes(rules, matter) if scope in limits)
    return next(found, None)


def _outcome(rules: PlaceRules, duty: Duty, best: Duty | None, near: Mapping[str, int]) -> str:
    head = f"规则{duty.id}({_scope(rules, duty.matter)}，{_area(rules, duty.area)})"
    if duty is best:
        helpers = "、".join(_department(rules, helper) for helper in duty.assisting)
        tail = f"，协办：{helpers}" if helpers else ""
        basis = f"，依据：{duty.basis}" if duty.basis else ""
        return f"{head}：命中，主责：{_department(rules, duty.lead)}{tail}{basis}"
    if duty.area not in near:
        return f"{head}：片区不符"
    if best is not None and near[duty.area] == near[best.area]:
        return f"{head}：也适用，但规则{best.id}排在前面"
    return f"{head}：也适用，但范围更宽"


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
