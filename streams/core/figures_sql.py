"""The same figures as SQL, made from the registry; values travel only as parameters."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from streams.core.figures import (
    DAYS,
    IMPORTED,
    REPLAY,
    CaseCounts,
    Cut,
    Query,
    Row,
    assemble,
    parts,
    reports_cut,
    retold,
)
from streams.core.predicates import AS_OF, INSTANT, instant_text, sql_of
from streams.core.registry import COHORT, Figure, Part

Params = dict[str, Any]

SPANS = "case_spans"
REPORTS = "reports"
KNOWN_AT = INSTANT.format("known_at")

STANDING = (
    f"from_at < {AS_OF} AND {AS_OF} <= to_at AND known_from < {KNOWN_AT} AND {KNOWN_AT} <= known_to"
)
"""Meets exactly one row of each case in case_spans FINAL."""

OF_FLOW = "flow = %(flow)s"
"""No figure is about more than one flow."""

IN_COHORT = sql_of((COHORT,))
"""The cohort of every case figure."""

_FORMATS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


class Question(msgspec.Struct, frozen=True):
    """A query's two statements: the case ledger's and the reports' ledger's."""

    cases: str
    reports: str
    params: Params


def sql(query: Query) -> Question:
    """Both statements and their parameters (`%(name)s`, to be substituted by the driver)."""
    params = _params(query)
    return Question(_cases(query, params), _reports(query, params), params)


def rows(
    query: Query, cases: Iterable[Sequence[Any]], reports: Iterable[Sequence[Any]]
) -> list[Row]:
    """The answer, from the rows that the two statements of `sql` return."""
    width, asked = len(query.by), parts(query)
    counts: CaseCounts = {
        _key(row[:width]): dict(zip(asked, row[width:], strict=True)) for row in cases
    }
    width = width if reports_cut(query) else 0
    return assemble(query, counts, {_key(row[:width]): row[width] for row in reports})


def value_sql(figure: Figure) -> str:
    """A case figure's value as one expression over the standing, filed rows of case_spans FINAL."""
    numerator = _count(figure.numerator)
    if figure.denominator is None:
        return numerator
    return f"{numerator} / nullIf({_count(figure.denominator)}, 0)"


def _key(values: Sequence[Any]) -> Cut:
    return tuple(values)


def _count(part: Part) -> str:
    return f"countIf({sql_of(part)})" if part else "count()"


def _cases(query: Query, params: Params) -> str:
    counted = [_count(part) for part in parts(query)]
    where = [STANDING, IN_COHORT, *_where(query, "filed_at")]
    rows = f"{SPANS} FINAL WHERE {' AND '.join(where)}"
    return _select(_cuts(query, "filed_at", params), counted, rows)


def _reports(query: Query, params: Params) -> str:
    cuts = _cuts(query, "occurred_at", params) if reports_cut(query) else []
    where = [f"occurred_at < {AS_OF}", f"ingested_at < {KNOWN_AT}", *_where(query, "occurred_at")]
    rows = f"{REPORTS} FINAL WHERE {' AND '.join(where)}"
    return _select(cuts, ["count()"], _retold(rows, query) if retold(query) else rows)


def _retold(rows: str, query: Query) -> str:
    """The reports, imported tickets' with what their case says of them at (A, K)."""
    fields = retold(query)
    told = ", ".join(f"if(told.case_id != '', told.{f}, own.{f}) AS {f}" for f in fields)
    listed = ", ".join(fields)
    imported = f"startsWith(case_id, concat(place, '{IMPORTED}'))"
    spans = f"{SPANS} FINAL WHERE {' AND '.join([STANDING, imported, _wanted(query)])}"
    return (
        f"(SELECT own.place AS place, own.occurred_at AS occurred_at, {told}"
        f" FROM (SELECT place, case_id, occurred_at, {listed} FROM {rows}) AS own"
        f" LEFT JOIN (SELECT place, case_id, {listed} FROM {spans}) AS told"
        " ON own.place = told.place AND own.case_id = told.case_id)"
    )


def _select(cuts: list[str], counted: list[str], rows: str) -> str:
    columns = [f"{cut} AS cut_{n}" for n, cut in enumerate(cuts)]
    columns += [f"{count} AS part_{n}" for n, count in enumerate(counted)]
    text = f"SELECT {', '.join(columns)} FROM {rows}"
    if cuts:
        text += f" GROUP BY {', '.join(f'cut_{n}' for n in range(len(cuts)))}"
    return text


def _wanted(query: Query) -> str:
    here = "place = %(place)s" if query.place is not None else "NOT endsWith(place, %(replay)s)"
    return f"{here} AND {OF_FLOW}"


def _where(query: Query, at: str) -> list[str]:
    after = [f"{at} >= {INSTANT.format('from')}"] if query.from_ is not None else []
    before = [f"{at} < {INSTANT.format('to')}"] if query.to is not None else []
    return [_wanted(query), *after, *before]


def _cuts(query: Query, at: str, params: Params) -> list[str]:
    return [_local(name, at, query, params) if name in DAYS else name for name in query.by]


def _local(field: str, at: str, query: Query, params: Params) -> str:
    """The local day, week or month; where places lie in several zones, each by its own."""
    params[field] = _FORMATS[field]
    text = f"formatDateTime({at}, %({field})s, %(zone)s)"
    branches = [
        f"place IN %(places_{n})s, formatDateTime({at}, %({field})s, %(zone_{n})s)"
        for n in range(len(_by_zone(query)))
    ]
    return f"multiIf({', '.join(branches)}, {text})" if branches else text


def _by_zone(query: Query) -> dict[str, list[str]]:
    """Zones other than the query's own, with the places that lie in them."""
    found: dict[str, list[str]] = {}
    if query.place is None:
        for place, zone in sorted(query.zones.items()):
            if zone != query.zone:
                found.setdefault(zone, []).append(place)
    return found


def _params(query: Query) -> Params:
    instants = {
        "as_of": query.as_of,
        "known_at": query.known_at,
        "from": query.from_,
        "to": query.to,
    }
    params: Params = {name: instant_text(at) for name, at in instants.items() if at is not None}
    params |= {"place": query.place, "replay": REPLAY, "flow": query.flow.value}
    params |= {"zone": query.zone}
    for n, (zone, places) in enumerate(_by_zone(query).items()):
        params |= {f"zone_{n}": zone, f"places_{n}": tuple(places)}
    return params
