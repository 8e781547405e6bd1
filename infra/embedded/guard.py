"""A part's leash: run a command that ends when its starter is gone, however that went.

Run by path, `guard.py PARENT COMMAND…`, so that a start costs hundredths of a second.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.5
CANNOT_RUN = 127


def guarded(command: Sequence[str]) -> list[str]:
    """The command on a leash of this process.

    On Linux the leash ends with the thread that starts it: start it from one that stays.
    """
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), *command]


def main(argv: Sequence[str]) -> int:
    """Become the command (Linux), or stay and watch both it and the parent (elsewhere)."""
    parent, command = int(argv[0]), argv[1:]
    try:
        if sys.platform == "linux":
            _become(parent, command)
        return watch(parent, command)
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        return CANNOT_RUN


def _become(parent: int, command: Sequence[str]) -> NoReturn:
    # The kernel keeps this over exec; SIGKILL, since a part that hangs must go as well.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the leash was on
        sys.exit(1)
    os.execvp(command[0], list(command))


def watch(parent: int, command: Sequence[str]) -> int:
    """Run the command as a child; pass signals on; kill it when the parent is gone."""
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: child.send_signal(number))
    while os.getppid() == parent:
        try:
            code = child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return code if code >= 0 else 128 - code
    child.kill()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
