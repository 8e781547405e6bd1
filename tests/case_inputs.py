"""Inputs of cases for tests: a small invented place, its reports and acts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import streams
from streams.core.accepted import AcceptedReport, Origin
from streams.core.case import ActInput, Story
from streams.core.casebook import Group, Kept, Known, Revision, revise_case, tell_on
from streams.core.events import (
    Act,
    ActKind,
    ImportRow,
    Reference,
    ReferenceKind,
    RowStatus,
    TicketRef,
)
from streams.core.place import Rulebook

MORNING = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
"""Monday 2025-03-03, 09:00 in Asia/Shanghai."""

SEEDED = ("/here/hotline", "r1")


def at(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


def document(kind: ReferenceKind, body: dict[str, object], version: str = "1") -> Reference:
    valid_from = datetime(2020, 1, 1, tzinfo=UTC)
    return Reference(place="here", kind=kind, version=version, valid_from=valid_from, body=body)


CALENDAR = json.loads(
    (Path(streams.__file__).parents[1] / "schemas/places/_calendars/cn-office.json").read_text(
        "utf-8"
    )
)
PLACE = {
    "name_zh": "此地",
    "name_en": "Here",
    "zone": "Asia/Shanghai",
    "lifecycle": "five_steps",
    "fallback_area": "a0",
    "reporter_may_not_handle": True,
}
AREAS = {
    "areas": [
        {"code": "a0", "name": "此区", "level": "district"},
        {"code": "a1", "name": "甲社区", "level": "community", "parent": "a0"},
    ]
}
MATTERS = {
    "categories": [{"code": "c1", "name": "市容", "name_en": "Appearance"}],
    "matters": [
        {"code": "m1", "name": "垃圾", "name_en": "Litter", "category": "c1", "terms": ["垃圾"]},
        {"code": "m2", "name": "噪音", "name_en": "Noise", "category": "c1", "terms": ["噪音"]},
    ],
}
RESPONSIBILITY = {
    "departments": [
        {"id": "d1", "name": "城管", "name_en": "City management"},
        {"id": "d0", "name": "兜底", "name_en": "Fallback"},
        *({"id": id, "name": id, "name_en": id} for id in ("police", "fire", "d7", "d8", "d9")),
    ],
    "default_department": "d0",
    "duties": [{"id": "r1", "matter": "m1", "lead": "d1"}],
}
LIMITS = {"limits": [{"id": "l1", "matter": "m1", "limit": "24 hours"}]}


def rulebook(*, limits: dict[str, object] = LIMITS) -> Rulebook:
    """The invented place: litter has 24 hours and a department, noise has neither."""
    bodies = {
        ReferenceKind.PLACE: PLACE,
        ReferenceKind.AREAS: AREAS,
        ReferenceKind.MATTERS: MATTERS,
        ReferenceKind.RESPONSIBILITY: RESPONSIBILITY,
        ReferenceKind.LIMITS: limits,
        ReferenceKind.CALENDAR: CALENDAR,
    }
    book = Rulebook()
    for kind, body in bodies.items():
        book = book.with_change(document(kind, body))
    return book


def report(matter: str | None = "m1", when: datetime = MORNING, **more: object) -> AcceptedReport:
    """One accepted report of litter in area a1."""
    given = {"reporter": None, "source": "hotline", "lifecycle": "five_steps"} | more
    return AcceptedReport(
        sender=SEEDED[0],
        id=SEEDED[1],
        sha256="0" * 64,
        place="here",
        home="here/a1",
        occurred_at=when,
        area="a1",
        category="c1",
        matter=matter,
        origin=Origin("gridloop.reports.hotline.v1", 0, 0),
        **given,  # type: ignore[arg-type]
    )


def act(kind: ActKind, hours: float, name: str | None = None, **more: object) -> ActInput:
    """One act on that report, so many hours after it."""
    said = Act(place="here", act=kind, ticket=TicketRef(*SEEDED), **more)  # type: ignore[arg-type]
    return ActInput("/here/desk", name or f"{kind}-{hours}", "1" * 64, at(hours), said)


def whole_life(start: float = 0.0) -> list[ActInput]:
    """The five steps, one an hour, to the closing."""
    return [
        act(ActKind.SIGN, start + 1),
        act(ActKind.HANDLE, start + 2),
        act(ActKind.CHECK, start + 3, passed=True),
        act(ActKind.CALL_BACK, start + 4, resolved=True),
        act(ActKind.EVALUATE, start + 5),
        act(ActKind.CLOSE, start + 6),
    ]


def row(exported: float, status: RowStatus = RowStatus.OPEN, **more: object) -> ActInput:
    """One imported row of the ticket."""
    given = {"reported_at": MORNING, "status": status} | more
    return act(ActKind.IMPORT_ROW, exported, f"r1-{exported}", row=ImportRow(**given))  # type: ignore[arg-type]


def revised(kept: Kept, before: Story | None, rules: Rulebook, by: Known) -> Revision:
    """A revision as casework makes it: its last act is new where the story `before` lacks one."""
    new = kept.acts[-1] if before is not None and len(kept.acts) == before.inputs + 1 else None
    story, same = tell_on(Group(kept), before, new, rules)
    return revise_case(kept, before, story, rules, by, same)
