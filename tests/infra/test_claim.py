"""One command starts a home; whoever comes meanwhile waits, joins what is up, or takes over."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from infra.embedded import home as homes
from infra.embedded.claim import STAYING, WAITING, await_users, claimed
from infra.embedded.detached import DaemonFailed, down, spawn
from infra.embedded.home import Home, HomeBusy, HomeUnusable, process_of
from infra.embedded.supervise import Part, Supervisor
from tests.infra.test_supervise import DAEMON, SLEEPER, WAIT_SECONDS, eventually, python

HELD = DAEMON.replace('{"kafka": "host:1"}', '{"kafka": "host:1"}, held=True')
COMMAND = textwrap.dedent(f"""
    import sys
    from pathlib import Path
    from infra.embedded.claim import claimed
    from infra.embedded.detached import spawn
    from infra.embedded.home import Home
    home = Home(Path(sys.argv[1]))
    with claimed(home, lambda text: print(text, flush=True)) as (run, hold):
        if run is None:
            run = spawn(home, [sys.executable, "-c", {HELD!r}, str(home.root)], hold=hold)
            print("started", run.pid)
        else:
            print("joined", run.pid)
""")
"""What `gridloop up` does, of two parts that sleep."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    down(made)


def begin(home: Home) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", COMMAND, str(home.root)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(command: "subprocess.Popen[str]") -> str:
    return command.communicate(timeout=WAIT_SECONDS)[0].strip()


def test_of_three_at_once_one_starts_and_the_others_join_it(home: Home) -> None:
    said = [ended(one) for one in [begin(home) for _ in range(3)]]
    run = home.run()
    assert run is not None
    last = sorted(one.splitlines()[-1] for one in said)
    assert last == [*[f"joined {run.pid}"] * 2, f"started {run.pid}"]
    assert {one.splitlines()[0] for one in said} <= {WAITING, *last}


@contextmanager
def holder(home: Home, then: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has the home in its hands, and has started nothing yet."""
    code = "import signal, sys, time; from pathlib import Path; "
    code += "from infra.embedded.home import Home, State, own_account; "
    code += f"home = Home(Path(sys.argv[1])); home.create()\nwith home.held(): {then}signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code, str(home.root)]) as process:
        eventually(home.busy)
        yield process
        process.kill()


def test_a_start_that_dies_is_taken_over_by_who_waits(home: Home) -> None:
    with holder(home):
        second = begin(home)
        assert second.stdout is not None
        assert second.stdout.readline().strip() == WAITING
    assert ended(second).startswith("started ")
    assert home.run() is not None


def test_who_has_waited_for_too_long_is_told_what_to_do(home: Home) -> None:
    with (
        holder(home),
        pytest.raises(HomeBusy, match="gridloop down"),
        claimed(home, print, patience=0.2),
    ):
        pass


def test_a_daemon_keeps_the_home_that_its_starter_had_and_leaves_it_by_dying(home: Home) -> None:
    assert ended(begin(home)).startswith("started ")
    first = home.run()
    assert first is not None
    with pytest.raises(HomeBusy), home.held():
        pass
    os.kill(first.pid, signal.SIGKILL)
    assert ended(begin(home)).splitlines()[-1].startswith("started ")
    assert all(process_of(part.pid, part.born) is None for part in first.parts)


def test_down_waits_for_the_account_of_who_is_only_just_starting(home: Home) -> None:
    account = "\n while not (home.root / 'go').exists(): time.sleep(0.01)"
    account += "\n home.write_run(own_account(State.STARTING)); "
    with holder(home, then=account) as starting:
        assert home.run() is None
        told: list[bool] = []
        asking = Thread(target=lambda: told.append(down(home, timeout=WAIT_SECONDS)))
        asking.start()
        (home.root / "go").touch()
        asking.join(WAIT_SECONDS)
        assert told == [True]
        assert starting.wait(WAIT_SECONDS) == -signal.SIGTERM


def test_who_started_it_stays_until_nobody_uses_it_any_more(home: Home) -> None:
    said: list[str] = []
    with Supervisor(home, [Part("a", python(SLEEPER))]):
        staying = Thread(target=await_users, args=(home, said.append))
        with claimed(home, said.append) as (run, hold):
            assert (run, hold) == (home.run(), None)
            staying.start()
            eventually(lambda: said == [STAYING])
            assert staying.is_alive()
        staying.join(WAIT_SECONDS)
        assert not staying.is_alive()


def test_a_daemon_that_is_asked_to_end_before_it_is_ready_is_told_from_one_that_broke(
    home: Home,
) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    with pytest.raises(DaemonFailed, match="asked to end"):
        spawn(home, [sys.executable, "-c", code], timeout=WAIT_SECONDS)


def test_a_home_that_cannot_be_written_or_has_no_room_is_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(HomeUnusable, match="GRIDLOOP_HOME"),
        claimed(Home(tmp_path / "file" / "home"), print),
    ):
        pass
    monkeypatch.setattr(homes, "LEAST_BYTES", 1 << 62)
    with pytest.raises(HomeUnusable, match="make room"), claimed(home, print):
        pass
    assert not home.busy()
