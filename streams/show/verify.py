"""Stream equals batch: figures recomputed in plain Python from the log, beside the stored ones."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from streams.core.events import ReportRow, Span
from streams.core.figures import Query, Row, Value, compute
from streams.show.rates import figures_json, local_text

CUTS: tuple[tuple[str, ...], ...] = ((), ("department",), ("source",), ("area",))
"""The total, and each way of cutting it that is compared."""

Replay = Callable[[], tuple[Iterable[Span], Iterable[ReportRow]]]
"""Folds the log from its beginning: all spans and reports, of every revision or of the last."""

Ask = Callable[[Query], list[Row]]
"""Asks the stored rows."""

Key = tuple[tuple[str, str | None], ...]


class Difference(msgspec.Struct, frozen=True):
    """One figure of one combination that the two do not agree on; None where a row is missing."""

    by: dict[str, str | None]
    figure: str
    stream: Value | None
    batch: Value | None


class Verdict(msgspec.Struct, frozen=True):
    """What was compared: the distinct cases of the replay, the total's figures, and every gap."""

    as_of: datetime
    known_at: datetime
    cases: int
    figures: dict[str, Value]
    differences: list[Difference]

    @property
    def holds(self) -> bool:
        """Something was compared, and nothing differs."""
        return self.cases > 0 and not self.differences


def verify(replay: Replay, ask: Ask, query: Query) -> Verdict:
    """Compare the asked figures, in total and cut by department, source and area."""
    replayed = replay()
    spans, reports = list(replayed[0]), list(replayed[1])
    differences: list[Difference] = []
    total: dict[str, Value] = {}
    for cut in CUTS:
        asked = msgspec.structs.replace(query, by=cut)
        batch = compute(spans, reports, asked)
        first = 1 if cut else 0  # the total is the same in every cut: told once
        differences += _compare(ask(asked)[first:], batch[first:])
        total = total or batch[0].figures
    return Verdict(query.as_of, query.known_at, _cases(spans, query), total, differences)


def _cases(spans: Iterable[Span], query: Query) -> int:
    known = (s for s in spans if query.wants(s.place) and s.known_from < query.known_at)
    return len({span.case_id for span in known})


def _compare(stream: list[Row], batch: list[Row]) -> list[Difference]:
    streamed, recomputed = _by_cut(stream), _by_cut(batch)
    found = []
    for key in {**recomputed, **streamed}:
        ours, theirs = streamed.get(key, {}), recomputed.get(key, {})
        for name in {**theirs, **ours}:
            if ours.get(name) != theirs.get(name):
                found.append(Difference(dict(key), name, ours.get(name), theirs.get(name)))
    return found


def _by_cut(rows: list[Row]) -> dict[Key, dict[str, Value]]:
    return {tuple(row.by.items()): row.figures for row in rows}


def to_json(verdict: Verdict, zone: str, known_at: datetime | None = None) -> dict[str, Any]:
    """The contract's JSON value; `known_at` names the instant where everything known was asked."""
    return {
        "as_of": local_text(verdict.as_of, zone),
        "known_at": local_text(known_at or verdict.known_at, zone),
        "cases": verdict.cases,
        "figures": figures_json(verdict.figures),
        "differences": [_difference(gap) for gap in verdict.differences],
    }


def _difference(gap: Difference) -> dict[str, Any]:
    sides = {"stream": gap.stream, "batch": gap.batch}
    told = {
        side: value and figures_json({gap.figure: value})[gap.figure]
        for side, value in sides.items()
    }
    return {"by": gap.by, "figure": gap.figure, **told}
