"""A text file: which encoding it is in, and its lines, none of which fills the memory."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from streams.entry.mapping import MappingError

ENCODINGS = ("utf-8", "gb18030")
"""In this order they are tried: hardly a text in GB18030 is good UTF-8 by chance."""
MARK = codecs.BOM_UTF8
CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
"""Letters of a line that are read; what follows them is passed over."""


def encoding_of(path: Path, declared: str | None) -> str:
    """The encoding of a file: its mark's, else the declared one, else the first that fits it all.

    MappingError, with the offset of the first byte that fits none, where none does.
    """
    with path.open("rb") as raw:
        if raw.read(len(MARK)) == MARK:
            return "utf-8"
        if declared is not None:
            return declared
        misfits = []
        for encoding in ENCODINGS:
            at = misfit(raw, encoding)
            if at is None:
                return encoding
            misfits.append(at)
    raise MappingError(
        f"{path}: the byte at offset {max(misfits)} fits neither UTF-8 nor GB18030: save the file "
        "in one of them, or name one as `encoding`: then only the rows with such bytes are refused"
    )


def misfit(raw: BinaryIO, encoding: str) -> int | None:
    """The offset of the first byte that does not fit an encoding; None where all do."""
    decoder = codecs.getincrementaldecoder(encoding)()
    raw.seek(0)
    done = 0
    while True:
        chunk = raw.read(CHUNK)
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return done - held + error.start
        if not chunk:
            return None
        done += len(chunk)


class TextFile:
    """One open text file. Bytes that its encoding does not know survive as lone surrogates, so
    that they refuse the row in which they stand, and no other.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._raw = path.open("rb")
        self.bytes_total = path.stat().st_size
        codec = "utf-8-sig" if encoding == "utf-8" else encoding
        self._text = io.TextIOWrapper(self._raw, codec, errors="surrogateescape", newline="")

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, for a progress bar; 0 once it is closed."""
        return 0 if self._raw.closed else self._raw.tell()

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()

    def lines(self) -> Iterator[str]:
        """Its lines from the first on, each with its end, without a mark before the first."""
        self._text.seek(0)
        first = True
        while line := self._text.readline(LONGEST_LINE):
            yield line.removeprefix("\ufeff") if first else line
            first = False
            while len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
                line = self._text.readline(LONGEST_LINE)
