"""The warehouse's promises, on a real engine: what goes in comes out, and failures are sorted."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from clickhouse_driver.errors import ServerException

from infra.embedded.engine import Engine, await_ready, running_engine, start, stop
from streams.wire.clickhouse import Later, Never, Warehouse, wait_until_reachable
from streams.wire.clickhouse_codes import LATER, NEVER

_numbers = count(1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all tests here."""
    with running_engine(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def warehouse(engine: Engine) -> Iterator[Warehouse]:
    """A warehouse on the server's default database."""
    opened = Warehouse(engine.address, "")
    yield opened
    opened.close()


@pytest.fixture
def table(warehouse: Warehouse) -> str:
    """An empty table of a report's kind of columns."""
    name = f"w{next(_numbers)}"
    columns = "id String, n UInt64, at Nullable(DateTime64(6, 'UTC')), marks Array(String)"
    warehouse.execute(f"CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY id")
    return name


def unused_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


NAMES = ("id", "n", "at", "marks")


def columns(rows: int) -> list[list[Any]]:
    """So many rows, by columns."""
    ids = [f"案件-{n}" for n in range(rows)]
    ticks = [1_760_000_000_000_000 + n for n in range(rows)]
    return [ids, list(range(rows)), ticks, [["a"] * (n % 3) for n in range(rows)]]


@pytest.mark.engine
def test_columns_go_in_as_one_part_and_come_out(warehouse: Warehouse, table: str) -> None:
    """A batch is stored whole or not at all."""
    assert warehouse.insert_columns(table, NAMES, columns(20_000)) == 20_000
    asked = f"SELECT count(), uniq(_part), max(n) FROM {table}"
    assert warehouse.query(asked) == [(20_000, 1, 19_999)]
    found = warehouse.query_columns(f"SELECT * FROM {table} WHERE n < 2 ORDER BY n")
    assert found.names == NAMES
    assert found.types == ("String", "UInt64", "Nullable(DateTime64(6, 'UTC'))", "Array(String)")
    at = datetime.fromtimestamp(1_760_000_000, UTC)
    instants = (at, at.replace(microsecond=1))
    assert found.values == (("案件-0", "案件-1"), (0, 1), instants, ([], ["a"]))


@pytest.mark.engine
def test_a_result_without_rows_still_has_its_columns(warehouse: Warehouse, table: str) -> None:
    """So that nobody has to ask whether there were rows before naming a column."""
    found = warehouse.query_columns(f"SELECT id, n FROM {table}")
    assert (found.names, found.values) == (("id", "n"), ((), ()))
    assert warehouse.query(f"SELECT id, n FROM {table}") == []


@pytest.mark.engine
def test_no_rows_are_inserted_without_asking_the_server(table: str) -> None:
    """An empty batch is nothing; even where no server is."""
    nowhere = Warehouse(f"127.0.0.1:{unused_port()}")
    assert nowhere.insert_columns(table, NAMES, [[], [], [], []]) == 0


@pytest.mark.engine
def test_parameters_are_quoted_and_percent_signs_are_kept(warehouse: Warehouse) -> None:
    """Without parameters the text goes as it is."""
    text = "it's 100% \\ \n 处置"
    assert warehouse.query("SELECT %(text)s, '5%%'", {"text": text}) == [(text, "5%")]
    assert warehouse.query("SELECT '5%'") == [("5%",)]
    listed = warehouse.query("SELECT 2 IN %(some)s, %(none)s", {"some": (1, 2), "none": None})
    assert listed == [(1, None)]


@pytest.mark.engine
def test_a_stream_gives_row_after_row_and_may_be_left_early(warehouse: Warehouse) -> None:
    """The next statement is not disturbed by what was left."""
    rows = warehouse.stream("SELECT number FROM numbers(1000000)")
    assert [row[0] for row in islice(rows, 3)] == [0, 1, 2]
    rows.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert warehouse.query("SELECT 1") == [(1,)]
    assert sum(row[0] for row in warehouse.stream("SELECT number FROM numbers(100000)")) == (
        4_999_950_000
    )


@pytest.mark.engine
def test_settings_of_the_warehouse_and_of_a_call_reach_the_server(engine: Engine) -> None:
    """Those of the call win."""
    warehouse = Warehouse(engine.address, "", settings={"max_threads": 1, "max_block_size": 100})
    asked = "SELECT getSetting('max_threads'), getSetting('max_block_size')"
    assert warehouse.query(asked) == [(1, 100)]
    assert warehouse.query(asked, settings={"max_block_size": 200}) == [(1, 200)]
    warehouse.close()


@pytest.mark.engine
def test_an_address_may_be_a_url(engine: Engine) -> None:
    """As for a cluster with users."""
    password = engine.users.passwords()["reader"]
    warehouse = Warehouse(f"clickhouse://reader:{password}@{engine.address}", "system")
    assert warehouse.query("SELECT currentDatabase()") == [("system",)]
    warehouse.close()


@pytest.mark.engine
@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1 FROM nowhere", "unknown_name"),
        ("SELEC 1", "syntax"),
        ("SELECT nothing", "unknown_name"),
        ("SELECT toUInt8('x')", "type"),
        ("SELECT 1 SETTINGS no_such_setting = 1", "unknown_name"),
        ("CREATE TABLE system.x (a UInt8) ENGINE = NoSuch", "unknown_name"),
    ],
)
def test_a_wrong_statement_is_never_right(warehouse: Warehouse, sql: str, reason: str) -> None:
    """Repeating it would only hold up what follows."""
    with pytest.raises(Never) as never:
        warehouse.query(sql)
    assert never.value.reason == reason
    assert "Stack trace" not in str(never.value)


@pytest.mark.engine
def test_a_wrong_insert_is_never_right(warehouse: Warehouse, table: str) -> None:
    """An unknown table or column, a value that is no number."""
    for target, names in (("nowhere", NAMES), (table, ("id", "n", "at", "other"))):
        with pytest.raises(Never) as never:
            warehouse.insert_columns(target, names, columns(3))
        assert never.value.reason == "unknown_name"
    with pytest.raises(Never) as never:
        warehouse.insert_columns(table, NAMES, [["a"], [-1], [0], [[]]])
    assert never.value.reason == "type"
    assert warehouse.query(f"SELECT count() FROM {table}") == [(0,)]


@pytest.mark.engine
def test_a_database_that_is_not_there_is_never_right(engine: Engine) -> None:
    """Migrations make it; nobody else waits for it."""
    with pytest.raises(Never) as never:
        Warehouse(engine.address, "nowhere").query("SELECT 1")
    assert never.value.reason == "unknown_name"


@pytest.mark.engine
def test_what_passes_by_itself_is_for_later(warehouse: Warehouse) -> None:
    """Out of time, out of memory, too many parts."""
    slow = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
    with pytest.raises(Later) as later:
        warehouse.query(slow, settings={"max_execution_time": 1})
    assert later.value.reason == "timeout"
    greedy = "SELECT groupArray(toString(number)) FROM numbers(100000000)"
    with pytest.raises(Later) as later:
        warehouse.query(greedy, settings={"max_memory_usage": 50_000_000})
    assert later.value.reason == "memory"
    full = f"w{next(_numbers)}"
    limits = "parts_to_delay_insert = 1000, parts_to_throw_insert = 1"
    warehouse.execute(
        f"CREATE TABLE {full} (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS {limits}"
    )
    warehouse.insert_columns(full, ["a"], [[1]])
    with pytest.raises(Later) as later:
        warehouse.insert_columns(full, ["a"], [[2]])
    assert later.value.reason == "overloaded"
    assert warehouse.query(f"SELECT count() FROM {full}") == [(1,)]


@pytest.mark.engine
def test_what_neither_table_knows_rises_as_it_is(warehouse: Warehouse) -> None:
    """The third answer: stop, unacknowledged, rather than guess."""
    with pytest.raises(ServerException) as unknown:
        warehouse.query("SELECT * FROM file('nothing-here.native')")
    assert unknown.value.code not in LATER
    assert unknown.value.code not in NEVER


def test_no_code_is_in_both_tables() -> None:
    """Later and never exclude each other."""
    assert not set(LATER) & set(NEVER)


def test_an_absent_server_is_for_later() -> None:
    """Refused at once, or, behind a door that answers nothing, in the time given."""
    with pytest.raises(Later) as later:
        Warehouse(f"127.0.0.1:{unused_port()}").query("SELECT 1")
    assert later.value.reason == "network"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Later):
            Warehouse(address, answer_seconds=0.3).query("SELECT 1")


def test_waiting_for_an_absent_server_ends_in_time() -> None:
    """With the last Later."""
    began = monotonic()
    with pytest.raises(Later):
        wait_until_reachable(f"127.0.0.1:{unused_port()}", 0.5)
    assert 0.5 <= monotonic() - began < 5


@pytest.mark.engine
def test_many_threads_share_a_warehouse(warehouse: Warehouse, table: str) -> None:
    """Each statement has a connection to itself."""

    def work(worker: int) -> list[tuple[Any, ...]]:
        for _ in range(4):
            warehouse.insert_columns(
                table, NAMES, [[f"{worker}"] * 9, [1] * 9, [None] * 9, [[]] * 9]
            )
        return warehouse.query(f"SELECT sum(n) FROM {table} WHERE id = %(id)s", {"id": f"{worker}"})

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [[(36,)]] * 6


@pytest.mark.engine
def test_it_finds_an_engine_again_that_was_killed_and_restarted(tmp_path: Path) -> None:
    """Statements meanwhile are for later; then the same warehouse goes on, with all rows."""
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "clickhouse.log"

    def begin() -> tuple[Engine, "subprocess.Popen[bytes]"]:
        engine = Engine(tmp_path)
        engine.prepare()
        with log.open("ab") as out:
            return engine, start(engine, out)

    engine, process = begin()
    await_ready(engine, process, log)
    warehouse = Warehouse(engine.address, "")
    warehouse.execute("CREATE TABLE kept (a UInt32) ENGINE = MergeTree ORDER BY a")
    warehouse.insert_columns("kept", ["a"], [list(range(100))])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(Later):
        warehouse.insert_columns("kept", ["a"], [[1]])
    engine, process = begin()
    try:
        wait_until_reachable(engine.address, 30)
        assert warehouse.query("SELECT count() FROM kept") == [(100,)]
        assert warehouse.insert_columns("kept", ["a"], [[1]]) == 1
    finally:
        warehouse.close()
        stop(process)
