"""Acts on a case's clocks: started by the place's limits; extended, paused and resumed by people.

What comes after the deadline that it would change is told and moves nothing.
"""

from datetime import datetime

from msgspec.structs import replace

from streams.core import clocks
from streams.core.case import CALENDAR_MISSING, ActInput, Case, Told
from streams.core.clock import parse_limit
from streams.core.clocks import LADDER, OVERALL, Clock
from streams.core.lifecycle import CaseState
from streams.core.limits import calendar_of, ladders_of, limit_of
from streams.core.outcome import Result, World, impossible, refused, told
from streams.core.place import ANY, ClockName, LimitRule, PlaceRules, mode_of
from streams.core.results import FactKind


def timed(
    case: Case,
    kind: ClockName,
    start: datetime,
    rules: PlaceRules,
    cause: tuple[str, str],
    *,
    department: str | None = None,
) -> Result:
    """Start a clock where the place has a limit for it; a missing year stops nothing.

    With a department, the clock is that one's own.
    """
    here = rules.areas.get(case.level or case.area or "")
    mode = mode_of(rules, case.area)
    if kind is ClockName.OVERALL:
        case = replace(case, mode=mode)
    rule = limit_of(
        rules,
        case.matter,
        kind,
        mode=mode,
        urgency=case.urgency,
        level=here.level if here else None,
    )
    if rule is None:
        return case, []
    name = own_clock(kind, department) if department else kind.value
    runs_on = calendar_of(rules, kind, department or case.department)
    return _begun(case, _clock(name, rule, start, rules, runs_on, department), cause)


def own_clock(kind: ClockName, department: str) -> str:
    """The name of a clock that is one department's own."""
    return f"{kind.value}:{department}"


def laddered(
    case: Case, begins: str, start: datetime, rules: PlaceRules, cause: tuple[str, str]
) -> Result:
    """Start every step of the ladders that begin with this, and do not run yet."""
    facts: list[Told] = []
    running = {clock.name for clock in case.clocks if clock.stopped_at is None}
    for ladder in ladders_of(rules, case.matter, begins):
        for step in ladder.steps:
            name = f"{LADDER}:{ladder.id}:{step.id}"
            if name not in running:
                version = rules.versions.get("limits", "")
                rule = LimitRule(ladder.id, ANY, str(parse_limit(step.limit)), version)
                clock = _clock(name, rule, start, rules, rules.own_calendar)
                case, begun = _begun(case, clock, cause)
                facts += begun
    return case, facts


def climbed(case: Case, item: ActInput, world: World) -> Case:
    """The case with the ladder steps stopped that this act answers."""
    for clock in case.clocks:
        if clock.stopped_at is None and clock.name.startswith(f"{LADDER}:"):
            rules = world.rules_at(clock.start)
            _, ladder_id, step_id = clock.name.split(":")
            ladders = rules.ladders if rules else ()
            steps = (s for one in ladders if one.id == ladder_id for s in one.steps)
            if any(s.id == step_id and item.act.act in s.until for s in steps):
                case = halted(case, clock.name, item.occurred_at)
    return case


def _clock(  # noqa: PLR0917 - all that a clock is made of
    name: str,
    rule: LimitRule,
    start: datetime,
    rules: PlaceRules,
    calendar: str | None,
    department: str | None = None,
) -> Clock:
    """A clock on the calendar of this id; of one that nobody has published only the id is known."""
    published = rules.calendars.get(calendar or "")
    clock = clocks.started(name, rule, start, published, department)
    return clock if published else replace(clock, calendar=calendar or "")


def _begun(case: Case, clock: Clock, cause: tuple[str, str]) -> Result:
    case = replace(case, clocks=(*case.clocks, clock))
    if clock.due is None:
        return _without_calendar(case, clock, clock.start, cause)
    detail = {"rule": clock.rule, "limit": clock.limit, "version": clock.version}
    detail |= {"start": clock.start.isoformat(), "calendar": clock.calendar}
    detail |= {"calendar_version": clock.calendar_version}
    if clock.name != OVERALL:
        detail["clock"] = clock.name
    set_ = Told(
        FactKind.DEADLINE_SET,
        clock.start,
        cause,
        clock.due.isoformat() if clock.name == OVERALL else f"{clock.name} {clock.due.isoformat()}",
        clock.department or case.department,
        detail=detail,
    )
    return case, [set_]


STEPS = {
    ClockName.FILE: (CaseState.VERIFIED,),
    ClockName.DISPATCH: (CaseState.FILED, CaseState.RETURNED),
    ClockName.SIGN: (CaseState.DISPATCHED,),
    ClockName.HANDLE: (CaseState.SIGNED, CaseState.GUARDED),
    ClockName.CHECK: (CaseState.HANDLED,),
}
"""Clocks of one step, and the states in each of which one runs."""

UNTIL_ANY_MOVE = (ClockName.STUCK, ClockName.CONFIRM, ClockName.VERIFY, ClockName.FILE)
"""Clocks that any move stops: what it left undone is not to be done any more."""


def stepped(
    case: Case,
    before: CaseState | None,
    at: datetime,
    rules: PlaceRules | None,
    cause: tuple[str, str],
) -> Result:
    """The case with the clock of the step that it left stopped, and that of its new one begun."""
    facts: list[Told] = []
    if before is not None:
        for kind in UNTIL_ANY_MOVE:
            case = halted(case, kind.value, at)
    if rules is not None and case.running:
        case, begun = timed(case, ClockName.STUCK, at, rules, cause)
        facts += begun
    for kind, states in STEPS.items():
        if before in states:
            case = halted(case, kind.value, at)
        if case.state in states and rules is not None:
            case, begun = timed(case, kind, at, rules, cause)
            facts += begun
    return case, facts


def halted(case: Case, name: str, at: datetime) -> Case:
    """The case with its clocks of that name stopped."""
    ticking = (clock.name == name and clock.stopped_at is None for clock in case.clocks)
    if not any(ticking):
        return case
    return replace(
        case,
        clocks=tuple(
            clocks.stopped(clock, at) if clock.name == name else clock for clock in case.clocks
        ),
    )


def extend(case: Case, item: ActInput, world: World) -> Result:
    """An approved extension moves the deadline, unless that deadline had passed already."""
    if item.act.passed is None:
        return _asked(case, item, FactKind.EXTENSION_REQUESTED)
    until = item.act.until
    why = _no_change(case, item, world, "most_extensions")
    if why is None and until is not None and case.deadline is not None and until <= case.deadline:
        why = "not_later"
    granted = bool(item.act.passed) and why is None and until is not None
    facts = [_decided(FactKind.EXTENSION_DECIDED, item, case, granted, why)]
    if not granted or until is None or case.overall is None:
        return case, facts
    return _reset(case, clocks.extended(case.overall, item.occurred_at, until)), facts


def pause(case: Case, item: ActInput, world: World) -> Result:
    """挂账: approved, the clocks stand still until a planned end or until they are resumed."""
    if item.act.passed is None:
        return _asked(case, item, FactKind.PAUSE_REQUESTED)
    at, until, overall = item.occurred_at, item.act.until, case.overall
    why = _no_change(case, item, world, "most_pauses")
    if why is None and until is not None and until <= at:
        why = "ends_before_it_begins"
    granted = item.act.passed and why is None
    facts = [_decided(FactKind.PAUSE_DECIDED, item, case, granted, why)]
    if not granted or overall is None:
        return case, facts
    held = (
        clocks.paused(clock, at, until, world.calendar_of(clock))
        if _may_pause(clock, at)
        else clock
        for clock in case.clocks
    )
    return _retimed(replace(case, clocks=tuple(held)), item, facts)


def resume(case: Case, item: ActInput, world: World) -> Result:
    """解挂: the pause ends now, before its planned end."""
    overall = case.overall
    if not case.running or overall is None or not overall.paused(item.occurred_at):
        return case, [refused(item, "not_paused")]
    at = item.occurred_at
    going = (
        clocks.resumed(clock, at, world.calendar_of(clock))
        if clock.stopped_at is None and clock.paused(at)
        else clock
        for clock in case.clocks
    )
    case = replace(case, clocks=tuple(going))
    return _retimed(case, item, [told(FactKind.PAUSE_ENDED, item, case)])


def _may_pause(clock: Clock, at: datetime) -> bool:
    """What others owe (to arrive, to call who asked) goes on during a pause."""
    owed = clock.name == ClockName.CONTACT.value or clock.name.startswith(ClockName.ARRIVE.value)
    return clock.running and not owed and not clock.overdue(at) and not clock.paused(at)


def all_stopped(case: Case, at: datetime) -> Case:
    """The case with none of its clocks running any more."""
    return replace(case, clocks=tuple(clocks.stopped(clock, at) for clock in case.clocks))


def _asked(case: Case, item: ActInput, kind: FactKind) -> Result:
    return (case, [told(kind, item, case)]) if case.running else impossible(case, item)


def _no_change(case: Case, item: ActInput, world: World, quota: str) -> str | None:
    """Why the overall clock may not be changed at this instant, if it may not."""
    overall = case.overall
    if not case.running or overall is None or overall.due is None:
        return "no_deadline"
    if overall.due < item.occurred_at:
        return "late"
    rules = world.rules_at(item.occurred_at)
    most = getattr(rules, quota) if rules else None
    used = len(overall.extensions if quota == "most_extensions" else overall.pauses)
    if most is not None and used >= most:
        return "quota_spent"
    return "paused" if overall.paused(item.occurred_at) else None


def _decided(kind: FactKind, item: ActInput, case: Case, granted: bool, why: str | None) -> Told:
    """The decision; why it moves nothing is said only of one that was meant to."""
    until = item.act.until.isoformat() if item.act.until else None
    why_not = why if item.act.passed else None
    return told(kind, item, case, granted=granted, until=until, why_not=why_not)


def _retimed(case: Case, item: ActInput, facts: list[Told]) -> Result:
    for clock in case.clocks:
        if clock.due is None and clock.stopped_at is None:
            case, gap = _without_calendar(case, clock, item.occurred_at, item.cause)
            facts += gap
    return case, facts


def _reset(case: Case, clock: Clock) -> Case:
    """The case with its overall clock in a new state; an earlier one stays as it was."""
    changed = tuple(clock if one is case.overall else one for one in case.clocks)
    return replace(case, clocks=changed)


def _without_calendar(case: Case, clock: Clock, at: datetime, cause: tuple[str, str]) -> Result:
    mark = f"{CALENDAR_MISSING}{clock.missing_year}"
    detail = {"year": clock.missing_year} | ({"calendar": clock.calendar} if clock.calendar else {})
    gap = Told(FactKind.CALENDAR_MISSING, at, cause, mark, detail=detail)
    if mark in case.marks:
        return case, []
    return replace(case, marks=(*case.marks, mark)), [gap]
