"""Commands that are one part each, for containers: work, sink, clock.

What runs a part takes a second to import, so each command imports it when it is called.
"""

from typing import Annotated

import typer

from streams.joined import settings
from streams.where import addresses


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command()(work)
    app.command()(sink)
    app.command()(clock)


def work() -> None:
    """处理 · intake, tickets and casework: any number of these share the partitions."""
    from streams import worker  # noqa: PLC0415 - see above

    worker.set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.work(chosen, addresses(chosen)))


def sink() -> None:
    """入库 · what came out, into ClickHouse."""
    from streams import worker  # noqa: PLC0415 - see above

    worker.set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.sink(chosen, addresses(chosen)))


def clock(
    place: Annotated[list[str], typer.Option(help="地方 · a place whose clock this is.")],
) -> None:
    """时钟 · a tick for live places every ten seconds."""
    from streams import worker  # noqa: PLC0415 - see above

    worker.set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.clock(chosen, addresses(chosen), place))
