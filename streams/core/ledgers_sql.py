"""What each ledger counts at (A, K), as the warehouse reads it: the counterpart of `ledgers`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from streams.core.events import INFINITY
from streams.core.figures import Asked
from streams.core.ledgers import CASE_FIELDS, HEARD, IMPORTED, JOINED, OWN, RETOLD, UNTOLD
from streams.core.predicates import (
    AS_OF,
    INSTANT,
    OF_CASES,
    OF_THEIR_CASES,
    PREDICATES,
    REPEATED_WITHIN,
    instant_text,
    kinds_of,
    sql_of,
)
from streams.core.provenance import PROVENANCE
from streams.core.query import Query, not_of
from streams.core.registry import COHORT, COHORTS, STEP_LEDGERS, Ledger, Part

SPANS, STEPS, REPORTS, CALLS = "case_spans", "case_steps", "reports", "calls"
KNOWN_AT = INSTANT.format("known_at")

KNOWN = f"known_from < {KNOWN_AT} AND {KNOWN_AT} <= known_to"
STANDING = f"from_at < {AS_OF} AND {AS_OF} <= to_at AND {KNOWN}"
"""Meets exactly one row of each case in case_spans FINAL."""

OF_FLOW = "flow = %(flow)s"
"""No figure is about more than one flow."""

IN_COHORT = sql_of((COHORT,))
"""The cohort of every figure but those of reports."""

ON_LEVEL = "nullIf(lineage.code[indexOf(lineage.level, %(at_level)s)], '')"
INSIDE = "has(lineage.code, %(inside)s)"
"""As `levels.on_level` and `levels.lies_in` have it."""

MONTH = "toYYYYMM(reported_at)"
"""By which spans and steps are partitioned."""

RETOLD_THEN = f"{KNOWN_AT} < toDateTime64('{instant_text(INFINITY)}', 6, 'UTC')"
"""Whether a K is asked for, as `ledgers.retold` has it: a constant of each statement."""
ANY_THEN = f"toYYYYMM(occurred_at) < if({RETOLD_THEN}, 999999, 0)"
"""The same of any report, by what these are partitioned by: without a K none is read."""

FROM, TO = INSTANT.format("from"), INSTANT.format("to")
_STEP = (
    *("place", "case_id", "kind", "department", "at", "due", "done", "result", "worked"),
    "filed_at",
)
_COUNTS = {name: f"ifNull({name}_at < {AS_OF}, 0)" for name in ("void", "rejected", "excluded")}
_REPORT = (
    *("place", "sender", "id", "case_id", "occurred_at", *OWN, *HEARD, *HEARD.values()),
    *PROVENANCE,
)


class Only(NamedTuple):
    """A condition on a field of the rows that are asked for, and what is true while it asks nothing
    of them (a constant, so that the server may leave unread what only the condition needs)."""

    holds: str
    idle: str = "0"


Limits = Mapping[str, Only]
"""By the field that each is about."""

NOTHING: Limits = {}
"""No further conditions."""


def source(
    ledger: Ledger,
    query: Query,
    asked: Iterable[Asked],
    only: Limits = NOTHING,
    columns: Iterable[str] = (),
) -> tuple[str, str]:
    """What stands behind FROM, and the instant by which its rows fall into the window; `only` those
    rows, ValueError for a field that the ledger has not. A step has of its case's fields those by
    which it is cut and those among the `columns`. ValueError for slots, too: `slots_sql` has them.
    """
    if ledger is Ledger.SLOTS:
        raise ValueError("slots are rows of a table of their own")
    if query.inside is not None:
        only = {**only, "lineage": Only(INSIDE)}
    if lacking := sorted(not_of(ledger).intersection(only)):
        raise ValueError(f"the ledger of {ledger.value} has no {', '.join(lacking)}")
    if ledger in STEP_LEDGERS:
        return _steps(ledger, query, [one.part for one in asked], only, columns), "at"
    if ledger is Ledger.REPORTS:
        return _reports(query, {name for one in asked for name in one.part}, only), "occurred_at"
    if ledger is Ledger.CALLS:
        return _calls(query, only), "offered_at"
    if ledger is Ledger.CARRIED:
        where = _carried(query)
    else:
        within = window("filed_at", query)
        where = [*within, *_months(SPANS, within, query)]
    return _filed(query, [*where, *_held(only)]), "filed_at"


def wanted(query: Query) -> str:
    """Of the place that is asked for, or of all but replays; and of the one flow."""
    return f"{_here(query)} AND {OF_FLOW}"


def _here(query: Query) -> str:
    return "place = %(place)s" if query.place is not None else "NOT endsWith(place, %(replay)s)"


def window(at: str, query: Query) -> list[str]:
    """That an instant lies in [from_, to)."""
    after = [f"{at} >= {FROM}"] if query.from_ is not None else []
    return after + ([f"{at} < {TO}"] if query.to is not None else [])


def _months(table: str, rows: Iterable[str], query: Query) -> list[str]:
    """That a case was first reported in a month of which the table has such rows, one too many at
    worst: the other months stay unread. An index on the rows' own instant would not do, for FINAL
    must see all versions of a row, and only within a month are they known to lie together."""
    if query.from_ is None:
        return []
    such = " AND ".join([wanted(query), *rows])
    # As one array, which the server computes once for all places of a statement that ask for it.
    return [
        f"{MONTH} IN (SELECT arrayJoin((SELECT groupUniqArray({MONTH}) FROM {table} WHERE {such})))"
    ]


def _filed(query: Query, where: Iterable[str] = ()) -> str:
    conditions = [STANDING, IN_COHORT, wanted(query), *where]
    return f"{SPANS} FINAL WHERE {' AND '.join(conditions)}"


def _carried(query: Query) -> list[str]:
    if query.from_ is None:
        return ["0 = 1"]
    closed = f"(state = 'closed' AND ifNull(closed_at < {FROM}, 0))"
    return [f"filed_at < {FROM}", f"NOT {closed}"]


def _steps(
    ledger: Ledger, query: Query, parts: Iterable[Part], only: Limits, columns: Iterable[str]
) -> str:
    """The plain table, unless something is asked that only the case's row at (A, K) can say."""
    case_only = {field: one for field, one in only.items() if field in CASE_FIELDS}
    own_only = {field: one for field, one in only.items() if field not in CASE_FIELDS}
    within = window("at", query)
    months = _months(STEPS, within, query)
    begun = [f"at < {AS_OF}", KNOWN, sql_of(COHORTS[ledger]), wanted(query), *within, *months]
    begun += [*_held(own_only), *_of_kinds(parts)]
    told = [*_STEP, *(f"{text} AS {name}" for name, text in _COUNTS.items())]
    named = _named(query, columns)
    fields = [name for name in CASE_FIELDS if name in named]
    where = [STANDING, wanted(query), *months, *_held(case_only)]
    case = (
        f"SELECT {', '.join(('case_id', *fields))} FROM {SPANS} FINAL WHERE {' AND '.join(where)}"
    )
    if case_only and not fields:
        idle = " AND ".join(one.idle for one in case_only.values())
        begun.append(f"({idle} OR case_id IN ({case}))")
    own = f"SELECT {', '.join(told)} FROM {STEPS} FINAL WHERE {' AND '.join(begun)}"
    if not fields:
        return f"({own})"
    both = [f"own.{name} AS {name}" for name in (*_STEP, *_COUNTS)]
    both += [f"told.{name} AS {name}" for name in fields]
    return (
        f"(SELECT {', '.join(both)} FROM ({own}) AS own {'INNER' if case_only else 'LEFT'} JOIN"
        f" ({case}) AS told ON own.case_id = told.case_id)"
    )


def _of_kinds(parts: Iterable[Part]) -> list[str]:
    """That a step is of a kind that is asked about."""
    kinds = kinds_of(parts)
    return [] if kinds is None else [f"kind IN ({', '.join(map(repr, sorted(kinds)))})"]


def _held(only: Limits) -> list[str]:
    return [one.holds for one in only.values()]


def _asked(fields: Iterable[str], query: Query, only: Iterable[str]) -> list[str]:
    """Without provenance and where a row lies, unless that is asked: nothing is joined in vain."""
    named = _named(query, only)
    return [name for name in fields if name in named or name not in (*PROVENANCE, "lineage")]


def _named(query: Query, further: Iterable[str]) -> set[str]:
    """The fields that a cut or something further asks about."""
    return {*query.by, *further, *(("lineage",) if query.at_level is not None else ())}


# --- calls ---------------------------------------------------------------------------------------


def _calls(query: Query, only: Limits) -> str:
    """The plain table: calls are of no flow, and of two contents its engine keeps the earlier."""
    told = [f"offered_at < {AS_OF}", f"ingested_at < {KNOWN_AT}", _here(query)]
    where = [*told, *window("offered_at", query), *_held(only)]
    return f"{CALLS} FINAL WHERE {' AND '.join(where)}"


# --- reports -------------------------------------------------------------------------------------


def _reports(query: Query, names: set[str], only: Limits) -> str:
    """The plain table, unless a condition asks for the case, the requester's past, or (of imported
    tickets) for what the case said at (A, K)."""
    told = [f"occurred_at < {AS_OF}", f"ingested_at < {KNOWN_AT}", wanted(query)]
    within = window("occurred_at", query)
    of_case = sorted(names & (OF_THEIR_CASES.keys() | OF_CASES.keys()))
    if not names and RETOLD.isdisjoint((*query.by, *only)):
        return f"{REPORTS} FINAL WHERE {' AND '.join([*told, *within, *_held(only)])}"
    restated = _asked(sorted(RETOLD), query, only)
    fields = [*_asked(_REPORT, query, only), *restated]
    if "repeated" in names:
        own = _asked_before(fields, told, query)
        fields = [*fields, "previous_at"]
    else:
        where = " AND ".join([*told, *within])
        own = f"SELECT {', '.join(fields)} FROM {REPORTS} FINAL WHERE {where}"
    asked = within if of_case else [*within, ANY_THEN]
    theirs = [STANDING, wanted(query), *_months(REPORTS, asked, query), _matters(of_case)]
    spans = f"{SPANS} FINAL WHERE {' AND '.join(theirs)}"
    case = f"SELECT case_id, {', '.join((*JOINED, *restated))} FROM {spans}"
    columns = [_report(name, restated) for name in fields]
    columns += [f"told.{name} AS {name}" for name in JOINED]
    inner = (
        f"(SELECT {', '.join(columns)} FROM ({own}) AS own LEFT JOIN ({case}) AS told"
        " ON own.case_id = told.case_id)"
    )
    return f"{inner} WHERE {' AND '.join(_held(only))}" if only else inner


def _matters(names: Iterable[str]) -> str:
    """Whether a report must be told of its case's row: where one of these conditions is not what it
    is of no case, or what a newer export restated is asked as it was known before."""
    tests = [PREDICATES[name].test for name in names]
    unlike = [(~one if one.holds(UNTOLD, INFINITY) else one).sql for one in tests]
    return f"({' OR '.join([RETOLD_THEN, *unlike])})"


def _asked_before(fields: Iterable[str], told: Iterable[str], query: Query) -> str:
    """The reports of the window, each with when the same requester last asked about the same
    matter: of those that have both, also the time before it that the window looks back on."""
    reach = f" - INTERVAL {REPEATED_WITHIN // timedelta(days=1)} DAY"
    since = [] if query.from_ is None else [f"occurred_at >= {FROM}{reach}"]
    within, listed = window("occurred_at", query) or ["1"], ", ".join(fields)
    table, asks = f"{REPORTS} FINAL", "(requester IS NOT NULL AND matter IS NOT NULL)"
    asking = (
        f"SELECT {listed}, lagInFrame(toNullable(occurred_at)) OVER"
        " (PARTITION BY place, requester, matter ORDER BY occurred_at, sender, id"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS previous_at"
        f" FROM {table} WHERE {' AND '.join([*told, *since, asks])}"
    )
    others = " AND ".join([*told, *within, f"NOT {asks}"])
    return (
        f"SELECT * FROM ({asking}) WHERE {' AND '.join(within)}"
        f" UNION ALL SELECT {listed}, NULL FROM {table} WHERE {others}"
    )


def _report(name: str, restated: Iterable[str]) -> str:
    """A report's own field as it was known at K."""
    if name in HEARD:
        return f"if(ifNull(own.{HEARD[name]} < {KNOWN_AT}, 0), own.{name}, NULL) AS {name}"
    return _told(name) if name in restated else f"own.{name} AS {name}"


def _told(name: str) -> str:
    imported = f"told.case_id != '' AND startsWith(own.case_id, concat(own.place, '{IMPORTED}'))"
    return f"if({RETOLD_THEN} AND {imported}, told.{name}, own.{name}) AS {name}"
