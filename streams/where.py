"""Where broker and store are reached, and the key: what every command and process asks first."""

import secrets
import socket
from pathlib import Path

import msgspec

from infra.embedded.home import Home
from streams.config import Settings

KEY_BYTES = 32
FLOW, SINK = "gridloop-flow", "gridloop-sink"
"""The consumer groups: an absent store does not stop the way through."""


class Away(Exception):
    """A service that the command needs is not there; the message says how to get it."""


class Addresses(msgspec.Struct, frozen=True):
    """Where broker and store are reached, as host:port."""

    kafka: str
    clickhouse: str


def without_password(address: str) -> str:
    """`host:port` of an address that may be a URL."""
    return address.partition("://")[2].rpartition("@")[2].partition("/")[0] or address


def addresses(settings: Settings) -> Addresses:
    """Those of the settings, else those of what runs in this home. Raises Away."""
    if settings.kafka and settings.clickhouse:
        return Addresses(settings.kafka, settings.clickhouse)
    run = Home(settings.home_dir).run()
    if run is not None and "kafka" not in run.addresses:
        raise Away(f"{settings.home_dir} is only just starting: `gridloop up` waits until it is up")
    if run is None:
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


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
