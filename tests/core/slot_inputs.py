"""A place whose schedules are of every kind and change once, and rounds that come in some time
after they were made, for tests of slots as rows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from streams.core.events import ReferenceKind, Round, RoundKind, RoundResult
from streams.core.place import Rulebook
from streams.core.slotrows import SlotRow, planned, rows
from tests.case_inputs import document
from tests.core.round_inputs import LEDGER, TASKS, book, local, schedule, schedules, turned

BEGUN, DAYS = local("03-03"), 4
VILLAGES = {"each": "areas", "level": "village"}
CAMERAS = {"each": "numbered", "prefix": "c", "count": 2}
PLANS: list[dict[str, Any]] = [
    schedule(id="P", at_least=2),
    schedule("video", "hour", id="C", count=8, subjects=CAMERAS),
    schedule("video", "week", id="V", subjects={**VILLAGES, "scenes": ["market", "beach"]}),
    schedule("duty", "hour", id="D", count=6, subjects=VILLAGES, at_least=2, holds_minutes=60),
    schedule("duty", id="E", subjects={"each": "codes", "codes": ["post"], "area": "a0"}),
    schedule("visit", "binding", **TASKS),
]
LATER = [schedule(id="P"), schedule("video", "hour", id="C", count=6, subjects=CAMERAS), PLANS[3]]
"""What is asked from the third day's noon on."""

Made = tuple[Round, datetime]
"""A round, and when it came in."""


def changing(*more: Any) -> Rulebook:
    """The place: its street turns to emergency on the second day, its schedules change later."""
    listed = document(ReferenceKind.BASE_DATA, LEDGER)
    later = schedules(*LATER, version="2", valid_from=local("03-05 12:00"))
    return book(*PLANS, more=(listed, turned("1", "03-04 10:00", s1="emergency"), later, *more))


@st.composite
def _made(draw: st.DrawFn) -> Made:
    kind = draw(st.sampled_from(["patrol", "video", "video", "duty", "duty", "visit"]))
    begun = BEGUN + timedelta(minutes=30 * draw(st.integers(-10, DAYS * 48)))
    lasting = draw(st.sampled_from([None, 0.5, 3, 13]))
    whom = draw(st.sampled_from(["g1", "g2", "c1", "c2", "post", "tok-1", "tok-2"]))
    one = Round(
        place="here",
        kind=RoundKind(kind),
        area=draw(st.sampled_from(["v1", "v2", "s1"])),
        grid=draw(st.sampled_from(["g1", "g3"])),
        subject=whom,
        scene=draw(st.sampled_from([None, "market", "beach"])),
        worker=draw(st.sampled_from(["w1", "w2", "w3"])),
        started_at=begun,
        ended_at=None if lasting is None else begun + timedelta(hours=lasting),
        result=draw(st.sampled_from([RoundResult.OK, RoundResult.OK, RoundResult.OFFLINE])),
    )
    return one, begun + timedelta(hours=draw(st.integers(1, 60)))


ROUNDS: st.SearchStrategy[list[Made]] = st.lists(_made(), max_size=30)
INSTANTS = st.integers(0, (DAYS + 2) * 24).map(lambda hours: BEGUN + timedelta(hours=hours))


def stored(rules: Rulebook, made: list[Made], until: datetime) -> list[SlotRow]:
    """All rows of the slots that begin before an instant."""
    return list(rows(rules, "here", planned(rules, "here", BEGUN - timedelta(30), until), made))


def held(found: Iterable[SlotRow], since: datetime, as_of: datetime, k: datetime) -> list[SlotRow]:
    """Those that hold at (A, K), of slots that begin in [since, A) and are over."""
    return [
        one
        for one in found
        if since <= one.begun_at < as_of and one.over_at <= as_of
        if one.known_from < k <= one.known_to and not one.gone
    ]


def by_slot(found: Iterable[SlotRow]) -> dict[tuple[str, str, str, datetime], list[SlotRow]]:
    """The rows of each slot."""
    told: dict[tuple[str, str, str, datetime], list[SlotRow]] = {}
    for one in found:
        told.setdefault((one.schedule, one.subject, one.scene, one.begun_at), []).append(one)
    return told
