"""Simulated rounds: what a place's schedules ask for on a day, most of it done; seeded apart from
the reports, which stay the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

from streams.core.codec import encode_binary
from streams.core.events import Round, RoundKind, RoundResult
from streams.core.place import PlaceRules, Rulebook
from streams.core.slots import Slot, reach, slots
from streams.core.topics import ROUNDS
from streams.entry import simulate_shares as shares
from streams.entry.dayfile import DayBody, Unasked
from streams.entry.simulate_day import MICROSECOND, Day, Kind, Simulated
from streams.entry.simulate_reports import lowest
from streams.entry.simulate_words import phone_of

TYPE = "gridloop.round.v1"


def simulate_rounds(
    book: Rulebook, place: str, seed: int, body: DayBody = shares.USUAL
) -> list[Simulated]:
    """The rounds of the day that this seed simulates, by their time of sending.

    They are for the slots that end on the day, of longer ones only what falls on the day itself;
    and what `body` tells that nobody asks for.
    """
    rules = book.at(place, Day.of(seed, "UTC").start)
    if rules is None:
        return []
    day = Day.of(seed, rules.zone)
    rng = Random(f"{place} rounds {seed}")
    made = [one for slot in _ending_on(book, rules, day) for one in _rounds(slot, rules, day, rng)]
    made += [one for kind in body.unasked for one in _unasked(kind, rules, day, rng)]
    made.sort(key=lambda one: one.started_at)
    sent = [_record(number, one, day, rng) for number, one in enumerate(made, start=1)]
    return sorted(sent, key=lambda one: one.at)


def _ending_on(book: Rulebook, rules: PlaceRules, day: Day) -> Iterator[Slot]:
    longest = max((reach(one.cadence) for one in rules.schedules), default=timedelta())
    for slot in slots(book, rules.place, day.start - longest, day.end):
        if day.start < slot.window.end <= day.end:
            yield slot


def _rounds(slot: Slot, rules: PlaceRules, day: Day, rng: Random) -> Iterator[Round]:
    schedule, subject = slot.schedule, slot.subject
    if rng.random() < shares.SLOT_MISSED:
        return
    start, end = max(slot.window.start, day.start), slot.window.end
    for _ in range(schedule.at_least):
        begun, ended = start, end
        if schedule.kind is not RoundKind.DUTY:
            begun = start + (end - start) * (0.9 * rng.random())
            ended = min(begun + timedelta(minutes=shares.between(shares.ROUND_MIN, rng)), end)
        area = subject.area or rules.fallback_area
        yield Round(
            place=rules.place,
            kind=schedule.kind,
            area=area,
            grid=subject.code if schedule.subjects.each == "grids" else None,
            subject=None if schedule.subjects.each in ("grids", "areas") else subject.code,
            scene=subject.scene,
            worker=f"gw-{area}-{shares.whole(1, 9, rng):02d}",
            started_at=begun,
            ended_at=ended,
            means=schedule.means,
            result=_result(schedule.kind, rng),
        )


def _unasked(what: Unasked, rules: PlaceRules, day: Day, rng: Random) -> Iterator[Round]:
    areas = lowest(rules)
    for _ in range(what.count):
        area = shares.one_of(areas, rng).code
        worker = f"gw-{area}-{shares.whole(1, 9, rng):02d}"
        used = what.kind == "activity"
        begun = day.start + (day.end - day.start) * rng.random()
        yield Round(
            place=rules.place,
            kind=RoundKind(what.kind),
            area=area,
            scene=what.scene,
            worker=worker if used else None,
            subject=None if used else phone_of(rng),
            started_at=begun,
        )


def _result(kind: RoundKind, rng: Random) -> RoundResult:
    offline = kind is RoundKind.VIDEO and rng.random() < shares.CAMERA_OFFLINE
    return RoundResult.OFFLINE if offline else RoundResult.OK


def _record(number: int, made: Round, day: Day, rng: Random) -> Simulated:
    sender, id = f"/{made.place}/rounds/demo-{day.seed}", f"XC{day.date:%Y%m%d}{number:06d}"
    headers, value = encode_binary(TYPE, sender, id, made.started_at, made)
    delay = timedelta(seconds=shares.between(shares.DELAY_S, rng))
    return Simulated(
        Kind.ROUND,
        _within(day, (made.ended_at or made.started_at) + delay),
        made.started_at,
        ROUNDS.name,
        made.area.encode(),
        value,
        headers,
    )


def _within(day: Day, at: datetime) -> datetime:
    return min(at, day.end - MICROSECOND)
