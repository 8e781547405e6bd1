"""Import of a place's own tickets: each row of a file becomes one report and one act."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from streams.core.codec import encode_binary
from streams.core.events import Act, ActKind, ImportedReport, TicketRef
from streams.core.home import ticket_key
from streams.core.record import Out
from streams.core.refusal import Refused
from streams.core.topics import ACTS, HOTLINE
from streams.entry.mapping import Mapping, MappingError
from streams.entry.publish import Publisher
from streams.entry.rows import EPOCH, LAST, Row, RowReader, RowRefusal
from streams.entry.tables import Table
from streams.entry.tally import OnProgress, Progress, Survey, Tally

REPORT_TYPE = "gridloop.report.imported.v1"
ACT_TYPE = "gridloop.act.v1"
TELL_EVERY = 1000

OnRow = Callable[[Row | RowRefusal], None]


class Imported(msgspec.Struct, frozen=True):
    """What an import sent: one report and one act for each row that was not refused."""

    survey: Survey
    exported_at: datetime
    sent: int


def sender_of(place: str) -> str:
    """Who sends a place's imported tickets: CloudEvents' source of their reports and acts."""
    return f"import/{place}"


def read_rows(path: Path, mapping: Mapping) -> Iterator[Row | RowRefusal]:
    """Each row of a file, mapped or refused, in the file's order and in bounded memory.

    MappingError where the file's headings do not fit the mapping, OSError where it is not there.
    """
    with Table(path, mapping.encoding) as table:
        yield from _read(table, RowReader(mapping, table.headings))


def latest_time(path: Path, mapping: Mapping, not_after: datetime | None = None) -> datetime | None:
    """The latest reported or closed time in a file: the date of an export that bears none.

    A time after `not_after` is a slip of the pen and dates nothing: one closing in the year 2099
    would otherwise put every act of the file there.
    """
    with Table(path, mapping.encoding) as table:
        return _latest(table, RowReader(mapping, table.headings), not_after or LAST)


def survey(path: Path, mapping: Mapping, on_progress: OnProgress | None = None) -> Survey:
    """Read a whole file and send nothing: what an import of it would find."""
    tally = Tally()
    with Table(path, mapping.encoding) as table:
        for item in _read(table, RowReader(mapping, table.headings)):
            tally.add(item)
            if tally.rows % TELL_EVERY == 0:
                _tell(tally, table, on_progress)
        _tell(tally, table, on_progress)
    return tally.survey()


def import_file(
    path: Path,
    mapping: Mapping,
    publisher: Publisher,
    *,
    place: str | None = None,
    exported_at: datetime | None = None,
    not_after: datetime | None = None,
    on_progress: OnProgress | None = None,
    on_row: OnRow | None = None,
) -> Imported:
    """Send every row of a file and flush; a second run sends the same bytes and changes nothing.

    Without `exported_at` the file's latest time up to `not_after` is the export's, which takes one
    more pass. `on_row` is told each row, sent or refused.
    """
    tally, sent = Tally(), 0
    with Table(path, mapping.encoding) as table:
        reader = RowReader(mapping, table.headings)
        if exported_at is None:
            exported_at = _latest(table, reader, not_after or LAST) or EPOCH
            table.rewind()
        for item in _read(table, reader):
            tally.add(item)
            for out in outs_of(item, place or mapping.place, exported_at):
                publisher.send(out.topic, out.key, out.value, out.headers)
                sent += 1
            if on_row is not None:
                on_row(item)
            if tally.rows % TELL_EVERY == 0:
                _tell(tally, table, on_progress)
        publisher.flush()
        _tell(tally, table, on_progress)
    return Imported(tally.survey(), exported_at, sent)


def outs_of(item: Row | RowRefusal, place: str, exported_at: datetime) -> tuple[Out, ...]:
    """The records of one row: its report and its act; none for a refusal.

    In binary mode the bytes that make an identity are the data's alone, and the export's date
    travels in a header. So an unchanged row of a newer export is the same content once more: a
    repeat, of which the first stands, and not an identity used for something else.
    """
    if isinstance(item, RowRefusal):
        return ()
    sender, ticket = sender_of(place), item.ticket
    key = ticket_key(sender, ticket)
    seen = item.row.reported_at
    report = ImportedReport(place=place, reported_at=seen)
    act = Act(place=place, act=ActKind.IMPORT_ROW, ticket=TicketRef(sender, ticket), row=item.row)
    first, first_data = encode_binary(REPORT_TYPE, sender, ticket, seen, report)
    second, second_data = encode_binary(ACT_TYPE, sender, item.act_id, exported_at, act)
    return Out(HOTLINE.name, key, first_data, first), Out(ACTS.name, key, second_data, second)


def _latest(table: Table, reader: RowReader, not_after: datetime) -> datetime | None:
    cells = (item[1] for item in table.rows() if not isinstance(item, RowRefusal))
    times = (reader.latest(row, not_after) for row in cells)
    return max((at for at in times if at is not None), default=None)


def _read(table: Table, reader: RowReader) -> Iterator[Row | RowRefusal]:
    for item in table.rows():
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, cells = item
        try:
            yield reader.read(cells, line)
        except Refused as refused:
            yield RowRefusal(line, refused.reason, refused.detail, tuple(cells))


def _tell(tally: Tally, table: Table, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(Progress(tally.rows, tally.refused, table.bytes_read, table.bytes_total))


__all__ = [
    "Imported",
    "MappingError",
    "import_file",
    "latest_time",
    "outs_of",
    "read_rows",
    "sender_of",
    "survey",
]
