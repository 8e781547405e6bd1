"""The connection to ClickHouse: rows in and out, and each failure sorted into later or never."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import msgspec
from clickhouse_driver import Client
from clickhouse_driver.errors import (
    NetworkError,
    ServerException,
    SocketTimeoutError,
    TypeMismatchError,
)
from clickhouse_driver.util.helpers import parse_url

from streams.wire.clickhouse_codes import LATER, NEVER

DATABASE = "gridloop"

Settings = Mapping[str, Any]
Params = Mapping[str, Any]


class Later(Exception):
    """ClickHouse is away, overloaded or out of means; the same call may be tried again.

    An insert that ends so may have been stored all the same. `reason` is a metric's label.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Never(Exception):
    """This call is wrong as it stands and fails however often it is made; `reason` is a word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Columns(msgspec.Struct, frozen=True):
    """A result by columns: one name, one ClickHouse type and one sequence of values for each."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    values: tuple[Sequence[Any], ...]


class Warehouse:
    """Statements to one database; may be used by many threads at once.

    A statement takes an idle connection or opens one, so there are never more connections than
    statements at a time; one that broke is opened anew by the next statement. `address` is
    `host:port`, or a `clickhouse://` URL with user, password and options. Nothing is connected
    before the first statement, and `database` must exist by then ("" for the server's default).

    Every method raises Later or Never; a failure that neither table knows rises as the driver's
    ServerException.
    """

    def __init__(
        self,
        address: str,
        database: str = DATABASE,
        *,
        connect_seconds: float = 3.0,
        answer_seconds: float = 300.0,
        settings: Settings | None = None,
    ) -> None:
        self._host, self._options = _target(address)
        self._options["database"] = database
        self._options.setdefault("connect_timeout", connect_seconds)
        self._options.setdefault("send_receive_timeout", answer_seconds)
        self._options["settings"] = {**self._options.get("settings", {}), **(settings or {})}
        self._idle: list[Client] = []
        self._lock = threading.Lock()
        self._closed = False
        # Its warnings say again, with a traceback each, what Later says.
        logging.getLogger("clickhouse_driver.connection").setLevel(logging.ERROR)

    def query(
        self, sql: str, params: Params | None = None, settings: Settings | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a query.

        With `params`, %(name)s in it stands for one of them, quoted by its Python type, and a
        percent sign is written %%; without, nothing is replaced. A datetime loses its fractions
        of a second; pass such instants as text.
        """
        with self._client() as client:
            rows: list[tuple[Any, ...]] = client.execute(sql, _given(params), settings=settings)
        return rows

    def query_columns(
        self, sql: str, params: Params | None = None, settings: Settings | None = None
    ) -> Columns:
        """The same by columns, with their names and types; many times faster for many rows."""
        with self._client() as client:
            values, kinds = client.execute(
                sql, _given(params), settings=settings, columnar=True, with_column_types=True
            )
        names, types = tuple(name for name, _ in kinds), tuple(kind for _, kind in kinds)
        return Columns(names=names, types=types, values=tuple(values) or ((),) * len(names))

    def stream(
        self, sql: str, params: Params | None = None, settings: Settings | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Row after row, never all in memory; a stream left early costs its connection."""
        with self._client() as client:
            done = False
            try:
                yield from client.execute_iter(sql, _given(params), settings=settings)
                done = True
            finally:
                if not done:
                    client.disconnect()

    def execute(
        self, sql: str, params: Params | None = None, settings: Settings | None = None
    ) -> None:
        """A statement without a result: DDL, ALTER, INSERT ... SELECT."""
        self.query(sql, params, settings)

    def insert_columns(
        self,
        table: str,
        names: Sequence[str],
        columns: Sequence[Sequence[Any]],
        settings: Settings | None = None,
    ) -> int:
        """Insert columns of equal length as one block; the number of rows.

        Atomic for each partition of the table. DateTime64 takes whole ticks (quick) or datetimes.
        """
        rows = len(columns[0]) if columns else 0
        if not rows:
            return 0
        listed = [list(column) if not isinstance(column, list) else column for column in columns]
        named = ", ".join(f"`{name}`" for name in names)
        with self._client() as client:
            client.execute(
                f"INSERT INTO {table} ({named}) VALUES",
                listed,
                columnar=True,
                settings={**(settings or {}), "insert_block_size": rows},
            )
        return rows

    def close(self) -> None:
        """Close all connections; those in use are closed when their statement ends."""
        with self._lock:
            self._closed, idle = True, self._idle
            self._idle = []
        for client in idle:
            client.disconnect()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        with self._lock:
            client = self._idle.pop() if self._idle else None
        client = client or Client(self._host, **self._options)
        try:
            with _sorted():
                yield client
        finally:
            self._put_back(client)

    def _put_back(self, client: Client) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(client)
                return
        client.disconnect()


def wait_until_reachable(address: str, seconds: float) -> None:
    """Return once ClickHouse answers a query; raise the last Later when `seconds` have passed."""
    until = monotonic() + seconds
    warehouse = Warehouse(address, "", connect_seconds=1.0, answer_seconds=5.0)
    try:
        while True:
            try:
                warehouse.query("SELECT 1")
                return
            except Later:
                if monotonic() >= until:
                    raise
            sleep(0.05)
    finally:
        warehouse.close()


@contextmanager
def _sorted() -> Iterator[None]:
    """Later, never, or (rising as it is) unknown."""
    try:
        yield
    except ServerException as error:
        said = (error.message or "").partition(" Stack trace:")[0]
        detail = f"{error.code}: {said}"
        if error.code in LATER:
            raise Later(LATER[error.code], detail) from error
        if error.code in NEVER:
            raise Never(NEVER[error.code], detail) from error
        raise
    except TypeMismatchError as error:
        raise Never("type", str(error)) from error
    except (NetworkError, SocketTimeoutError, EOFError, OSError) as error:
        raise Later("network", str(error)) from error


def _target(address: str) -> tuple[str, dict[str, Any]]:
    if "://" in address:
        host, options = parse_url(address)
        return host, dict(options)
    host, _, port = address.rpartition(":")
    return host, {"port": int(port)}


def _given(params: Params | None) -> dict[str, Any] | None:
    return dict(params) if params is not None else None
