"""One part's keeper: starts its process, waits until it is ready, starts it again, stops it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

import msgspec

from infra.embedded.guard import guarded
from infra.embedded.home import PartRun, State, born

LOOK_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STEADY_SECONDS = 30.0
LOG_BYTES = 32_000_000
TAIL_LINES, TAIL_BYTES = 20, 8_000


class PartFailed(Exception):
    """A part did not come up at the first start; says why, and the end of its log."""


def always() -> bool:
    """Ready as soon as it runs."""
    return True


def nothing() -> None:
    """Nothing to be done before the dependents start."""


class Part(msgspec.Struct, frozen=True):
    """One process to keep: what it is, how to tell that it is ready, how it stops.

    `env` comes on top of the supervisor's. `after` names parts that must be ready before the first
    start; they stop after this one. `then` is called once, in the thread that starts the system,
    when the part is ready for the first time and before its dependents start. Times in seconds.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = {}
    ready: Callable[[], bool] = always
    ready_timeout: float = 60.0
    stop_signal: int = signal.SIGTERM
    stop_timeout: float = 20.0
    restart: bool = True
    after: Sequence[str] = ()
    then: Callable[[], None] = nothing


class Outcome(Enum):
    """How the wait for a started process went."""

    READY = auto()
    ENDED = auto()
    LATE = auto()
    STOPPING = auto()


class Keeper:
    """The life of one part, in a thread of its own.

    The thread stays for as long as the process may: the process's leash is the thread's.
    """

    def __init__(self, part: Part, log: Path, changed: Callable[[], None]) -> None:
        self.part, self.log, self._changed = part, log, changed
        self.run = PartRun(part.name, State.WAITING)
        self.failure: PartFailed | None = None
        self.up = Event()  # answered for the first time
        self.settled = Event()  # and its `then` is done: dependents may start
        self.stopping = Event()
        self.before: list[Keeper] = []
        self.behind: list[Keeper] = []
        self.thread = Thread(target=self._live, name=f"keeper of {part.name}", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._altering = Lock()

    def hurry(self) -> None:
        """Kill the process now, whatever it is doing."""
        if process := self._process:
            _signal_group(process, signal.SIGKILL)

    def _live(self) -> None:
        try:
            for other in self.before:
                while not other.settled.wait(LOOK_SECONDS):
                    if self.stopping.is_set():
                        return self._become(State.STOPPED)
            self._keep()
        finally:
            if self.run.state not in (State.STOPPED, State.FAILED):
                self._fail("its keeper broke")
            self._stop()

    def _keep(self) -> None:
        self._trim_log(0)
        pause = FIRST_PAUSE
        while True:
            began = monotonic()
            outcome = self._start()
            if outcome is Outcome.READY:
                self._await_end()
            if self.stopping.is_set():
                self._stop()
                return self._become(State.STOPPED)
            self._end()
            if not self.up.is_set():
                return self._fail(self._reason(outcome))
            if not self.part.restart:
                return self._become(State.FAILED if self.run.last_exit else State.STOPPED)
            steady = monotonic() - began >= STEADY_SECONDS
            pause = FIRST_PAUSE if steady else pause
            self._become(State.RESTARTING)
            self.stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            self._alter(restarts=self.run.restarts + 1)

    def _start(self) -> Outcome:
        if self.stopping.is_set():
            return Outcome.STOPPING
        with self.log.open("ab") as out:
            process = self._process = subprocess.Popen(
                guarded(self.part.command),
                env={**os.environ, **self.part.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the supervisor's to answer
            )
        self._become(State.STARTING, pid=process.pid, born=born(process.pid))
        deadline = monotonic() + self.part.ready_timeout
        while process.poll() is None and not self.stopping.is_set():
            if self.part.ready():
                return self._answered()
            if monotonic() > deadline:
                return Outcome.LATE
            self.stopping.wait(LOOK_SECONDS)
        return Outcome.STOPPING if self.stopping.is_set() else Outcome.ENDED

    def _answered(self) -> Outcome:
        self.up.set()
        if self.settled.is_set():
            self._become(State.READY)
        return Outcome.READY

    def settle(self) -> None:
        """Its `then` is done: it counts as ready, if it still runs."""
        self.settled.set()
        if self.run.state is State.STARTING:
            self._become(State.READY)

    def _await_end(self) -> None:
        process = self._process
        while process and process.poll() is None and not self.stopping.wait(LOOK_SECONDS):
            self._trim_log(LOG_BYTES)

    def _end(self) -> None:
        """See to it that nothing of the process, or of its group, is left."""
        process, self._process = self._process, None
        if process:
            _signal_group(process, signal.SIGKILL)
            self._alter(pid=None, born=None, last_exit=process.wait())

    def _stop(self) -> None:
        """Once the dependents are gone: ask it to end, and after its time-out make it."""
        for other in self.behind:
            if other.thread.ident:
                other.thread.join()
        if (process := self._process) and process.poll() is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.part.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.part.stop_timeout)
        self._end()

    def _reason(self, outcome: Outcome) -> str:
        if outcome is Outcome.LATE:
            return f"not ready within {self.part.ready_timeout:g} s"
        return f"ended with code {self.run.last_exit}"

    def _fail(self, why: str) -> None:
        lines = _tail(self.log)
        self.failure = PartFailed(f"{self.part.name}: {why}; the end of {self.log}:\n{lines}")
        self._become(State.FAILED)

    def _become(self, state: State, **more: object) -> None:
        self._alter(state=state, **more)

    def _alter(self, **more: object) -> None:
        with self._altering:
            self.run = msgspec.structs.replace(self.run, **more)
        self._changed()

    def _trim_log(self, limit: int) -> None:
        """Above the limit the log becomes its predecessor; the process writes on at the front."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > limit:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _tail(log: Path) -> str:
    with suppress(FileNotFoundError):
        text = log.read_bytes()[-TAIL_BYTES:].decode(errors="replace")
        return "\n".join(text.splitlines()[-TAIL_LINES:])
    return ""
