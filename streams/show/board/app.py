"""The board's server: a page, the stream behind it, the cases behind a figure, one's sign-in.

Nobody needs to sign in to look; only a session may send a dead letter again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

import msgspec
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from streams.core.clock import parse_limit
from streams.show.board.feed import Feeds, Mailbox, Source, TooMany
from streams.show.board.guard import SafeHeaders
from streams.show.board.lists import listed
from streams.show.board.picture import picture
from streams.show.board.profiles import Joins, Profiles, profile_json
from streams.show.board.running import Pulse, places
from streams.show.board.signin import Sessions, forget, remember
from streams.show.board.view import View
from streams.show.board.words import words
from streams.show.cases import case_json, find_case
from streams.show.figures import place_now
from streams.show.letters import letters, reasons
from streams.show.rates import Unreadable

STATIC = Path(__file__).with_name("static")
PAGES = ("/", "/cases", "/case", "/dead-letters")
PICTURE, PULSE, LETTERS = "picture", "pulse", "letters"
MOST_LETTERS = 200
MOST_AT_ONCE = 4
"""How many questions of viewers the store is asked together; the others wait."""
WRONG_TOKEN_SECONDS = 1.0
OWN = "x-gridloop-board"
"""A header that no form of another site can set."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """What the board shows and may do. `place` is shown where an address names none (empty: the one
    that was written to last); `retry` sends a dead letter again and raises ValueError where it
    cannot; `wall` is the clock on the wall."""

    at: Joins
    pulse: Pulse
    sessions: Sessions
    retry: Callable[[str], str]
    wall: Callable[[], datetime]
    place: str = ""
    hosts: tuple[str, ...] = ("*",)

    def app(self) -> Starlette:
        """The application, ready to be served."""
        served = _Served(self)
        return Starlette(
            routes=[
                *(Route(path, _page) for path in PAGES),
                Route("/healthz", lambda _: _json({"ready": True})),
                Route("/api/words", lambda _: _json(words())),
                Route("/api/places", served.places),
                Route("/api/profile", served.profile),
                Route("/api/live", served.live),
                Route("/api/cases", served.cases),
                Route("/api/case", served.case),
                Route("/api/session", served.session, methods=["GET", "POST", "DELETE"]),
                Route("/api/dead-letters/retry", served.retry, methods=["POST"]),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=list(self.hosts)),
                Middleware(SafeHeaders),
                Middleware(GZipMiddleware, minimum_size=2_000),
            ],
            exception_handlers={
                Unreadable: _told(400),
                TooMany: _told(503),
                **{kind: _told(503) for kind in self.pulse.away},
            },
        )


class _Served:
    """The answers. Those that ask the store are plain functions, so Starlette runs each in a
    thread."""

    def __init__(self, board: Board) -> None:
        self._board, self._store = board, board.at.store
        self._profiles = Profiles(board.at, monotonic)
        self._feeds = Feeds(board.pulse.away)
        self._few = BoundedSemaphore(MOST_AT_ONCE)
        self._one_guess = asyncio.Lock()

    def places(self, _: Request) -> Response:
        with self._few:
            return _json([[code, *self._profiles.of(code).name] for code in places(self._store)])

    def profile(self, request: Request) -> Response:
        with self._few:
            return _json(profile_json(self._profiles.of(self._view(request).place)))

    async def live(self, request: Request) -> Response:
        """Server-sent events: of each feed that is asked for the newest message, as it comes."""
        view = await asyncio.to_thread(self._view, request)
        watch = request.query_params.get("watch", PICTURE).split(",")
        wanted = {key: source for key, source in self._sources(view).items() if source[0] in watch}
        self._feeds.check(wanted)

        async def events() -> AsyncIterator[dict[str, str]]:
            viewer = Mailbox()
            with self._feeds.watched(viewer, wanted):
                while True:
                    for name, message in (await viewer.take()).items():
                        yield {"event": name, "data": message}

        return EventSourceResponse(events())

    def _sources(self, view: View) -> dict[object, Source]:
        return {
            view: (PICTURE, partial(self._picture, view)),
            PULSE: (PULSE, lambda: self._board.pulse.read(self._board.wall())),
            (LETTERS, view.place): (LETTERS, partial(self._letters, view.place)),
        }

    def _picture(self, view: View) -> dict[str, Any]:
        return picture(self._store, self._profiles.of(view.place), view, self._board.wall())

    def _letters(self, place: str) -> dict[str, Any]:
        zone = self._profiles.of(place).zone
        return {
            "reasons": reasons(self._store),
            "newest": letters(self._store, "", MOST_LETTERS, zone),
        }

    def cases(self, request: Request) -> Response:
        view = self._view(request)
        with self._few:
            profile = self._profiles.of(view.place)
            asked = request.query_params
            return _json(listed(self._store, profile, view, asked, self._board.wall()))

    def case(self, request: Request) -> Response:
        with self._few:
            found = find_case(self._store, request.query_params.get("id", ""))
            if found is None:
                return _json({"error": "没有这个案件 · no such case"}, 404)
            place = found.snapshot.place
            profile = self._profiles.of(place)
            now = place_now(self._store, place, self._board.wall())
            rules = profile.book.at(place, now)
            said = case_json(found, profile.zone, profile.calendars, rules, now)
            clocks = [one | {"limited": _limited(one.get("limit", ""))} for one in said["clocks"]]
            return _json(said | {"place": place, "clocks": clocks})

    async def session(self, request: Request) -> Response:
        """Whether one is signed in; in with a token; out."""
        sessions = self._board.sessions
        if request.method == "GET":
            held = sessions.holds(request)
            return _json({"possible": sessions.possible, "signed_in": held})
        if OWN not in request.headers:
            return _json({"error": f"{OWN} is missing"}, 403)
        if request.method == "DELETE":
            sessions.end(request)
            answer = Response(status_code=204)
            forget(answer)
            return answer
        secret = sessions.opened((await request.body())[:1_000].decode(errors="replace").strip())
        if secret is None:
            async with self._one_guess:  # however many guess at once
                await asyncio.sleep(WRONG_TOKEN_SECONDS)
            return _json({"error": "口令不对 · wrong token"}, 403)
        answer = _json({"signed_in": True})
        remember(answer, secret, tls=request.url.scheme == "https")
        return answer

    async def retry(self, request: Request) -> Response:
        """Send a dead letter again: for those who are signed in."""
        if OWN not in request.headers or not self._board.sessions.holds(request):
            return _json({"error": "请先登录 · sign in first"}, 403)
        id = (await request.body())[:1_000].decode(errors="replace")
        try:
            topic = await asyncio.to_thread(self._board.retry, id)
        except ValueError as why:
            return _json({"error": str(why)}, 400)
        return _json({"letter_id": id, "topic": topic})

    def _view(self, request: Request) -> View:
        asked = request.query_params
        place = self._board.place
        if not asked.get("place") and not place:
            place = next(iter(places(self._store)), "")
        return View.read(asked, place)


def _limited(text: str) -> list[str]:
    """A limit in both languages."""
    limit = parse_limit(text) if text else None
    return [limit.zh, str(limit)] if limit else ["", ""]


def _page(_: Request) -> Response:
    return FileResponse(STATIC / "page.html")


def _json(value: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    body = msgspec.json.encode(value)
    return Response(body, status, headers, media_type="application/json")


def _told(status: int) -> Callable[[Request, Exception], Response]:
    return lambda _, why: _json({"error": str(why)}, status)
