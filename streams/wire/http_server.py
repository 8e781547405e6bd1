"""An HTTP server: uvicorn on the standard event loop, with bounds on what strangers hold."""

import asyncio

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_CONNECTIONS = 1_000
MOST_HEAD = 65_536
"""Bytes of a request before its body; the parser itself would gather any number."""
IDLE_SECONDS = 15.0
"""How long a connection may stay without a whole head of a request."""
LEAVING_SECONDS = 10


class Impatient(HttpToolsProtocol):
    """Closes a connection on which no request has begun for a while, or whose head never ends.

    uvicorn's own limit is for the time after an answer alone, and ends with the first byte.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head, self._heads, self._in_head = 0, 0, True
        self._before: RequestResponseCycle | None = None
        self._look = self.loop.call_later(IDLE_SECONDS, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        in_head, heads = self._in_head, self._heads
        super().data_received(data)
        self._head = self._head + len(data) if in_head and heads == self._heads else 0
        if self._head > MOST_HEAD:
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._heads, self._in_head = self._heads + 1, False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def _close_if_idle(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        busy = cycle is not None and not cycle.response_complete
        if not busy and cycle is self._before:
            self.transport.close()
            return
        self._before = cycle
        self._look = self.loop.call_later(IDLE_SECONDS, self._close_if_idle)


def server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    """A server of the application; `run` serves until a signal asks for the end."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="asyncio",  # ADR 0003
            http=Impatient,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",  # what strangers send is no news
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=LEAVING_SECONDS,
        )
    )
