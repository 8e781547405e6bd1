"""Inserts into the engine, by the client that all of the project uses."""

from datetime import UTC, datetime

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from tests.infra.engines import new_table

pytestmark = pytest.mark.engine


def test_an_insert_may_name_columns_in_any_order_and_leave_defaults_out(client: Client) -> None:
    """The sample block names exactly the columns that were asked for."""
    columns = "a UInt8, b String DEFAULT 'b', c UInt8 MATERIALIZED a + 1, `odd name` String"
    table = new_table(client, columns)
    client.execute(f"INSERT INTO `{table}` (`odd name`, a) VALUES", [["x", 1], ["y", 2]])
    client.execute(f"insert into {table} (* EXCEPT b) format Native", [[3, "z"]])
    query = f"SELECT a, b, c, `odd name` FROM {table} ORDER BY a"
    assert client.execute(query) == [(1, "b", 2, "x"), (2, "b", 3, "y"), (3, "b", 4, "z")]


def test_inline_values_and_insert_select_run_at_once(client: Client) -> None:
    """They wait for no block of the client."""
    table = new_table(client, "a UInt32, b String")
    client.execute(f"INSERT INTO {table} VALUES (1, 'one VALUES'), (2, 'it''s; -- two')")
    client.execute(f"INSERT INTO {table} SELECT number + 10, 'n' FROM numbers(3)")
    client.execute(f"-- a comment\n/* another */ INSERT INTO {table} (a) VALUES (3);")
    assert client.execute(f"SELECT count(), sum(a) FROM {table}") == [(6, 39)]


def test_a_column_that_no_client_could_send_is_refused_in_words(client: Client) -> None:
    """Before anything is sent."""
    table = new_table(client, "a UInt8, s AggregateFunction(sum, UInt8)")
    with pytest.raises(ServerException, match="Column s") as refused:
        client.execute(f"INSERT INTO {table} VALUES", [[1, b""]])
    assert refused.value.code == 48


def test_an_insert_without_rows_changes_nothing(client: Client) -> None:
    """Neither by rows nor by columns."""
    table = new_table(client, "a UInt32")
    assert client.execute(f"INSERT INTO {table} VALUES", []) == 0
    client.execute(f"INSERT INTO {table} VALUES", [[]], columnar=True)
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_an_insert_of_several_blocks_stores_all_of_them(client: Client) -> None:
    """Blocks as small as three rows, a string longer than any buffer among them."""
    table = new_table(client, "a UInt32, b LowCardinality(String), c String")
    rows = [[n, f"k{n % 5}", "长" * (700_000 if n == 7 else n)] for n in range(20)]
    client.execute(f"INSERT INTO {table} VALUES", rows, settings={"insert_block_size": 3})
    asked = f"SELECT a, b, c FROM {table} ORDER BY a"
    assert [list(row) for row in client.execute(asked)] == rows


def test_three_hundred_thousand_rows_are_one_part(client: Client) -> None:
    """A batch stays whole: one insert, one part, so it is stored as a whole or not."""
    table = new_table(
        client, "n UInt64, b String, at DateTime64(6, 'UTC'), k LowCardinality(String)"
    )
    rows = 300_000
    columns = [
        list(range(rows)),
        [f"案件 {n}" for n in range(rows)],
        [1_760_000_000_000_000 + n for n in range(rows)],
        [f"k{n % 97}" for n in range(rows)],
    ]
    client.execute(f"INSERT INTO {table} VALUES", columns, columnar=True)
    asked = f"SELECT count(), sum(n), uniqExact(b), max(at), uniq(_part) FROM {table}"
    expected = datetime.fromtimestamp(1_760_000_000, UTC).replace(microsecond=rows - 1)
    assert client.execute(asked) == [(rows, rows * (rows - 1) // 2, rows, expected, 1)]


def test_a_refused_insert_has_its_code_and_stores_nothing(client: Client) -> None:
    """Refused before the first block, or after all of them were read."""
    table = new_table(client, "a UInt8, CONSTRAINT small CHECK a < 10")
    for sql, code in {
        "INSERT INTO nowhere VALUES": 60,
        f"INSERT INTO {table} (b) VALUES": 47,
        f"INSERT INTO {table} (a) VALUES": 469,
    }.items():
        with pytest.raises(ServerException) as refused:
            client.execute(sql, [[n] for n in range(200)], settings={"insert_block_size": 7})
        assert refused.value.code == code
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_an_insert_repeated_under_its_token_counts_once(client: Client) -> None:
    """`insert_deduplication_token` reaches the engine with the insert."""
    tail = "ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100"
    table = new_table(client, "a UInt8", tail)
    for token in ("one", "one", "it's \\ two"):
        settings = {"insert_deduplication_token": token}
        client.execute(f"INSERT INTO {table} VALUES", [[1], [2]], settings=settings)
    assert client.execute(f"SELECT count() FROM {table}") == [(4,)]
