"""Simulated lives: what is done with each report after it came, by whom and how fast."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself
from typing import Any

import msgspec

from streams.core.calendar import CalendarMissing
from streams.core.clock import deadline, parse_limit
from streams.core.events import Act, ActKind, FiveOnes, GridworkerReport, PatrolReport, TicketRef
from streams.core.lifecycle import ANSWERED_IN, FILES, MOVES, CaseState, merges, pushed
from streams.core.limits import limit_of
from streams.core.place import PlaceRules, lifecycle_of, mode_of
from streams.core.route import route
from streams.entry import simulate_shares as shares
from streams.entry.simulate_day import HOUR_US, MICROSECOND, SECOND_US, Day
from streams.entry.simulate_reports import Reported
from streams.entry.simulate_ways import Step, way

A, S = ActKind, CaseState
Timed = tuple[int, Step]

ONES = FiveOnes(
    cadres=("cadre-01",),
    task_force="task-force-01",
    plan="plan-01",
    ledger="ledger-01",
    accountability="rule-01",
)
"""The five ones (五个一) of every simulated risk: posts and documents, no person."""

REASONS = {
    A.VOID: ("现场查无此事", "与其他渠道重复登记", "内容不详, 无法受理"),
    A.RETURN: ("不属本单位职责", "属地有误, 请转相关单位", "需由牵头单位先行认定"),
    A.REOPEN: ("问题再次出现", "诉求人要求继续办理"),
}
DESKS = {
    A.VERIFY: "video",
    A.FILE: "desk",
    A.CONSULT: "council",
    A.CHECK: "checker",
    A.CALL_BACK: "operator",
    A.EVALUATE: "evaluator",
    A.CLOSE: "desk",
}
"""Who does what the department does not do itself."""


class Done(msgspec.Struct, frozen=True, gc=False):
    """One act and when it was, in the day's microseconds."""

    us: int
    id: str
    data: Act


class Living:
    """Draws the life of each report within one day, by the lifecycle of what it is about."""

    def __init__(self, rules: PlaceRules, day: Day, rng: Random) -> None:
        self._rules = rules
        self._day = day
        self._rng = rng
        self._length_us = day.length_us
        self._others = tuple(rules.departments)
        self.sender = f"/{rules.place}/departments/demo-{day.seed}"

    def draw(self, report: Reported) -> Iterator[Done]:
        """The acts on a report that fall into the day, in their order; none on one that opens no
        case of its own, or is not admitted."""
        lifecycle = self._lifecycle(report)
        merged = not report.first and self._rules.merging is not None and merges(lifecycle)
        found = route(self._rules, report.matter, report.area, at=self._day.start)
        if merged or not found.admitted:
            return
        holder = found.lead if pushed(lifecycle) else None
        for number, (us, step) in enumerate(self._timed(report, lifecycle), start=1):
            if us >= self._length_us:
                return
            if step.kind is A.DISPATCH:
                holder = self._other_than(holder) if holder else found.lead
            act = self._act(report, step, holder or found.lead)
            yield Done(us, f"{report.id}-{number:02d}-{step.kind.value}", act)

    def _lifecycle(self, report: Reported) -> str:
        known = self._rules.matters.get(report.matter or "")
        return lifecycle_of(self._rules, report.matter, known.category if known else None)

    # --- what happens -----------------------------------------------------------------------

    def _timed(self, report: Reported, lifecycle: str) -> Iterator[Timed]:
        if self._rng.random() < shares.VOID:
            yield report.us + int(self._hours((0.05, 1.0))), Step(A.VOID, None)
            return
        if not _confirmed(report) and lifecycle not in FILES:
            right = self._rng.random() < shares.FOUND_RIGHT
            after = int(shares.between(shares.CONFIRM_S, self._rng) * SECOND_US)
            report = msgspec.structs.replace(report, us=report.us + after)
            yield report.us, Step(A.VERIFY, right)
            if not right:
                return
        steps = self._way(lifecycle, S.DISPATCHED if pushed(lifecycle) else S.REPORTED)
        end = self._closing_time(report)
        if self._rng.random() < shares.STUCK:
            stuck_at = shares.whole(0, len(steps), self._rng)
            yield from list(self._spread(steps, report.us, end))[:stuck_at]
            return
        yield from self._spread(steps, report.us, end)
        if steps and steps[-1].kind is A.CLOSE and self._rng.random() < shares.REOPENED:
            again = MOVES[lifecycle][S.CLOSED, A.REOPEN, None].to
            second = [Step(A.REOPEN, None), *self._way(lifecycle, again)]
            yield from self._spread(second, end, end + self._hours(shares.SECOND_LIFE_H))

    def _way(self, lifecycle: str, state: CaseState) -> list[Step]:
        return [*way(lifecycle, state, self._rng, approved=self._rules.return_needs_approval)]

    def _closing_time(self, report: Reported) -> int:
        """When the case closes; OVERDUE of those whose limit runs out today close after it."""
        span = self._hours(shares.SPAN_H)
        due = self._due(report)
        if due is None or due >= self._length_us:
            return report.us + span
        if self._rng.random() < shares.OVERDUE:
            return due + self._hours(shares.AFTER_LIMIT_H)
        in_time = int((due - report.us) * shares.between(shares.IN_TIME, self._rng))
        return report.us + min(span, in_time)

    def _due(self, report: Reported) -> int | None:
        mode = mode_of(self._rules, report.area)
        rule = limit_of(self._rules, report.matter, mode=mode)
        if rule is None or self._rules.calendar is None:
            return None
        try:
            at = deadline(
                self._day.instant(report.us), parse_limit(rule.limit), self._rules.calendar
            ).at
        except CalendarMissing:
            return None
        return (at - self._day.start) // MICROSECOND

    def _spread(self, steps: Sequence[Step], begin: int, end: int) -> Iterator[Timed]:
        """The steps over the time from begin to end, each by its weight; the last is at the end."""
        weights = [
            shares.WEIGHTS.get(step.kind, 1.0) * (0.5 + self._rng.random()) for step in steps
        ]
        sums = list(accumulate(weights))
        at = begin
        for step, so_far in zip(steps, sums, strict=True):
            at = max(at + 1, begin + int((end - begin) * (so_far / sums[-1])))
            yield at, step

    def _hours(self, bounds: tuple[float, float]) -> int:
        return int(shares.between(bounds, self._rng) * HOUR_US)

    # --- who does it -------------------------------------------------------------------------

    def _act(self, report: Reported, step: Step, department: str | None) -> Act:
        kind = step.kind
        said: dict[str, Any] = {}
        if step.answer is not None:
            said[ANSWERED_IN[kind]] = step.answer
        if kind in REASONS:
            said["reason"] = shares.one_of(REASONS[kind], self._rng)
        if kind is A.CALL_BACK and step.answer:
            said["satisfaction"] = shares.SATISFACTION.draw(self._rng)
        if kind is A.GUARD:
            said |= {"guard": ONES, "area": report.area}
        return Act(
            place=self._rules.place,
            act=kind,
            ticket=TicketRef(report.sender, report.id),
            actor=self._actor(report, step, department),
            department=department,
            **said,
        )

    def _actor(self, report: Reported, step: Step, department: str | None) -> str:
        if step.kind is A.HANDLE and step.unsigned and (finder := self._finder(report)):
            return finder
        desk = DESKS.get(step.kind) or department or "desk"
        return f"{desk[:56]}-{shares.whole(1, 20, self._rng):02d}"

    def _finder(self, report: Reported) -> str | None:
        """自行处置: who of the staff found it and may handle it at once, by its lifecycle and in a
        place that does not separate who reports from who handles."""
        at_once = (S.REPORTED, A.HANDLE, None) in MOVES[self._lifecycle(report)]
        if not at_once or self._rules.reporter_may_not_handle:
            return None
        return report.data.reporter if isinstance(report.data, GridworkerReport) else None

    def _other_than(self, department: str | None) -> str:
        others = [one for one in self._others if one != department]
        return shares.one_of(others, self._rng) if others else department or "desk"


def _confirmed(report: Reported) -> bool:
    """Whether it needs nobody to look: all but what a camera alone has found."""
    return not isinstance(report.data, PatrolReport) or report.data.confirmed
