"""Bodies of the HTTP interface: decoded as they came, encoded as the client understands them."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import lz4.frame
from backports import zstd

from infra.embedded import native_packing
from infra.embedded.failed import CANNOT_DECOMPRESS, Failed

PIECE = 1 << 20
PACKED = "packed"
"""ClickHouse's own compressed blocks, which no header tells of."""
_OPENERS: dict[str, Any] = {
    "": open,
    "identity": open,
    "gzip": gzip.open,
    "lz4": lz4.frame.open,
    "zstd": zstd.open,
}


class Encoder(Protocol):
    """A codec that takes bytes piece by piece."""

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent of it by now."""

    def flush(self) -> bytes:
        """What is left."""


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = self._frame.begin()

    def compress(self, data: bytes) -> bytes:
        begun, self._begun = self._begun, b""
        return bytes(begun + self._frame.compress(data))

    def flush(self) -> bytes:
        return bytes(self._begun + self._frame.flush())


class _Through:
    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self.compress = change

    def flush(self) -> bytes:
        return b""


_ENCODERS: dict[str, Callable[[], Encoder]] = {
    "": lambda: _Through(bytes),
    PACKED: lambda: _Through(native_packing.pack),
    "lz4": _Lz4,
    "zstd": zstd.ZstdCompressor,
    "gzip": lambda: zlib.compressobj(1, wbits=31),
}


def decoded(path: Path, encoding: str) -> Iterator[bytes]:
    """The body of that file before it was encoded. Raises Failed where it cannot be decoded."""
    if encoding != PACKED and encoding not in _OPENERS:
        spoken = ", ".join(sorted(filter(None, _OPENERS)))
        raise Failed(CANNOT_DECOMPRESS, f"Content-Encoding {encoding} is not spoken: {spoken} are")
    try:
        if encoding == PACKED:
            with path.open("rb") as file:
                while file.peek(1):
                    yield native_packing.unpack(_exactly(file))
        else:
            with _OPENERS[encoding](path, "rb") as opened:
                while piece := opened.read(PIECE):
                    yield piece
    except (OSError, EOFError, RuntimeError, zstd.ZstdError, native_packing.BadPacking) as why:
        raise Failed(CANNOT_DECOMPRESS, f"Cannot decompress the body: {why}") from None


def _exactly(file: IO[bytes]) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        piece = file.read(size)
        if len(piece) < size:
            raise EOFError("the body ends within a compressed block")
        return piece

    return read


def encoding_of(accepted: Sequence[str]) -> str:
    """The first encoding of these that is spoken here; "" where none is."""
    return next((name for name in accepted if name in _ENCODERS and name != PACKED), "")


def encoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces in that encoding; where they fail, why, and then the failure."""
    encoder = _ENCODERS[encoding]()
    try:
        for piece in pieces:
            if out := encoder.compress(piece):
                yield out
    except Failed as failed:
        yield encoder.compress(b"\n" + failed.text) + encoder.flush()
        raise
    if left := encoder.flush():
        yield left
