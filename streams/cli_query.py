"""The question that the options of several commands ask: whose figures, of when, as known when."""

from datetime import UTC, datetime

from streams.core.events import INFINITY
from streams.core.figures import Query
from streams.joined import Joined
from streams.show.figures import place_now
from streams.show.rates import parse_when


def question(
    at: Joined,
    place: str | None,
    *,
    as_of: str | None,
    known_at: str | None,
    from_: str | None,
    to: str | None,
) -> Query:
    """Neither cut nor narrowed to figures; A is the place's own now unless named. Unreadable where
    an instant cannot be read."""
    zone = at.zone(place)
    now = place_now(at.store, place, datetime.now(UTC))  # noqa: TID251 - a command's own now
    return Query(
        as_of=parse_when(as_of, zone) if as_of else now,
        known_at=parse_when(known_at, zone) if known_at else INFINITY,
        from_=parse_when(from_, zone) if from_ else None,
        to=parse_when(to, zone) if to else None,
        place=place,
        zone=zone,
    )
