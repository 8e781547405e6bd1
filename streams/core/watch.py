"""Alarms of rounds: a slot that ends undone is told once, and taken back when a late round comes;
so is a task that a binding raises (see `Cadence`), from its beginning until it is done.

All rounds of a place meet in one partition, which alone watches it. A tick lets out what has ended
by it; an alarm is dated by its slot's end, whichever tick let it out. Only two things are kept: the
visits to slots that are not over, and those to slots that were told. A slot that was done is not
kept beyond its end; one that was told is kept for the place's patience.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec

from streams.core.accepted import AcceptedRound
from streams.core.calendar import CalendarMissing
from streams.core.coverage import Visit, judge
from streams.core.events import RoundKind
from streams.core.notices import Alarm, AlarmKind, notice_id
from streams.core.outbound import REPLAY_MARK
from streams.core.place import Rulebook
from streams.core.record import State
from streams.core.scheduledocs import Schedule
from streams.core.slots import BINDING, Slot, Term, occasions, reach, terms
from streams.core.topics import PARTITIONS
from streams.core.touching import LONGEST_TASK, touched

Writes = dict[bytes, bytes | None]


def watch_partition(place: str) -> int:
    """The partition of the intake log that holds all rounds of a place."""
    digest = blake2b(place.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % PARTITIONS


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a slot that ends at `due`: the visits to it, by the identities of the rounds;
    and whether it was told as missed, or raised as a task."""

    due: datetime
    visits: dict[str, Visit]
    told: bool = False
    raised: bool = False


_pack, _unpack = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Kept).decode


class Watch:
    """What is kept of one partition's slots, under keys with this prefix; `writes` is where changes
    go: a chunk's own."""

    def __init__(self, state: State, prefix: bytes) -> None:
        self._prefix = prefix
        self._kept = {key: _unpack(value) for key, value in state.items(prefix)}
        self._swept: dict[str, datetime] = {}

    def made(
        self, accepted: AcceptedRound, tick: datetime, book: Rulebook, offset: int, writes: Writes
    ) -> Iterator[Alarm]:
        """Take up a round; and what it takes back, where it comes after `tick` let that out."""
        self._sweep(accepted.round.place, accepted.round.started_at, book, writes)
        identity = blake2b(f"{accepted.sender}\0{accepted.id}".encode(), digest_size=8).hexdigest()
        if REPLAY_MARK in accepted.round.place:
            return
        for slot, visit in touched(book, accepted.round):
            place, key = accepted.round.place, self._key(accepted.round.place, slot)
            kept = self._kept.get(key, Kept(slot.window.end, {}))
            if identity in kept.visits or judge(slot, kept.visits.values()).done:
                continue
            let_out = slot.window.end + _grace(slot.schedule) <= tick
            if let_out and not kept.told:
                continue
            kept = msgspec.structs.replace(kept, visits={**kept.visits, identity: visit})
            done = judge(slot, kept.visits.values()).done
            if done and kept.raised:
                yield _task(place, slot, revision=offset + 1, withdrawn=True)
            if done and kept.told:
                self._forget(key, writes)
                yield _alarm(place, slot, revision=offset + 1, withdrawn=True)
            else:
                self._keep(key, kept, writes)

    def ticked(
        self, place: str, last: datetime, now: datetime, book: Rulebook, writes: Writes
    ) -> Iterator[Alarm]:
        """What has ended undone since the tick before; of what ended before the place's patience,
        nothing."""
        rules = book.at(place, now)
        if rules is None or REPLAY_MARK in place:
            return
        horizon = now - timedelta(days=rules.patience_days)
        for term in terms(book, place, now):
            try:
                for slot in _running_tasks(term, now):
                    yield from self._raised(place, slot, writes)
                for slot in _ended(term, max(last, horizon), now):
                    yield from self._ended(place, slot, writes)
            except CalendarMissing as missing:
                if last.date() != now.date():
                    yield _calendar_missing(place, term.schedule, missing, now)
        self._forget_before(place, horizon, writes)

    def _raised(self, place: str, slot: Slot, writes: Writes) -> Iterator[Alarm]:
        key = self._key(place, slot)
        kept = self._kept.get(key, Kept(slot.window.end, {}))
        if not kept.raised and not judge(slot, kept.visits.values()).done:
            self._keep(key, msgspec.structs.replace(kept, raised=True), writes)
            yield _task(place, slot)

    def _ended(self, place: str, slot: Slot, writes: Writes) -> Iterator[Alarm]:
        key = self._key(place, slot)
        kept = self._kept.get(key, Kept(slot.window.end, {}))
        if judge(slot, kept.visits.values()).done:
            self._forget(key, writes)
        elif not kept.told:
            self._keep(key, msgspec.structs.replace(kept, told=True), writes)
            yield _alarm(place, slot)

    # --- keeping ---

    def _key(self, place: str, slot: Slot) -> bytes:
        return self._prefix + "\0".join((place, *_name(slot))).encode()

    def _keep(self, key: bytes, kept: Kept, writes: Writes) -> None:
        self._kept[key] = kept
        writes[key] = _pack(kept)

    def _forget(self, key: bytes, writes: Writes) -> None:
        if self._kept.pop(key, None) is not None:
            writes[key] = None

    def _sweep(self, place: str, at: datetime, book: Rulebook, writes: Writes) -> None:
        """Once a day of rounds: a place without a clock must not be kept without end either."""
        rules = book.at(place, at)
        if rules is not None and at - self._swept.setdefault(place, at) > timedelta(days=1):
            self._swept[place] = at
            self._forget_before(place, at - timedelta(days=rules.patience_days), writes)

    def _forget_before(self, place: str, horizon: datetime, writes: Writes) -> None:
        mine = self._prefix + f"{place}\0".encode()
        past = [key for key, kept in self._kept.items() if kept.due <= horizon]
        for key in past:
            if key.startswith(mine):
                self._forget(key, writes)


def _running_tasks(term: Term, now: datetime) -> Iterator[Slot]:
    """What a binding has raised and what is not over yet."""
    if term.schedule.cadence.every == BINDING:
        for window, subjects in occasions(term, now - LONGEST_TASK):
            if window.start <= now < window.end:
                yield from (Slot(term.schedule, subject, window) for subject in subjects)


def _ended(term: Term, last: datetime, now: datetime) -> Iterator[Slot]:
    """The slots of a term that end, and whose grace runs out, in (last, now]."""
    schedule = term.schedule
    begun = max(term.begin, last - reach(schedule.cadence) - _grace(schedule))
    for window, subjects in occasions(term, begun):
        if last < window.end + _grace(schedule) <= now:
            yield from (Slot(schedule, subject, window) for subject in subjects)


def _grace(schedule: Schedule) -> timedelta:
    return timedelta(minutes=schedule.grace_minutes)


def _name(slot: Slot) -> tuple[str, ...]:
    subject, start = slot.subject, slot.window.start.astimezone(UTC)
    return slot.schedule.id, subject.code, subject.scene or "", start.isoformat()


def _alarm(place: str, slot: Slot, *, revision: int = 0, withdrawn: bool = False) -> Alarm:
    duty = slot.schedule.kind is RoundKind.DUTY
    return Alarm(
        id=notice_id(place, "slot", *_name(slot)),
        revision=revision,
        place=place,
        withdrawn=withdrawn,
        kind=AlarmKind.DUTY_MISSED if duty else AlarmKind.ROUND_MISSED,
        at=slot.window.end,
        area=slot.subject.area,
        detail=_detail(slot),
    )


def _task(place: str, slot: Slot, *, revision: int = 0, withdrawn: bool = False) -> Alarm:
    return Alarm(
        id=notice_id(place, "task", *_name(slot)),
        revision=revision,
        place=place,
        withdrawn=withdrawn,
        kind=AlarmKind.TASK_RAISED,
        at=slot.window.start,
        area=slot.subject.area,
        detail=_detail(slot) | {"until": slot.window.end.isoformat()},
    )


def _detail(slot: Slot) -> dict[str, str]:
    schedule, subject = slot.schedule, slot.subject
    detail = {
        "schedule": schedule.id,
        "kind": schedule.kind.value,
        "subject": subject.code,
        "scene": subject.scene,
        "from": slot.window.start.isoformat(),
    }
    return {name: value for name, value in detail.items() if value is not None}


def _calendar_missing(
    place: str, schedule: Schedule, missing: CalendarMissing, now: datetime
) -> Alarm:
    """Its slots of that year are not known: told once a day, under one id."""
    return Alarm(
        id=notice_id(place, "slot", schedule.id, "calendar", str(missing.year)),
        revision=0,
        place=place,
        kind=AlarmKind.CALENDAR_MISSING,
        at=now,
        detail={"schedule": schedule.id, "calendar": missing.calendar, "year": missing.year},
    )
