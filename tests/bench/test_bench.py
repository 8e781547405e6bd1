"""The bench itself, in small: both sides of each pair do the same work on the same records."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.core.topics import ALARMS, FACTS

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told() -> Any:
    """What a small run of the whole bench says."""
    words = ["--reports=60", "--rounds=1", "--rate=20", "--live-seconds=5", "--json"]
    command = [sys.executable, "-m", "tests.bench", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_stage_stands_beside_its_bare_loop(told: Any) -> None:
    """Intake, tickets, casework and sink, each with both rates and their ratio."""
    assert [one["stage"] for one in told["stages"]] == ["intake", "tickets", "casework", "sink"]
    for one in told["stages"]:
        assert one["records"] > 60
        for side in (one["hop"], one["bare"]):
            rates = side["records_per_second"]
            assert 0 < rates["min"] <= rates["median"] <= rates["max"]
            assert side["cpu_seconds"]["median"] > 0
            assert side["peak_rss_bytes"] > 0
        assert min(one["ratio"], one["cpu_ratio"]) > 0


def test_hop_and_bare_loop_do_the_same_work(told: Any) -> None:
    """As many records come out of the one as of the other, by topic; facts and alarms aside: which
    a tick lets out, and a later act disproves, hangs on whether ticks or inputs are read first."""
    for one in told["stages"]:
        for sent in (one["hop"]["sent"], one["bare"]["sent"]):
            for loose in (FACTS, ALARMS):
                sent.pop(loose.name, None)
        assert one["hop"]["sent"] == one["bare"]["sent"]


def test_the_chain_stores_every_report_that_is_counted_in_its_rate(told: Any) -> None:
    """A rate of records that were lost would be worth nothing."""
    chain = told["chain"]["chain"]
    assert chain["reports"] == chain["stored"] == 60
    assert chain["records"] > chain["reports"]
    assert set(told["chain"]["bare_seconds"]) == {"send", "intake", "tickets", "casework", "sink"}


def test_the_live_case_answers_with_facts(told: Any) -> None:
    """Most records lead to a fact of their own, which is stored after it stood on the log."""
    live = told["live"]
    assert live["records"] == 100
    assert live["answered"] > 50
    assert live["to_intake"]["p50"] <= live["to_fact"]["p50"] <= live["to_stored"]["p50"]


def test_a_text_has_a_cost_by_words_and_by_model(told: Any) -> None:
    """Shorter texts are read faster; a model for one report in ten costs something at the door, and
    how much (about as much again) is for readers: a busy machine tells it otherwise."""
    reading = told["reading"]
    assert [one["letters"] for one in reading["speeds"]] == [20, 100, 400]
    assert reading["speeds"][0]["model"] > reading["speeds"][-1]["model"] > 0
    assert reading["door_model"] > reading["door_terms"] > 0


def test_an_act_has_a_cost(told: Any) -> None:
    """Each of many lives' acts was measured."""
    act = told["act"]
    assert act["acts"] > 1000
    assert 0 < act["fold_median"] <= act["fold_p99"]
