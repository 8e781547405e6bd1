"""What several commands share: options, and one JSON value on standard output."""

import json
import sys
from typing import Annotated, Any

import typer

JSON = Annotated[bool, typer.Option("--json", help="一个 JSON 值 · one JSON value, nothing else.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="不等入库 · return when the broker has it all.")
]
Place = Annotated[str | None, typer.Option(help="地方 · a place's id; all places without it.")]

AsOf = Annotated[
    str | None, typer.Option(help="截至 · as of: an instant or a local date; default now.")
]
KnownAt = Annotated[
    str | None, typer.Option(help="按当时所知 · as known at; default all that is known.")
]

Level = Annotated[
    str | None,
    typer.Option(
        help="层级 · sum --by area up on this level of the area tree: street, community,…"
    ),
]
Within = Annotated[
    str | None, typer.Option(help="范围 · only what lies in this area or below it, by its code.")
]


def print_json(value: Any) -> None:
    """One JSON value on standard output, Chinese readable."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
