"""Who starts a home: one command alone; whoever comes meanwhile waits, and joins what is up."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep

from infra.embedded.detached import end_left
from infra.embedded.home import Home, HomeBusy, Run, State

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 300.0
"""Longer than any start or stop may take."""
WAITING = (
    "另一个命令正在启动或停止这里的系统，等它"
    " · another command is starting or stopping the system of this home: waiting for it"
)
STAYING = (
    "其他命令还在用这里的系统，等它们结束；Ctrl-C 立即停止"
    " · other commands still use this system: it stays until they end; Ctrl-C stops it now"
)

Say = Callable[[str], None]


@contextmanager
def claimed(
    home: Home, say: Say, patience: float = PATIENCE_SECONDS
) -> Iterator[tuple[Run, None] | tuple[None, int]]:
    """The account of what is ready in this home; or its hold (home.Home.held), where this process
    is the one to start it, and nothing of an earlier run is left.

    Waits for whoever is starting or stopping it, and takes over where that one dies. Raises
    HomeBusy where that lasts longer than so many seconds.
    """
    deadline = monotonic() + patience
    home.create()
    with ExitStack() as stack:
        while True:
            try:
                hold = stack.enter_context(home.held())
            except HomeBusy:
                run = home.run()
            else:
                end_left(home)
                home.check_room()
                yield None, hold
                return
            if run and run.state is State.READY:
                stack.enter_context(_using(home))
                yield run, None
                return
            say(WAITING)
            say = _silent
            if monotonic() > deadline:
                raise HomeBusy(
                    f"{home.root} has been starting or stopping for {patience:g} s:"
                    f" its logs are in {home.logs}, and `gridloop down` stops it"
                )
            sleep(LOOK_SECONDS)


@contextmanager
def _using(home: Home) -> Iterator[None]:
    """Counted among those whom `await_users` waits for; ends with the process."""
    with home.users.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


def await_users(home: Home, say: Say) -> None:
    """Return when nobody uses any more what this process started."""
    with home.users.open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(STAYING)
            fcntl.flock(users, fcntl.LOCK_EX)


def _silent(_: str) -> None:
    """What has been said once."""
