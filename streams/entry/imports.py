"""Import of a place's own tickets: each row of a file becomes one report and one act."""

from collections.abc import Callable, Container, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from streams.core.codec import encode_binary
from streams.core.events import Act, ActKind, ImportedReport, TicketRef
from streams.core.home import ticket_key
from streams.core.record import Out
from streams.core.topics import ACTS, HOTLINE
from streams.entry.distinct import Distinct
from streams.entry.mapping import Mapping, MappingError
from streams.entry.publish import Publisher
from streams.entry.refusals import CellRefused, RefusedRows, RowRefusal
from streams.entry.rows import EPOCH, LAST, Row, RowReader
from streams.entry.tables import Table, open_table
from streams.entry.tally import OnProgress, Progress, Survey, Tally

REPORT_TYPE = "gridloop.report.imported.v1"
ACT_TYPE = "gridloop.act.v1"
TELL_EVERY = 1000

OnRow = Callable[[Row | RowRefusal], None]


class Imported(msgspec.Struct, frozen=True):
    """What an import sent: one report and one act for each row that was neither refused nor
    stored before; `new` counts the different acts among them.
    """

    survey: Survey
    exported_at: datetime
    sent: int
    new: int


def sender_of(place: str) -> str:
    """Who sends a place's imported tickets: CloudEvents' source of their reports and acts."""
    return f"import/{place}"


def read_rows(path: Path, mapping: Mapping) -> Iterator[Row | RowRefusal]:
    """Each row of a file, mapped or refused, in the file's order and in bounded memory.

    MappingError where the file's headings do not fit the mapping, OSError where it is not there.
    """
    with open_table(path, mapping) as table:
        yield from _read(table, mapping)


def latest_time(path: Path, mapping: Mapping, not_after: datetime | None = None) -> datetime | None:
    """The latest reported or closed time in a file: the date of an export that bears none.

    A time after `not_after` is a slip of the pen and dates nothing: one closing in the year 2099
    would otherwise put every act of the file there.
    """
    with open_table(path, mapping) as table:
        return _latest(table, mapping, not_after or LAST)


def survey(
    path: Path,
    mapping: Mapping,
    on_progress: OnProgress | None = None,
    refused: RefusedRows | None = None,
) -> Survey:
    """Read a whole file and send nothing: what an import of it would find."""
    tally = Tally()
    with open_table(path, mapping) as table:
        for _ in _counted(table, mapping, tally, on_progress, refused):
            pass
    return tally.survey()


def import_file(
    path: Path,
    mapping: Mapping,
    publisher: Publisher,
    *,
    place: str | None = None,
    exported_at: datetime | None = None,
    not_after: datetime | None = None,
    stored: Container[str] = frozenset(),
    on_progress: OnProgress | None = None,
    on_row: OnRow | None = None,
    refused: RefusedRows | None = None,
) -> Imported:
    """Send every row of a file and flush; a second run sends the same bytes and changes nothing.

    Without `exported_at` the file's latest time up to `not_after` is the export's, which takes one
    more pass. Rows whose acts are `stored` are not sent again: so an import that was killed goes
    on where the store is, whatever became of what was on its way. `on_row` is told each row,
    sent or refused.
    """
    tally, new, sent = Tally(), Distinct(), 0
    with open_table(path, mapping) as table:
        if exported_at is None:
            exported_at = _latest(table, mapping, not_after or LAST) or EPOCH
        for item in _counted(table, mapping, tally, on_progress, refused):
            if isinstance(item, Row) and item.act_id not in stored:
                new.add(item.act_id)
                for out in outs_of(item, place or mapping.place, exported_at):
                    publisher.send(out.topic, out.key, out.value, out.headers)
                    sent += 1
            if on_row is not None:
                on_row(item)
        publisher.flush()
    return Imported(tally.survey(), exported_at, sent, new.count())


def outs_of(item: Row, place: str, exported_at: datetime) -> tuple[Out, ...]:
    """The records of one row: its report and its act.

    In binary mode the bytes that make an identity are the data's alone, and the export's date
    travels in a header. So an unchanged row of a newer export is the same content once more: a
    repeat, of which the first stands, and not an identity used for something else.
    """
    sender, ticket = sender_of(place), item.ticket
    key = ticket_key(sender, ticket)
    seen = item.row.reported_at
    report = ImportedReport(place=place, reported_at=seen)
    act = Act(place=place, act=ActKind.IMPORT_ROW, ticket=TicketRef(sender, ticket), row=item.row)
    first, first_data = encode_binary(REPORT_TYPE, sender, ticket, seen, report)
    second, second_data = encode_binary(ACT_TYPE, sender, item.act_id, exported_at, act)
    return Out(HOTLINE.name, key, first_data, first), Out(ACTS.name, key, second_data, second)


def _latest(table: Table, mapping: Mapping, not_after: datetime) -> datetime | None:
    reader = RowReader(mapping, table.headings)
    cells = (item[1] for item in table.rows() if not isinstance(item, RowRefusal))
    times = (reader.latest(row, not_after) for row in cells)
    return max((at for at in times if at is not None), default=None)


def _counted(
    table: Table,
    mapping: Mapping,
    tally: Tally,
    on_progress: OnProgress | None,
    refused: RefusedRows | None,
) -> Iterator[Row | RowRefusal]:
    """Each row, once it is counted, told and, where it is refused, written down."""
    if refused is not None:
        refused.head(table.headings)
    for item in _read(table, mapping):
        tally.add(item)
        if refused is not None and isinstance(item, RowRefusal):
            refused.add(item)
        yield item
        if tally.rows % TELL_EVERY == 0:
            _tell(tally, table, on_progress)
    _tell(tally, table, on_progress)


def _read(table: Table, mapping: Mapping) -> Iterator[Row | RowRefusal]:
    reader = RowReader(mapping, table.headings)
    for item in table.rows():
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, cells = item
        try:
            yield reader.read(cells, line)
        except CellRefused as why:
            yield RowRefusal.of(line, why, cells)


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
