"""One home's log for the tests of merging: reports and acts in, what then stands out."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from streams.core.accepted import (
    AcceptedAct,
    AcceptedReport,
    AcceptedVisitor,
    Origin,
    ReferenceChange,
    Spot,
)
from streams.core.codec import encode_json
from streams.core.events import INFINITY, Act, ActKind, Crs, Point, Reference, ReferenceKind
from streams.core.home import case_id
from streams.core.notices import Reply
from streams.core.record import Out, Record
from streams.core.results import CaseRecord, Fact, ReportRow, Snapshot
from streams.core.topics import CASES, FACTS, INTAKE, REPLIES
from streams.flow import casework
from tests.case_inputs import AREAS, CALENDAR, LIMITS, MATTERS, PLACE, RESPONSIBILITY, at, document
from tests.flow.memory_chain import ARRIVAL_MS, Cut, MemoryState, run, whole

HOME = "here/a1"
MERGING: dict[str, Any] = {
    "rows": [
        {
            "matter": "*",
            "radius_m": 50,
            "hours": 24,
            "merged_from": 0.75,
            "candidate_from": 0.5,
        }
    ],
    "hotspot_reports": 4,
}
LAT, LON = 23.0, 113.7
METRE = 1 / 111_195
"""Of latitude, in degrees."""


def documents(
    merging: dict[str, Any] | None = MERGING, gate: dict[str, Any] | None = None
) -> list[Reference]:
    """The invented place, with its rules of merging and its camera gate, if any."""
    bodies: dict[ReferenceKind, Any] = {
        ReferenceKind.PLACE: PLACE,
        ReferenceKind.AREAS: AREAS,
        ReferenceKind.MATTERS: MATTERS,
        ReferenceKind.RESPONSIBILITY: RESPONSIBILITY,
        ReferenceKind.LIMITS: LIMITS,
        ReferenceKind.CALENDAR: CALENDAR,
        ReferenceKind.MERGING: merging,
        ReferenceKind.GATE: gate,
    }
    return [document(kind, body) for kind, body in bodies.items() if body is not None]


def report(
    name: str, hours: float, metres: float | None = 0, matter: str | None = "m1", **more: Any
) -> AcceptedReport:
    """A report so many hours after nine, so many metres north of one spot; None: no point."""
    point = None if metres is None else Point(LAT + metres * METRE, LON, Crs.WGS84)
    given: dict[str, Any] = {"source": "hotline", "text": f"{name}：垃圾没人清"} | more
    return AcceptedReport(
        sender="/here/desk",
        id=name,
        sha256="0" * 64,
        place="here",
        home=HOME,
        occurred_at=at(hours),
        area="a1",
        category="c1",
        matter=matter,
        point=point,
        origin=Origin("gridloop.reports.hotline.v1", 0, 0),
        **given,
    )


def at_spot(name: str, hours: float, spot: str, number: str = "", **more: Any) -> AcceptedReport:
    """A report without a point, whose words name a spot."""
    return report(name, hours, None, spots=(Spot(spot, number),), **more)


def id_of(name: str) -> str:
    """The id of the case that this report would open."""
    return case_id(HOME, "/here/desk", name)


def act(kind: ActKind, hours: float, report: str, **more: Any) -> AcceptedAct:
    """An act on the case of a report, under that report's own id."""
    told = ",".join(f"{name}={value}" for name, value in more.items())
    return AcceptedAct(
        sender="/here/desk",
        id=f"{kind}-{report}-{hours}-{told}",
        sha256="1" * 64,
        occurred_at=at(hours),
        act=Act(place="here", act=kind, case=id_of(report), **more),
        home=HOME,
        case_id=id_of(report),
        origin=Origin("gridloop.acts.v1", 0, 0),
    )


def merge(one: str, other: str, hours: float = 100) -> AcceptedAct:
    return act(ActKind.MERGE, hours, one, other=id_of(other))


def split(one: str, other: str, hours: float = 101) -> AcceptedAct:
    return act(ActKind.SPLIT, hours, one, other=id_of(other))


def life(report: str, start: float, until: int = 6) -> list[AcceptedAct]:
    """The five steps on the case of a report, an hour each, so many of them."""
    steps: list[tuple[ActKind, dict[str, Any]]] = [
        (ActKind.SIGN, {}),
        (ActKind.HANDLE, {"actor": "who"}),
        (ActKind.CHECK, {"passed": True}),
        (ActKind.CALL_BACK, {"resolved": True}),
        (ActKind.EVALUATE, {}),
        (ActKind.CLOSE, {}),
    ]
    return [act(kind, start + n, report, **more) for n, (kind, more) in enumerate(steps[:until], 1)]


Input = AcceptedReport | AcceptedAct | AcceptedVisitor


class Ended(msgspec.Struct):
    """What stands in the end, without how it came to be known."""

    cases: dict[str, Snapshot]
    spans: set[tuple[Any, ...]]
    facts: set[tuple[Any, ...]]
    reports: dict[str, ReportRow]
    replies: dict[str, list[Reply]]

    @property
    def rows(self) -> tuple[Any, ...]:
        """All that no order of arrival may change: what was told on the way is not among it."""
        return self.cases, self.spans, self.facts, self.reports

    @property
    def groups(self) -> set[frozenset[str]]:
        """Which reports are one case, by the reports' ids."""
        found: dict[str, set[str]] = {}
        for row in self.reports.values():
            found.setdefault(row.case_id, set()).add(row.id)
        return {frozenset(group) for group in found.values()}

    def told(self, kind: str) -> list[tuple[Any, ...]]:
        """The standing facts of a kind: case, kind, when, by which input, detail."""
        return sorted(fact for fact in self.facts if fact[1] == kind)


def log(values: Iterable[Any], first: int = 0) -> list[Record]:
    """Values as they stand on the intake log, from this offset on."""
    return [
        Record(INTAKE.name, 0, n, ARRIVAL_MS + n, HOME.encode(), encode_json(value))
        for n, value in enumerate(values, first)
    ]


def changes(references: Iterable[Reference]) -> list[ReferenceChange]:
    """Documents as they come on the intake log."""
    origin = Origin("gridloop.reference.v1", 0, 0)
    return [
        ReferenceChange(
            sender="/places", id=one.kind.value, sha256="", reference=one, origin=origin
        )
        for one in references
    ]


@cache
def _begun(given: str) -> MemoryState:
    """Casework when it has read the place's documents; to be copied."""
    state = MemoryState()
    run(casework.step, log(changes(documents(*json.loads(given))), -100), whole, state)
    return state


def begun(
    merging: dict[str, Any] | None = MERGING, gate: dict[str, Any] | None = None
) -> MemoryState:
    """Casework that has read the place's documents and nothing else."""
    done, state = _begun(json.dumps([merging, gate])), MemoryState()
    state.values = dict(done.values)
    state.memo = {"book": done.memo["book"]}
    return state


def ended(
    inputs: Sequence[Input],
    *,
    cut: Cut = whole,
    merging: dict[str, Any] | None = MERGING,
    gate: dict[str, Any] | None = None,
) -> Ended:
    """What stands after these inputs."""
    return standing(run(casework.step, log(inputs), cut, begun(merging, gate)))


def standing(outs: Iterable[Out]) -> Ended:
    """What stands after these outs, the last of each."""
    cases: dict[str, Snapshot] = {}
    spans: dict[tuple[str, datetime, datetime], Any] = {}
    facts: dict[tuple[str, str], Fact] = {}
    reports: dict[str, ReportRow] = {}
    replies: dict[str, list[Reply]] = {}
    for out in outs:
        if out.topic == CASES.name:
            record = msgspec.json.decode(out.value or b"", type=CaseRecord)
            snapshot = record.snapshot
            cases[snapshot.case_id] = msgspec.structs.replace(
                snapshot, revision=0, ingested_at=at(0)
            )
            for span in record.spans:
                spans[span.case_id, span.from_at, span.known_from] = span
            for row in record.reports:
                reports[row.id] = msgspec.structs.replace(
                    row,
                    revision=0,
                    ingested_at=at(0),
                    regrouped_known_from=None,
                    judged_known_from=None,
                )
        elif out.topic == FACTS.name:
            fact = msgspec.json.decode(out.value or b"", type=Fact)
            facts[fact.case_id, fact.fact_id] = fact
        elif out.topic == REPLIES.name:
            reply = msgspec.json.decode(out.value or b"", type=Reply)
            replies.setdefault(reply.ticket.id, []).append(reply)
    holding = (span for span in spans.values() if span.known_to == INFINITY)
    return Ended(
        cases,
        {(s.case_id, s.from_at, s.to_at, s.state, s.deadline, s.department) for s in holding},
        {
            (f.case_id, f.kind.value, f.occurred_at, f.input_id, str(f.detail))
            for f in facts.values()
            if not f.withdrawn
        },
        reports,
        replies,
    )
