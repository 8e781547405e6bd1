"""Ctrl-C: a demo in the foreground ends with everything that it started, whoever came to it."""

import os
import signal
from pathlib import Path

import pytest

from infra.embedded.claim import WAITING
from tests.journey.system import System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PARTS = {"kafka", "clickhouse", "work-0", "sink"}


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """In a home of its own: the demo shows figures, is interrupted, and nothing runs any more.

    What is told to come up meanwhile waits, starts nothing of its own, and says whose it is.
    """
    mine = System(tmp_path / "demo")
    log = tmp_path / "demo.log"
    demo = mine.start("demo", "--reports", "300", "--seed", "3", log=log)
    second = None
    try:
        until(mine.home.busy, "the demo has its home")
        second = mine.start("up", log=tmp_path / "up.log")
        until(lambda: "立案" in log.read_text("utf-8") or demo.poll() is not None, "first figures")
        assert demo.poll() is None, log.read_text("utf-8")
        run = mine.home.run()
        assert run is not None
        assert {part.name for part in run.parts} >= PARTS
        assert len(mine.processes()) > len(PARTS)

        assert second.wait(120) == 0, (tmp_path / "up.log").read_text("utf-8")
        told = (tmp_path / "up.log").read_text("utf-8")
        assert told.startswith(WAITING)
        assert f"process {demo.pid}" in told
        assert sum("kafka.Kafka" in one.cmdline() for one in mine.processes()) == 1

        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(120) == 0, log.read_text("utf-8")
        assert mine.processes() == []
        assert mine.home.run() is None
        assert "Traceback" not in log.read_text("utf-8")
    finally:
        for started in filter(None, (demo, second)):
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
        mine.close()
