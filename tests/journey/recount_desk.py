"""The desk of the town, and what moves a deadline there: told by hand, as the rest of a life is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.core.calendar import Calendar, parse_calendar
from streams.core.clock import working_duration
from tests.journey.recount_nouns import Case, Step
from tests.journey.system import ROOT

CALENDAR = ROOT / "schemas" / "places" / "_calendars" / "cn-office.json"
OFFICE = parse_calendar(json.loads(CALENDAR.read_text("utf-8")))
MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOURS = {
    **{"overall": 40, "verify": 4, "file": 3, "dispatch": 3},
    **{"sign": 3, "handle": 12, "check": 4, "contact": 5, "arrive": 2, "stuck": 20},
}

AT_THE_DESK = {
    ("reported", "verify"): "verified",
    ("reported", "file"): "filed",
    ("verified", "file"): "filed",
    ("reported", "reject"): "rejected",
    ("verified", "reject"): "rejected",
    ("filed", "dispatch"): "dispatched",
}
"""Where an act leads before a department has the case."""

Stretch = tuple[datetime, datetime]


def worked(calendar: Calendar, a: datetime, b: datetime, still: list[Stretch]) -> timedelta:
    """Open time from a to b but for the stretches in which the case stood still."""
    within = [(max(a, x), min(b, y)) for x, y in still]
    lost = [working_duration(x, y, calendar) for x, y in within if x < y]
    return working_duration(a, b, calendar) - sum(lost, timedelta())


class Desk:
    """The steps of a case as they begin and end; what the desk does with it, and what is granted to
    whoever has it."""

    case: Case
    state: str
    now: float
    """In hours after the first morning."""
    began: datetime
    given: datetime

    def __init__(self) -> None:
        self.running: dict[str, Step] = {}
        self.still: list[Stretch] = []

    def _begin(self, kind: str, clock: str = "", whose: str | None = None) -> Step:
        due = self._in(clock) if clock else None
        step = Step(kind, whose or self.case.department, self._at(), self.case, due)
        self.running[f"{kind} {whose}" if whose else kind] = step
        self.case.steps.append(step)
        return step

    def _end(self, name: str, result: str | None) -> None:
        step = self.running.pop(name, None)
        if step is not None:
            step.done, step.result = self._at(), result
            if name == "dispatch":
                step.worked = worked(OFFICE, step.at, step.done, self.still)
            if name == "stuck" and step.due is not None and step.done <= step.due:
                self.case.steps.remove(step)  # it moved on in time: nothing was stuck

    def _moment(self, kind: str, result: str | None) -> None:
        whose, now = self.case.department, self._at()
        self.case.steps.append(Step(kind, whose, now, self.case, done=now, result=result))

    def _at(self) -> datetime:
        return MORNING + timedelta(hours=self.now)

    def _in(self, clock: str) -> datetime:
        return self._at() + timedelta(hours=HOURS[clock])

    # --- before a department has it ---

    def _at_the_desk(self, kind: str, said: dict[str, Any]) -> None:
        """The clocks of the desk: each is stopped by any move, and done by its own."""
        if kind == "verify":
            self._end("verify", "done")
            if said["passed"]:
                self._begin("file", "file")
            else:
                self.state = "rejected"
        else:
            own = {"reject": "verify", "file": "file", "dispatch": "dispatching"}[kind]
            for name in ("verify", "file", "dispatching"):
                self._end(name, "done" if name == own else "over")
        if self.state == "rejected":
            self.case.void = self.case.rejected = True
        if kind == "file":
            self._file()
            self._begin("dispatching", "dispatch")

    def _file(self) -> None:
        self.case.filed_at = self.began = self.given = self._at()
        self.case.deadline = self._in("overall")
        self._begin("contact", "contact")

    # --- what moves a deadline ---

    def _extend(self, until: datetime) -> None:
        case, now = self.case, self._at()
        if case.deadline is not None and now <= case.deadline < until:
            gives = worked(OFFICE, case.deadline, until, [])
            self._granted("extension", case.deadline, until, gives)
            case.deadline = until
            case.happened.add("extended")

    def _stand_still(self, until: datetime) -> None:
        """What the department owes waits; who asked and who was called do not."""
        case, now = self.case, self._at()
        if case.deadline is None or now > case.deadline or until <= now:
            return
        self.still.append((now, until))
        self._granted("pause", None, until, worked(OFFICE, now, until, []))
        case.happened.add("paused")
        case.deadline += until - now
        for name in ("dispatching", "sign", "handle", "check", "stuck"):
            step = self.running.get(name)
            if step is not None and step.due is not None and now <= step.due:
                step.due += until - now

    def _granted(self, kind: str, due: datetime | None, done: datetime, took: timedelta) -> None:
        own = (kind, self.case.department, self._at(), self.case)
        self.case.steps.append(Step(*own, due, done, "done", took))

    def _still_no_more(self) -> None:
        """What is closed stands still no longer."""
        now = self._at()
        self.still = [(a, min(b, now)) for a, b in self.still]
        for step in self.case.steps:
            if step.kind == "pause" and step.done is not None and step.done > now:
                step.done, step.worked = now, worked(OFFICE, step.at, now, [])


def instant(text: str) -> datetime:
    """As the broker's side has it."""
    return datetime.fromisoformat(text).astimezone(UTC)
