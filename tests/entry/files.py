"""The same table as a file of every kind that import takes."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Cells = Sequence[str]
Rows = Sequence[Cells]


def as_csv(path: Path, headings: Cells, rows: Rows, encoding: str = "utf-8") -> Path:
    """A CSV file in some encoding."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def as_gb18030(path: Path, headings: Cells, rows: Rows) -> Path:
    """A CSV file as Chinese spreadsheets save it."""
    return as_csv(path, headings, rows, "gb18030")


def as_jsonl(path: Path, headings: Cells, rows: Rows) -> Path:
    """One object a line; what is blank is left out."""
    objects = ({k: v for k, v in zip(headings, row, strict=True) if v} for row in rows)
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
    path.write_text("".join(lines), "utf-8")
    return path


def as_xlsx(path: Path, headings: Cells, rows: Rows) -> Path:
    """A workbook with one sheet, all of it text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("工单")
    for row in (headings, *rows):
        sheet.append([_text_cell(sheet, value) if value else None for value in row])
    book.save(path)
    return path


def _text_cell(sheet: Any, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # though it may look like a formula
    return cell


Write = Callable[[Path, Cells, Rows], Path]
KINDS: dict[str, Write] = {
    "plain.csv": as_csv,
    "chinese.csv": as_gb18030,
    "lines.jsonl": as_jsonl,
    "book.xlsx": as_xlsx,
}
