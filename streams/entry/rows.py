"""One row of a file: its cells by the mapping's columns, read into an ImportRow or refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import itemgetter

import msgspec

from streams.core.events import INFINITY, ImportRow, RowStatus
from streams.core.instants import OCCURRED
from streams.core.refusal import Reason, Refused
from streams.entry.localtimes import EARLIEST, LocalTimes
from streams.entry.mapping import Mapping, MappingError

EPOCH = datetime(OCCURRED[0], 1, 1, tzinfo=UTC)
"""The first instant at which the door lets something occur."""
LAST = datetime(OCCURRED[1], 12, 31, 23, 59, 59, tzinfo=UTC)
"""And the last."""
FAR_AHEAD = timedelta(days=3650)
LONGEST_TICKET = 200
LONGEST_LABEL = 256
LONGEST_TEXT = 8000

LABELS = ("department", "category", "matter", "street", "area", "grid")
"""Columns that stand as the file gives them, stripped."""

COLUMNS = (
    *("ticket", "reported_at", "closed_at", "due_at", "status", "source", "text", "lat", "lon"),
    *LABELS,
)

CLOSED = frozenset({RowStatus.CLOSED, RowStatus.CLOSED_DUPLICATE, RowStatus.CLOSED_TRANSFERRED})

Taken = list[tuple[str, str]]
_NAN = float("nan")
_ROW = msgspec.json.Encoder()


class Row(msgspec.Struct, frozen=True, gc=False):
    """One mapped row; `line` is its first line in the file, from 1. `digest` is the hash of all
    its mapped values (16 hex digits): a function of them alone, so never of their order in the
    file, of the export's date or of columns that are not mapped. `defaulted` names each column
    that took its default, with the value that no map named ("" for a blank).
    """

    line: int
    ticket: str
    row: ImportRow
    digest: str
    defaulted: tuple[tuple[str, str], ...] = ()

    @property
    def act_id(self) -> str:
        """The CloudEvents id of its act: its ticket and the hash of all its mapped values."""
        return f"{self.ticket}-{self.digest}"


class RowRefusal(msgspec.Struct, frozen=True):
    """One row that cannot be mapped, and why; with its cells as far as they could be read."""

    line: int
    reason: Reason
    detail: str
    cells: tuple[str, ...] = ()


class RowReader:
    """Reads cells into rows, for one mapping and one file's headings.

    MappingError where the file lacks a column that the mapping names.
    """

    def __init__(self, mapping: Mapping, headings: Sequence[str]) -> None:
        self._at = _positions(mapping, headings)
        self._width = len(headings)
        # A column that the file does not have is read from a blank cell after the last.
        self._pick = itemgetter(*(self._at.get(name, self._width) for name in COLUMNS))
        self._dated = [self._at[name] for name in ("reported_at", "closed_at") if name in self._at]
        self._times = LocalTimes(mapping.time_formats, mapping.zone)
        self._defaults = mapping.defaults
        self._status = _status_words(mapping)
        self._source = mapping.source and {k.strip(): v for k, v in mapping.source.items()}
        self._late = {name: self._default_time(name) for name in ("due_at", "closed_at")}

    def read(self, cells: Sequence[str], line: int) -> Row:
        """One row; Refused where it cannot be mapped."""
        if len(cells) < self._width or any(cells[self._width :]):
            raise Refused(Reason.ROW_UNREADABLE, f"{len(cells)} cells under {self._width} headings")
        values = map(str.strip, self._pick((*cells, "")))
        ticket, reported, closed, due, status, source, text, lat, lon, *labels = values
        _check_ticket(ticket)
        reported_at = self._reported_at(reported)
        taken: list[tuple[str, str]] = []
        closed_at = self._time("closed_at", closed, taken)
        due_at = self._time("due_at", due, taken)
        status_now = self._status_of(status, closed_at, taken)
        row = ImportRow(
            reported_at=reported_at,
            status=status_now,
            closed_at=closed_at,
            due_at=due_at,
            source=self._source_of(source, taken),
            text=self._words("text", text, LONGEST_TEXT, taken) or "",
            lat=self._degrees("lat", lat, 90.0, taken),
            lon=self._degrees("lon", lon, 180.0, taken),
            marks=_marks(reported_at, status_now, closed_at, due_at),
            **self._labels(labels, taken),
        )
        return Row(line, ticket, row, digest_of(row), tuple(taken))

    def latest(self, cells: Sequence[str], not_after: datetime = LAST) -> datetime | None:
        """The row's latest reported or closed time up to `not_after`; None where it has none."""
        if len(cells) < self._width:
            return None
        times = [self._times.read(cells[at].strip()) for at in self._dated]
        return max((at for at in times if at is not None and at <= not_after), default=None)

    # --- the columns, one by one; `taken` notes each value that took its default -------------

    def _reported_at(self, given: str) -> datetime:
        if not given:
            raise Refused(Reason.ROW_UNREADABLE, "reported_at: blank")
        at = self._times.read(given)
        if at is None:
            raise Refused(Reason.BAD_TIME, f"reported_at: no format reads {given!r}")
        if not EPOCH <= at <= LAST:
            raise Refused(Reason.BAD_TIME, f"reported_at: out of range: {given!r}")
        return at

    def _time(self, name: str, given: str, taken: Taken) -> datetime | None:
        at = self._times.read(given) if given else None
        if at is not None:
            return at
        self._note(name, given, taken)
        return self._late[name]

    def _status_of(self, given: str, closed_at: datetime | None, taken: Taken) -> RowStatus:
        status = self._status.get(given)
        if status is not None:
            return status
        if "status" not in self._at:  # a closing time is all that tells
            return RowStatus.OPEN if closed_at is None else RowStatus.CLOSED
        self._note("status", given, taken)
        return self._defaults.status

    def _source_of(self, given: str, taken: Taken) -> str:
        source = given if self._source is None else self._source.get(given)
        if source:
            return _fits("source", source, LONGEST_LABEL)
        self._note("source", given, taken)
        return self._defaults.source

    def _labels(self, given: Sequence[str], taken: Taken) -> dict[str, str | None]:
        pairs = zip(LABELS, given, strict=True)
        return {name: self._words(name, value, LONGEST_LABEL, taken) for name, value in pairs}

    def _words(self, name: str, given: str, longest: int, taken: Taken) -> str | None:
        if given:
            return _fits(name, given, longest)
        self._note(name, given, taken)
        default: str | None = getattr(self._defaults, name)
        return default

    def _degrees(self, name: str, given: str, bound: float, taken: Taken) -> float | None:
        try:
            value = float(given) if given else _NAN
        except ValueError:
            value = _NAN
        if -bound <= value <= bound:  # which a nan is not
            return value
        self._note(name, given, taken)
        default: float | None = getattr(self._defaults, name)
        return default

    def _note(self, name: str, given: str, taken: Taken) -> None:
        if name in self._at:
            taken.append((name, given))

    def _default_time(self, name: str) -> datetime | None:
        given = getattr(self._defaults, name)
        at = self._times.read(given) if given else None
        if given and at is None:
            raise MappingError(f"defaults.{name}: no format reads {given!r}")
        return at


def _check_ticket(ticket: str) -> None:
    if not ticket:
        raise Refused(Reason.ROW_UNREADABLE, "ticket: blank")
    if len(ticket) > LONGEST_TICKET or not ticket.isprintable():
        raise Refused(Reason.ROW_UNREADABLE, f"ticket: too long, or not plain: {ticket[:40]!r}")


def digest_of(row: ImportRow) -> str:
    """16 hex digits of all mapped values; Refused where a value is not text."""
    try:
        return blake2b(_ROW.encode(row), digest_size=8).hexdigest()
    except UnicodeEncodeError as error:
        raise Refused(Reason.ROW_UNREADABLE, "a cell is not in the mapping's encoding") from error


def _fits(name: str, value: str, longest: int) -> str:
    if len(value) > longest:
        raise Refused(Reason.ROW_UNREADABLE, f"{name}: longer than {longest} characters")
    return value


def _marks(
    reported_at: datetime, status: RowStatus, closed_at: datetime | None, due_at: datetime | None
) -> list[str]:
    """What is odd about a row's times; none of it is mended."""
    marks = []
    if closed_at is not None and closed_at < reported_at:
        marks.append("closed_before_reported")
    if closed_at is None and status in CLOSED:
        marks.append("closed_without_time")
    if due_at is not None and due_at < reported_at:
        marks.append("due_before_reported")
    if due_at is not None and due_at - reported_at > FAR_AHEAD:
        marks.append("due_decades_ahead")
    if {closed_at, due_at} & {EARLIEST, INFINITY}:
        marks.append("time_out_of_range")
    return marks


def _positions(mapping: Mapping, headings: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, heading in msgspec.structs.asdict(mapping.columns).items():
        if heading is None:
            continue
        places = [at for at, given in enumerate(headings) if given == heading.strip()]
        if len(places) != 1:
            said = "stands twice in" if places else "is not among"
            raise MappingError(f"columns.{name}: {heading!r} {said} the headings: {headings}")
        found[name] = places[0]
    return found


def _status_words(mapping: Mapping) -> dict[str, RowStatus]:
    if mapping.status is None:
        return {status.value: status for status in RowStatus}
    return {given.strip(): status for given, status in mapping.status.items()}
