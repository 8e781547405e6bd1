"""Publish: what others write for us; and the schemas by which it is checked."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from streams.cli_options import JSON, NoWait, print_json
from streams.core import contracts
from streams.entry.adapters.orders import order_schema
from streams.entry.checkfile import check_schema
from streams.entry.dayfile import day_schema
from streams.entry.gateway_keys import keys_schema
from streams.entry.mapping import mapping_schema
from streams.entry.places import place_schema
from streams.entry.publish import publish_lines
from streams.errors import CheckFailed, WrongUse
from streams.joined import Joined, settings
from streams.wire.kafka import Publisher

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=PUBLISH_EXAMPLES)(publish)
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
    """The schemas of the files that people write: of a place, its checks and its simulated day;
    mappings, keys."""
    schemas = {
        SCHEMAS / "places" / "place.schema.json": place_schema(),
        SCHEMAS / "places" / "check.schema.json": check_schema(),
        SCHEMAS / "places" / "day.schema.json": day_schema(),
        SCHEMAS / "mappings" / "mapping.schema.json": mapping_schema(),
        SCHEMAS / "mappings" / "orders.schema.json": order_schema(),
        SCHEMAS / "mappings" / "keys.schema.json": keys_schema(),
    }
    return {
        path: json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for path, schema in schemas.items()
    }
