"""Who may do more than look: a token opens a session, a cookie carries it."""

import secrets
from collections.abc import Callable
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "gridloop_board"
LASTS_SECONDS = 12 * 3600
"""A shift."""


class Sessions:
    """The sessions that are open; none can be without a token. `clock` in seconds."""

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        self._token, self._clock = _digest(token) if token else b"", clock
        self._open: dict[bytes, float] = {}

    @property
    def possible(self) -> bool:
        """Whether anybody can sign in."""
        return bool(self._token)

    def opened(self, token: str) -> str | None:
        """A new session's secret, or None for a wrong token."""
        if not self._token or not secrets.compare_digest(_digest(token), self._token):
            return None
        now = self._clock()
        self._open = {one: until for one, until in self._open.items() if until > now}
        secret = secrets.token_urlsafe(32)
        self._open[_digest(secret)] = now + LASTS_SECONDS
        return secret

    def holds(self, request: Request) -> bool:
        """Whether the request comes from a session that is open."""
        until = self._open.get(_digest(request.cookies.get(COOKIE, "")))
        return until is not None and until > self._clock()

    def end(self, request: Request) -> None:
        """Close the session."""
        self._open.pop(_digest(request.cookies.get(COOKIE, "")), None)


def remember(response: Response, secret: str, *, tls: bool) -> None:
    """Hand the session to the browser: no script reads it, no other site sends it."""
    response.set_cookie(
        COOKIE, secret, max_age=LASTS_SECONDS, httponly=True, samesite="strict", secure=tls
    )


def forget(response: Response) -> None:
    """Have the browser drop it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
