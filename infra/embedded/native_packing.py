"""Compressed blocks of ClickHouse's own kind: a checksum, a head, and LZ4; ZSTD is read too."""

from collections.abc import Callable
from struct import Struct

from backports import zstd
from clickhouse_cityhash.cityhash import CityHash128
from lz4 import block

from infra.embedded.native_tape import Tape

PIECE = 1 << 20
"""Bytes that are compressed together."""
MOST = 1 << 30
"""Bytes that one block may claim to have."""
_SUM, _HEAD = 16, 9
_HALVES = Struct("<QQ")
_LZ4, _ZSTD, _PLAIN = 0x82, 0x90, 0x02


class BadPacking(ValueError):
    """What came is no compressed block, or was damaged on its way."""


def pack(raw: bytes) -> bytes:
    """The bytes as compressed blocks."""
    return b"".join(_packed(raw[at : at + PIECE]) for at in range(0, len(raw), PIECE))


def _packed(piece: bytes) -> bytes:
    data: bytes = block.compress(piece, store_size=False)
    size = (_HEAD + len(data)).to_bytes(4, "little")
    sealed = bytes((_LZ4,)) + size + len(piece).to_bytes(4, "little") + data
    return _sum(sealed) + sealed


def _sum(sealed: bytes) -> bytes:
    number: int = CityHash128(sealed)
    return _HALVES.pack(number >> 64, number & (1 << 64) - 1)


def unpack(read: Callable[[int], bytes]) -> bytes:
    """The next block from `read`, which gives exactly as many bytes as it is asked for."""
    checksum = read(_SUM)
    head = read(_HEAD)
    packed, plain = (int.from_bytes(head[at : at + 4], "little") for at in (1, 5))
    if not (_HEAD <= packed <= MOST and plain <= MOST):
        raise BadPacking("a compressed block of an impossible size")
    data = read(packed - _HEAD)
    if _sum(head + data) != checksum:
        raise BadPacking("Checksum doesn't match: a compressed block was damaged on its way")
    try:
        if head[0] == _LZ4:
            return bytes(block.decompress(data, uncompressed_size=plain))
        if head[0] == _ZSTD:
            return _unzstd(data, plain)
    except (block.LZ4BlockError, zstd.ZstdError) as why:
        raise BadPacking(str(why)) from None
    if head[0] != _PLAIN:
        raise BadPacking(f"compression {head[0]:#04x} is not spoken here: use lz4 or zstd")
    return data


def _unzstd(data: bytes, plain: int) -> bytes:
    decompressor = zstd.ZstdDecompressor()
    raw: bytes = decompressor.decompress(data, max_length=plain)
    if len(raw) != plain or not decompressor.eof:
        raise BadPacking("a compressed block has other bytes than it claims")
    return raw


def unpacked(read: Callable[[int], bytes]) -> Tape:
    """A tape over the blocks that lie packed behind `read`."""
    left = b""

    def fill(buffer: bytearray) -> int:
        nonlocal left
        left = left or unpack(read)
        piece, left = left[: len(buffer)], left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    return Tape(fill)
