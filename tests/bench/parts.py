"""What the running system's own processes have used and done, read from outside."""

import urllib.request
from collections.abc import Mapping

import msgspec
import psutil
from prometheus_client.parser import text_string_to_metric_families

from infra.embedded.home import Home

METRICS_SECONDS = 20.0


class Reading(msgspec.Struct, frozen=True):
    """One look: CPU seconds by part since its start, chunks and records done by hop."""

    cpu_seconds: dict[str, float]
    chunks: dict[str, float]
    records: dict[str, float]

    def since(self, before: "Reading") -> "Reading":
        """What came between an earlier look and this one."""
        return Reading(
            _less(self.cpu_seconds, before.cpu_seconds),
            _less(self.chunks, before.chunks),
            _less(self.records, before.records),
        )


def read(home: Home) -> Reading:
    """Look at what runs in this home; it must be up."""
    run = home.run()
    assert run is not None, f"nothing runs in {home.root}"
    cpu = {part.name: _cpu(part.pid) for part in run.parts if part.pid is not None}
    with urllib.request.urlopen(run.metrics["work-0"], timeout=METRICS_SECONDS) as answer:
        text = answer.read().decode()
    chunks: dict[str, float] = {}
    records: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            counted = {
                "gridloop_flow_chunks_total": chunks,
                "gridloop_flow_records_in_total": records,
            }.get(one.name)
            if counted is not None:
                hop = one.labels["hop"]
                counted[hop] = counted.get(hop, 0.0) + one.value
    return Reading(cpu, chunks, records)


def _less(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in now.items()}


def _cpu(pid: int) -> float:
    """The part's own process and what it has started: some are wrapped in a guard."""
    part = psutil.Process(pid)
    times = [one.cpu_times() for one in (part, *part.children(recursive=True))]
    return sum(one.user + one.system for one in times)
