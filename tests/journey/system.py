"""A whole gridloop as its user has it: the command, what it answers, the processes behind it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self, TypeVar

import psutil

from infra.embedded.home import Home, PartRun, State
from streams.config import PREFIX, Settings
from streams.core.record import Record
from streams.core.topics import Topic
from streams.joined import Joined
from streams.wire.kafka import end_offsets, read_all
from tests.journey.warm import WARM, run_warm

COMMAND = Path(sys.executable).with_name("gridloop")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 240.0
"""How long anything may take on a busy machine before it counts as stuck."""

SEEN = frozenset({"GRIDLOOP_CACHE"})
"""Where the broker's files were fetched to is the machine's affair."""

T = TypeVar("T")


def until(holds: Callable[[], T], what: str, patience: float = PATIENCE_S, look: float = 0.1) -> T:
    """Wait for a condition to be true and return its value; fail, naming it, after `patience`."""
    deadline = monotonic() + patience
    while not (value := holds()):
        assert monotonic() < deadline, f"not within {patience:g} s: {what}"
        sleep(look)
    return value


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    def check(self) -> "Ran":
        """Itself; fails, with all that it said, unless it ended well."""
        assert self.code == 0, f"{self}"
        return self

    def json(self) -> Any:
        """The one JSON value that it printed."""
        return json.loads(self.check().out)


class System:
    """One home and the commands in it; as a context manager it is up, and nothing is left after.

    `up` are words for `gridloop up`, `settings` the caller's environment; whatever the tests'
    own environment has is not seen.
    """

    def __init__(self, home: Path, *up: str, **settings: str) -> None:
        self.home, self._up = Home(home), up
        others = {k: v for k, v in os.environ.items() if k in SEEN or not k.startswith(PREFIX)}
        self.env = {**others, "GRIDLOOP_HOME": str(self.home.root), "COLUMNS": "100", **settings}
        self._joined: Joined | None = None

    def __enter__(self) -> Self:
        try:
            self.run("up", *self._up).check()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs and wipe it; fails where a process or a file of it is left."""
        try:
            done = self.run("down", "--purge")
            left = self.processes()
            assert done.code == 0, f"{done}"
            assert not left, f"left behind: {left}"
            assert not (left_there := sorted(self.home.root.rglob("*"))), left_there
        finally:
            for process in self.processes():
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    # --- commands ----------------------------------------------------------------------------

    def run(self, *words: str, given: str | None = None, patience: float = PATIENCE_S) -> Ran:
        """Run one command to its end; `given` is its standard input."""
        if words[0] in WARM:
            return Ran(words, *run_warm(words, self.env, ROOT, given, patience))
        done = subprocess.run(
            [COMMAND, *words],
            env=self.env,
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        return Ran(words, done.returncode, done.stdout, done.stderr)

    def json(self, *words: str, given: str | None = None, patience: float = PATIENCE_S) -> Any:
        """What a command that ends well prints as JSON."""
        return self.run(*words, given=given, patience=patience).json()

    def start(self, *words: str, log: Path) -> "subprocess.Popen[str]":
        """Start a command as a terminal would, its output in a file; whoever starts it ends it."""
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell makes what it starts in the background deaf to Ctrl-C, and that is handed on.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("w") as out:
            return subprocess.Popen(
                [COMMAND, *words],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def publish(self, events: Iterable[dict[str, Any]]) -> Any:
        """Publish structured CloudEvents through the command, and wait until they are stored."""
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events)
        return self.json("publish", "-", "--json", given=lines)

    def rates(self, *words: str) -> Any:
        """Figures as JSON."""
        return self.json("rates", "--format", "json", *words)

    # --- behind them -------------------------------------------------------------------------

    @property
    def joined(self) -> Joined:
        """Broker and store of this home, for looking at what no command shows."""
        if self._joined is None:
            self._joined = Joined.of(Settings(home=str(self.home.root)))
        return self._joined

    def read(self, *topics: Topic) -> Iterator[Record]:
        """All records of some topics, topic by topic."""
        for topic in topics:
            yield from read_all(self.joined.where.kafka, topic.name)

    def ends(self, topic: Topic) -> dict[int, int]:
        """How far a topic reaches, by partition."""
        return dict(end_offsets(self.joined.where.kafka, topic.name))

    def ask(self, sql: str, **params: Any) -> Sequence[Sequence[Any]]:
        """Rows of one statement."""
        return self.joined.store.query(sql, params)

    def part(self, name: str) -> PartRun:
        """How a part fares now; it must be among those of run.json."""
        run = self.home.last_run()
        assert run is not None, f"nothing runs in {self.home.root}"
        return next(part for part in run.parts if part.name == name)

    def restarts(self) -> dict[str, int]:
        """How often each part has been started again."""
        run = self.home.run()
        assert run is not None, f"nothing runs in {self.home.root}"
        return {part.name: part.restarts for part in run.parts}

    def kill(self, name: str) -> None:
        """SIGKILL a part's whole process group, as the kernel does when memory is gone."""
        pid = until(lambda: self.part(name).pid or 0, f"{name} has a process")
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def await_ready(self, name: str, restarts: int) -> None:
        """Wait until the part has been started again so often, and answers."""
        until(
            lambda: self.part(name).restarts >= restarts and self.part(name).state is State.READY,
            f"{name} is ready after {restarts} restarts",
        )

    def processes(self) -> list[psutil.Process]:
        """All living processes that belong to this home, this test's own aside."""
        root, me = str(self.home.root), os.getpid()
        return [one for one in psutil.process_iter() if one.pid != me and _belongs(one, root)]

    def logs(self) -> str:
        """The ends of all parts' logs, for a failure's message."""
        found = sorted(self.home.logs.glob("*.log"))
        return "\n".join(f"--- {f.name}\n{f.read_text(errors='replace')[-4_000:]}" for f in found)


def _belongs(process: psutil.Process, root: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        named = any(root in word for word in process.cmdline())
        return named or process.environ().get("GRIDLOOP_HOME") == root
    except psutil.Error:
        return False
