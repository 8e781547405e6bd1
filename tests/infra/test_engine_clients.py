"""Many clients of one engine: each by itself, whatever another does."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest
from clickhouse_driver.errors import ServerException

from infra.embedded.engine import Engine
from tests.infra.engines import closing_client, new_table, wait_for

pytestmark = pytest.mark.engine


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
