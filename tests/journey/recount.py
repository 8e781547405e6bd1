"""Figures counted by hand: from plain cases to every figure of the contract, in any cut.

Written from the published definitions and independent of `streams/core`: where the two disagree,
one of them is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from tests.journey.recount_more import Gathered, more
from tests.journey.recount_nouns import PROVENANCE, Call, Case, Report, Step

__all__ = ["COUNTS", "FIGURES", "RATES", "Case", "Report", "answered", "gaps", "rows"]

COUNTS = ("report_count", "case_count", "closed_count", "backlog", "backlog_overdue")
RATES = (
    *("handling_rate", "completion_rate", "closure_rate"),
    *("on_time_closure_rate", "on_time_of_closed_rate"),
)
_BOTH = tuple(twin for name in RATES for twin in (name, f"{name}_raw"))
USUAL = (*COUNTS, "deadline_unknown", *_BOTH)
"""The figures that are answered unasked; a rate R has its twin R_raw, with excluded cases in."""

FIGURES = ("all",)
"""Every figure."""

UNCOUNTED = ("intake_lag_p50", "intake_lag_p90", "intake_lag_p99")
"""How long records took to the log: only the log itself knows (`tests/show`)."""

Rows = dict[tuple[tuple[str, str | None], ...], dict[str, Any]]
"""Figures by combination; the total is under ()."""


def rows(
    cases: Iterable[Case],
    reports: Iterable[Report],
    as_of: datetime,
    by: str | None = None,
    within: tuple[datetime, datetime] | None = None,
    *,
    level: str | None = None,
    calls: Iterable[Call] = (),
) -> Rows:
    """The total, and with `by` (a field of cases; or area, on a level) each value that occurs;
    filed `within`."""
    first, last = within or (datetime.min.replace(tzinfo=as_of.tzinfo), as_of)
    cases = [*cases]
    ever = [c for c in cases if not c.void and c.filed_at < as_of]
    filed = [c for c in ever if first <= c.filed_at < last]
    closed = (c.is_closed and c.closed_at is not None and c.closed_at < first for c in ever)
    over = [c for c, gone in zip(ever, closed, strict=True) if within and not gone]
    carried = [c for c in over if c.filed_at < first]

    def begun(of_cases: Iterable[Case]) -> list[Step]:
        return [s for c in of_cases for s in c.steps if first <= s.at < last and s.at < as_of]

    steps = begun(ever)
    judged = begun(c for c in cases if not c.void or c.rejected)
    desk = [step for step in judged if step.kind in ("verify", "file")]
    told = [r for r in reports if r.occurred_at < as_of and first <= r.occurred_at < last]
    rang = [c for c in calls if c.offered_at < as_of and first <= c.offered_at < last]
    found: Rows = {(): _figures(Gathered(filed, carried, steps, desk, told, rang), as_of)}
    if by is None:
        return found
    reported = told if by in ("source", "area", *PROVENANCE) else None
    called = rang if by in ("area", "channel") else None

    def of(one: Any) -> str | None:
        return getattr(one, by) if level is None else one.lies.get(level)

    for value in {
        of(one) for one in (*filed, *carried, *steps, *desk, *(reported or ()), *(called or ()))
    }:

        def mine(ones: Sequence[Any], value: str | None = value) -> list[Any]:
            return [one for one in ones if of(one) == value]

        theirs = None if reported is None else mine(reported)
        rung = None if called is None else mine(called)
        cut = Gathered(*map(mine, (filed, carried, steps, desk)), theirs, rung)
        found[((by, value),)] = _figures(cut, as_of)
    return found


def _figures(found: Gathered, as_of: datetime) -> dict[str, Any]:
    reports = None if found.reports is None else len(found.reports)
    return figures(found.filed, reports, as_of) | more(found, as_of)


def figures(filed: Sequence[Case], reports: int | None, as_of: datetime) -> dict[str, Any]:
    """The usual figures of filed cases."""
    closed = sum(case.is_closed for case in filed)
    late = sum(not c.is_closed and _overdue(c, as_of) for c in filed)
    counts = (reports, len(filed), closed, len(filed) - closed, late)
    said = {name: {"value": count} for name, count in zip(COUNTS, counts, strict=True)}
    said["deadline_unknown"] = {"value": sum(case.deadline_unknown for case in filed)}
    kept = [case for case in filed if not case.excluded]
    for name, (among, having) in _rates(as_of).items():
        said[name] = _rate(kept, among, having)
        said[f"{name}_raw"] = _rate(filed, among, having)
    return said


Asks = Callable[[Case], bool]


def _rates(as_of: datetime) -> dict[str, tuple[Asks, Asks]]:
    """Of each rate: over which cases it is, and which of them it counts."""

    def due(case: Case) -> bool:
        return case.is_closed or _overdue(case, as_of)

    return {
        "handling_rate": (lambda c: True, lambda c: c.handled or c.is_closed),
        "completion_rate": (lambda c: True, lambda c: c.is_closed),
        "closure_rate": (due, lambda c: c.is_closed),
        "on_time_closure_rate": (
            lambda c: due(c) and not c.deadline_unknown,
            lambda c: c.on_time,
        ),
        "on_time_of_closed_rate": (
            lambda c: c.is_closed and c.deadline is not None,
            lambda c: c.on_time,
        ),
    }


def _overdue(case: Case, as_of: datetime) -> bool:
    return case.deadline is not None and case.deadline < as_of


def _rate(cases: Sequence[Case], among: Asks, having: Asks) -> dict[str, Any]:
    over = [case for case in cases if among(case)]
    part = sum(having(case) for case in over)
    return {
        "value": part / len(over) if over else None,
        "numerator": part,
        "denominator": len(over),
    }


def answered(said: dict[str, Any]) -> Rows:
    """What `rates --format json` answered, in the form of a recount."""
    return {tuple(row["by"].items()): row["figures"] for row in said["rows"]}


def gaps(told: Rows, counted: Rows) -> list[str]:
    """Where an answer and a recount differ, one line each; empty where they agree. A figure that
    was not asked for is not missed, a combination is."""
    found = []
    for cut in {**told, **counted}:
        ours, theirs = told.get(cut, {}), counted.get(cut, {})
        found += [f"{dict(cut)}: in one of the two only"] * (cut not in told or cut not in counted)
        for name in sorted({*ours} - {*UNCOUNTED}):
            if ours.get(name) != theirs.get(name):
                found.append(f"{dict(cut)} {name}: {ours.get(name)}, counted {theirs.get(name)}")
    return found
