"""The ClickHouse engine on one machine: a process of its own behind ClickHouse's native protocol
and its HTTP interface.

python -m infra.embedded.engine run --home DIR [--port N] [--http-port N]    until Ctrl-C
"""

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import IO

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from infra.embedded.ports import HOST, in_turn, is_free, listens
from infra.embedded.users import Users

START_SECONDS = 60.0
STOP_SECONDS = 15.0
PATIENCE_SECONDS = 3.0  # what running queries get at a stop
PORT_FILES = NATIVE, HTTP = "port", "http_port"
"""Files in the engine's folder that hold a number each."""
NONE_GIVEN: Mapping[str, int | None] = {}
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
        """`127.0.0.1:port` of the native protocol; EngineFailed before the first `prepare`."""
        return f"{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """The native port of the last `prepare`."""
        return self._port(NATIVE)

    @property
    def http_url(self) -> str:
        """Where the HTTP interface is; EngineFailed before the first `prepare`."""
        return f"http://{HOST}:{self._port(HTTP)}"

    @property
    def users(self) -> Users:
        """Who may ask; their passwords are drawn by `prepare`."""
        return Users(self.folder)

    def _port(self, name: str) -> int:
        try:
            return int((self.folder / name).read_text())
        except FileNotFoundError:
            raise EngineFailed(f"no engine was ever prepared in {self.folder}") from None

    def prepare(self, say: Say = print, given: Mapping[str, int | None] = NONE_GIVEN) -> None:
        """The folder, the users, and ports that are free; a port once chosen is kept as long as it
        is free. `given` are ports by their names that stand as they are.

        Not while the engine runs. EngineFailed if the home's path holds one of * ? { }, which the
        engine takes for patterns.
        """
        if set(str(self.folder)) & set("*?{}"):
            raise EngineFailed(f"the path of a home may not hold any of * ? {{ }}: {self.folder}")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.users.draw()
        order = in_turn(self.folder, FIRST_PORT, PORTS)
        for name in PORT_FILES:
            kept = given.get(name) or self._still_free(name, say)
            taken = [self._port(other) for other in PORT_FILES if (self.folder / other).exists()]
            self._keep_port(
                name, kept or next(port for port in order if port not in taken and is_free(port))
            )

    def _still_free(self, name: str, say: Say) -> int | None:
        with suppress(EngineFailed):
            if is_free(port := self._port(name)):
                return port
            say(f"port {port} is taken: the engine moves to another")
        return None

    def _keep_port(self, name: str, port: int) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(str(port))
        part.rename(self.folder / name)

    def command(self) -> list[str]:
        """The program and its arguments; it ends cleanly on SIGTERM."""
        program = [sys.executable, "-m", "infra.embedded.engine", "run"]
        return [*program, "--home", str(self.folder.parent), "--memory-mb", str(self.memory_mb)]

    @staticmethod
    def env() -> Mapping[str, str]:
        """What the command needs beside the environment that it inherits."""
        return {}

    def ready(self) -> bool:
        """Whether it answers a query now, and takes requests."""
        if not (listens(self.port) and listens(self._port(HTTP))):
            return False
        client = Client(HOST, port=self.port, connect_timeout=2, send_receive_timeout=5)
        try:
            return bool(client.execute("SELECT 1") == [(1,)])
        except (Error, EOFError, OSError):
            return False
        finally:
            client.disconnect()

    def serve(
        self, port: int | None = None, http_port: int | None = None, *, with_parent: bool = False
    ) -> None:
        """Run the engine in this process until SIGTERM or Ctrl-C, or the end of its parent.

        Raises EngineFailed if another process serves this home.
        """
        with _only_one(self.folder):
            self.prepare(given={NATIVE: port, HTTP: http_port})
            with (
                socket.create_server((HOST, self.port), backlog=128) as listener,
                socket.create_server((HOST, self._port(HTTP)), backlog=128) as door,
            ):
                _serve(self, listener, door, with_parent=with_parent)


def _serve(
    engine: Engine, listener: socket.socket, door: socket.socket, *, with_parent: bool
) -> None:
    # Imported here: only the serving process pays for half a gigabyte of library.
    from infra.embedded.engine_server import Server  # noqa: PLC0415
    from infra.embedded.engine_store import Limits, Store  # noqa: PLC0415
    from infra.embedded.http_server import served  # noqa: PLC0415

    with closing(Store(engine.folder, Limits(memory=engine.memory_mb << 20))) as store:
        # Only now: the engine sets handlers of its own while it opens.
        asked = _asked_to_stop(with_parent=with_parent)
        with served(store, door, patience=PATIENCE_SECONDS):
            print(
                f"ClickHouse {store.version.number} at {engine.address}, {engine.http_url}",
                flush=True,
            )
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


def main(argv: Sequence[str] | None = None) -> int:
    """The command line above; 3 when another process serves the home."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.engine")
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("--home", type=Path, default=Path(".gridloop"))
    parser.add_argument("--port", type=int)
    parser.add_argument("--http-port", type=int)
    parser.add_argument("--memory-mb", type=int, default=900)
    parser.add_argument("--with-parent", action="store_true", help="stop when the parent ends")
    given = parser.parse_args(argv)
    try:
        engine = Engine(given.home, given.memory_mb)
        engine.serve(given.port, given.http_port, with_parent=given.with_parent)
    except EngineFailed as failed:
        print(failed, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
