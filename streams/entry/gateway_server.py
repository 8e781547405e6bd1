"""The gateway's server: uvicorn on the standard event loop, with bounds on what strangers hold."""

import asyncio

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MOST_CONNECTIONS = 1_000
IDLE_SECONDS = 15.0
"""How long a connection may stay without a whole head of a request."""
LEAVING_SECONDS = 10


class Impatient(H11Protocol):
    """Closes a connection on which no request has begun for a while, also one that dribbles.

    uvicorn's own limit is for the time after an answer alone, and ends with the first byte.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._before: RequestResponseCycle | None = None
        self._look = self.loop.call_later(IDLE_SECONDS, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        super().connection_lost(exc)

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
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=LEAVING_SECONDS,
        )
    )
