"""Labelled tickets from a CSV file: the texts of some columns, and the label that a person gave."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from streams.core.refusal import Reason, Refused
from streams.entry.refusals import RowRefusal
from streams.entry.tables import NOT_TAKEN, WORKBOOK, CsvTable
from streams.entry.textfile import TextFile, encoding_of

SPREADSHEETS = (WORKBOOK, *NOT_TAKEN)


class Labelled(msgspec.Struct, frozen=True):
    """One row: its texts in the order of the columns that were asked for, and its label."""

    texts: tuple[str, ...]
    label: str


class Sheaf(msgspec.Struct, frozen=True):
    """The rows of a file that can be used, and how many of the others are what."""

    rows: tuple[Labelled, ...]
    left_out: dict[str, int]


def read_labelled(path: Path, texts: Sequence[str], label: str) -> Sheaf:
    """All rows with a label; Refused where a column is not there, or the file is no CSV."""
    with path.open("rb") as raw:
        if raw.read(8).startswith(SPREADSHEETS):
            raise Refused(Reason.INVALID, f"{path}: save it as CSV in UTF-8 or GB18030")
    with closing(TextFile(path, encoding_of(path, None))) as text:
        table = CsvTable(path, text)
        at = [_position(path, table.headings, name) for name in (*texts, label)]
        rows: list[Labelled] = []
        left_out: Counter[str] = Counter()
        for row in table.rows():
            cells = _cells(row, at)
            if isinstance(cells, str):
                left_out[cells] += 1
            else:
                rows.append(Labelled(tuple(cells[:-1]), cells[-1]))
    return Sheaf(tuple(rows), dict(left_out))


def _position(path: Path, headings: Sequence[str], name: str) -> int:
    places = [at for at, heading in enumerate(headings) if heading == name.strip()]
    if len(places) != 1:
        said = "stands twice in" if places else "is not among"
        raise Refused(
            Reason.INVALID, f"{path}: {name!r} {said} the headings: {', '.join(headings)}"
        )
    return places[0]


def _cells(row: tuple[int, list[str]] | RowRefusal, at: Sequence[int]) -> list[str] | str:
    """The cells that are asked for, the label last and stripped; or why there are none."""
    if isinstance(row, RowRefusal) or max(at) >= len(row[1]):
        return "unreadable"
    cells = [row[1][one].strip() for one in at]
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:  # bytes that the file's encoding does not know
        return "encoding"
    return cells if cells[-1] else "no_label"
