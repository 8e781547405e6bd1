"""A simulated day of any place, through the stages in memory; and its figures from the rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from streams.core.calls import call_row
from streams.core.events import Reference
from streams.core.figures import compute
from streams.core.lifecycle import Flow
from streams.core.query import Query
from streams.core.record import Out, Record
from streams.core.registry import FIGURES
from streams.core.results import CallRow, CaseRecord, Fact, ReportRow, Span, StepRow
from streams.core.topics import CASES, FACTS, GRIDWORKER, INTAKE
from streams.demoplan import Plan, documents_of, plan
from streams.entry.simulate import simulate
from streams.entry.simulate_calls import simulate_calls
from streams.show.rates import figures_json
from tests.flow.memory_chain import ARRIVAL_MS, chain, sent
from tests.journey.recount import Rows

SEED, REPORTS, POISON = 41, 160, 8
ALL = tuple(FIGURES)


class Day(NamedTuple):
    """What was planned and sent, and the rows that came of it."""

    plan: Plan
    records: list[Record]
    facts: list[Fact]
    spans: list[Span]
    reports: list[ReportRow]
    steps: list[StepRow]
    calls: list[CallRow]

    @property
    def reporters(self) -> set[str]:
        """Who of the staff has reported."""
        told = (
            msgspec.json.decode(one.value) for one in self.records if one.topic == GRIDWORKER.name
        )
        return {said["reporter"] for said in told}


@cache
def day_of(place: str, folder: Path | None = None) -> Day:
    """The day of a place, shipped or in a folder."""
    the_plan = plan(place, SEED, REPORTS, POISON, None, folder)
    return lived(the_plan, day_records(the_plan), documents_of(place, folder))


def day_records(the_plan: Plan) -> list[Record]:
    """The reports, acts and calls of a day as they stand on their topics."""
    p = the_plan
    items = simulate(p.rules, p.seed, p.reports, poison=p.poison, body=p.body)
    return sent([*items, *simulate_calls(p.rules, p.seed, p.body)])


def lived(the_plan: Plan, records: list[Record], documents: Sequence[Reference]) -> Day:
    """These records under these documents: the rows as known in the end."""
    outs, _ = chain(records, documents=documents)
    told = [*_cases(outs)]
    spans = {(s.case_id, s.from_at, s.known_from): s for one in told for s in one.spans}
    reports = {(r.sender, r.id): r for one in told for r in one.reports}
    steps = {(s.case_id, s.kind, s.n, s.known_from): s for one in told for s in one.steps}
    facts = {(f.case_id, f.fact_id): f for f in _facts(outs)}
    rows = (facts, spans, reports, steps)
    return Day(the_plan, records, *([*one.values()] for one in rows), [*_calls(outs)])


def _cases(outs: Iterable[Out]) -> Iterable[CaseRecord]:
    return (
        msgspec.json.decode(out.value, type=CaseRecord)
        for out in outs
        if out.topic == CASES.name and out.value
    )


def _calls(outs: Iterable[Out]) -> Iterable[CallRow]:
    log = (
        Record(out.topic, 0, n, ARRIVAL_MS, out.key, out.value)
        for n, out in enumerate(outs)
        if out.topic == INTAKE.name
    )
    return (call for call in map(call_row, log) if call is not None)


def _facts(outs: Iterable[Out]) -> Iterable[Fact]:
    return (
        msgspec.json.decode(out.value, type=Fact)
        for out in outs
        if out.topic == FACTS.name and out.value
    )


def figures_of(
    day: Day,
    flow: Flow,
    by: str | None = None,
    at: datetime | None = None,
    level: str | None = None,
) -> Rows:
    """Every figure of a flow, as `rates` would answer: of what was filed on the day."""
    within = day.plan.day
    query = Query(
        as_of=at or within.end,
        from_=within.start,
        to=within.end,
        place=day.plan.place,
        flow=flow,
        by=(by,) if by else (),
        at_level=level,
        figures=ALL,
        zone=day.plan.rules.zone,
    )
    rows = compute(day.spans, day.reports, query, day.steps, day.calls)
    return {tuple(row.by.items()): figures_json(row.figures) for row in rows}
