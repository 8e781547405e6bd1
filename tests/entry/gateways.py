"""A gateway served for tests, over real sockets; its log is a ledger that may be away."""

import http.client
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import sleep
from types import TracebackType
from typing import Any, Self

import yaml

from streams.core.record import Out
from streams.entry.gateway import Gateway, Log
from streams.entry.gateway_keys import read_keys
from streams.wire.http_server import server
from streams.wire.kafka import Later
from tests.entry.upstreams import ROOT

NOW = 1_800_000_000
SIGNING_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
"""Invented, as all tokens here."""

TOKENS = {"video-platform-a": "token-of-the-video-platform", "grid-app": "token-of-the-grid-app"}


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: Any


class LedgerLog:
    """What a broker would hold; nothing while it is away."""

    def __init__(self) -> None:
        self.away = False
        self.records: list[Out] = []

    async def publish(self, records: Sequence[Out]) -> None:
        if self.away:
            raise Later("away")
        self.records += records

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield


class Counts:
    """What the gateway counted, by name and labels."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, ...]] = Counter()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        self.counted[name.removeprefix("gateway_").removesuffix("_total"), *labels.values()] += int(
            value
        )


def keys_file(folder: Path, **changes: Mapping[str, object]) -> Path:
    """The example's keys with the tokens above; `changes` are by key, hyphens as underscores."""
    ring = yaml.safe_load((ROOT / "keys.yaml").read_text("utf-8"))
    for entry in ring["keys"]:
        if entry["name"] in TOKENS:
            entry["token_sha256"] = sha256(TOKENS[entry["name"]].encode()).hexdigest()
        entry.update(changes.get(entry["name"].replace("-", "_"), {}))
    (folder / "orders.yaml").write_bytes((ROOT / "orders.yaml").read_bytes())
    file = folder / "keys.yaml"
    file.write_text(yaml.safe_dump(ring, allow_unicode=True), "utf-8")
    return file


class Served:
    """A gateway on a port of its own for as long as the block."""

    def __init__(self, keys: Path, log: Log | None = None) -> None:
        self.log = LedgerLog() if log is None else log
        self.counts = Counts()
        ring = read_keys(keys, {"HOTLINE_SIGNING_KEY": SIGNING_KEY})
        gateway = Gateway(ring, self.log, self.counts, lambda: float(NOW))
        self._server = server(gateway.app(), "127.0.0.1", 0)
        self._thread = Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            sleep(0.01)
        (socket_,) = self._server.servers[0].sockets
        self.port: int = socket_.getsockname()[1]
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def records(self) -> list[Out]:
        """What is on the log."""
        assert isinstance(self.log, LedgerLog)
        return self.log.records

    def send(self, path: str, body: bytes = b"", method: str = "POST", **headers: str) -> Answer:
        """One request; underscores in the names of headers become hyphens."""
        with self.connected() as connection:
            return ask(connection, path, body, method, **headers)

    @contextmanager
    def connected(self) -> Any:
        """A connection that stays open."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def raw(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


def ask(
    connection: http.client.HTTPConnection,
    path: str,
    body: bytes = b"",
    method: str = "POST",
    **headers: str,
) -> Answer:
    """One request over an open connection."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    text = answer.read()
    return Answer(answer.status, dict(answer.getheaders()), json.loads(text) if text else None)


def bearer(key: str) -> str:
    """The authorization of a key."""
    return f"Bearer {TOKENS[key]}"
