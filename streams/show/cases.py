"""One case, told to a person: its timeline, its reports, its routing, and why this deadline."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from streams.core.calendar import Calendar
from streams.core.clock import deadline_json, parse_limit
from streams.core.clocks import Clock, light
from streams.core.derivation import derive
from streams.core.lifecycle import Flow
from streams.core.place import PlaceRules
from streams.core.posts import Spot, posted_at
from streams.core.prepared import prepared
from streams.core.results import FactKind
from streams.show.casewords import (
    CLOCKS,
    DETAILS,
    FACTS,
    LIGHTS,
    MARKS,
    OUTCOMES,
    REASONS,
    SATISFACTIONS,
)
from streams.show.rates import FLOW_NAMES
from streams.show.returns import returned_json, returned_lines, returns_of


class Answers(Protocol):
    """Whatever answers SQL with rows: the wire's Warehouse."""

    def query(self, sql: str, params: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of one statement."""


class Standing(msgspec.Struct, frozen=True):
    """What the record says of a case now."""

    case_id: str
    place: str
    flow: Flow
    state: str
    step: str
    outcome: str | None
    department: str | None
    assisting: list[str]
    deadline: datetime | None
    deadline_kind: str
    marks: list[str]
    routing: list[str]
    clocks: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    level: str | None
    area: str | None
    grid: str | None
    merged_into: str | None


prepared(Standing, Clock)


class Found(msgspec.Struct, frozen=True):
    """A case with its reports and its facts, oldest first; withdrawn facts stay in sight."""

    snapshot: Standing
    reports: list[dict[str, Any]]
    facts: list[dict[str, Any]]


IN_LIFE = f"indexOf({[kind.value for kind in FactKind]}, kind)"
"""By which facts of one instant are ordered, as `results.RANK` has it."""

_CASE = (
    "SELECT case_id, place, flow, state, step, outcome, department, assisting, deadline,"
    " deadline_kind, marks, routing, clocks, tasks, level, area, grid, merged_into FROM"
    " cases FINAL"
    " WHERE case_id = %(id)s OR endsWith(case_id, %(end)s) LIMIT 2"
)
WHO = ("reporter_kind", "channel", "citizen_kind")
_REPORTS = (
    f"SELECT sender, id, source, {', '.join(WHO)}, occurred_at, ingested_at, area, matter, text,"
    " why FROM reports FINAL WHERE case_id = %(id)s ORDER BY occurred_at, sender, id"
)
_FACTS = (
    "SELECT kind, occurred_at, ingested_at, department, actor, sender, input_id, detail, withdrawn"
    f" FROM facts FINAL WHERE case_id = %(id)s ORDER BY occurred_at, {IN_LIFE}, ingested_at"
)


def find_case(store: Answers, name: str) -> Found | None:
    """The case of that id, or the only one whose id ends so; None otherwise. A report that is part
    of another case is found as that one."""
    rows = store.query(_CASE, {"id": name, "end": "/" + name.rpartition("/")[2]})
    if len(rows) != 1:
        return None
    row = dict(zip(_names(_CASE), rows[0], strict=True))
    row |= {name: json.loads(row[name]) for name in ("clocks", "tasks")}
    standing = msgspec.convert(row, Standing)
    if standing.merged_into is not None:
        return find_case(store, standing.merged_into)
    reports = store.query(_REPORTS, {"id": standing.case_id})
    facts = store.query(_FACTS, {"id": standing.case_id})
    return Found(
        standing,
        [dict(zip(_names(_REPORTS), row, strict=True)) for row in reports],
        [dict(zip(_names(_FACTS), row, strict=True)) for row in facts],
    )


def _names(select: str) -> list[str]:
    return [name.strip() for name in select[len("SELECT ") : select.index(" FROM ")].split(",")]


Calendars = Mapping[tuple[str, str], Calendar]
"""By id and version."""


def case_json(
    found: Found, zone: str, calendars: Calendars, rules: PlaceRules | None, now: datetime
) -> dict[str, Any]:
    """The contract's JSON value: its deadlines are derived by the calendars that they were set by,
    its clocks judged at the instant `now`; and who is posted there then, by the `rules` in force.
    """
    tz, standing = ZoneInfo(zone), found.snapshot
    facts = [_plain(fact, tz) | {"detail": json.loads(fact["detail"])} for fact in found.facts]
    return {
        "case_id": standing.case_id,
        "flow": standing.flow.value,
        "state": standing.state,
        "step": standing.step,
        "outcome": standing.outcome,
        "department": standing.department,
        "assisting": standing.assisting,
        "level": standing.level,
        "posted": posted_json(standing, rules, now),
        "marks": standing.marks,
        "reports": [_plain(report, tz) for report in found.reports],
        "timeline": facts,
        "routing": standing.routing,
        "tasks": [_local(task, tz) for task in standing.tasks],
        "returns": [returned_json(one, tz) for one in returns_of(standing.case_id, found.facts)],
        "clocks": [
            clock_json(msgspec.convert(c, Clock), tz, calendars, now) for c in standing.clocks
        ],
    }


def posted_json(
    standing: Standing, rules: PlaceRules | None, now: datetime
) -> list[dict[str, str | None]]:
    """Who answers where the case is, the nearest first: codes and tokens, never names."""
    if rules is None or rules.posts is None:
        return []
    called = {role.id: role for role in rules.posts.roles}
    return [
        {
            "person": one.person,
            "role": one.role,
            "role_zh": called[one.role].name,
            "role_en": called[one.role].name_en,
            "area": one.area,
            "grid": one.grid,
        }
        for one in posted_at(rules, now, Spot(standing.area, standing.grid))
    ]


def _plain(row: dict[str, Any], tz: ZoneInfo) -> dict[str, Any]:
    return {
        name: value.astimezone(tz).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _local(row: dict[str, Any], tz: ZoneInfo) -> dict[str, Any]:
    """The same of a row whose instants are text: fields that end in _at, and those of pauses."""
    return {
        name: datetime.fromisoformat(value).astimezone(tz).isoformat()
        if isinstance(value, str) and (name.endswith("_at") or name in {"due", "until", "at"})
        else value
        for name, value in row.items()
    }


def clock_json(clock: Clock, tz: ZoneInfo, calendars: Calendars, now: datetime) -> dict[str, Any]:
    """One clock: its deadline and where it stands now, what it was derived from, line by line."""
    by = calendars.get((clock.calendar, clock.calendar_version))
    plain = _local(clock.told(), tz) | {"start": clock.start.astimezone(tz).isoformat()}
    for list_ in ("pauses", "extensions"):
        plain[list_] = [_local(one, tz) for one in plain.get(list_, [])]
    due = plain.pop("due", None)
    said = {"clock": plain.pop("name"), "kind": clock.kind, "deadline": due, **plain}
    said["light"] = light(clock, now, by).value if by or not clock.limit else None
    if by is None or clock.due is None:
        return said
    derived = deadline_json(derive(clock.start, parse_limit(clock.limit), by), tz)
    return said | {"derived": derived["deadline"], "derivation": derived["derivation"]}


def case_text(said: dict[str, Any]) -> str:
    """The same for people."""
    flow = FLOW_NAMES[Flow(said["flow"])]
    lines = [f"{flow}  {said['case_id']}", f"状态 state  {said['state']} ({said['step']})"]
    if said["outcome"]:
        lines.append(f"结果 outcome  {_outcome(said['outcome'])}")
    helpers = "、".join(said["assisting"])
    lead = said["department"] or "–"
    lines.append(f"部门 department  {lead}" + (f" + {helpers}" if helpers else ""))
    if said["level"]:
        lines.append(f"层级 level  {said['level']}")
    lines += [_posted_line(one) for one in said["posted"]]
    lines += [
        f"标记 mark  {MARKS.get(mark.partition(':')[0], '')} {mark}" for mark in said["marks"]
    ]
    for report in said["reports"]:
        told = " ".join(report[name] for name in WHO if report.get(name))
        identity = f"{report['sender']} {report['id']}"
        lines.append(f"\n上报 report  {identity}  {report['occurred_at']}  {told}".rstrip())
        lines.append(f"  {report['text']}")
        lines += [f"  · {why}" for why in report["why"]]
    lines += ["\n派遣 routing", *(f"  · {rule}" for rule in said["routing"])]
    for clock in said["clocks"]:
        lines += _clock_lines(clock)
    if said["tasks"]:
        lines.append("\n吹哨报到 tasks")
    for task in said["tasks"]:
        arrived, finished = task["arrived_at"] or "–", task["finished_at"] or "–"
        level = f" ({task['level']})" if task["level"] else ""
        lines.append(
            f"  {task['department']}{level}  吹哨 called {task['called_at']}"
            f"  报到 arrived {arrived}  办结 finished {finished}"
        )
    if said["returns"]:
        lines += ["\n退单 returns", *returned_lines(said["returns"])]
    lines.append("\n经过 timeline")
    lines += [_fact_line(fact) for fact in said["timeline"]]
    return "\n".join(lines) + "\n"


def _posted_line(one: dict[str, Any]) -> str:
    where = " ".join(filter(None, (one["area"], one["grid"])))
    role = f"{one['role_zh']} {one['role_en']}"
    return f"任职 posted  {role}  {one['person']}  {where}".rstrip()


def _clock_lines(clock: dict[str, Any]) -> Iterator[str]:
    name, _, department = clock["clock"].partition(":")
    zh = CLOCKS.get(name, name) + (f"（{department}）" if department else "")
    light_ = LIGHTS.get(clock["light"] or "", "")
    due, limit = clock["deadline"] or clock["kind"], clock.get("limit", "")
    yield f"\n{zh} {clock['clock']}  {due}  {limit}  {light_}".rstrip()
    if clock.get("calendar"):
        yield f"  日历 calendar  {clock['calendar']} {clock.get('calendar_version', '–')}"
    for line in clock.get("derivation", []):
        yield f"  {line['from']} → {line['to']}  {line['counted_seconds']:>8} s  {line['why']}"
    for pause in clock["pauses"]:
        yield f"  挂账 paused  {pause['from_at']} → {pause['to_at']}  原时限 was due {pause['due']}"
    for one in clock["extensions"]:
        yield f"  延期 extended  {one['at']} → {one['until']}  原时限 was due {one['due']}"


def _fact_line(fact: dict[str, Any]) -> str:
    gone = "  (已撤回 withdrawn)" if fact["withdrawn"] else ""
    detail = fact["detail"]
    shown = (name for name in ("reason", *DETAILS) if detail.get(name))
    said = "  ".join(_detail(name, detail[name]) for name in shown)
    kind = f"{FACTS.get(fact['kind'], '')} {fact['kind']}"
    reason = REASONS.get(str(detail.get("reason", "")).partition(":")[0])
    why = f"（{reason}）" if reason else ""
    line = f"  {fact['occurred_at']}  {kind}{why}  {fact['department'] or ''}  {said}"
    return line.rstrip() + gone


def _detail(name: str, said: Any) -> str:
    match name, said:
        case "outcome", _:
            words = _outcome(str(said))
        case "satisfaction", _:
            words = f"{SATISFACTIONS.get(said, '')} {said}"
        case "shares", dict():
            words = ",".join(f"{payer} {percent:g}%" for payer, percent in said.items())
        case _, list():
            words = ",".join(said)
        case _:
            words = said
    return f"{DETAILS[name]} {name}={words}" if name in DETAILS else f"{name}={said}"


def _outcome(code: str) -> str:
    """In both languages; what another system's file says of a ticket stands as it is."""
    return f"{OUTCOMES[code]} {code}" if code in OUTCOMES else code
