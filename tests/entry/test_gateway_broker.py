"""The gateway before a real broker: 202 means that it is on the log, whatever happens to Kafka."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from infra.embedded.broker import Broker
from infra.embedded.home import Home
from infra.embedded.supervise import Part, Supervisor
from streams.core.topics import DOORS, GRIDWORKER
from streams.wire.async_publisher import PATIENCE_SECONDS, AsyncPublisher
from streams.wire.kafka import create_topics, read_all
from tests.entry.gateways import Answer, Served, ask, keys_file
from tests.entry.test_gateway import APP, BATCH, JSON, as_json, event

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

RATE = {"grid_app": {"rate": 10_000, "burst": 10_000}}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """A broker that is started again when it is killed, with the topics of the doors."""
    folder = tmp_path_factory.mktemp("kafka")
    broker = Broker(folder)
    broker.prepare()
    part = Part("kafka", broker.command(), env=broker.env(), ready=broker.ready)
    with Supervisor(Home(folder), [part], addresses={"kafka": broker.address}) as kept:
        create_topics(broker.address, DOORS)
        yield kept


@contextmanager
def gateway(kafka: str, folder: Path) -> Iterator[Served]:
    """A gateway that writes to this broker."""
    with Served(keys_file(folder, **RATE), AsyncPublisher(kafka)) as served:
        yield served


def until(holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "it did not come about"
        sleep(0.05)


def healthy(served: Served) -> bool:
    return served.send("/healthz", method="GET").status == 200


def on_the_log(kafka: Supervisor) -> set[str]:
    values = (record.value for record in read_all(kafka.run.addresses["kafka"], GRIDWORKER.name))
    return {json.loads(value or b"{}")["id"] for value in values}


def post(served: Served, id: str) -> Answer:
    return served.send("/v1/events", as_json(event(id)), content_type=JSON, **APP)


def test_what_is_answered_with_202_is_on_the_log(kafka: Supervisor, tmp_path: Path) -> None:
    with gateway(kafka.run.addresses["kafka"], tmp_path) as served:
        until(lambda: healthy(served))
        assert post(served, "one").status == 202
        batch = as_json([event(f"b-{n}") for n in range(500)])
        assert served.send("/v1/events", batch, content_type=BATCH, **APP).status == 202
        assert on_the_log(kafka) == {"one", *(f"b-{n}" for n in range(500))}


def test_a_broker_that_is_killed_costs_503s_and_nothing_that_was_accepted(
    kafka: Supervisor, tmp_path: Path
) -> None:
    """In full flow; each 503 says when to come again, and the same sent again is taken."""
    accepted, refused, longest = set[str](), 0, 0.0
    with gateway(kafka.run.addresses["kafka"], tmp_path) as served, served.connected() as line:
        until(lambda: healthy(served))
        for kill in range(1):
            killed, number = False, 0
            while number < 300:
                id = f"k-{kill}-{number}"
                began = monotonic()
                answer = ask(line, "/v1/events", as_json(event(id)), content_type=JSON, **APP)
                longest = max(longest, monotonic() - began)
                assert answer.status in {202, 503}
                if answer.status == 202:
                    accepted.add(id)
                    number += 1
                else:
                    refused += 1
                    assert int(answer.headers["retry-after"]) > 0
                    sleep(0.1)
                if number == 100 and not killed:
                    killed = True
                    os.kill(kafka.part("kafka").pid or 0, signal.SIGKILL)
    assert len(accepted) == 300
    assert accepted <= on_the_log(kafka)
    assert refused > 0
    assert longest < 3 * PATIENCE_SECONDS


def test_a_gateway_may_be_there_before_its_broker(tmp_path: Path) -> None:
    """It says so, and accepts nothing."""
    with gateway("127.0.0.1:1", tmp_path) as served:
        assert not healthy(served)
        assert post(served, "early").status == 503
        assert served.counts.counted["refused", "events", "grid-app", "broker_away"] == 1
