"""Figures computed: what is asked, what is answered, and the reference answer in plain Python.

`core/registry` defines the figures; `core/figures_sql` asks the warehouse for the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from streams.core.events import INFINITY
from streams.core.lifecycle import Flow
from streams.core.predicates import PREDICATES
from streams.core.registry import COHORT, FIGURES, USUAL, Figure, Ledger, Part
from streams.core.results import ReportRow, Span

FIELDS = (
    *("place", "source", "street", "area", "grid", "department", "category", "matter"),
    *("outcome", "day", "week", "month"),
)
"""What figures may be cut by; day, week and month are those of filing in the place's zone."""

DAYS = frozenset({"day", "week", "month"})
CASES_ONLY = frozenset({"department", "outcome"})
"""What a case has and a report has not."""

RETOLD = frozenset({"source", "street", "area", "grid", "category", "matter"})
"""What a newer export may restate of an imported ticket's report."""

IMPORTED = "/import-"
"""What follows the place in the home, and so in the case id, of an imported ticket."""

REPLAY = "~check"
"""How the id of a replay ends; replays are shown only when named."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: of one flow, at A, as known at K (INFINITY: everything known), filed in
    [from_, to).

    Without a place: all places but replays; `zones` then says whose days are not of `zone`.
    """

    as_of: datetime
    known_at: datetime = INFINITY
    from_: datetime | None = None
    to: datetime | None = None
    place: str | None = None
    flow: Flow = Flow.CASE
    by: tuple[str, ...] = ()
    figures: tuple[str, ...] = USUAL
    zone: str = "Asia/Shanghai"
    zones: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Raise ValueError for a cut or a figure that is not in the registry."""
        for name in self.by:
            if name not in FIELDS:
                raise ValueError(f"no such field: {name}; one of {', '.join(FIELDS)}")
        for name in self.figures:
            if name not in FIGURES:
                raise ValueError(f"no such figure: {name}; one of {', '.join(FIGURES)}")
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"a field stands twice: {', '.join(self.by)}")

    def covers(self, place: str) -> bool:
        """Whether this place's cases and reports are asked for."""
        return not place.endswith(REPLAY) if self.place is None else place == self.place

    def wants(self, row: Span | ReportRow) -> bool:
        """Whether what this row is about is asked for: its place and its flow."""
        return row.flow == self.flow and self.covers(row.place)

    def within(self, at: datetime) -> bool:
        """Whether an instant of filing or reporting lies in [from_, to)."""
        after = self.from_ is None or self.from_ <= at
        return after and (self.to is None or at < self.to)


class Value(msgspec.Struct, frozen=True):
    """A figure's value: a count, or a rate with what it is made of; None where it says nothing."""

    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None


class Row(msgspec.Struct, frozen=True):
    """The figures of one combination of cut fields; the total is cut by nothing."""

    by: dict[str, str | None]
    figures: dict[str, Value]


Cut = tuple[str | None, ...]
CaseCounts = Mapping[Cut, Mapping[Part, int]]
"""Per combination: the filed cases, under the part (), and those of each asked part."""


def compute(spans: Iterable[Span], reports: Iterable[ReportRow], query: Query) -> list[Row]:
    """All asked figures, in plain Python; repeated and superseded rows may be among the rows."""
    standing = list(_standing(spans, query))
    return assemble(query, _count_cases(standing, query), _count_reports(reports, standing, query))


def parts(query: Query) -> list[Part]:
    """The distinct sets of cases whose sizes make up the asked figures; first the cohort itself."""
    asked = [FIGURES[name] for name in query.figures]
    sides = [
        part
        for figure in asked
        if figure.ledger is Ledger.CASES
        for part in (figure.numerator, figure.denominator)
        if part is not None
    ]
    return list(dict.fromkeys([(), *sides]))


def _count_cases(standing: Iterable[Span], query: Query) -> dict[Cut, Counter[Part]]:
    asked = parts(query)
    found: dict[Cut, Counter[Part]] = {}
    for (cut, holding), cases in _alike(standing, query, asked).items():
        counts = found.setdefault(cut, Counter())
        for part in asked:
            counts[part] += cases if holding.issuperset(part) else 0
    return found


def _alike(
    standing: Iterable[Span], query: Query, asked: list[Part]
) -> Counter[tuple[Cut, frozenset[str]]]:
    """How many filed cases there are of each combination and set of conditions that hold of them.

    Each condition is tried once for a case, however many figures it has a part in.
    """
    names = sorted({name for part in asked for name in part})
    tests = [(name, PREDICATES[name].test.holds) for name in names]
    filed, at = PREDICATES[COHORT].test.holds, query.as_of
    found: Counter[tuple[Cut, frozenset[str]]] = Counter()
    for span in standing:
        if span.filed_at is not None and filed(span, at) and query.within(span.filed_at):
            holding = frozenset([name for name, holds in tests if holds(span, at)])
            found[_cut(span, span.filed_at, query), holding] += 1
    return found


def _standing(spans: Iterable[Span], query: Query) -> Iterable[Span]:
    """The one row of each case that meets (A, K), of all written rows the latest."""
    latest: dict[tuple[str, datetime, datetime], Span] = {}
    for span in spans:
        key = (span.case_id, span.from_at, span.known_from)
        if query.wants(span) and (key not in latest or latest[key].revision <= span.revision):
            latest[key] = span
    for span in latest.values():
        true = span.from_at < query.as_of <= span.to_at
        if true and span.known_from < query.known_at <= span.known_to:
            yield span


def _count_reports(
    reports: Iterable[ReportRow], standing: Iterable[Span], query: Query
) -> Counter[Cut]:
    latest: dict[tuple[str, str, str], ReportRow] = {}
    for row in reports:
        key = (row.place, row.sender, row.id)
        if query.wants(row) and (key not in latest or latest[key].revision <= row.revision):
            latest[key] = row
    told = {span.case_id: span for span in standing if _imported(span)} if retold(query) else {}
    found: Counter[Cut] = Counter()
    for row in latest.values():
        known = row.ingested_at < query.known_at and row.occurred_at < query.as_of
        if known and query.within(row.occurred_at):
            own = told.get(row.case_id, row)
            found[_cut(own, row.occurred_at, query) if reports_cut(query) else ()] += 1
    return found


def _imported(span: Span) -> bool:
    return span.case_id.startswith(span.place + IMPORTED)


def retold(query: Query) -> list[str]:
    """The cuts that an imported ticket's report takes from its case as it was known at K.

    Its own row carries them too, but only as they are known now: a newer export restates them.
    """
    restated = query.known_at < INFINITY and reports_cut(query)
    return [name for name in query.by if name in RETOLD] if restated else []


def reports_cut(query: Query) -> bool:
    """Whether reports can be cut as asked."""
    return CASES_ONLY.isdisjoint(query.by)


def _cut(row: Span | ReportRow, at: datetime, query: Query) -> Cut:
    return tuple(
        local_day(name, at, zone_of(row.place, query)) if name in DAYS else getattr(row, name)
        for name in query.by
    )


def zone_of(place: str, query: Query) -> str:
    """The zone whose days this place's cases are cut by."""
    return query.zone if query.place is not None else query.zones.get(place, query.zone)


def local_day(field: str, at: datetime, zone: str) -> str:
    """An instant's day, ISO week or month in a zone: 2026-02-14, 2026-W07, 2026-02."""
    local = at.astimezone(ZoneInfo(zone)).date()
    if field == "day":
        return local.isoformat()
    if field == "month":
        return local.isoformat()[:7]
    year, week, _ = local.isocalendar()
    return f"{year:04d}-W{week:02d}"


def assemble(query: Query, cases: CaseCounts, reports: Mapping[Cut, int]) -> list[Row]:
    """The total, then one row per combination that occurs; sorted, what is missing last.

    Cases and reports are each in exactly one combination, so the total is their sum.
    """
    total: Counter[Part] = Counter()
    for counts in cases.values():
        total.update(counts)
    rows = [Row({}, _figures(query, total, sum(reports.values())))]
    if not query.by:
        return rows
    cut = reports_cut(query)
    seen = set(cases) | (set(reports) if cut else set())
    for key in sorted(seen, key=lambda key: [(value is None, value or "") for value in key]):
        counted = reports.get(key, 0) if cut else None
        by = dict(zip(query.by, key, strict=True))
        rows.append(Row(by, _figures(query, cases.get(key, {}), counted)))
    return rows


def _figures(query: Query, counts: Mapping[Part, int], reports: int | None) -> dict[str, Value]:
    return {name: _value(FIGURES[name], counts, reports) for name in query.figures}


def _value(figure: Figure, counts: Mapping[Part, int], reports: int | None) -> Value:
    if figure.ledger is Ledger.REPORTS:
        return Value(reports)
    numerator = counts.get(figure.numerator, 0)
    if figure.denominator is None:
        return Value(numerator)
    denominator = counts.get(figure.denominator, 0)
    return Value(numerator / denominator if denominator else None, numerator, denominator)
