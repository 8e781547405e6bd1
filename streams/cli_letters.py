"""Commands for dead letters: list them, look at one, send it again."""

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from streams.cli_options import JSON, print_json
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.letters import found, send_again
from streams.show.casewords import REFUSALS
from streams.show.letters import letters
from streams.where import read_key


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    commands = typer.Typer(
        help="死信 · refused input: reason, origin, bytes.", no_args_is_help=True
    )
    commands.command("list")(list_letters)
    commands.command("show")(show)
    commands.command("retry")(retry)
    app.add_typer(commands, name="dead-letters")


Reason = Annotated[str | None, typer.Option(help="原因 · only of this reason.")]
HEADINGS = (
    *("编号 id", "原因 reason", "说明 detail", "发送方 sender", "来处 origin"),
    "时刻 refused at",
)
Limit = Annotated[int, typer.Option(min=1, help="最多 · at most so many, the newest first.")]


def list_letters(reason: Reason = None, limit: Limit = 50, json_: JSON = False) -> None:
    """列出 · refused inputs, the newest first."""
    said = letters(Joined.of(settings()).store, reason or "", limit, DEFAULT_ZONE)
    if json_:
        print_json(said)
        return
    table = Table()
    for name in HEADINGS:
        table.add_column(name, overflow="fold", no_wrap=name is HEADINGS[0])  # to be copied whole
    for one in said:
        origin = f"{one['topic']} {one['partition']}/{one['offset']}"
        reason = f"{REFUSALS[one['reason']]} {one['reason']}"
        sender = f"{one['sender']} {one['input_id']}".strip()
        table.add_row(one["letter_id"], reason, one["detail"], sender, origin, one["refused_at"])
    Console().print(table)


Id = Annotated[str, typer.Argument(help="编号 · a dead letter's id.")]


def show(id: Id, json_: JSON = False) -> None:
    """查看 · one refused input with its original bytes, opened with this home's key."""
    chosen = settings()
    letter, original = found(Joined.of(chosen), read_key(chosen), id)
    said: dict[str, Any] = {
        **msgspec.to_builtins(letter),
        "key": _text(original.key),
        "headers": {name: _text(value) for name, value in original.headers},
        "value": _text(original.value),
    }
    if json_:
        print_json(said)
    else:
        Console().print_json(data=said, ensure_ascii=False)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")


def retry(id: Id, json_: JSON = False) -> None:
    """重试 · send the original bytes to their topic again, as after a mended profile."""
    chosen = settings()
    at = Joined.of(chosen)
    topic = send_again(at, read_key(chosen), id)
    at.drain()
    if json_:
        print_json({"letter_id": id, "topic": topic, "sent": 1})
    else:
        Console().print(f"已重发 sent again to {topic}")
