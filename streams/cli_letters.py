"""Commands for dead letters: list them, look at one, send it again."""

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from streams.cli_options import JSON, print_json
from streams.core.record import Record
from streams.core.results import DeadLetter
from streams.core.topics import DEAD_LETTERS, DOORS
from streams.errors import WrongUse
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.keep.rows import LETTER
from streams.show.rates import local_text
from streams.where import read_key
from streams.wire.kafka import Publisher, read_all
from streams.wire.seal import Original, Seal

_letter = msgspec.json.Decoder(DeadLetter).decode
_FIELDS = (
    *("letter_id", "reason", "detail", "stage", "topic", "partition", "offset"),
    *("sender", "input_id", "place", "refused_at"),
)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    letters = typer.Typer(help="死信 · refused input: reason, origin, bytes.", no_args_is_help=True)
    letters.command("list")(list_letters)
    letters.command("show")(show)
    letters.command("retry")(retry)
    app.add_typer(letters, name="dead-letters")


Reason = Annotated[str | None, typer.Option(help="原因 · only of this reason.")]
Limit = Annotated[int, typer.Option(min=1, help="最多 · at most so many, the newest first.")]


def list_letters(reason: Reason = None, limit: Limit = 50, json_: JSON = False) -> None:
    """列出 · refused inputs, the newest first."""
    at = Joined.of(settings())
    rows = at.store.query(
        f"SELECT {', '.join(_FIELDS)} FROM dead_letters FINAL WHERE NOT withdrawn"
        " AND (%(reason)s = '' OR reason = %(reason)s)"
        " ORDER BY refused_at DESC, letter_id LIMIT %(limit)s",
        {"reason": reason or "", "limit": limit},
    )
    said = [dict(zip(_FIELDS, row, strict=True)) for row in rows]
    for one in said:
        one["refused_at"] = local_text(one["refused_at"], DEFAULT_ZONE)
    if json_:
        print_json(said)
        return
    table = Table()
    for name in ("编号 id", "原因 reason", "说明 detail", "来处 origin", "时刻 refused at"):
        table.add_column(name, overflow="fold")
    for one in said:
        origin = f"{one['topic']} {one['partition']}/{one['offset']}"
        table.add_row(one["letter_id"], one["reason"], one["detail"], origin, one["refused_at"])
    Console().print(table)


Id = Annotated[str, typer.Argument(help="编号 · a dead letter's id.")]


def show(id: Id, json_: JSON = False) -> None:
    """查看 · one refused input with its original bytes, opened with this home's key."""
    _, letter, original = _find(id)
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
    at, letter, original = _find(id)
    if letter.topic not in {topic.name for topic in DOORS}:
        raise WrongUse(f"{letter.topic} is a file: mend line {letter.offset} and import it again")
    with Publisher(at.where.kafka) as publisher:
        publisher.send(letter.topic, original.key, original.value, original.headers)
    at.drain()
    if json_:
        print_json({"letter_id": id, "topic": letter.topic, "sent": 1})
    else:
        Console().print(f"已重发 sent again to {letter.topic}")


def _find(id: str) -> tuple[Joined, DeadLetter, Original]:
    chosen = settings()
    at = Joined.of(chosen)
    rows = at.store.query(
        "SELECT letter_partition, letter_offset FROM dead_letters FINAL WHERE letter_id = %(id)s",
        {"id": id},
    )
    if not rows:
        raise WrongUse(f"no dead letter {id!r}; `gridloop dead-letters list` names them")
    partition, offset = rows[0]
    record = _at(at, int(partition), int(offset))
    headers = dict(record.headers)
    return at, _letter(headers[LETTER]), Seal(read_key(chosen)).open(record.value or b"")


def _at(at: Joined, partition: int, offset: int) -> Record:
    there = read_all(
        at.where.kafka,
        DEAD_LETTERS.name,
        partitions=(partition,),
        starts={partition: offset},
        ends={partition: offset + 1},
    )
    found = next(iter(there), None)
    if found is None:
        raise WrongUse("the letter itself is no longer on its topic")
    return found
