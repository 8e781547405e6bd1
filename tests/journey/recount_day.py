"""A day's published records followed by hand from report to closing, with no part of the fold."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.core.clock import working_duration
from tests.journey.recount_gate import Verdicts, alone, passes
from tests.journey.recount_merging import groups
from tests.journey.recount_nouns import Call, Case, Report, Step
from tests.journey.recount_published import Identity, Published, Seen
from tests.journey.recount_recurrence import look_after
from tests.journey.recount_rules import Rules
from tests.journey.recount_ways import ANSWERS, WAITS, WAYS, after_no, flow_of

NEVER = datetime.max.replace(tzinfo=UTC)


def lives_at(day: Published, rules: Rules, as_of: datetime) -> "list[Life]":
    """Each case as it stood at that instant: acts from then on have not happened."""
    acts: dict[Identity, list[Seen]] = {}
    for act in day.acts.values():
        ticket = act.data["ticket"]
        acts.setdefault((ticket["sender"], ticket["id"]), []).append(act)

    verdicts = Verdicts(day.reports.values(), acts, rules)
    read: dict[Identity, str] = {}

    def life(reports: list[Seen], until: datetime) -> Life:
        done = [act for one in reports for act in acts.get(one.identity, []) if act.at < until]
        return _followed(reports, done, rules, verdicts, read)

    def stood(reports: list[Seen], at: datetime) -> str:
        state = life(reports, at).state
        return {"closed": "closed", "void": "void", "rejected": "void"}.get(state, "open")

    there = [report for report in day.reports.values() if report.at < as_of]
    merged = groups(there, rules, stood, read) if rules.merging else [[report] for report in there]
    lives = [life(reports, as_of) for reports in merged]
    look_after(lives)
    return lives


def reports_of(lives: "Iterable[Life]") -> list[Report]:
    """The accepted reports, with how their cases stand; who asks twice is known by the number."""
    last: dict[tuple[str, str], datetime] = {}
    found = []
    told = [(one, life) for life in lives for one in life.reports]
    for one, life in sorted(told, key=lambda pair: (pair[0].at, pair[0].identity)):
        who = _number(one.data.get("requester") or {})
        matter = life.rules.matter(one.data["text"], one.data.get("matter"))
        before = last.get((who, matter)) if who and matter else None
        if who and matter:
            last[who, matter] = one.at
        found.append(
            Report(
                one.at,
                one.source,
                who=who,
                matter=matter,
                before=before,
                opened=one is life.reports[0],
                read_as=life.read.get(one.identity),
                asked=one.data.get("matter") not in life.rules.matters,
                ruled_as=life.matter,
                judged=life.judged(one),
                void=life.case.void,
                excluded=life.case.excluded,
                rejected=life.state == "rejected",
                filed=life.case.filed_at is not NEVER,
                not_admitted=not life.admitted,
                lies=life.rules.lies(one.data, _words(one.data)),
                **_told_by(one, life.rules),
            )
        )
    return found


def calls_of(day: Published, rules: Rules) -> list[Call]:
    """The calls that were offered, and when a person answered them."""
    return [
        Call(
            one.at,
            datetime.fromisoformat(one.data["answered_at"]) if "answered_at" in one.data else None,
            channel=one.data.get("line"),
            lies=rules.lies(one.data, "") if "area" in one.data else {},
        )
        for one in day.calls.values()
    ]


def _number(who: dict[str, str]) -> str | None:
    return who.get("phone") or who.get("id_number") or who.get("name")


def _told_by(report: Seen, rules: Rules) -> dict[str, str | None]:
    """Who reports and by which port; in what kind of grid and area."""
    said, source = report.data, report.source
    kinds = {"gridworker": said.get("reporter_kind", "gridworker"), "check": None, "patrol": None}
    ports = {"hotline": ("line", "12345"), "citizen": ("channel", "mini_program")}
    return {
        "reporter_kind": kinds.get(source, "public"),
        "channel": said.get(*ports.get(source, ("channel",))),
        "citizen_kind": said.get("kind") if source == "citizen" else None,
        "grid_kind": rules.kinds_of.get(said.get("grid")),
        "area_kind": rules.kinds_of.get(rules.area(said.get("area"), _words(said))),
    }


def _words(said: dict[str, Any]) -> str:
    return f"{said['text']}\n{said.get('address', '')}"


class Life:
    """One case on its way through the acts."""

    def __init__(self, report: Seen, rules: Rules, reports: list[Seen], verdicts: Verdicts) -> None:
        said = report.data
        self.report, self.rules, self.reports, self.verdicts = report, rules, reports, verdicts
        self.matter = rules.matter(said["text"], said.get("matter"))
        self.lifecycle = rules.lifecycle(self.matter)
        self.looks: list[Seen] = []
        self.acts: list[Seen] = []
        self.read: dict[Identity, str] = {}
        self.moved: list[datetime] = []
        self.state, self.by_itself = "reported", False
        lies = rules.lies(said, _words(said))
        self.case = Case(NEVER, report.source, None, lies=lies, **_told_by(report, rules))
        self.case.visible = rules.visible(self.matter)
        self.admitted = rules.admitted(self.matter)
        if self.admitted:
            if self.lifecycle == "filed_steps":
                self._to_be_filed(report.at)
            self.join(report)
        else:
            self._reject(report.at)

    @property
    def flow(self) -> str:
        """Whose figures count it."""
        return flow_of(self.lifecycle)

    @property
    def filed(self) -> bool:
        """Whether it is a case: filed, and not void."""
        case = self.case
        return case.filed_at is not NEVER and not case.void and self.state != "rejected"

    def judged(self, found: Seen) -> bool | None:
        """A person's last word on a camera's finding; None where there is none."""
        said = [
            act.data["passed"]
            for act in sorted(self.acts, key=lambda act: (act.at, act.identity))
            if act.data["act"] == "verify" and act.at >= found.at
            if (act.data["ticket"]["sender"], act.data["ticket"]["id"]) == found.identity
        ]
        return said[-1] if said and alone(found) else None

    def join(self, report: Seen) -> None:
        """One more report of it: a camera's alone lets nothing pass that is not sure enough."""
        if alone(report):
            self.looks.append(report)
            let = passes(self.looks, self.matter, self.rules, self.verdicts)
        else:
            let = True
        if let and self.state == "reported" and self.lifecycle != "filed_steps":
            self.by_itself = alone(report)
            self._file(report.at)

    def _file(self, at: datetime) -> None:
        said, rules, case = self.report.data, self.rules, self.case
        case.filed_at, case.deadline = at, rules.deadline(self.matter, at)
        self.started = self.held_since = at
        if self.lifecycle == "filed_steps":
            self._timed("dispatching", at, clock="dispatch")
            return
        case.department = rules.lead(self.matter, rules.area(said.get("area"), _words(said)))
        if self.lifecycle not in WAITS:
            self.state = "dispatched"
            self._given(at)

    def _to_be_filed(self, at: datetime) -> None:
        """It is to be verified by then; where no limit says so, to be filed."""
        if not self._timed("verify", at):
            self._timed("file", at)

    def _at_the_desk(self, kind: str, at: datetime) -> None:
        if kind in ("verify", "file"):
            for step in ("verify", "file"):
                self._over(step, at, "done" if kind == step else "over")
        if kind == "verify" and self.state == "verified":
            self._timed("file", at)
        elif kind == "file":
            self._file(at)

    def _timed(self, kind: str, at: datetime, clock: str | None = None) -> bool:
        """A step of the desk, where there is a limit for it."""
        due = self.rules.deadline(self.matter, at, clock=clock or kind)
        if due is not None:
            self.case.steps.append(Step(kind, None, at.astimezone(UTC), self.case, due=due))
        return due is not None

    def _given(self, at: datetime) -> None:
        """A department has the case from now on."""
        self._over("dispatching", at, "done")
        self._over("dispatch", at, "moved")
        self._begin("dispatch", at)

    def _begin(self, kind: str, at: datetime, result: str | None = None) -> None:
        case = self.case
        case.steps.append(Step(kind, case.department, at.astimezone(UTC), case, result=result))

    def _over(self, kind: str, at: datetime, result: str) -> None:
        for step in self.case.steps:
            if step.kind == kind and step.done is None:
                step.done, step.result = at.astimezone(UTC), result
                step.worked = working_duration(step.at, step.done, self.rules.calendar)

    def take(self, act: Seen) -> None:
        """One act, if the case is where it can be done."""
        kind, case, way = act.data["act"], self.case, WAYS[self.lifecycle]
        stood = self.state
        if kind == "exclude":
            case.excluded = True
        elif kind == "void":
            if not case.void:
                case.void, self.state = True, "void"
                for step in ("dispatch", "verify", "file", "dispatching"):
                    self._over(step, act.at, "over")
        elif kind == "verify" and kind not in way:
            self._verify(act)
        elif kind in ("dispatch", "guard") and act.data["department"] not in self.rules.departments:
            return
        elif kind in way and self.state in way[kind][0] and not self._barred(act):
            before, self.state = self.state, way[kind][1]
            if act.data.get(ANSWERS.get(kind, "")) is False:
                self.state = after_no(self.lifecycle, kind)
            if self.state in ("signed", "guarded") or kind in ("reopen", "return"):
                case.handled = False
            self._note(kind, act, before)
        if self.state != stood:
            self.moved.append(act.at)

    def _verify(self, act: Seen) -> None:
        """A person's word on what waits; or on what went out by itself and is not handled yet."""
        waits = self.state == "reported" and self.case.filed_at is NEVER
        right = act.data["passed"]
        if waits and right:
            self._file(act.at)
        elif not right and (waits or (self.by_itself and not self.case.handled)):
            self._reject(act.at)

    def _reject(self, at: datetime) -> None:
        self.case.void, self.case.rejected, self.state = True, True, "rejected"
        self._over("dispatch", at, "over")

    def _note(self, kind: str, act: Seen, before: str) -> None:
        case, said = self.case, act.data
        self._at_the_desk(kind, act.at)
        case.is_closed = self.state == "closed"
        if self.state == "rejected":
            self._reject(act.at)
        elif kind == "reopen":
            case.deadline = self.rules.deadline(self.matter, act.at)
            self.started = self.held_since = act.at
            case.happened.add("reopened")
            self._over("closing", act.at, "reopened")
            self._given(act.at)
        elif kind == "return":
            # what came back is nobody's until it is sent out again
            self._over("dispatch", act.at, "returned")
            case.happened.add("returned")
            case.department = None
            self._timed("dispatching", act.at, clock="dispatch")
        elif kind == "dispatch" or (kind == "guard" and case.department != said["department"]):
            self.held_since = act.at
            if any(step.kind == "dispatch" for step in case.steps):
                case.happened.add("redirected")
            case.department = said["department"]
            self._given(act.at)
        elif self.state in ("handled", "decided"):
            case.handled = True
            if before in ("reported", "dispatched"):
                case.happened.add("direct")
            self._over("dispatch", act.at, "done")
        elif kind == "close":
            self._closed(act)
        elif kind == "call_back":
            case.happened.add("called_back")
            self._begin("call_back", act.at, "resolved" if said["resolved"] else "unresolved")
        if (rating := said.get("satisfaction")) is not None:
            case.rating = rating
            self._begin("rating", act.at, rating)
        if kind in ("check", "call_back") and said[ANSWERS[kind]] is False:
            case.happened.add("reworked")
            self._begin("rework", act.at)
            self._given(act.at)

    def _closed(self, act: Seen) -> None:
        self.case.closed_at = act.at.astimezone(UTC)
        if act.data.get("shares"):
            self.case.shared_by = act.data.get("circle", "")
        self._over("dispatch", act.at, "over")
        self._begin("closing", act.at)
        self._look_at(act.at)

    def _look_at(self, at: datetime) -> None:
        """Closed minutes after it was given out; or just in time, after it had long lain still."""
        said, due = self.rules.closures, self.case.deadline
        if said and at - self.held_since <= timedelta(minutes=said["hasty_minutes"]):
            self.case.happened.add("doubted")
        if said and due is not None:
            end = due - (due - self.started) * said["last_share"]
            still = end - max([self.started, *(one for one in self.moved if one < end)])
            if end <= at <= due and still >= (due - self.started) * said["idle_share"]:
                self.case.happened.add("doubted")

    def _barred(self, act: Seen) -> bool:
        """Who reported a case may not handle it, where the place says so; nor may it be handled
        by nobody knows whom. Where a return asks for approval, it is only asked for without."""
        kind, profile = act.data["act"], self.rules.profile
        if kind == "return":
            return bool(profile.get("return_needs_approval")) and not act.data.get("passed")
        reporter = self.report.data.get("reporter")
        own = reporter is not None and act.data.get("actor") in (reporter, None)
        works = kind == "handle" or (kind == "mediate" and act.data["passed"])
        return works and own and bool(profile.get("reporter_may_not_handle"))


def _followed(
    reports: list[Seen],
    acts: list[Seen],
    rules: Rules,
    verdicts: Verdicts,
    read: dict[Identity, str],
) -> Life:
    first, *others = reports
    life = Life(first, rules, reports, verdicts)
    life.acts, life.read = acts, read
    later = [(one.at, 0, one) for one in others] + [(act.at, 1, act) for act in acts]
    for _, acted, one in sorted(later, key=lambda one: one[:2]):
        if acted:
            life.take(one)
        else:
            life.join(one)
    life.case.is_closed = life.state == "closed"
    return life
