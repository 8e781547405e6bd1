"""Records as our own stages write them, for the tests of the memory."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from streams.core import topics
from streams.core.accepted import Origin, Tick
from streams.core.events import INFINITY
from streams.core.record import Record
from streams.core.results import (
    CaseRecord,
    DeadLetter,
    Fact,
    FactKind,
    ReportRow,
    Snapshot,
    Span,
    StepRow,
)
from streams.keep.rows import LETTER

T0 = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
_OFFSETS = count()


def record(topic: topics.Topic, noun: Any, offset: int | None = None, partition: int = 0) -> Record:
    """One record of a noun, at the next free offset."""
    offset = next(_OFFSETS) if offset is None else offset
    text, at_ms = msgspec.json.encode(noun), 1_741_000_000_000 + offset
    if isinstance(noun, DeadLetter):
        sealed, headers = b"sealed", (("other", b"x"), (LETTER, text))
        return Record(topic.name, partition, offset, at_ms, b"key", sealed, headers)
    return Record(topic.name, partition, offset, at_ms, b"key", text)


def fact(n: int, revision: int = 0, **more: Any) -> Fact:
    """The n-th fact of a small ledger."""
    given: dict[str, Any] = {
        "kind": FactKind.CASE_DISPATCHED,
        "occurred_at": T0 + timedelta(minutes=n),
        "ingested_at": T0 + timedelta(minutes=n, seconds=1),
        "detail": {"依据": "责任清单"},
    }
    return Fact(
        fact_id=f"f{n}",
        case_id=f"here/a1/{n % 7}",
        place="here",
        home="here/a1",
        revision=revision,
        **(given | more),
    )


def facts(many: int, first: int = 0) -> list[Record]:
    """A chunk of that many facts."""
    return [record(topics.FACTS, fact(n)) for n in range(first, first + many)]


def tick(hours: float, place: str = "here", partition: int = 0) -> Record:
    """A place's clock, so many hours after T0."""
    return record(topics.TICKS, Tick(place, T0 + timedelta(hours=hours)), partition=partition)


_HELD: dict[str, Any] = {
    "flow": "case",
    "filed_at": T0,
    "handled_at": None,
    "closed_at": None,
    "void": False,
    "excluded": False,
    "deadline": None,
    "deadline_kind": "none",
    "department": None,
    "source": "hotline",
    "street": None,
    "area": "a1",
    "grid": None,
    "category": None,
    "matter": "路灯",
    "outcome": None,
}


def case(n: int, revision: int, state: str = "dispatched", step: str = "handle") -> CaseRecord:
    """One revision of the n-th case: its first span is known no longer, a second one begins."""
    case_id, known = f"here/a1/{n}", T0 + timedelta(seconds=revision)
    held = _HELD | {"case_id": case_id, "place": "here", "revision": revision, "state": state}
    held["step"] = step
    told = held | {"reported_at": T0, "level": "community", "satisfaction": None, "mode": "normal"}
    told |= {"happened": ["returned"], "lineage": [("community", "a1")]}
    spans = [
        Span(from_at=T0, to_at=INFINITY, known_from=T0, known_to=known, **told),
        Span(from_at=T0, to_at=INFINITY, known_from=known, known_to=INFINITY, **told),
    ]
    snapshot = Snapshot(
        home="here/a1",
        lifecycle="five_steps",
        assisting=["交警"],
        text=f"路灯不亮 {revision}",
        satisfaction=None,
        report_count=1,
        marks=[],
        routing=["r1: 路灯 → 城管"],
        clocks=[{"limit": "24 hours"}],
        tasks=[],
        level=None,
        ingested_at=known,
        **held,
    )
    return CaseRecord(
        snapshot=snapshot, spans=spans, steps=[_step(n, revision)], reports=[_report(n, revision)]
    )


def _step(n: int, revision: int) -> StepRow:
    return StepRow(
        case_id=f"here/a1/{n}",
        place="here",
        flow="case",
        reported_at=T0,
        kind="dispatch",
        n=1,
        department="城管",
        at=T0,
        due=None,
        done=None,
        result=None,
        worked=None,
        filed_at=T0,
        void_at=None,
        rejected_at=None,
        excluded_at=None,
        known_from=T0,
        known_to=INFINITY,
        revision=revision,
    )


def _report(n: int, revision: int) -> ReportRow:
    return ReportRow(
        sender="/here/hotline",
        id=f"r{n}",
        sha256="0" * 64,
        place="here",
        flow="case",
        home="here/a1",
        case_id=f"here/a1/{n}",
        reported_at=T0,
        opened=True,
        occurred_at=T0,
        recorded_at=None,
        ingested_at=T0,
        source="hotline",
        street=None,
        area="a1",
        grid=None,
        category=None,
        matter="路灯",
        lineage=[("community", "a1")],
        text="路灯不亮",
        why=["area a1 as given"],
        requester=None,
        origin=Origin(topics.HOTLINE.name, 3, n),
        revision=revision,
    )


def letter(n: int, *, withdrawn: bool = False) -> DeadLetter:
    """The n-th dead letter."""
    return DeadLetter(
        letter_id=f"l{n}",
        reason="report_missing",
        detail="no report r9 of /here/hotline",
        stage="tickets",
        topic=topics.ACTS.name,
        partition=1,
        offset=n,
        sender="/here/desk",
        input_id=f"a{n}",
        sha256="1" * 64,
        place="here",
        refused_at=T0,
        withdrawn=withdrawn,
    )
