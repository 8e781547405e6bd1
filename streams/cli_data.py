"""Commands that bring data in: publish, import; and the schemas by which they are checked."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli_options import JSON, Place, print_json
from streams.core import contracts
from streams.core.record import Record
from streams.core.refusal import Refused
from streams.entry.imports import import_file, sender_of, survey
from streams.entry.mapping import Mapping, mapping_schema, read_mapping
from streams.entry.places import place_dir, place_schema, read_place
from streams.entry.publish import publish_lines
from streams.entry.rows import Row, RowRefusal
from streams.entry.tally import Progress as Read
from streams.entry.tally import Survey
from streams.errors import CheckFailed, WrongUse
from streams.flow.letters import refuse
from streams.joined import Joined, settings
from streams.reference import publish_documents
from streams.show.rates import parse_when
from streams.where import read_key
from streams.wire.kafka import Publisher
from streams.wire.seal import Seal

NoWait = Annotated[
    bool, typer.Option("--no-wait", help="不等入库 · return when the broker has it all.")
]
GENERIC = "imported"
SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=PUBLISH_EXAMPLES)(publish)
    app.command("import", epilog=IMPORT_EXAMPLES)(import_)
    schemas = typer.Typer(help="契约 · the JSON Schemas of all events.", no_args_is_help=True)
    schemas.command("export")(schemas_export)
    schemas.command("check")(schemas_check)
    app.add_typer(schemas, name="schemas")


# --- publish ---------------------------------------------------------------------------------

PUBLISH_EXAMPLES = """
Examples:

`gridloop publish reports.jsonl`

`my-system | gridloop publish -`
"""


def publish(
    file: Annotated[str, typer.Argument(help="文件 · CloudEvents, one JSON a line; - for a pipe.")],
    no_wait: NoWait = False,
    json_: JSON = False,
) -> None:
    """发布 · validate and publish events; a bad line is named and not sent, the others are."""
    at = Joined.of(settings())
    with _lines(file) as lines, Publisher(at.where.kafka) as publisher:
        done = publish_lines(lines, publisher)
    if not no_wait:
        at.drain()
    refused = [msgspec.to_builtins(one) for one in done.refused]
    if json_:
        print_json({"read": done.read, "published": done.published, "refused": refused})
    else:
        console = Console()
        console.print(f"读 read {done.read}  已发布 published {done.published}")
        for one in refused:
            console.print(f"  {one['line']}: {one['reason']} {one['detail']}", highlight=False)
    if refused:
        raise WrongUse(f"{len(refused)} of {done.read} lines were refused and not sent")


@contextmanager
def _lines(file: str) -> Iterator[Any]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as lines:
        yield lines


# --- import ----------------------------------------------------------------------------------

IMPORT_EXAMPLES = """
Examples:

`gridloop import tickets.csv --mapping schemas/mappings/baltimore.yaml --dry-run`

`gridloop import tickets.csv --mapping my.yaml --exported-at 2026-02-14T18:00:00+08:00`
"""


def import_(
    file: Annotated[Path, typer.Argument(help="文件 · the tickets, CSV.")],
    mapping: Annotated[Path, typer.Option(help="映射 · which column is what (YAML).")],
    place: Place = None,
    exported_at: Annotated[
        str | None, typer.Option(help="导出时刻 · default the latest time in the file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查 · say what is in it; send nothing.")
    ] = False,
    no_wait: NoWait = False,
    json_: JSON = False,
) -> None:
    """导入 · a place's own tickets; a second import adds nothing, a newer export restates."""
    chosen = read_mapping(mapping)
    if dry_run:
        with _bar(json_) as tell:
            found = survey(file, chosen, tell)
        _report_dry(found, json_)
        return
    began = monotonic()
    name = place or chosen.place
    at = Joined.of(settings())
    publish_documents(at.where.kafka, _profile(name, chosen))
    wall = datetime.now(UTC)  # noqa: TID251 - a closing in the future dates no export
    with _bar(json_) as tell, Publisher(at.where.kafka) as publisher:
        seen = _Seen(_stored(at, name), _letters(publisher, name, file, wall))
        done = import_file(
            file,
            chosen,
            publisher,
            place=name,
            exported_at=parse_when(exported_at, chosen.timezone) if exported_at else None,
            not_after=wall,
            on_progress=tell,
            on_row=seen.add,
        )
    if not no_wait:
        with Console(stderr=True).status("") as waiting:
            at.drain(lambda left: waiting.update(f"入库 storing: 在途 in flight {left}"))
    said = seen.told(done.survey) | {"seconds": round(monotonic() - began, 3)}
    if json_:
        print_json(said)
    else:
        _print_import(said, done.survey)


def _profile(place: str, mapping: Mapping) -> list[Any]:
    """The place's own profile, or the generic one under its name, in the mapping's zone."""
    return read_place(place_dir(GENERIC), place=place, zone=mapping.timezone)


def _stored(at: Joined, place: str) -> frozenset[str]:
    """The ids of the import acts that are stored already."""
    rows = at.store.query(
        "SELECT DISTINCT input_id FROM facts WHERE sender = %(sender)s AND kind = 'row_imported'",
        {"sender": sender_of(place)},
    )
    return frozenset(str(name) for (name,) in rows)


def _letters(
    publisher: Publisher, place: str, file: Path, now: datetime
) -> Callable[[RowRefusal], None]:
    """Puts a refused row among the dead letters: the file is its topic, the line its offset."""
    seal = Seal(read_key(settings())).close
    origin = f"{sender_of(place)}/{file.name}"

    def keep(row: RowRefusal) -> None:
        cells = json.dumps(row.cells, ensure_ascii=False).encode()
        record = Record(origin, 0, row.line, int(now.timestamp() * 1000), None, cells)
        why = Refused(row.reason, row.detail)
        letter = refuse(record, "import", why, seal(record), (sender_of(place), "", place))
        publisher.send(letter.topic, letter.key, letter.value, letter.headers)

    return keep


class _Seen:
    """Counts the rows of a file by identity, and keeps what was refused as dead letters."""

    def __init__(self, before: frozenset[str], refuse: Callable[[RowRefusal], None]) -> None:
        self._before, self._refuse = before, refuse
        self._tickets: set[str] = set()
        self._acts: set[str] = set()

    def add(self, row: Row | RowRefusal) -> None:
        """One row that was sent, or refused."""
        if isinstance(row, RowRefusal):
            self._refuse(row)
            return
        self._tickets.add(row.ticket)
        self._acts.add(row.act_id)

    def told(self, found: Survey) -> dict[str, Any]:
        """The contract's counts."""
        return {
            "rows": found.rows,
            "new": len(self._acts - self._before),
            "reports": len(self._tickets),
            "acts": len(self._acts),
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


def _report_dry(found: Survey, json_: bool) -> None:
    if json_:
        print_json(msgspec.to_builtins(found))
        return
    console = Console()
    console.print(f"行 rows {found.rows}  拒收 refused {found.refused}")
    console.print(f"时间 {found.first_reported_at} … {found.last_reported_at}")
    console.print(f"状态 statuses {found.statuses}")
    _print_findings(console, found)


def _print_findings(console: Console, found: Survey) -> None:
    for reason, count in found.refused_by_reason.items():
        console.print(f"  拒收 refused  {reason}: {count}")
    for one in found.examples:
        console.print(f"    第{one.line}行 line {one.line}: {one.reason.value} {one.detail}")
    for column, values in found.defaults.items():
        shown = ", ".join(f"{value or '(空 blank)'}: {n}" for value, n in list(values.items())[:5])
        console.print(f"  取默认 default  {column}: {shown}")
    for mark, count in found.marks.items():
        console.print(f"  标记 mark  {mark}: {count}")


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Read], None]]:
    columns = (TextColumn("读取 reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("", total=None)

        def tell(read: Read) -> None:
            progress.update(task, completed=read.bytes_read, total=read.bytes_total)

        yield tell


# --- schemas ----------------------------------------------------------------------------------


def schemas_export() -> None:
    """导出 · write the JSON Schemas from their one source, the types of the code."""
    contracts.export(SCHEMAS / "events")
    for path, text in _file_schemas().items():
        path.write_text(text, "utf-8")


def schemas_check() -> None:
    """检查 · whether the committed schemas are those of the code."""
    differences = contracts.check(SCHEMAS / "events")
    differences += [
        f"{path.name}: not the one of the code"
        for path, text in _file_schemas().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    for one in differences:
        Console(stderr=True).print(one)
    if differences:
        raise CheckFailed("the schemas are not those of the code: run `gridloop schemas export`")


def _file_schemas() -> dict[Path, str]:
    """The schemas of the files that people write: a place's, a mapping."""
    schemas = {
        SCHEMAS / "places" / "place.schema.json": place_schema(),
        SCHEMAS / "mappings" / "mapping.schema.json": mapping_schema(),
    }
    return {
        path: json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for path, schema in schemas.items()
    }
