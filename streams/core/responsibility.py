"""A responsibility list, examined: gaps, overlaps, circles, rows that are over, early or idle."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from zoneinfo import ZoneInfo

import msgspec

from streams.core.lead import admitted
from streams.core.place import Duty, PlaceRules
from streams.core.placedocs import OwnedList
from streams.core.placetogether import loose_ends
from streams.core.survey import By, Gap, Survey, survey


class Kind(StrEnum):
    """问题类别 · what a finding is about."""

    UNKNOWN_CODE = "unknown_code"  # 代码不存在
    CYCLE = "cycle"  # 循环
    GAP = "gap"  # 空白
    OVERLAP = "overlap"  # 重叠
    EXPIRED = "expired"  # 已失效
    NOT_YET_VALID = "not_yet_valid"  # 尚未生效
    UNREACHABLE = "unreachable"  # 轮不到
    IDLE_DEPARTMENT = "idle_department"  # 没有条目的部门


class Severity(StrEnum):
    """轻重 · an error makes routing wrong or arbitrary; a warning may be meant; a note is news."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True):
    """One thing found; `rows` are the ids of the duties (or lists, departments, areas, matters)
    that it is about."""

    kind: Kind
    severity: Severity
    rows: tuple[str, ...]
    zh: str
    en: str


def lists_of(rules: PlaceRules, level: str | None = None) -> list[tuple[OwnedList, int]]:
    """The lists that a level owns (None: all), each with how many duties stand on it."""
    rows = Counter(duty.list for duty in rules.duties)
    return [(one, rows[one.id]) for one in rules.lists if level in {None, one.level}]


def lint(rules: PlaceRules, at: datetime) -> list[Finding]:
    """What is wrong with a place's responsibility list from `at` on, the gravest first.

    In an area tree that goes round in a circle nothing can be routed: then only this is told.
    """
    circles = list(_circles(rules))
    if circles:
        return circles
    found = survey(rules, at)
    findings = [
        *_loose(rules),
        *_own_helpers(rules),
        *_gaps(rules, found, at),
        *_overlaps(rules, at),
        *_out_of_time(rules, at),
        *_unreachable(rules, found, at),
        *_idle(rules),
    ]
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


# --- codes and circles --------------------------------------------------------------------------


def _loose(rules: PlaceRules) -> Iterator[Finding]:
    for document, row, said in loose_ends(rules):
        rows = (row,) if row else ()
        named = f"{document} {row}" if row else document
        zh = f"{named}：代码在本地资料中不存在或不齐({said})"
        yield Finding(Kind.UNKNOWN_CODE, Severity.ERROR, rows, zh, f"{named}: {said}")


def _circles(rules: PlaceRules) -> Iterator[Finding]:
    """Every circle of parents once. A document with one is refused when it is read."""
    parents = {code: area.parent for code, area in rules.areas.items()}
    seen: set[str] = set()
    for code in parents:
        path: dict[str, None] = {}
        here: str | None = code
        while here is not None and here not in seen and here not in path:
            path[here] = None
            here = parents.get(here)
        if here is not None and here in path:
            codes = list(path)
            circle = tuple(codes[codes.index(here) :])
            way = " → ".join((*circle, here))
            en = f"the parents of these areas go round in a circle: {way}"
            zh = f"片区的上级成环，无法派遣：{way}"
            yield Finding(Kind.CYCLE, Severity.ERROR, circle, zh, en)
        seen.update(path)


def _own_helpers(rules: PlaceRules) -> Iterator[Finding]:
    for duty in rules.duties:
        if duty.lead in duty.assisting:
            who = _department(rules, duty.lead)
            zh = f"条目{duty.id}：{who}既主责又协办，协办回到主责自己"
            en = f"{duty.id}: {duty.lead} leads and assists itself"
            yield Finding(Kind.CYCLE, Severity.WARNING, (duty.id,), zh, en)


# --- gaps ---------------------------------------------------------------------------------------

_TAKEN = {
    By.TERRITORY: ("只由属地部门接办", "only the territory's department takes it"),
    By.DEFAULT: ("只由兜底部门接办", "only the default department takes it"),
    By.NOBODY: ("没有部门接办", "nobody takes it"),
}


def _gaps(rules: PlaceRules, found: Survey, at: datetime) -> Iterator[Finding]:
    for gap in found.gaps:
        zh, en = _TAKEN[gap.by]
        where_zh, where_en = _where(rules, gap)
        if gap.since > at:
            where_zh = f"自{_day(rules, gap.since)}起，{where_zh}"
            where_en += f" from {_day(rules, gap.since)} on"
        zh = f"事项{_matter(rules, gap.matter)}：{where_zh}没有责任条目，{zh}"
        en = f"matter {gap.matter or 'unclassified'}: no duty {where_en}, {en}"
        rows = () if gap.matter is None else (gap.matter,)
        yield Finding(Kind.GAP, _gravity(rules, gap), rows, zh, en)


def _gravity(rules: PlaceRules, gap: Gap) -> Severity:
    """What a list admits must be matched with a department: 逐项匹配职能部门."""
    levels = {one.level for one in rules.admission}
    listed = gap.matter is not None and any(admitted(rules, gap.matter, one) for one in levels)
    return Severity.ERROR if gap.by is By.NOBODY or listed else Severity.WARNING


def _where(rules: PlaceRules, gap: Gap) -> tuple[str, str]:
    if not rules.areas or len(gap.areas) == len(rules.areas):
        return "全域", "anywhere"
    names = "、".join(rules.areas[code].name for code in gap.areas[:3])
    more = len(gap.areas) - 3
    zh = f"{names}等{len(gap.areas)}个片区" if more > 0 else names
    return zh, f"in {', '.join(gap.areas[:3])}" + (f" and {more} more" if more > 0 else "")


# --- rows ---------------------------------------------------------------------------------------


def _overlaps(rules: PlaceRules, at: datetime) -> Iterator[Finding]:
    """Rows of one matter, area and level: while both hold, only their order decides."""
    alike: dict[tuple[str, str, str | None], list[Duty]] = {}
    for duty in rules.duties:
        alike.setdefault((duty.matter, duty.area, duty.level), []).append(duty)
    for rows in alike.values():
        for one, other in combinations(rows, 2):
            span = _shared(one, other)
            if span is not None and (span[1] is None or span[1] > at):
                yield _overlap(rules, one, other, span)


Stretch = tuple[datetime | None, datetime | None]


def _shared(one: Duty, other: Duty) -> Stretch | None:
    begins = max(filter(None, (one.valid_from, other.valid_from)), default=None)
    ends = min(filter(None, (one.valid_to, other.valid_to)), default=None)
    return None if begins is not None and ends is not None and ends <= begins else (begins, ends)


def _overlap(rules: PlaceRules, one: Duty, other: Duty, span: Stretch) -> Finding:
    same = (one.lead, one.assisting) == (other.lead, other.assisting)
    begins, ends = (None if end is None else _day(rules, end) for end in span)
    held_zh = f"({begins or '一直'}至{ends or '长期'})" if begins or ends else ""
    held_en = f" ({begins or 'ever'} to {ends or 'ever'})" if begins or ends else ""
    zh = f"条目{one.id}与{other.id}的事项、片区、层级相同，有效期重叠{held_zh}"
    en = f"{one.id} and {other.id}: same matter, area and level, and both hold{held_en}"
    zh += "，内容也相同" if same else f"，只凭先后由{one.id}决定"
    en += "; they say the same" if same else f"; only their order makes {one.id} decide"
    severity = Severity.WARNING if same else Severity.ERROR
    return Finding(Kind.OVERLAP, severity, (one.id, other.id), zh, en)


def _out_of_time(rules: PlaceRules, at: datetime) -> Iterator[Finding]:
    for duty in rules.duties:
        if _over(duty, at):
            day = _day(rules, duty.valid_to or at)
            zh, en = f"条目{duty.id}已于{day}失效", f"{duty.id} ended on {day}"
            yield Finding(Kind.EXPIRED, Severity.WARNING, (duty.id,), zh, en)
        elif duty.valid_from is not None and at < duty.valid_from:
            day = _day(rules, duty.valid_from)
            zh, en = f"条目{duty.id}自{day}起才生效", f"{duty.id} holds from {day} on only"
            yield Finding(Kind.NOT_YET_VALID, Severity.NOTE, (duty.id,), zh, en)


def _over(duty: Duty, at: datetime) -> bool:
    return duty.valid_to is not None and duty.valid_to <= at


def _unreachable(rules: PlaceRules, found: Survey, at: datetime) -> Iterator[Finding]:
    loose = {row for document, row, _ in loose_ends(rules) if document == "responsibility"}
    for duty in rules.duties:
        if duty.id not in found.leading | loose and not _over(duty, at):
            zh = f"条目{duty.id}轮不到：不论事项、片区、层级，总有别的条目在先，或事项不予准入"
            en = f"{duty.id} can never decide: others go before it everywhere, or bar it"
            yield Finding(Kind.UNREACHABLE, Severity.WARNING, (duty.id,), zh, en)


def _idle(rules: PlaceRules) -> Iterator[Finding]:
    named = {name for duty in rules.duties for name in (duty.lead, *duty.assisting)}
    for one in rules.departments.values():
        if one.id not in named and one.id != rules.default_department and one.area is None:
            zh, en = f"部门{one.name}没有任何条目", f"no duty names {one.id} ({one.name_en})"
            yield Finding(Kind.IDLE_DEPARTMENT, Severity.NOTE, (one.id,), zh, en)


# --- words --------------------------------------------------------------------------------------


def _department(rules: PlaceRules, id: str) -> str:
    return rules.departments[id].name if id in rules.departments else id


def _matter(rules: PlaceRules, code: str | None) -> str:
    return "(未分类)" if code is None else f"“{rules.matters[code].name}”"


def _day(rules: PlaceRules, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(rules.zone)):%Y-%m-%d}"
