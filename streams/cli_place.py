"""Commands about a place: `gridloop place check`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams import placecheck
from streams.cli_options import JSON, print_json
from streams.cli_system import running
from streams.errors import CheckFailed
from streams.joined import Joined, settings
from streams.show.placecheck import checks_json, checks_table

EXAMPLES = """
Examples:

`gridloop place check siming`

`gridloop place check dongguan --json`

`gridloop place check myplace --folder places/myplace`
"""


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    place = typer.Typer(help="地方 · what is known of a place.", no_args_is_help=True)
    place.command(epilog=EXAMPLES)(check)
    place.callback()(_group)
    app.add_typer(place, name="place")


def _group() -> None:
    """地方 · what is known of a place."""


def check(
    place: Annotated[str, typer.Argument(help="地方 · a place's id.")],
    folder: Annotated[
        Path | None, typer.Option(help="资料夹 · the place's folder; default the shipped one.")
    ] = None,
    json_: JSON = False,
) -> None:
    """核对 · replay what a place has published, and see whether the same figures come out."""
    the_plan = placecheck.plan(place, folder)  # before anything starts
    chosen, console = settings(), Console(stderr=True)
    with running(chosen, console.print), console.status("") as waiting:
        done = placecheck.run(Joined.of(chosen), the_plan, waiting.update)
    if json_:
        print_json(checks_json(place, done.checks, the_plan.constants, the_plan.assumed))
    else:
        out = Console()
        out.print(checks_table(done.checks))
        out.print(
            f"{len(the_plan.constants)} 个数只照录，不重算 stated only, not computed;"
            f" 假定 assumed {len(the_plan.assumed)}; {done.sent} 条 records,"
            f" {done.seconds:.0f} s",
            highlight=False,
        )
    wrong = [one.id for one in done.checks if not one.holds]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} of {len(done.checks)} published figures do not come out: "
            + ", ".join(wrong)
        )
