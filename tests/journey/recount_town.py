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
from tests.journey.recount_desk import (
    AT_THE_DESK,
    CALENDAR,
    HOURS,
    MORNING,
    Desk,
    instant,
)
from tests.journey.recount_more import CIRCLES
from tests.journey.recount_nouns import Case, Report, Step

PLACE = "terrace-town"
CLOSURES = {"hasty_minutes": 6, "last_share": 0.5, "idle_share": 0.2}
BY_THE_DESK = "垃圾乱堆"
"""What people verify, file and send out; all else is sent out as it is reported."""
NEVER = datetime.max.replace(tzinfo=UTC)
LEADS = {"街灯不亮": ("lamp", "lamp-works"), BY_THE_DESK: ("rubbish", "street-care")}
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
    own = {LEADS[BY_THE_DESK][0]: "filed_steps"}
    admitted = {"id": "a1", "name": "清单", "name_en": "List", "matters": ["lamp", "rubbish"]}
    return [
        *founding(PLACE, scores={"swift_response_score": WEIGHTS}, lifecycles=own),
        reference(PLACE, "areas", {"areas": areas}, "2"),
        reference(PLACE, "limits", {"limits": limits}),
        reference(PLACE, "calendar", json.loads(CALENDAR.read_text("utf-8"))),
        reference(PLACE, "admission", {"lists": [admitted]}),
        reference(PLACE, "closures", CLOSURES),
    ]


NEXT = AT_THE_DESK | {
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


class Life(Desk):
    """One case: its events as they are drawn, and what it has come to by `until`."""

    def __init__(self, n: int, rng: Random, until: float) -> None:
        super().__init__()
        self.id, self.rng, self.until = f"T{n:03d}", rng, until
        self.now = self.start = round(rng.uniform(0, 60), 3)
        self.pace = rng.choice([4, 4, 4, 4, 4, 4, 0.01])
        self.text = rng.choice([*LEADS, "堤坝渗水"])
        self.phone = rng.choice(WHO)
        who = {"requester": {"phone": self.phone}} if self.phone else {}
        self.events = [report(PLACE, self.id, at(self.now), self.text, **who)]
        self.shares = SHARES[n % len(SHARES)]
        self.admitted = self.text in LEADS
        self.case = Case(NEVER, "hotline", None)
        self.began = self.given = self._at()
        self.moved: list[datetime] = []
        self.called: dict[str, Step] = {}
        if self.admitted:
            _, lead = LEADS[self.text]
            if self.text == BY_THE_DESK:
                self.state = "reported"
                self._begin("verify", "verify")
                self._reach_a_department(lead)
            else:
                self.case.department = lead
                self._file()
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

    def _reach_a_department(self, lead: str) -> None:
        """Verified and filed, or filed at once, and sent out; or found untrue, or not taken on."""
        how = self.rng.random()
        if how < 0.8:
            self._do("verify", passed=how > 0.1)
        if 0.7 < how < 0.9:
            self._do("reject", reason="不属受理范围")
        self._do("file")
        self._do("dispatch", department=lead)

    # --- what it comes to ---

    state = "dispatched"

    def _happens(self, kind: str, said: dict[str, Any]) -> None:
        if self.state == "rejected":
            return
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
        if (before, kind) in AT_THE_DESK:
            self._at_the_desk(kind, said)
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
            self._begin("dispatching", "dispatch")
        elif kind == "dispatch":
            self._end("dispatching", "done")
            case.happened |= {"redirected"} if before == "returned" else set()
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
            self._still_no_more()
            self._begin("closing")
            self._look_at()
        elif kind == "reopen":
            case.is_closed = case.handled = False
            case.happened.add("reopened")
            case.deadline, self.began = self._in("overall"), self._at()
            self._end("closing", "reopened")
            self._give()
        if self.state not in ("closed", "dispatched", "rejected"):
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
            self._extend(instant(said["until"]))
        elif kind == "pause":
            self._stand_still(instant(said["until"]))
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
            void=not life.admitted or life.case.void,
            rejected=not life.admitted or life.case.rejected,
            filed=life.case.filed_at is not NEVER,
            not_admitted=not life.admitted,
        )
        if who:
            last[who, matter] = when
