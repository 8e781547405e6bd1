"""Import: a place's own file of tickets, looked at or sent."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli_options import JSON, NoWait, Place, print_json
from streams.core.record import Record
from streams.core.refusal import Refused
from streams.entry.distinct import Known
from streams.entry.imports import Imported, import_file, sender_of, survey
from streams.entry.mapping import Mapping, read_mapping
from streams.entry.places import place_dir, read_place
from streams.entry.refusals import WHAT_TO_DO, Fault, RefusedRows, RowRefusal
from streams.entry.rows import Row
from streams.entry.tally import Progress as Read
from streams.entry.tally import Survey
from streams.flow.letters import refuse
from streams.joined import Joined, settings
from streams.reference import publish_documents
from streams.show.rates import parse_when
from streams.where import read_key
from streams.wire.kafka import Publisher
from streams.wire.seal import Seal

GENERIC = "imported"
LISTED = 10
EXAMPLES = """
Examples:

`gridloop import tickets.xlsx --mapping my.yaml --dry-run`

`gridloop import tickets.csv --mapping my.yaml --refused to-mend.csv`

`gridloop import tickets.csv --mapping my.yaml --exported-at 2026-02-14T18:00:00+08:00`
"""


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command("import", epilog=EXAMPLES)(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="文件 · the tickets: CSV, XLSX or JSONL.")],
    mapping: Annotated[Path, typer.Option(help="映射 · which column is what (YAML).")],
    place: Place = None,
    exported_at: Annotated[
        str | None, typer.Option(help="导出时刻 · default the latest time in the file.")
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(help="拒收行 · write refused rows here, to mend and import (CSV)."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查 · say what is in it; send nothing.")
    ] = False,
    no_wait: NoWait = False,
    json_: JSON = False,
) -> None:
    """导入 · a place's own tickets; a second import adds nothing, a newer export restates."""
    chosen = read_mapping(mapping)
    with RefusedRows(refused) if refused else nullcontext() as kept:
        if dry_run:
            with _bar(json_) as tell:
                found = survey(file, chosen, tell, kept)
            if json_:
                print_json(msgspec.to_builtins(found))
            else:
                _print_survey(Console(), found)
            return
        began = monotonic()
        at = Joined.of(settings())
        done = _send(at, file, chosen, place or chosen.place, exported_at, kept, json_)
    if not no_wait:
        with Console(stderr=True).status("") as waiting:
            at.drain(lambda left: waiting.update(f"入库 storing: 在途 in flight {left}"))
    said = _told(done) | {"seconds": round(monotonic() - began, 3)}
    if json_:
        print_json(said)
    else:
        _print_import(said, done.survey)


def _send(
    at: Joined,
    file: Path,
    mapping: Mapping,
    place: str,
    exported_at: str | None,
    refused: RefusedRows | None,
    quiet: bool,
) -> Imported:
    publish_documents(at.where.kafka, _profile(place, mapping))
    wall = datetime.now(UTC)  # noqa: TID251 - a closing in the future dates no export
    with _bar(quiet) as tell, Publisher(at.where.kafka) as publisher:
        return import_file(
            file,
            mapping,
            publisher,
            place=place,
            exported_at=parse_when(exported_at, mapping.timezone) if exported_at else None,
            not_after=wall,
            stored=_stored(at, place),
            on_progress=tell,
            on_row=_letters(publisher, place, file, wall),
            refused=refused,
        )


def _profile(place: str, mapping: Mapping) -> list[Any]:
    """The place's own profile, or the generic one under its name, in the mapping's zone."""
    return read_place(place_dir(GENERIC), place=place, zone=mapping.timezone)


def _stored(at: Joined, place: str) -> Known:
    """The ids of the import acts that are stored already."""
    rows = at.store.stream(
        "SELECT input_id FROM facts WHERE sender = %(sender)s AND kind = 'row_imported'",
        {"sender": sender_of(place)},
    )
    return Known(str(name) for (name,) in rows)


def _letters(
    publisher: Publisher, place: str, file: Path, now: datetime
) -> Callable[[Row | RowRefusal], None]:
    """Puts each refused row among the dead letters: the file is its topic, the line its offset."""
    seal = Seal(read_key(settings())).close
    origin = f"{sender_of(place)}/{file.name}"

    def keep(row: Row | RowRefusal) -> None:
        if isinstance(row, Row):
            return
        # Bytes that the file's encoding does not know are letters here, and bytes again below.
        cells = json.dumps(row.cells, ensure_ascii=False).encode(errors="surrogateescape")
        record = Record(origin, 0, row.line, int(now.timestamp() * 1000), None, cells)
        why = Refused(row.reason, row.detail)
        letter = refuse(record, "import", why, seal(record), (sender_of(place), "", place))
        publisher.send(letter.topic, letter.key, letter.value, letter.headers)

    return keep


# --- what is said ------------------------------------------------------------------------------


def _told(done: Imported) -> dict[str, Any]:
    """The contract's counts."""
    found = done.survey
    return {
        "rows": found.rows,
        "new": done.new,
        "reports": found.tickets,
        "acts": found.acts,
        "refused": found.refused,
        "refused_by_reason": found.refused_by_reason,
    }


def _print_import(said: dict[str, Any], found: Survey) -> None:
    console = Console()
    console.print(
        f"行 rows {said['rows']}  新 new {said['new']}  工单 reports {said['reports']}"
        f"  拒收 refused {said['refused']}  {said['seconds']} s"
    )
    _print_findings(console, found)


def _print_survey(console: Console, found: Survey) -> None:
    console.print(
        f"行 rows {found.rows}  工单 tickets {found.tickets}  拒收 refused {found.refused}"
    )
    console.print(f"时间 times {found.first_reported_at} … {found.last_reported_at}")
    console.print(f"状态 statuses {_listed(found.statuses)}")
    _print_findings(console, found)


def _print_findings(console: Console, found: Survey) -> None:
    def tell(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    for reason, count in found.refused_by_reason.items():
        tell(f"  拒收 refused  {reason}: {count}")
    for fault, count in found.refused_by_fault.items():
        tell(f"    {fault}: {count}  → {WHAT_TO_DO[Fault(fault)]}")
    for one in found.examples:
        tell(f"    第{one.line}行 line {one.line}: {one.detail}")
    for column, values in found.unknown.items():
        tell(f"  映射未列 not in the map  {column}: {_listed(values)}")
    for column, values in found.defaults.items():
        tell(f"  取默认 default  {column}: {_listed(values)}")
    if found.empty:
        tell(f"  整列无值 no value at all: {', '.join(found.empty)}")
    if found.repeated.count:
        lines = "; ".join("+".join(map(str, one)) for one in found.repeated.examples[:LISTED])
        tell(f"  重复工单号 tickets in several rows: {found.repeated.count}")
        tell(f"    行 lines, the last counts: {lines}")
    for mark, count in found.marks.items():
        tell(f"  标记 mark  {mark}: {count}")


def _listed(counts: dict[str, int]) -> str:
    first = [f"{value or '(空 blank)'}: {count}" for value, count in list(counts.items())[:LISTED]]
    return ", ".join(first + ["…"] * (len(counts) > LISTED))


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Read], None]]:
    columns = (TextColumn("读取 reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("", total=None)

        def tell(read: Read) -> None:
            progress.update(task, completed=read.bytes_read, total=read.bytes_total)

        yield tell
