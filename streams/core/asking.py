"""What departments are asked at present: told when it begins, reads otherwise, or is over."""

from collections.abc import Container, Iterator, Mapping
from operator import attrgetter
from typing import Any

import msgspec

from streams.core.case import Case, Story, Told, fact_id
from streams.core.casebook import Kept, Revision
from streams.core.lifecycle import AT_WORK, FLOW_OF, CaseState
from streams.core.notices import Asked, Dispatch, notice_id
from streams.core.results import FactKind

ASKS = {
    FactKind.CASE_DISPATCHED: Asked.DISPATCHED,
    FactKind.REWORK_ORDERED: Asked.REWORK,
    FactKind.CASE_REOPENED: Asked.REOPENED,
}
TAKES = frozenset(
    {FactKind.CASE_DISPATCHED, FactKind.DISPATCH_RETURNED, FactKind.CASE_VOIDED}
    | {FactKind.REPORT_VERIFIED, FactKind.REPORT_REJECTED}
)
"""What takes a case from its lead department."""

ENDS = frozenset({FactKind.CASE_HANDLED, FactKind.OUTCOME_DECIDED, FactKind.CASE_CLOSED, *TAKES})
"""What ends a whistle for those who have not finished their part."""


_sources = attrgetter(*("clocks", "marks", "matter", "category", "area", "street", "grid", "text"))
"""All of a case from which `_said` takes its words."""


class _Ask(msgspec.Struct, frozen=True):
    """What a department is asked, and the fact from which that follows."""

    asked: Asked
    told: Told
    department: str


_Key = tuple[FactKind, tuple[str, str], str]
_Asks = dict[_Key, _Ask]


def _asks(story: Story) -> _Asks:
    """Everything that is asked at present."""
    case, asks = story.case, []
    if case.state in AT_WORK and case.department is not None:
        told = _last(story, ASKS)
        if told is not None:
            asks.append(_Ask(ASKS[told.kind], told, case.department))
    if case.tasks and case.running and case.handled_at is None:
        due = {task.department for task in case.tasks if task.finished_at is None}
        for told in story.facts:
            if told.kind is FactKind.WHISTLE_BLOWN:
                called = due.intersection(told.detail.get("departments", ()))
                asks += [_Ask(Asked.CONVENED, told, name) for name in sorted(called)]
    return {(ask.told.kind, ask.told.cause, ask.department): ask for ask in asks}


def dispatches(before: Story | None, revision: Revision) -> Iterator[Dispatch]:
    """What is asked no longer, then what is newly asked, or asked in other words."""
    kept, case = revision.kept, revision.story.case
    now = _asks(revision.story)
    was = _asks(before) if before is not None else {}
    if before is not None:
        for key, ask in was.items():
            if key not in now:
                yield from _ended(before, revision, ask, now)
    for key, ask in now.items():
        if before is None or key not in was or _reads_otherwise(before.case, case, ask):
            yield _dispatch(kept, ask, _said(case, ask))


def _ended(before: Story, revision: Revision, ask: _Ask, now: _Asks) -> Iterator[Dispatch]:
    """That an ask does not hold any more, unless the department itself has seen to that."""
    kept, story = revision.kept, revision.story
    if _disproved(revision, ask):
        yield _dispatch(kept, ask, _said(before.case, ask), withdrawn=True)
        return
    asked = _taken(ask, story.case, now)
    if asked is not None:
        kinds = ENDS if ask.asked is Asked.CONVENED else TAKES
        ended = _Ask(asked, _last(story, kinds) or ask.told, ask.department)
        yield _dispatch(kept, ended, _said(story.case, ended), ends=_id(kept, ask))


def _disproved(revision: Revision, ask: _Ask) -> bool:
    """Whether its fact is withdrawn, or told again of another department."""
    id = fact_id(revision.kept.case_id, ask.told.kind, ask.told.cause)
    fact = next((fact for fact in revision.facts if fact.fact_id == id), None)
    if fact is None or fact.withdrawn:
        return fact is not None
    return ask.asked is not Asked.CONVENED and fact.department != ask.department


def _taken(ask: _Ask, case: Case, now: _Asks) -> Asked | None:
    """How an ask ended that still stands as a fact; None where the department has done it."""
    name = ask.department
    if ask.asked is Asked.CONVENED:
        done = any(task.department == name and task.finished_at for task in case.tasks)
        return None if done else Asked.RECALLED
    leads = (one for one in now.values() if one.asked is not Asked.CONVENED)
    if any(one.department == name for one in leads):
        return None
    if case.state is CaseState.RETURNED and case.returned_by[-1:] == (name,):
        return Asked.RETURNED_APPROVED
    return Asked.RECALLED if case.department != name or case.void else None


def _reads_otherwise(before: Case, case: Case, ask: _Ask) -> bool:
    """Whether the same ask says something else of the case than before; mostly nothing has moved,
    which is seen without putting it in words."""
    return _sources(before) != _sources(case) and _said(before, ask) != _said(case, ask)


def _said(case: Case, ask: _Ask) -> Mapping[str, Any]:
    """What a dispatch says but for its names: what a department would want to know anew."""
    clock = case.overall
    if ask.asked is Asked.CONVENED:
        own = (one for one in case.clocks if one.department == ask.department)
        clock = next(own, clock)
    return {
        "since": ask.told.at,
        "reason": ask.told.detail.get("reason"),
        "matter": case.matter,
        "category": case.category,
        "area": case.area,
        "street": case.street,
        "grid": case.grid,
        "text": case.text,
        "deadline": clock.due if clock is not None else None,
        "deadline_kind": clock.kind if clock is not None else case.deadline_kind,
    }


def _dispatch(
    kept: Kept,
    ask: _Ask,
    said: Mapping[str, Any],
    *,
    withdrawn: bool = False,
    ends: str | None = None,
) -> Dispatch:
    return Dispatch(
        id=_id(kept, ask, *(() if ends is None else (ends,))),
        revision=kept.revision,
        place=kept.seed.place,
        withdrawn=withdrawn,
        fact_id=fact_id(kept.case_id, ask.told.kind, ask.told.cause),
        case_id=kept.case_id,
        flow=FLOW_OF[kept.seed.lifecycle],
        department=ask.department,
        asked=ask.asked,
        by=ask.told.actor,
        ends=ends,
        **said,
    )


def _id(kept: Kept, ask: _Ask, *more: str) -> str:
    fact = fact_id(kept.case_id, ask.told.kind, ask.told.cause)
    return notice_id(fact, ask.asked.value, ask.department, *more)


def _last(story: Story, kinds: Container[FactKind]) -> Told | None:
    return next((told for told in reversed(story.facts) if told.kind in kinds), None)
