"""One row of a file: its cells by the mapping's columns, read into an ImportRow or refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import itemgetter
from typing import TypeVar

import msgspec

from streams.core.events import INFINITY, ImportRow, RowStatus
from streams.core.instants import OCCURRED
from streams.core.refusal import Reason
from streams.entry.localtimes import EARLIEST, LocalTimes
from streams.entry.mapping import Mapping, MappingError
from streams.entry.refusals import SHOWN, CellRefused, Fault

EPOCH = datetime(OCCURRED[0], 1, 1, tzinfo=UTC)
"""The first instant at which the door lets something occur."""
LAST = datetime(OCCURRED[1], 12, 31, 23, 59, 59, tzinfo=UTC)
"""And the last."""
FAR_AHEAD = timedelta(days=3650)
LONGEST_TICKET = 200
LONGEST_LABEL = 256
LONGEST_TEXT = 8000

SHEET_TIME = "%Y-%m-%dT%H:%M:%S"
"""How dates of a spreadsheet arrive; it is read whatever a mapping's formats are."""

MAPPED = ("source", "department", "area")
"""Columns whose values a mapping may translate into labels."""
LABELS = ("department", "category", "matter", "street", "area", "grid")
"""Columns that stand as the file gives them, stripped."""

COLUMNS = (
    *("ticket", "reported_at", "closed_at", "due_at", "status", "source", "text", "lat", "lon"),
    *LABELS,
)

CLOSED = frozenset({RowStatus.CLOSED, RowStatus.CLOSED_DUPLICATE, RowStatus.CLOSED_TRANSFERRED})

T = TypeVar("T")
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
        self._times = LocalTimes((*mapping.time_formats, SHEET_TIME), mapping.zone)
        self._defaults = mapping.defaults
        self._status = _status_words(mapping)
        self._maps = {name: _stripped(getattr(mapping, name)) for name in MAPPED}
        self._late = {name: self._default_time(name) for name in ("due_at", "closed_at")}

    def read(self, cells: Sequence[str], line: int) -> Row:
        """One row; CellRefused where it cannot be mapped."""
        if len(cells) < self._width or any(cells[self._width :]):
            raise CellRefused(Fault.RAGGED, "", f"{len(cells)} cells under {self._width} headings")
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
            source=self._words("source", source, LONGEST_LABEL, taken) or "",
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
            raise CellRefused(Fault.BLANK, "reported_at", "blank")
        at = self._times.read(given)
        if at is None:
            said, fault = f"no format reads {given[:SHOWN]!r}", Fault.NO_TIME
        elif not EPOCH <= at <= LAST:
            said, fault = f"out of range: {given!r}", Fault.OUT_OF_RANGE
        else:
            return at
        raise CellRefused(fault, "reported_at", said, given, Reason.BAD_TIME)

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

    def _labels(self, given: Sequence[str], taken: Taken) -> dict[str, str | None]:
        pairs = zip(LABELS, given, strict=True)
        return {name: self._words(name, value, LONGEST_LABEL, taken) for name, value in pairs}

    def _words(self, name: str, given: str, longest: int, taken: Taken) -> str | None:
        words = self._maps.get(name)
        value = given if words is None else words.get(given)
        if value:
            return _fits(name, value, longest)
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
        raise CellRefused(Fault.BLANK, "ticket", "blank")
    if len(ticket) > LONGEST_TICKET:
        said = f"too long: more than {LONGEST_TICKET} characters"
        raise CellRefused(Fault.TOO_LONG, "ticket", said, ticket)
    if not ticket.isprintable():
        raise CellRefused(Fault.NOT_PLAIN, "ticket", f"not plain: {ticket[:SHOWN]!r}", ticket)


def digest_of(row: ImportRow) -> str:
    """16 hex digits of all mapped values; CellRefused where a value is not text."""
    try:
        return blake2b(_ROW.encode(row), digest_size=8).hexdigest()
    except UnicodeEncodeError as error:
        said = "a cell is not in the file's encoding"
        raise CellRefused(Fault.ENCODING, "", said) from error


def _fits(name: str, value: str, longest: int) -> str:
    if len(value) > longest:
        raise CellRefused(Fault.TOO_LONG, name, f"longer than {longest} characters", value)
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
    for name, heading in mapping.columns.headings().items():
        places = [at for at, given in enumerate(headings) if given == heading]
        if len(places) != 1:
            said = "stands twice in" if places else "is not among"
            raise MappingError(f"columns.{name}: {heading!r} {said} the headings: {[*headings]}")
        found[name] = places[0]
    return found


def _status_words(mapping: Mapping) -> dict[str, RowStatus]:
    words = _stripped(mapping.status)
    return {status.value: status for status in RowStatus} if words is None else words


def _stripped(words: dict[str, T] | None) -> dict[str, T] | None:
    return words and {given.strip(): word for given, word in words.items()}
