"""clickhouse-connect, a client as others use it, against the engine's HTTP interface."""

from collections.abc import Iterator
from datetime import UTC, datetime

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client as Connected
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_driver import Client

from infra.embedded.engine import Engine
from tests.infra.engines import new_table

pytestmark = pytest.mark.engine


@pytest.fixture
def connected(engine: Engine) -> Iterator[Connected]:
    """clickhouse-connect's own client, compressing as it likes best."""
    opened = clickhouse_connect.get_client(dsn=engine.http_url, compress=True)
    yield opened
    opened.close()


def test_clickhouse_connect_inserts_and_queries(connected: Connected, client: Client) -> None:
    """Its own calls: blocks in Native, encoded by it, bound values, types."""
    columns = "a UInt32, s String, l LowCardinality(String), at DateTime64(3, 'UTC'), "
    table = new_table(client, columns + "n Nullable(Int64), m Map(String, Array(UInt8))")
    at = datetime(2026, 2, 14, 8, 30, 15, 123_000, tzinfo=UTC)
    rows = [
        [n, f"案件 {n}", f"k{n % 3}", at, None if n % 2 else n, {"a": [1, 2]}]
        for n in range(30_000)
    ]
    assert connected.insert(table, rows).written_rows == 30_000
    asked = f"SELECT * FROM {table} WHERE a >= {{least:UInt32}} ORDER BY a"
    got = connected.query(asked, parameters={"least": 29_000}, query_tz="UTC").result_rows
    expected = [tuple(row) for row in rows[29_000:]]
    assert [(*row[:3], row[3].replace(tzinfo=UTC), *row[4:]) for row in got] == expected
    assert connected.command(f"SELECT count() FROM {table}") == 30_000
    assert connected.query("SELECT 1 AS a WHERE a = 2").column_names == ("a",)
    with connected.query_row_block_stream("SELECT number FROM numbers(500000)") as stream:
        assert sum(len(block) for block in stream) == 500_000
    connected.raw_insert(table, ["a"], b"77777\n", fmt="CSV")
    assert connected.command(f"SELECT max(a) FROM {table}") == 77_777


def test_clickhouse_connect_learns_what_went_wrong(connected: Connected) -> None:
    """At once, and amid a result of which much has been sent."""
    with pytest.raises(DatabaseError, match="nosuch") as refused:
        connected.query("SELECT nosuch(1)")
    assert refused.value.code == 46
    with pytest.raises(StreamFailureError, match="throwIf"):
        _ = connected.query("SELECT throwIf(number = 900000) FROM numbers(1000000)").result_rows
    assert connected.ping()
