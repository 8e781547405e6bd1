"""A running system for one command: the one that is up, or one of its own while it runs."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

from infra.embedded.claim import await_users, claimed
from infra.embedded.home import Home, Run, State
from infra.embedded.ports import is_free
from streams.config import PREFIX, Settings
from streams.errors import WrongUse

LOOK_SECONDS = 0.5
STARTING = "正在启动真实的 Kafka 与 ClickHouse… starting the real Kafka and ClickHouse"

Say = Callable[[str], None]


class Stopped(Exception):
    """The system that a command used was stopped, or died, before the command was done."""

    def __init__(self) -> None:
        super().__init__(
            "这里的系统已停止 · the system of this home was stopped before this was done: what was"
            " sent is kept and counts once, so start the command again"
        )


@contextmanager
def running(chosen: Settings, say: Say) -> Iterator[Callable[[], None]]:
    """What runs already, or an embedded system for as long as this command runs.

    Yields what waits, once the command is done, for others that use the system it has started.
    Raises Stopped where the system goes meanwhile, or SIGTERM asks for the end.
    """
    if chosen.kafka and chosen.clickhouse:
        yield _nobody
        return
    home = Home(chosen.home_dir)
    with claimed(home, say) as (run, _), _ended_by_sigterm():
        if run is not None:
            with _watched(home, run):
                yield _nobody
            return
        check_ports(chosen)
        from streams.system import embedded  # noqa: PLC0415 - a second that other commands spare

        say(STARTING)
        with embedded(chosen, say):
            yield lambda: await_users(home, say)


def check_ports(chosen: Settings, *, gateway: bool = False) -> None:
    """Raises WrongUse where a port that the settings fix is taken."""
    fixed = {"board_port": chosen.board_port} | (
        {"gateway_port": chosen.gateway_port} if gateway else {}
    )
    for name, port in fixed.items():
        if port and not is_free(port):
            raise WrongUse(
                f"端口 {port} 已被占用 · port {port} is taken on this machine: end what listens"
                f" there, or name another by {PREFIX}{name.upper()}"
            )


def _nobody() -> None:
    """Nobody is left without a system when this command ends."""


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM raises Stopped, once, so that all is put in order; main thread only."""

    def rise(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = signal.signal(signal.SIGTERM, rise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _watched(home: Home, run: Run) -> Iterator[None]:
    """Raise Stopped in the main thread when what runs here is going, whatever it waits for."""
    over, gone = Event(), Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            now = home.run()
            if now is None or now.pid != run.pid or now.state is State.STOPPING:
                gone.set()
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watcher = Thread(target=watch, name="watch of the home", daemon=True)
    watcher.start()
    try:
        yield
        if gone.is_set():  # and something else took the signal
            raise Stopped
    finally:
        over.set()
        watcher.join()
