"""The command `gridloop cameras`: what cameras found and nobody has confirmed."""

from typing import Annotated

import typer
from rich.console import Console

from streams.cli_options import JSON, print_json
from streams.joined import Joined, settings
from streams.show.unconfirmed import waiting, waiting_table

WAITING_EXAMPLES = """
Examples:

`gridloop cameras waiting --place dongguan`

`gridloop cameras waiting --json`
"""

Whose = Annotated[str, typer.Option("--place", help="地方 · a place's id.")]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    group = typer.Typer(help="摄像头 · what cameras found.", no_args_is_help=True)
    # One command alone would take the group's name.
    group.callback()(lambda: None)
    group.command("waiting", epilog=WAITING_EXAMPLES)(list_waiting)
    app.add_typer(group, name="cameras")


def list_waiting(place: Whose = "dongguan", json_: JSON = False) -> None:
    """待人工确认 · findings that wait: an act `verify` says whether they are so."""
    rows = waiting(Joined.of(settings()).store, place)
    if json_:
        print_json(rows)
    elif rows:
        Console().print(waiting_table(rows), highlight=False, markup=False)
    else:
        Console().print("没有待确认的发现 · nothing waits", highlight=False)
