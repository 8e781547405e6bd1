"""Rows that cannot be taken: what is wrong with which cell, and what a person does about it."""

import csv
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import msgspec

from streams.core.personal import numbers_in
from streams.core.refusal import Reason, Refused

PRIVATE = 0o600
SHOWN = 40
"""Letters of a cell that a report shows."""
TOLD = 160
"""Letters of a refusal's detail, which may quote the cell."""


class Fault(StrEnum):
    """What is wrong with a cell or its row; the value is the word for it in a report."""

    BLANK = "blank"
    NO_TIME = "no_time"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    NOT_PLAIN = "not_plain"
    ROUNDED = "rounded"
    NESTED = "nested"
    ENCODING = "encoding"
    RAGGED = "ragged"
    BROKEN = "broken"


WHAT_TO_DO = {
    Fault.BLANK: "补填 · fill the cell in",
    Fault.NO_TIME: "改正，或在 time_formats 中加上该写法 · mend it, or add its form there",
    Fault.OUT_OF_RANGE: "改为真实上报时间 · write the true time: 1900 stands for 'unknown'",
    Fault.TOO_LONG: "缩短，或核对列是否错位 · shorten it; perhaps the columns have slipped",
    Fault.NOT_PLAIN: "去掉不可见字符 · take out what cannot be printed",
    Fault.ROUNDED: "单元格改为文本后重填 · make the cell text and write the number again",
    Fault.NESTED: "改为文字或数字 · write one text or number",
    Fault.ENCODING: "整份文件用同一编码另存 · save the whole file in one encoding",
    Fault.RAGGED: "核对引号和分隔符 · look for a missing quote or separator",
    Fault.BROKEN: "核对该行语法 · look at this line: it cannot be parsed",
}


class CellRefused(Refused):
    """One cell makes its row unusable; `column` is ours, `value` the cell as given."""

    def __init__(
        self, fault: Fault, column: str, said: str, value: str = "", reason: Reason | None = None
    ) -> None:
        super().__init__(reason or Reason.ROW_UNREADABLE, f"{column}: {said}" if column else said)
        self.fault, self.column, self.value = fault, column, value


class RowRefusal(msgspec.Struct, frozen=True):
    """One row that cannot be mapped, and why; with its cells as far as they could be read."""

    line: int
    reason: Reason
    detail: str
    cells: tuple[str, ...] = ()
    fault: Fault = Fault.BROKEN
    column: str = ""
    value: str = ""

    @staticmethod
    def of(line: int, why: CellRefused, cells: Sequence[str]) -> "RowRefusal":
        """The refusal of the row in which that cell stands."""
        told = (why.reason, why.detail, tuple(cells), why.fault, why.column, why.value)
        return RowRefusal(line, *told)


def masked(text: str, longest: int = SHOWN) -> str:
    """A cell as a report may show it: its beginning, without phone and ID numbers."""
    text = text.encode(errors="backslashreplace").decode()  # bytes that are not text
    for found in reversed(numbers_in(text, {})):
        text = f"{text[: found.start]}[{found.zh} {found.kind}]{text[found.end :]}"
    return text if len(text) <= longest else f"{text[:longest]}…"


class RefusedRows:
    """Writes refused rows as CSV that people mend and import again with the same mapping.

    Why a row was refused stands before its own cells, under headings that no mapping names. The
    file appears when all rows are read, so that it may replace the one that is being imported.
    """

    WHY = ("gridloop_line", "gridloop_reason", "gridloop_detail")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._part = path.with_name(f"{path.name}.part")

    def __enter__(self) -> Self:
        # It holds what reporters wrote: for its owner alone.
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        self._file: TextIO = open(
            *(descriptor, "w"), encoding="utf-8-sig", errors="backslashreplace", newline=""
        )
        self._writer = csv.writer(self._file)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)

    def head(self, headings: Sequence[str]) -> None:
        """Begin with the headings of the file that is read, its own WHY from before left out."""
        self._skipped = len(self.WHY) if tuple(headings[: len(self.WHY)]) == self.WHY else 0
        self._writer.writerow((*self.WHY, *headings[self._skipped :]))

    def add(self, row: RowRefusal) -> None:
        """Write one row."""
        cells = row.cells[self._skipped :]
        self._writer.writerow((row.line, row.reason.value, row.detail, *cells))
        self.rows += 1
