"""What an import found in a file: rows, refusals, defaults taken, statuses, its span of time."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime

import msgspec

from streams.core.refusal import Reason
from streams.entry.distinct import Distinct, Repeats
from streams.entry.refusals import TOLD, WHAT_TO_DO, Fault, RowRefusal, masked
from streams.entry.rows import MAPPED, Row

EXAMPLES = 20
DISTINCT = 200
NAMED = ("status", *MAPPED)
"""Columns whose values a mapping may name."""
OTHERS = "…"
"""Where a column has more distinct unmapped values than are worth listing, the rest count here."""


class Progress(msgspec.Struct, frozen=True):
    """How far an import has come: rows read, and bytes of bytes."""

    rows: int
    refused: int
    bytes_read: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


class Example(msgspec.Struct, frozen=True):
    """One refused row as a report shows it: what personal numbers it holds are masked."""

    line: int
    reason: Reason
    fault: Fault
    column: str
    value: str
    detail: str
    what_to_do: str

    @staticmethod
    def of(row: RowRefusal) -> "Example":
        """That row's example."""
        # What reporters wrote is no business of a report, whatever is wrong with it.
        value = "" if row.column == "text" else masked(row.value)
        detail = masked(row.detail, TOLD)
        advice = WHAT_TO_DO[row.fault]
        return Example(row.line, row.reason, row.fault, row.column, value, detail, advice)


class Survey(msgspec.Struct, frozen=True):
    """What stands in a file, as its mapping reads it.

    `defaults` counts by column and by the value that took the default ("" for a blank), `unknown`
    only values that a column's map does not name; `acts` are rows that differ in what is mapped;
    `repeated` are tickets with several rows, of which the last counts; `empty` are columns
    without a value in any row; `examples` are the first refusals.
    """

    rows: int
    tickets: int
    acts: int
    refused: int
    refused_by_reason: dict[str, int]
    refused_by_fault: dict[str, int]
    defaults: dict[str, dict[str, int]]
    unknown: dict[str, dict[str, int]]
    empty: list[str]
    statuses: dict[str, int]
    marks: dict[str, int]
    repeated: Repeats
    first_reported_at: datetime | None
    last_reported_at: datetime | None
    latest_at: datetime | None
    examples: list[Example]


class Tally:
    """Counts rows as they pass; its size does not grow with the file."""

    def __init__(self) -> None:
        self.rows = 0
        self._reasons: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._tickets, self._acts = Distinct(), Distinct()
        self._defaults: dict[str, Counter[str]] = defaultdict(Counter)
        self._statuses: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()
        self._examples: list[Example] = []
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._closed: datetime | None = None

    @property
    def refused(self) -> int:
        return self._reasons.total()

    def add(self, item: Row | RowRefusal) -> None:
        """Count one row, or one refusal."""
        self.rows += 1
        if isinstance(item, RowRefusal):
            self._reasons[item.reason.value] += 1
            self._faults[item.fault.value] += 1
            if len(self._examples) < EXAMPLES:
                self._examples.append(Example.of(item))
            return
        self._tickets.add(item.ticket, item.line)
        self._acts.add(item.act_id)
        row = item.row
        self._statuses[row.status.value] += 1
        self._first = row.reported_at if self._first is None else min(self._first, row.reported_at)
        self._last = row.reported_at if self._last is None else max(self._last, row.reported_at)
        if row.closed_at is not None:
            self._closed = max(self._closed or row.closed_at, row.closed_at)
        if row.marks:
            self._marks.update(row.marks)
        for column, value in item.defaulted:
            seen = self._defaults[column]
            seen[value if value in seen or len(seen) < DISTINCT else OTHERS] += 1

    def survey(self) -> Survey:
        """All counts so far, the most frequent first."""
        times = [at for at in (self._last, self._closed) if at is not None]
        defaults = {name: _masked(seen) for name, seen in self._defaults.items()}
        read = self.rows - self.refused
        return Survey(
            rows=self.rows,
            tickets=self._tickets.count(),
            acts=self._acts.count(),
            refused=self.refused,
            refused_by_reason=dict(self._reasons.most_common()),
            refused_by_fault=dict(self._faults.most_common()),
            defaults=defaults,
            unknown={
                name: unknown
                for name in NAMED
                if (unknown := {v: n for v, n in defaults.get(name, {}).items() if v})
            },
            empty=sorted(name for name, seen in self._defaults.items() if seen[""] == read),
            statuses=dict(self._statuses.most_common()),
            marks=dict(self._marks.most_common()),
            repeated=self._tickets.repeats(EXAMPLES),
            first_reported_at=self._first,
            last_reported_at=self._last,
            latest_at=max(times, default=None),
            examples=list(self._examples),
        )


def _masked(seen: Counter[str]) -> dict[str, int]:
    shown: Counter[str] = Counter()
    for value, count in seen.items():
        shown[masked(value)] += count
    return dict(shown.most_common())
