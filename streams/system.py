"""The embedded system as parts: which processes there are, and what each needs of the others."""

import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from infra.embedded.broker import Broker
from infra.embedded.engine import Engine
from infra.embedded.home import Home, State, own_account
from infra.embedded.keeper import always
from infra.embedded.supervise import Part, Supervisor
from streams.config import Settings
from streams.core.topics import ALL
from streams.keep.migrations import migrate
from streams.reference import publish_places
from streams.where import Addresses, free_port, read_key
from streams.wire.kafka import create_topics

READY_SECONDS = 150.0
Say = Callable[[str], None]


def embedded(
    settings: Settings,
    say: Say,
    live: Sequence[str] = (),
    gateway: Path | None = None,
    *,
    service: bool = False,
) -> Supervisor:
    """A supervisor of everything in this home, which the caller holds; `live` are the places whose
    clock it keeps.

    `gateway` is the file of the keys of a gateway, which is a part only where one is named.
    """
    home = Home(settings.home_dir)
    home.create()
    home.write_run(own_account(State.STARTING))  # so that `down` finds who prepares
    read_key(settings)
    broker, engine = Broker(home.root), Engine(home.root)
    broker.prepare(say)
    engine.prepare(say)
    where = Addresses(broker.address, engine.address)
    ports = {name: free_port() for name in ("work-0", "sink", "clock", "gateway", "board")}

    def own(name: str, *words: str) -> Part:
        return _own_part(name, words, where, home, ports[name])

    parts = [
        Part(
            "kafka",
            broker.command(),
            env=broker.env(),
            ready=broker.ready,
            then=lambda: lay_topics(broker.address),
        ),
        Part(
            "clickhouse",
            engine.command(),
            env=engine.env(),
            ready=engine.ready,
            then=lambda: _lay_tables(engine.address),
        ),
        msgspec.structs.replace(own("work-0", "work"), after=("kafka",)),
        msgspec.structs.replace(own("sink", "sink"), after=("kafka", "clickhouse")),
    ]
    board_at = settings.board_port or free_port()
    board = own("board", "board", "--port", str(board_at))
    # Nothing waits for it, and the first figure is not to: it starts when all else has.
    parts.append(msgspec.structs.replace(board, after=("work-0", "sink"), ready=always))
    if live:
        clock = own("clock", "clock", *(word for place in live for word in ("--place", place)))
        parts.append(msgspec.structs.replace(clock, after=("kafka",)))
    reached = {
        "kafka": where.kafka,
        "clickhouse": where.clickhouse,
        "clickhouse_http": engine.http_url,
        "board": f"127.0.0.1:{board_at}",
    }
    reached |= {f"clock:{place}": f"127.0.0.1:{ports['clock']}" for place in live}
    if gateway is not None:
        words = ("--keys", str(gateway), "--port", str(settings.gateway_port))
        door = own("gateway", "gateway", *words)
        parts.append(msgspec.structs.replace(door, after=("kafka",)))
        reached["gateway"] = f"127.0.0.1:{settings.gateway_port}"
    names = {part.name for part in parts}
    metrics = {n: f"http://127.0.0.1:{port}/metrics" for n, port in ports.items() if n in names}
    return Supervisor(home, parts, addresses=reached, metrics=metrics, service=service, held=True)


def lay_topics(kafka: str) -> None:
    """The topics that are missing, and the shipped places on them."""
    create_topics(kafka, ALL)
    publish_places(kafka)


def _lay_tables(clickhouse: str) -> None:
    migrate(clickhouse)


def _own_part(name: str, words: Sequence[str], where: Addresses, home: Home, port: int) -> Part:
    env = {
        "GRIDLOOP_HOME": str(home.root),
        "GRIDLOOP_KAFKA": where.kafka,
        "GRIDLOOP_CLICKHOUSE": where.clickhouse,
        "GRIDLOOP_DATA_DIR": str(home.state / name),
        "GRIDLOOP_METRICS_PORT": str(port),
    }
    command = [sys.executable, "-m", "streams", *words]
    return Part(name, command, env=env, ready=lambda: _healthy(port), ready_timeout=READY_SECONDS)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
