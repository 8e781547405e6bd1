"""环节 · what was begun and ended in a case: dispatches, timed steps, call-backs, closings.

A span says what a case is; a step, whose it was and how long it took. Derived from the fold's
facts and clocks, and kept with its window of knowledge as spans are.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from streams.core.case import Case, Story, Told
from streams.core.clocks import Clock
from streams.core.events import INFINITY
from streams.core.outcome import World
from streams.core.place import ClockName
from streams.core.recurrence import NEVER, Again, recurrences
from streams.core.results import FactKind
from streams.core.stepnouns import Ending, Step, StepKind
from streams.core.timing import own_clock
from streams.core.worktime import handling_calendar, overall_clocks, pauses_of, worked

__all__ = ["Ending", "Step", "StepKind", "steps_of"]


def steps_of(story: Story, world: World, again: Again = NEVER) -> list[Step]:
    """All steps of a case, to whose matter new cases came `again`; of a ticket only doubts: how
    another system went about it is not told."""
    if story.case.lifecycle == "ticket":
        found = _doubts(story.facts)
    else:
        found = chain(
            _in_working_time(_dispatches(story.facts), story.case, world),
            _timed(story),
            _postponed(story, world),
            _arrivals(story.case),
            _moments(story),
            _closings(story.facts),
            _doubts(story.facts),
            recurrences(story, again),
        )
    counted: dict[str, int] = {}
    numbered = []
    for step in found:
        n = counted[step.kind] = counted.get(step.kind, 0) + 1
        numbered.append(replace(step, n=n))
    return numbered


# --- from one holder to the next -----------------------------------------------------------------

_GIVEN = frozenset({FactKind.CASE_DISPATCHED, FactKind.CASE_REOPENED, FactKind.REWORK_ORDERED})
_LEFT = {
    FactKind.CASE_HANDLED: Ending.DONE,
    FactKind.OUTCOME_DECIDED: Ending.DONE,
    FactKind.DISPATCH_RETURNED: Ending.RETURNED,
    FactKind.CASE_CLOSED: Ending.OVER,
    FactKind.CASE_VOIDED: Ending.OVER,
    FactKind.REPORT_REJECTED: Ending.OVER,
}


def _dispatches(facts: Iterable[Told]) -> Iterator[Step]:
    held: Step | None = None
    for fact in facts:
        given = fact.kind in _GIVEN and fact.department is not None
        how = Ending.MOVED if given else _LEFT.get(fact.kind)
        if held is not None and how is not None:
            yield replace(held, done=fact.at, result=how.value)
            held = None
        if given:
            held = Step(StepKind.DISPATCH.value, 0, fact.department, fact.at)
    if held is not None:
        yield held


def _in_working_time(dispatches: Iterable[Step], case: Case, world: World) -> Iterator[Step]:
    pauses = [pause for clock in overall_clocks(case) for pause in pauses_of(clock)]
    for step in dispatches:
        took = None
        if step.done is not None:
            calendar = handling_calendar(world, step.department, step.at)
            took = worked(step.at, step.done, calendar, pauses)
        yield replace(step, worked=took)


def _closings(facts: Iterable[Told]) -> Iterator[Step]:
    last: Step | None = None
    for fact in facts:
        if fact.kind is FactKind.CASE_CLOSED:
            last = Step(StepKind.CLOSING.value, 0, fact.department, fact.at)
        elif fact.kind is FactKind.CASE_REOPENED and last is not None:
            yield replace(last, done=fact.at, result=Ending.REOPENED.value)
            last = None
    if last is not None:
        yield last


def _doubts(facts: Iterable[Told]) -> Iterator[Step]:
    for fact in facts:
        if fact.kind is FactKind.CLOSURE_DOUBTED:
            why = fact.detail["reason"]
            yield Step(StepKind.DOUBT.value, 0, fact.department, fact.at, None, fact.at, why)


# --- timed by a clock ----------------------------------------------------------------------------

_NAMED = {ClockName.DISPATCH.value: StepKind.DISPATCHING.value}
"""Steps that have another name than their clock: what a department has is a dispatch already."""

_ASKED = {
    ClockName.VERIFY.value: frozenset({FactKind.REPORT_VERIFIED, FactKind.REPORT_REJECTED}),
    ClockName.FILE.value: frozenset({FactKind.CASE_FILED}),
    ClockName.DISPATCH.value: frozenset({FactKind.CASE_DISPATCHED}),
    ClockName.SIGN.value: frozenset({FactKind.DISPATCH_SIGNED}),
    ClockName.HANDLE.value: frozenset({FactKind.CASE_HANDLED, FactKind.OUTCOME_DECIDED}),
    ClockName.CHECK.value: frozenset({FactKind.CASE_CHECKED}),
    ClockName.CONTACT.value: frozenset({FactKind.REQUESTER_CONTACTED}),
    ClockName.STUCK.value: frozenset(),
}
"""The facts that a timed step is for; what is stopped by another one was left undone."""


def _timed(story: Story) -> Iterator[Step]:
    """Steps that a clock times. Its last `due` serves any as-of instant: a pause that moved it came
    before it ran out. Of a step without a known deadline nobody can say that it was late."""
    ticking = [one for one in story.case.clocks if one.name in _ASKED and one.due is not None]
    if not ticking:
        return
    whose = {
        (told.detail.get("clock"), told.at): told.department
        for told in story.facts
        if told.kind is FactKind.DEADLINE_SET
    }
    done = {(told.kind, told.at) for told in story.facts}
    for clock in ticking:
        if clock.name == ClockName.STUCK.value and _moved_in_time(clock):
            continue
        asked = any((kind, clock.stopped_at) in done for kind in _ASKED[clock.name])
        yield Step(
            _NAMED.get(clock.name, clock.name),
            0,
            whose.get((clock.name, clock.start)),
            clock.start,
            clock.due,
            clock.stopped_at,
            None if clock.stopped_at is None else (Ending.DONE if asked else Ending.OVER).value,
        )


def _moved_in_time(clock: Clock) -> bool:
    return clock.stopped_at is not None and not clock.overdue(clock.stopped_at)


def _arrivals(case: Case) -> Iterator[Step]:
    for task in case.tasks:
        name = own_clock(ClockName.ARRIVE, task.department)
        own = (one for one in case.clocks if (one.name, one.start) == (name, task.called_at))
        clock = next(own, None)
        done = task.arrived_at or (clock.stopped_at if clock else None)
        how = Ending.DONE if task.arrived_at else Ending.OVER
        yield Step(
            StepKind.ARRIVE.value,
            0,
            task.department,
            task.called_at,
            clock.due if clock else None,
            done,
            how.value if done else None,
        )


def _postponed(story: Story, world: World) -> Iterator[Step]:
    """挂账与延期 · what moved a deadline, by who had the case then. A pause is over at its planned
    end, where it is ended before, or with its clock."""
    whose = {(told.kind, told.at): told.department for told in story.facts}
    for clock in overall_clocks(story.case):
        calendar = world.calendar_of(clock)
        for pause in pauses_of(clock):
            holder = whose.get((FactKind.PAUSE_DECIDED, pause.from_at))
            step = Step(StepKind.PAUSE.value, 0, holder, pause.from_at)
            if pause.to_at < INFINITY:
                took = worked(pause.from_at, pause.to_at, calendar)
                step = replace(step, done=pause.to_at, result=Ending.DONE.value, worked=took)
            yield step
        for one in clock.extensions:
            holder = whose.get((FactKind.EXTENSION_DECIDED, one.at))
            gives = worked(one.due, one.until, calendar)
            yield Step(
                *(StepKind.EXTENSION.value, 0, holder, one.at, one.due, one.until),
                result=Ending.DONE.value,
                worked=gives,
            )


# --- moments -------------------------------------------------------------------------------------


def _moments(story: Story) -> Iterator[Step]:
    contacted = any(clock.name == ClockName.CONTACT.value for clock in story.case.clocks)
    filed_at = story.case.filed_at
    for fact in story.facts:
        if fact.kind is FactKind.REQUESTER_CONTACTED and filed_at is not None and not contacted:
            contacted = True  # only the first one answers
            yield Step(StepKind.CONTACT.value, 0, fact.department, filed_at, None, fact.at, "done")
        for kind, result in _said(fact):
            yield Step(kind.value, 0, fact.department, fact.at, None, fact.at, result)


def _said(fact: Told) -> Iterator[tuple[StepKind, str | None]]:
    if fact.kind is FactKind.WHISTLE_BLOWN:
        yield StepKind.WHISTLE, fact.detail.get("whistle")
    elif fact.kind is FactKind.REWORK_ORDERED:
        yield StepKind.REWORK, None
    elif fact.kind is FactKind.CALLBACK_MADE:
        resolved = fact.detail.get("resolved")
        yield StepKind.CALL_BACK, (Ending.RESOLVED if resolved else Ending.UNRESOLVED).value
    if (rating := fact.detail.get("satisfaction")) is not None:
        yield StepKind.RATING, rating
