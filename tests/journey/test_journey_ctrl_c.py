"""Ctrl-C: a demo in the foreground ends with everything that it started."""

import os
import signal
from pathlib import Path

import pytest

from tests.journey.system import System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PARTS = {"kafka", "clickhouse", "work-0", "sink"}


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """In a home of its own: the demo shows figures, is interrupted, and nothing runs any more."""
    mine = System(tmp_path / "demo")
    log = tmp_path / "demo.log"
    demo = mine.start("demo", "--reports", "300", "--seed", "3", log=log)
    try:
        until(lambda: "立案" in log.read_text("utf-8") or demo.poll() is not None, "first figures")
        assert demo.poll() is None, log.read_text("utf-8")
        run = mine.home.run()
        assert run is not None
        assert {part.name for part in run.parts} >= PARTS
        assert len(mine.processes()) > len(PARTS)

        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(120) == 0, log.read_text("utf-8")
        assert mine.processes() == []
        assert mine.home.run() is None
        assert "Traceback" not in log.read_text("utf-8")
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()
        mine.close()
