"""The ClickHouse engine on one machine: a process of its own behind ClickHouse's native protocol.

python -m infra.embedded.engine run --home DIR [--port N]    run it here until Ctrl-C
"""

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import IO

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PATIENCE_SECONDS = 3.0  # what running queries get at a stop
FIRST_PORT, PORTS = 12_000, 8_000  # below the range that systems lend to outgoing connections

Say = Callable[[str], None]


class EngineFailed(Exception):
    """The engine ended at its start, did not answer, or serves this home already."""


class Engine:
    """The ClickHouse of one home; its data live in `home/clickhouse`."""

    def __init__(self, home: Path, memory_mb: int = 900) -> None:
        self.folder = home.expanduser().resolve() / "clickhouse"
        self.memory_mb = memory_mb

    @property
    def address(self) -> str:
        """`127.0.0.1:port`; EngineFailed before the first `prepare`."""
        return f"{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """The port of the last `prepare`."""
        try:
            return int((self.folder / "port").read_text())
        except FileNotFoundError:
            raise EngineFailed(f"no engine was ever prepared in {self.folder}") from None

    def prepare(self, say: Say = print) -> None:
        """The folder, and a port that is free; a port once chosen is kept as long as it is free.

        Not while the engine runs. EngineFailed if the home's path holds one of * ? { }, which the
        engine takes for patterns.
        """
        if set(str(self.folder)) & set("*?{}"):
            raise EngineFailed(f"the path of a home may not hold any of * ? {{ }}: {self.folder}")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(EngineFailed):
            if _free(self.port):
                return
            say(f"port {self.port} is taken: the engine moves to another")
        # By the home's path, so that two homes look for ports in different places.
        first = zlib.crc32(os.fsencode(self.folder))
        order = (FIRST_PORT + (first + step) % PORTS for step in range(PORTS))
        self._keep_port(next(port for port in order if _free(port)))

    def _keep_port(self, port: int) -> None:
        part = self.folder / "port.part"
        part.write_text(str(port))
        part.rename(self.folder / "port")

    def command(self) -> list[str]:
        """The program and its arguments; it ends cleanly on SIGTERM."""
        program = [sys.executable, "-m", "infra.embedded.engine", "run"]
        return [*program, "--home", str(self.folder.parent), "--memory-mb", str(self.memory_mb)]

    @staticmethod
    def env() -> Mapping[str, str]:
        """What the command needs beside the environment that it inherits."""
        return {}

    def ready(self) -> bool:
        """Whether it answers a query now."""
        if not self._listens():
            return False
        client = Client(HOST, port=self.port, connect_timeout=2, send_receive_timeout=5)
        try:
            return bool(client.execute("SELECT 1") == [(1,)])
        except (Error, EOFError, OSError):
            return False
        finally:
            client.disconnect()

    def _listens(self) -> bool:
        # By connecting: a probe that binds the port could take it from the engine that starts.
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def serve(self, port: int | None = None, *, with_parent: bool = False) -> None:
        """Run the engine in this process until SIGTERM or Ctrl-C, or the end of its parent.

        Raises EngineFailed if another process serves this home.
        """
        with _only_one(self.folder):
            if port is None:
                self.prepare()
            else:
                self._keep_port(port)
            with socket.create_server((HOST, self.port), backlog=128) as listener:
                _serve(self, listener, with_parent=with_parent)


def _serve(engine: Engine, listener: socket.socket, *, with_parent: bool) -> None:
    # Imported here: only the serving process pays for half a gigabyte of library.
    from infra.embedded.engine_server import Server  # noqa: PLC0415
    from infra.embedded.engine_store import Limits, Store  # noqa: PLC0415

    with closing(Store(engine.folder, Limits(memory=engine.memory_mb << 20))) as store:
        # Only now: the engine sets handlers of its own while it opens.
        asked = _asked_to_stop(with_parent=with_parent)
        print(f"ClickHouse {store.version.number} at {engine.address}", flush=True)
        Server(store, listener).run(asked, patience=PATIENCE_SECONDS)


def _asked_to_stop(*, with_parent: bool) -> Callable[[], bool]:
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    parent = os.getppid()
    return lambda: bool(asked) or (with_parent and os.getppid() != parent)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system frees it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineFailed(f"another engine serves {folder}") from None
        yield


@contextmanager
def running_engine(home: Path, memory_mb: int = 900) -> Iterator[Engine]:
    """An engine that answers while the block lasts; it logs to `home/logs/clickhouse.log`."""
    engine = Engine(home, memory_mb)
    engine.prepare()
    log = home / "logs" / "clickhouse.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as out:
        process = start(engine, out)
        try:
            await_ready(engine, process, log)
            yield engine
        finally:
            stop(process)


def start(engine: Engine, out: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """The engine's process, in a session of its own, gone when its parent is; not ready yet."""
    return subprocess.Popen(
        [*engine.command(), "--with-parent"],
        env={**os.environ, **engine.env()},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def await_ready(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it answers; EngineFailed when it ended or START_SECONDS have passed."""
    deadline = monotonic() + START_SECONDS
    while not engine.ready():
        if process.poll() is not None or monotonic() > deadline:
            said = log.read_text(errors="replace")[-4000:]
            raise EngineFailed(f"ClickHouse did not start:\n{said}")
        sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """A clean stop, or after STOP_SECONDS a hard one; returns when the process is gone."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """The command line above; 3 when another process serves the home."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.engine")
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("--home", type=Path, default=Path(".gridloop"))
    parser.add_argument("--port", type=int)
    parser.add_argument("--memory-mb", type=int, default=900)
    parser.add_argument("--with-parent", action="store_true", help="stop when the parent ends")
    given = parser.parse_args(argv)
    try:
        Engine(given.home, given.memory_mb).serve(given.port, with_parent=given.with_parent)
    except EngineFailed as failed:
        print(failed, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
