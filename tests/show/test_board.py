"""The board without a service: its words, its files, who may do what, how readings are shared."""

import asyncio
import re
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.requests import Request

from streams.core.acting import PING_PONG
from streams.core.case import CALENDAR_MISSING, UNCLASSIFIED, UNCONFIRMED, URGENCY_MARK
from streams.core.events import Satisfaction
from streams.core.gate import PLANNED
from streams.core.lifecycle import CaseState
from streams.core.mapdocs import GridsBody, GridShape
from streams.core.refusal import Reason
from streams.show.board import feed as feeding
from streams.show.board.app import STATIC
from streams.show.board.feed import Feeds, Mailbox, TooMany
from streams.show.board.profiles import geojson
from streams.show.board.signin import COOKIE, LASTS_SECONDS, Sessions
from streams.show.board.view import View, opening
from streams.show.casewords import MARKS, REFUSALS, SATISFACTIONS, STATES
from streams.show.rates import Unreadable

ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
"""echarts 6.1.0 as npm has it, dist/echarts.min.js."""
OWN = sorted(STATIC.glob("*.js"))


# --- files ---------------------------------------------------------------------------------------


def test_the_drawing_library_is_the_one_that_was_published() -> None:
    library = STATIC / "vendor" / "echarts.min.js"
    assert sha256(library.read_bytes()).hexdigest() == ECHARTS
    assert "Apache License" in (STATIC / "vendor" / "LICENSE.echarts").read_text("utf-8")


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_stored_text_is_never_read_as_html_and_nothing_comes_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in text
    assert not re.findall(r"https?://|//cdn", text)


def test_every_word_that_a_page_uses_stands_in_both_languages() -> None:
    told = (STATIC / "words.js").read_text("utf-8")
    pairs = dict(re.findall(r'^  (\w+): (\["[^"]+", "[^"]+"\]),$', told, re.MULTILINE))
    used = {key for file in OWN for key in re.findall(r'\bword\("(\w+)"\)', file.read_text())}
    assert len(used) > 30
    assert used <= {*pairs}


@pytest.mark.parametrize(
    ("said", "codes"), [(STATES, CaseState), (REFUSALS, Reason), (SATISFACTIONS, Satisfaction)]
)
def test_every_code_has_a_chinese_name(said: dict[str, str], codes: type[StrEnum]) -> None:
    assert {*said} == {*codes}


def test_every_mark_of_a_case_has_a_chinese_name() -> None:
    own = {UNCLASSIFIED, UNCONFIRMED, PING_PONG, CALENDAR_MISSING, URGENCY_MARK, PLANNED}
    assert {mark.rstrip(":") for mark in own} <= {*MARKS}


# --- what an address asks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "since"),
    [
        ("today", "2025-03-04T16:00"),
        ("week", "2025-02-26T16:00"),
        ("month", "2025-02-28T16:00"),
        ("all", None),
    ],
)
def test_a_window_begins_at_the_places_own_midnight(window: str, since: str | None) -> None:
    as_of = datetime(2025, 3, 5, 2, tzinfo=UTC)
    found = opening(window, as_of, "Asia/Shanghai")
    assert found == (since and datetime.fromisoformat(f"{since}+00:00"))


def test_at_midnight_the_day_is_the_one_that_has_just_ended() -> None:
    midnight = datetime(2025, 3, 5, 16, tzinfo=UTC)
    assert opening("today", midnight, "Asia/Shanghai") == datetime(2025, 3, 4, 16, tzinfo=UTC)


@pytest.mark.parametrize("asked", [{"flow": "x"}, {"window": "x"}, {"as-of": "soon"}])
def test_an_address_that_cannot_be_read_says_why(asked: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        View.read(asked, "fog-harbour")


def test_shapes_become_closed_polygons_named_by_their_grid() -> None:
    ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    (feature,) = geojson(GridsBody(grids=(GridShape(code="g-1", ring=ring),)))["features"]
    assert feature["properties"] == {"name": "g-1"}
    assert feature["geometry"]["coordinates"] == [[*ring, ring[0]]]


# --- signing in ----------------------------------------------------------------------------------

TOKEN = "a-token-of-the-board"


def request(secret: str) -> Request:
    cookie = f"{COOKIE}={secret}".encode()
    return Request({"type": "http", "headers": [(b"cookie", cookie)]})


def test_a_token_opens_a_session_that_ends_with_the_shift() -> None:
    now = [0.0]
    sessions = Sessions(TOKEN, lambda: now[0])
    secret = sessions.opened(TOKEN)
    assert secret is not None
    assert sessions.holds(request(secret))
    now[0] = LASTS_SECONDS + 1.0
    assert not sessions.holds(request(secret))


def test_who_signs_out_is_out_and_a_wrong_token_opens_nothing() -> None:
    sessions = Sessions(TOKEN, lambda: 0.0)
    assert sessions.opened(TOKEN + "x") is None
    secret = sessions.opened(TOKEN) or ""
    sessions.end(request(secret))
    assert not sessions.holds(request(secret))
    assert not sessions.holds(request(""))


def test_without_a_token_nobody_signs_in() -> None:
    sessions = Sessions("", lambda: 0.0)
    assert (sessions.possible, sessions.opened("")) == (False, None)


# --- one reading for all -------------------------------------------------------------------------


class Away(Exception):
    """The store is gone."""


class Store:
    """Counts its readings; can be away."""

    def __init__(self) -> None:
        self.readings, self.away = 0, False

    def read(self) -> int:
        if self.away:
            raise Away("gone")
        self.readings += 1
        return self.readings


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings follow one another at once."""
    monkeypatch.setattr(feeding, "EVERY_SECONDS", 0.01)


async def heard(viewer: Mailbox, wanted: str) -> str:
    """The first message that holds this."""
    while True:
        message = (await asyncio.wait_for(viewer.take(), 10))["figures"]
        if wanted in message:
            return message


async def test_many_viewers_cost_one_reading() -> None:
    store, feeds = Store(), Feeds((Away,))
    one, two = Mailbox(), Mailbox()
    wanted = {"a view": ("figures", store.read)}
    with feeds.watched(one, wanted), feeds.watched(two, wanted):
        await heard(one, '"value":3')
        await heard(two, '"value":')
        assert store.readings < 10
    readings = store.readings
    await asyncio.sleep(0.05)
    assert store.readings <= readings + 1  # nobody watches: nothing is read


async def test_while_the_store_is_away_the_last_value_stays_with_its_age_and_why() -> None:
    store, feeds, viewer = Store(), Feeds((Away,)), Mailbox()
    with feeds.watched(viewer, {"a view": ("figures", store.read)}):
        await heard(viewer, '"away":null')
        store.away = True
        message = await heard(viewer, '"away":"gone"')
        assert '"value":null' not in message
        store.away = False
        await heard(viewer, '"away":null')


async def test_who_comes_later_sees_at_once_what_is_known() -> None:
    store, feeds, viewer, later = Store(), Feeds((Away,)), Mailbox(), Mailbox()
    wanted = {"a view": ("figures", store.read)}
    with feeds.watched(viewer, wanted):
        await heard(viewer, '"value":')
        store.away = True
        await heard(viewer, '"away":"gone"')
        with feeds.watched(later, wanted):
            message = (await later.take())["figures"]
            assert '"away":"gone"' in message
            assert '"value":null' not in message


async def test_a_board_reads_only_so_many_views_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "MOST_FEEDS", 1)
    store, feeds = Store(), Feeds((Away,))
    with feeds.watched(Mailbox(), {"one": ("figures", store.read)}):
        feeds.check({"one": ("figures", store.read)})
        with pytest.raises(TooMany):
            feeds.check({"two": ("figures", store.read)})
