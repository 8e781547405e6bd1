"""The same figures as SQL, made from the registry; values travel only as parameters."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from streams.core.figures import Answers, Asked, asked, asked_ledgers, assemble, uncut_query
from streams.core.figures import Row as FigureRow
from streams.core.ledgers_sql import IN_COHORT, NOTHING, OF_FLOW, ON_LEVEL, STANDING, Limits, source
from streams.core.measures import MEASURES, Measured, measured_sql
from streams.core.predicates import by_name, called_sql, instant_text
from streams.core.query import DAYS, REPLAY, SUMMED_UP, Cut, Query
from streams.core.registry import Ledger

__all__ = [
    "IN_COHORT",
    "OF_FLOW",
    "STANDING",
    "Question",
    "Statement",
    "params_of",
    "rows",
    "select",
    "sql",
]

Params = dict[str, Any]

FORMATS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "ten-days": "%Y-%m-T"}
"""How days and longer are told; a parameter of each field's name."""


class Statement(msgspec.Struct, frozen=True):
    """One SELECT: a ledger's rows, cut as asked or in total."""

    ledger: Ledger
    cut: bool
    sql: str


class Question(msgspec.Struct, frozen=True):
    """A query's statements and the parameters that they share."""

    statements: tuple[Statement, ...]
    params: Params


def sql(query: Query) -> Question:
    """All statements, and their parameters (`%(name)s`, to be substituted by the driver)."""
    params = params_of(query)
    statements = [
        Statement(ledger, cut, select(ledger, query if cut else uncut_query(query), params))
        for ledger in asked_ledgers(query)
        for cut in _ways(ledger, query)
    ]
    return Question(tuple(statements), params)


def rows(query: Query, answered: Iterable[Sequence[Sequence[Any]]]) -> list[FigureRow]:
    """The answer, from the rows that each statement of `sql` returns."""
    cut: dict[Ledger, dict[Cut, Answers]] = {one: {} for one in asked_ledgers(query)}
    total: dict[Ledger, Answers] = {}
    for statement, found in zip(sql(query).statements, answered, strict=True):
        ledger, width = statement.ledger, len(query.by) if statement.cut else 0
        told = {tuple(row[:width]): _answers(ledger, query, row[width:]) for row in found}
        if statement.cut:
            cut[ledger] = told
        if not width:
            total[ledger] = told.get((), {})
        elif not _timed(ledger, query):
            total[ledger] = _summed(told.values())
    return assemble(query, cut, total)


# --- one statement -------------------------------------------------------------------------------


def _ways(ledger: Ledger, query: Query) -> list[bool]:
    """Cut; and in total where the parts do not add up to it: a median, or a cut that is not."""
    cut = query.cuts(ledger)
    return [True, False] if query.by and cut and _timed(ledger, query) else [cut]


def _timed(ledger: Ledger, query: Query) -> bool:
    return any(one.measure for one in asked(ledger, query))


def select(ledger: Ledger, query: Query, params: Params, *of: str) -> str:
    """All that is asked of a ledger; for each value of the columns `of`, too."""
    parts = [f"{counted_sql(one, n)} AS part_{n}" for n, one in enumerate(asked(ledger, query))]
    return selected(ledger, query, parts, params, of=of)


def selected(
    ledger: Ledger,
    query: Query,
    columns: Iterable[str],
    params: Params,
    *,
    of: Sequence[str] = (),
    only: Limits = NOTHING,
) -> str:
    """These columns over a ledger's rows, cut as asked and by `of`; conditions stand in them by
    name. Of `only` see `ledgers_sql.source`."""
    wanted = asked(ledger, query)
    table, at = source(ledger, query, wanted, only)
    conditions = called_sql(sorted({name for one in wanted for name in one.part}))
    cuts = [_cut(name, at, query, params) for name in query.by]
    groups = [*of, *(f"cut_{n}" for n in range(len(cuts)))]
    named = [*of, *(f"{cut} AS cut_{n}" for n, cut in enumerate(cuts))]
    text = f"{conditions}SELECT {', '.join([*named, *columns])} FROM {table}"
    return f"{text} GROUP BY {', '.join(groups)}" if groups else text


def counted_sql(one: Asked, n: int) -> str:
    """A part of a figure as one expression of `selected`; `n` tells those of one SELECT apart."""
    if one.measure:
        return measured_sql(MEASURES[one.measure], by_name(one.part) or "1", f"times_{n}")
    return f"countIf({by_name(one.part)})" if one.part else "count()"


def _cut(field: str, at: str, query: Query, params: Params) -> str:
    if field in DAYS:
        return _local(field, at, query, params)
    return ON_LEVEL if field == SUMMED_UP and query.at_level is not None else field


def _local(field: str, at: str, query: Query, params: Params) -> str:
    """The local day or longer; where places lie in several zones, each by its own."""
    params[field] = FORMATS[field]
    branches = [
        f"place IN %(places_{n})s, {local_sql(field, at, f'zone_{n}')}"
        for n in range(len(_by_zone(query)))
    ]
    text = local_sql(field, at, "zone")
    return f"multiIf({', '.join(branches)}, {text})" if branches else text


def local_sql(field: str, at: str, zone: str) -> str:
    """`query.local_day` as an expression: the field's name is a parameter that holds its format,
    and `zone` one that holds the zone."""
    text = f"formatDateTime({at}, %({field})s, %({zone})s)"
    if field != "ten-days":
        return text
    day = f"toUInt8(formatDateTime({at}, '%%d', %({zone})s))"
    return f"concat({text}, toString(least(intDiv({day} - 1, 10), 2) + 1))"


def _by_zone(query: Query) -> dict[str, list[str]]:
    """Zones other than the query's own, with the places that lie in them."""
    found: dict[str, list[str]] = {}
    if query.place is None:
        for place, zone in sorted(query.zones.items()):
            if zone != query.zone:
                found.setdefault(zone, []).append(place)
    return found


def params_of(query: Query) -> Params:
    """What the statements of a query are given beside their text."""
    instants = {
        "as_of": query.as_of,
        "known_at": query.known_at,
        "from": query.from_,
        "to": query.to,
    }
    params: Params = {name: instant_text(at) for name, at in instants.items() if at is not None}
    params |= {"place": query.place, "replay": REPLAY, "flow": query.flow.value}
    params |= {"zone": query.zone, "at_level": query.at_level, "inside": query.inside}
    for n, (zone, places) in enumerate(_by_zone(query).items()):
        params |= {f"zone_{n}": zone, f"places_{n}": tuple(places)}
    return params


# --- its answer ----------------------------------------------------------------------------------


def _answers(ledger: Ledger, query: Query, values: Sequence[Any]) -> Answers:
    return {
        one: Measured(*map(int, value)) if one.measure else int(value)
        for one, value in zip(asked(ledger, query), values, strict=True)
    }


def _summed(told: Iterable[Answers]) -> Answers:
    found: dict[Asked, int] = {}
    for answers in told:
        for one, value in answers.items():
            assert isinstance(value, int)
            found[one] = found.get(one, 0) + value
    return found
