"""ClickHouse's native protocol, the server's side: client packets read, server packets written.

Revision 54440 is announced: settings travel as strings, columns without custom serialisation, and
a Data packet is a header and then exactly the bytes of FORMAT Native. Settings do so from 54429 on,
but clickhouse-go, which Grafana's plugin asks by, writes numbers at 54429 itself; at 54441 packets
change.
"""

import msgspec
from clickhouse_driver.protocol import ClientPacketTypes, ServerPacketTypes
from clickhouse_driver.reader import read_binary_int32, read_binary_str, read_binary_uint8
from clickhouse_driver.varint import read_varint

from infra.embedded.native_packing import pack
from infra.embedded.native_tape import Tape, text, varint

REVISION = 54440
# BlockInfo: field 1 is_overflows = 0, field 2 bucket_num = -1, end.
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_DATA = varint(ServerPacketTypes.DATA) + text("")


class BrokenProtocol(Exception):
    """The client sent what cannot stand here; nothing behind it can be understood."""


class Hello(msgspec.Struct, frozen=True):
    """A client's greeting."""

    client: str
    revision: int
    database: str
    user: str
    password: str


class Query(msgspec.Struct, frozen=True):
    """A query with its own settings, as text."""

    sql: str
    settings: dict[str, str]
    compressed: bool


class Version(msgspec.Struct, frozen=True):
    """The engine's version."""

    major: int
    minor: int
    patch: int

    @property
    def number(self) -> str:
        """As people write it."""
        return f"{self.major}.{self.minor}.{self.patch}"


def read_hello(tape: Tape) -> Hello:
    """The greeting behind its packet type."""
    client = read_binary_str(tape)
    read_varint(tape), read_varint(tape)
    revision = read_varint(tape)
    database, user, password = (read_binary_str(tape) for _ in range(3))
    return Hello(client, revision, database, user, password)


def _skip_client_info(tape: Tape) -> None:
    if not read_binary_uint8(tape):
        return
    for _ in range(3):  # initial user, query id, address
        read_binary_str(tape)
    if read_binary_uint8(tape) != 1:
        raise BrokenProtocol("only clients over TCP are understood")
    for _ in range(3):  # system user, host, client
        read_binary_str(tape)
    for _ in range(3):  # version and revision
        read_varint(tape)
    read_binary_str(tape)  # quota key
    read_varint(tape)  # patch version


def read_query(tape: Tape) -> Query:
    """A query behind its packet type, without the blocks that follow it."""
    read_binary_str(tape)  # query id: the engine gives its own
    _skip_client_info(tape)
    settings = {}
    while name := read_binary_str(tape):
        read_varint(tape)  # flags: here every setting is important
        settings[name] = read_binary_str(tape)
    read_varint(tape)  # stage: always complete
    compressed = read_varint(tape) != 0
    return Query(sql=read_binary_str(tape), settings=settings, compressed=compressed)


def read_data_header(tape: Tape) -> None:
    """What precedes the block info in a client's Data packet: its kind, and a table's name."""
    kind = read_varint(tape)
    if kind != ClientPacketTypes.DATA:
        raise BrokenProtocol(f"a block was expected, not packet {kind}")
    read_binary_str(tape)


def read_block_info(tape: Tape) -> None:
    """What precedes a block, and is compressed with it."""
    while field := read_varint(tape):
        read_binary_uint8(tape) if field == 1 else read_binary_int32(tape)


def hello(version: Version) -> bytes:
    """The server's greeting; times are shown in UTC where a type names no zone."""
    return b"".join(
        (
            varint(ServerPacketTypes.HELLO),
            text("ClickHouse"),
            varint(version.major),
            varint(version.minor),
            varint(REVISION),
            text("UTC"),
            text("gridloop"),
            varint(version.patch),
        )
    )


def pong() -> bytes:
    """The answer to a ping."""
    return varint(ServerPacketTypes.PONG)


def end_of_stream() -> bytes:
    """All of a query's answer is sent."""
    return varint(ServerPacketTypes.END_OF_STREAM)


def data(block: bytes, *, compressed: bool) -> bytes:
    """A Data packet with a Native block."""
    body = _BLOCK_INFO + block
    return _DATA + (pack(body) if compressed else body)


def empty_block(columns: list[tuple[str, str]]) -> bytes:
    """A block without rows: the names and types of columns."""
    named = b"".join(text(name) + text(kind) for name, kind in columns)
    return varint(len(columns)) + varint(0) + named


def progress(*, rows: int, size: int, written_rows: int = 0, written_size: int = 0) -> bytes:
    """Rows and bytes read and written by the query."""
    numbers = (ServerPacketTypes.PROGRESS, rows, size, rows, written_rows, written_size)
    return b"".join(varint(number) for number in numbers)


def exception(code: int, message: str) -> bytes:
    """A refusal with ClickHouse's code; the query is over."""
    return b"".join(
        (
            varint(ServerPacketTypes.EXCEPTION),
            code.to_bytes(4, "little", signed=True),
            text("DB::Exception"),
            text(f"DB::Exception: {message}"),
            text(""),
            b"\x00",
        )
    )
