"""Which slots a round is a visit to: what it may change of what is told of them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

from streams.core.calendar import CalendarMissing
from streams.core.coverage import Visit, Whom, visit_of, whom_of
from streams.core.events import Round, RoundKind
from streams.core.place import Rulebook
from streams.core.slots import (
    BINDING,
    MICROSECOND,
    Slot,
    Subject,
    Term,
    Window,
    bound_whom,
    occasions,
    reach,
    terms,
    windows,
)

LONGEST_TASK = timedelta(hours=744)
"""No task that a binding raises has more time than this."""


def touched(book: Rulebook, made: Round) -> Iterator[tuple[Slot, Visit]]:
    """The slots to which a round is a visit, each by the rules in force as it began; whom the round
    counts for, by those in force as the round did."""
    rules = book.at(made.place, made.started_at)
    if rules is None:
        return
    until = max(made.ended_at or made.started_at, made.started_at) + timedelta(days=1)
    for term in terms(book, made.place, until, made.started_at - _longest(book, made.place)):
        visit = visit_of(term.schedule, made)
        if visit is None or term.end <= visit.start - reach(term.schedule.cadence):
            continue
        whom = {*whom_of(rules, term.schedule, made)}
        for window, subjects in _around(term, visit, whom) if whom else ():
            yield from ((Slot(term.schedule, one, window), visit) for one in subjects)


@lru_cache(maxsize=64)
def _longest(book: Rulebook, place: str) -> timedelta:
    """No window of the place is longer than this."""
    plans = (one for rules in book.ever(place) for one in rules.schedules)
    return max((reach(one.cadence) for one in plans), default=timedelta())


def _around(term: Term, visit: Visit, whom: set[Whom]) -> Iterator[tuple[Window, list[Subject]]]:
    """The windows in which a visit begins, or, of a duty, of which it covers a part; and for which
    of the subjects that are bound there it counts."""
    schedule = term.schedule
    if schedule.cadence.every == BINDING:
        for window, subjects in occasions(term, term.begin):
            if window.start <= visit.start < window.end:
                yield window, [one for one in subjects if (one.code, one.scene) in whom]
        return
    bound = bound_whom(term.rules, schedule)
    mine = [bound[one] for one in whom if one in bound]
    until = visit.end if schedule.kind is RoundKind.DUTY else visit.start + MICROSECOND
    begun = max(term.begin, visit.start - reach(schedule.cadence))
    found = windows(
        schedule.cadence, term.rules.zone, term.rules.calendar, begun, min(until, term.end)
    )
    try:
        for window in found if mine else ():
            if window.end > visit.start:
                yield window, mine
    except CalendarMissing:  # told by the ticks
        return
