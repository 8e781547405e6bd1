"""The broker on one machine: a real Apache Kafka (KRaft) in a JVM that a Python package brings.

python -m infra.embedded.broker fetch             bring the jars, prepare quick starts
python -m infra.embedded.broker run --home DIR    run it here until Ctrl-C
python -m infra.embedded.broker pin               write jars.json anew
"""

import argparse
import base64
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import IO

import msgspec
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from infra.embedded import jars, jvm
from infra.embedded.guard import guarded
from infra.embedded.ports import HOST, in_turn, is_free, listens
from infra.embedded.properties import SETTINGS, write

START_SECONDS = 60.0
STOP_SECONDS = 20.0
RECORD_SECONDS = 240.0
ENDED_BY_SIGTERM = 128 + signal.SIGTERM  # a JVM's code after an orderly end
FIRST_PORT, PORTS = 20_000, 10_000  # below the range that systems lend to outgoing connections


class BrokerFailed(Exception):
    """The broker could not be formatted, or ended or did not answer; says the end of its log."""


class Ports(msgspec.Struct, frozen=True):
    """Where the broker of one home listens, on this machine only."""

    broker: int
    controller: int


class Broker:
    """The Kafka of one home; its data live in `home/kafka`."""

    def __init__(self, home: Path, heap_mb: int = 384) -> None:
        self.folder = home.expanduser().resolve() / "kafka"
        self.heap_mb = heap_mb

    @property
    def address(self) -> str:
        """`127.0.0.1:port`; BrokerFailed before the first `prepare`."""
        return f"{HOST}:{self._ports().broker}"

    @property
    def cluster_id(self) -> str:
        """Drawn at the first `prepare`, then kept."""
        return (self.folder / "cluster-id").read_text()

    def prepare(self, say: jars.Say = print) -> None:
        """Jars, ports, settings and, once, the storage: all that a start needs.

        Not while the broker runs. Raises jars.JarsUnavailable or BrokerFailed.
        """
        jars.fetch(say)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        (self.folder / "tmp").mkdir()
        self._settle_ports()
        self._write_settings("server.properties", "data")
        if not (self.folder / "data").exists():
            self._format()

    def command(self) -> list[str]:
        """The program and its arguments; it logs to standard output and ends on SIGTERM."""
        return self._java("kafka.Kafka", str(self.folder / "server.properties"))

    @staticmethod
    def env() -> Mapping[str, str]:
        """What the command needs beside the environment that it inherits."""
        return jvm.ENV

    def ready(self) -> bool:
        """Whether this very cluster answers, and its broker takes part in it."""
        if not listens(self._ports().broker):
            return False
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.address,
                bootstrap_timeout_ms=2_000,
                request_timeout_ms=2_000,
            )
        except KafkaError:
            return False
        try:
            cluster = admin.describe_cluster()
        except KafkaError:
            return False
        finally:
            admin.close()
        return cluster["cluster_id"] == self.cluster_id and bool(cluster["brokers"])

    def _ports(self) -> Ports:
        try:
            return msgspec.json.decode((self.folder / "ports.json").read_bytes(), type=Ports)
        except FileNotFoundError:
            raise BrokerFailed(f"no broker was ever prepared in {self.folder}") from None

    def _settle_ports(self) -> None:
        with suppress(BrokerFailed):
            kept = self._ports()
            if is_free(kept.broker) and is_free(kept.controller):
                return
        order = in_turn(self.folder, FIRST_PORT, PORTS)
        free = (port for port in order if is_free(port))
        chosen = Ports(next(free), next(free))
        (self.folder / "ports.json").write_bytes(msgspec.json.encode(chosen))

    def _write_settings(self, name: str, data: str) -> Path:
        ports = self._ports()
        settings = {
            **SETTINGS,
            "listeners": f"PLAINTEXT://{HOST}:{ports.broker},CONTROLLER://{HOST}:{ports.controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{ports.broker}",
            "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
            "log.dirs": str(self.folder / data),
        }
        path = self.folder / name
        write(path, settings)
        return path

    def _format(self) -> None:
        if not (self.folder / "cluster-id").exists():
            drawn = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            (self.folder / "cluster-id").write_text(drawn.replace("-", "_"))
        # Formatted beside and moved: a start cut short leaves nothing half formatted.
        shutil.rmtree(self.folder / "forming", ignore_errors=True)
        settings = self._write_settings("forming.properties", "forming")
        form = ("kafka.tools.StorageTool", "format", "-t", self.cluster_id, "-c", str(settings))
        done = subprocess.run(
            guarded(self._java(*form)),
            env={**os.environ, **self.env()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        settings.unlink()
        if done.returncode:
            raise BrokerFailed(f"the storage was not formatted:\n{done.stdout}{done.stderr}")
        (self.folder / "forming").rename(self.folder / "data")

    def _java(self, *main: str) -> list[str]:
        return jvm.java(main, heap_mb=self.heap_mb, temporary=self.folder / "tmp")


@contextmanager
def running_broker(home: Path, heap_mb: int = 384) -> Iterator[Broker]:
    """A broker that answers, for the length of the block; its log is `home/logs/kafka.log`."""
    broker, log = Broker(home, heap_mb), home / "logs" / "kafka.log"
    broker.prepare()
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as out, _started(broker.command(), out) as process:
        await_ready(broker, process, log)
        yield broker


@contextmanager
def _started(command: Sequence[str], out: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        guarded(command),
        env={**os.environ, **jvm.ENV},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)


def await_ready(broker: Broker, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it answers; BrokerFailed when it ended or START_SECONDS have passed."""
    deadline = monotonic() + START_SECONDS
    while not broker.ready():
        if process.poll() is not None or monotonic() > deadline:
            raise BrokerFailed(f"Kafka did not start:\n{log.read_text(errors='replace')[-4000:]}")
        sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """A clean stop, or after STOP_SECONDS a hard one; returns when the process is gone."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def warm(say: jars.Say = print) -> None:
    """Run a broker once to keep what its JVM has loaded: later starts take half the time."""
    cache = jvm.quick_start()
    if cache.exists():
        return
    began, part = monotonic(), cache.with_suffix(f".{os.getpid()}")
    with TemporaryDirectory() as place:
        broker, log = Broker(Path(place)), Path(place, "log")
        broker.prepare(say)
        command = jvm.recording(broker.command(), part)
        with log.open("wb") as out, _started(command, out) as process:
            await_ready(broker, process, log)
            process.terminate()
            with suppress(subprocess.TimeoutExpired):  # it ends, then writes the cache
                process.wait(RECORD_SECONDS)
    if process.returncode != ENDED_BY_SIGTERM:
        say("the broker's quick start could not be prepared; it starts without")
        part.unlink(missing_ok=True)
        return
    part.rename(cache)
    jvm.prune()
    say(f"prepared quick starts of the broker in {monotonic() - began:.1f} s")


def main(argv: Sequence[str] | None = None) -> int:
    """The command line above."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.broker")
    parser.add_argument("verb", choices=["fetch", "run", "pin"])
    parser.add_argument("--home", type=Path, default=Path(".gridloop"))
    parser.add_argument("--heap-mb", type=int, default=384)
    given = parser.parse_args(argv)
    if given.verb == "pin":
        jars.pin(print)
    elif given.verb == "fetch":
        jars.fetch(print)
        warm()
    else:
        broker = Broker(given.home, given.heap_mb)
        broker.prepare()
        print(f"Kafka at {broker.address}", flush=True)
        os.environ.update(broker.env())
        command = broker.command()
        os.execv(command[0], command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
