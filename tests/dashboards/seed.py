"""One day of a place in every table that boards read; other places stand beside it."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from streams.core.accepted import Tick
from streams.core.clocks import Clock
from streams.core.events import INFINITY
from streams.core.happened import Happened
from streams.core.reading import ReadAs
from streams.core.results import (
    CallRow,
    DeadLetter,
    Fact,
    FactKind,
    ReportRow,
    Snapshot,
    Span,
    StepRow,
)
from streams.entry.places import place_dir, read_place
from streams.joined import Joined
from streams.keep.slotkeeper import SlotKeeper
from streams.keep.tables import (
    CASE_SPANS,
    CASE_STEPS,
    CASES,
    CLOCKS,
    DEAD_LETTERS,
    FACTS,
    REPORTS,
)
from streams.where import Addresses
from streams.wire.clickhouse import Warehouse
from tests.dashboards.macros import Range
from tests.figure_rows import DAY, FILED, KNOWN, Book, call, report, span, step
from tests.show.engine_rows import keep, keep_calls

PLACE, STREET, OTHER = "siming", "350203-s01", "350203-s02"
HOUR = timedelta(hours=1)
RANGE = Range(FILED - DAY, FILED + 20 * DAY)
"""Five cases were filed before it begins, and some deadlines lie behind its end."""
CASE = f"{PLACE}/{STREET}-c01/{0:016x}"
DEPARTMENTS = ("street_office", "volunteer_association", None)
MATTERS = (("no_mask", "epidemic_control"), ("dispute", "disputes"), (None, None))
SOURCES = ("hotline", "patrol", "gridworker", "citizen")


def book() -> Book:
    """Cases of one place in all states, a few of other flows and places; some told twice."""
    spans: list[Span] = []
    reports: list[ReportRow] = []
    steps: list[StepRow] = []
    for n in range(150):
        case, values = _case(n)
        spans += _spans(n, case, values)
        reports += _reports(n, case, values)
        steps += _steps(n, case, values)
    return Book(spans, reports, steps, _calls())


def _case(n: int) -> tuple[str, dict[str, Any]]:
    street = STREET if n % 3 else OTHER
    area = f"{street}-c0{1 + n % 2}"
    filed = FILED - 2 * DAY if n % 12 == 11 else FILED + n * 2 * HOUR
    matter, category = MATTERS[n % 3]
    over = n % 4 == 0
    done = filed + (timedelta(minutes=4) if n % 8 == 0 else n * HOUR)
    place = PLACE if n < 140 else ("elsewhere", f"{PLACE}~check")[n % 2]
    values = {
        "place": place,
        "flow": "risk" if n in {50, 51} else "case",
        "state": "rejected" if n == 13 else "closed" if over else "dispatched",
        "filed_at": filed,
        "handled_at": done if over or n % 5 == 0 else None,
        "closed_at": done if over else None,
        "void": n in {7, 13},
        "excluded": n in {8, 9},
        "renamed": n % 7 == 5,
        "deadline": None if n % 10 == 3 else filed + (n % 15) * DAY,
        "deadline_kind": ("none" if n % 20 == 3 else "unknown") if n % 10 == 3 else "fixed",
        "department": DEPARTMENTS[n % 3] if n % 7 else DEPARTMENTS[0],
        "source": SOURCES[n % 4],
        "reporter_kind": (None, "public", "inspector")[n % 3],
        "channel": (None, "12345", "wechat_group")[n % 3],
        "street": street,
        "area": area,
        "grid": f"{area}-g0{1 + n % 3}",
        "matter": matter,
        "category": category,
        "satisfaction": "dissatisfied" if n % 16 == 0 else None,
        "happened": [word.value for k, word in enumerate(Happened) if (n + k) % 6 == 0],
    }
    return f"{place}/{area}/{n:016x}" if n else CASE, values


def _spans(n: int, case: str, values: dict[str, Any]) -> list[Span]:
    """Every fifth case was known otherwise for three days."""
    if n % 5:
        return [span(case, **values, from_at=values["filed_at"])]
    later = KNOWN + 3 * DAY
    first = {**values, "state": "dispatched", "closed_at": None, "handled_at": None}
    begun = {"from_at": values["filed_at"]}
    return [
        span(case, **first, **begun, known_to=INFINITY),
        span(case, **first, **begun, known_to=later, revision=2),
        span(case, **values, **begun, known_from=later, revision=2),
    ]


def _calls() -> list[CallRow]:
    """Offered for some days: answered soon, late or never, some in no area; some told late."""
    rang = (timedelta(seconds=9), timedelta(seconds=15), timedelta(seconds=40), None)
    areas = ((None, None), (STREET, f"{STREET}-c01"), (OTHER, f"{OTHER}-c02"))
    told = []
    for n in range(60):
        offered, (street, area) = FILED + (3 * n - 6) * HOUR, areas[n % 3]
        answered = rang[n % 4]
        told.append(
            call(
                f"c{n}",
                place=PLACE if n < 56 else ("elsewhere", f"{PLACE}~check")[n % 2],
                offered_at=offered,
                answered_at=None if answered is None else offered + answered,
                channel=("12345", None)[n % 5 == 0],
                street=street,
                area=area,
                ingested_at=max(KNOWN, offered) + (n % 4) * HOUR,
            )
        )
    return told


_OF_REPORTS = (
    *("place", "flow", "source", "reporter_kind", "channel"),
    *("street", "area", "grid", "matter", "category"),
)


def _said(n: int, k: int) -> dict[str, Any]:
    """What machine and people said of it, some of it known only later."""
    known = KNOWN + (n % 5) * DAY
    seen = {"camera": f"c{n % 3}", "algorithm": "litter"} if n % 4 == 1 else {}
    return {
        **seen,
        "classified_by": ("terms", "sender", "model", None)[n % 4],
        "read_as": ReadAs.LINKED if k else (ReadAs.APART, ReadAs.PROPOSED)[n % 2],
        "regrouped_at": RANGE.since + n * HOUR if n % 3 == 0 else None,
        "regrouped_known_from": known if n % 3 == 0 else None,
        "judged_at": RANGE.since + n * HOUR if seen else None,
        "judged_known_from": known if seen else None,
        "confirmed": bool(seen) and n % 5 > 0,
    }


def _reports(n: int, case: str, values: dict[str, Any]) -> list[ReportRow]:
    own = {name: values[name] for name in _OF_REPORTS}
    return [
        report(
            f"t{n}-{k}",
            **own,
            case_id=case,
            occurred_at=values["filed_at"] - HOUR + k * HOUR,
            ingested_at=max(KNOWN, values["filed_at"] + timedelta(minutes=n + k)),
            requester=f"r{n % 5}" if n % 2 else None,
            reporter=f"w{n % 3}" if n % 4 == 2 else None,
            **_said(n, k),
        )
        for k in range(1 + n % 2)
    ]


_KINDS = (
    *("dispatch", "sign", "handle", "check", "contact", "whistle", "arrive", "stuck"),
    *("rework", "call_back", "rating", "closing", "recurrence"),
    *("verify", "file", "dispatching", "pause", "extension"),
)
_RESULTS = {
    "whistle": ("everyday", "emergency"),
    "call_back": ("resolved", "unresolved"),
    "rating": ("satisfied", "dissatisfied", "basically_satisfied"),
    "closing": ("reopened",),
    "recurrence": ("recurred", "reopened"),
    "dispatch": ("done", "returned"),
}


def _steps(n: int, case: str, values: dict[str, Any]) -> list[StepRow]:
    told = []
    for k, kind in enumerate(_KINDS):
        if (n + k) % 3 == 0:
            continue
        results = _RESULTS.get(kind, ("done", "over"))
        at = values["filed_at"] + k * HOUR
        done = None if (n + k) % 4 == 0 else at + (n % 9) * HOUR
        told.append(
            step(
                kind,
                case,
                place=values["place"],
                flow=values["flow"],
                department=DEPARTMENTS[(n + k) % 3],
                at=at,
                due=None if (n + k) % 5 == 0 else at + 4 * HOUR,
                done=done,
                result=None if done is None else results[n % len(results)],
                worked=None if done is None or (n + k) % 7 == 0 else n * 3_000_000_001,
                filed_at=values["filed_at"],
                void_at=values["filed_at"] if values["void"] else None,
                rejected_at=values["filed_at"] if values["state"] == "rejected" else None,
                excluded_at=values["filed_at"] if values["excluded"] else None,
            )
        )
    return told


# --- the other tables ----------------------------------------------------------------------------


def stored(warehouse: Warehouse, rows: Book) -> None:
    """All of it in the tables."""
    keep(warehouse, CASE_SPANS, rows.spans)
    keep(warehouse, REPORTS, rows.reports)
    keep(warehouse, CASE_STEPS, rows.steps)
    keep_calls(warehouse, rows.calls)
    keep(warehouse, FACTS, _facts(rows))
    latest = {one.case_id: one for one in rows.spans}
    keep(warehouse, CASES, [_snapshot(one) for one in latest.values()])
    keep(warehouse, DEAD_LETTERS, [_letter(n) for n in range(6)])
    arrived = [(0, "test", 0, 0)]
    ticks = CLOCKS.turned([Tick(PLACE, RANGE.until)], arrived)
    warehouse.insert_columns(CLOCKS.name, CLOCKS.names, ticks)
    _rounds(warehouse, [one.id for one in rows.reports if one.place == PLACE])
    documents(warehouse)
    where = Joined(Addresses("", ""), warehouse)
    SlotKeeper(warehouse, where.book, lambda place: RANGE.until).bring()


SEEDED: tuple[tuple[FactKind, dict[str, Any]], ...] = (
    (FactKind.CASE_FILED, {}),
    (FactKind.DEADLINE_BREACHED, {}),
    (FactKind.DEADLINE_BREACHED, {"clock": "arrive:street_office"}),
    (FactKind.FINDING_HELD, {"why": []}),
    (FactKind.REPORT_REJECTED, {}),
    (FactKind.HOTSPOT_FOUND, {"reports": 5}),
    (FactKind.CLOSURE_DOUBTED, {"reason": "hasty", "minutes": 4.0}),
)


def _facts(rows: Book) -> list[Fact]:
    cases = [one for one in rows.spans if one.place == PLACE][:24]
    return [
        Fact(
            fact_id=f"{one.case_id}/{k}",
            case_id=one.case_id,
            place=PLACE,
            home=f"{PLACE}/{one.area}",
            kind=kind,
            occurred_at=(one.filed_at or FILED) + k // 2 * HOUR,
            ingested_at=KNOWN + k * HOUR,
            revision=1,
            withdrawn=(n + k) % 11 == 0,
            department=one.department,
            detail=detail,
        )
        for n, one in enumerate(cases)
        for k, (kind, detail) in enumerate(SEEDED)
    ]


def _snapshot(one: Span) -> Snapshot:
    return Snapshot(
        case_id=one.case_id,
        place=one.place,
        home=f"{one.place}/{one.area}",
        flow=one.flow,
        lifecycle="four_words",
        state=one.state,
        step=one.step,
        outcome=None,
        filed_at=one.filed_at,
        handled_at=one.handled_at,
        closed_at=one.closed_at,
        void=one.void,
        excluded=one.excluded,
        deadline=one.deadline,
        deadline_kind=one.deadline_kind,
        department=one.department,
        assisting=[],
        source=one.source,
        street=one.street,
        area=one.area,
        grid=one.grid,
        category=one.category,
        matter=one.matter,
        text="路口积水",
        satisfaction=one.satisfaction,
        report_count=1,
        marks=[],
        routing=["责任清单第1条"],
        clocks=msgspec.to_builtins([Clock("overall", FILED, one.deadline, "5 working days")]),
        tasks=[],
        level=None,
        ingested_at=KNOWN,
        revision=1,
    )


def _letter(n: int) -> DeadLetter:
    return DeadLetter(
        letter_id=f"l{n}",
        reason=("not_json", "unknown_area")[n % 2],
        detail="",
        stage="intake",
        topic="gridloop.reports.hotline.v1",
        partition=0,
        offset=n,
        sender="line/12345",
        input_id=f"x{n}",
        sha256="0",
        place=PLACE if n % 3 else "",
        refused_at=FILED + n * HOUR,
    )


def _rounds(warehouse: Warehouse, reported: Sequence[str]) -> None:
    """Rounds; those that found something name reports of their sender."""
    area = f"{STREET}-c01"
    kinds = "['patrol', 'video', 'visit', 'award'][number %% 4 + 1]"
    warehouse.execute(
        "INSERT INTO rounds (sender, id, home, occurred_at, place, kind, area, grid, worker,"
        " started_at, result, found, points, ingested_at, offset)"
        " SELECT 'line/12345', toString(number),"
        f" '{PLACE}/{area}', at, '{PLACE}', {kinds}, '{area}',"
        f" concat('{area}-g0', toString(1 + number %% 2)), concat('w', toString(number %% 3)), at,"
        " ['ok', 'found', 'failed'][number %% 3 + 1] AS result,"
        " if(result = 'found', [%(reported)s[number + 1]], []), if(number %% 4 = 3, 2, NULL), at,"
        f" number FROM (SELECT number, toDateTime64({FILED.timestamp()}, 6, 'UTC')"
        " + number * 3600 AS at FROM numbers(40))",
        {"reported": list(reported)},
    )
    # Of what the place's schedules ask for, most comes in at once and some two days late.
    warehouse.execute(
        "INSERT INTO rounds (sender, id, home, occurred_at, place, kind, area, subject, scene,"
        " worker, started_at, ended_at, result, ingested_at, offset) SELECT 'duty/app',"
        f" toString(number), '', at, '{PLACE}', ['duty', 'video', 'supervision'][number % 3 + 1],"
        f" concat('{STREET}-c0', toString(1 + number % 2)), if(number % 3 = 2, 'team-1', NULL),"
        " if(number % 3 = 1, 'wet_market', NULL), concat('w', toString(number % 2)), at,"
        " at + 60 * (7 * number % 240), 'ok', at + 86400 * (number % 4 = 0) * 2, 40 + number FROM"
        f" (SELECT number, toDateTime64({FILED.timestamp()}, 6, 'UTC') + number * 7200 AS at"
        " FROM numbers(120))"
    )


def documents(warehouse: Warehouse) -> None:
    """The place's own documents; and, which it has not, shapes of grids and a mode."""
    bodies = {one.kind.value: one.body for one in read_place(place_dir(PLACE))}
    rings = {
        f"{STREET}-c01-g0{n}": [[x, 24.44], [x + 0.02, 24.44], [x + 0.02, 24.46], [x, 24.46]]
        for n, x in ((1, 118.02), (2, 118.05), (3, 118.08))
    }
    bodies["grids"] = {"grids": [{"code": code, "ring": ring} for code, ring in rings.items()]}
    bodies["modes"] = {"modes": [{"area": STREET, "mode": "emergency"}]}
    rows = [
        (kind, json.dumps(body, ensure_ascii=False, default=str)) for kind, body in bodies.items()
    ]
    for n, (kind, body) in enumerate(rows):
        at = FILED if kind == "modes" else FILED - 400 * DAY
        warehouse.execute(
            "INSERT INTO reference_documents (sender, id, place, kind, valid_from, body, offset)"
            " SELECT 'place/siming', %(kind)s, %(place)s, %(kind)s,"
            " toDateTime64(%(at)s, 6, 'UTC'), %(body)s, %(n)s",
            {"kind": kind, "place": PLACE, "at": at.timestamp(), "body": body, "n": n},
        )
