"""Which closed cases of a day came back, worked out plainly: every closing beside every case."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from tests.journey.recount_merging import Told, same_spot
from tests.journey.recount_nouns import Step

if TYPE_CHECKING:
    from tests.journey.recount_day import Life


def look_after(lives: "Sequence[Life]") -> None:
    """Give each closing a step beside it: until when is looked, and how that ended."""
    opened = [life for life in lives if life.flow == "case" and life.filed]
    for life in lives:
        days = life.rules.closures.get("again_days")
        if life.flow != "case" or days is None or life.rules.merging is None:
            continue
        for closing in [step for step in life.case.steps if step.kind == "closing"]:
            due = closing.at + timedelta(days=days)
            back = [
                (new.case.filed_at.astimezone(UTC), "recurred")
                for new in opened
                if new.matter == life.matter is not None
                and closing.at < new.report.at <= due
                and new is not life
                and _near(life, new)
            ]
            if closing.done is not None:
                back.append((closing.done, "reopened"))
            done, how = min(back, default=(None, None))
            whose = closing.department
            life.case.steps.append(Step("recurrence", whose, closing.at, life.case, due, done, how))


def _near(closed: "Life", new: "Life") -> bool:
    here = Told(new.report, new.rules)
    return any(same_spot(here, Told(one, new.rules), new.rules) for one in closed.reports)
