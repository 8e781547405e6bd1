"""One case, told to a person: its timeline, its reports, its routing, and why this deadline."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from streams.core.calendar import Calendar
from streams.core.clock import deadline_json, parse_limit
from streams.core.derivation import derive


class Answers(Protocol):
    """Whatever answers SQL with rows: the wire's Warehouse."""

    def query(self, sql: str, params: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of one statement."""


class Standing(msgspec.Struct, frozen=True):
    """What the record says of a case now."""

    case_id: str
    place: str
    state: str
    step: str
    department: str | None
    assisting: list[str]
    deadline: datetime | None
    deadline_kind: str
    marks: list[str]
    routing: list[str]
    clock: dict[str, Any]


class Found(msgspec.Struct, frozen=True):
    """A case with its reports and its facts, oldest first; withdrawn facts stay in sight."""

    snapshot: Standing
    reports: list[dict[str, Any]]
    facts: list[dict[str, Any]]


_CASE = (
    "SELECT case_id, place, state, step, department, assisting, deadline, deadline_kind, marks,"
    " routing, clock FROM cases FINAL WHERE case_id = %(id)s OR endsWith(case_id, %(end)s) LIMIT 2"
)
_REPORTS = (
    "SELECT sender, id, source, occurred_at, ingested_at, area, matter, text, why"
    " FROM reports FINAL WHERE case_id = %(id)s ORDER BY occurred_at, sender, id"
)
_FACTS = (
    "SELECT kind, occurred_at, ingested_at, department, actor, sender, input_id, detail, withdrawn"
    " FROM facts FINAL WHERE case_id = %(id)s ORDER BY occurred_at, ingested_at, kind"
)


def find_case(store: Answers, name: str) -> Found | None:
    """The case of that id, or the only one whose id ends so; None otherwise."""
    rows = store.query(_CASE, {"id": name, "end": "/" + name.rpartition("/")[2]})
    if len(rows) != 1:
        return None
    row = dict(zip(_names(_CASE), rows[0], strict=True))
    standing = msgspec.convert(row | {"clock": json.loads(row["clock"])}, Standing)
    reports = store.query(_REPORTS, {"id": standing.case_id})
    facts = store.query(_FACTS, {"id": standing.case_id})
    return Found(
        standing,
        [dict(zip(_names(_REPORTS), row, strict=True)) for row in reports],
        [dict(zip(_names(_FACTS), row, strict=True)) for row in facts],
    )


def _names(select: str) -> list[str]:
    return [name.strip() for name in select[len("SELECT ") : select.index(" FROM ")].split(",")]


def case_json(found: Found, zone: str, calendar: Callable[[], Calendar | None]) -> dict[str, Any]:
    """The contract's JSON value; `calendar` gives the calendar by which to derive the deadline."""
    tz, standing = ZoneInfo(zone), found.snapshot
    facts = [_plain(fact, tz) | {"detail": json.loads(fact["detail"])} for fact in found.facts]
    return {
        "case_id": standing.case_id,
        "state": standing.state,
        "step": standing.step,
        "department": standing.department,
        "assisting": standing.assisting,
        "marks": standing.marks,
        "reports": [_plain(report, tz) for report in found.reports],
        "timeline": facts,
        "routing": standing.routing,
        "clocks": [_clock(standing, tz, calendar)],
    }


def _plain(row: dict[str, Any], tz: ZoneInfo) -> dict[str, Any]:
    return {
        name: value.astimezone(tz).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _clock(
    standing: Standing, tz: ZoneInfo, calendar: Callable[[], Calendar | None]
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kind": standing.deadline_kind,
        "deadline": standing.deadline.astimezone(tz).isoformat() if standing.deadline else None,
        **standing.clock,
    }
    by = calendar() if standing.clock.get("limit") and standing.deadline else None
    # Another version of the calendar would derive another deadline: then only say which it was.
    if by is None or by.version != standing.clock.get("calendar_version"):
        return said
    start = datetime.fromisoformat(standing.clock["start"])
    derived = deadline_json(derive(start, parse_limit(standing.clock["limit"]), by), tz)
    return said | {"derived": derived["deadline"], "derivation": derived["derivation"]}


def case_text(said: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"案件 case  {said['case_id']}", f"状态 state  {said['state']} ({said['step']})"]
    helpers = "、".join(said["assisting"])
    lead = said["department"] or "–"
    lines.append(f"部门 department  {lead}" + (f" + {helpers}" if helpers else ""))
    lines += [f"标记 mark  {mark}" for mark in said["marks"]]
    for report in said["reports"]:
        lines.append(f"\n上报 report  {report['sender']} {report['id']}  {report['occurred_at']}")
        lines.append(f"  {report['text']}")
        lines += [f"  · {why}" for why in report["why"]]
    lines += ["\n派遣 routing", *(f"  · {rule}" for rule in said["routing"])]
    for clock in said["clocks"]:
        limit = clock.get("limit", "")
        lines.append(f"\n时限 deadline  {clock['deadline'] or clock['kind']}  {limit}")
        lines += [
            f"  {line['from']} → {line['to']}  {line['counted_seconds']:>8} s  {line['why']}"
            for line in clock.get("derivation", [])
        ]
    lines.append("\n经过 timeline")
    for fact in said["timeline"]:
        gone = "  (已撤回 withdrawn)" if fact["withdrawn"] else ""
        lines.append(f"  {fact['occurred_at']}  {fact['kind']}  {fact['department'] or ''}{gone}")
    return "\n".join(lines) + "\n"
