"""Figures computed: what is answered, and the reference answer in plain Python.

`core/registry` defines the figures; `core/figures_sql` asks the warehouse for the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import NamedTuple

import msgspec

from streams.core.ledgers import Counted, Ledgers
from streams.core.measures import MEASURES, Measured, measured
from streams.core.predicates import PREDICATES, kinds_of
from streams.core.query import CASES_ONLY, DAYS, FIELDS, Cut, Query, cut_of
from streams.core.registry import FIGURES, STEP_LEDGERS, Figure, Ledger, Part, Unit
from streams.core.results import CallRow, ReportRow, Span, StepRow
from streams.core.scoring import worth

__all__ = ["CASES_ONLY", "DAYS", "FIELDS", "Cut", "Query", "Row", "Value", "compute"]


class Value(msgspec.Struct, frozen=True):
    """A figure's value; None where it says nothing. A count or a score stands alone, a rate with
    what it is made of, a duration (in seconds) with how many it is of as denominator."""

    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None


def share(numerator: int, denominator: int) -> Value:
    """A rate; of nothing it says nothing."""
    return Value(numerator / denominator if denominator else None, numerator, denominator)


class Row(msgspec.Struct, frozen=True):
    """The figures of one combination of cut fields; the total is cut by nothing."""

    by: dict[str, str | None]
    figures: dict[str, Value]


class Asked(NamedTuple):
    """What is asked of a ledger's rows: how many these conditions hold of; or, with a measure,
    how long it took with these."""

    part: Part = ()
    measure: str = ""


Answer = int | Measured
Answers = Mapping[Asked, Answer]
Tallies = Mapping[Ledger, Mapping[Cut, Answers]]
"""What was counted: of each ledger, by combination; () is the total where nothing is cut."""


def compute(
    spans: Iterable[Span],
    reports: Iterable[ReportRow],
    query: Query,
    steps: Iterable[StepRow] = (),
    calls: Iterable[CallRow] = (),
) -> list[Row]:
    """All asked figures, in plain Python; repeated and superseded rows may be among the rows, calls
    in the log's order."""
    kinds = {one: kinds_of(ask.part for ask in asked(one, query)) for one in STEP_LEDGERS}
    ledgers = Ledgers(spans, reports, steps, query, kinds, calls)
    cut: dict[Ledger, dict[Cut, Answers]] = {}
    total: dict[Ledger, Answers] = {}
    for ledger in asked_ledgers(query):
        rows, uncut = list(ledgers.rows(ledger)), uncut_query(query)
        total |= {ledger: _tallied(ledger, rows, uncut).get((), {})}
        cut |= {ledger: _tallied(ledger, rows, query) if query.cuts(ledger) else {}}
    return assemble(query, cut, total)


def asked_ledgers(query: Query) -> list[Ledger]:
    """The ledgers of the asked figures and of those that these are made of; where something is cut
    the cases' too, for they say which combinations occur."""
    needed = {FIGURES[name].ledger for name in _all_names(query)}
    return [one for one in Ledger if one in needed or (query.by and one is Ledger.CASES)]


def asked(ledger: Ledger, query: Query) -> list[Asked]:
    """What must be counted of a ledger, each once; first all its rows."""
    figures = [FIGURES[name] for name in _all_names(query)]
    sides = [
        Asked(part, figure.measure)
        for figure in figures
        if figure.ledger is ledger and figure.unit is not Unit.SCORE
        for part in figure.sides
    ]
    return list(dict.fromkeys([Asked(), *sides]))


def _all_names(query: Query) -> Iterator[str]:
    for name in query.figures:
        yield name
        yield from query.weights.get(name, ())


def uncut_query(query: Query) -> Query:
    """The same, in total."""
    return msgspec.structs.replace(query, by=())


# --- counting ------------------------------------------------------------------------------------


def _tallied(ledger: Ledger, rows: Iterable[Counted], query: Query) -> dict[Cut, Answers]:
    """Each condition is tried once for a row, however many figures it has a part in."""
    wanted = asked(ledger, query)
    names = sorted({name for one in wanted for name in one.part})
    tests = [(name, PREDICATES[name].test.holds) for name in names]
    timed = [one for one in wanted if one.measure]
    alike: dict[Cut, Counter[frozenset[str]]] = {}
    times: dict[tuple[Cut, Asked], list[int]] = {}
    for row, at in rows:
        cut = cut_of(row, at, query)
        holding = frozenset([name for name, holds in tests if holds(row, query.as_of)])
        alike.setdefault(cut, Counter())[holding] += 1
        for one in timed:
            if holding.issuperset(one.part):
                taken = MEASURES[one.measure].of(row, query.as_of)
                times.setdefault((cut, one), []).append(taken)
    return {
        cut: {
            one: measured(times.get((cut, one), [])) if one.measure else _counted(one.part, counts)
            for one in wanted
        }
        for cut, counts in alike.items()
    }


def _counted(part: Part, counts: Counter[frozenset[str]]) -> int:
    return sum(rows for holding, rows in counts.items() if holding.issuperset(part))


# --- answering -----------------------------------------------------------------------------------


def assemble(query: Query, cut: Tallies, total: Mapping[Ledger, Answers]) -> list[Row]:
    """The total, then one row per combination that occurs; sorted, what is missing last."""
    rows = [Row({}, _figures(query, total))]
    if not query.by:
        return rows
    seen = {key for ledger in cut for key in cut[ledger]}
    for key in sorted(seen, key=lambda key: [(value is None, value or "") for value in key]):
        by = dict(zip(query.by, key, strict=True))
        found = {one: cut[one].get(key, {}) for one in cut if query.cuts(one)}
        rows.append(Row(by, _figures(query, found)))
    return rows


def _figures(query: Query, found: Mapping[Ledger, Answers]) -> dict[str, Value]:
    """The asked figures; of a ledger that cannot be cut so they say nothing."""
    return {name: _value(FIGURES[name], query, found) for name in query.figures}


def _value(figure: Figure, query: Query, found: Mapping[Ledger, Answers]) -> Value:
    if figure.unit is Unit.SCORE:
        return Value(_score(figure, query, found))
    answers = found.get(figure.ledger)
    if answers is None:
        return Value(None)
    if figure.measure:
        taken = answers.get(Asked(figure.denominator or (), figure.measure))
        if not isinstance(taken, Measured):
            return Value(None, None, 0)
        return Value(taken.seconds(figure.stat), None, taken.n)
    numerator = _size(answers, figure.numerator)
    if figure.denominator is None:
        return Value(numerator)
    return share(numerator, _size(answers, figure.denominator))


def _size(answers: Answers, part: Part) -> int:
    size = answers.get(Asked(part), 0)
    assert isinstance(size, int)
    return size


def _score(figure: Figure, query: Query, found: Mapping[Ledger, Answers]) -> float | None:
    """The weighted sum; nothing where a part of it says nothing, or nobody has set weights."""
    weights = query.weights.get(figure.id, {})
    rates = {name: _value(FIGURES[name], query, found) for name in weights}
    if not weights or any(rate.value is None for rate in rates.values()):
        return None
    return fsum(
        worth(rate.numerator or 0, rate.denominator or 1, weights[name])
        for name, rate in rates.items()
    )
