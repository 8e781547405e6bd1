"""The command `gridloop`: its parts, its exit codes, and how it says what went wrong.

Everything that a single command needs takes a second or more to import; so a command's module is
imported when the command is called, and failures are known by name.
"""

import errno
import sys
from importlib import import_module

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_group

COMMANDS = {
    "cli_system": ("up", "down", "status", "supervise"),
    "cli_demo": ("demo",),
    "cli_data": ("publish", "schemas"),
    "cli_import": ("import",),
    "cli_figures": ("rates", "case", "deadline", "verify"),
    "cli_bulletin": ("bulletin", "restated", "suspicious"),
    "cli_rounds": ("rounds",),
    "cli_base_data": ("base-data",),
    "cli_people": ("points", "scores", "staffing"),
    "cli_responsibility": ("responsibility",),
    "cli_classifier": ("classifier",),
    "cli_cameras": ("cameras",),
    "cli_letters": ("dead-letters",),
    "cli_place": ("place",),
    "cli_parts": ("prepare", "work", "sink", "clock", "gateway", "board", "exporter"),
    "cli_dashboards": ("dashboards",),
}
"""The commands of each module, in the order in which they are listed."""
MODULES = {command: module for module, commands in COMMANDS.items() for command in commands}

DONE, CHECK_FAILED, WRONG_USE, SERVICE_AWAY = 0, 1, 2, 3

EXIT_CODES = {
    "streams.errors.CheckFailed": CHECK_FAILED,
    "streams.errors.WrongUse": WRONG_USE,
    "streams.config.BadSetting": WRONG_USE,
    "streams.entry.mapping.MappingError": WRONG_USE,
    "streams.core.refusal.Refused": WRONG_USE,
    "streams.show.rates.Unreadable": WRONG_USE,
    "builtins.FileNotFoundError": WRONG_USE,
    "builtins.IsADirectoryError": WRONG_USE,
    "builtins.PermissionError": WRONG_USE,
    "streams.core.calendar.CalendarMissing": WRONG_USE,
    "infra.embedded.home.HomeBusy": WRONG_USE,
    "infra.embedded.home.HomeUnusable": WRONG_USE,
    "streams.wire.kafka_errors.TopicWrong": WRONG_USE,
    "streams.where.Away": SERVICE_AWAY,
    "streams.running.Stopped": SERVICE_AWAY,
    "infra.embedded.broker.BrokerFailed": SERVICE_AWAY,
    "infra.embedded.engine.EngineFailed": SERVICE_AWAY,
    "infra.embedded.jars.JarsUnavailable": SERVICE_AWAY,
    "streams.joined.Stuck": SERVICE_AWAY,
    "infra.embedded.keeper.PartFailed": SERVICE_AWAY,
    "infra.embedded.detached.DaemonFailed": SERVICE_AWAY,
    "streams.wire.kafka_errors.Undelivered": SERVICE_AWAY,
    "streams.wire.clickhouse.Later": SERVICE_AWAY,
    "streams.wire.kafka_errors.Later": SERVICE_AWAY,
}
"""Which failure ends the command how; any other is a defect of ours, and shows its traceback."""


DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""What a disk refuses."""


class Commands(TyperGroup):
    """All commands; each is there once it is asked for."""

    def get_command(self, ctx: typer.Context, cmd_name: str) -> typer.core.TyperCommand | None:  # type: ignore[override]
        if cmd_name not in self.commands:
            # Of a name that nobody knows all others are told that are like it.
            for module in [MODULES[cmd_name]] if cmd_name in MODULES else COMMANDS:
                self.commands.update(commands_of(module))
        return self.commands.get(cmd_name)  # type: ignore[return-value]

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return [*MODULES]


def commands_of(module: str) -> dict[str, typer.core.TyperCommand]:
    """The commands that a module hangs into the program, by name."""
    own = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
    own.callback()(lambda: None)  # one command alone would take the program's name
    import_module(f"streams.{module}").add_to(own)
    return dict(get_group(own).commands)  # type: ignore[arg-type]


app = typer.Typer(
    name="gridloop",
    cls=Commands,
    help="网格闭环 · The closed loop of grid governance as an event stream.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 a check failed, 2 wrong use or bad input, 3 a service is away.",
)
app.callback()(lambda: None)


def exit_code(why: Exception) -> int | None:
    """How a failure that a user can mend ends the command; None for a defect of ours."""
    if isinstance(why, OSError) and why.errno in DISK:
        return WRONG_USE
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(why).__mro__)
    return next((EXIT_CODES[name] for name in names if name in EXIT_CODES), None)


def in_words(why: Exception) -> str:
    """What is said of a failure; of a file what the system says of it, without its number."""
    if isinstance(why, OSError) and why.strerror:
        return f"{why.filename}: {why.strerror}" if why.filename else why.strerror
    return str(why)


def main() -> None:
    """Run one command; every failure that a user can mend is one sentence and an exit code."""
    try:
        app()
    except Exception as why:  # all but those that are known by name rise again
        code = exit_code(why)
        if code is None:
            raise
        said = in_words(why)
        Console(stderr=True).print(f"[red]gridloop:[/red] {said}", highlight=False, soft_wrap=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
