"""The ClickHouse engine in this process: opened once, then one session a client."""

import json
import os
import re
import shutil
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import msgspec

# The package's own session class imports pyarrow and costs half a second and 60 MB at the start.
from chdb import _chdb as compiled

from infra.embedded.failed import UNKNOWN, UNKNOWN_SETTING, Failed
from infra.embedded.native import Version
from infra.embedded.reading import Outside
from infra.embedded.users import Users

engine: Any = compiled  # a compiled module without stubs
_CODE = re.compile(r"^(?:Streaming query failed: )?Code: (\d+)\. DB::Exception: ", re.DOTALL)


def _failed(error: Exception) -> Failed:
    message, code = str(error), UNKNOWN
    while found := _CODE.match(message):
        code, message = int(found.group(1)), message[found.end() :]
    return Failed(code, message)


Params = Mapping[str, str]
"""Values of {name:Type} in a statement, as ClickHouse writes them in TabSeparated."""
NONE: Params = {}


class Limits(msgspec.Struct, frozen=True):
    """What the engine may take of the machine; sizes in bytes."""

    memory: int = 900 << 20
    marks: int = 32 << 20
    thread: int = 128 << 20
    """What must be free for each thread of a query. The engine's own 1 GiB would leave it one."""

    def arguments(self) -> dict[str, int]:
        """As start-up arguments of the engine; one query gets two thirds of the memory."""
        query_memory = self.memory * 2 // 3
        return {
            "max_server_memory_usage": self.memory,
            "max_memory_usage": query_memory,
            "max_threads_min_free_memory_per_thread": self.thread,
            "max_bytes_before_external_group_by": query_memory // 2,
            "max_bytes_before_external_sort": query_memory // 2,
            "mark_cache_size": self.marks,
            "index_mark_cache_size": self.marks,
            "primary_index_cache_size": self.marks,
            "query_condition_cache_size": self.marks,
            "compiled_expression_cache_size": self.marks,
            "uncompressed_cache_size": 0,
            "background_pool_size": 2,
            "background_schedule_pool_size": 2,
            "background_common_pool_size": 1,
            "max_thread_pool_free_size": 32,
            "implicit_select": 0,
            "output_format_native_write_json_as_string": 1,
        }


class Block(msgspec.Struct, frozen=True):
    """Bytes in the format that was asked for, and what the engine read and wrote for them."""

    raw: bytes
    rows: int = 0
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0


def quoted(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Session:
    """One client's place in the engine: its database, its settings, one statement at a time."""

    def __init__(self, path: str, mark: str) -> None:
        self._path, self.mark = path, mark
        self._open("")

    def _open(self, database: str) -> None:
        self.applied: dict[str, str] = {}
        self._own: dict[str, str] = {}  # what the client had SET before it was overridden
        self._has_own = False
        self._handle = engine.connect(self._path)
        self.run(f"SET log_comment = {quoted(self.mark)}")
        if database:
            self.use(database)

    def run(self, sql: str, form: str = "Native", params: Params = NONE) -> Block:
        """Run a statement to its end; its whole result, perhaps of several blocks."""
        try:
            result = self._handle.query(sql, form, params=dict(params))
            raw = result.bytes()
        except (RuntimeError, UnicodeDecodeError) as error:
            raise _failed(error) from None
        return _block(raw, result)

    def rows(self, sql: str, params: Params = NONE) -> list[list[str]]:
        """A small result as text."""
        lines = self.run(sql, "JSONCompactStringsEachRow", params).raw.splitlines()
        return [json.loads(line) for line in lines]

    def columns(self, sql: str, params: Params = NONE) -> list[tuple[str, str]]:
        """Names and types of a query's columns."""
        rows = self.rows(f"DESCRIBE TABLE ({sql})", params)
        return [(name, kind) for name, kind, *_ in rows]

    def stream(
        self, sql: str, form: str = "Native", params: Params = NONE
    ) -> Generator[Block, None, None]:
        """A query's result, one block a piece; closing the iterator stops the query.

        Each piece is written as if it were the whole: for formats without a head or a foot.
        """
        try:
            result = self._handle.send_query(sql, form, params=dict(params))
            try:
                while (piece := self._handle.streaming_fetch_result(result)) is not None:
                    if not piece.rows_read():
                        break
                    yield _block(piece.bytes(), piece)
            finally:
                self._handle.streaming_cancel_query(result)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise _failed(error) from None

    def use(self, database: str) -> None:
        """Make this the database of names without one."""
        self.run("USE `" + database.replace("\\", "\\\\").replace("`", "\\`") + "`")

    def database(self) -> str:
        """The database of names without one."""
        return self.rows("SELECT currentDatabase()")[0][0]

    def apply(self, settings: dict[str, str]) -> None:
        """Let exactly these settings differ from the client's own, from here on."""
        # The comment is the name by which a query can be ended.
        settings = {name: value for name, value in settings.items() if name != "log_comment"}
        if settings == self.applied:
            return
        if self.applied.get("readonly", "0") != "0":  # once it is set nothing else can be
            self._renew()
        self._take_back([name for name in self.applied if name not in settings])
        new = {name: value for name, value in settings.items() if self.applied.get(name) != value}
        self._remember([name for name in new if name not in self.applied])
        for name, value in new.items():
            self._set(name, quoted(value))
            self.applied[name] = value

    def set(self, sql: str) -> None:
        """Run a SET of the client: it holds from here on, under the settings of each query."""
        self.apply({})
        self.run(sql)
        self._has_own = True

    def _take_back(self, names: list[str]) -> None:
        for name in names:
            self._set(name, self._own.pop(name, "DEFAULT"))
            del self.applied[name]

    def _remember(self, names: list[str]) -> None:
        if self._has_own and names:
            listed = ", ".join(map(quoted, names))
            asked = f"SELECT name, value FROM system.settings WHERE changed AND name IN ({listed})"
            self._own |= {name: quoted(value) for name, value in self.rows(asked)}

    def _set(self, name: str, value: str) -> None:
        if not name.isidentifier():
            raise Failed(UNKNOWN_SETTING, f"Unknown setting '{name}'. (UNKNOWN_SETTING)")
        self.run(f"SET {name} = {value}")

    def _renew(self) -> None:
        database = self.database()
        self._handle.close()
        self._open(database)

    def close(self) -> None:
        """Leave the engine."""
        self._handle.close()


def _block(raw: bytes, result: Any) -> Block:
    return Block(
        raw=raw,
        rows=result.rows_read(),
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
    )


class Store:
    """The opened data of one folder."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._incoming = folder / "incoming"
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(mode=0o700)
        os.environ["TZ"] = "UTC"  # the engine's zone, wherever the machine stands
        arguments = "&".join(f"{name}={value}" for name, value in limits.arguments().items())
        self._path = f"{folder / 'data'}?{arguments}"
        self._lock = threading.Lock()
        self._control = Session(self._path, "control")
        numbers = self._control.rows("SELECT version()")[0][0].split(".")
        self.version = Version(*(int(number) for number in numbers[:3]))
        self.users = Users(folder)
        self.outside = Outside(self._control)

    def session(self, mark: str) -> Session:
        """A new session; `mark` names it to `kill`."""
        return Session(self._path, mark)

    def spool(self, mark: str) -> Path:
        """Where a session keeps the rows of an INSERT until all have come.

        The engine has an INSERT that takes bytes piece by piece, but it hides what goes wrong
        while they are written: too many parts, a broken constraint.
        """
        return self._incoming / f"{mark.replace(' ', '-')}.rows"

    def kill(self, mark: str) -> None:
        """Ask the engine to end what a session runs."""
        with self._lock:
            self._control.run(f"KILL QUERY WHERE Settings['log_comment'] = {quoted(mark)} ASYNC")

    def close(self) -> None:
        """Close the data; sessions must be closed before."""
        self._control.close()
