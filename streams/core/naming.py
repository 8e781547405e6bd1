"""人工分类: a person says what a case is about, where words and model could not, or were wrong."""

from msgspec.structs import replace

from streams.core.case import UNCLASSIFIED, ActInput, Case, Told
from streams.core.convening import handed_on
from streams.core.events import ActKind
from streams.core.lifecycle import MOVES, CaseState
from streams.core.outcome import Result, World, impossible, refused, told
from streams.core.place import PlaceRules
from streams.core.results import FactKind
from streams.core.route import route

UNTAKEN = frozenset({CaseState.REPORTED, CaseState.DISPATCHED, CaseState.RETURNED})
"""Nobody has taken the case on yet: it goes to whoever leads in its new matter."""


def classify(case: Case, item: ActInput, world: World) -> Result:
    """The case is of that matter from now on. Its lifecycle stays, and so do the clocks that run:
    those that begin from now on take the new matter's limits."""
    if not case.running:
        return impossible(case, item)
    rules = world.rules_at(item.occurred_at)
    matter = rules.matters.get(item.act.matter or "") if rules is not None else None
    if rules is None or matter is None:
        return case, [refused(item, f"unknown_matter:{item.act.matter}")]
    said = {"from": case.matter, "to": matter.code}
    case = replace(
        case,
        matter=matter.code,
        category=matter.category,
        renamed=matter.code != world.seed.matter,
        patrol_visible=matter.patrol_visible,
        marks=tuple(mark for mark in case.marks if mark != UNCLASSIFIED),
    )
    return _led(case, item, rules, [told(FactKind.CASE_CLASSIFIED, item, case, **said)])


def _led(case: Case, item: ActInput, rules: PlaceRules, facts: list[Told]) -> Result:
    """The case with whoever leads in its matter, where nobody has taken it on."""
    move = MOVES[case.lifecycle].get((case.state, ActKind.DISPATCH, None))
    if case.waits or case.state not in UNTAKEN or move is None:
        return case, facts
    here = rules.areas.get(case.level or "")
    level = here.level if here is not None else None
    way = route(rules, case.matter, case.area, at=item.occurred_at, level=level)
    return handed_on(case, item, rules, (move, way), facts)
