"""Every type of column comes back from the engine as it went in."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from clickhouse_driver import Client

from tests.infra.engines import new_table

pytestmark = pytest.mark.engine

SHANGHAI = ZoneInfo("Asia/Shanghai")
INSTANT = datetime(2026, 2, 14, 8, 30, 15, 123456, tzinfo=UTC)
TYPES: list[tuple[str, list[Any]]] = [
    ("String", ["", "网格 · grid", "line\nand 'quote' and \\ and \0", "x" * 70_000]),
    ("LowCardinality(String)", ["处置", "", "处置", *(f"k{n}" for n in range(300))]),
    ("Nullable(String)", ["a", None, ""]),
    ("LowCardinality(Nullable(String))", [None, "a", "", "a", None]),
    *((f"UInt{bits}", [0, 1, 2**bits - 1]) for bits in (8, 16, 32, 64)),
    *((f"Int{bits}", [-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1]) for bits in (8, 16, 32, 64)),
    ("Nullable(Int64)", [None, -5, None]),
    ("Float64", [0.0, -1.5, 1e300, float("inf")]),
    ("Nullable(Float64)", [None, 0.25]),
    ("Bool", [True, False]),
    ("Nullable(Bool)", [True, None, False]),
    ("Date", [date(1970, 1, 1), date(2026, 2, 14), date(2149, 6, 6)]),
    ("DateTime('UTC')", [INSTANT.replace(microsecond=0)]),
    ("Array(Nullable(DateTime('Asia/Shanghai')))", [[None], [INSTANT.replace(microsecond=0)]]),
    ("DateTime64(3, 'UTC')", [INSTANT.replace(microsecond=123_000)]),
    ("DateTime64(6, 'UTC')", [INSTANT, datetime(2106, 1, 1, tzinfo=UTC)]),
    ("DateTime64(3, 'Asia/Shanghai')", [INSTANT.replace(microsecond=0).astimezone(SHANGHAI)]),
    ("Nullable(DateTime64(6, 'UTC'))", [None, INSTANT]),
    ("Array(String)", [[], ["a"], ["b", "", "丙"]]),
    ("Array(Array(UInt32))", [[], [[]], [[1, 2], [], [3]]]),
    ("Array(LowCardinality(String))", [["x", "y", "x"], [], ["y"]]),
    ("Array(Nullable(DateTime64(3, 'UTC')))", [[None, INSTANT.replace(microsecond=0)], []]),
    ("Map(String, String)", [{}, {"街道": "松山湖", "b": ""}]),
    ("Map(LowCardinality(String), Array(UInt64))", [{"a": [1, 2]}, {}]),
    ("Tuple(String, UInt8, Nullable(Float64))", [("a", 1, None), ("", 255, 0.5)]),
    ("Array(Tuple(String, UInt64))", [[("a", 1), ("b", 2)], []]),
    ("Enum8('closed, \\'so\\' to say' = -2, 'open' = 1)", ["open", "closed, 'so' to say"]),
    ("UUID", [UUID(int=0), UUID("12345678-1234-5678-1234-567812345678")]),
    ("Decimal(18, 4)", [Decimal("0.0000"), Decimal("-12345.6789")]),
    ("Decimal(38, 10)", [Decimal("12345678901234567890.0123456789")]),
    ("FixedString(4)", ["abcd", "网"]),
    ("IPv4", ["127.0.0.1"]),
    ("SimpleAggregateFunction(max, UInt64)", [7]),
]


def plain(value: Any) -> Any:
    """A value as it compares: addresses as text, fixed strings without their filling."""
    return str(value) if type(value).__module__ == "ipaddress" else value


@pytest.mark.parametrize("columnar", [False, True], ids=["rows", "columns"])
@pytest.mark.parametrize(("kind", "values"), TYPES, ids=[kind[:40] for kind, _ in TYPES])
def test_every_type_comes_back_as_it_went_in(
    client: Client, kind: str, values: list[Any], columnar: bool
) -> None:
    """Between a number and a string, so that a column of the wrong length would show."""
    table = new_table(client, f"n UInt32, v {kind}, tail String")
    tails = [f"tail {n}" for n in range(len(values))]
    columns = [list(range(len(values))), values, tails]
    data = columns if columnar else [list(row) for row in zip(*columns, strict=True)]
    client.execute(f"INSERT INTO {table} VALUES", data, columnar=columnar)
    query = f"SELECT n, v, tail FROM {table} ORDER BY n"
    got, kinds = client.execute(query, columnar=True, with_column_types=True)
    assert [plain(value) for value in got[1]] == values
    assert list(got[2]) == tails
    assert kinds[1] == ("v", kind)
    by_rows = client.execute(query)
    assert [plain(row[1]) for row in by_rows] == values


def test_instants_may_be_inserted_as_whole_ticks(client: Client) -> None:
    """Ticks are what the sink sends: quicker than datetimes, and exact."""
    table = new_table(client, "a DateTime64(6, 'UTC'), b Nullable(DateTime64(6, 'UTC'))")
    ticks = int(INSTANT.timestamp()) * 1_000_000 + INSTANT.microsecond
    client.execute(f"INSERT INTO {table} VALUES", [[ticks, ticks], [ticks, None]], columnar=True)
    assert client.execute(f"SELECT * FROM {table} ORDER BY b") == [
        (INSTANT, INSTANT),
        (INSTANT, None),
    ]


def test_json_travels_as_a_string(client: Client) -> None:
    """Objects of no fixed shape are kept as JSON text and asked with JSON functions."""
    table = new_table(client, "doc String")
    client.execute(f"INSERT INTO {table} VALUES", [['{"街道": {"案件": 3}}'], ["{}"]])
    asked = f"SELECT JSONExtractUInt(doc, '街道', '案件') AS n FROM {table} ORDER BY n"
    assert client.execute(asked) == [(0,), (3,)]
