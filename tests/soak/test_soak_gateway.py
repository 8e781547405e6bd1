"""Ten times its rate from one key: how long the others wait, beside how long they wait in peace."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest
import yaml

from infra.embedded.broker import running_broker
from streams.core.topics import DOORS
from streams.system import free_port
from streams.wire.kafka import create_topics
from tests.journey.system import System, until

pytestmark = [pytest.mark.soak, pytest.mark.broker, pytest.mark.timeout(900)]

RATE, CALM, SECONDS, PAIRS = 50, 20, 5, 10
FLOOD = Path(__file__).with_name("flood.py")
MOST_SLOWER = 1.25
"""What the median may be slower by: two processes more on two cores are seen, too."""


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


def test_a_flood_by_one_key_leaves_the_others_latency_as_it_is(tmp_path: Path) -> None:
    """Quiet and flooded stretches in turn, the ratio of their latencies, pair by pair."""
    port = free_port()
    where = f"127.0.0.1:{port}"
    with running_broker(tmp_path / "kafka") as broker:
        create_topics(broker.address, DOORS)
        home = System(tmp_path / "home", GRIDLOOP_KAFKA=broker.address)
        words = ("gateway", "--keys", str(keys(tmp_path)), "--port", str(port))
        gateway = home.start(*words, log=tmp_path / "gateway.log")
        try:
            until(lambda: b"ready" in _health(where), "the gateway answers")
            said(sender(where, "calm", CALM))  # warm
            ratios, statuses = list[tuple[float, float]](), dict[str, int]()
            for number in range(PAIRS):
                spots = {}
                for flooded in (False, True) if number % 2 else (True, False):
                    flood = sender(where, "flooder", 10 * RATE) if flooded else None
                    calm = said(sender(where, "calm", CALM))
                    assert set(calm["counted"]) == {"202"}
                    spots[flooded] = calm["latencies"]
                    if flood is not None:
                        for status, count in said(flood)["counted"].items():
                            statuses[status] = statuses.get(status, 0) + count
                ratios.append(_ratios(spots[True], spots[False]))
        finally:
            gateway.terminate()
            assert gateway.wait(30) == 0, (tmp_path / "gateway.log").read_text("utf-8")
    slower, tail = (median(column) for column in zip(*ratios, strict=True))
    print(f"flooder {statuses}; flooded / quiet, median of {PAIRS} pairs: p50 {slower:.2f}")
    print(f"p95 {tail:.2f}; all pairs {[(round(a, 2), round(b, 2)) for a, b in ratios]}")
    assert statuses["202"] <= (RATE * SECONDS + RATE) * PAIRS * 1.05
    assert statuses["429"] > 5 * statuses["202"]
    assert slower <= MOST_SLOWER


def _ratios(flooded: list[float], quiet: list[float]) -> tuple[float, float]:
    p95 = quantiles(flooded, n=20)[-1] / quantiles(quiet, n=20)[-1]
    return median(flooded) / median(quiet), p95


def _health(where: str) -> bytes:
    done = subprocess.run(
        ["curl", "-sf", f"http://{where}/healthz"], capture_output=True, check=False
    )
    return done.stdout
