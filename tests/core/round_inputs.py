"""A small invented place with schedules, and rounds made in it, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

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
    for name in ("count", "since", "due", "begin", "end", "working_days", "within_hours"):
        if name in more:
            cadence[name] = more.pop(name)
    given = {"id": "S1", "name": "计划", "name_en": "plan", "subjects": {"each": "grids"}}
    return given | {"kind": kind, "cadence": cadence} | more


LEDGER: dict[str, Any] = {
    "groups": [
        {"id": "needy", "name": "困难群体", "name_en": "The needy"},
        {"id": "enterprises", "name": "企业", "name_en": "Enterprises"},
    ],
    "items": [
        {"id": "people", "name": "人", "name_en": "People"},
        {"id": "contact", "name": "帮扶联系人", "name_en": "Who helps", "of": "needy"},
        {"id": "licence", "name": "证照", "name_en": "Licence", "of": "enterprises"},
    ],
    "entries": [
        {"code": "tok-1", "groups": ["needy"], "area": "v1", "grid": "g1", "has": ["contact"]},
        {"code": "tok-2", "groups": ["needy"], "area": "v2"},
        {"code": "ent-1", "groups": ["enterprises"], "area": "v1", "grid": "g1"},
    ],
    "grids": [{"grid": "g1", "has": ["people"]}],
}
TASKS = {
    "id": "T1",
    "subjects": {"each": "ledger", "groups": ["needy"]},
    "mode": "emergency",
    "within_hours": 24,
}
"""A visit to each of the needy, within a day from their area's turn to emergency."""


def later(one: Reference, since: str) -> Reference:
    """A document that holds from this local time on."""
    return replace(one, valid_from=local(since))


def turned(version: str, since: str, **modes: str) -> Reference:
    """From this local time on these areas live by these modes."""
    rows = [{"area": area, "mode": mode} for area, mode in modes.items()]
    return later(document(ReferenceKind.MODES, {"modes": rows}, version), since)


def ledger(version: str, since: str, *more: dict[str, Any]) -> Reference:
    """The ledger, with these entries beside its own."""
    body = LEDGER | {"entries": [*LEDGER["entries"], *more]}
    return later(document(ReferenceKind.BASE_DATA, body, version), since)


def schedules(
    *rows: dict[str, Any], version: str = "1", valid_from: datetime | None = None
) -> Reference:
    """A document of schedules."""
    made = document(ReferenceKind.SCHEDULES, {"schedules": list(rows)}, version)
    return made if valid_from is None else replace(made, valid_from=valid_from)


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
