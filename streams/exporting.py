"""The exporter: how broker and store stand, as metrics; and the figures recounted now and then."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread

from streams.config import Settings
from streams.joined import Joined
from streams.show.classified import places_of
from streams.show.exporter import Metrics, serve
from streams.show.figures import place_now
from streams.show.measured import measure_letters, measure_places
from streams.where import addresses
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Later as BrokerLater

LOOK_SECONDS = 30.0
ANSWER_SECONDS = 60.0
"""How long the store may take before it counts as away: less than the alert's own wait."""
COMPARED = (0, 1)
"""The exit codes of a recount that came to an end."""

_log = logging.getLogger(__name__)


def exporter(settings: Settings, recount_seconds: float) -> int:
    """Measure until a signal asks for the end; recount each so many seconds, 0: never."""
    metrics, asked, where = Metrics(), Event(), addresses(settings)
    at = Joined(where, Warehouse(where.clickhouse, answer_seconds=ANSWER_SECONDS))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    serve(settings.metrics_port, metrics, lambda: {"ready": True}, settings.metrics_host)
    if recount_seconds:
        Thread(target=_recount_always, args=(metrics, asked, recount_seconds)).start()
    while not asked.is_set():
        measure(metrics, at)
        asked.wait(LOOK_SECONDS)
    return 0


def measure(metrics: Metrics, at: Joined) -> None:
    """Look once at broker and store; what is away keeps its last values."""
    metrics.gauge("broker_up", _answers(lambda: _measure_broker(metrics, at)))
    metrics.gauge("store_up", _answers(lambda: _measure_store(metrics, at)))


def _answers(look: Callable[[], None]) -> bool:
    try:
        look()
    except (BrokerLater, StoreLater) as why:
        _log.warning("away: %s", why)
        return False
    return True


def _measure_broker(metrics: Metrics, at: Joined) -> None:
    metrics.gauges("lag_records", {(group,): left for group, left in at.lags_by_group().items()})


def _measure_store(metrics: Metrics, at: Joined) -> None:
    wall = datetime.now(UTC)  # noqa: TID251 - the now of places without a clock
    measure_letters(metrics, at.store)
    now = {place: place_now(at.store, place, wall) for place in places_of(at.store)}
    measure_places(metrics, at.store, now)


def _recount_always(metrics: Metrics, asked: Event, seconds: float) -> None:
    while not asked.wait(seconds):
        recount(metrics, asked)


def recount(metrics: Metrics, asked: Event) -> None:
    """Run `gridloop verify` and say what it found; in a process of its own, which gives back the
    memory of a whole log, and ends where the end is asked for."""
    words = [sys.executable, "-m", "streams", "verify", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        while True:
            try:
                out, _ = process.communicate(timeout=1)
                break
            except subprocess.TimeoutExpired:
                if asked.is_set():
                    process.terminate()
    if process.returncode not in COMPARED or not out:
        _log.warning("the recount ended with %s", process.returncode)
        return
    said = json.loads(out)
    metrics.gauge("verify_cases", said["cases"])
    metrics.gauge("verify_differences", len(said["differences"]))
    ended = datetime.now(UTC)  # noqa: TID251 - a metric's own now
    metrics.gauge("verify_last_timestamp_seconds", ended.timestamp())
