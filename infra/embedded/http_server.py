"""ClickHouse's HTTP interface to the engine: curl, clickhouse-connect and data sources talk to it.

Served by uvicorn in a thread; each statement runs in a thread of the pool, so that none holds up
another.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import uvicorn
from anyio import CancelScope
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.embedded.engine_store import Store
from infra.embedded.failed import NO_SPACE, WRONG_PASSWORD, Failed
from infra.embedded.http_answer import Answer, Begun, Errand, answer
from infra.embedded.http_request import Asked
from infra.embedded.http_sessions import Sessions

MOST = 128
"""Connections at once; of their statements as many run as the pool has threads."""
_CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
}
_STATUSES = {
    **dict.fromkeys((36, 41, 43, 53, 62, 69, 72, 271, 386, 456, 457), 400),
    **dict.fromkeys((164, 452, 497, 516), 403),
    **dict.fromkeys((16, 46, 47, 50, 60, 73, 81, 115), 404),
    48: 501,
    159: 408,
    202: 429,
    241: 507,
}
"""HTTP statuses by ClickHouse's codes, where they are not 500."""


class Door:
    """The interface to one store."""

    def __init__(self, store: Store) -> None:
        self._store, self._sessions = store, Sessions(store)
        self._numbers = count(1)
        self._under: set[_Under] = set()

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/ping", self._ping, methods=["GET"]),
            Route("/", self._ask, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    async def _ping(self, _: Request) -> Response:
        return PlainTextResponse("Ok.\n")

    async def _ask(self, request: Request) -> Response:
        if not request.query_params and request.method != "POST":
            return await self._ping(request)
        name = f"http {next(self._numbers)}"
        under = _Under(self._store, self._store.spool(name))
        self._under.add(under)
        begun = None
        try:
            asked = Asked.read(request)
            user = self._store.users.user(asked.user, asked.password, near=asked.near)
            await under.receive(request)
            errand = Errand(
                asked=asked,
                user=user.reading() if asked.reads_only else user,
                mark=f"session {user.name} {asked.session}" if asked.session else name,
                body=under.body,
            )
            begun = await under.begin(errand, answer(self._store, self._sessions, errand))
        except Failed as failed:
            return _refused(failed)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            if begun is None:
                await self._over(under)
        return _Result(under.pieces(), _heads(begun, asked), partial(self._over, under))

    async def _over(self, under: "_Under") -> None:
        await under.over()
        self._under.discard(under)

    def close(self) -> None:
        """End what still runs, and forget the sessions."""
        for under in list(self._under):
            under.end()
        self._sessions.close()


class _Under:
    """A request under way, and what must be cleared away behind it."""

    def __init__(self, store: Store, body: Path) -> None:
        self._store, self.body = store, body
        self._work: Answer | None = None
        self._watch: asyncio.Task[None] | None = None
        self._first: Any = None
        self._mark = ""

    async def receive(self, request: Request) -> None:
        """Keep the body as it comes; from then on mind whether the client stays."""
        try:
            with self.body.open("wb") as file:
                async for piece in request.stream():
                    file.write(piece)
        except OSError as why:
            raise Failed(NO_SPACE, f"The body could not be kept: {why}") from None
        self._watch = asyncio.create_task(self._end_if_gone(request.receive))

    async def begin(self, errand: Errand, work: Answer) -> Begun:
        """Run the statement up to the first bytes of its result. Raises Failed."""
        self._work, self._mark = work, errand.mark
        begun: Begun = await self._next()
        self._first = await self._next()
        return begun

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes of the result."""
        piece = self._first
        while piece is not None:
            yield piece
            piece = await self._next()

    async def _next(self) -> Any:
        return await run_sync(lambda: next(self._work, None) if self._work else None)

    async def _end_if_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await run_sync(self.end)

    def end(self) -> None:
        """End the statement, from any thread."""
        with contextlib.suppress(Failed):
            self._store.kill(self._mark)

    async def over(self) -> None:
        """Leave nothing behind."""
        if self._watch is not None:
            self._watch.cancel()
        if self._work is not None:
            await run_sync(self._work.close)
        await run_sync(self._forget)

    def _forget(self) -> None:
        self.body.unlink(missing_ok=True)


class _Result(StreamingResponse):
    """A result, sent in pieces; `over` follows whatever becomes of it. A failure amid the pieces
    breaks the connection off: nobody may take them for the whole."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        heads: dict[str, str],
        over: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(pieces, headers=heads)
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self._over()


def _refused(failed: Failed) -> Response:
    heads = {"X-ClickHouse-Exception-Code": str(failed.code)}
    if failed.code == WRONG_PASSWORD:
        heads["WWW-Authenticate"] = 'Basic realm="gridloop"'
    return PlainTextResponse(failed.text, _STATUSES.get(failed.code, 500), heads)


def _heads(begun: Begun, asked: Asked) -> dict[str, str]:
    summary = {
        name: str(number)
        for name, number in msgspec.structs.asdict(begun).items()
        if isinstance(number, int)
    }
    heads = {
        "Content-Type": _CONTENT_TYPES.get(begun.form, "text/plain; charset=UTF-8"),
        "X-ClickHouse-Server-Display-Name": "gridloop",
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Query-Id": asked.query_id,
        "X-ClickHouse-Summary": msgspec.json.encode(summary).decode(),
    }
    if begun.form:
        heads["X-ClickHouse-Format"] = begun.form
    if begun.encoding and not asked.packed:
        heads["Content-Encoding"] = begun.encoding
    return heads


@contextlib.contextmanager
def served(store: Store, listener: socket.socket, *, patience: float) -> Iterator[None]:
    """Serve while the block lasts; then running statements get `patience` seconds."""
    door = Door(store)
    server = uvicorn.Server(
        uvicorn.Config(
            door.app(),
            loop="asyncio",  # ADR 0003
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST,
            timeout_graceful_shutdown=int(patience),
        )
    )
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        until = monotonic() + patience
        while thread.is_alive() and monotonic() < until:
            sleep(0.02)
        door.close()
        thread.join(timeout=2.0)
