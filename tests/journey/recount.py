"""Figures counted by hand: from plain cases to every figure of the contract, in any cut.

Written from the published definitions and independent of `streams/core`: where the two disagree,
one of them is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

COUNTS = (
    *("report_count", "case_count", "dispatched_count"),
    *("closed_count", "backlog", "backlog_overdue"),
)
RATES = (
    *("handling_rate", "completion_rate", "closure_rate"),
    *("on_time_closure_rate", "on_time_of_closed_rate"),
)
WITHOUT_DATA = ("handling_rate_due", "response_rate", "resolution_rate", "satisfaction_rate")
"""Rates that need data which no place gives yet: no value, 0 of 0."""

_BOTH = tuple(twin for name in (*RATES, *WITHOUT_DATA) for twin in (name, f"{name}_raw"))
FIGURES = (*COUNTS, "deadline_unknown", *_BOTH)
"""All figures; a rate R has its twin R_raw, with excluded cases in."""

Rows = dict[tuple[tuple[str, str | None], ...], dict[str, Any]]
"""Figures by combination; the total is under ()."""


@dataclass
class Case:
    """A case as it stood at the instant that is asked for; `deadline` None without a fixed one."""

    filed_at: datetime
    source: str
    department: str | None
    deadline: datetime | None = None
    deadline_unknown: bool = False
    handled: bool = False
    closed_at: datetime | None = None
    is_closed: bool = False
    void: bool = False
    excluded: bool = False

    @property
    def on_time(self) -> bool:
        """Closed, and without a deadline or not after it."""
        if not self.is_closed or self.closed_at is None or self.deadline_unknown:
            return False
        return self.deadline is None or self.closed_at <= self.deadline


@dataclass
class Report:
    """An accepted report of its own source."""

    occurred_at: datetime
    source: str


def rows(
    cases: Iterable[Case],
    reports: Iterable[Report],
    as_of: datetime,
    by: str | None = None,
    within: tuple[datetime, datetime] | None = None,
) -> Rows:
    """The total, and with `by` (source or department) each value that occurs; filed `within`."""
    first, last = within or (datetime.min.replace(tzinfo=as_of.tzinfo), as_of)
    filed = [c for c in cases if not c.void and c.filed_at < as_of and first <= c.filed_at < last]
    told = [r for r in reports if r.occurred_at < as_of and first <= r.occurred_at < last]
    found: Rows = {(): figures(filed, len(told), as_of)}
    if by is None:
        return found
    values = {getattr(case, by) for case in filed}
    if by == "source":
        values |= {report.source for report in told}
    for value in values:
        mine = [case for case in filed if getattr(case, by) == value]
        theirs = sum(report.source == value for report in told) if by == "source" else None
        found[((by, value),)] = figures(mine, theirs, as_of)
    return found


def figures(filed: Sequence[Case], reports: int | None, as_of: datetime) -> dict[str, Any]:
    """Every figure of filed cases."""
    closed = sum(case.is_closed for case in filed)
    late = sum(not c.is_closed and _overdue(c, as_of) for c in filed)
    sent = sum(case.department is not None for case in filed)
    counts = (reports, len(filed), sent, closed, len(filed) - closed, late)
    said = {name: {"value": count} for name, count in zip(COUNTS, counts, strict=True)}
    said["deadline_unknown"] = {"value": sum(case.deadline_unknown for case in filed)}
    kept = [case for case in filed if not case.excluded]
    for name, (among, having) in _rates(as_of).items():
        said[name] = _rate(kept, among, having)
        said[f"{name}_raw"] = _rate(filed, among, having)
    for name in WITHOUT_DATA:
        nothing = {"value": None, "numerator": 0, "denominator": 0}
        said[name], said[f"{name}_raw"] = nothing, nothing
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
    """Where an answer and a recount differ, one line each; empty where they agree."""
    found = []
    for cut in {**told, **counted}:
        ours, theirs = told.get(cut, {}), counted.get(cut, {})
        for name in sorted({*ours, *theirs}):
            if ours.get(name) != theirs.get(name):
                found.append(f"{dict(cut)} {name}: {ours.get(name)}, counted {theirs.get(name)}")
    return found
