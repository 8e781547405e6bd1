"""What an act does to a case: a move of its lifecycle's table, or one of the acts beside it.

Every act either changes the case and tells of it, or is told as refused, with the reason.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from streams.core import circles, convening, guarding, naming, timing
from streams.core.calendar import CalendarMissing
from streams.core.case import ActInput, Case
from streams.core.clock import working_seconds
from streams.core.convening import tasks_open
from streams.core.events import ActKind
from streams.core.home import home_of
from streams.core.lifecycle import DONE, MOVES, CaseState, Move, answer, merges
from streams.core.outcome import Result, World, impossible, refused, told
from streams.core.place import ClockName, PlaceRules
from streams.core.posts import Spot, powerless
from streams.core.results import FactKind
from streams.core.timing import all_stopped, climbed, halted, laddered, own_clock, stepped, timed

PING_PONG = "ping_pong"


def advance(case: Case, item: ActInput, world: World) -> Result:
    """Do what the act says, or tell why not; the case itself comes back where nothing moved."""
    case, facts = _do(case, item, world)
    if facts and facts[0].kind is not FactKind.ACT_REFUSED:
        case = climbed(case, item, world)
    return case, facts


def _do(case: Case, item: ActInput, world: World) -> Result:
    if (unknown := _unlisted(item, world)) is not None:
        return case, [refused(item, f"unknown_department:{unknown}")]
    if why := _powerless(case, item, world) or circles.wrong(item.act):
        return case, [refused(item, why)]
    beside = _BESIDE.get(item.act.act)
    if beside is not None:
        return beside(case, item, world)
    move = MOVES[case.lifecycle].get((case.state, item.act.act, answer(item.act)))
    if move is None:
        return impossible(case, item)
    if move.to in DONE and (why := _may_not_handle(case, item, world)):
        return case, [refused(item, why)]
    return _move(case, item, move, world)


def _unlisted(item: ActInput, world: World) -> str | None:
    """The department that is to take a part in the case and is none of the place's."""
    if item.act.act not in _GIVES:
        return None
    rules = world.rules_at(item.occurred_at)
    if rules is None or not rules.departments:
        return None
    act = item.act
    named = act.departments if act.act is ActKind.CONVENE else filter(None, [act.department])
    return next((name for name in named if name not in rules.departments), None)


def _powerless(case: Case, item: ActInput, world: World) -> str | None:
    """Why its actor has no power to do this in a case here, where the place keeps it to some."""
    rules = world.rules_at(item.occurred_at)
    if rules is None:
        return None
    return powerless(rules, item.act, item.occurred_at, Spot(case.area, case.grid))


# --- moves of the table -------------------------------------------------------------------------


def _move(case: Case, item: ActInput, move: Move, world: World) -> Result:
    at, before, rules = item.occurred_at, case.state, world.rules_at(item.occurred_at)
    grade = item.act.urgency if item.act.act in _GRADES else None
    case = _moved(case, item, move)
    case = case.graded(grade) if grade else case
    rating = item.act.satisfaction.value if item.act.satisfaction else None
    said = {"urgency": grade.value if grade else None, **guarding.said(item.act)}
    said |= {"satisfaction": rating, **circles.said(item.act)}
    facts = [told(_TELLS[item.act.act], item, case, **said)]
    if item.act.act is ActKind.MEDIATE and move.to is CaseState.HANDLED:
        facts.append(told(FactKind.CASE_HANDLED, item, case))
    if move.undone and item.act.act in {ActKind.CHECK, ActKind.CALL_BACK}:
        facts.append(told(FactKind.REWORK_ORDERED, item, case))
    if not case.running:
        return all_stopped(case, at), facts
    if move.to in DONE:
        # Enough of those who were convened have done their part: nobody else need come.
        for task in case.tasks:
            case = halted(case, own_clock(ClockName.ARRIVE, task.department), at)
    if before is not case.state or item.act.act is ActKind.DISPATCH:
        case, begun = stepped(case, before, at, rules, item.cause)
        facts += begun
    if rules is not None and (item.act.act is ActKind.FILE or _runs_anew(case, item)):
        # A reopened case runs on a new clock; what the old one breached stays breached.
        case, begun = timed(case, ClockName.OVERALL, at, rules, item.cause)
        facts += begun
    if rules is not None and item.act.act is ActKind.FILE:
        case, contact = timed(case, ClockName.CONTACT, at, rules, item.cause)
        case, ladder = laddered(case, "filing", at, rules, item.cause)
        facts += contact + ladder
    return case, facts


def _spent(case: Case, at: datetime, rules: PlaceRules | None) -> float | None:
    """Minutes that a dispatch which came back has cost the case: working ones of the place, where
    it has a calendar."""
    if case.dispatched_at is None:
        return None
    try:
        if rules is not None and rules.calendar is not None:
            return working_seconds(case.dispatched_at, at, rules.calendar) / 60
    except CalendarMissing:
        pass
    return (at - case.dispatched_at).total_seconds() / 60


def _runs_anew(case: Case, item: ActInput) -> bool:
    return item.act.act is ActKind.REOPEN and case.lifecycle != "ticket"


def _moved(case: Case, item: ActInput, move: Move) -> Case:
    act, at = item.act, item.occurred_at
    handled_at = None if move.undone else case.handled_at
    outcome = act.outcome.value if act.act is ActKind.DECIDE and act.outcome else case.outcome
    if move.to in DONE:
        handled_at = at
    closed_at = case.closed_at
    if move.to is CaseState.CLOSED:
        # An imported closing carries its own date in `until`: it may lie before the reporting.
        closed_at = act.until or at
        handled_at = handled_at or closed_at
    if act.act is ActKind.RETURN and case.department is not None:
        case = replace(case, returned_by=(*case.returned_by, case.department), department=None)
    if act.act is ActKind.DISPATCH:
        case = _given(case, item)
    return replace(
        case,
        state=move.to,
        filed_at=at if move.to is CaseState.FILED else case.filed_at,
        handled_at=handled_at,
        closed_at=closed_at,
        void=case.void or move.to is CaseState.REJECTED,
        outcome=None if move.undone else outcome,
        satisfaction=act.satisfaction.value if act.satisfaction else case.satisfaction,
    )


def _given(case: Case, item: ActInput) -> Case:
    """The case in the hands of the department that the act names."""
    to = item.act.department
    # 推诿: it goes to a department that has sent it back before.
    bounced = to in case.returned_by and PING_PONG not in case.marks
    marks = (*case.marks, PING_PONG) if bounced else case.marks
    return replace(case, department=to, dispatched_at=item.occurred_at, marks=marks)


def _may_not_handle(case: Case, item: ActInput, world: World) -> str | None:
    """采办分离: where a place separates them, who reported a case may not handle it, and an act
    that does not say who did it cannot be judged; and who was convened must have finished first."""
    rules, reporter = world.rules_at(item.occurred_at), world.seed.reporter
    apart = rules is not None and rules.reporter_may_not_handle and reporter is not None
    if apart and item.act.act is not ActKind.DECIDE:
        if item.act.actor is None:
            return "actor_missing"
        if item.act.actor == reporter:
            return "reporter_may_not_handle"
    return "tasks_open" if tasks_open(case) else None


# --- acts beside the table ----------------------------------------------------------------------


def _return(case: Case, item: ActInput, world: World) -> Result:
    """退单: where the place wants approval it is asked for first; refused, nothing moves. Until it
    is dispatched again the case stands under no department."""
    move = MOVES[case.lifecycle].get((case.state, ActKind.RETURN, True))
    if move is None:
        return impossible(case, item)
    rules = world.rules_at(item.occurred_at)
    if item.act.passed is False:
        return case, [told(FactKind.RETURN_REFUSED, item, case)]
    if item.act.passed is None and rules is not None and rules.return_needs_approval:
        return case, [told(FactKind.RETURN_REQUESTED, item, case)]
    returned, (_, *begun) = _move(case, item, move, world)
    minutes = _spent(case, item.occurred_at, rules)
    return returned, [told(FactKind.DISPATCH_RETURNED, item, case, minutes=minutes), *begun]


def _contact(case: Case, item: ActInput, world: World) -> Result:
    """联系诉求人: who asked was spoken to; the clock of the first contact stops."""
    if not case.running:
        return impossible(case, item)
    case = halted(case, ClockName.CONTACT.value, item.occurred_at)
    return case, [told(FactKind.REQUESTER_CONTACTED, item, case)]


def _void(case: Case, item: ActInput, world: World) -> Result:
    if case.void:
        return case, [refused(item, "already_void")]
    case = all_stopped(replace(case, void=True, state=CaseState.VOID), item.occurred_at)
    return case, [told(FactKind.CASE_VOIDED, item, case)]


def _exclude(case: Case, item: ActInput, world: World) -> Result:
    if case.void or case.excluded:
        return case, [refused(item, "already_void" if case.void else "already_excluded")]
    return replace(case, excluded=True), [told(FactKind.CASE_EXCLUDED, item, case)]


def _dispute(case: Case, item: ActInput, world: World) -> Result:
    """申诉: filed without `passed`; granted, the case leaves the rates (剔除)."""
    if case.void:
        return case, [refused(item, "already_void")]
    if item.act.passed is None:
        return case, [told(FactKind.DISPUTE_FILED, item, case)]
    facts = [told(FactKind.DISPUTE_DECIDED, item, case)]
    if not item.act.passed or case.excluded:
        return case, facts
    return replace(case, excluded=True), [*facts, told(FactKind.CASE_EXCLUDED, item, case)]


def _supervise(case: Case, item: ActInput, world: World) -> Result:
    """督办: told with its mode; the place's ladders for supervised matters begin."""
    if not case.running:
        return impossible(case, item)
    mode = item.act.supervision.value if item.act.supervision else None
    facts = [told(FactKind.CASE_SUPERVISED, item, case, supervision=mode)]
    rules = world.rules_at(item.occurred_at)
    if rules is None:
        return case, facts
    case, begun = laddered(case, "supervise", item.occurred_at, rules, item.cause)
    return case, facts + begun


def _guard(case: Case, item: ActInput, world: World) -> Result:
    """包保: with all of the five ones and both owners; who resolves the risk then has it."""
    move = MOVES[case.lifecycle].get((case.state, ActKind.GUARD, None))
    if move is None:
        return impossible(case, item)
    missing = guarding.lacking(item.act)
    if missing:
        return case, [refused(item, f"guard_incomplete:{','.join(missing)}")]
    if item.act.department == case.department:
        return _move(case, item, move, world)
    case, facts = _move(_given(case, item), item, move, world)
    return case, [*facts, told(FactKind.CASE_DISPATCHED, item, case)]


def _consult(case: Case, item: ActInput, world: World) -> Result:
    """议事协商: a session on a topic; in any other case told, as long as it is not handled."""
    move = MOVES[case.lifecycle].get((case.state, ActKind.CONSULT, None))
    if move is not None:
        return _move(case, item, move, world)
    if not case.running or case.handled_at is not None:
        return impossible(case, item)
    return case, [told(FactKind.CONSULTATION_HELD, item, case, **circles.said(item.act))]


def _regroup(case: Case, item: ActInput, world: World) -> Result:
    """并案、拆案: told here; which reports are one case the grouping of their home decides."""
    other, own = item.act.other or "", world.seed
    if not merges(own.lifecycle):
        return case, [refused(item, "never_merges")]
    if home_of(other) != own.home or other == item.act.case:
        return case, [refused(item, "same_case" if other == item.act.case else "other_home")]
    merged = item.act.act is ActKind.MERGE
    kind = FactKind.CASES_MERGED if merged else FactKind.CASES_SPLIT
    return case, [told(kind, item, case, other=other)]


_BESIDE: dict[ActKind, Callable[[Case, ActInput, World], Result]] = {
    ActKind.RETURN: _return,
    ActKind.VOID: _void,
    ActKind.CLASSIFY: naming.classify,
    ActKind.EXCLUDE: _exclude,
    ActKind.DISPUTE: _dispute,
    ActKind.CONTACT: _contact,
    ActKind.SUPERVISE: _supervise,
    ActKind.GUARD: _guard,
    ActKind.CONSULT: _consult,
    ActKind.MERGE: _regroup,
    ActKind.SPLIT: _regroup,
    ActKind.EXTEND: timing.extend,
    ActKind.PAUSE: timing.pause,
    ActKind.RESUME: timing.resume,
    ActKind.ESCALATE: convening.escalate,
    ActKind.HAND_DOWN: convening.hand_down,
    ActKind.CONVENE: convening.convene,
    ActKind.ARRIVE: convening.arrive,
    ActKind.FINISH: convening.finish,
}
"""Acts that may be done in more than one state; or that ask for more than the table says."""

_GIVES = frozenset(
    {ActKind.DISPATCH, ActKind.CONVENE, ActKind.ARRIVE, ActKind.FINISH, ActKind.GUARD}
)
"""Acts that give departments, or take from them, a part in a case."""

_GRADES = frozenset({ActKind.VERIFY, ActKind.FILE, ActKind.DISPATCH})
"""Acts by which a case may be graded (定级)."""

_TELLS = {
    ActKind.VERIFY: FactKind.REPORT_VERIFIED,
    ActKind.REJECT: FactKind.REPORT_REJECTED,
    ActKind.FILE: FactKind.CASE_FILED,
    ActKind.DISPATCH: FactKind.CASE_DISPATCHED,
    ActKind.SIGN: FactKind.DISPATCH_SIGNED,
    ActKind.RETURN: FactKind.DISPATCH_RETURNED,
    ActKind.GUARD: FactKind.RISK_GUARDED,
    ActKind.CONSULT: FactKind.CONSULTATION_HELD,
    ActKind.DECIDE: FactKind.OUTCOME_DECIDED,
    ActKind.MEDIATE: FactKind.MEDIATION_HELD,
    ActKind.HANDLE: FactKind.CASE_HANDLED,
    ActKind.CHECK: FactKind.CASE_CHECKED,
    ActKind.CALL_BACK: FactKind.CALLBACK_MADE,
    ActKind.EVALUATE: FactKind.CASE_EVALUATED,
    ActKind.CLOSE: FactKind.CASE_CLOSED,
    ActKind.REOPEN: FactKind.CASE_REOPENED,
}
"""The fact that a move of the table is told as."""
