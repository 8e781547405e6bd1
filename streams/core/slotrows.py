"""应巡 as rows: what was known of each slot, from when until when; so the store answers figures of
slots at any (A, K) by sums alone.

A row holds where known_from < K <= known_to, as those of steps do. Rounds known at K are those with
`ingested_at` < K, so what a round changes is known from its `ingested_at` on. Documents have no K:
where they change, the rows are made anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from streams.core.calendar import CalendarMissing
from streams.core.coverage import Judged, Numbered, judge, visited
from streams.core.events import INFINITY, Round
from streams.core.levels import Lineage
from streams.core.locate import lineage_of
from streams.core.place import Rulebook, mode_of, street_of
from streams.core.slotfigures import of_camera
from streams.core.slots import BINDING, DAY, MICROSECOND, Slot, Term, occasions, terms

ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)
"""From when on a slot without any round is known: the earliest instant that a store can hold."""


class SlotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One slot as it was known for a while; `visits` counts no further than what is asked (and one
    where nothing is), since no figure does; the lengths are in microseconds. `gone`: the documents
    no longer ask for it, or not so."""

    place: str
    schedule: str
    kind: str
    subject: str
    scene: str = ""
    """Empty where scenes are not looked at by themselves."""
    street: str | None = None
    area: str | None = None
    lineage: Lineage = ()
    mode: str = "normal"
    begun_at: datetime
    over_at: datetime
    of_camera: bool = False
    asked: int = 1
    visits: int = 0
    planned_us: int
    uncovered_us: int = 0
    known_from: datetime = ALWAYS
    known_to: datetime = INFINITY
    gone: bool = False
    revision: int = 1


class SlotsKept(msgspec.Struct, frozen=True, kw_only=True):
    """How far a place's slots are rows: those that begin in [since, until), by the documents with
    this digest, and by the rounds that came in until then."""

    place: str
    since: datetime
    until: datetime
    ingested_until: datetime
    rules: str
    revision: int = 1


def planned(book: Rulebook, place: str, since: datetime, until: datetime) -> Iterator[Slot]:
    """The slots that begin in [since, until); none of a schedule's on days of a year whose calendar
    is missing, where `slots.slots` knows none at all."""
    for term in terms(book, place, until, since):
        cadence = term.schedule.cadence
        by_day = cadence.working_days and cadence.every != BINDING
        for part in _days(term) if by_day else (term,):
            yield from _laid_out(part)


def _days(term: Term) -> Iterator[Term]:
    begin = term.begin
    while begin < term.end:
        end = min(begin + DAY, term.end)
        yield msgspec.structs.replace(term, begin=begin, end=end)
        begin = end


def _laid_out(term: Term) -> Iterator[Slot]:
    try:
        for window, subjects in occasions(term, term.begin):
            yield from (Slot(term.schedule, one, window) for one in subjects)
    except CalendarMissing:  # told by the ticks
        return


def rows(
    book: Rulebook, place: str, begun: Iterable[Slot], rounds: Sequence[tuple[Round, datetime]]
) -> Iterator[SlotRow]:
    """All that was ever known of these slots, by all rounds that may reach into them, each with its
    `ingested_at`."""
    made = [one for one, _ in rounds]
    for slot, near in visited(book, place, begun, made):
        told = sorted(near, key=lambda one: rounds[one[0]][1])
        yield from _versions(_bare(book, place, slot), slot, told, rounds)


def _bare(book: Rulebook, place: str, slot: Slot) -> SlotRow:
    """The slot as nobody has been there."""
    schedule, subject, window = slot.schedule, slot.subject, slot.window
    rules = book.at(place, window.start)
    assert rules is not None, "no slot begins before the place has rules"
    return SlotRow(
        place=place,
        schedule=schedule.id,
        kind=schedule.kind.value,
        subject=subject.code,
        scene=subject.scene or "",
        street=street_of(rules, subject.area),
        area=subject.area,
        lineage=lineage_of(rules, subject.area, subject.code),
        mode=mode_of(rules, subject.area).value,
        begun_at=window.start,
        over_at=window.end,
        of_camera=of_camera(schedule),
        asked=schedule.at_least,
        planned_us=_micros(window.end - window.start),
    )


def _versions(
    bare: SlotRow, slot: Slot, told: Sequence[Numbered], rounds: Sequence[tuple[Round, datetime]]
) -> Iterator[SlotRow]:
    """A row for each judgement that differs from the one before, as round after round came in; no
    further than to where no later round can change it."""
    held = _as_judged(bare, judge(slot, ()))
    for upto, (n, _) in enumerate(told, 1):
        if held.visits >= max(held.asked, 1) and not held.uncovered_us:
            break
        at = rounds[n][1]
        if upto < len(told) and rounds[told[upto][0]][1] == at:
            continue
        now = _as_judged(held, judge(slot, [visit for _, visit in told[:upto]]))
        if now != held:
            yield msgspec.structs.replace(held, known_to=at)
            held = msgspec.structs.replace(now, known_from=at)
    yield held


def _as_judged(row: SlotRow, told: Judged) -> SlotRow:
    visits = min(told.visits, max(row.asked, 1))
    return msgspec.structs.replace(row, visits=visits, uncovered_us=_micros(told.uncovered))


def _micros(length: timedelta) -> int:
    return length // MICROSECOND
