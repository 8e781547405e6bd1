"""The ledger of points asked of the warehouse, and put into words: balances, entries, JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from rich.table import Table

from streams.core.conditions import INSTANT, instant_text
from streams.core.events import Round, RoundKind, RoundResult
from streams.core.instants import aware
from streams.core.ledgers_sql import KNOWN
from streams.core.peopledocs import PointsBody
from streams.core.place import Rulebook
from streams.core.points import Balance, Claim, Deed, Entry, Standing, balances, entries
from streams.show.figures import Answers
from streams.show.rates import NOTHING, local_text

MOST_ROWS = 40
"""So many persons and entries are shown to people; the JSON has all."""

_ARRIVED = (
    f"place = %(place)s AND occurred_at < {INSTANT.format('as_of')}"
    f" AND ingested_at < {INSTANT.format('known_at')}"
)
_SOMEBODYS = f"{_ARRIVED} AND (requester IS NOT NULL OR reporter IS NOT NULL)"
_CLAIMS = (
    "SELECT sender, id, occurred_at, source, matter, category, case_id, requester, reporter"
    f" FROM reports FINAL WHERE {_SOMEBODYS}"
)
_STANDINGS = (
    "SELECT case_id, from_at, filed_at IS NOT NULL, handled_at IS NOT NULL,"
    " closed_at IS NOT NULL, void FROM case_spans FINAL"
    f" WHERE place = %(place)s AND {KNOWN} AND from_at < {INSTANT.format('as_of')}"
    f" AND case_id IN (SELECT case_id FROM reports FINAL WHERE {_SOMEBODYS})"
    " ORDER BY case_id, from_at"
)
_DEEDS = (
    "SELECT sender, id, kind, area, scene, worker, started_at, result, text, account, points"
    " FROM rounds FINAL WHERE place = %(place)s AND worker IS NOT NULL"
    f" AND started_at < {INSTANT.format('as_of')} AND ingested_at < {INSTANT.format('known_at')}"
)


class PointsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: of one place, entries before `as_of` as they were known at `known_at`; what
    was given and taken since `since`; of one person or account, where they are named."""

    place: str
    zone: str
    since: datetime
    as_of: datetime
    known_at: datetime
    person: str | None = None
    account: str | None = None


class Told(msgspec.Struct, frozen=True):
    """The answer: balances, and the entries of the window."""

    balances: list[Balance]
    entries: list[Entry]


def ask_points(store: Answers, book: Rulebook, query: PointsQuery) -> Told:
    """The ledger as the warehouse's rows and the place's rules make it."""
    ends = {"as_of": query.as_of, "known_at": query.known_at}
    params = {"place": query.place} | {name: instant_text(at) for name, at in ends.items()}
    claims = _claims(store, params) if _rewarded(book, query.place) else []
    deeds = [_deed(query.place, *row) for row in store.query(_DEEDS, params)]
    ledger = [
        one
        for one in entries(book, query.place, claims, deeds, query.as_of)
        if query.person in (None, one.person) and query.account in (None, one.account)
    ]
    rules = book.at(query.place, query.as_of)
    points = rules.points if rules is not None else None
    since = [one for one in ledger if one.at >= query.since]
    return Told(balances(ledger, query.since, points), since)


def _rewarded(book: Rulebook, place: str) -> bool:
    """Whether any version of its rules rewards reports: else none need be fetched."""
    line = book.lines.get(place)
    points = (rules.points for rules in (line.rules if line is not None else ()) if rules)
    return any(body.reports for body in points if body is not None)


def _claims(store: Answers, params: dict[str, Any]) -> list[Claim]:
    standings = _standings(store.query(_STANDINGS, params))
    return [_claim(row, standings) for row in store.query(_CLAIMS, params)]


def _standings(rows: Sequence[Sequence[Any]]) -> Mapping[str, tuple[Standing, ...]]:
    return {
        case: tuple(Standing(aware(since), *map(bool, so)) for _, since, *so in group)
        for case, group in groupby(rows, itemgetter(0))
    }


def _claim(row: Sequence[Any], standings: Mapping[str, tuple[Standing, ...]]) -> Claim:
    sender, id, at, source, matter, category, case_id, requester, reporter = row
    return Claim(
        sender=sender,
        id=id,
        at=aware(at),
        source=source,
        matter=matter,
        category=category,
        case_id=case_id,
        requester=requester,
        reporter=reporter,
        standings=standings.get(case_id, ()),
    )


def _deed(place: str, sender: str, id: str, kind: str, area: str, *rest: Any) -> Deed:
    scene, worker, started_at, result, text, account, points = rest
    made = Round(
        place=place,
        kind=RoundKind(kind),
        area=area,
        scene=scene,
        worker=worker,
        started_at=aware(started_at),
        result=RoundResult(result),
        text=text,
        account=account,
        points=points,
    )
    return Deed(sender, id, made)


# --- for machines -------------------------------------------------------------------------------


def points_json(told: Told, query: PointsQuery, known_at: datetime) -> dict[str, Any]:
    """The whole answer; entries are those of the window."""
    return {
        "place": query.place,
        "from": local_text(query.since, query.zone),
        "as_of": local_text(query.as_of, query.zone),
        "known_at": local_text(known_at, query.zone),
        "balances": [msgspec.structs.asdict(one) for one in told.balances],
        "entries": [
            msgspec.structs.asdict(one) | {"at": local_text(one.at, query.zone)}
            for one in told.entries
        ],
    }


# --- for people ---------------------------------------------------------------------------------


def balance_table(told: Told, points: PointsBody | None) -> Table:
    """One line for each person's account, those with the most points first."""
    rated = any(one.stars is not None for one in told.balances)
    table = Table()
    for name in ("账户 account", "人员 person"):
        table.add_column(name)
    for name in ("余额 balance", "期内得 given", "期内扣 taken", *(["星级 stars"] * rated)):
        table.add_column(name, justify="right")
    names = {one.id: one.name for one in points.accounts} if points is not None else {}
    for one in told.balances[:MOST_ROWS]:
        numbers = [str(one.points), str(one.given), str(one.taken)]
        if rated:
            numbers.append(NOTHING if one.stars is None else "★" * one.stars or "0")
        table.add_row(names.get(one.account, one.account), one.person, *numbers)
    return table


def entry_lines(told: Told, zone: str) -> Iterator[str]:
    """The entries of the window, one a line: when, whose, how many, by what and for what."""
    for one in told.entries[:MOST_ROWS]:
        why = one.rule or one.reason or ""
        cause = one.case_id or f"{one.sender} {one.input}"
        at = local_text(one.at, zone)
        yield f"  {at}  {one.account}  {one.person}  {one.points:+d}  {why}  {cause}"
    if len(told.entries) > MOST_ROWS:
        yield f"  … --json {len(told.entries)}"
