"""Returns put into words: of one case, and of all departments of a place."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.table import Table

from streams.core.predicates import INSTANT, instant_text
from streams.core.results import FactKind
from streams.core.returns import RETURNED, TELLING, Happened, Returned, Verdict, accounts, returns
from streams.show.rates import NOTHING
from streams.show.responsibility import Streams

VERDICTS = {
    Verdict.RIGHT: "退得有理 right",
    Verdict.WRONG: "退得无理 wrong",
    Verdict.OPEN: "未定 open",
}


def returns_of(case_id: str, facts: Iterable[dict[str, Any]]) -> list[Returned]:
    """The returns among a case's facts, as the record has them."""
    return returns(
        _happened(case_id, fact["kind"], fact["occurred_at"], fact["department"], fact["detail"])
        for fact in facts
        if fact["kind"] in TELLING and not fact["withdrawn"]
    )


def past_returns(
    store: Streams, place: str, from_: datetime | None, to: datetime | None, department: str | None
) -> list[Returned]:
    """A place's returns in [from_, to), of one department or of all, as they are judged now."""
    told = groupby(_told(store, place, from_, to), key=lambda fact: fact.case_id)
    return [
        one
        for _, facts in told
        for one in returns(facts)
        if department in {None, one.department}
        and (from_ is None or one.at >= from_)
        and (to is None or one.at < to)
    ]


def _told(
    store: Streams, place: str, from_: datetime | None, to: datetime | None
) -> Iterator[Happened]:
    """All that judges the cases with a return in the window, case after case."""
    window = ["place = %(place)s", "kind = %(returned)s", "NOT withdrawn"]
    window += [f"occurred_at >= {INSTANT.format('from')}"] if from_ is not None else []
    window += [f"occurred_at < {INSTANT.format('to')}"] if to is not None else []
    sql = (
        "SELECT case_id, kind, occurred_at, department, detail FROM facts FINAL"
        " WHERE place = %(place)s AND kind IN %(kinds)s AND NOT withdrawn AND case_id IN"
        f" (SELECT case_id FROM facts FINAL WHERE {' AND '.join(window)})"
        " ORDER BY case_id"
    )
    kinds = tuple(sorted(kind.value for kind in TELLING))
    ends = {name: instant_text(end) for name, end in (("from", from_), ("to", to)) if end}
    params = {"place": place, "returned": RETURNED.value, "kinds": kinds, **ends}
    return (_happened(*row) for row in store.stream(sql, params))


def _happened(
    case_id: str, kind: str, at: datetime, department: str | None, detail: str
) -> Happened:
    minutes = json.loads(detail).get("minutes")
    return Happened(case_id, FactKind(kind), at, department, minutes)


def returned_json(one: Returned, tz: ZoneInfo) -> dict[str, Any]:
    """One return; its instant with the offset of the place's zone."""
    plain: dict[str, Any] = msgspec.to_builtins(one)
    return plain | {"at": one.at.astimezone(tz).isoformat()}


def returns_json(place: str, found: Sequence[Returned], zone: str) -> dict[str, Any]:
    """Each department's account, and every return that it counts."""
    tz = ZoneInfo(zone)
    return {
        "place": place,
        "departments": [msgspec.to_builtins(one) for one in accounts(found)],
        "returns": [returned_json(one, tz) for one in found],
    }


def returns_table(found: Sequence[Returned]) -> Table:
    """The accounts for people."""
    table = Table()
    names = ("部门 department", "退单 returns", *VERDICTS.values())
    for name in (*names, "工作分钟 minutes", "中位 median", "推诿 ping-pong"):
        table.add_column(name, overflow="fold")
    for one in accounts(found):
        middle = NOTHING if one.median is None else f"{one.median:g}"
        counts = (one.returns, one.right, one.wrong, one.open, f"{one.minutes:g}")
        table.add_row(one.department, *map(str, counts), middle, str(one.ping_pong))
    return table


def returned_lines(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The returns of one case for people, from their JSON."""
    for one in found:
        cost = "" if one["minutes"] is None else f"  {one['minutes']:g} min"
        yield f"  {one['at']}  {one['department']}{cost}  {VERDICTS[Verdict(one['verdict'])]}"
