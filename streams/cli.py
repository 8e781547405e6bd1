"""The command `gridloop`: its parts, its exit codes, and how it says what went wrong."""

import sys

import typer
from rich.console import Console

from infra.embedded.detached import DaemonFailed
from infra.embedded.home import HomeBusy
from infra.embedded.supervise import PartFailed
from streams import (
    cli_base_data,
    cli_bulletin,
    cli_cameras,
    cli_classifier,
    cli_dashboards,
    cli_data,
    cli_demo,
    cli_figures,
    cli_import,
    cli_letters,
    cli_parts,
    cli_people,
    cli_place,
    cli_responsibility,
    cli_rounds,
    cli_system,
)
from streams.config import BadSetting
from streams.core.calendar import CalendarMissing
from streams.core.refusal import Refused
from streams.entry.mapping import MappingError
from streams.errors import CheckFailed, WrongUse
from streams.joined import Stuck
from streams.show.rates import Unreadable
from streams.where import Away
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.kafka import Later as BrokerLater
from streams.wire.kafka import TopicWrong, Undelivered

DONE, CHECK_FAILED, WRONG_USE, SERVICE_AWAY = 0, 1, 2, 3

EXIT_CODES: dict[type[Exception], int] = {
    CheckFailed: CHECK_FAILED,
    WrongUse: WRONG_USE,
    BadSetting: WRONG_USE,
    MappingError: WRONG_USE,
    Refused: WRONG_USE,
    Unreadable: WRONG_USE,
    FileNotFoundError: WRONG_USE,
    IsADirectoryError: WRONG_USE,
    PermissionError: WRONG_USE,
    CalendarMissing: WRONG_USE,
    HomeBusy: WRONG_USE,
    TopicWrong: WRONG_USE,
    Away: SERVICE_AWAY,
    Stuck: SERVICE_AWAY,
    PartFailed: SERVICE_AWAY,
    DaemonFailed: SERVICE_AWAY,
    Undelivered: SERVICE_AWAY,
    StoreLater: SERVICE_AWAY,
    BrokerLater: SERVICE_AWAY,
}
"""Which failure ends the command how; any other is a defect of ours, and shows its traceback."""

app = typer.Typer(
    name="gridloop",
    help="网格闭环 · The closed loop of grid governance as an event stream.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 a check failed, 2 wrong use or bad input, 3 a service is away.",
)
cli_system.add_to(app)
cli_demo.add_to(app)
cli_data.add_to(app)
cli_import.add_to(app)
cli_figures.add_to(app)
cli_bulletin.add_to(app)
cli_rounds.add_to(app)
cli_base_data.add_to(app)
cli_people.add_to(app)
cli_responsibility.add_to(app)
cli_classifier.add_to(app)
cli_cameras.add_to(app)
cli_letters.add_to(app)
cli_place.add_to(app)
cli_parts.add_to(app)
cli_dashboards.add_to(app)


def main() -> None:
    """Run one command; every failure that a user can mend is one sentence and an exit code."""
    try:
        app()
    except tuple(EXIT_CODES) as why:
        Console(stderr=True).print(f"[red]gridloop:[/red] {why}", highlight=False, soft_wrap=True)
        sys.exit(next(code for kind, code in EXIT_CODES.items() if isinstance(why, kind)))


if __name__ == "__main__":
    main()
