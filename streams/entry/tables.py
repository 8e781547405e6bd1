"""A file as a table: what it is by its beginning, its headings, and its rows one after another."""

import csv
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from streams.core.refusal import Reason
from streams.entry.mapping import Mapping, MappingError
from streams.entry.numbers import number_text
from streams.entry.refusals import CellRefused, Fault, RefusedRows, RowRefusal
from streams.entry.sheets import SheetTable
from streams.entry.textfile import MARK, TextFile, encoding_of

WORKBOOK = b"PK\x03\x04"
JSONL_NAMES = (".jsonl", ".ndjson")
BEGINNING = 64

NOT_TAKEN = {
    b"\xd0\xcf\x11\xe0": "an old spreadsheet, or one with a password: save it as XLSX without one",
    b"\xff\xfe": "text in UTF-16: save it in UTF-8",
    b"\xfe\xff": "text in UTF-16: save it in UTF-8",
}
"""How files begin that people take for one of ours, and what to do."""

Line = tuple[int, list[str]]
"""A row's number as people count it in the file, from 1, and its cells under the headings."""


class Table(Protocol):
    """One open file; its rows can be read again and again, in bounded memory."""

    headings: list[str]
    bytes_total: int

    @property
    def bytes_read(self) -> int: ...

    def rows(self) -> Iterator[Line | RowRefusal]: ...


@contextmanager
def open_table(path: Path, mapping: Mapping) -> Iterator[Table]:
    """A file opened as what it is, and closed on the way out.

    MappingError where it is none of ours, or has no headings; OSError where it is not there.
    """
    with path.open("rb") as raw:
        begin = raw.read(BEGINNING)
    for sign, advice in NOT_TAKEN.items():
        if begin.startswith(sign):
            raise MappingError(f"{path}: {advice}")
    if begin.startswith(WORKBOOK):
        with closing(SheetTable(path, mapping)) as sheet:
            yield sheet
        return
    kind = JsonlTable if _is_jsonl(path, begin.removeprefix(MARK), mapping) else CsvTable
    with closing(TextFile(path, encoding_of(path, mapping.encoding))) as text:
        yield kind(path, text, mapping)


def _is_jsonl(path: Path, begin: bytes, mapping: Mapping) -> bool:
    if begin.startswith(RefusedRows.WHY[0].encode()):
        return False
    if mapping.format is not None:
        return mapping.format == "jsonl"
    if begin.lstrip().startswith(b"["):
        raise MappingError(f"{path}: one JSON array: write one object a line")
    return begin.lstrip().startswith(b"{") or path.suffix.lower() in JSONL_NAMES


class _TextTable:
    """What CSV and JSONL share: the text beneath."""

    def __init__(self, text: TextFile) -> None:
        self._text = text
        self.bytes_total = text.bytes_total

    @property
    def bytes_read(self) -> int:
        return self._text.bytes_read


class CsvTable(_TextTable):
    """A CSV file: its first row are the headings."""

    def __init__(self, path: Path, text: TextFile, _: Mapping | None = None) -> None:
        super().__init__(text)
        try:
            self.headings = [heading.strip() for heading in next(self._reader())]
        except (StopIteration, csv.Error) as error:
            why = str(error) or "the file is empty"
            raise MappingError(f"{path}: no headings: {why}") from error

    def rows(self) -> Iterator[Line | RowRefusal]:
        """Each row under its first line's number; rows without a value are none."""
        reader = self._reader()
        next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RowRefusal(line, Reason.ROW_UNREADABLE, str(error))
                continue
            if any(map(str.strip, cells)):
                yield line, cells

    def _reader(self) -> Any:
        return csv.reader(self._text.lines())


class JsonlTable(_TextTable):
    """A file with one JSON object a line. Its headings are those that the mapping names: a key
    that an object lacks is a blank.
    """

    def __init__(self, _: Path, text: TextFile, mapping: Mapping) -> None:
        super().__init__(text)
        self.headings = list(dict.fromkeys(mapping.columns.headings().values()))

    def rows(self) -> Iterator[Line | RowRefusal]:
        """Each object under its line's number; blank lines are none."""
        for number, line in enumerate(self._text.lines(), 1):
            if not line.strip():
                continue
            try:
                yield number, self._cells(line)
            except CellRefused as why:
                yield RowRefusal.of(number, why, (line.strip(),))

    def _cells(self, line: str) -> list[str]:
        found = _object(line)
        return [_cell(heading, found.get(heading)) for heading in self.headings]


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_int=str, parse_float=_decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as why:
        raise CellRefused(Fault.BROKEN, "", f"not JSON: {why}") from why
    if not isinstance(found, dict):
        raise CellRefused(Fault.BROKEN, "", "not a JSON object")
    return {key.strip(): value for key, value in found.items()}


def _cell(heading: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    raise CellRefused(Fault.NESTED, heading, "neither text nor number")


def _decimal(written: str) -> str:
    return number_text(float(written)) if float(written).is_integer() else written


def _no_number(written: str) -> str:
    raise ValueError(f"{written} is no number")
