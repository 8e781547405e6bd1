"""吹哨报到、提级办理: several departments at one case; which level of the area tree leads it."""

from msgspec.structs import replace

from streams.core.case import ActInput, Case, Task, Told
from streams.core.events import ClosingRule
from streams.core.lifecycle import MOVES, Move
from streams.core.outcome import Result, World, impossible, refused, told
from streams.core.place import ClockName, PlaceRules
from streams.core.results import FactKind
from streams.core.route import Route, route
from streams.core.timing import halted, own_clock, stepped, timed


def escalate(case: Case, item: ActInput, world: World) -> Result:
    """提级: one level up the area tree; the case keeps its id, its area and its clocks."""
    if not case.running:
        return impossible(case, item)
    rules = world.rules_at(item.occurred_at)
    here = rules.areas.get(_level(case)) if rules else None
    above = rules.areas.get(here.parent or "") if rules and here else None
    if here is None or above is None:
        return case, [refused(item, "no_higher_level")]
    raised = replace(case, level=above.code, stands_at=above.level)
    said = {"from": here.code, "to": above.code}
    return _led_anew(raised, item, rules, [told(FactKind.LEVEL_RAISED, item, raised, **said)])


def hand_down(case: Case, item: ActInput, world: World) -> Result:
    """交下级办理: one level down, to an area right below the one that has it."""
    if not case.running:
        return impossible(case, item)
    rules, to = world.rules_at(item.occurred_at), item.act.area or ""
    below = rules.areas.get(to) if rules else None
    if below is None or below.parent != _level(case):
        return case, [refused(item, "not_one_level_down")]
    lowered = replace(case, level=below.code, stands_at=below.level)
    said = {"from": _level(case), "to": below.code}
    return _led_anew(lowered, item, rules, [told(FactKind.LEVEL_LOWERED, item, lowered, **said)])


def convene(case: Case, item: ActInput, world: World) -> Result:
    """吹哨: each department that is called gets a part of its own, and a clock until it arrives.

    Where the place has a list of matters for it, only these; who is called again is called once.
    """
    if not case.running:
        return impossible(case, item)
    act, at = item.act, item.occurred_at
    rules = world.rules_at(at)
    if rules is not None and not _listed(case, rules):
        return case, [refused(item, "not_on_the_whistle_list")]
    called = {task.department for task in case.tasks}
    fresh = [name for name in dict.fromkeys(act.departments) if name not in called]
    tasks = tuple(Task(name, at, level=level_of(rules, name)) for name in fresh)
    case = replace(case, tasks=(*case.tasks, *tasks), closing=act.closing or case.closing)
    whistle = act.whistle.value if act.whistle else None
    said = {"whistle": whistle, "departments": fresh, "closing": case.closing.value}
    facts = [told(FactKind.WHISTLE_BLOWN, item, case, **said)]
    if rules is None:
        return case, facts
    for name in fresh:
        case, begun = timed(case, ClockName.ARRIVE, at, rules, item.cause, department=name)
        facts += begun
    return case, facts


def arrive(case: Case, item: ActInput, world: World) -> Result:
    """报到: a department that was called is there; its arrival clock stops."""
    at, task = item.occurred_at, _task(case, item)
    if not case.running or task is None:
        return case, [refused(item, "not_convened")]
    if task.arrived_at is not None:
        return case, [refused(item, "already_arrived")]
    name = own_clock(ClockName.ARRIVE, task.department)
    case = halted(_with(case, replace(task, arrived_at=at)), name, at)
    seconds = (at - task.called_at).total_seconds()
    came = told(FactKind.DEPARTMENT_ARRIVED, item, case, seconds=seconds)
    return case, [replace(came, department=task.department)]


def finish(case: Case, item: ActInput, world: World) -> Result:
    """子任务办结: a department that has arrived has done its part."""
    task = _task(case, item)
    if not case.running or task is None:
        return case, [refused(item, "not_convened")]
    if task.arrived_at is None or task.finished_at is not None:
        why = "already_finished" if task.finished_at else "not_arrived"
        return case, [refused(item, why)]
    case = _with(case, replace(task, finished_at=item.occurred_at))
    done = told(FactKind.TASK_FINISHED, item, case)
    return case, [replace(done, department=task.department)]


def tasks_open(case: Case) -> bool:
    """Whether departments that were convened must still finish before the case is handled."""
    done = [task.finished_at is not None for task in case.tasks]
    enough = any(done) if case.closing is ClosingRule.ANY else all(done)
    return bool(done) and not enough


def _led_anew(case: Case, item: ActInput, rules: PlaceRules | None, facts: list[Told]) -> Result:
    """The case with whoever leads on its new level; where no duty says so, who received it first
    goes on (首接负责)."""
    here = rules.areas.get(case.level or "") if rules is not None else None
    move = MOVES[case.lifecycle].get((case.state, item.act.act, None))
    if rules is None or here is None or move is None:
        return case, facts
    way = route(
        rules,
        case.matter,
        case.area,
        at=item.occurred_at,
        level=here.level,
        first=case.department,
    )
    return handed_on(case, item, rules, (move, way), facts)


def handed_on(
    case: Case, item: ActInput, rules: PlaceRules, on: tuple[Move, Route], facts: list[Told]
) -> Result:
    """The case in the hands of whom that routing names, by that move; as it is where it names
    nobody, or who has it."""
    move, way = on
    at = item.occurred_at
    case = replace(case, routing=(*case.routing, *way.trace))
    if way.lead is None or way.lead == case.department:
        return case, facts
    before = case.state
    case = replace(
        case,
        state=move.to,
        department=way.lead,
        assisting=tuple(way.assisting),
        dispatched_at=at,
    )
    case, begun = stepped(case, before, at, rules, item.cause)
    return case, [*facts, told(FactKind.CASE_DISPATCHED, item, case), *begun]


def _level(case: Case) -> str:
    return case.level or case.area or ""


def level_of(rules: PlaceRules | None, department: str) -> str | None:
    """三级联动 · the level of its own area (属地), of the whole place for all other departments."""
    own = rules.departments.get(department) if rules is not None else None
    if rules is None or own is None:
        return None
    tops = (area for area in rules.areas.values() if area.parent is None)
    area = rules.areas.get(own.area) if own.area else next(tops, None)
    return area.level if area is not None else None


def _listed(case: Case, rules: PlaceRules) -> bool:
    listed = rules.whistle_matters
    return not listed or case.matter in listed or case.category in listed


def _task(case: Case, item: ActInput) -> Task | None:
    return next((task for task in case.tasks if task.department == item.act.department), None)


def _with(case: Case, task: Task) -> Case:
    same = task.department
    tasks = tuple(task if one.department == same else one for one in case.tasks)
    return replace(case, tasks=tasks)
