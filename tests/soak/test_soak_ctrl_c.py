"""Ctrl-C at any moment of a demo: while it starts, while it sends, while it waits for the end."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.system import System, until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


def _starting(system: System) -> bool:
    return (run := system.home.run()) is not None and any(part.pid for part in run.parts)


def _ready(system: System) -> bool:
    return (run := system.home.run()) is not None and run.state == "ready"


@pytest.mark.parametrize("words", [("demo",), ("demo", "--until-done", "--reports", "5000")])
@pytest.mark.parametrize("moment", [_starting, _ready])
def test_ctrl_c_leaves_no_process_behind_at_any_moment(
    moment: Callable[[System], bool], words: tuple[str, ...], tmp_path: Path
) -> None:
    """The first interrupt is enough."""
    mine, log = System(tmp_path / "demo"), tmp_path / "demo.log"
    demo = mine.start(*words, log=log)
    try:
        until(lambda: moment(mine) or demo.poll() is not None, "the moment has come")
        assert demo.poll() is None, log.read_text("utf-8")
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(120)
        assert mine.processes() == []
        assert mine.home.run() is None
        assert "Traceback" not in log.read_text("utf-8")
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()
        mine.close()
