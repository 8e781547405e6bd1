"""立案 · a case waits to be filed; it is: who leads is decided, it goes to its department, its
clocks begin."""

from datetime import datetime

from msgspec.structs import replace

from streams.core.case import Case, Told
from streams.core.lifecycle import CaseState, pushed
from streams.core.outcome import Result
from streams.core.place import ClockName, PlaceRules
from streams.core.results import FactKind
from streams.core.route import route
from streams.core.timing import laddered, stepped, timed

Cause = tuple[str, str]


def awaiting(case: Case, at: datetime, rules: PlaceRules, cause: Cause) -> Result:
    """A case that people are to file: its verification is timed; where the place sets no limit for
    that, its filing."""
    verified = timed(case, ClockName.VERIFY, at, rules, cause)
    return verified if verified[0] is not case else timed(case, ClockName.FILE, at, rules, cause)


def filed(case: Case, at: datetime, rules: PlaceRules | None, cause: Cause) -> Result:
    """The case filed at this instant, by the rules of this instant."""
    case, facts = replace(case, filed_at=at), [Told(FactKind.CASE_FILED, at, cause)]
    if rules is None:
        return case, facts
    way = route(rules, case.matter, case.area, at=at)
    case = replace(
        case,
        routing=tuple(way.trace),
        department=way.lead,
        assisting=tuple(way.assisting),
    )
    if case.department is not None and pushed(case.lifecycle):
        case = replace(case, state=CaseState.DISPATCHED, dispatched_at=at)
        facts.append(Told(FactKind.CASE_DISPATCHED, at, cause, department=case.department))
    case, begun = timed(case, ClockName.OVERALL, at, rules, cause)
    case, contact = timed(case, ClockName.CONTACT, at, rules, cause)
    case, step = stepped(case, None, at, rules, cause)
    case, ladder = laddered(case, "filing", at, rules, cause)
    return case, [*facts, *begun, *contact, *step, *ladder]
