"""A large file of tickets: imported, killed on the way, imported again; how fast, how large."""

import csv
import os
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil

from streams.core.topics import ACTS
from tests.journey.system import System

MAPPING = """\
place: {place}
timezone: Asia/Shanghai
time_formats: ["%Y-%m-%d %H:%M:%S"]
columns:
  {{ticket: 单号, reported_at: 上报, closed_at: 办结, status: 状态, department: 部门, text: 内容}}
status: {{办结: closed, 在办: open}}
"""
HEADINGS = ("单号", "上报", "办结", "状态", "部门", "内容")
FIRST = datetime(2020, 1, 1, 8)  # noqa: DTZ001 - written as the place's clocks show it
LOOK_S = 0.02


@dataclass(frozen=True)
class Run:
    """One import: how many rows it sent in what time, and its memory at 10 % and at its most."""

    sent: int
    seconds: float
    rss_at_tenth: int
    rss_peak: int

    def __str__(self) -> str:
        speed = self.sent / max(self.seconds, 0.001)
        sizes = f"{self.rss_at_tenth / 2**20:.0f} MiB at 10 %, {self.rss_peak / 2**20:.0f} at most"
        return f"{self.sent} rows sent in {self.seconds:.1f} s, {speed:,.0f} a second; {sizes}"


class LargeImport:
    """A generated file and its mapping, in a folder."""

    def __init__(self, folder: Path, place: str, rows: int) -> None:
        self.place, self.rows = place, rows
        self.path, self.mapping = folder / "large.csv", folder / "large.yaml"
        self.log = folder / "import.json"
        self.mapping.write_text(MAPPING.format(place=place), "utf-8")
        with self.path.open("w", encoding="gb18030", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(HEADINGS)
            writer.writerows(map(_row, range(rows)))

    def run(self, system: System, kill_at: float | None = None) -> Run:
        """Import it; SIGKILL once this share of its rows has been sent."""
        words = ("import", str(self.path), "--mapping", str(self.mapping), "--json")
        before, began = _acts(system), monotonic()
        process = system.start(*words, log=self.log)
        seen, sent, seconds, tenth, peak = psutil.Process(process.pid), 0, 0.0, 0, 0
        try:
            while process.poll() is None:
                peak = max(peak, _rss(seen))
                if (now := _acts(system) - before) > sent:
                    sent, seconds = now, monotonic() - began
                tenth = tenth or (peak if sent >= self.rows / 10 else 0)
                if kill_at is not None and sent >= kill_at * self.rows:
                    os.killpg(process.pid, signal.SIGKILL)
                    break
                sleep(LOOK_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        assert kill_at is not None or process.returncode == 0, self.log.read_text("utf-8")
        return Run(_acts(system) - before, seconds, tenth or peak, peak)

    def stored(self, system: System) -> tuple[int, int, int]:
        """Cases, reports and import facts of its place."""
        ask = "SELECT (SELECT count() FROM cases FINAL WHERE place = %(p)s), "
        ask += "(SELECT count() FROM reports FINAL WHERE place = %(p)s), "
        ask += "(SELECT count() FROM facts FINAL WHERE place = %(p)s AND kind = 'row_imported')"
        ((cases, reports, facts),) = system.ask(ask, p=self.place)
        return cases, reports, facts


def killed_and_resumed(system: System, large: LargeImport) -> tuple[Run, Run]:
    """Kill an import at 40 %, let the rest settle, import again: nothing lost, nothing doubled."""
    first = large.run(system, kill_at=0.4)
    assert first.sent >= 0.4 * large.rows
    system.joined.drain(patience=600)
    _, _, stored = large.stored(system)
    second = large.run(system)
    assert second.sent == large.rows - stored
    assert large.stored(system) == (large.rows,) * 3
    return first, second


def _acts(system: System) -> int:
    return sum(system.ends(ACTS).values())


def _rss(process: psutil.Process) -> int:
    try:
        size: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return size


def _row(n: int) -> tuple[Any, ...]:
    opened = FIRST + timedelta(seconds=97 * n)
    closed = opened + timedelta(minutes=n % 5_000) if n % 4 else ""
    state = "办结" if closed else "在办"
    return f"L-{n:08d}", opened, closed, state, f"第{n % 30}部门", f"第{n}件：路面破损，请尽快处理"
