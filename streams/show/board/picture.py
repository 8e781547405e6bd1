"""What stands on the board: figures of a view, the open cases' lights, the day's course."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from streams.core.figures import Query, Row, Value
from streams.core.figures_sql import sql
from streams.core.instants import aware
from streams.core.ledgers_sql import KNOWN_AT, source
from streams.core.predicates import AS_OF, INSTANT, instant_text
from streams.core.registry import FIGURES, Ledger
from streams.show.board.profiles import Profile
from streams.show.board.standing import Open, counted, open_cases
from streams.show.board.view import View
from streams.show.cases import IN_LIFE
from streams.show.figures import Answers, ask
from streams.show.rates import figures_json, local_text

TABLES = ("department", "street", "source")
MAP = "grid"
"""Asked only of a place that has shapes to paint."""
SOON, LATELY = 12, 12
"""How many deadlines ahead, and how many of the latest facts, are told."""

STEPS = tuple(timedelta(hours=hours) for hours in (0.25, 1, 3, 6, 24, 7 * 24, 28 * 24))
MOST_BARS = 96
"""A day's course has a bar for each quarter of an hour; longer windows have longer bars."""

NEAR = 5 * LATELY
"""So many versions of facts are looked at first: FINAL reads all that it is asked about."""
_TOLD = f"place = %(place)s AND occurred_at < {AS_OF} AND ingested_at < {KNOWN_AT}"
_FACTS = (
    "SELECT fact_id, kind, case_id, occurred_at, department FROM facts FINAL"
    f" WHERE {_TOLD} AND NOT withdrawn AND {{}}"
    f" ORDER BY occurred_at DESC, {IN_LIFE} DESC, fact_id LIMIT {LATELY}"
)
_NEAR = (
    "SELECT (groupArray((case_id, fact_id)), min(occurred_at)) FROM (SELECT case_id, fact_id,"
    f" occurred_at FROM facts WHERE {_TOLD} ORDER BY occurred_at DESC LIMIT {NEAR})"
)
# A fact none of whose versions is among these is of no later instant than they all are: what of
# theirs is later stands before it.
_LATEST = f"WITH ({_NEAR}) AS near {_FACTS}".format(
    "(case_id, fact_id) IN (SELECT arrayJoin(near.1)) AND occurred_at > near.2"
)
_ALL = _FACTS.format("true")


def picture(store: Answers, profile: Profile, view: View, wall: datetime) -> dict[str, Any]:
    """All of it, as JSON carries it: the figures are those that `gridloop rates` answers."""
    query = view.query(store, profile.zone, wall)
    fields = (*TABLES, MAP) if profile.shapes else TABLES
    total, *rows = ask(store, replace(query, by=fields))
    # A report or a call has no department: cut by all fields together, none is told.
    apart = (Ledger.REPORTS, Ledger.CALLS)
    names = [name for name in query.figures if FIGURES[name].ledger not in apart]
    cases = open_cases(store, replace(query, from_=None, to=None), profile.calendars)

    def local(instant: datetime | None) -> str | None:
        return None if instant is None else local_text(instant, profile.zone)

    return {
        "place": view.place,
        "flow": view.flow.value,
        "live": view.live,
        "ticking": view.live and query.as_of != wall,
        "as_of": local(query.as_of),
        "known_at": local(query.known_at) if view.known_at else None,
        "from": local(query.from_),
        "to": local(query.to),
        "total": figures_json(total.figures),
        "lights": counted(cases).get(None, {}),
        "by": {field: _by(rows, names, field, cases) for field in fields},
        "course": _course(store, query),
        "ahead": _ahead(store, query, cases),
        "lately": _lately(store, query),
    }


def _by(
    rows: Iterable[Row], names: Iterable[str], field: str, cases: Sequence[Open]
) -> list[dict[str, Any]]:
    """One row for each value: the view's figures, and the lights of all that is open there."""
    alike: dict[str | None, list[Row]] = {}
    for row in rows:
        alike.setdefault(row.by[field], []).append(row)
    lights = counted(cases, field)
    return [
        {
            "code": code,
            "figures": figures_json(
                {n: _sum(n, alike[code]) for n in names} if code in alike else {}
            ),
            "lights": lights.get(code, {}),
        }
        for code in {**alike, **lights}
    ]


def _sum(name: str, rows: Sequence[Row]) -> Value:
    """A count or a rate of several combinations together."""
    told = [row.figures[name] for row in rows]
    if told[0].denominator is None:
        return Value(sum(one.value or 0 for one in told))
    numerator = sum(one.numerator or 0 for one in told)
    denominator = sum(one.denominator or 0 for one in told)
    return Value(numerator / denominator if denominator else None, numerator, denominator)


def _course(store: Answers, query: Query) -> dict[str, Any] | None:
    """How many of the view's cases were filed, and how many of them closed, in each step of time;
    None where there are none."""
    table, _ = source(Ledger.CASES, query, ())
    params, start = sql(query).params, query.from_
    if start is None:
        ((first,),) = store.query(f"SELECT minOrNull(filed_at) FROM {table}", params)
        if first is None:
            return None
        start = aware(first)
    step = _step(query.as_of - start)
    params |= {"start": instant_text(start), "step": int(step.total_seconds())}
    columns = [_SINCE.format(at) for at in ("filed_at", _CLOSED)]
    rows = store.query(
        f"SELECT {', '.join(columns)}, count() FROM {table} GROUP BY 1, 2",
        params,
    )
    bars = -((start - query.as_of) // step)
    filed, closed = [0] * bars, [0] * bars
    for filed_in, closed_in, cases in rows:
        filed[filed_in] += cases
        if closed_in is not None:
            closed[closed_in] += cases
    return {
        "start": local_text(start, query.zone),
        "seconds": params["step"],
        "filed": filed,
        "closed": closed,
    }


_CLOSED = (
    f"if(state = 'closed' AND closed_at >= {INSTANT.format('start')} AND closed_at < {AS_OF},"
    " closed_at, NULL)"
)
"""An imported ticket may say that it was closed before it was reported: that is in no step."""
_SINCE = f"intDiv(dateDiff('second', {INSTANT.format('start')}, {{}}), %(step)s)"


def _step(length: timedelta) -> timedelta:
    return next((step for step in STEPS if length <= step * MOST_BARS), STEPS[-1])


def _ahead(store: Answers, query: Query, cases: Iterable[Open]) -> list[dict[str, Any]]:
    """The open cases that fall due next."""
    due = [(one.deadline, one) for one in cases if one.deadline and one.deadline >= query.as_of]
    soon = sorted(due, key=lambda pair: (pair[0], pair[1].case_id))[:SOON]
    words = texts(store, query.place, [one.case_id for _, one in soon])
    return [
        {
            "case_id": one.case_id,
            "deadline": local_text(at, query.zone),
            "light": one.light,
            "text": words.get(one.case_id, ""),
            **one.cut,
        }
        for at, one in soon
    ]


def texts(store: Answers, place: str | None, ids: Sequence[str]) -> dict[str, str]:
    """What each of these cases is about, in the words of its first report."""
    rows = store.query(
        "SELECT case_id, text FROM cases FINAL WHERE place = %(place)s AND case_id IN %(ids)s",
        {"place": place, "ids": (*ids, "")},
    )
    return dict(map(tuple, rows))


def _lately(store: Answers, query: Query) -> list[dict[str, Any]]:
    params = sql(query).params
    rows = store.query(_LATEST, params)
    if len(rows) < LATELY:
        rows = store.query(_ALL, params)
    return [
        {
            "fact_id": fact_id,
            "kind": kind,
            "case_id": case_id,
            "occurred_at": local_text(aware(at), query.zone),
            "department": department,
        }
        for fact_id, kind, case_id, at, department in rows
    ]
