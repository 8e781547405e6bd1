"""A bulletin as a workbook: numbers are numbers, what looks like a formula stays text."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as Field
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from streams.show.bulletin.markdown import ASSUMED, DEFINITIONS, head
from streams.show.bulletin.sheet import (
    Bound,
    Bulletin,
    Cell,
    Change,
    Length,
    Points,
    Section,
    Share,
    text,
)

HEAD = 3
"""The row of a sheet's headings; above it stand its title and its note."""
WIDEST, NARROWEST = 60, 10
_DAY, _HOUR = 86_400, 3_600
_SHADE = PatternFill("solid", fgColor="EEF2F6")


def workbook(bulletin: Bulletin) -> bytes:
    """One sheet a section, the notes last."""
    book = Workbook()
    book.remove(book.active)
    for section in bulletin.sections:
        _sheet(book.create_sheet(section.zh[:31].replace("：", " ")), section, bulletin)
    _notes(book.create_sheet("说明"), bulletin)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheet(sheet: Worksheet, section: Section, bulletin: Bulletin) -> None:
    _write(sheet.cell(1, 1), f"{section.zh} · {section.en}", bulletin)
    sheet.cell(1, 1).font = Font(bold=True, size=13)
    _write(sheet.cell(2, 1), section.note, bulletin)
    for at, column in enumerate(section.columns, start=1):
        field = sheet.cell(HEAD, at)
        _write(field, f"{column.zh}\n{column.en}", bulletin)
        field.font, field.fill = Font(bold=True), _SHADE
        field.alignment = Alignment(wrap_text=True, vertical="top")
        words = [text(row[at - 1], bulletin.period.zone) for row in section.rows]
        longest = max(map(_wide, [column.zh, column.en, *words]))
        sheet.column_dimensions[get_column_letter(at)].width = min(
            max(longest + 2, NARROWEST), WIDEST
        )
    for down, row in enumerate(section.rows, start=HEAD + 1):
        for at, cell in enumerate(row, start=1):
            _write(sheet.cell(down, at), cell, bulletin)
    sheet.freeze_panes = sheet.cell(HEAD + 1, 2)
    last = get_column_letter(len(section.columns))
    sheet.auto_filter.ref = f"A{HEAD}:{last}{HEAD + len(section.rows)}"
    sheet.print_title_rows = f"{HEAD}:{HEAD}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _notes(sheet: Worksheet, bulletin: Bulletin) -> None:
    title = f"{bulletin.name_zh}{bulletin.zh} {bulletin.period.name}"
    assumed = [ASSUMED, *bulletin.notes] if bulletin.notes else []
    lines = [title, *head(bulletin), DEFINITIONS, *assumed]
    for at, line in enumerate(lines, start=1):
        _write(sheet.cell(at, 1), line, bulletin)
    sheet.column_dimensions["A"].width = 2 * WIDEST


def _write(field: Field, cell: Cell, bulletin: Bulletin) -> None:
    match cell:
        case str():
            # A text that begins with = would become a formula, here or when somebody edits it.
            field.value, field.data_type = cell, "s"
            field.quotePrefix = cell.startswith(("=", "+", "-", "@"))
        case Share():
            field.value, field.number_format = cell.numerator / cell.denominator, "0.00%"
        case Bound():
            field.value, field.number_format = cell.value, "0.00%"
        case Points():
            field.value, field.number_format = round(cell.value, 10), "+0.00;-0.00;0.00"
        case Length():
            field.value, field.number_format = cell.seconds / _DAY, "[h]:mm"
        case Change(seconds=True):
            # As hours: Excel shows no negative time.
            field.value, field.number_format = cell.value / _HOUR, '+0.00"小时";-0.00"小时";0'
        case Change():
            field.value, field.number_format = cell.value, "+0;-0;0"
        case datetime():
            local = cell.astimezone(ZoneInfo(bulletin.period.zone)).replace(tzinfo=None)
            field.value, field.number_format = local, "yyyy-mm-dd hh:mm"
        case int() | float():
            field.value = cell


def _wide(words: str) -> int:
    """How wide words stand: a Chinese letter as two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
