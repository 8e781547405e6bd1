"""The engine as a process: started, stopped, killed, and its home."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from clickhouse_driver.errors import Error

from infra.embedded.engine import Engine, EngineFailed, await_ready, running_engine, start, stop
from tests.infra.engines import closing_client, numbers, wait_for

pytestmark = pytest.mark.engine


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
            batch = next(numbers)
            columns = [[batch] * 200, list(range(200))]
            client.execute("INSERT INTO rows VALUES", columns, columnar=True)
            acknowledged.append(batch)
