"""Ten times its rate from one key: how long others wait, beside when it floods elsewhere."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest
import yaml

from infra.embedded.broker import running_broker
from streams.core.topics import DOORS
from streams.where import free_port
from streams.wire.kafka import create_topics
from tests.journey.system import System, until

pytestmark = [pytest.mark.soak, pytest.mark.broker, pytest.mark.timeout(900)]

RATE, CALM, SECONDS, PAIRS, LINES = 50, 20, 4, 5, 2
FLOOD = Path(__file__).with_name("flood.py")
MOST_SLOWER = 1.5
"""What the median may be slower by: on two shared cores pairs differ by more than that."""


def sender(where: str, token: str, per_second: float) -> "subprocess.Popen[str]":
    words = [sys.executable, str(FLOOD), where, token, str(per_second), str(SECONDS)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, _ = process.communicate(timeout=SECONDS + 60)
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(out)
    return answer


def keys(folder: Path) -> Path:
    def key(name: str, rate: int) -> dict[str, Any]:
        own = {"token_sha256": sha256(name.encode()).hexdigest(), "place": "dongguan"}
        may = {"senders": ["/dongguan/grid-app"], "events": ["report.gridworker"]}
        return {"name": name, **own, **may, "rate": rate, "burst": rate}

    file = folder / "keys.yaml"
    file.write_text(yaml.safe_dump({"keys": [key("flooder", RATE), key("calm", 1000)]}), "utf-8")
    return file


@contextmanager
def gateway_for(folder: Path, kafka: str) -> Iterator[str]:
    """A gateway process; where it listens."""
    folder.mkdir()
    create_topics(kafka, DOORS)
    where, home = f"127.0.0.1:{free_port()}", System(folder / "home", GRIDLOOP_KAFKA=kafka)
    words = ("gateway", "--keys", str(keys(folder)), "--port", where.partition(":")[2])
    process = home.start(*words, log=folder / "gateway.log")
    try:
        until(lambda: _answers(where), "the gateway answers")
        yield where
    finally:
        process.terminate()
        assert process.wait(30) == 0, (folder / "gateway.log").read_text("utf-8")


def test_a_flood_by_one_key_leaves_the_others_latency_as_it_is(tmp_path: Path) -> None:
    """One key keeps to its rate here and floods another gateway, then the other way round.

    So machine and broker are as busy in either stretch, and the ratio of latencies, pair by pair,
    is what a flood does to the other keys of its own gateway.
    """
    ratios, statuses = list[tuple[float, float]](), Counter[str]()
    with (
        running_broker(tmp_path / "kafka") as broker,
        gateway_for(tmp_path / "own", broker.address) as own,
        gateway_for(tmp_path / "other", broker.address) as other,
    ):
        said(sender(own, "calm", CALM))  # warm
        for number in range(PAIRS):
            spots = {}
            for flooded in (False, True) if number % 2 else (True, False):
                rates = {own: 10 if flooded else 1, other: 1 if flooded else 10}
                floods = [
                    sender(where, "flooder", RATE * times / LINES)
                    for where, times in rates.items()
                    for _ in range(LINES)
                ]
                calm = said(sender(own, "calm", CALM))
                assert set(calm["counted"]) == {"202"}
                spots[flooded] = calm["latencies"]
                for flood in floods:
                    statuses.update(said(flood)["counted"])
            ratios.append(_ratios(spots[True], spots[False]))
    slower, tail = (median(column) for column in zip(*ratios, strict=True))
    print(f"flooder {dict(statuses)}; {PAIRS} pairs, median of ratios: p50 {slower:.2f}")
    print(f"p95 {tail:.2f}; pairs {[(round(a, 2), round(b, 2)) for a, b in ratios]}")
    milliseconds = {flooded: round(1000 * median(found), 1) for flooded, found in spots.items()}
    print(f"p50 in ms of the last pair, by flooded: {milliseconds}")
    assert statuses["202"] <= 4 * (RATE * (SECONDS + 2) + RATE) * PAIRS
    assert statuses["429"] > 0
    assert slower <= MOST_SLOWER


def _ratios(flooded: list[float], quiet: list[float]) -> tuple[float, float]:
    p95 = quantiles(flooded, n=20)[-1] / quantiles(quiet, n=20)[-1]
    return median(flooded) / median(quiet), p95


def _answers(where: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{where}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
