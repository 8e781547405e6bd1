"""Was it done? Rounds set against the slots of the schedules; the same for figures and alarms.

A slot is over at its end, and what began before counts: so a slot that ends at A is judged at A. A
round that could not look (offline) was not done, and its slot stays in the denominator.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from streams.core.events import Round, RoundKind, RoundResult
from streams.core.place import PlaceRules, Rulebook, lineage
from streams.core.scheduledocs import Schedule
from streams.core.slots import Slot, Window

Whom = tuple[str, str | None]
"""A subject's code, and the scene where scenes are looked at by themselves."""


class Visit(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What a round is to a schedule: somebody there, from `start` until before `end`."""

    start: datetime
    end: datetime
    worker: str = ""


Numbered = tuple[int, Visit]
"""A visit, and the number of the round that it is in their sequence."""


class Judged(msgspec.Struct, frozen=True):
    """A slot that is over: how often it was done, and of a duty what stood empty."""

    slot: Slot
    visits: int
    gaps: tuple[Window, ...] = ()

    @property
    def done(self) -> bool:
        """Whether all that was asked for was done."""
        if self.slot.schedule.kind is RoundKind.DUTY:
            return not self.gaps
        return self.visits >= self.slot.schedule.at_least

    @property
    def uncovered(self) -> timedelta:
        """How long a duty stood empty."""
        return sum((gap.end - gap.start for gap in self.gaps), timedelta())


def visit_of(schedule: Schedule, made: Round) -> Visit | None:
    """The round as a visit under this schedule; None where it is of another kind or means, or was
    too short, or could not look."""
    kind = made.kind is schedule.kind and schedule.means in (None, made.means)
    if not kind or made.result is RoundResult.OFFLINE:
        return None
    end = made.ended_at or made.started_at + timedelta(minutes=schedule.holds_minutes)
    if (end - made.started_at).total_seconds() < schedule.least_seconds:
        return None
    return Visit(made.started_at, end, made.worker or "")


def whom_of(rules: PlaceRules, schedule: Schedule, made: Round) -> Iterator[Whom]:
    """For which subjects of the schedule a round counts: of areas, for each in which it lies."""
    scene = made.scene if schedule.subjects.scenes else None
    match schedule.subjects.each:
        case "grids":
            codes: Iterable[str | None] = [made.grid]
        case "areas":
            codes = lineage(rules, made.area)
        case _:
            codes = [made.subject]
    yield from ((code, scene) for code in codes if code is not None)


def judge(slot: Slot, visits: Iterable[Visit]) -> Judged:
    """One slot that is over, by the visits to its subject."""
    window = slot.window
    if slot.schedule.kind is RoundKind.DUTY:
        there = [one for one in visits if one.start < window.end and one.end > window.start]
        return Judged(slot, len(there), _empty(window, there, slot.schedule.at_least))
    return Judged(slot, sum(window.start <= one.start < window.end for one in visits))


def judged(
    book: Rulebook, place: str, over: Iterable[Slot], rounds: Sequence[Round]
) -> Iterator[Judged]:
    """All these slots, by all these rounds."""
    for slot, numbered in visited(book, place, over, rounds):
        yield judge(slot, (visit for _, visit in numbered))


def visited(
    book: Rulebook, place: str, over: Iterable[Slot], rounds: Sequence[Round]
) -> Iterator[tuple[Slot, Sequence[Numbered]]]:
    """Each of these slots with the visits that may reach into it, and of which round each is."""
    known: dict[Schedule, Mapping[Whom, _Visits]] = {}
    for slot in over:
        if slot.schedule not in known:
            known[slot.schedule] = _by_subject(book, place, slot.schedule, rounds)
        visits = known[slot.schedule].get((slot.subject.code, slot.subject.scene), NOBODY)
        yield slot, visits.near(slot.window)


class _Visits(msgspec.Struct, frozen=True):
    """The visits to one subject in their order, none of them longer than `longest`."""

    sorted: tuple[Numbered, ...]
    longest: timedelta

    @staticmethod
    def of(visits: Iterable[Numbered]) -> "_Visits":
        ordered = tuple(sorted(visits, key=_visit))
        return _Visits(ordered, max(one.end - one.start for _, one in ordered))

    def near(self, window: Window) -> Sequence[Numbered]:
        """Those that may reach into a window."""
        start, end = window.start - self.longest, window.end
        first = bisect_left(self.sorted, Visit(start, start), key=_visit)
        return self.sorted[first : bisect_left(self.sorted, Visit(end, end), key=_visit)]


NOBODY = _Visits((), timedelta())


def _visit(one: Numbered) -> Visit:
    return one[1]


def _by_subject(
    book: Rulebook, place: str, schedule: Schedule, rounds: Sequence[Round]
) -> dict[Whom, _Visits]:
    found: dict[Whom, list[Numbered]] = {}
    for n, made in enumerate(rounds):
        visit, rules = visit_of(schedule, made), book.at(place, made.started_at)
        if visit is not None and rules is not None:
            for whom in whom_of(rules, schedule, made):
                found.setdefault(whom, []).append((n, visit))
    return {whom: _Visits.of(visits) for whom, visits in found.items()}


def _empty(window: Window, visits: Iterable[Visit], at_least: int) -> tuple[Window, ...]:
    """When in a window fewer than so many workers were present; who is there twice counts once."""
    shifts: dict[str, list[Visit]] = {}
    for one in sorted(visits):
        shifts.setdefault(one.worker, []).append(one)
    steps: dict[datetime, int] = {window.start: 0, window.end: 0}
    for own in shifts.values():
        for start, end in _joined(own):
            begun, ended = max(start, window.start), min(end, window.end)
            steps[begun] = steps.get(begun, 0) + 1
            steps[ended] = steps.get(ended, 0) - 1
    gaps: list[Window] = []
    present, edges = 0, sorted(steps)
    for at, following in pairwise(edges):
        present += steps[at]
        if present >= at_least:
            continue
        if gaps and gaps[-1].end == at:
            gaps[-1] = Window(gaps[-1].start, following)
        else:
            gaps.append(Window(at, following))
    return tuple(gaps)


def _joined(visits: Iterable[Visit]) -> Iterator[tuple[datetime, datetime]]:
    """One worker's sorted visits as stretches that do not overlap."""
    start: datetime | None = None
    end: datetime | None = None
    for one in visits:
        if start is None or end is None:
            start, end = one.start, one.end
        elif one.start <= end:
            end = max(end, one.end)
        else:
            yield start, end
            start, end = one.start, one.end
    if start is not None and end is not None:
        yield start, end
