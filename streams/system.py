"""The embedded system as parts: which processes there are, and what each needs of the others."""

import secrets
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from infra.embedded.broker import Broker
from infra.embedded.engine import Engine
from infra.embedded.home import Home
from infra.embedded.supervise import Part, Supervisor
from streams.config import Settings
from streams.core.topics import ALL
from streams.keep.migrations import migrate
from streams.reference import publish_places
from streams.wire.kafka import create_topics

KEY_BYTES = 32
READY_SECONDS = 150.0
FLOW, SINK = "gridloop-flow", "gridloop-sink"
"""The consumer groups: an absent store does not stop the way through."""
Say = Callable[[str], None]


class Away(Exception):
    """A service that the command needs is not there; the message says how to get it."""


class Addresses(msgspec.Struct, frozen=True):
    """Where broker and store are reached, as host:port."""

    kafka: str
    clickhouse: str


def addresses(settings: Settings) -> Addresses:
    """Those of the settings, else those of what runs in this home. Raises Away."""
    if settings.kafka and settings.clickhouse:
        return Addresses(settings.kafka, settings.clickhouse)
    run = Home(settings.home_dir).run()
    if run is None or "kafka" not in run.addresses:
        raise Away(
            f"nothing runs in {settings.home_dir}: start it with `gridloop up`, or set "
            "GRIDLOOP_KAFKA and GRIDLOOP_CLICKHOUSE to host:port of your own"
        )
    kafka = settings.kafka or run.addresses["kafka"]
    return Addresses(kafka, settings.clickhouse or run.addresses["clickhouse"])


def read_key(settings: Settings) -> bytes:
    """The key for tokens and seals; made at first use where none is named. Raises Away."""
    path = Path(settings.key_file) if settings.key_file else _own_key(settings.home_dir)
    try:
        key = path.read_bytes()
    except OSError as why:
        raise Away(f"cannot read the key: {why}") from why
    if len(key) < KEY_BYTES:
        raise Away(f"{path} holds {len(key)} bytes; a key has {KEY_BYTES}")
    return key[:KEY_BYTES]


def _own_key(home: Path) -> Path:
    path = Home(home).keys / "gridloop.key"
    if not path.exists():
        Home(home).create()
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(KEY_BYTES))
    return path


def embedded(settings: Settings, say: Say, live: Sequence[str] = ()) -> Supervisor:
    """A supervisor of everything in this home; `live` are the places whose clock it keeps."""
    home = Home(settings.home_dir)
    home.create()
    read_key(settings)
    broker, engine = Broker(home.root), Engine(home.root)
    broker.prepare(say)
    engine.prepare(say)
    where = Addresses(broker.address, engine.address)
    ports = {name: free_port() for name in ("work-0", "sink", "clock")}

    def own(name: str, *words: str) -> Part:
        return _own_part(name, words, where, home, ports[name])

    parts = [
        Part(
            "kafka",
            broker.command(),
            env=broker.env(),
            ready=broker.ready,
            then=lambda: _lay_topics(broker.address),
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
    if live:
        clock = own("clock", "clock", *(word for place in live for word in ("--place", place)))
        parts.append(msgspec.structs.replace(clock, after=("kafka",)))
    names = {part.name for part in parts}
    metrics = {n: f"http://127.0.0.1:{port}/metrics" for n, port in ports.items() if n in names}
    return Supervisor(
        home,
        parts,
        addresses={"kafka": where.kafka, "clickhouse": where.clickhouse}
        | {f"clock:{place}": f"127.0.0.1:{ports['clock']}" for place in live},
        metrics=metrics,
    )


def _lay_topics(kafka: str) -> None:
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


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
