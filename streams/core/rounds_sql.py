"""Rounds as the warehouse holds them, read for the slots of a time."""

from typing import Any

from streams.core.conditions import INSTANT
from streams.core.events import Round, RoundKind, RoundMeans, RoundResult
from streams.core.instants import aware

_COLUMNS = "kind, area, grid, subject, scene, worker, started_at, ended_at, result, means, found"

# Who came on duty before the window may be there in it; a sign without an end holds a day at most.
_REACHING = (
    "FROM rounds FINAL WHERE place = %(place)s"
    f" AND started_at < {INSTANT.format('as_of')}"
    f" AND (started_at >= {INSTANT.format('since')} OR kind = 'duty'"
    f" AND ifNull(ended_at, started_at + INTERVAL 1 DAY) > {INSTANT.format('since')})"
)
_ORDERED = "ORDER BY started_at, sender, id"

KNOWN = f"SELECT {_COLUMNS} {_REACHING} AND ingested_at < {INSTANT.format('known_at')} {_ORDERED}"
"""All that may reach into slots of [since, as_of), as known at `known_at`."""

OF_A_KIND = f"SELECT ingested_at, {_COLUMNS} {_REACHING} AND kind = %(kind)s {_ORDERED}"
"""All of one kind that may ever reach into them, each behind the instant at which it came in."""

NEW = (
    f"SELECT ingested_at, {_COLUMNS} FROM rounds WHERE place = %(place)s"
    f" AND ingested_at >= {INSTANT.format('since')} AND kind NOT IN %(unasked)s"
    " ORDER BY ingested_at LIMIT %(most)s WITH TIES"
)
"""The first that came in from `since` on, and all that came in together with the last of them; also
those that another of the same identity outdoes."""


def round_of(place: str, kind: str, area: str, grid: str | None, *rest: Any) -> Round:
    """A round from the columns of one row."""
    subject, scene, worker, started_at, ended_at, result, means, found = rest
    return Round(
        place=place,
        kind=RoundKind(kind),
        area=area,
        grid=grid,
        subject=subject,
        scene=scene,
        worker=worker,
        started_at=aware(started_at),
        ended_at=None if ended_at is None else aware(ended_at),
        result=RoundResult(result),
        means=None if means is None else RoundMeans(means),
        found=list(found),
    )
