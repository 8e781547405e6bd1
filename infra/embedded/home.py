"""A home: the folder that holds all of one embedded system, and the account of what runs in it."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import psutil

PRIVATE = 0o700
BIRTH_SECONDS = 30.0
LEAST_BYTES = 200 << 20
"""An empty system takes 15 MB; a disk with less than this would be full within days."""
FOLDERS = ("kafka", "clickhouse", "keys", "state", "logs")


class HomeBusy(Exception):
    """Another command has this home."""


class HomeUnusable(Exception):
    """The home's folder cannot be made or written; says why and what to do."""


class State(StrEnum):
    """How a part fares."""

    WAITING = "waiting"  # for a part that must be ready before it
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class PartRun(msgspec.Struct, frozen=True):
    """One part: its process, if it has one, and how it fares.

    `born` is the process's creation time in epoch seconds, since a pid alone may be another's.
    """

    name: str
    state: State
    pid: int | None = None
    born: float | None = None
    restarts: int = 0
    last_exit: int | None = None


class Run(msgspec.Struct, frozen=True):
    """What run.json says: the supervisor, its parts, and where each service is reached.

    `addresses` are by service (kafka, clickhouse, board, …), `metrics` are URLs by part. `service`
    tells a supervisor that stays until it is stopped from one that ends with its command.
    """

    pid: int
    born: float
    state: State
    parts: tuple[PartRun, ...] = ()
    addresses: Mapping[str, str] = {}
    metrics: Mapping[str, str] = {}
    service: bool = False


class Home:
    """Where one embedded system keeps everything; nothing is made before `create`."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.kafka = self.root / "kafka"
        self.clickhouse = self.root / "clickhouse"
        self.keys = self.root / "keys"
        self.state = self.root / "state"
        self.logs = self.root / "logs"
        self.run_file = self.root / "run.json"
        self.lock = self.root / "lock"
        self.users = self.root / "users"

    def create(self) -> None:
        """Make the folders, for their owner alone; those that are there stay as they are.

        Raises HomeUnusable where nothing can be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            for name in FOLDERS:
                (self.root / name).mkdir(exist_ok=True, mode=PRIVATE)
            # Keys undo the tokens of persons: closed even where somebody opened the folder.
            self.keys.chmod(PRIVATE)
            self.lock.open("a").close()
        except OSError as why:
            raise self._unusable(why) from why

    def check_room(self) -> None:
        """Raises HomeUnusable where the disk is too full to begin."""
        if (free := shutil.disk_usage(self.root).free) < LEAST_BYTES:
            raise HomeUnusable(
                f"{self.root} 所在磁盘只剩 {free >> 20} MB · its disk has {free >> 20} MB left, and"
                f" {LEAST_BYTES >> 20} are the least: make room, or name another by GRIDLOOP_HOME"
            )

    def _unusable(self, why: OSError) -> HomeUnusable:
        return HomeUnusable(
            f"{self.root} 无法写入 · cannot be written ({why.strerror}):"
            " make room or rights there, or name another folder by GRIDLOOP_HOME"
        )

    def log(self, name: str) -> Path:
        """Where the part of that name writes."""
        return self.logs / f"{name}.log"

    @contextmanager
    def held(self) -> Iterator[int]:
        """Keep the home to this process, and to those that inherit this file descriptor.

        HomeBusy if another has it, HomeUnusable where nothing can be written. Ends with the last
        of these processes, however they end.
        """
        try:
            lock = self.lock.open("a")
        except OSError as why:
            raise self._unusable(why) from why
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A home that was wiped meanwhile has another lock by now, or none.
                ours = os.path.samestat(os.fstat(lock.fileno()), self.lock.stat())
            except (BlockingIOError, FileNotFoundError):
                ours = False
            if not ours:
                raise HomeBusy(f"{self.root} is in use by another gridloop")
            yield lock.fileno()

    def busy(self) -> bool:
        """Whether somebody has the home now."""
        if not self.lock.exists():
            return False
        try:
            with self.held():
                return False
        except HomeBusy:
            return True

    def write_run(self, run: Run) -> None:
        """Replace the account; a reader sees the old one or the new one, never a part of it."""
        written = self.run_file.with_suffix(".part")
        written.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
        written.replace(self.run_file)

    def clear_run(self) -> None:
        """Forget the account: nothing runs any more."""
        if self.run_file.exists():  # a home that cannot be written may be asked to stop, too
            self.run_file.unlink()

    def last_run(self) -> Run | None:
        """The account as it was last written; its processes may be gone."""
        try:
            return msgspec.json.decode(self.run_file.read_bytes(), type=Run)
        except FileNotFoundError:
            return None

    def run(self) -> Run | None:
        """The account of what runs now; None when its supervisor is gone."""
        run = self.last_run()
        return run if run and process_of(run.pid, run.born) else None


def born(pid: int) -> float | None:
    """When the process was created, in epoch seconds; None if there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def process_of(pid: int | None, born: float | None) -> psutil.Process | None:
    """The living process of that pid and birth; None if it is gone or the pid is another's."""
    if pid is None or born is None:
        return None
    try:
        process = psutil.Process(pid)
        # Births are reckoned from the wall clock: setting it moves them all.
        same = abs(process.create_time() - born) < BIRTH_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def memory(run: Run) -> dict[str, int]:
    """Resident bytes of each part with its children; 0 for a part without a process."""
    return {part.name: _resident(part) for part in run.parts}


def parts_json(run: Run | None) -> list[dict[str, Any]]:
    """Each part for whoever asks how it fares: process, state, resident bytes, restarts."""
    if run is None:
        return []
    sizes = memory(run)
    return [
        {
            "name": part.name,
            "pid": part.pid,
            "state": part.state.value,
            "rss_bytes": sizes[part.name],
            "restarts": part.restarts,
        }
        for part in run.parts
    ]


def _resident(part: PartRun) -> int:
    process = process_of(part.pid, part.born)
    if process is None:
        return 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_own_bytes, family))


def _own_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def own_account(state: State) -> Run:
    """An account that names this process as the supervisor."""
    pid = os.getpid()
    return Run(pid, psutil.Process(pid).create_time(), state)
