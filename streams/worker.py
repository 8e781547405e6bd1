"""The processes: each joins its stages to broker and store, serves its health, runs until told."""

import asyncio
import signal
from collections.abc import Sequence
from concurrent.futures import TimeoutError as Unanswered
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import msgspec

from streams.config import Settings
from streams.core.accepted import Tick
from streams.core.privacy import Tokeniser
from streams.core.topics import (
    CASEWORK_STATE,
    DOORS,
    INTAKE,
    PARTITIONS,
    TICKETS,
    TICKETS_STATE,
    TICKS,
)
from streams.entry.gateway import Gateway
from streams.entry.gateway_keys import Keys
from streams.flow import casework
from streams.flow.app import App, Drain, build_app, health, run_app
from streams.flow.hop import Hop
from streams.flow.intake import Door
from streams.flow.tickets import Tickets
from streams.joined import Joined
from streams.keep.rows import TOPICS as KEPT
from streams.keep.sink import Sink
from streams.keep.slotkeeper import BEHIND, SlotKeeper
from streams.reference import Rules
from streams.show.classified import WINDOW, gauge_layers, layers, places_of
from streams.show.exporter import Metrics, serve
from streams.show.figures import place_now
from streams.watchdog import Watchdog
from streams.where import FLOW, SINK, Addresses, read_key
from streams.wire.async_publisher import AsyncPublisher
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.clickhouse import Warehouse
from streams.wire.http_server import server
from streams.wire.kafka import Publisher
from streams.wire.seal import Seal

TICK_SECONDS = 10.0
HEALTH_SECONDS = 2.0
MEASURE_SECONDS = 60.0


class FlowTally:
    """The flow's counters under their metric names."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        self._metrics.count(f"flow_{name}_total", value, **labels)


def work(settings: Settings, where: Addresses) -> int:
    """The way through: intake, tickets and casework, over the partitions that we are given."""
    metrics, key = Metrics(), read_key(settings)
    rules = Rules(where.kafka)
    rules.start()
    door = Door(rules, Tokeniser(key), Seal(key).close)
    hops = [
        Hop("intake", door.step, DOORS, DOORS[0]),
        Hop("tickets", Tickets(rules).step, (TICKETS,), TICKETS, TICKETS_STATE),
        Hop("casework", casework.step, (INTAKE, TICKS), INTAKE, CASEWORK_STATE),
    ]
    app = build_app(FLOW, where.kafka, _data_dir(settings, "work-0"), hops, FlowTally(metrics))
    pulse = Pulse(app)
    serve(settings.metrics_port, metrics, pulse, settings.metrics_host)
    read = [topic for hop in hops for topic in hop.inputs]
    watchdog = Watchdog(where.kafka, FLOW, read, pulse)
    watchdog.start()
    code = run_app(app)
    watchdog.stop()
    rules.stop()
    return code


def sink(settings: Settings, where: Addresses) -> int:
    """The memory: gathers what came out and stores it in large blocks."""
    metrics, store = Metrics(), Warehouse(where.clickhouse)
    keeper = Sink(store, metrics)
    drain = Drain("sink", KEPT, keeper.take)
    data_dir = _data_dir(settings, "sink")
    app = build_app(SINK, where.kafka, data_dir, [drain], FlowTally(metrics))

    async def watch() -> None:
        await keeper.watch()

    async def measure() -> None:
        await _measure(metrics, Warehouse(where.clickhouse))

    app.task(watch)
    app.task(measure)
    app.on_before_shutdown.connect(partial(_close, keeper), weak=False)
    pulse = Pulse(app)
    serve(
        settings.metrics_port,
        metrics,
        lambda: pulse() | _sink_health(keeper),
        settings.metrics_host,
    )
    watchdog = Watchdog(where.kafka, SINK, KEPT, pulse, lambda: keeper.away)
    watchdog.start()
    slots = _slot_keeper(metrics, where)
    slots.start()
    code = run_app(app)
    slots.stop()
    watchdog.stop()
    return code


def _slot_keeper(metrics: Metrics, where: Addresses) -> SlotKeeper:
    store = Warehouse(where.clickhouse)

    def now(place: str) -> datetime:
        wall = datetime.now(UTC)  # noqa: TID251 - of a place without a clock
        return place_now(store, place, wall)

    def tell(place: str, seconds: float) -> None:
        metrics.gauge(BEHIND, seconds, place=place)

    return SlotKeeper(store, Joined(where, store).book, now, tell)


async def _measure(metrics: Metrics, store: Warehouse) -> None:
    """What said the matters of late, each minute; nothing new while the store is away."""
    while True:
        await asyncio.sleep(MEASURE_SECONDS)
        with suppress(StoreLater):
            await asyncio.to_thread(_measured, metrics, store)


def _measured(metrics: Metrics, store: Warehouse) -> None:
    wall = datetime.now(UTC)  # noqa: TID251 - a metric's own now
    for place in places_of(store):
        now = place_now(store, place, wall)
        gauge_layers(metrics, place, layers(store, place, now - WINDOW, now))


async def _close(keeper: Sink, app: App, **_: Any) -> None:
    """Store what is gathered: it would only come again."""
    await keeper.close()


def clock(settings: Settings, where: Addresses, places: Sequence[str]) -> int:
    """The clock of live places: a tick each ten seconds, to every partition."""
    metrics, asked = Metrics(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    serve(settings.metrics_port, metrics, lambda: {"ready": True}, settings.metrics_host)
    with Publisher(where.kafka) as publisher:
        while not asked.is_set():
            now = datetime.now(UTC)  # noqa: TID251 - this process is the clock
            for place in places:
                send_tick(publisher, Tick(place, now))
                metrics.gauge("clock_last_tick_timestamp_seconds", now.timestamp(), place=place)
            publisher.flush()
            asked.wait(TICK_SECONDS)
    return 0


def gateway(settings: Settings, kafka: str, keys: Keys, host: str, port: int) -> int:
    """The way in by HTTP, until a signal asks for the end."""
    metrics, log = Metrics(), AsyncPublisher(kafka, client="gridloop-gateway")
    door = Gateway(keys, log, metrics, lambda: datetime.now(UTC).timestamp())  # noqa: TID251 - signatures are dated by the wall clock
    served = server(door.app(), host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn hears them, and raises them again after
    serve(settings.metrics_port, metrics, door.health, settings.metrics_host)
    served.run()
    return int(not served.started)


def send_tick(publisher: Publisher, tick: Tick) -> None:
    """A tick goes to every partition: each has cases of the place."""
    value = msgspec.json.encode(tick)
    for partition in range(PARTITIONS):
        publisher.send(TICKS.name, tick.place.encode(), value, partition=partition)


def _data_dir(settings: Settings, name: str) -> Path:
    folder = Path(settings.data_dir) if settings.data_dir else settings.home_dir / "state" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Pulse:
    """Asks an app for its health on the app's own loop; one that does not answer is not healthy.

    The loop is the one that the app's first task finds itself on: Faust makes up a loop of its own
    for whoever asks it too early.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        app.task(self._started)

    async def _started(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def _ask(self) -> dict[str, Any]:
        return msgspec.structs.asdict(health(self._app)) | {"ending": self._app.should_stop}

    def __call__(self) -> dict[str, Any]:
        silent = {"ready": False, "ending": self._app.should_stop}
        if self._loop is None or self._loop.is_closed():
            return silent
        try:
            answer = asyncio.run_coroutine_threadsafe(self._ask(), self._loop)
            return answer.result(HEALTH_SECONDS)
        except Unanswered:
            return silent


def _sink_health(keeper: Sink) -> dict[str, Any]:
    at = keeper.last_fact_at
    return {"store_away": keeper.away, "last_fact_at": at.isoformat() if at else None}
