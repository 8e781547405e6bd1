"""The open cases at an instant, each with its light."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.clocks import OVERALL, Clock, Light, light
from streams.core.figures import Query
from streams.core.figures_sql import sql
from streams.core.instants import aware
from streams.core.ledgers_sql import source
from streams.core.predicates import sql_of
from streams.core.registry import FIGURES, Ledger
from streams.show.figures import Answers

NO_LIMIT = "none"
"""无时限 · the light of a case that nothing times."""

CUTS = ("department", "street", "area", "grid", "source", "category", "matter")
_clocks = msgspec.json.Decoder(list[Clock]).decode
_OPEN = sql_of(FIGURES["backlog"].numerator)


class Open(msgspec.Struct, frozen=True):
    """An open case: when it falls due by its overall clock, how that stands, where it belongs."""

    case_id: str
    deadline: datetime | None
    light: str
    cut: dict[str, str | None]


def open_cases(
    store: Answers, query: Query, calendars: Mapping[tuple[str, str], Calendar]
) -> list[Open]:
    """Those that the figure `backlog` counts, at A as known at K: what is red is overdue.

    Since when and by which calendar a clock runs is what its case says now; when it falls due, what
    was known at K.
    """
    table, _ = source(Ledger.CASES, query, ())
    own = f"SELECT case_id, deadline, {', '.join(CUTS)} FROM {table} AND {_OPEN}"
    clocks = "SELECT case_id, clocks FROM cases FINAL WHERE place = %(place)s"
    rows = store.query(
        f"SELECT own.*, told.clocks FROM ({own}) AS own LEFT JOIN ({clocks}) AS told"
        " USING (case_id)",
        sql(query).params,
    )
    return [_open(row, query.as_of, calendars) for row in rows]


def _open(row: Iterable[Any], at: datetime, calendars: Mapping[tuple[str, str], Calendar]) -> Open:
    case_id, deadline, *cut, clocks = row
    due = deadline and aware(deadline)
    told = next((one for one in _clocks(clocks or "[]") if one.name == OVERALL), None)
    return Open(case_id, due, _light(told, due, at, calendars), dict(zip(CUTS, cut, strict=True)))


def _light(
    told: Clock | None,
    due: datetime | None,
    at: datetime,
    calendars: Mapping[tuple[str, str], Calendar],
) -> str:
    if told is None:
        return NO_LIMIT if due is None or due >= at else Light.RED.value
    clock = replace(told, due=due, stopped_at=None)
    calendar = calendars.get((clock.calendar, clock.calendar_version))
    if calendar is None and clock.limit and due is not None and due >= at:
        return Light.UNKNOWN.value
    try:
        return light(clock, at, calendar).value
    except CalendarMissing:  # a pause without an end that was known then, and has ended since
        return Light.UNKNOWN.value


def counted(cases: Iterable[Open], by: str | None = None) -> dict[str | None, dict[str, int]]:
    """How many of each light, by the values of a field; under None in total where none is named."""
    found: dict[str | None, Counter[str]] = {}
    for case in cases:
        found.setdefault(case.cut[by] if by else None, Counter())[case.light] += 1
    return {value: dict(lights) for value, lights in found.items()}
