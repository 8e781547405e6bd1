"""Replays: the inputs from which a place's published figures must come out again.

They live under the place id `P~check`: under the place's own rules, but for the limits and the
merging, which no document states. Everything follows from the file: the same file, the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from streams.core.checkdocs import CheckBody, Replay, ReplayPart, RoundsReplay
from streams.core.events import (
    Act,
    ActKind,
    CitizenReport,
    GridworkerReport,
    Reference,
    ReferenceKind,
    Round,
    TicketRef,
)
from streams.core.place import PlaceRules, Rulebook
from streams.core.placedocs import ClockName, LimitRow, LimitsBody
from streams.core.query import REPLAY
from streams.core.slots import Slot, slots

KEPT = frozenset(
    {
        ReferenceKind.PLACE,
        ReferenceKind.AREAS,
        ReferenceKind.MATTERS,
        ReferenceKind.RESPONSIBILITY,
        ReferenceKind.CALENDAR,
        ReferenceKind.SCHEDULES,
    }
)
"""Documents of the place that hold in its replay as well."""

WORKER, DESK = "replay-worker", "replay-desk"
ROUND_LENGTH = timedelta(minutes=10)


class Input(msgspec.Struct, frozen=True, gc=False):
    """One input of a replay; `ticket` is the report's id, of an act as of the report itself."""

    at: datetime
    id: str
    ticket: str
    data: GridworkerReport | CitizenReport | Act | Round


def replay_place(place: str) -> str:
    """The id under which a place's figures are replayed."""
    return place + REPLAY


def replay_sender(place: str, body: CheckBody, documents: Iterable[Reference]) -> str:
    """Who sends a replay; another replay, or one under other rules, has another sender."""
    said = msgspec.json.encode([body.replays, body.rounds, *documents], order="sorted")
    return f"/{replay_place(place)}/{sha256(said).hexdigest()[:16]}"


# --- the rules under which it runs --------------------------------------------------------------


def replay_rules(documents: Iterable[Reference], body: CheckBody) -> list[Reference]:
    """A place's documents as they hold in its replay; what it publishes is left out of them."""
    kept = [one for one in documents if one.kind in KEPT]
    return [_adapted(one, body.replays) for one in kept] + _contact_limits(kept, body.replays)


def _adapted(document: Reference, replays: Sequence[Replay]) -> Reference:
    match document.kind:
        case ReferenceKind.PLACE:
            own = {one.about: one.lifecycle for one in replays if one.lifecycle is not None}
            lifecycles = {**document.body.get("lifecycles", {}), **own}
            stated: dict[str, Any] = {"published": [], "constants": [], "assumed": []}
            return _with(document, **stated, lifecycles=lifecycles)
        case ReferenceKind.MATTERS:
            return _with(document, matters=[*document.body["matters"], *_new(document, replays)])
    return document


def _with(document: Reference, **fields: Any) -> Reference:
    return msgspec.structs.replace(document, body={**document.body, **fields})


def _new(document: Reference, replays: Sequence[Replay]) -> Iterator[dict[str, Any]]:
    """The matters of replays that the place does not list."""
    known = {matter["code"] for matter in document.body["matters"]}
    category = document.body["categories"][-1]["code"]
    for one in {one.about: one for one in replays if one.about not in known}.values():
        name = {"name": one.zh, "name_en": one.en, "terms": [one.zh]}
        yield {"code": one.about, "category": category, "general": True, **name}


def _contact_limits(kept: Sequence[Reference], replays: Sequence[Replay]) -> list[Reference]:
    within = {one.about: one.contact_within for one in replays if one.contact_within is not None}
    if not within:
        return []
    profile = next(one for one in kept if one.kind is ReferenceKind.PLACE)
    rows = (LimitRow(m, m, limit, clock=ClockName.CONTACT) for m, limit in within.items())
    body = msgspec.to_builtins(LimitsBody(limits=tuple(rows)))
    return [msgspec.structs.replace(profile, kind=ReferenceKind.LIMITS, body=body)]


# --- what happens in it -------------------------------------------------------------------------


def inputs(book: Rulebook, place: str, sender: str, body: CheckBody) -> Iterator[Input]:
    """All inputs of a place's replays, each replay in the order of time."""
    for replay in body.replays:
        rules = _rules(book, place, replay.from_)
        made = _Living(place, sender, replay, _lowest(rules)).all()
        yield from sorted(made, key=lambda one: (one.at, one.id))
    for rounds in body.rounds:
        of = _planned if rounds.schedule else _counted
        yield from of(book, place, rounds)


def _rules(book: Rulebook, place: str, at: datetime) -> PlaceRules:
    rules = book.at(place, at)
    if rules is None:
        raise ValueError(f"{place} has no rules at {at.isoformat()}")
    return rules


def _lowest(rules: PlaceRules) -> list[str]:
    parents = {area.parent for area in rules.areas.values()}
    found = [code for code in rules.areas if code not in parents and code != rules.fallback_area]
    return found or [rules.fallback_area]


def _moments(
    window: Replay | RoundsReplay, count: int, before_end: timedelta
) -> Iterator[datetime]:
    """So many instants, evenly over the window but for its end."""
    length = window.to - window.from_ - before_end
    return (window.from_ + length * (2 * n + 1) / (2 * count) for n in range(count))


class _Living(msgspec.Struct, frozen=True):
    """The lives of one replay's reports, area by area in turn."""

    place: str
    sender: str
    replay: Replay
    areas: list[str]

    def all(self) -> Iterator[Input]:
        """Every report and what was done with it."""
        # What was reported last has as much time before the window's end as any act needs.
        longest = timedelta(hours=max(part.hours for part in self.replay.parts))
        for number, part in enumerate(self.replay.parts, start=1):
            for n, at in enumerate(_moments(self.replay, part.count, longest), start=1):
                yield from self._life(
                    part, f"{number}-{n:06d}", at, self.areas[n % len(self.areas)]
                )

    def _life(self, part: ReplayPart, number: str, at: datetime, area: str) -> Iterator[Input]:
        id = f"{self.replay.id}-{number}"
        yield Input(at, id, id, self._report(number, area))
        step = timedelta(hours=part.hours) / max(len(part.acts), 1)
        for n, kind in enumerate(part.acts, start=1):
            act = self._act(TicketRef(self.sender, id), kind, part)
            yield Input(at + n * step, f"{id}-{n}-{kind.value}", id, act)

    def _report(self, number: str, area: str) -> GridworkerReport | CitizenReport:
        replay = self.replay
        text = f"{replay.zh}，第{number}件。"
        if replay.source == "citizen":
            return CitizenReport(place=self.place, text=text, area=area, matter=replay.about)
        return GridworkerReport(
            place=self.place,
            text=text,
            area=area,
            matter=replay.about,
            reporter_kind=replay.reporter_kind,
            reporter=WORKER,
        )

    def _act(self, ticket: TicketRef, kind: ActKind, part: ReplayPart) -> Act:
        return Act(
            place=self.place,
            act=kind,
            ticket=ticket,
            actor=DESK,
            passed=True if kind in {ActKind.VERIFY, ActKind.MEDIATE, ActKind.CHECK} else None,
            resolved=True if kind is ActKind.CALL_BACK else None,
            outcome=part.outcome if kind is ActKind.DECIDE else None,
        )


def _planned(book: Rulebook, place: str, replay: RoundsReplay) -> Iterator[Input]:
    asked = [
        slot
        for slot in slots(book, place, replay.from_, replay.to)
        if slot.schedule.id == replay.schedule and slot.window.end <= replay.to
    ]
    for number, slot in enumerate(asked, start=1):
        for n in range(slot.schedule.at_least):
            id = f"{replay.id}-{number:06d}-{n}"
            made = _kept(place, slot, n, _rules(book, place, slot.window.start).fallback_area)
            yield Input(made.started_at, id, id, made)


def _kept(place: str, slot: Slot, n: int, nowhere: str) -> Round:
    """A round of a slot; a duty is kept throughout."""
    schedule, subject, window = slot.schedule, slot.subject, slot.window
    duty = schedule.kind.value == "duty"
    length = max(ROUND_LENGTH, timedelta(seconds=schedule.least_seconds))
    begun = window.start if duty else window.start + n * length
    return Round(
        place=place,
        kind=schedule.kind,
        area=subject.area or nowhere,
        grid=subject.code if schedule.subjects.each == "grids" else None,
        subject=None if schedule.subjects.each in ("grids", "areas") else subject.code,
        scene=subject.scene,
        worker=f"{WORKER}-{n}",
        started_at=begun,
        ended_at=window.end if duty else begun + length,
        means=schedule.means,
    )


def _counted(book: Rulebook, place: str, replay: RoundsReplay) -> Iterator[Input]:
    if replay.kind is None or replay.count is None:
        raise ValueError(f"{replay.id}: neither a schedule, nor a kind and a count")
    area = _lowest(_rules(book, place, replay.from_))[0]
    for number, at in enumerate(_moments(replay, replay.count, ROUND_LENGTH), start=1):
        id = f"{replay.id}-{number:06d}"
        end = at + ROUND_LENGTH
        made = Round(place=place, kind=replay.kind, area=area, started_at=at, ended_at=end)
        yield Input(at, id, id, made)
