"""A town with a limit for each step, told twice: as events, and as what they must come to.

Every limit is in plain hours, so nothing of a calendar is needed; the place's own arithmetic of
working time has its tests elsewhere.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - a town is drawn, not decided; seeded, it repeats itself
from typing import Any

from tests.journey.harbour import act, founding, reference, report
from tests.journey.recount_more import CIRCLES
from tests.journey.recount_nouns import Case, Report, Step
from tests.journey.system import ROOT

PLACE = "terrace-town"
CALENDAR = ROOT / "schemas" / "places" / "_calendars" / "cn-office.json"
MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOURS = {"overall": 40, "sign": 3, "handle": 12, "check": 4, "contact": 5, "arrive": 2, "stuck": 20}
CLOSURES = {"hasty_minutes": 6, "last_share": 0.5, "idle_share": 0.2}
LEADS = {"街灯不亮": ("lamp", "lamp-works"), "垃圾乱堆": ("rubbish", "street-care")}
WHISTLES = ("everyday", "key_task", "emergency")
RATINGS = ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied")
WEIGHTS = {"response_rate": 0.3, "resolution_rate": 0.35, "satisfaction_rate": 0.35}
PAYERS = [{"payer": "m-1", "percent": 60}, {"payer": "m-2", "percent": 40}]
SHARES: tuple[dict[str, Any], ...] = (
    *({"circle": one, "shares": PAYERS} for one in CIRCLES),
    {"shares": PAYERS},
    *({} for _ in range(4)),
)
"""Who shares the costs, where a case is closed: every other one in a circle, or in none."""
WHO = ("13900000001", "13900000002", None)


def at(hours: float) -> str:
    """So many hours after the first morning, as an event writes it."""
    return (MORNING + timedelta(hours=hours)).isoformat()


def documents() -> list[dict[str, Any]]:
    """The town: two levels, an admission list without dykes, and its limits."""
    limits = [
        {"id": clock, "matter": "*", "limit": f"{hours} hours", "clock": clock}
        for clock, hours in HOURS.items()
    ]
    areas = [
        {"code": "quay-00", "name": "全镇", "level": "street"},
        {"code": "quay-01", "name": "台地", "level": "community", "parent": "quay-00"},
    ]
    admitted = {"id": "a1", "name": "清单", "name_en": "List", "matters": ["lamp", "rubbish"]}
    return [
        *founding(PLACE, scores={"swift_response_score": WEIGHTS}),
        reference(PLACE, "areas", {"areas": areas}, "2"),
        reference(PLACE, "limits", {"limits": limits}),
        reference(PLACE, "calendar", json.loads(CALENDAR.read_text("utf-8"))),
        reference(PLACE, "admission", {"lists": [admitted]}),
        reference(PLACE, "closures", CLOSURES),
    ]


NEXT = {
    ("dispatched", "sign"): "signed",
    ("signed", "handle"): "handled",
    ("handled", "check"): "checked",
    ("checked", "call_back"): "called_back",
    ("handled", "call_back"): "called_back",
    ("called_back", "evaluate"): "evaluated",
    ("evaluated", "close"): "closed",
    ("closed", "reopen"): "dispatched",
    ("dispatched", "return"): "returned",
    ("returned", "dispatch"): "dispatched",
}
"""Where an act leads from where the case stands."""


class Life:
    """One case: its events as they are drawn, and what it has come to by `until`."""

    def __init__(self, n: int, rng: Random, until: float) -> None:
        self.id, self.rng, self.until = f"T{n:03d}", rng, until
        self.now = self.start = round(rng.uniform(0, 60), 3)
        self.pace = rng.choice([4, 4, 4, 4, 4, 4, 0.01])
        self.text = rng.choice([*LEADS, "堤坝渗水"])
        self.phone = rng.choice(WHO)
        who = {"requester": {"phone": self.phone}} if self.phone else {}
        self.events = [report(PLACE, self.id, at(self.now), self.text, **who)]
        self.shares = SHARES[n % len(SHARES)]
        self.admitted = self.text in LEADS
        _, lead = LEADS.get(self.text, ("dyke", None))
        self.case = Case(self._at(), "hotline", lead, deadline=self._in("overall"))
        self.began = self.given = self.case.filed_at
        self.moved: list[datetime] = []
        self.running: dict[str, Step] = {}
        self.called: dict[str, Step] = {}
        if self.admitted:
            self._begin("contact", "contact")
            self._give()
            self._live()

    # --- what is drawn ---

    def _live(self) -> None:
        """Any course that the five steps allow, with much beside it."""
        rng = self.rng
        if rng.random() < 0.6:
            self._do("contact")
        if rng.random() < 0.3:
            self._do("return")
            self._do("dispatch", department="night-watch")
        for kind in ("escalate", "supervise", "dispute"):
            if rng.random() < 0.2:
                self._do(kind)
        if rng.random() < 0.2:
            self._do("extend", passed=True, until=at(self.start + rng.choice([70, 90])))
        if rng.random() < 0.3:
            self._do("pause", passed=True, until=at(self.now + rng.choice([30, 50])))
        if rng.random() < 0.4:
            self._whistle()
        for _ in range(rng.choice([0, 1, 1, 2, 2])):
            self._round()
        if self.case.is_closed and rng.random() < 0.4:
            self._do("reopen")
        if rng.random() < 0.1:
            self._do("exclude")

    def _whistle(self) -> None:
        called = self.rng.sample(["harbour-desk", "street-care", "night-watch"], 2)
        self._do("convene", departments=called, whistle=self.rng.choice(WHISTLES))
        for one in called[: self.rng.choice([1, 2, 2])]:
            self._do("arrive", department=one)
            self._do("finish", department=one)

    def _round(self) -> None:
        """Signed, handled, checked, called back; and, where all is well, closed."""
        if self.case.is_closed:
            return
        self._do("sign")
        self._do("handle")
        good = self.rng.random() < 0.7
        self._do("check", passed=good)
        if not good:
            self._do("handle")
        self._do("call_back", resolved=True, satisfaction=self.rng.choice(RATINGS))
        self._do("evaluate")
        self._do("close", **self.shares)

    def _do(self, kind: str, **more: Any) -> None:
        """One act some time later; what comes too late has not happened by `until`."""
        self.now = round(self.now + self.rng.expovariate(1 / self.pace), 5)
        told = act(PLACE, self.id, kind, at(self.now), **more)
        self.events.append(told | {"id": f"{self.id}-{len(self.events)}"})
        if self.now < self.until:
            self._happens(kind, more)

    # --- what it comes to ---

    state = "dispatched"

    def _happens(self, kind: str, said: dict[str, Any]) -> None:
        if (self.state, kind) in NEXT:
            open_tasks = any(step.result != "finished" for step in self.called.values())
            if not (kind == "handle" and open_tasks):
                self._moves(kind, said)
        else:
            self._beside(kind, said)

    def _moves(self, kind: str, said: dict[str, Any]) -> None:
        case = self.case
        if self.state == "handled":
            self._end("check", "done" if kind == "check" else "over")
        self._end("stuck", None)
        before, self.state = self.state, NEXT[self.state, kind]
        if kind == "sign":
            self._end("sign", "done")
            self._begin("handle", "handle")
        elif kind == "handle":
            case.handled = True
            self._end("handle", "done")
            self._end("dispatch", "done")
            self._begin("check", "check")
        elif kind == "check" and said["passed"] is False:
            self.state, case.handled = "signed", False
            case.happened.add("reworked")
            self._moment("rework", None)
            self._begin("dispatch")
            self._begin("handle", "handle")
        elif kind == "return":
            case.happened.add("returned")
            self._end("sign", "over")
            self._end("dispatch", "returned")
            case.department = None
        elif kind == "dispatch":
            case.happened.add("redirected")
            case.department = said["department"]
            self._give()
        elif kind == "call_back":
            case.happened.add("called_back")
            self._moment("call_back", "resolved")
            self._moment("rating", said["satisfaction"])
            case.rating = said["satisfaction"]
        elif kind == "close":
            case.is_closed, case.closed_at = True, self._at()
            case.shared_by = said.get("circle", "") if said else None
            self._end("contact", "over")
            self._begin("closing")
            self._look_at()
        elif kind == "reopen":
            case.is_closed = case.handled = False
            case.happened.add("reopened")
            case.deadline, self.began = self._in("overall"), self._at()
            self._end("closing", "reopened")
            self._give()
        if self.state not in ("closed", "dispatched"):
            self._begin("stuck", "stuck")
        if self.state != before:
            self.moved.append(self._at())

    def _look_at(self) -> None:
        """Closed minutes after it was given out; or just in time, after it had long lain still."""
        now, due = self._at(), self.case.deadline
        assert due is not None
        end = due - (due - self.began) * CLOSURES["last_share"]
        still = end - max([self.began, *(one for one in self.moved if one < end)])
        idle = still >= (due - self.began) * CLOSURES["idle_share"]
        hasty = now - self.given <= timedelta(minutes=CLOSURES["hasty_minutes"])
        for why, holds in (("hasty", hasty), ("last_minute", end <= now <= due and idle)):
            if holds:
                self._moment("doubt", why)
                self.case.happened.add("doubted")

    def _beside(self, kind: str, said: dict[str, Any]) -> None:
        case = self.case
        if kind == "exclude":
            case.excluded = True
        elif kind == "dispute":
            case.happened.add("disputed")
        elif self.state == "closed":
            return
        elif kind == "contact":
            self._end("contact", "done")
        elif kind == "escalate":
            case.happened.add("raised")
            self._led_by_its_duty()
        elif kind == "extend":
            until = datetime.fromisoformat(said["until"]).astimezone(UTC)
            if case.deadline is not None and self._at() <= case.deadline < until:
                case.deadline = until
                case.happened.add("extended")
        elif kind == "pause":
            until = datetime.fromisoformat(said["until"]).astimezone(UTC)
            if case.deadline is not None and self._at() <= case.deadline and until > self._at():
                self._stand_still(until - self._at())
        elif kind in ("convene", "arrive", "finish"):
            self._with_others(kind, said)
        elif kind == "supervise":
            case.happened.add("supervised")

    def _with_others(self, kind: str, said: dict[str, Any]) -> None:
        if kind == "convene":
            self.case.happened.add("whistled")
            self._moment("whistle", said["whistle"])
            for name in said["departments"]:
                self.called[name] = self._begin("arrive", "arrive", name)
        elif kind == "arrive":
            self._end(f"arrive {said['department']}", "done")
        elif kind == "finish":
            self.called[said["department"]] = Step(
                "", None, self._at(), self.case, result="finished"
            )

    def _stand_still(self, length: timedelta) -> None:
        """What the department owes waits; who asked and who was called do not."""
        case = self.case
        assert case.deadline is not None
        case.happened.add("paused")
        case.deadline += length
        for name in ("sign", "handle", "check", "stuck"):
            step = self.running.get(name)
            if step is not None and step.due is not None and self._at() <= step.due:
                step.due += length

    def _led_by_its_duty(self) -> None:
        """On the higher level whoever has the duty leads again, also what another one had got."""
        _, lead = LEADS[self.text]
        if self.state == "dispatched" and self.case.department != lead:
            self.case.happened.add("redirected")
            self.case.department = lead
            self._end("sign", "over")
            self._end("dispatch", "moved")
            self._end("stuck", None)
            self._give()

    def _give(self) -> None:
        self.given = self._at()
        self._begin("dispatch")
        self._begin("sign", "sign")
        self._begin("stuck", "stuck")

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
            if name == "stuck" and step.due is not None and step.done <= step.due:
                self.case.steps.remove(step)  # it moved on in time: nothing was stuck

    def _moment(self, kind: str, result: str | None) -> None:
        whose, now = self.case.department, self._at()
        self.case.steps.append(Step(kind, whose, now, self.case, done=now, result=result))

    def _at(self) -> datetime:
        return MORNING + timedelta(hours=self.now)

    def _in(self, clock: str) -> datetime:
        return self._at() + timedelta(hours=HOURS[clock])


def lives(seed: int, many: int, until: float) -> list[Life]:
    """The same town each time: what it has come to `until` so many hours after its morning."""
    return [Life(n, Random(f"{seed} {n}"), until) for n in range(many)]


def cases_of(town: list[Life], until: float) -> list[Case]:
    """Those that were reported by then and admitted."""
    return [life.case for life in town if life.admitted and life.start < until]


def reports_of(town: list[Life]) -> Iterator[Report]:
    """All of them, in the order of time, so that who asks again can be told."""
    last: dict[tuple[str, str], datetime] = {}
    for life in sorted(town, key=lambda life: (life.start, life.id)):
        when = MORNING + timedelta(hours=life.start)
        who, matter = life.phone, LEADS.get(life.text, ("dyke", None))[0]
        yield Report(
            when,
            "hotline",
            who=who,
            matter=matter,
            before=last.get((who, matter)) if who else None,
            asked=True,
            ruled_as=matter,
            excluded=life.case.excluded,
            void=not life.admitted,
            rejected=not life.admitted,
            not_admitted=not life.admitted,
        )
        if who:
            last[who, matter] = when
