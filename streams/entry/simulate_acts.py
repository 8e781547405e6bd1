"""Simulated lives: what is done with each report after it came, by whom and how fast."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

import msgspec

from streams.core.calendar import CalendarMissing
from streams.core.clock import deadline, parse_limit
from streams.core.events import Act, ActKind, PatrolReport, TicketRef
from streams.core.limits import limit_of
from streams.core.place import PlaceRules
from streams.core.route import route
from streams.entry import simulate_shares as shares
from streams.entry.simulate_day import HOUR_US, MICROSECOND, SECOND_US, Day
from streams.entry.simulate_reports import Reported

A = ActKind
Step = tuple[ActKind, bool | None]
Timed = tuple[int, Step]

AFTER_SIGNING: tuple[Step, ...] = (
    *((A.HANDLE, None), (A.CHECK, True), (A.CALL_BACK, True)),
    *((A.EVALUATE, None), (A.CLOSE, None)),
)
STRAIGHT: tuple[Step, ...] = ((A.SIGN, None), *AFTER_SIGNING)
"""协调处理 (sign, handle), 跟踪回访 (check, call back), 评价结案 (evaluate, close); the pushing
(分类推送) before them is the system's own."""

RETURNED: tuple[Step, ...] = ((A.SIGN, None), (A.RETURN, None), (A.DISPATCH, None))
CHECK_FAILED: tuple[Step, ...] = ((A.HANDLE, None), (A.CHECK, False))
UNRESOLVED: tuple[Step, ...] = ((A.HANDLE, None), (A.CHECK, True), (A.CALL_BACK, False))
SECOND_LIFE: tuple[Step, ...] = ((A.REOPEN, None), *STRAIGHT)

REASONS = {
    A.VOID: ("现场查无此事", "与其他渠道重复登记", "内容不详, 无法受理"),
    A.RETURN: ("不属本单位职责", "属地有误, 请转相关单位", "需由牵头单位先行认定"),
    A.REOPEN: ("问题再次出现", "诉求人要求继续办理"),
}
DESKS = {
    A.VERIFY: "video",
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
    """Draws the life of each report within one day."""

    def __init__(self, rules: PlaceRules, day: Day, rng: Random) -> None:
        self._rules = rules
        self._day = day
        self._rng = rng
        self._length_us = day.length_us
        self._lead = lru_cache(maxsize=65_536)(self._lead_of)
        self._others = tuple(rules.departments)
        self.sender = f"/{rules.place}/departments/demo-{day.seed}"

    def draw(self, report: Reported) -> Iterator[Done]:
        """The acts on a report that fall into the day, in their order."""
        department = self._lead(report.matter, report.area)
        for number, (us, step) in enumerate(self._timed(report), start=1):
            if us >= self._length_us:
                return
            if step[0] is A.DISPATCH:
                department = self._other_than(department)
            act = self._act(report, step, department)
            yield Done(us, f"{report.id}-{number:02d}-{step[0].value}", act)

    # --- what happens -----------------------------------------------------------------------

    def _timed(self, report: Reported) -> Iterator[Timed]:
        if self._rng.random() < shares.VOID:
            yield report.us + int(self._hours((0.05, 1.0))), (A.VOID, None)
            return
        if not _confirmed(report):
            right = self._rng.random() < shares.FOUND_RIGHT
            after = int(shares.between(shares.CONFIRM_S, self._rng) * SECOND_US)
            report = msgspec.structs.replace(report, us=report.us + after)
            yield report.us, (A.VERIFY, right)
            if not right:
                return
        steps = self._steps()
        end = self._closing_time(report)
        if self._rng.random() < shares.STUCK:
            stuck_at = shares.whole(0, len(steps), self._rng)
            yield from list(self._spread(steps, report.us, end))[:stuck_at]
            return
        yield from self._spread(steps, report.us, end)
        if self._rng.random() < shares.REOPENED:
            yield from self._spread(SECOND_LIFE, end, end + self._hours(shares.SECOND_LIFE_H))

    def _steps(self) -> list[Step]:
        rng = self._rng
        steps: list[Step] = []
        if rng.random() < shares.RETURNED:
            steps += RETURNED
        steps += STRAIGHT[:1]
        if rng.random() < shares.CHECK_FAILED:
            steps += CHECK_FAILED
        if rng.random() < shares.UNRESOLVED:
            steps += UNRESOLVED
        return [*steps, *AFTER_SIGNING]

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
        rule = limit_of(self._rules, report.matter)
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
        weights = [shares.WEIGHTS[kind] * (0.5 + self._rng.random()) for kind, _ in steps]
        sums = list(accumulate(weights))
        at = begin
        for step, so_far in zip(steps, sums, strict=True):
            at = max(at + 1, begin + int((end - begin) * (so_far / sums[-1])))
            yield at, step

    def _hours(self, bounds: tuple[float, float]) -> int:
        return int(shares.between(bounds, self._rng) * HOUR_US)

    # --- who does it -------------------------------------------------------------------------

    def _act(self, report: Reported, step: Step, department: str | None) -> Act:
        kind, answer = step
        return Act(
            place=self._rules.place,
            act=kind,
            ticket=TicketRef(report.sender, report.id),
            actor=self._actor(kind, department),
            department=department,
            passed=answer if kind in {A.CHECK, A.VERIFY} else None,
            resolved=answer if kind is A.CALL_BACK else None,
            satisfaction=shares.SATISFACTION.draw(self._rng)
            if kind is A.CALL_BACK and answer
            else None,
            reason=shares.one_of(REASONS[kind], self._rng) if kind in REASONS else None,
        )

    def _actor(self, kind: ActKind, department: str | None) -> str:
        desk = DESKS.get(kind) or department or "desk"
        return f"{desk[:56]}-{shares.whole(1, 20, self._rng):02d}"

    def _lead_of(self, matter: str | None, area: str | None) -> str | None:
        return route(self._rules, matter, area).lead

    def _other_than(self, department: str | None) -> str:
        others = [one for one in self._others if one != department]
        return shares.one_of(others, self._rng) if others else department or "desk"


def _confirmed(report: Reported) -> bool:
    """Whether it needs nobody to look: all but what a camera alone has found."""
    return not isinstance(report.data, PatrolReport) or report.data.confirmed
