"""摄像头关口 · what a camera found and nobody confirmed becomes a case only once it has passed.

By the first of these: a person confirms it; another channel reports the same; where the place
allows it, it lasts, and the algorithm has mostly been right on that camera. Until then the case is
reported and not filed: no department has it, no figure of cases counts it.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from streams.core.case import ActInput, Case, Linked, Told
from streams.core.events import ActKind
from streams.core.filing import filed
from streams.core.gatedocs import GateRow, Persistence, PlannedWork, QuietHours
from streams.core.lead import scopes
from streams.core.lifecycle import FILES, CaseState
from streams.core.looks import By, Gate, Look
from streams.core.mapdocs import Device
from streams.core.modedocs import Mode
from streams.core.outcome import Result, World, impossible, refused, told
from streams.core.place import ClockName, PlaceRules, lineage, mode_of
from streams.core.reading import Judged
from streams.core.results import FactKind
from streams.core.timing import all_stopped, halted, stepped, timed

Cause = tuple[str, str]

PLANNED = "planned_work:"
"""计划作业 · before the id of a work in which the case was found."""

WAITING = "待人工确认"

_WHILE_WAITING = frozenset(
    {
        *(ActKind.VERIFY, ActKind.FILE, ActKind.REJECT, ActKind.VOID, ActKind.CLASSIFY),
        *(ActKind.MERGE, ActKind.SPLIT, ActKind.DISPUTE, ActKind.EXCLUDE),
    }
)
"""What people may do with a case that nobody has confirmed; all else would pass it unseen."""


def rule_of(
    rules: PlaceRules, matter: str | None, look: Look, mode: Mode = Mode.NORMAL
) -> GateRow | None:
    """The row by which a look is judged: one of the mode (平急) before the normal ones; of these
    the matter's own before its category's before `*`; among these one for its algorithm, then one
    for its device, then one for its camera class; None where the place says nothing.
    """
    rows = [row for row in rules.gate.rows if _fits(row, look, rules)]
    for of_mode, scope in product(dict.fromkeys((mode, Mode.NORMAL)), scopes(rules, matter)):
        fits = [row for row in rows if row.matter == scope and row.mode is of_mode]
        if fits:
            return min(fits, key=_particular)
    return None


def opened(case: Case, look: Look, judged: Judged, cause: Cause, world: World) -> Result:
    """A case that an unconfirmed finding opens: it waits, from its first look on."""
    case, rules = replace(case, gate=Gate(waits=True)), world.rules_at(look.at)
    if rules is None:
        return saw(case, look, judged, cause, world)
    case, begun = timed(case, ClockName.CONFIRM, look.at, rules, cause)
    case, facts = saw(case, look, judged, cause, world)
    return case, [*begun, *facts]


def joined(case: Case, new: Linked, world: World) -> Result:
    """What it comes to at the gate that a report, or a clear look, joins the case."""
    if new.look is not None:
        return saw(case, new.look, new.reading.judged, new.cause, world)
    if not case.waits:
        return case, []
    return _passed(case, By.CHANNEL, new.occurred_at, new.cause, world)


def saw(case: Case, look: Look, judged: Judged, cause: Cause, world: World) -> Result:
    """A camera looked again at what the case is about."""
    rules = world.rules_at(look.at)
    work = _work_at(case, look, rules)
    look = replace(look, planned=look.found and work is not None)
    gate = (case.gate or Gate(waits=False)).saw(look)
    case = replace(case, gate=gate)
    rule = None
    if rules is not None:
        rule = rule_of(rules, case.matter, look, mode_of(rules, case.area))
    if not look.found:
        return _clear(case, look, rule, cause)
    if not case.waits:
        return case, []
    if work is not None:
        mark = f"{PLANNED}{work.id}"
        case = case if mark in case.marks else replace(case, marks=(*case.marks, mark))
        return case, [_held((WAITING, f"计划作业：{work.reason}"), look, cause)]
    lasts = rule.persistence if rule is not None else None
    if rules is None or rule is None or lasts is None:
        return case, [_held((WAITING,), look, cause)]
    passes, why = _persists(gate, look, lasts, judged)
    if _quiet(rule.quiet, look.at, rules.zone):
        passes, why = False, (*why, "静默时段")
    if not passes:
        return case, [_held((WAITING, *why), look, cause)]
    return _passed(case, By.PERSISTENCE, look.at, cause, world, why=why)


def judged_by(case: Case, item: ActInput, world: World) -> Result | None:
    """What a person's act comes to at the gate; None where it goes its usual way."""
    kind, gate = item.act.act, case.gate
    if gate is None:
        return None
    if case.waits:
        if kind not in _WHILE_WAITING:
            return case, [refused(item, "unconfirmed")]
        if kind is not ActKind.VERIFY or case.lifecycle in FILES:
            return None
        return _confirmed(case, item, world) if item.act.passed else _rejected(case, item)
    if kind is ActKind.VERIFY and gate.by is not None:
        return _looked_into(case, item, gate.by)
    return None


# --- at the gate --------------------------------------------------------------------------------


def _passed(
    case: Case, by: By, at: datetime, cause: Cause, world: World, *, why: Sequence[str] = ()
) -> Result:
    """Filed and dispatched from this instant on; where people file, it counts as verified."""
    case, rules = halted(_let_through(case, by), ClockName.CONFIRM.value, at), world.rules_at(at)
    said = {"by": by.value} | ({"why": list(why)} if why else {})
    passed = Told(FactKind.FINDING_PASSED, at, cause, detail=said)
    if case.lifecycle in FILES:
        verified = replace(case, state=CaseState.VERIFIED)
        case, facts = stepped(verified, CaseState.REPORTED, at, rules, cause)
    else:
        case, facts = filed(case, at, rules, cause)
    return case, [passed, *facts]


def _let_through(case: Case, by: By) -> Case:
    gate = case.gate or Gate(waits=False)
    return replace(case, gate=replace(gate, waits=False, by=by))


def _confirmed(case: Case, item: ActInput, world: World) -> Result:
    at = item.occurred_at
    grade = item.act.urgency
    case = case.graded(grade) if grade else case
    verified = told(FactKind.REPORT_VERIFIED, item, case, urgency=grade.value if grade else None)
    case, facts = _passed(case, By.PERSON, at, item.cause, world)
    return case, [verified, *facts]


def _rejected(case: Case, item: ActInput) -> Result:
    case = replace(case, state=CaseState.REJECTED, void=True)
    case = all_stopped(case, item.occurred_at)
    kinds = FactKind.REPORT_VERIFIED, FactKind.REPORT_REJECTED
    return case, [told(kind, item, case) for kind in kinds]


def _looked_into(case: Case, item: ActInput, by: By) -> Result:
    """核实 · a person looks into what had passed: so it is, which is told; or it is not, where no
    person had said so."""
    if not case.running or case.handled_at is not None:
        return impossible(case, item)
    if item.act.passed:
        return case, [told(FactKind.REPORT_VERIFIED, item, case)]
    return _rejected(case, item) if by is By.PERSISTENCE else impossible(case, item)


def _clear(case: Case, look: Look, rule: GateRow | None, cause: Cause) -> Result:
    """恢复 · told once in a row; enough of it in every eye, and what nobody confirmed is void."""
    gate = case.gate
    if gate is None:
        return case, []
    run = gate.clear_run(look.eye)
    seen = Told(FactKind.CAMERA_CLEAR, look.at, cause, detail={"camera": look.eye[0]})
    facts = [seen] if run == 1 else []
    enough = rule.clear_after if rule is not None else None
    if not case.waits or enough is None or any(gate.clear_run(e) < enough for e in gate.eyes):
        return case, facts
    case = all_stopped(replace(case, void=True, state=CaseState.VOID), look.at)
    gone = {"reason": "camera_clear", "why": [f"连续{enough}次不再发现"]}
    return case, [*facts, Told(FactKind.CASE_VOIDED, look.at, cause, detail=gone)]


def _held(why: Sequence[str], look: Look, cause: Cause) -> Told:
    return Told(FactKind.FINDING_HELD, look.at, cause, detail={"why": list(why)})


# --- what lets it pass by itself ----------------------------------------------------------------


def _persists(
    gate: Gate, look: Look, lasts: Persistence, judged: Judged
) -> tuple[bool, tuple[str, ...]]:
    """Whether it lasts, and was mostly right before; and what was counted."""
    since = look.at - timedelta(minutes=lasts.minutes)
    counted = (o for o in gate.looks if o.eye == look.eye and not o.planned and o.at >= since)
    shown = [one.at for one in [*counted][-lasts.of :] if one.found]
    dwell = (look.at - shown[0]) / timedelta(minutes=1)
    precise, said = _precise(judged, lasts)
    why = [f"第{len(shown)}/{lasts.of}次，须{lasts.shown}次"]
    if lasts.dwell_minutes:
        why.append(f"持续{dwell:.0f}分钟，须{lasts.dwell_minutes:g}分钟")
    long = len(shown) >= lasts.shown and dwell >= lasts.dwell_minutes
    return long and precise, (*why, said)


def _precise(judged: Judged, lasts: Persistence) -> tuple[bool, str]:
    confirmed, rejected = judged
    known = confirmed + rejected
    if known < lasts.judged_from:
        return False, f"算法准确率未知：判定{known}次，须{lasts.judged_from}次"
    share = confirmed / known
    said = f"算法准确率{share:.2f}（{confirmed}/{known}），须{lasts.precision_from:g}"
    return share >= lasts.precision_from, said


def _quiet(hours: Sequence[QuietHours], at: datetime, zone: str) -> bool:
    now = at.astimezone(ZoneInfo(zone)).time()
    for quiet in hours:
        begins, ends = time.fromisoformat(quiet.begins), time.fromisoformat(quiet.ends)
        inside = begins <= now < ends if begins <= ends else now >= begins or now < ends
        if inside:
            return True
    return False


def _work_at(case: Case, look: Look, rules: PlaceRules | None) -> PlannedWork | None:
    """The planned work of which a look may show nothing but the work itself."""
    if rules is None:
        return None
    mine, near = set(scopes(rules, case.matter)), set(lineage(rules, case.area))
    return next(
        (
            work
            for work in rules.gate.works
            if work.valid_from <= look.at < work.valid_to
            and (not work.matters or mine & {*work.matters})
            and (not work.cameras or look.eye[0] in work.cameras)
            and (not work.areas or near & {*work.areas})
        ),
        None,
    )


def _particular(row: GateRow) -> tuple[bool, ...]:
    return row.algorithm is None, row.device is None, row.camera_class is None


def _fits(row: GateRow, look: Look, rules: PlaceRules) -> bool:
    camera = (rules.cameras or {}).get(look.eye[0])
    device = camera.device if camera is not None else Device.CAMERA
    return (
        row.algorithm in {None, look.eye[1]}
        and row.camera_class in {None, look.camera_class}
        and row.device in {None, device}
    )
