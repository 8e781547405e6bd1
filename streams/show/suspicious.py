"""存疑结案 · closings that somebody should look at, asked of the store as of A and as known at K.

What a case's own history tells stands among its steps (`core/doubts`); many closings by one hand,
and a report near by that became a case of its own, are told here, by the thresholds at A.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.table import Table

from streams.core.closuredocs import ClosuresBody
from streams.core.doubts import Closing, Doubt, in_bulk
from streams.core.figures_sql import params_of
from streams.core.instants import aware
from streams.core.ledgers_sql import KNOWN_AT, source, window
from streams.core.predicates import AS_OF
from streams.core.query import Query
from streams.core.registry import Ledger
from streams.show.figures import Answers
from streams.show.rates import NOTHING, local_text

REASONS = {
    Doubt.HASTY: "秒结 soon after dispatch",
    Doubt.LAST_MINUTE: "临期突击 just before the deadline",
    Doubt.REREPORTED: "结案后再次上报 reported again",
    Doubt.BULK: "批量办结 many by one hand",
}


class Suspicious(msgspec.Struct, frozen=True, kw_only=True):
    """A closing and why to look at it; `actor` is a code or a token. `minutes` are those from the
    dispatch (hasty), to the deadline (last_minute), or to the next report (rereported); `again` is
    the case that this report opened."""

    reason: Doubt
    case_id: str
    at: datetime
    department: str | None
    actor: str | None
    minutes: float | None = None
    again: str | None = None


def suspicious(store: Answers, query: Query, rules: ClosuresBody) -> list[Suspicious]:
    """All that came to light in [from_, to), the latest first. Of one place."""
    found = [*_told(store, query), *_elsewhere(store, query, rules), *_bulk(store, query, rules)]
    return sorted(found, key=lambda one: (one.at, one.case_id, one.reason), reverse=True)


def _told(store: Answers, query: Query) -> Iterable[Suspicious]:
    for case, at, reason, department, actor, minutes in _ask(store, _made("doubt", query), query):
        yield Suspicious(
            reason=Doubt(reason),
            case_id=case,
            at=aware(at),
            department=department,
            actor=actor,
            minutes=minutes,
        )


def _bulk(store: Answers, query: Query, rules: ClosuresBody) -> Iterable[Suspicious]:
    if rules.bulk_cases is None:
        return
    sql = f"SELECT * FROM ({_made('closing', query)}) WHERE actor IS NOT NULL"
    rows = _ask(store, f"{sql} ORDER BY actor, at, case_id", query)
    made = (Closing(actor, aware(at), case, of) for case, at, _, of, actor, _ in rows)
    for one in in_bulk(made, rules):
        yield Suspicious(
            reason=Doubt.BULK,
            case_id=one.case_id,
            at=one.at,
            department=one.department,
            actor=one.actor,
        )


def _elsewhere(store: Answers, query: Query, rules: ClosuresBody) -> Iterable[Suspicious]:
    """Closed cases like which a later report was, that became a case of its own."""
    if rules.again_days is None:
        return
    whenever = msgspec.structs.replace(query, from_=None, to=None)
    told = [f"occurred_at < {AS_OF}", f"ingested_at < {KNOWN_AT}", *window("occurred_at", query)]
    sql = (
        "SELECT again.new, again.at, closed.case_id, max(closed.at),"
        " argMax(closed.department, closed.at), argMax(closed.actor, closed.at)"
        " FROM (SELECT told.new AS new, told.at AS at, ifNull(c.merged_into, told.like) AS lead"
        " FROM (SELECT case_id AS new, occurred_at AS at, JSONExtractString(detail, 'case') AS like"
        " FROM facts FINAL WHERE place = %(place)s AND kind = 'case_rereported' AND NOT withdrawn"
        f" AND {' AND '.join(told)})"
        " AS told LEFT JOIN (SELECT case_id, merged_into FROM cases FINAL"
        " WHERE place = %(place)s AND merged_into IS NOT NULL) AS c ON c.case_id = told.like)"
        f" AS again INNER JOIN ({_made('closing', whenever)}) AS closed"
        " ON closed.case_id = again.lead"
        " WHERE closed.at <= again.at AND dateDiff('microsecond', closed.at, again.at)"
        " <= %(again_us)s GROUP BY again.new, again.at, closed.case_id"
    )
    length = {"again_us": round(rules.again_days * 86_400_000_000)}
    for new, at, case, closed, department, actor in _ask(store, sql, query, **length):
        yield Suspicious(
            reason=Doubt.REREPORTED,
            case_id=case,
            at=aware(at),
            department=department,
            actor=actor,
            minutes=round((at - closed).total_seconds() / 60, 2),
            again=new,
        )


_FACTS = {"doubt": "closure_doubted", "closing": "case_closed"}


def _made(kind: str, query: Query) -> str:
    """The steps of this kind of filed cases, each with who it was that made the closing."""
    steps, _ = source(Ledger.STEPS, query, ())
    reason = "ifNull(result, '')" if kind == "doubt" else "''"
    said = "JSONExtractString(detail, 'reason')" if kind == "doubt" else "''"
    return (
        "SELECT own.case_id AS case_id, own.at AS at, own.reason AS reason,"
        " own.department AS department, told.actor AS actor, told.minutes AS minutes"
        f" FROM (SELECT case_id, at, {reason} AS reason, department FROM {steps}"
        f" WHERE kind = '{kind}') AS own LEFT JOIN"
        f" (SELECT case_id, occurred_at AS at, {said} AS reason, any(actor) AS actor,"
        " any(JSONExtract(detail, 'minutes', 'Nullable(Float64)')) AS minutes FROM facts FINAL"
        f" WHERE place = %(place)s AND kind = '{_FACTS[kind]}' GROUP BY case_id, at, reason)"
        " AS told ON own.case_id = told.case_id AND own.at = told.at AND own.reason = told.reason"
    )


def _ask(store: Answers, sql: str, query: Query, **more: Any) -> Sequence[Sequence[Any]]:
    return store.query(sql, {**params_of(query), **more})


# --- in words ------------------------------------------------------------------------------------


def counts(found: Iterable[Suspicious]) -> dict[Doubt, int]:
    """How many for each reason, all of them named."""
    by = Counter(one.reason for one in found)
    return {reason: by[reason] for reason in Doubt}


def suspicious_json(
    found: Sequence[Suspicious], query: Query, rules: ClosuresBody, known_at: datetime
) -> dict[str, Any]:
    """The thresholds, how many for each reason, and every one."""
    tz = ZoneInfo(query.zone)
    return {
        "place": query.place,
        "as_of": local_text(query.as_of, query.zone),
        "known_at": local_text(known_at, query.zone),
        "thresholds": {k: v for k, v in msgspec.to_builtins(rules).items() if k != "assumed"},
        "counts": {reason.value: n for reason, n in counts(found).items()},
        "closings": [
            msgspec.to_builtins(one) | {"at": one.at.astimezone(tz).isoformat()} for one in found
        ],
    }


def suspicious_table(found: Sequence[Suspicious], zone: str) -> Table:
    """The same for people."""
    table = Table(title=f"{len(found)} 件存疑 · closings to be looked at", title_justify="left")
    table.add_column("案件 case", no_wrap=True)
    for name in ("原因\nwhy", "时刻\nat", "部门\ndepartment", "经办\nwho", "分钟\nminutes"):
        table.add_column(name, overflow="fold")
    for one in found:
        minutes = NOTHING if one.minutes is None else f"{one.minutes:g}"
        at = local_text(one.at.replace(microsecond=0), zone)
        table.add_row(
            *(one.case_id, REASONS[one.reason], at),
            *(one.department or NOTHING, one.actor or NOTHING, minutes),
        )
    return table
