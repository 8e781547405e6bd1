"""What an import found in a file: rows, refusals, defaults taken, statuses, its span of time."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime

import msgspec

from streams.entry.rows import Row, RowRefusal

EXAMPLES = 20
DISTINCT = 200
OTHERS = "…"
"""Where a column has more distinct unmapped values than are worth listing, the rest count here."""


class Progress(msgspec.Struct, frozen=True):
    """How far an import has come: rows read, and bytes of bytes."""

    rows: int
    refused: int
    bytes_read: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


class Survey(msgspec.Struct, frozen=True):
    """What stands in a file, as its mapping reads it.

    `defaults` counts by column and by the value that took the default ("" for a blank);
    `examples` are the first refusals.
    """

    rows: int
    refused: int
    refused_by_reason: dict[str, int]
    defaults: dict[str, dict[str, int]]
    statuses: dict[str, int]
    marks: dict[str, int]
    first_reported_at: datetime | None
    last_reported_at: datetime | None
    latest_at: datetime | None
    examples: list[RowRefusal]


class Tally:
    """Counts rows as they pass; its size does not grow with the file."""

    def __init__(self) -> None:
        self.rows = 0
        self._reasons: Counter[str] = Counter()
        self._defaults: dict[str, Counter[str]] = defaultdict(Counter)
        self._statuses: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()
        self._examples: list[RowRefusal] = []
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
            if len(self._examples) < EXAMPLES:
                self._examples.append(item)
            return
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
        return Survey(
            rows=self.rows,
            refused=self.refused,
            refused_by_reason=dict(self._reasons.most_common()),
            defaults={name: dict(seen.most_common()) for name, seen in self._defaults.items()},
            statuses=dict(self._statuses.most_common()),
            marks=dict(self._marks.most_common()),
            first_reported_at=self._first,
            last_reported_at=self._last,
            latest_at=max(times, default=None),
            examples=list(self._examples),
        )
