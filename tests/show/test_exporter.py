"""The metrics: declared once, named as Prometheus wants them, served with the process's health."""

import json
import urllib.error
import urllib.request

import pytest
from prometheus_client import generate_latest

from streams.show.exporter import COUNTERS, GAUGES, Metrics, serve
from tests.tools import promtool, run


def filled() -> Metrics:
    """Every metric with one value."""
    metrics = Metrics()
    for name, (_, labels) in COUNTERS.items():
        metrics.count(name, 1, **dict.fromkeys(labels, "x"))
    for name, (_, labels) in GAUGES.items():
        metrics.gauge(name, 1, **dict.fromkeys(labels, "x"))
    return metrics


@promtool
def test_promtool_finds_nothing_to_say_about_our_metrics() -> None:
    metrics = generate_latest(filled().registry)
    assert run("promtool", "check", "metrics", given=metrics) == (0, "")


def test_a_metric_that_is_not_declared_is_an_error_and_the_prefix_may_stay_away() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError):
        metrics.count("sink_recrods_total")
    metrics.count("gridloop_sink_records_total", 2)
    metrics.count("sink_records_total", 3)
    assert b"gridloop_sink_records_total 5.0" in generate_latest(metrics.registry)


def test_metrics_and_health_are_served_and_an_unready_process_says_so() -> None:
    said = {"ready": True, "records": 7}
    port = serve(0, filled(), lambda: said)

    def get(path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            body: bytes = answer.read()
            return body

    assert b"gridloop_flow_records_in_total" in get("/metrics")
    assert json.loads(get("/healthz")) == said
    said["ready"] = False
    with pytest.raises(urllib.error.HTTPError) as refused:
        get("/healthz")
    assert refused.value.code == 503


def test_a_process_says_nothing_of_what_it_does_not_measure() -> None:
    """A 0 of the worker's for `broker_up` would page for a broker that is away."""
    metrics = Metrics()
    assert b"gridloop_broker_up" not in generate_latest(metrics.registry)
    metrics.gauge("broker_up", 0)
    assert b"gridloop_broker_up 0.0" in generate_latest(metrics.registry)
    assert b"gridloop_store_up" not in generate_latest(metrics.registry)


def test_a_gauge_forgets_labels_that_are_no_more() -> None:
    """Else a reason that is mended would stay forever."""
    metrics = Metrics()
    metrics.gauges("dead_letters", {("malformed",): 2, ("late",): 1})
    metrics.gauges("dead_letters", {("late",): 3})
    said = generate_latest(metrics.registry).decode()
    assert 'gridloop_dead_letters{reason="late"} 3.0' in said
    assert "malformed" not in said
