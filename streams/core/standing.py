"""How a case stood at an instant, as far as it matters for a report that is like it."""

from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from streams.core.case import Case, Story
from streams.core.lifecycle import CaseState


class How(StrEnum):
    """How a case stood at an instant, for a report that is like it."""

    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"  # void, or rejected: no report joins it


class Standing(NamedTuple):
    how: How
    since: datetime


def standing(story: Story, at: datetime) -> Standing:
    """How the case stood just before an instant; as it began, where that is no earlier."""
    first = story.history[0]
    return _stood(*next((one for one in reversed(story.history) if one[0] < at), first))


def endings(story: Story) -> list[Standing]:
    """When the case ended, and began again: all that has a say in which reports join it."""
    stood = [_stood(since, case) for since, case in story.history]
    return [stood[0], *(one for before, one in pairwise(stood) if one.how is not before.how)]


def _stood(since: datetime, case: Case) -> Standing:
    if case.void:
        return Standing(How.OVER, since)
    if case.state is CaseState.CLOSED:
        return Standing(How.CLOSED, case.closed_at or since)
    return Standing(How.OPEN, since)
