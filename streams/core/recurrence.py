"""复发 · whether what was closed came back near by, as a new case of the same matter.

How long is looked is said by the place's document on closings, what is near by its rules of
merging: without either nobody looks.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from streams.core.case import After, Story, Told
from streams.core.lifecycle import merges
from streams.core.outcome import World
from streams.core.results import FactKind
from streams.core.stepnouns import Ending, Step, StepKind

Again = Mapping[datetime, datetime]
"""When a new case was filed after a closing, by the closing's instant; the first of each."""

NEVER: Again = {}


def afters(told: Iterable[Told], world: World) -> Iterator[After]:
    """How long is looked after each of the closings that are told."""
    if not merges(world.seed.lifecycle):
        return
    for closing in told:
        rules = world.rules_at(closing.at) if closing.kind is FactKind.CASE_CLOSED else None
        if rules and rules.merging is not None and rules.closures.again_days is not None:
            until = closing.at + timedelta(days=rules.closures.again_days)
            yield After(closing.at, until, closing.department)


def new_case(story: Story | None) -> datetime | None:
    """When a report became a case of its own; None where it did not, or that case is void."""
    if story is None or story.into is not None or story.case.void:
        return None
    return story.case.filed_at


def recurrences(story: Story, again: Again) -> Iterator[Step]:
    """A step for each closing: over as soon as its matter is back, or it is reopened itself."""
    reopened = [one.at for one in story.facts if one.kind is FactKind.CASE_REOPENED]
    for after in story.afters:
        ends = [(at, Ending.REOPENED) for at in reopened if at >= after.at]
        if after.at in again:
            ends.append((again[after.at], Ending.RECURRED))
        done, how = min(ends, default=(None, None))
        kind, whose = StepKind.RECURRENCE.value, after.department
        yield Step(kind, 0, whose, after.at, after.until, done, how and how.value)
