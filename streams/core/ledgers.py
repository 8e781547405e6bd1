"""What each ledger counts at (A, K), in plain Python: rows with the instant that places them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any, TypeVar

import msgspec

from streams.core.events import INFINITY
from streams.core.levels import Rung
from streams.core.predicates import PREDICATES
from streams.core.provenance import PROVENANCE, Provenance, provenance_of
from streams.core.query import SEEN_BY, Query
from streams.core.registry import COHORT, COHORTS, Ledger
from streams.core.results import CallRow, ReportRow, Span, StepRow

RETOLD = frozenset({"source", "street", "area", "grid", "lineage", "category", "matter"})
"""What a newer export may restate of an imported ticket's report."""

IMPORTED = "/import-"
"""What follows the place in the home, and so in the case id, of an imported ticket."""

CASE_FIELDS = (
    *("source", "street", "area", "grid", "lineage", "level", "category", "matter", "outcome"),
    *("satisfaction", "mode", *PROVENANCE),
)
"""What a step has of its case at (A, K), beside what its own row says of it; nothing where the case
has no row there."""

OWN = ("ingested_at", "requester", "opened", "classified_by", "read_as", *SEEN_BY, "confirmed")
"""What is a report's own, whatever becomes of it."""

HEARD = {"regrouped_at": "regrouped_known_from", "judged_at": "judged_known_from"}
"""What people said of a report later, and the field that tells since when it is known."""


Row = TypeVar("Row", Span, StepRow, ReportRow)


def span_key(row: Span) -> tuple[Hashable, ...]:
    """By what versions of a span meet; of a step and of a report: below."""
    return row.case_id, row.from_at, row.known_from


def step_key(row: StepRow) -> tuple[Hashable, ...]:
    return row.case_id, row.kind, row.n, row.known_from


def report_key(row: ReportRow) -> tuple[Hashable, ...]:
    return row.place, row.sender, row.id


def latest(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> Iterable[Row]:
    """Of all versions of each row the one with the highest revision."""
    found: dict[Hashable, Row] = {}
    for row in rows:
        name = key(row)
        if name not in found or found[name].revision <= row.revision:
            found[name] = row
    return found.values()


def stands(row: Span, query: Query) -> bool:
    """Whether the span meets (A, K)."""
    return row.from_at < query.as_of <= row.to_at and _known(row, query)


def is_begun(row: StepRow, query: Query) -> bool:
    """Whether the step was begun before A, as known at K."""
    return row.at < query.as_of and _known(row, query)


def is_told(row: ReportRow, query: Query) -> bool:
    """Whether the report occurred before A, as known at K."""
    return row.occurred_at < query.as_of and row.ingested_at < query.known_at


def is_offered(row: CallRow, query: Query) -> bool:
    """Whether the call was offered before A, as known at K."""
    return row.offered_at < query.as_of and row.ingested_at < query.known_at


def _known(row: Span | StepRow, query: Query) -> bool:
    return row.known_from < query.known_at <= row.known_to


class StepAt(Provenance, frozen=True):
    """A step as it is counted: its own fields, whether its case counts, and its case's fields."""

    place: str
    kind: str
    department: str | None
    at: datetime
    due: datetime | None
    done: datetime | None
    result: str | None
    worked: int | None
    filed_at: datetime | None
    void: bool
    rejected: bool
    excluded: bool
    source: str = ""
    street: str | None = None
    area: str | None = None
    grid: str | None = None
    lineage: list[Rung] = msgspec.field(default_factory=list)
    level: str | None = None
    category: str | None = None
    matter: str | None = None
    outcome: str | None = None
    satisfaction: str | None = None
    mode: str = ""


class CaseSaid(msgspec.Struct, frozen=True):
    """What a report has of its case, beside what is its own; these where it has none at (A, K)."""

    state: str = ""
    filed_at: datetime | None = None
    void: bool = False
    excluded: bool = False
    happened: list[str] = msgspec.field(default_factory=list)
    renamed: bool = False


UNTOLD = CaseSaid()
JOINED = CaseSaid.__struct_fields__


class ReportAt(Provenance, frozen=True):
    """A report as it is counted: its own fields, how its case stands, and when the same requester
    had last asked about the same matter. What people said of it is told where it was known by K."""

    place: str
    occurred_at: datetime
    ingested_at: datetime
    source: str
    street: str | None
    area: str | None
    grid: str | None
    lineage: list[Rung]
    category: str | None
    matter: str | None
    requester: str | None
    opened: bool
    classified_by: str | None
    read_as: str | None
    camera: str | None
    algorithm: str | None
    confirmed: bool
    regrouped_at: datetime | None
    judged_at: datetime | None
    previous_at: datetime | None
    state: str
    filed_at: datetime | None
    void: bool
    excluded: bool
    happened: list[str]
    renamed: bool


Counted = tuple[Span | StepAt | ReportAt | CallRow, datetime]
"""A row, and the instant by which it falls into the window and onto a day."""


Kinds = Mapping[Ledger, frozenset[str] | None]
"""Which kinds of steps a ledger is asked about; None, or nothing said: all."""

EVERY_KIND: Kinds = {}


class Ledgers:
    """All rows of the store, or of a replay; repeated and superseded ones may be among them, calls
    in the log's order. Of steps only these `kinds` count."""

    def __init__(  # noqa: PLR0917 # the rows of each ledger
        self,
        spans: Iterable[Span],
        reports: Iterable[ReportRow],
        steps: Iterable[StepRow],
        query: Query,
        kinds: Kinds = EVERY_KIND,
        calls: Iterable[CallRow] = (),
    ) -> None:
        self._spans, self._reports, self._steps = spans, reports, steps
        self._calls = calls
        self._query, self._kinds = query, kinds

    def rows(self, ledger: Ledger) -> Iterator[Counted]:
        """What this ledger counts for the query."""
        tell: dict[Ledger, Callable[[], Iterator[Counted]]] = {
            Ledger.CASES: self._filed_within,
            Ledger.CARRIED: self._carried,
            Ledger.STEPS: partial(self._steps_within, Ledger.STEPS),
            Ledger.DESK: partial(self._steps_within, Ledger.DESK),
            Ledger.REPORTS: self._reports_within,
            Ledger.CALLS: self._calls_within,
        }
        return (one for one in tell[ledger]() if self._query.covers_area(one[0].lineage))

    # --- cases ---

    @cached_property
    def _standing(self) -> Mapping[str, Span]:
        """The one row of each case that meets (A, K), of all written rows the latest."""
        wanted = (span for span in self._spans if self._query.wants(span))
        return {s.case_id: s for s in latest(wanted, span_key) if stands(s, self._query)}

    @cached_property
    def _filed(self) -> Mapping[str, tuple[Span, datetime]]:
        holds, as_of = PREDICATES[COHORT].test.holds, self._query.as_of
        return {
            id: (span, span.filed_at)
            for id, span in self._standing.items()
            if span.filed_at is not None and holds(span, as_of)
        }

    def _filed_within(self) -> Iterator[Counted]:
        return (one for one in self._filed.values() if self._query.within(one[1]))

    def _carried(self) -> Iterator[Counted]:
        first = self._query.from_
        for span, filed_at in self._filed.values():
            if first is not None and filed_at < first and not _closed_before(span, first):
                yield span, filed_at

    # --- steps ---

    def _steps_within(self, ledger: Ledger) -> Iterator[Counted]:
        (cohort,), kinds, query = COHORTS[ledger], self._kinds.get(ledger), self._query
        counts = PREDICATES[cohort].test.holds
        asked = (step for step in self._steps if kinds is None or step.kind in kinds)
        wanted = (step for step in asked if query.wants(step))
        for step in latest(wanted, step_key):
            if query.within(step.at) and is_begun(step, query):
                told = _step_at(step, self._standing.get(step.case_id), query.as_of)
                if counts(told, query.as_of):
                    yield told, step.at

    # --- reports ---

    def _reports_within(self) -> Iterator[Counted]:
        wanted = (row for row in self._reports if self._query.wants(row))
        told = [row for row in latest(wanted, report_key) if is_told(row, self._query)]
        before = _previous(told)
        for row in told:
            if self._query.within(row.occurred_at):
                previous = before.get((row.place, row.sender, row.id))
                yield self._report_at(row, previous), row.occurred_at

    def _report_at(self, row: ReportRow, previous_at: datetime | None) -> ReportAt:
        case = self._standing.get(row.case_id)
        said: dict[str, Any] = {name: getattr(row, name) for name in RETOLD}
        said |= {name: getattr(case or UNTOLD, name) for name in JOINED}
        if case is not None and case.case_id.startswith(case.place + IMPORTED):
            said |= {name: getattr(case, name) for name in retold(self._query)}
        for name, since in HEARD.items():
            known_from: datetime | None = getattr(row, since)
            heard = known_from is not None and known_from < self._query.known_at
            said[name] = getattr(row, name) if heard else None
        return ReportAt(
            place=row.place,
            occurred_at=row.occurred_at,
            previous_at=previous_at,
            **{name: getattr(row, name) for name in OWN},
            **provenance_of(row),
            **said,
        )

    # --- calls ---

    def _calls_within(self) -> Iterator[Counted]:
        """Of two contents of one identity the earlier in the log."""
        told: dict[tuple[str, str, str], CallRow] = {}
        for row in self._calls:
            if self._query.covers(row.place):
                told.setdefault((row.place, row.sender, row.id), row)
        for row in told.values():
            if self._query.within(row.offered_at) and is_offered(row, self._query):
                yield row, row.offered_at


def retold(query: Query) -> list[str]:
    """The fields that an imported ticket's report takes from its case as it was known at K.

    Its own row carries them too, but only as they are known now: a newer export restates them.
    """
    return sorted(RETOLD) if query.known_at < INFINITY else []


def _closed_before(span: Span, first: datetime) -> bool:
    return span.state == "closed" and span.closed_at is not None and span.closed_at < first


def _step_at(step: StepRow, case: Span | None, as_of: datetime) -> StepAt:
    def is_so(since: datetime | None) -> bool:
        return since is not None and since < as_of

    return StepAt(
        place=step.place,
        kind=step.kind,
        department=step.department,
        at=step.at,
        due=step.due,
        done=step.done,
        result=step.result,
        worked=step.worked,
        filed_at=step.filed_at,
        void=is_so(step.void_at),
        rejected=is_so(step.rejected_at),
        excluded=is_so(step.excluded_at),
        **({name: getattr(case, name) for name in CASE_FIELDS} if case else {}),
    )


def _previous(reports: Iterable[ReportRow]) -> dict[tuple[str, str, str], datetime]:
    """When the same requester had last asked about the same matter, of each report that repeats;
    a report without requester or matter repeats none."""
    found: dict[tuple[str, str, str], datetime] = {}
    last: dict[tuple[str, str, str], datetime] = {}
    for row in sorted(reports, key=lambda row: (row.occurred_at, row.sender, row.id)):
        if row.requester is not None and row.matter is not None:
            who = (row.place, row.requester, row.matter)
            if who in last:
                found[row.place, row.sender, row.id] = last[who]
            last[who] = row.occurred_at
    return found
