"""The engine's users, over the native protocol: who is let in, and what a reader may not do."""

import stat

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from infra.embedded.engine import Engine
from infra.embedded.failed import Failed
from infra.embedded.users import USERS, Users
from tests.infra.engines import ENDLESS, RUNNING, closing_client, new_table, wait_for

pytestmark = pytest.mark.engine

NOT_FOR_READERS = {
    "INSERT INTO {} VALUES (1)": 164,
    "DROP TABLE {}": 164,
    "ALTER TABLE {} DELETE WHERE 1": 164,
    "TRUNCATE TABLE {}": 164,
    "OPTIMIZE TABLE {}": 164,
    "CREATE TABLE other AS {}": 164,
    "CREATE TEMPORARY TABLE other (a UInt8)": 164,
    "SET max_threads = 2": 164,
    "SET readonly = 0": 164,
    "SELECT 1 SETTINGS readonly = 0": 164,
    "KILL QUERY WHERE 1": 164,
    "SYSTEM FLUSH LOGS": 164,
    "SELECT file('/etc/hostname')": 164,
    "SELECT * FROM view(SELECT `file`('/etc/hostname'))": 164,
    "DESCRIBE TABLE file('/etc/hostname')": 164,
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'a String')": 164,
    "SELECT * FROM Python(os)": 164,
    "SELECT 1 INTO OUTFILE 'x'": 358,
    "SELECT 1; DROP TABLE {}": 62,
    "SELECT $x$ ' $x$; DROP TABLE {} -- '": 62,
}


@pytest.fixture
def reader(engine: Engine) -> Client:
    """A client that may only read."""
    return closing_client(engine, user="reader", password=engine.users.passwords()["reader"])


def code_of(client: Client, sql: str, **options: object) -> int:
    """The code with which a statement is refused."""
    with pytest.raises(ServerException) as refused:
        client.execute(sql, **options)
    return int(refused.value.code)


def test_a_reader_reads_and_is_refused_everything_else(client: Client, reader: Client) -> None:
    """What is stored here, and nothing beside it."""
    table = new_table(client, "a UInt8")
    client.execute(f"INSERT INTO {table} VALUES (7)")
    for sql, code in NOT_FOR_READERS.items():
        assert code_of(reader, sql.format(table)) == code, sql
    with pytest.raises(ServerException, match="READONLY"):
        reader.execute(f"INSERT INTO {table} VALUES", [[1]])
    assert reader.execute(f"SELECT a FROM {table}") == [(7,)]
    assert reader.execute("SELECT format('{}-{}', 1, 2), (SELECT count() FROM numbers(3))") == [
        ("1-2", 3)
    ]
    assert (table,) in reader.execute("SHOW TABLES")


def test_a_reader_has_bounds_that_only_narrow(reader: Client) -> None:
    """Seconds and rows: less may be asked for, more or no end may not."""
    asked = "SELECT value FROM system.settings WHERE name = 'max_execution_time'"
    assert reader.execute(asked) == [("300",)]
    assert reader.execute(asked, settings={"max_execution_time": 5}) == [("5",)]
    for value in (301, 0):
        assert code_of(reader, "SELECT 1", settings={"max_execution_time": value}) == 452
    assert code_of(reader, "SELECT * FROM numbers(100)", settings={"max_result_rows": 10}) == 396
    assert code_of(reader, "SELECT number FROM numbers(6000000)") == 396


def test_a_wrong_password_or_an_unknown_user_is_turned_away(engine: Engine) -> None:
    """Before anything is answered."""
    for user, password in (("reader", "x"), ("writer", ""), ("nobody", ""), ("default", "x")):
        with closing_client(engine, user=user, password=password) as stranger:
            assert code_of(stranger, "SELECT 1") == 516
    password = engine.users.passwords()["writer"]
    with closing_client(engine, user="writer", password=password) as writer:
        writer.execute("CREATE OR REPLACE TABLE written (a UInt8) ENGINE = Memory")
        assert writer.execute("INSERT INTO written VALUES", [[1]]) == 1


def test_passwords_are_drawn_once_and_are_the_owners_alone(engine: Engine) -> None:
    """Different in each home."""
    file = engine.folder / "users.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = engine.users.passwords()
    engine.users.draw()
    assert engine.users.passwords() == before
    assert set(before) == {user.name for user in USERS}
    assert len({before["writer"], before["reader"], ""}) == 3


def test_the_user_without_a_password_is_from_this_machine(engine: Engine) -> None:
    """Whoever comes through a proxy or a web page names a user with a password."""
    users = Users(engine.folder)
    assert users.user("", "").name == "default"
    with pytest.raises(Failed):
        users.user("", "", near=False)
    assert users.user("reader", users.passwords()["reader"], near=False).reads_only


def test_lz4_over_the_native_protocol(engine: Engine) -> None:
    """Both ways: many blocks, one longer than what is compressed together."""
    with closing_client(engine, compression=True) as client:
        table = new_table(client, "n UInt32, s String")
        rows = [[n, "长" * (900_000 if n == 3 else n)] for n in range(2_000)]
        client.execute(f"INSERT INTO {table} VALUES", rows, settings={"insert_block_size": 700})
        got = client.execute(f"SELECT n, s FROM {table} ORDER BY n")
        assert [list(row) for row in got] == rows
        assert client.execute("SELECT 1 AS a WHERE a = 2", with_column_types=True)[1]
        assert code_of(client, "SELECT nosuch(1)") == 46
        assert client.execute("SELECT 1") == [(1,)]


def test_a_damaged_compressed_block_ends_the_conversation(engine: Engine) -> None:
    """Nothing behind it can be understood."""
    with closing_client(engine, compression=True) as client:
        client.execute("SELECT 1")
        connection = client.connection
        connection.send_query("SELECT 1")
        # Data, no table, then a block whose checksum is not its own.
        connection.socket.sendall(b"\x02\x00" + bytes(16) + b"\x82\x0a\0\0\0\x01\0\0\0\x00")
        assert "Checksum" in connection.receive_packet().exception.message


def test_cancel_ends_the_query_and_keeps_the_connection(client: Client, engine: Engine) -> None:
    """A query that computes, and one amid its result."""
    client.execute("SELECT 1")
    connection = client.connection
    with closing_client(engine) as other:
        client.execute_with_progress(ENDLESS)
        wait_for(lambda: other.execute(RUNNING) == [(1,)])
        assert client.cancel() == []
        wait_for(lambda: other.execute(RUNNING) == [(0,)])
    assert client.execute("SELECT 2") == [(2,)]
    assert client.connection is connection
    started = client.execute_iter("SELECT number FROM numbers(100000000000)")
    assert next(started) == (0,)
    client.cancel()
    assert client.execute("SELECT 3") == [(3,)]
