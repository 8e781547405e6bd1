"""Stream equals batch: figures recomputed in plain Python from the log, beside the stored ones."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from streams.core.figures import Query, Row, Value, compute
from streams.core.lifecycle import Flow
from streams.core.results import CallRow, ReportRow, Span, StepRow
from streams.show.apart import Folded
from streams.show.rates import figures_json, local_text

CUTS: tuple[tuple[str, ...], ...] = ((), ("department",), ("source",), ("area",))
"""The total, and each way of cutting it that is compared."""

Rows = tuple[Iterable[Span], Iterable[ReportRow], Iterable[StepRow], Iterable[CallRow]]
Replay = Callable[[], Rows]
"""Folds the log from its beginning: all rows, of every revision or of the last; calls in its
order."""

Ask = Callable[[Query], list[Row]]
"""Asks the stored rows."""

Apart = Callable[[Folded, Query], Iterable[str]]
"""Which cases of a query's flow the two sides do not agree on."""

Key = tuple[tuple[str, str | None], ...]


class Difference(msgspec.Struct, frozen=True):
    """One figure of one combination that the two do not agree on; None where a row is missing."""

    flow: Flow
    by: dict[str, str | None]
    figure: str
    stream: Value | None
    batch: Value | None


class Verdict(msgspec.Struct, frozen=True):
    """What was compared: the distinct cases of the replay, of all flows; the total's figures of
    `flow`; every gap, and the cases that make them."""

    flow: Flow
    as_of: datetime
    known_at: datetime
    cases: int
    figures: dict[str, Value]
    differences: list[Difference]
    apart: list[str]

    @property
    def holds(self) -> bool:
        """Something was compared, and nothing differs."""
        return self.cases > 0 and not self.differences


def verify(replay: Replay, ask: Ask, query: Query, apart: Apart = lambda *_: ()) -> Verdict:
    """Compare the asked figures of every flow, in total and cut by department, source and area.

    A flow of which the replay has nothing is compared in total: the store must have nothing either.
    """
    replayed = replay()
    spans, reports, steps = list(replayed[0]), list(replayed[1]), list(replayed[2])
    calls = list(replayed[3])
    there = {span.flow for span in spans} | {row.flow for row in reports}
    differences: list[Difference] = []
    totals: dict[Flow, dict[str, Value]] = {}
    for flow in Flow:
        for cut in CUTS if flow in there else CUTS[:1]:
            asked = msgspec.structs.replace(query, flow=flow, by=cut)
            batch = compute(spans, reports, asked, steps, calls)
            first = 1 if cut else 0  # the total is the same in every cut: told once
            differences += _compare(flow, ask(asked)[first:], batch[first:])
            totals.setdefault(flow, batch[0].figures)
    named = {
        case
        for flow in {gap.flow for gap in differences}
        for case in apart((spans, reports, steps), msgspec.structs.replace(query, flow=flow))
    }
    return Verdict(
        query.flow,
        query.as_of,
        query.known_at,
        _cases(spans, query),
        totals[query.flow],
        differences,
        sorted(named),
    )


def _cases(spans: Iterable[Span], query: Query) -> int:
    known = (s for s in spans if query.covers(s.place) and s.known_from < query.known_at)
    return len({span.case_id for span in known})


def _compare(flow: Flow, stream: list[Row], batch: list[Row]) -> list[Difference]:
    streamed, recomputed = _by_cut(stream), _by_cut(batch)
    found = []
    for key in {**recomputed, **streamed}:
        ours, theirs = streamed.get(key, {}), recomputed.get(key, {})
        for name in {**theirs, **ours}:
            if ours.get(name) != theirs.get(name):
                gap = Difference(flow, dict(key), name, ours.get(name), theirs.get(name))
                found.append(gap)
    return found


def _by_cut(rows: list[Row]) -> dict[Key, dict[str, Value]]:
    return {tuple(row.by.items()): row.figures for row in rows}


def to_json(verdict: Verdict, zone: str, known_at: datetime | None = None) -> dict[str, Any]:
    """The contract's JSON value; `known_at` names the instant where everything known was asked."""
    return {
        "as_of": local_text(verdict.as_of, zone),
        "known_at": local_text(known_at or verdict.known_at, zone),
        "flow": verdict.flow.value,
        "cases": verdict.cases,
        "figures": figures_json(verdict.figures),
        "differences": [_difference(gap) for gap in verdict.differences],
        "apart": verdict.apart,
    }


def _difference(gap: Difference) -> dict[str, Any]:
    sides = {"stream": gap.stream, "batch": gap.batch}
    told = {
        side: value and figures_json({gap.figure: value})[gap.figure]
        for side, value in sides.items()
    }
    return {"flow": gap.flow.value, "by": gap.by, "figure": gap.figure, **told}
