"""The embedded engine's promises, asked for by the client that all of the project uses."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psutil
import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException

from infra.embedded.engine import Engine, EngineFailed, await_ready, running_engine, start, stop

pytestmark = pytest.mark.engine

SHANGHAI = ZoneInfo("Asia/Shanghai")
_numbers = count(1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all tests here; each test has tables of its own."""
    with running_engine(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    """A connection of its own."""
    with closing_client(engine) as opened:
        yield opened


def closing_client(engine: Engine, **options: Any) -> Any:
    """A client that disconnects at the end of a with block."""
    return Client("127.0.0.1", port=engine.port, **options)


def new_table(
    client: Client, columns: str, tail: str = "ENGINE = MergeTree ORDER BY tuple()"
) -> str:
    """A table that no other test knows."""
    name = f"t{next(_numbers)}"
    client.execute(f"CREATE TABLE {name} ({columns}) {tail}")
    return name


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once it holds; fail when it does not in time."""
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come to hold in time"
        sleep(0.02)


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


def test_a_connection_survives_a_refusal(engine: Engine) -> None:
    """The driver hangs up after an error; another client need not."""
    with closing_client(engine) as client:
        client.execute("SELECT 1")
        connection = client.connection
        connection.send_query("SELECT 1 FROM nowhere")
        connection.send_external_tables([])
        assert connection.receive_packet().exception.code == 60
        connection.is_query_executing = False
        assert client.execute("SELECT 2") == [(2,)]
        assert client.connection is connection


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


def test_an_insert_repeated_under_its_token_counts_once(client: Client) -> None:
    """`insert_deduplication_token` reaches the engine with the insert."""
    tail = "ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100"
    table = new_table(client, "a UInt8", tail)
    for token in ("one", "one", "it's \\ two"):
        settings = {"insert_deduplication_token": token}
        client.execute(f"INSERT INTO {table} VALUES", [[1], [2]], settings=settings)
    assert client.execute(f"SELECT count() FROM {table}") == [(4,)]


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


def test_each_connection_has_its_own_database(engine: Engine) -> None:
    """By greeting or by USE; a database that is not there is refused at once."""
    with closing_client(engine) as first, closing_client(engine) as second:
        first.execute("CREATE DATABASE IF NOT EXISTS `a b`")
        first.execute("USE `a b`")
        first.execute("CREATE TABLE IF NOT EXISTS here (a UInt8) ENGINE = Memory")
        assert second.execute("SELECT currentDatabase()") == [("default",)]
        with closing_client(engine, database="a b") as third:
            assert third.execute("SELECT count() FROM here") == [(0,)]
    with (
        closing_client(engine, database="nowhere") as lost,
        pytest.raises(ServerException) as refused,
    ):
        lost.execute("SELECT 1")
    assert refused.value.code == 81


def test_the_newest_version_of_a_row_is_read_with_final(client: Client) -> None:
    """What every figure rests on."""
    tail = "ENGINE = ReplacingMergeTree(revision) ORDER BY id"
    table = new_table(client, "id String, revision UInt64, state String", tail)
    for revision, state in ((1, "open"), (3, "closed"), (2, "handled")):
        client.execute(f"INSERT INTO {table} VALUES", [["a", revision, state]])
    client.execute(f"INSERT INTO {table} VALUES", [["b", 1, "open"]])
    asked = f"SELECT id, state FROM {table} FINAL ORDER BY id"
    assert client.execute(asked) == [("a", "closed"), ("b", "open")]


def test_eight_threads_read_and_write_at_once(engine: Engine) -> None:
    """Each sees its own rows right away, and none sees half an insert."""
    with closing_client(engine) as client:
        table = new_table(
            client, "worker UInt8, batch UInt32, n UInt32", "ENGINE = MergeTree ORDER BY worker"
        )

    def work(worker: int) -> None:
        with closing_client(engine) as mine:
            for batch in range(6):
                columns = [[worker] * 500, [batch] * 500, list(range(500))]
                mine.execute(f"INSERT INTO {table} VALUES", columns, columnar=True)
                asked = f"SELECT count(), sum(n) FROM {table} WHERE worker = %(worker)s"
                rows = (batch + 1) * 500
                assert mine.execute(asked, {"worker": worker}) == [(rows, (batch + 1) * 124_750)]
                whole = f"SELECT worker, batch FROM {table} GROUP BY 1, 2 HAVING count() != 500"
                assert mine.execute(whole) == []

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with closing_client(engine) as client:
        assert client.execute(f"SELECT count() FROM {table}") == [(8 * 6 * 500,)]


def test_a_long_query_does_not_hold_up_short_ones(engine: Engine) -> None:
    """No lock around the engine: many short answers while one long query runs."""
    long = "SELECT sum(cityHash64(number, number)) FROM numbers(3000000000)"

    def ask() -> None:
        settings = {"max_threads": 1, "max_execution_time": 3}
        with closing_client(engine) as slow, suppress(ServerException):
            slow.execute(long, settings=settings)

    thread = threading.Thread(target=ask)
    with closing_client(engine) as client:
        client.execute("SELECT 1")
        thread.start()
        answered = 0
        while thread.is_alive():
            client.execute("SELECT 1")
            answered += 1
        thread.join()
    assert answered > 20


def test_a_client_that_vanishes_takes_its_query_with_it(engine: Engine) -> None:
    """Nothing keeps computing for nobody."""
    leaving = closing_client(engine)
    leaving.execute("SELECT 1")
    leaving.connection.send_query("SELECT sum(cityHash64(number)) FROM numbers(500000000000)")
    leaving.connection.send_external_tables([])
    running = """SELECT count() FROM system.processes
        WHERE query LIKE '%(500000000000)%' AND query NOT LIKE '%system.processes%'"""
    with closing_client(engine) as client:
        wait_for(lambda: client.execute(running) == [(1,)])
        leaving.disconnect()
        wait_for(lambda: client.execute(running) == [(0,)])


def test_a_client_that_vanishes_amid_an_insert_or_a_result_does_no_harm(engine: Engine) -> None:
    """Half a block is not stored, half a result is not missed."""
    with closing_client(engine) as client:
        table = new_table(client, "a UInt64, b String")
    for sql in (f"INSERT INTO {table} VALUES", "SELECT number FROM numbers(1000000000)"):
        leaving = closing_client(engine)
        leaving.execute("SELECT 1")
        leaving.connection.send_query(sql)
        leaving.connection.send_external_tables([])
        assert leaving.connection.receive_packet().block is not None
        # A Data packet whose block claims 1000 rows and has three of them.
        leaving.connection.socket.sendall(
            b"\x02\x00\x01\x00\x02\xff\xff\xff\xff\x00\x02\xe8\x07\x01a\x06UInt64" + bytes(24)
        )
        leaving.disconnect()
    with closing_client(engine) as client:
        assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_compression_is_refused_in_words(engine: Engine) -> None:
    """Not answered with garbage; asked with the byte that says so, since no codec is installed."""
    with closing_client(engine) as client:
        client.execute("SELECT 1")
        client.connection.compression = 1
        client.connection.is_query_executing = False
        with pytest.raises(ServerException, match="compression=False"):
            client.execute("SELECT 1")


def test_what_is_not_the_native_protocol_is_turned_away(engine: Engine) -> None:
    """A browser at the wrong port gets a reason and a closed door."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=5) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while piece := stranger.recv(4096):
            answer += piece
    assert b"native" in answer
    assert engine.ready()


def test_too_many_connections_are_refused_and_the_others_go_on(engine: Engine) -> None:
    """Bounded; code 202 as a server would say."""
    clients = [closing_client(engine) for _ in range(70)]
    refused = 0
    try:
        for client in clients:
            try:
                client.execute("SELECT 1")
            except ServerException as error:
                refused += error.code == 202
    finally:
        for client in clients:
            client.disconnect()
    assert 1 <= refused <= 10
    wait_for(engine.ready)


def test_it_listens_on_the_loopback_alone(engine: Engine) -> None:
    """No user has a password here."""
    listening = [
        entry.laddr.ip
        for entry in psutil.net_connections("tcp")
        if entry.status == psutil.CONN_LISTEN and entry.laddr.port == engine.port
    ]
    assert listening == ["127.0.0.1"]


def test_a_second_engine_in_the_same_home_is_refused(engine: Engine) -> None:
    """Two engines on the same files would destroy them."""
    second = subprocess.run(
        engine.command(), capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 3
    assert "another" in second.stderr
    assert engine.ready()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose engine a test may kill."""
    (tmp_path / "logs").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["网格 it's", "a&b=1 p%41#"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    """But for what the engine takes for patterns, which is refused at once."""
    with pytest.raises(EngineFailed, match="may not hold"):
        Engine(tmp_path / "a?b").prepare()
    with running_engine(tmp_path / name) as engine, closing_client(engine) as client:
        client.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        client.execute("INSERT INTO t VALUES", [[1], [2]])
        assert client.execute("SELECT sum(a) FROM t") == [(3,)]
        assert (tmp_path / name / "clickhouse" / "data" / "store").is_dir()
    assert os.listdir(tmp_path) == [name]


def started(home: Path) -> tuple[Engine, "subprocess.Popen[bytes]"]:
    """An engine that answers, and its process."""
    engine = Engine(home)
    engine.prepare()
    log = home / "logs" / "clickhouse.log"
    with log.open("ab") as out:
        process = start(engine, out)
    await_ready(engine, process, log)
    return engine, process


def test_a_clean_stop_keeps_everything_and_the_port(home: Path) -> None:
    """SIGTERM ends it with 0, even while a client is connected and a query runs."""
    engine, process = started(home)
    address = engine.address
    client = closing_client(engine)
    client.execute("CREATE TABLE kept (a UInt32) ENGINE = MergeTree ORDER BY a")
    client.execute("INSERT INTO kept VALUES", [[n] for n in range(1000)])
    busy = closing_client(engine)
    busy.execute("SELECT 1")
    busy.connection.send_query("SELECT sum(cityHash64(number)) FROM numbers(500000000000)")
    busy.connection.send_external_tables([])
    process.terminate()
    assert process.wait(timeout=20) == 0
    busy.disconnect()
    client.disconnect()
    engine, process = started(home)
    try:
        assert engine.address == address
        with closing_client(engine) as again:
            assert again.execute("SELECT count(), sum(a) FROM kept") == [(1000, 499_500)]
    finally:
        stop(process)


def test_a_taken_port_is_left_to_its_owner(home: Path) -> None:
    """The engine moves to another port and says so in the same file."""
    engine = Engine(home)
    engine.prepare()
    taken = engine.port
    with socket.create_server(("127.0.0.1", taken)):
        engine.prepare(lambda _: None)
        assert engine.port != taken


def test_sigkill_during_inserts_loses_no_acknowledged_row(home: Path) -> None:
    """What was acknowledged is there after the restart, whole; the lock does not stay."""
    engine, process = started(home)
    with closing_client(engine) as client:
        client.execute(
            "CREATE TABLE rows (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch"
        )
    acknowledged: list[int] = []
    writers = [threading.Thread(target=write, args=(engine, acknowledged)) for _ in range(2)]
    for writer in writers:
        writer.start()
    wait_for(lambda: len(acknowledged) >= 40)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for writer in writers:
        writer.join()
    engine, process = started(home)
    try:
        with closing_client(engine) as client:
            stored = dict(client.execute("SELECT batch, count() FROM rows GROUP BY batch"))
    finally:
        stop(process)
    assert set(acknowledged) <= set(stored)
    assert set(stored.values()) == {200}


STARTS = """
import sys, time
from pathlib import Path
from infra.embedded.engine import Engine, start
engine = Engine(Path(sys.argv[1]))
engine.prepare()
print(start(engine).pid, flush=True)
time.sleep(600)
"""


def test_an_engine_started_for_a_program_ends_with_it(home: Path) -> None:
    """However that program ends: a killed test run leaves no engine behind."""
    program = [sys.executable, "-c", STARTS, str(home)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        started_engine = psutil.Process(int(parent.stdout.readline()))
        wait_for(Engine(home).ready)
        parent.kill()
    wait_for(lambda: not started_engine.is_running())


def write(engine: Engine, acknowledged: list[int]) -> None:
    """Insert batch after batch until the engine is gone."""
    with suppress(Error, EOFError, OSError), closing_client(engine) as client:
        while True:
            batch = next(_numbers)
            columns = [[batch] * 200, list(range(200))]
            client.execute("INSERT INTO rows VALUES", columns, columnar=True)
            acknowledged.append(batch)
