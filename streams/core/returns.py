"""退单 · what returns have cost, and who was right in the end: told once the case is handled."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from statistics import median

import msgspec

from streams.core.results import RANK, FactKind

HANDLED = frozenset({FactKind.CASE_HANDLED, FactKind.OUTCOME_DECIDED})
RETURNED = FactKind.DISPATCH_RETURNED
UNDONE = frozenset({RETURNED, FactKind.REWORK_ORDERED, FactKind.CASE_REOPENED})
"""After these a case no longer counts as handled."""

TELLING = frozenset({FactKind.CASE_DISPATCHED, *HANDLED, *UNDONE})
"""The facts from which returns are judged."""


class Verdict(StrEnum):
    """退单是否有理 · who handled the case in the end."""

    RIGHT = "right"  # 有理: somebody else
    WRONG = "wrong"  # 无理: the very department that had returned it
    OPEN = "open"  # 未定: nobody has yet


class Happened(msgspec.Struct, frozen=True):
    """One fact of a case that stands; `minutes` are those that a return has cost."""

    case_id: str
    kind: FactKind
    at: datetime
    department: str | None
    minutes: float | None = None


class Returned(msgspec.Struct, frozen=True):
    """One return; `came_back` where the case was later dispatched to the same department (推诿)."""

    case_id: str
    department: str
    at: datetime
    minutes: float | None
    verdict: Verdict
    came_back: bool


class Account(msgspec.Struct, frozen=True):
    """One department's returns; `ping_pong` counts the cases that came back to it."""

    department: str
    returns: int
    right: int
    wrong: int
    open: int
    minutes: float
    median: float | None
    ping_pong: int


def returns(facts: Iterable[Happened]) -> list[Returned]:
    """Every return of one case, the earliest first, judged by the handling that stands."""
    told = sorted(facts, key=lambda fact: (fact.at, RANK[fact.kind]))
    handler = _handler(told)
    return [
        Returned(
            fact.case_id,
            fact.department,
            fact.at,
            fact.minutes,
            _verdict(fact.department, handler),
            _came_back(fact, told[place:]),
        )
        for place, fact in enumerate(told)
        if fact.kind is RETURNED and fact.department is not None
    ]


def accounts(found: Iterable[Returned]) -> Iterator[Account]:
    """Each department's returns, those with the most first."""
    ordered = sorted(found, key=lambda one: one.department)
    grouped = [list(theirs) for _, theirs in groupby(ordered, key=lambda one: one.department)]
    for theirs in sorted(grouped, key=len, reverse=True):
        verdicts = [one.verdict for one in theirs]
        minutes = [one.minutes for one in theirs if one.minutes is not None]
        yield Account(
            department=theirs[0].department,
            returns=len(theirs),
            right=verdicts.count(Verdict.RIGHT),
            wrong=verdicts.count(Verdict.WRONG),
            open=verdicts.count(Verdict.OPEN),
            minutes=sum(minutes),
            median=median(minutes) if minutes else None,
            ping_pong=len({one.case_id for one in theirs if one.came_back}),
        )


def _handler(told: Iterable[Happened]) -> str | None:
    """Who has handled the case, as it stands; None where nobody has."""
    handler = None
    for fact in told:
        if fact.kind in HANDLED:
            handler = fact.department
        elif fact.kind in UNDONE:
            handler = None
    return handler


def _verdict(department: str, handler: str | None) -> Verdict:
    if handler is None:
        return Verdict.OPEN
    return Verdict.WRONG if handler == department else Verdict.RIGHT


def _came_back(returned: Happened, after: Iterable[Happened]) -> bool:
    return any(
        fact.kind is FactKind.CASE_DISPATCHED and fact.department == returned.department
        for fact in after
    )
