"""A small invented place with schedules, and rounds made in it, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streams.core.events import Reference, ReferenceKind, Round, RoundKind
from streams.core.place import Rulebook
from tests.case_inputs import CALENDAR, PLACE, document

TZ = ZoneInfo("Asia/Shanghai")
AREAS: dict[str, Any] = {
    "areas": [
        {"code": "a0", "name": "此区", "level": "district"},
        {"code": "s1", "name": "一街", "level": "street", "parent": "a0"},
        {"code": "v1", "name": "甲村", "level": "village", "parent": "s1", "grids": ["g1", "g2"]},
        {"code": "v2", "name": "乙村", "level": "village", "parent": "s1", "grids": ["g3"]},
    ]
}


def local(text: str) -> datetime:
    """A local time of the place, as an instant: "03-03 08:40" of 2025."""
    at = datetime.fromisoformat(f"2025-{text}" if " " in text else f"2025-{text} 00:00")
    return at.replace(tzinfo=TZ).astimezone(UTC)


def schedule(kind: str = "patrol", every: str = "day", **more: Any) -> dict[str, Any]:
    """One schedule as a document has it: of all grids, unless told otherwise; what belongs to the
    cadence goes there."""
    cadence = {"every": every}
    for name in ("count", "since", "due", "begin", "end", "working_days"):
        if name in more:
            cadence[name] = more.pop(name)
    given = {"id": "S1", "name": "计划", "name_en": "plan", "subjects": {"each": "grids"}}
    return given | {"kind": kind, "cadence": cadence} | more


def schedules(
    *rows: dict[str, Any], version: str = "1", valid_from: datetime | None = None
) -> Reference:
    """A document of schedules."""
    made = document(ReferenceKind.SCHEDULES, {"schedules": list(rows)}, version)
    if valid_from is None:
        return made
    return Reference(
        place=made.place,
        kind=made.kind,
        version=version,
        valid_from=valid_from,
        body=made.body,
    )


def book(*rows: dict[str, Any], more: tuple[Reference, ...] = ()) -> Rulebook:
    """The place with these schedules."""
    found = Rulebook()
    for one in (
        document(ReferenceKind.PLACE, PLACE),
        document(ReferenceKind.AREAS, AREAS),
        document(ReferenceKind.CALENDAR, CALENDAR),
        schedules(*rows),
        *more,
    ):
        found = found.with_change(one)
    return found


def made(start: str, kind: str = "patrol", hours: float | None = None, **more: Any) -> Round:
    """One round; in village v1, unless told otherwise."""
    begun = local(start)
    end = None if hours is None else begun + timedelta(hours=hours)
    given: dict[str, Any] = {"area": "v1"} | more
    return Round(place="here", kind=RoundKind(kind), started_at=begun, ended_at=end, **given)
