"""Simulated calls at the hotline's desk: most answered at once, some late, some lost; seeded apart
from the reports, which stay the same."""

from datetime import timedelta
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

from streams.core.calls import HotlineCall
from streams.core.codec import encode_binary
from streams.core.place import PlaceRules
from streams.core.topics import CALLS
from streams.entry import simulate_shares as shares
from streams.entry.dayfile import DayBody
from streams.entry.simulate_day import Day, Kind, Simulated

TYPE = "gridloop.call.v1"

LAST = timedelta(minutes=15)
"""Before the day's end nobody calls any more, so that each call is over and told on its day."""


def simulate_calls(rules: PlaceRules, seed: int, body: DayBody = shares.USUAL) -> list[Simulated]:
    """The calls of the day that this seed simulates, by their time of sending; none at a place to
    which no hotline reports. Nothing ties a call to a report: no upstream tells that."""
    lines = [(one.by, one.weight) for one in body.channels if one.source == "hotline"]
    if not lines:
        return []
    day, mix = Day.of(seed, rules.zone), shares.Mix(lines)
    rng = Random(f"{rules.place} calls {seed}")
    made = [_call(n, rules.place, day, mix, rng) for n in range(1, shares.CALLS + 1)]
    return sorted(made, key=lambda one: one.at)


def _call(
    number: int, place: str, day: Day, lines: shares.Mix[str | None], rng: Random
) -> Simulated:
    """A call, told when it is over."""
    offered = day.start + (day.end - day.start - LAST) * rng.random()
    turn, answered = rng.random(), None
    if turn < shares.CALL_LOST:
        ended = offered + _seconds(shares.RINGS_S, rng)
    else:
        late = turn < shares.CALL_LOST + shares.CALL_LATE
        answered = offered + _seconds(shares.ANSWERS_LATE_S if late else shares.ANSWERS_S, rng)
        ended = answered + _seconds(shares.TALKS_S, rng)
    told = HotlineCall(place=place, answered_at=answered, ended_at=ended, line=lines.draw(rng))
    sender, id = f"/{place}/telephone/demo-{day.seed}", f"HR{day.date:%Y%m%d}{number:06d}"
    headers, value = encode_binary(TYPE, sender, id, offered, told)
    return Simulated(Kind.CALL, ended, offered, CALLS.name, place.encode(), value, headers)


def _seconds(span: tuple[float, float], rng: Random) -> timedelta:
    return timedelta(seconds=shares.between(span, rng))
