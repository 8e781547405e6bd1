"""Native blocks: where one ends, found by stepping over its columns without decoding a value."""

import re
from collections.abc import Iterator

from clickhouse_driver.reader import read_binary_str
from clickhouse_driver.varint import read_varint

from infra.embedded.native_columns import column
from infra.embedded.native_tape import Tape, tape_of, text, varint

_ZONELESS = re.compile(r"\bDateTime\b(?!\()")


def read_counts(tape: Tape) -> tuple[int, int]:
    """A block's numbers of columns and rows; no columns: the end of the data."""
    return read_varint(tape), read_varint(tape)


def step_over(tape: Tape, columns: int, rows: int) -> list[tuple[str, str]]:
    """Step over all of a block behind its counts; the names and types of its columns."""
    named = []
    for _ in range(columns):
        name, kind = read_binary_str(tape), read_binary_str(tape)
        named.append((name, kind))
        layout = column(kind)
        if rows:
            layout.prefix(tape)
            layout.body(tape, rows)
    return named


def split(raw: bytes) -> Iterator[bytes]:
    """The blocks that lie one behind another in `raw`."""
    tape, left = tape_of(raw), len(raw)
    while left:
        pieces: list[bytes] = []
        tape.record(pieces.append)
        step_over(tape, *read_counts(tape))
        tape.stop()
        yield (block := b"".join(pieces))
        left -= len(block)


def header(raw: bytes) -> list[tuple[str, str]]:
    """The names and types of a block's columns."""
    tape = tape_of(raw)
    return step_over(tape, *read_counts(tape))


def zoneless(columns: list[tuple[str, str]]) -> bool:
    """Whether a column may have lost its zone: format Native writes DateTime('X') as DateTime."""
    return any(_ZONELESS.search(kind) for _, kind in columns)


def retyped(raw: bytes, columns: list[tuple[str, str]]) -> bytes:
    """A block with the names and types of its columns replaced, and its values as they were."""
    tape = tape_of(raw)
    counts = read_counts(tape)
    pieces = [varint(count) for count in counts]
    for name, kind in columns:
        read_binary_str(tape)
        layout = column(read_binary_str(tape))
        pieces += [text(name), text(kind)]
        tape.record(pieces.append)
        layout.prefix(tape)
        layout.body(tape, counts[1])
        tape.stop()
    return b"".join(pieces)
