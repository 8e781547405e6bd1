"""The command `gridloop base-data`: what lies in each grid, and how complete it is (底数清)."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from streams.cli_options import JSON, print_json
from streams.core.completeness import base_data_of
from streams.errors import CheckFailed, WrongUse
from streams.joined import Joined, settings
from streams.show.completeness import base_data_json, base_data_table, lack_lines
from streams.show.rates import parse_when

EXAMPLES = """
Examples:

`gridloop base-data --place jianghai`

`gridloop base-data --place jianghai --lacks --at 2026-09-01`
"""


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command("base-data", epilog=EXAMPLES)(base_data)


def base_data(
    place: Annotated[str, typer.Option(help="地方 · whose base data.")],
    at: Annotated[
        str | None, typer.Option(help="何时 · an instant or a local date; default now.")
    ] = None,
    lacks: Annotated[
        bool, typer.Option("--lacks", help="缺项 · list every item that is not on file.")
    ] = False,
    json_: JSON = False,
) -> None:
    """底数 · what lies in each grid, who works there (in brackets: and lives elsewhere), what is on
    file of what must be; exit 1: something is not."""
    joined = Joined.of(settings())
    book, zone = joined.published(place), joined.zone(place)
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    when = parse_when(at, zone) if at is not None else wall
    rules = book.at(place, when)
    if rules is None or not (rules.base_data.items or rules.base_data.entries):
        told = when.isoformat()
        raise WrongUse(f"{place!r} has no document of base data that lists anything at {told}")
    data = base_data_of(rules)
    if json_:
        print_json(base_data_json(rules, when, data))
    else:
        console = Console()
        console.print(base_data_table(rules, data))
        for line in lack_lines(rules, data) if lacks else ():
            console.print(line, highlight=False, soft_wrap=True)
    if short := sum(len(one.lacks) for one in data):
        raise CheckFailed(f"{short}项未采集 · {short} items are not on file")
