"""What an act comes to: the case after it and what is told; or that it was refused, and why."""

from datetime import datetime
from typing import Any

import msgspec

from streams.core.accepted import AcceptedReport
from streams.core.calendar import Calendar
from streams.core.case import ActInput, Case, Told
from streams.core.clocks import Clock
from streams.core.events import ActKind
from streams.core.place import PlaceRules, Rulebook
from streams.core.results import FactKind

Result = tuple[Case, list[Told]]


class World(msgspec.Struct, frozen=True):
    """What an act is judged by beside the case itself."""

    seed: AcceptedReport
    book: Rulebook

    def rules_at(self, at: datetime) -> PlaceRules | None:
        """The place's rules in force at an instant."""
        return self.book.at(self.seed.place, at)

    def calendar_of(self, clock: Clock) -> Calendar | None:
        """The calendar by which a clock was started."""
        rules = self.rules_at(clock.start)
        return rules.calendars.get(clock.calendar) if rules else None


def told(kind: FactKind, item: ActInput, case: Case, **detail: Any) -> Told:
    """A fact that an act leads to, with what the act said; None is left out of the detail."""
    act = item.act
    said = {"passed": act.passed, "resolved": act.resolved, "reason": act.reason} | detail
    if act.act is ActKind.DECIDE and act.outcome is not None:
        said["outcome"] = act.outcome.value
    return Told(
        kind,
        item.occurred_at,
        item.cause,
        department=case.department,
        actor=act.actor,
        detail={name: value for name, value in said.items() if value is not None},
    )


def refused(item: ActInput, reason: str) -> Told:
    """That an act could not be done, and why; it is kept and shown, and changes nothing."""
    return Told(
        FactKind.ACT_REFUSED,
        item.occurred_at,
        item.cause,
        actor=item.act.actor,
        detail={"act": item.act.act.value, "reason": reason},
    )


def impossible(case: Case, item: ActInput) -> Result:
    """The lifecycle has no such move from where the case stands."""
    return case, [refused(item, f"impossible_move:{case.state.value}")]
