"""The gateway: what upstream systems send by HTTP, on the log before they are told so.

A request goes through in this order, the cheap refusals first: whose key, is it within its rate,
how large, signed by it, readable, permitted; then it is written, and only then answered with 202.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime
from math import ceil
from time import monotonic
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from streams.core.record import Out
from streams.core.refusal import Reason, Refused
from streams.entry.adapters import cloudevents, gat1400
from streams.entry.adapters.arrival import Arrival
from streams.entry.gateway_keys import Key, Keys
from streams.entry.gateway_problem import MEDIA_TYPE, Problem, batch_refusal, refusal
from streams.wire.kafka import Later

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
MOST_AT_ONCE = 32
"""How many requests of one key may be under way together."""
HOLD_SECONDS, MOST_HELD = 0.1, 256
"""How long a refusal for its rate is held back, and how many of a key's are: who floods waits on
its own connections, and so costs others next to nothing."""
RECORD_BYTES = 990_000
"""What one record may be with its headers: the broker's limit is little more."""
COME_AGAIN_SECONDS = 5

VIID = "application/VIID+JSON"
VIID_CODES = {400: 7, 401: 4, 403: 4, 408: 1, 413: 8, 415: 7, 422: 8, 429: 2, 503: 2}
"""GA/T 1400's status codes: 2 busy, 4 not permitted, 7 no JSON, 8 wrong content, 1 else."""


class Tally(Protocol):
    """Where the gateway counts."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...


class Log(Protocol):
    """What writes to the broker: `publish` returns once it has the records, or raises Later."""

    @property
    def away(self) -> bool: ...

    async def publish(self, records: Sequence[Out]) -> None: ...

    def running(self) -> AbstractAsyncContextManager[None]: ...


Read = Callable[[Key, Request, bytes], list[Arrival]]


class Gateway:
    """Takes requests. `clock` tells the epoch seconds against which signatures are dated."""

    def __init__(self, keys: Keys, log: Log, tally: Tally, clock: Callable[[], float]) -> None:
        self._keys, self._log, self._tally, self._clock = keys, log, tally, clock

    def app(self) -> Starlette:
        """The application, ready to be served."""
        return Starlette(
            routes=[
                self._route("/v1/events", "events", _events),
                self._route("/v1/gb28181/alarms", "gb28181", _alarms),
                self._route("/v1/orders", "orders", _orders),
                Route("/VIID/SubscribeNotifications", self._notified, methods=["POST"]),
                Route("/healthz", self._health, methods=["GET"]),
            ],
            exception_handlers={HTTPException: _not_here},
            lifespan=lambda _: self._log.running(),
        )

    def _route(self, path: str, name: str, read: Read) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                taken = await self._take(request, name, read)
            except Problem as problem:
                return _told(problem)
            events = [{"source": one.sender, "id": one.id} for one in taken]
            return JSONResponse({"accepted": len(taken), "events": events}, status_code=202)

        return Route(path, endpoint, methods=["POST"])

    async def _notified(self, request: Request) -> Response:
        """GA/T 1400 has an answer of its own: one status for each notification."""
        heard = list[str]()

        def read(key: Key, _: Request, body: bytes) -> list[Arrival]:
            if key.notifications is None:
                raise _closed("GA/T 1400")
            told = key.notifications(body)
            heard.extend(told.notifications)
            return told.arrivals

        status, code, words, headers = 200, 0, "OK", {}
        try:
            await self._take(request, "gat1400", read)
        except Problem as problem:
            status, code = problem.status, VIID_CODES.get(problem.status, 1)
            words, headers = f"{problem.reason}: {problem.detail}", problem.headers
        statuses = [(id, code, words) for id in heard or [""]]
        now = datetime.fromtimestamp(self._clock(), self._zone(request))
        body = gat1400.answer(request.url.path, statuses, now)
        return JSONResponse(body, status_code=status, headers=headers, media_type=VIID)

    def _zone(self, request: Request) -> Any:
        try:
            return self._keys.claimed(request.headers.raw).zone
        except Problem:
            return gat1400.BEIJING

    async def _health(self, _: Request) -> Response:
        return JSONResponse(self.health(), status_code=503 if self._log.away else 200)

    def health(self) -> dict[str, Any]:
        """Whether requests can be answered with 202 now."""
        return {"ready": not self._log.away, "broker_away": self._log.away}

    async def _take(self, request: Request, route: str, read: Read) -> list[Arrival]:
        """What a request brought, on the log; Problem where it is not taken."""
        name, count = "", self._tally.count
        try:
            key = self._keys.claimed(request.headers.raw)
            name = key.name
            taken = await self._taken(request, key, read)
        except Problem as problem:
            count("gateway_refused_total", route=route, key=name, reason=problem.reason)
            if problem.status == 429:
                await _hold(key)
            raise
        count("gateway_requests_total", route=route, key=name)
        count("gateway_events_total", len(taken), route=route, key=name)
        if not taken:
            count("gateway_nothing_total", route=route, key=name)
        return taken

    async def _taken(self, request: Request, key: Key, read: Read) -> list[Arrival]:
        with _within_rate(key):
            body = await _body(request, key.max_bytes)
            key.verify(request.headers.raw, body, self._clock())
            key.bucket.take(1, monotonic())
            arrivals = _read(key, request, body, read)
            key.bucket.take(len(arrivals) - 1 if arrivals else 0, monotonic())
            if arrivals:
                await self._write(arrivals)
        return arrivals

    async def _write(self, arrivals: list[Arrival]) -> None:
        try:
            await self._log.publish([arrival.record for arrival in arrivals])
        except Later:
            again = {"Retry-After": str(COME_AGAIN_SECONDS)}
            detail = "the broker does not answer: send the same again"
            raise Problem(503, "broker_away", detail, headers=again) from None


# --- what the routes read ------------------------------------------------------------------------


def _events(key: Key, request: Request, body: bytes) -> list[Arrival]:
    headers = request.headers.raw
    if not cloudevents.is_event(headers):
        told = "CloudEvents 1.0: application/cloudevents+json, …-batch+json, or ce- headers"
        raise Problem(415, "unsupported_media_type", told)
    if key.signs and cloudevents.is_binary(headers):
        told = "a signature covers the body alone: sign structured or batched events"
        raise Problem(415, "unsupported_media_type", told)
    arrivals = cloudevents.events(headers, body)
    for arrival in arrivals:
        key.permit(arrival)
    return arrivals


def _alarms(key: Key, _: Request, body: bytes) -> list[Arrival]:
    if key.alarms is None:
        raise _closed("GB/T 28181 alarms")
    return key.alarms(body)


def _orders(key: Key, _: Request, body: bytes) -> list[Arrival]:
    if key.orders is None:
        raise _closed("work orders")
    return key.orders(body)


def _closed(what: str) -> Problem:
    return Problem(403, "forbidden", f"this key may not send {what}")


def _read(key: Key, request: Request, body: bytes, read: Read) -> list[Arrival]:
    try:
        if not body:
            raise Refused(Reason.EMPTY, "a request without a body")
        arrivals = read(key, request, body)
        for arrival in arrivals:
            _not_too_large(arrival)
    except Refused as why:
        raise refusal(why) from None
    except cloudevents.BatchRefused as why:
        raise batch_refusal(why.refused) from None
    return arrivals


def _not_too_large(arrival: Arrival) -> None:
    record = arrival.record
    around = sum(len(name) + len(value) for name, value in record.headers)
    size = len(record.key or b"") + len(record.value or b"") + around
    if size > RECORD_BYTES:
        raise Refused(Reason.TOO_LARGE, f"an event of {size} bytes; {RECORD_BYTES} are taken")


# --- what every request goes through -------------------------------------------------------------


@contextmanager
def _within_rate(key: Key) -> Iterator[None]:
    """The key's turn; Problem(429) where it sends too fast, or too much together."""
    wait = key.bucket.wait(monotonic())
    if key.at_once >= MOST_AT_ONCE:
        wait = max(wait, 1.0)
    if wait:
        detail = "this key sends faster than it may"
        raise Problem(429, "too_fast", detail, headers={"Retry-After": str(ceil(wait))})
    key.at_once += 1
    try:
        yield
    finally:
        key.at_once -= 1


async def _hold(key: Key) -> None:
    if key.held < MOST_HELD:
        key.held += 1
        try:
            await asyncio.sleep(HOLD_SECONDS)
        finally:
            key.held -= 1


async def _body(request: Request, most: int) -> bytes:
    """The whole body; Problem where it is too large, packed, cut off or too slow."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "unsupported_media_type", "a body without content-encoding")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Problem(408, "too_slow", f"the body took more than {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise Problem(400, "cut_off", "the body ended before its end") from None
    return bytes(body)


def _too_large(most: int) -> Problem:
    return Problem(413, Reason.TOO_LARGE.value, f"this key may send {most} bytes at once")


def _told(problem: Problem) -> Response:
    return JSONResponse(
        problem.body(),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def _not_here(_: Request, why: Exception) -> Response:
    """404 and 405 in the same form as all else."""
    assert isinstance(why, HTTPException)
    reason = {404: "not_found", 405: "method_not_allowed"}.get(why.status_code, "http")
    return _told(Problem(why.status_code, reason, str(why.detail), headers=why.headers))
