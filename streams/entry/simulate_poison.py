"""Simulated poison: records that intake must refuse, one kind for each reason, in turn."""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from streams.core.codec import encode_binary
from streams.core.events import HotlineReport
from streams.core.record import Headers
from streams.core.refusal import Reason
from streams.core.topics import HOTLINE
from streams.entry.simulate_day import Day, Kind, Simulated

TYPE = "gridloop.report.hotline.v1"
Wire = tuple[Headers, bytes]
Spoil = Callable[[datetime, str, str, HotlineReport], Wire]


def poison(place: str, day: Day, number: int, us: int, before: Simulated | None) -> Simulated:
    """The number-th poisoned record of a day, each with bytes of its own.

    `before` is a good report that was sent already: every eighth poisoned record takes its
    identity for other bytes; where there is none yet it is no JSON.
    """
    at = day.instant(us)
    reason = REASONS[number % len(REASONS)]
    if reason is Reason.IDENTITY_REUSED and before is not None:
        other = b" " * (number + 1) + before.value
        same = (before.occurred_at, before.topic, before.key)
        return Simulated(Kind.POISON, at, *same, other, before.headers)
    spoil = SPOILT.get(reason, _not_json)
    sender, id = f"/{place}/hotline/demo-{day.seed}", f"POISON{number:06d}"
    good = HotlineReport(place=place, text=f"第{number}件坏消息")
    headers, value = spoil(at, sender, id, good)
    return Simulated(Kind.POISON, at, at, HOTLINE.name, b"poison", value, headers)


def _not_json(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    headers, value = encode_binary(TYPE, sender, id, at, good)
    return headers, value[:-1]


def _without(name: str) -> Spoil:
    def spoil(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
        headers, value = encode_binary(TYPE, sender, id, at, good)
        return tuple(pair for pair in headers if pair[0] != name), value

    return spoil


def _no_offset(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    headers, value = encode_binary(TYPE, sender, id, at, good)
    naive = at.replace(tzinfo=None).isoformat().encode()
    return tuple((name, naive if name == "ce_time" else was) for name, was in headers), value


def _bad_time(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    return encode_binary(TYPE, sender, id, datetime(1926, 1, 1, tzinfo=UTC), good)


def _unknown_type(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    return encode_binary("gridloop.report.pigeon.v1", sender, id, at, good)


def _invalid(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    headers, value = encode_binary(TYPE, sender, id, at, good)
    return headers, value[:-1] + b',"mood":"bad"}'


def _unknown_place(at: datetime, sender: str, id: str, good: HotlineReport) -> Wire:
    return encode_binary(TYPE, sender, id, at, replace(good, place="nowhere"))


SPOILT: dict[Reason, Spoil] = {
    Reason.NOT_JSON: _not_json,
    Reason.NOT_CLOUDEVENT: _without("ce_id"),
    Reason.NO_OFFSET: _no_offset,
    Reason.BAD_TIME: _bad_time,
    Reason.UNKNOWN_TYPE: _unknown_type,
    Reason.INVALID: _invalid,
    Reason.UNKNOWN_PLACE: _unknown_place,
}
REASONS = (*SPOILT, Reason.IDENTITY_REUSED)
"""For which reasons poison is refused, in turn."""
