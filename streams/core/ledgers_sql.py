"""What each ledger counts at (A, K), as the warehouse reads it: the counterpart of `ledgers`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from streams.core.figures import Asked
from streams.core.ledgers import CASE_FIELDS, IMPORTED, JOINED, RETOLD, retold
from streams.core.predicates import AS_OF, INSTANT, OF_KINDS, REPEATED_WITHIN, sql_of
from streams.core.provenance import PROVENANCE
from streams.core.query import CASES_ONLY, Query
from streams.core.registry import COHORT, Ledger, Part

SPANS, STEPS, REPORTS = "case_spans", "case_steps", "reports"
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

FROM, TO = INSTANT.format("from"), INSTANT.format("to")
_STEP = ("place", "case_id", "kind", "department", "at", "due", "done", "result")
_REPORT = (
    *("place", "sender", "id", "case_id", "occurred_at", "ingested_at", "requester", "opened"),
    *PROVENANCE,
)


NOTHING: Mapping[str, str] = {}
"""No further conditions."""


def source(
    ledger: Ledger,
    query: Query,
    asked: Iterable[Asked],
    only: Mapping[str, str] = NOTHING,
) -> tuple[str, str]:
    """What stands behind FROM, and the instant by which its rows fall into the window. Of `only`
    each condition holds of a field of the row; ValueError for a field that the ledger has not."""
    if query.inside is not None:
        only = {**only, "lineage": INSIDE}
    if ledger is Ledger.STEPS:
        return _steps(query, [one.part for one in asked], only), "at"
    if ledger is Ledger.REPORTS:
        if lacking := sorted(CASES_ONLY.intersection(only)):
            raise ValueError(f"a report has no {', '.join(lacking)}")
        return _reports(query, {name for one in asked for name in one.part}, only), "occurred_at"
    if ledger is Ledger.CARRIED:
        where = _carried(query)
    else:
        within = window("filed_at", query)
        where = [*within, *_months(SPANS, within, query)]
    return _filed(query, [*where, *only.values()]), "filed_at"


def wanted(query: Query) -> str:
    """Of the place that is asked for, or of all but replays; and of the one flow."""
    here = "place = %(place)s" if query.place is not None else "NOT endsWith(place, %(replay)s)"
    return f"{here} AND {OF_FLOW}"


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


def _steps(query: Query, parts: Iterable[Part], only: Mapping[str, str]) -> str:
    own_only = [text for field, text in only.items() if field not in CASE_FIELDS]
    case_only = [text for field, text in only.items() if field in CASE_FIELDS]
    within = window("at", query)
    months = _months(STEPS, within, query)
    begun = [f"at < {AS_OF}", KNOWN, wanted(query), *within, *months, *own_only]
    begun += _of_kinds(query, parts)
    own = f"SELECT {', '.join(_STEP)} FROM {STEPS} FINAL WHERE {' AND '.join(begun)}"
    fields = _asked(CASE_FIELDS, query, only)
    filed = _filed(query, [*months, *case_only])
    case = f"SELECT place, case_id, {', '.join(fields)} FROM {filed}"
    columns = [*(f"own.{name} AS {name}" for name in _STEP)]
    columns += [f"told.{name} AS {name}" for name in fields]
    return (
        f"(SELECT {', '.join(columns)} FROM ({own}) AS own INNER JOIN ({case}) AS told"
        " ON own.case_id = told.case_id)"
    )


def _of_kinds(query: Query, parts: Iterable[Part]) -> list[str]:
    """That a step is of a kind that is asked about. Where none is named all are, and cut, too: a
    department whose steps are all of others is told, with nothing."""
    kinds = [OF_KINDS.keys() & part for part in parts if part]
    if query.by or not kinds or not all(kinds):
        return []
    named = sorted(set().union(*kinds))
    return [f"({' OR '.join(sql_of((name,)) for name in named)})"]


def _asked(fields: Iterable[str], query: Query, only: Iterable[str]) -> list[str]:
    """Without provenance and where a row lies, unless that is asked: nothing is joined in vain."""
    named = {*query.by, *only, *(("lineage",) if query.at_level is not None else ())}
    return [name for name in fields if name in named or name not in (*PROVENANCE, "lineage")]


# --- reports -------------------------------------------------------------------------------------


def _reports(query: Query, names: set[str], only: Mapping[str, str]) -> str:
    """The plain table, unless a condition asks for the case, the requester's past, or (of imported
    tickets) for what the case said at (A, K)."""
    told = [f"occurred_at < {AS_OF}", f"ingested_at < {KNOWN_AT}", wanted(query)]
    within = window("occurred_at", query)
    restated = _asked(retold(query), query, only)
    if not names and RETOLD.isdisjoint((*query.by, *only) if restated else ()):
        return f"{REPORTS} FINAL WHERE {' AND '.join([*told, *within, *only.values()])}"
    fields = _asked((*_REPORT, *sorted(RETOLD)), query, only)
    if "repeated" in names:
        own = f"SELECT * FROM ({_asked_before(fields, told, query)})"
        own += f" WHERE {' AND '.join(within)}" if within else ""
        fields = [*fields, "previous_at"]
    else:
        where = " AND ".join([*told, *within])
        own = f"SELECT {', '.join(fields)} FROM {REPORTS} FINAL WHERE {where}"
    columns = [_told(name) if name in restated else f"own.{name} AS {name}" for name in fields]
    columns += [f"told.{name} AS {name}" for name in JOINED]
    theirs = [STANDING, wanted(query), *_months(REPORTS, within, query)]
    spans = f"{SPANS} FINAL WHERE {' AND '.join(theirs)}"
    case = f"SELECT place, case_id, {', '.join((*JOINED, *restated))} FROM {spans}"
    inner = (
        f"(SELECT {', '.join(columns)} FROM ({own}) AS own LEFT JOIN ({case}) AS told"
        " ON own.case_id = told.case_id)"
    )
    return f"{inner} WHERE {' AND '.join(only.values())}" if only else inner


def _asked_before(fields: Iterable[str], told: Iterable[str], query: Query) -> str:
    """The reports of the window and of the time before it that it looks back on, each with when the
    same requester last asked about the same matter."""
    reach = f" - INTERVAL {REPEATED_WITHIN // timedelta(days=1)} DAY"
    since = [] if query.from_ is None else [f"occurred_at >= {FROM}{reach}"]
    return (
        f"SELECT {', '.join(fields)}, lagInFrame(toNullable(occurred_at)) OVER"
        " (PARTITION BY place, requester, matter ORDER BY occurred_at, sender, id"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS previous_at"
        f" FROM {REPORTS} FINAL WHERE {' AND '.join([*told, *since])}"
    )


def _told(name: str) -> str:
    imported = f"startsWith(own.case_id, concat(own.place, '{IMPORTED}'))"
    return f"if(told.case_id != '' AND {imported}, told.{name}, own.{name}) AS {name}"
