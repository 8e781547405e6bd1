"""The embedded engine's answers, asked for by the client that all of the project uses."""

from time import monotonic

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from tests.infra.engines import new_table

pytestmark = pytest.mark.engine

BIG = "SELECT number, toString(number), number % 3 = 0 ? NULL : number FROM numbers_mt(2000000)"


def test_a_result_of_two_million_rows_arrives_by_columns(client: Client) -> None:
    """Many blocks, each in a packet of its own."""
    numbers, texts, maybe = client.execute(BIG, columnar=True)
    assert len(numbers) == 2_000_000
    assert sum(numbers) == 1_999_999_000_000
    assert texts[::1000] == tuple(str(number) for number in numbers[::1000])
    assert sum(value is None for value in maybe) == 666_667


def test_a_result_of_two_million_rows_arrives_row_by_row(client: Client) -> None:
    """Streamed; the engine's memory does not grow with the result."""
    total = sum(row[0] for row in client.execute_iter(BIG))
    assert total == 1_999_999_000_000


def test_a_result_without_rows_still_tells_its_columns(client: Client) -> None:
    """As a server does; `query_columns` relies on it."""
    asked = "SELECT 1 AS a, 'x' AS b WHERE a = 2 FORMAT JSON; -- none"
    assert client.execute(asked, with_column_types=True) == ([], [("a", "UInt8"), ("b", "String")])
    assert client.execute("SELECT 1 AS a; ", with_column_types=True) == ([(1,)], [("a", "UInt8")])


def test_other_statements_than_queries_answer_too(client: Client) -> None:
    """SHOW, DESCRIBE, EXISTS, EXPLAIN."""
    table = new_table(client, "a UInt8")
    assert (table,) in client.execute("SHOW TABLES")
    assert client.execute(f"EXISTS TABLE {table}") == [(1,)]
    assert client.execute(f"DESCRIBE TABLE {table}")[0][:2] == ("a", "UInt8")
    assert client.execute(f"EXPLAIN SELECT a FROM {table}")


def test_a_format_clause_does_not_change_the_wire(client: Client) -> None:
    """Over the native protocol a server ignores it."""
    assert client.execute("SELECT 1 FORMAT JSON") == [(1,)]
    assert client.execute("SELECT 'x FORMAT JSON' FORMAT TSV SETTINGS max_threads = 1") == [
        ("x FORMAT JSON",)
    ]


def test_a_refused_statement_has_its_code_and_leaves_the_engine_well(client: Client) -> None:
    """Code and message as a server gives them."""
    table = new_table(client, "a UInt8")
    refusals = {
        "SELECT 1 FROM nowhere": 60,
        "SELEC 1": 62,
        "SELECT 1; SELECT 2": 62,
        "DROP TABLE IF EXISTS a; DROP TABLE IF EXISTS b": 62,
        f"SELECT b FROM {table}": 47,
        "SELECT nosuch(1)": 46,
        "SELECT throwIf(number = 150000) FROM numbers(200000)": 395,
        f"CREATE TABLE {table} (a UInt8) ENGINE = Memory": 57,
        "USE nowhere": 81,
        "SELECT 1 INTO OUTFILE 'x'": 358,
    }
    for sql, code in refusals.items():
        with pytest.raises(ServerException) as refused:
            client.execute(sql)
        assert refused.value.code == code, sql
        assert refused.value.message.startswith("DB::Exception: ")
        assert "Code:" not in refused.value.message
        assert client.execute("SELECT 1") == [(1,)]


def test_settings_hold_for_their_query_alone(client: Client) -> None:
    """As over a server's connection; those of SET stay."""
    asked = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
    usual = client.execute(asked)
    assert client.execute(asked, settings={"max_block_size": 1234}) == [("1234",)]
    assert client.execute(asked) == usual
    client.execute("SET max_block_size = 777")
    assert client.execute(asked) == [("777",)]
    assert client.execute(asked, settings={"max_block_size": 5, "max_threads": 1}) == [("5",)]
    assert client.execute(asked) == [("777",)]


def test_an_unknown_or_bad_setting_is_refused(client: Client) -> None:
    """And does not stick."""
    for settings, code in (({"no_such_setting": 1}, 115), ({"max_threads": "many"}, 27)):
        with pytest.raises(ServerException) as refused:
            client.execute("SELECT 1", settings=settings)
        assert refused.value.code == code
        assert client.execute("SELECT 1") == [(1,)]


def test_read_only_holds_for_its_query_alone(client: Client) -> None:
    """A setting that the engine lets nobody take back."""
    table = new_table(client, "a UInt8")
    with pytest.raises(ServerException) as refused:
        client.execute(f"DROP TABLE {table}", settings={"readonly": 1})
    assert refused.value.code == 164
    assert client.execute("SELECT 1", settings={"readonly": 1}) == [(1,)]
    client.execute(f"DROP TABLE {table}")


def test_a_query_over_its_time_is_ended_with_code_159(client: Client) -> None:
    """`max_execution_time` is honoured, in the query and beside it."""
    slow = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
    for sql, settings in (
        (slow, {"max_execution_time": 1}),
        (slow + " SETTINGS max_execution_time = 1", {}),
    ):
        began = monotonic()
        with pytest.raises(ServerException) as refused:
            client.execute(sql, settings=settings)
        assert refused.value.code == 159
        assert monotonic() - began < 10


def test_a_query_over_its_memory_is_ended_with_code_241(client: Client) -> None:
    """One greedy query does not take the engine with it."""
    greedy = "SELECT groupArray(toString(number)) FROM numbers(100000000)"
    with pytest.raises(ServerException) as refused:
        client.execute(greedy, settings={"max_memory_usage": 50_000_000})
    assert refused.value.code == 241
    assert client.execute("SELECT 1") == [(1,)]


def test_the_newest_version_of_a_row_is_read_with_final(client: Client) -> None:
    """What every figure rests on."""
    tail = "ENGINE = ReplacingMergeTree(revision) ORDER BY id"
    table = new_table(client, "id String, revision UInt64, state String", tail)
    for revision, state in ((1, "open"), (3, "closed"), (2, "handled")):
        client.execute(f"INSERT INTO {table} VALUES", [["a", revision, state]])
    client.execute(f"INSERT INTO {table} VALUES", [["b", 1, "open"]])
    asked = f"SELECT id, state FROM {table} FINAL ORDER BY id"
    assert client.execute(asked) == [("a", "closed"), ("b", "open")]
