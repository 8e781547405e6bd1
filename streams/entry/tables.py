"""A CSV file read row by row: its headings, its cells, its line numbers, never the whole of it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.core.refusal import Reason
from streams.entry.mapping import MappingError
from streams.entry.rows import RowRefusal

CODECS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}

OTHER_KINDS = {
    "a spreadsheet": (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
    "JSON": (b"{", b"["),
    "text in UTF-16": (b"\xff\xfe", b"\xfe\xff"),
}
"""How files begin that people take for CSV."""


class Table:
    """One open CSV file. Bytes that its encoding does not know survive as lone surrogates, so
    that they refuse the row in which they stand, and no other.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._raw = path.open("rb")
        self.bytes_total = path.stat().st_size
        self._text = io.TextIOWrapper(
            self._raw, CODECS[encoding], errors="surrogateescape", newline=""
        )
        self._check_kind(path)
        try:
            self.headings = self.rewind()
        except (StopIteration, csv.Error) as error:
            self._text.close()
            raise MappingError(
                f"{path}: no headings: {str(error) or 'the file is empty'}"
            ) from error

    def _check_kind(self, path: Path) -> None:
        begin = self._raw.peek(4)
        for kind, signs in OTHER_KINDS.items():
            if begin.startswith(signs):
                self._text.close()
                raise MappingError(f"{path}: {kind}, not CSV: save it as CSV in UTF-8")

    def rewind(self) -> list[str]:
        """Go to the first row; the headings, stripped."""
        self._text.seek(0)
        self._reader = csv.reader(self._text)
        return [heading.removeprefix("\ufeff").strip() for heading in next(self._reader)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, for a progress bar; 0 once it is closed."""
        return 0 if self._raw.closed else self._raw.tell()

    def rows(self) -> Iterator[tuple[int, list[str]] | RowRefusal]:
        """Each row's first line, from 1, and its cells; blank lines are no rows."""
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RowRefusal(line, Reason.ROW_UNREADABLE, str(error))
                continue
            if cells:
                yield line, cells
