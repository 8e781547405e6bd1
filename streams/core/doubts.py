"""存疑结案 · closings that somebody should look at. None of them is proof of anything."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from operator import attrgetter

import msgspec

from streams.core.case import ActInput, Case, Told
from streams.core.closuredocs import ClosuresBody
from streams.core.outcome import World
from streams.core.results import FactKind

History = Sequence[tuple[datetime, Case]]


class Doubt(StrEnum):
    """存疑原因 · why a closing is to be looked at."""

    HASTY = "hasty"  # 秒结: soon after it was given to a department
    LAST_MINUTE = "last_minute"  # 临期突击: just before its deadline, after lying idle
    REREPORTED = "rereported"  # 结案后再次上报
    BULK = "bulk"  # 批量办结: many by one hand in a short time


_GIVEN = frozenset({FactKind.CASE_FILED, FactKind.CASE_DISPATCHED, FactKind.CASE_REOPENED})


def doubts(
    history: History, facts: Sequence[Told], told: Iterable[Told], world: World
) -> Iterator[Told]:
    """What is to be looked at of a closing that is `told` now of a case with this past."""
    for closing in told:
        if closing.kind is FactKind.CASE_CLOSED:
            rules = _closures(world, closing.at)
            found = (_hasty(facts, closing, rules), _last_minute(history, closing, rules))
            yield from (one for one in found if one is not None)


def reported_again(
    facts: Sequence[Told], again: ActInput, told: Iterable[Told], world: World
) -> Iterator[Told]:
    """The same of the closing that a further report undoes."""
    undone = any(one.kind is FactKind.CASE_REOPENED for one in told)
    closing = next((one for one in reversed(facts) if one.kind is FactKind.CASE_CLOSED), None)
    rules = _closures(world, again.occurred_at)
    if not undone or closing is None or rules.again_days is None:
        return
    took = again.occurred_at - closing.at
    if took <= timedelta(days=rules.again_days):
        yield _doubted(Doubt.REREPORTED, closing, took, at=again.occurred_at, cause=again.cause)


def _closures(world: World, at: datetime) -> ClosuresBody:
    rules = world.rules_at(at)
    return rules.closures if rules else ClosuresBody()


def _hasty(facts: Sequence[Told], closing: Told, rules: ClosuresBody) -> Told | None:
    given = next((one.at for one in reversed(facts) if one.kind in _GIVEN), None)
    if rules.hasty_minutes is None or given is None:
        return None
    took = closing.at - given
    hasty = took <= timedelta(minutes=rules.hasty_minutes)
    return _doubted(Doubt.HASTY, closing, took) if hasty else None


def _last_minute(history: History, closing: Told, rules: ClosuresBody) -> Told | None:
    clock = history[-1][1].overall
    if rules.last_share is None or clock is None or clock.due is None:
        return None
    whole = clock.due - clock.start
    last = clock.due - rules.last_share * whole
    if not last <= closing.at <= clock.due:
        return None
    moved = (at for at in _moves(history) if at < last)
    idle = last - max([clock.start, *moved])
    if idle < rules.idle_share * whole:
        return None
    return _doubted(Doubt.LAST_MINUTE, closing, clock.due - closing.at)


def _moves(history: History) -> Iterator[datetime]:
    """When the case went from one state to another."""
    return (at for (_, was), (at, case) in pairwise(history) if was.state is not case.state)


def _doubted(
    why: Doubt,
    closing: Told,
    length: timedelta,
    *,
    at: datetime | None = None,
    cause: tuple[str, str] | None = None,
) -> Told:
    minutes = round(length.total_seconds() / 60, 2)
    return Told(
        FactKind.CLOSURE_DOUBTED,
        at or closing.at,
        cause or closing.cause,
        why.value,
        closing.department,
        closing.actor,
        {"reason": why.value, "minutes": minutes},
    )


# --- many cases at once --------------------------------------------------------------------------


class Closing(msgspec.Struct, frozen=True):
    """A closing, and who made it (a code or a token)."""

    actor: str
    at: datetime
    case_id: str
    department: str | None


def in_bulk(closings: Iterable[Closing], rules: ClosuresBody) -> Iterator[Closing]:
    """Those among `bulk_cases` or more that one hand made within `bulk_minutes`. They come, and
    go, ordered by actor, then instant."""
    if rules.bulk_cases is None:
        return
    length = timedelta(minutes=rules.bulk_minutes)
    for _, group in groupby(closings, key=attrgetter("actor")):
        own, told = list(group), 0
        for first in range(len(own) - rules.bulk_cases + 1):
            last = first + rules.bulk_cases
            if own[last - 1].at - own[first].at <= length:
                yield from own[max(told, first) : last]
                told = last
