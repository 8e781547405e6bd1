"""How ClickHouse lays out the columns of a Native block, type by type: enough to step over them."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from clickhouse_driver.reader import read_binary_uint64

from infra.embedded.native_tape import Tape


class UnknownColumnType(ValueError):
    """A column type whose layout is not known here."""


class Column(Protocol):
    """How one type lies in a block: a state prefix, then the values."""

    def prefix(self, tape: Tape) -> None:
        """Step over what precedes the values of the whole column."""

    def body(self, tape: Tape, rows: int) -> None:
        """Step over the values of so many rows."""


class Fixed:
    """Values of one size in bytes."""

    def __init__(self, size: int) -> None:
        self._size = size

    def prefix(self, tape: Tape) -> None:
        """Nothing precedes."""

    def body(self, tape: Tape, rows: int) -> None:
        """`size` bytes a row."""
        tape.skip(self._size * rows)


class Text:
    """Strings, each behind its length."""

    def prefix(self, tape: Tape) -> None:
        """Nothing precedes."""

    def body(self, tape: Tape, rows: int) -> None:
        """The compiled reader finds the lengths; its bytes objects are dropped at once."""
        step = 65536
        for done in range(0, rows, step):
            tape.read_strings(min(step, rows - done))


class Nullable:
    """A byte a row that tells NULL, then the values."""

    def __init__(self, inner: Column) -> None:
        self.inner = inner

    def prefix(self, tape: Tape) -> None:
        """That of the values."""
        self.inner.prefix(tape)

    def body(self, tape: Tape, rows: int) -> None:
        """Marks, then values."""
        tape.skip(rows)
        self.inner.body(tape, rows)


class Array:
    """End offsets, then all elements; also Map and Nested, as arrays of tuples."""

    def __init__(self, inner: Column) -> None:
        self._inner = inner

    def prefix(self, tape: Tape) -> None:
        """That of the elements."""
        self._inner.prefix(tape)

    def body(self, tape: Tape, rows: int) -> None:
        """The last offset is the number of elements."""
        if rows:
            tape.skip(8 * (rows - 1))
            self._inner.body(tape, read_binary_uint64(tape))


class Tuple:
    """Each element as a column of its own."""

    def __init__(self, inner: list[Column]) -> None:
        self._inner = inner

    def prefix(self, tape: Tape) -> None:
        """Those of all elements."""
        for column in self._inner:
            column.prefix(tape)

    def body(self, tape: Tape, rows: int) -> None:
        """Element after element."""
        for column in self._inner:
            column.body(tape, rows)


class LowCardinality:
    """A dictionary of keys, then an index a row as wide as the dictionary needs."""

    def __init__(self, keys: Column) -> None:
        self._keys = keys.inner if isinstance(keys, Nullable) else keys

    def prefix(self, tape: Tape) -> None:
        """The version of the dictionary's encoding."""
        tape.skip(8)

    def body(self, tape: Tape, rows: int) -> None:
        """Width of an index, the keys, the indexes."""
        if rows:
            width = 1 << (read_binary_uint64(tape) & 0xFF)
            self._keys.body(tape, read_binary_uint64(tape))
            tape.skip(width * read_binary_uint64(tape))


_SIZES = {
    1: "UInt8 Int8 Bool Enum8 Nothing",
    2: "UInt16 Int16 Enum16 Date BFloat16",
    4: "UInt32 Int32 Float32 Date32 DateTime IPv4 Time Decimal32",
    8: "UInt64 Int64 Float64 DateTime64 Time64 Decimal64 Interval",
    16: "UInt128 Int128 UUID IPv6 Decimal128",
    32: "UInt256 Int256 Decimal256",
}
_FIXED = {name: size for size, names in _SIZES.items() for name in names.split()}
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "MultiLineString": "Array(LineString)",
    "Polygon": "Array(Ring)",
    "MultiPolygon": "Array(Polygon)",
}
_NAMED = re.compile(r"\A(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=\w)")
_PART = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[(),]|[^'`(),]+")


def _arguments(text: str) -> list[str]:
    parts, depth = [""], 0
    for found in _PART.finditer(text):
        token = found.group()
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


def _decimal(precision: int) -> Fixed:
    return Fixed(
        next(size for size, most in ((4, 9), (8, 18), (16, 38), (32, 76)) if precision <= most)
    )


def _elements(arguments: list[str]) -> Tuple:
    return Tuple([column(_NAMED.sub("", argument, count=1)) for argument in arguments])


_MAKERS: dict[str, Callable[[list[str]], Column]] = {
    "String": lambda _: Text(),
    "FixedString": lambda arguments: Fixed(int(arguments[0])),
    "Decimal": lambda arguments: _decimal(int(arguments[0])),
    "Nullable": lambda arguments: Nullable(_layout(arguments[0])),
    "LowCardinality": lambda arguments: LowCardinality(_layout(arguments[0])),
    "SimpleAggregateFunction": lambda arguments: _layout(arguments[-1]),
    "Array": lambda arguments: Array(_layout(arguments[0])),
    "Tuple": _elements,
    "Map": lambda arguments: Array(_elements(arguments)),
    "Nested": lambda arguments: Array(_elements(arguments)),
}


@lru_cache(maxsize=1024)
def column(type_name: str) -> Column:
    """The layout of a ClickHouse type, written as ClickHouse writes it; or UnknownColumnType."""
    name, _, rest = _ALIASES.get(type_name, type_name).partition("(")
    maker = _MAKERS.get(name)
    if maker is not None:
        return maker(_arguments(rest.removesuffix(")")))
    size = _FIXED.get("Interval" if name.startswith("Interval") else name)
    if size is None:
        raise UnknownColumnType(type_name)
    return Fixed(size)


def _layout(type_name: str) -> Column:
    """The same, for the layouts that hold others: its type is known before the cache's is."""
    return column(type_name)
