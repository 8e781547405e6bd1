"""The supervisor's promises: order, keeping up, and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from infra.embedded import keeper
from infra.embedded.detached import DaemonFailed, down, spawn
from infra.embedded.home import Home, HomeBusy, PartRun, State, process_of
from infra.embedded.supervise import Asked, Part, PartFailed, Supervisor

WAIT_SECONDS = 20.0

SLEEPER = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); "
DEAF += "time.sleep(600)"

# A supervisor in a process of its own: the last argument is the home, parts a and b.
DAEMON = textwrap.dedent("""
    import sys
    from pathlib import Path
    from infra.embedded.home import Home
    from infra.embedded.supervise import Part, Supervisor
    home = Home(Path(sys.argv[-1]))
    sleeper = [sys.executable, "-S", "-c", "print(1, flush=True); import time; time.sleep(600)"]
    a = Part("a", sleeper, ready=lambda: home.log("a").read_text() == "1\\n")
    Supervisor(home, [a, Part("b", sleeper, after=["a"])], addresses={"kafka": "host:1"}).serve()
""")
DAEMON_COMMAND = [sys.executable, "-c", DAEMON]


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def eventually(holds: Callable[[], object]) -> None:
    """Wait for a condition; the test fails when it does not come about."""
    deadline = monotonic() + WAIT_SECONDS
    while not holds():
        assert monotonic() < deadline, "it did not come about"
        sleep(0.02)


def gone(part: PartRun) -> bool:
    return process_of(part.pid, part.born) is None


def said(home: Home, name: str, word: str) -> Callable[[], bool]:
    """Ready when the part has written the word into its log."""
    return lambda: home.log(name).exists() and word in home.log(name).read_text()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def strays(home: Home) -> Iterator[None]:
    """End what a failed test would leave."""
    yield
    down(home)


def test_parts_start_after_those_they_need_and_stop_before_them(home: Home, tmp_path: Path):
    order = tmp_path / "order"

    def part(name: str, *after: str) -> Part:
        code = f"""
            import signal, sys, time
            def say(word):
                with open({str(order)!r}, "a") as out: out.write("{name} " + word + "\\n")
            signal.signal(15, lambda *_: (say("ended"), sys.exit(0)))
            time.sleep(0.2)
            say("began")
            print("up", flush=True)
            time.sleep(600)
        """
        command = python(textwrap.dedent(code))
        return Part(name, command, ready=said(home, name, "up"), after=after)

    with Supervisor(home, [part("c", "b"), part("b", "a"), part("a")]) as supervisor:
        assert {one.state for one in supervisor.run.parts} == {State.READY}
    assert order.read_text().split("\n")[:-1] == [
        *("a began", "b began", "c began"),
        *("c ended", "b ended", "a ended"),
    ]


def test_what_follows_readiness_is_done_before_the_dependents_start(home: Home):
    done = []
    first = Part("first", python(SLEEPER), then=lambda: done.append(home.log("second").exists()))
    with Supervisor(home, [first, Part("second", python(SLEEPER), after=["first"])]):
        assert done == [False]


def test_a_killed_part_comes_back_and_is_counted(home: Home):
    with Supervisor(home, [Part("a", python(SLEEPER), ready=said(home, "a", "here"))]) as kept:
        first = kept.part("a")
        os.kill(first.pid, signal.SIGKILL)
        eventually(lambda: kept.part("a").restarts == 1 and kept.part("a").state is State.READY)
        second = kept.part("a")
        assert second.pid != first.pid
        assert second.last_exit == -signal.SIGKILL


def test_a_part_that_ends_again_and_again_is_tried_ever_later_without_end(
    home: Home, tmp_path: Path
):
    """The first start succeeds (a flag file); all later ones fail at once."""
    flag = tmp_path / "flag"
    code = f"""
        import os, sys, time
        if os.path.exists({str(flag)!r}): sys.exit(3)
        open({str(flag)!r}, "w").close()
        print("here", flush=True)
        time.sleep(600)
    """
    part = Part("a", python(textwrap.dedent(code)), ready=said(home, "a", "here"))
    with Supervisor(home, [part]) as kept:
        began = monotonic()
        os.kill(kept.part("a").pid, signal.SIGKILL)
        eventually(lambda: kept.part("a").restarts >= 3)
        assert monotonic() - began > 0.2 + 0.4 + 0.8
        eventually(lambda: kept.part("a").last_exit == 3)
        flag.unlink()
        eventually(lambda: kept.part("a").state is State.READY)


def test_a_part_that_may_not_come_back_stays_away(home: Home):
    once = Part("once", python("import time; time.sleep(0.3)"), restart=False)
    with Supervisor(home, [once]) as kept:
        eventually(lambda: kept.part("once").state is State.STOPPED)
        assert kept.part("once").restarts == 0


def test_a_part_that_cannot_start_is_named_with_the_end_of_its_log(home: Home):
    good = Part("good", python(SLEEPER))
    bad = Part("bad", python("print('no such place'); raise SystemExit(2)"), ready=lambda: False)
    kept = Supervisor(home, [good, bad])
    with pytest.raises(PartFailed, match=r"(?s)bad: ended with code 2.*no such place"), kept:
        pass
    assert gone(kept.part("good"))
    assert home.run() is None


def test_a_program_that_does_not_exist_is_said(home: Home):
    with (
        pytest.raises(PartFailed, match="cannot run /no/such/program"),
        Supervisor(home, [Part("a", ["/no/such/program"], ready=lambda: False)]),
    ):
        pass


def test_a_part_that_is_not_ready_in_time_fails_the_start(home: Home):
    late = Part("late", python(SLEEPER), ready=lambda: False, ready_timeout=0.3)
    with pytest.raises(PartFailed, match=r"not ready within 0\.3 s"), Supervisor(home, [late]):
        pass


def test_a_part_that_ignores_the_request_to_stop_is_killed(home: Home):
    deaf = Part("deaf", python(DEAF), ready=said(home, "deaf", "deaf"), stop_timeout=0.3)
    with Supervisor(home, [deaf]) as kept:
        part = kept.part("deaf")
    assert gone(part)


def test_children_of_a_part_go_with_it(home: Home):
    code = "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-S', '-c', "
    code += "'import time; time.sleep(600)']); print('child', c.pid, flush=True); time.sleep(600)"
    with Supervisor(home, [Part("a", python(code), ready=said(home, "a", "child"))]) as kept:
        assert kept.memory()["a"] > 5_000_000
        child = psutil.Process(int(home.log("a").read_text().split()[1]))
        assert child.ppid() == kept.part("a").pid
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_two_supervisors_cannot_have_one_home(home: Home):
    with Supervisor(home, [Part("a", python(SLEEPER))]) as kept:
        with pytest.raises(HomeBusy), Supervisor(home, [Part("b", python(SLEEPER))]):
            pass
        assert [part.name for part in home.run().parts] == ["a"]
        assert not gone(kept.part("a"))


def test_needs_that_go_in_a_circle_are_refused(home: Home):
    parts = [Part("a", [], after=["b"]), Part("b", [], after=["a"])]
    with pytest.raises(ValueError, match="cycle"):
        Supervisor(home, parts)


def test_only_the_owner_can_look_into_a_home(home: Home):
    home.create()
    for folder in (home.root, home.keys, home.logs, home.kafka):
        assert folder.stat().st_mode & 0o077 == 0


def test_the_account_tells_each_part_and_is_gone_after_the_end(home: Home):
    with Supervisor(home, [Part("a", python(SLEEPER))], metrics={"a": "http://127.0.0.1:1/"}):
        told = json.loads(home.run_file.read_bytes())
        assert told["pid"] == os.getpid()
        assert told["parts"][0]["state"] == "ready"
        assert told["metrics"] == {"a": "http://127.0.0.1:1/"}
    assert not home.run_file.exists()


def test_a_log_of_an_earlier_run_is_kept_once(home: Home):
    for _ in range(2):
        with Supervisor(home, [Part("a", python(SLEEPER), ready=said(home, "a", "here"))]):
            assert home.log("a").read_text() == "here\n"
    assert home.log("a").with_suffix(".log.1").read_text() == "here\n"


@pytest.mark.usefixtures("strays")
def test_a_daemon_is_found_by_its_account_and_stopped_with_all_its_parts(home: Home):
    run = spawn(home, [*DAEMON_COMMAND, str(home.root)], timeout=WAIT_SECONDS)
    assert home.run() == run
    assert run.addresses == {"kafka": "host:1"}
    assert down(home, timeout=WAIT_SECONDS)
    assert process_of(run.pid, run.born) is None
    assert all(gone(part) for part in run.parts)
    assert home.run() is None
    assert not down(home)


@pytest.mark.usefixtures("strays")
def test_parts_die_with_a_supervisor_that_is_killed(home: Home):
    run = spawn(home, [*DAEMON_COMMAND, str(home.root)], timeout=WAIT_SECONDS)
    os.kill(run.pid, signal.SIGKILL)
    eventually(lambda: all(gone(part) for part in run.parts))
    assert home.run() is None
    with Supervisor(home, [Part("c", python(SLEEPER))]):
        assert [part.name for part in home.run().parts] == ["c"]


@pytest.mark.usefixtures("strays")
def test_a_daemon_that_cannot_start_says_why_and_leaves_nothing(home: Home):
    code = DAEMON.replace("print(1, flush=True)", "raise SystemExit('no luck')")
    with pytest.raises(DaemonFailed, match="no luck"):
        spawn(home, [sys.executable, "-c", code, str(home.root)], timeout=WAIT_SECONDS)
    assert home.run() is None


def test_ctrl_c_in_the_foreground_stops_all(home: Home):
    command = [*DAEMON_COMMAND, str(home.root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: (run := home.run()) and run.state is State.READY)
        run = home.run()
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == 0
        assert process.stderr.read() == ""
    assert all(gone(part) for part in run.parts)


def test_asking_twice_does_not_wait_for_a_part_that_is_deaf(home: Home):
    deaf = f"""
        import sys
        from pathlib import Path
        from infra.embedded.home import Home
        from infra.embedded.supervise import Part, Supervisor
        home = Home(Path(sys.argv[-1]))
        part = Part("a", [sys.executable, "-S", "-c", {DEAF!r}], stop_timeout=600,
                    ready=lambda: "deaf" in home.log("a").read_text())
        Supervisor(home, [part]).serve()
    """
    command = [sys.executable, "-c", textwrap.dedent(deaf), str(home.root)]
    with subprocess.Popen(command) as process:
        eventually(lambda: (run := home.run()) and run.state is State.READY)
        run = home.run()
        process.send_signal(signal.SIGINT)
        eventually(lambda: home.run().state is State.STOPPING)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == 0
    assert gone(run.parts[0])


def test_who_has_asked_twice_before_the_stop_began_is_heard(home: Home):
    deaf = Part("deaf", python(DEAF), ready=said(home, "deaf", "deaf"), stop_timeout=600)
    supervisor = Supervisor(home, [deaf])
    supervisor.start()
    asked = Asked()
    asked.times = 2
    supervisor.stop(asked)
    assert gone(supervisor.part("deaf"))


def test_a_log_does_not_grow_without_end(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeper, "LOG_BYTES", 10_000)
    code = "import itertools, time\nfor n in itertools.count(): print(n, flush=True); "
    code += "time.sleep(0.0001)"
    with Supervisor(home, [Part("a", python(code))]):
        older = home.log("a").with_suffix(".log.1")
        eventually(lambda: older.exists() and older.stat().st_size > 10_000)
        eventually(lambda: home.log("a").stat().st_size < 10_000)


def test_the_watch_kills_the_command_when_its_parent_goes(tmp_path: Path):
    """The way of systems other than Linux, which have no such signal from the kernel."""
    note = tmp_path / "pid"
    sleeper = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    parent = f"""
        import os, subprocess, sys
        from infra.embedded import guard
        watch = "import sys; from infra.embedded.guard import watch; "
        watch += "watch(int(sys.argv[1]), sys.argv[2:])"
        subprocess.run([sys.executable, "-c", watch, str(os.getpid()), *{python(sleeper)!r}])
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(parent)]) as process:
        eventually(lambda: note.exists() and note.read_text())
        sleeping = psutil.Process(int(note.read_text()))
        process.kill()
    eventually(lambda: not sleeping.is_running() or sleeping.status() == psutil.STATUS_ZOMBIE)
