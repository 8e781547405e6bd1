"""A supervisor as a daemon: started apart from any terminal, found again by run.json, stopped."""

import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic, sleep

import psutil

from infra.embedded.home import Home, Run, State, process_of

LOOK_SECONDS = 0.1
STOP_SECONDS = 90.0
TAIL_BYTES = 8_000
NAME = "supervisor"


class DaemonFailed(Exception):
    """The daemon ended, or was not ready in time; says the end of its log."""


def spawn(
    home: Home, command: Sequence[str], *, hold: int | None = None, timeout: float = 180.0
) -> Run:
    """Run the command, which supervises this home, apart from this terminal.

    Returns its account once all parts are ready; raises DaemonFailed, and nothing is left then.
    Whoever has the home passes its `hold` on (Home.held).
    """
    home.create()
    log = home.log(NAME)
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if hold is None else (hold,),
        )
    deadline = monotonic() + timeout
    while monotonic() < deadline and daemon.poll() is None:
        run = home.run()
        if run and run.pid == daemon.pid and run.state is State.READY:
            return run
        sleep(LOOK_SECONDS)
    why = _why(daemon.poll(), timeout)
    end_left(home, STOP_SECONDS)
    daemon.kill()
    daemon.wait()
    tail = log.read_bytes()[-TAIL_BYTES:].decode(errors="replace")
    raise DaemonFailed(f"the supervisor {why}; the end of {log}:\n{tail}")


def _why(code: int | None, timeout: float) -> str:
    if code is None:
        return f"was not ready within {timeout:g} s"
    asked = code in (0, -signal.SIGTERM)
    return "was asked to end before all was ready" if asked else f"ended with code {code}"


def down(home: Home, *, timeout: float = STOP_SECONDS) -> bool:
    """Stop what runs in this home; return when its supervisor and all its parts are gone.

    False where nothing ran. What is left of a supervisor that was killed is ended too, and
    after the time-out what still runs is killed.
    """
    deadline = monotonic() + timeout
    # Whoever has the home and gives no account yet is only just starting.
    while home.run() is None and home.busy() and monotonic() < deadline:
        sleep(LOOK_SECONDS)
    return end_left(home, timeout)


def end_left(home: Home, timeout: float = 0.0) -> bool:
    """End what the home's account names, the supervisor in order if it is done in so many
    seconds; return when all of it is gone, whether there was anything."""
    run = home.last_run()
    if run is None or not (left := _alive(run)):
        home.clear_run()
        return False
    if supervisor := process_of(run.pid, run.born):
        _signal(supervisor, signal.SIGTERM)
        deadline = monotonic() + timeout
        while _alive(run) and monotonic() < deadline:
            run = home.last_run() or run
            sleep(LOOK_SECONDS)
        left = _alive(run)
    for process in left:
        _signal(process, signal.SIGKILL)
    while _alive(run):
        sleep(LOOK_SECONDS)
    home.clear_run()
    return True


def _alive(run: Run) -> list[psutil.Process]:
    named = [(run.pid, run.born), *((part.pid, part.born) for part in run.parts)]
    return [process for pid, birth in named if (process := process_of(pid, birth))]


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
