"""A case is the fold of its accepted inputs, in one total order; late or shuffled, the end is one.

The order is (occurred_at; report before acts, acts in the order of the lifecycle's moves; sender;
id), never the offset. Nothing here remembers: what a later input disproves was never said.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from streams.core.calendar import Calendar, CalendarMissing
from streams.core.clock import deadline, parse_limit
from streams.core.events import AcceptedReport, Act, ActKind, FactKind, ImportRow, RowStatus
from streams.core.lifecycle import ENDED, MOVES, ORDER, CaseState, answer
from streams.core.place import LimitRule, PlaceRules, Rulebook
from streams.core.route import limit_of, route


class ActInput(msgspec.Struct, frozen=True, array_like=True):
    """One accepted act of a case, as casework keeps it."""

    sender: str
    id: str
    sha256: str
    occurred_at: datetime
    act: Act

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        """Its place among the acts of its case."""
        return self.occurred_at, ORDER[self.act.act], self.sender, self.id


class Case(msgspec.Struct, frozen=True):
    """A case at one instant; instants in UTC, `deadline` None unless deadline_kind is fixed."""

    lifecycle: str
    state: CaseState
    filed_at: datetime
    source: str
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    void: bool = False
    excluded: bool = False
    deadline: datetime | None = None
    deadline_kind: str = "none"
    department: str | None = None
    assisting: tuple[str, ...] = ()
    street: str | None = None
    area: str | None = None
    grid: str | None = None
    category: str | None = None
    matter: str | None = None
    text: str = ""
    outcome: str | None = None
    satisfaction: str | None = None
    marks: tuple[str, ...] = ()
    routing: tuple[str, ...] = ()
    clock: dict[str, Any] = {}

    @property
    def running(self) -> bool:
        """Whether its deadline runs: it is neither closed nor void."""
        return self.state not in ENDED and not self.void


class Told(msgspec.Struct, frozen=True):
    """A fact as the fold tells it; `cause` and `also` make its id, so a retelling is the same."""

    kind: FactKind
    at: datetime
    cause: tuple[str, str]
    also: str = ""
    department: str | None = None
    actor: str | None = None
    detail: dict[str, Any] = {}


class Story(msgspec.Struct, frozen=True):
    """The whole fold: the case as it stands, what it was from when on, and the facts.

    `pending` is the deadline that nothing has met yet: a tick beyond it lets its breach out.
    """

    case: Case
    history: tuple[tuple[datetime, Case], ...]
    facts: tuple[Told, ...]
    pending: datetime | None


def fold(seed: AcceptedReport, acts: Sequence[ActInput], rules: Rulebook) -> Story:
    """Tell a case from its seed report and its acts, in whatever order they came."""
    row = _last_row(acts)
    case, facts = _open(seed, row, rules)
    history = [(case.filed_at, case)]
    for act in _timeline(acts, row):
        if act.occurred_at < case.filed_at:
            facts.append(_refusal(act, "before_report"))
            continue
        if not _breached(case, facts):
            facts.extend(breach_of(case, act.occurred_at))
        moved, told = _advance(case, act, seed, rules)
        facts.extend(told)
        if moved is not case:
            case = moved
            history.append((act.occurred_at, case))
    facts.extend(_imported(acts))
    pending = case.deadline if case.running and not _breached(case, facts) else None
    return Story(case, tuple(history), tuple(facts), pending)


def breach_of(case: Case, now: datetime) -> Iterator[Told]:
    """The breach that stands at `now`: dated by its deadline, named by it, so told only once."""
    if case.running and case.deadline is not None and case.deadline < now:
        yield Told(
            FactKind.DEADLINE_BREACHED,
            case.deadline,
            ("", ""),
            case.deadline.isoformat(),
            case.department,
        )


def _breached(case: Case, facts: Sequence[Told]) -> bool:
    return any(f.kind is FactKind.DEADLINE_BREACHED and f.at == case.deadline for f in facts)


# --- opening ------------------------------------------------------------------------------------


def _open(seed: AcceptedReport, row: ActInput | None, book: Rulebook) -> tuple[Case, list[Told]]:
    cause = (seed.sender, seed.id)
    accepted = Told(
        FactKind.REPORT_ACCEPTED, seed.occurred_at, cause, detail={"source": seed.source}
    )
    if seed.lifecycle == "ticket":
        case = _ticket(seed, row.act.row if row else None)
        return case, [accepted, Told(FactKind.CASE_FILED, case.filed_at, cause)]
    case = Case(
        lifecycle=seed.lifecycle,
        state=CaseState.REPORTED,
        filed_at=seed.occurred_at,
        source=seed.source,
        street=seed.street,
        area=seed.area,
        grid=seed.grid,
        category=seed.category,
        matter=seed.matter,
        text=seed.text,
    )
    facts = [accepted, Told(FactKind.CASE_FILED, case.filed_at, cause)]
    rules = book.at(seed.place, seed.occurred_at)
    if rules is None:
        return replace(case, deadline_kind="unknown", marks=("rules_missing",)), facts
    case = _push(case, rules)
    if case.department is not None:
        told = Told(FactKind.CASE_DISPATCHED, case.filed_at, cause, department=case.department)
        facts.append(told)
    case, timed = _set_deadline(case, case.filed_at, rules, cause)
    return case, facts + timed


def _push(case: Case, rules: PlaceRules) -> Case:
    """Classified and routed: on its way to a department, where the place has one for it."""
    way = route(rules, case.matter, case.area)
    return replace(
        case,
        state=CaseState.REPORTED if way.lead is None else CaseState.DISPATCHED,
        department=way.lead,
        assisting=tuple(way.assisting),
        routing=tuple(way.trace),
    )


def _set_deadline(
    case: Case, start: datetime, rules: PlaceRules, cause: tuple[str, str]
) -> tuple[Case, list[Told]]:
    """Derive the deadline from the place's limit; a missing year stops nothing."""
    rule = limit_of(rules, case.matter)
    if rule is None:
        return replace(case, deadline=None, deadline_kind="none"), []
    clock = _clock(rule, rules.calendar, start)
    try:
        if rules.calendar is None:
            raise CalendarMissing(start.year, rules.place)
        at = deadline(start, parse_limit(rule.limit), rules.calendar).at
    except CalendarMissing as gap:
        mark = f"calendar_missing:{gap.year}"
        told = Told(FactKind.CALENDAR_MISSING, start, cause, mark, detail={"year": gap.year})
        case = replace(case, deadline=None, deadline_kind="unknown", marks=(*case.marks, mark))
        return replace(case, clock=clock), [told]
    told = Told(FactKind.DEADLINE_SET, start, cause, at.isoformat(), case.department, detail=clock)
    return replace(case, deadline=at, deadline_kind="fixed", clock=clock), [told]


def _clock(rule: LimitRule, calendar: Calendar | None, start: datetime) -> dict[str, str]:
    """What the deadline was derived from: enough to derive it again, segment by segment."""
    clock = {
        "rule": rule.id,
        "limit": rule.limit,
        "version": rule.version,
        "start": start.isoformat(),
    }
    if calendar is None:
        return clock
    return clock | {"calendar": calendar.id, "calendar_version": calendar.version}


# --- tickets of another system ------------------------------------------------------------------


def _last_row(acts: Sequence[ActInput]) -> ActInput | None:
    rows = [act for act in acts if act.act.act is ActKind.IMPORT_ROW]
    return max(rows, key=lambda act: act.order, default=None)


def _ticket(seed: AcceptedReport, row: ImportRow | None) -> Case:
    """The last row counts whole, from its reported_at on; before any row there is just a ticket."""
    if row is None:
        return Case("ticket", CaseState.OPEN, seed.occurred_at, seed.source)
    marks = list(row.marks)
    if row.closed_at is not None and row.closed_at < row.reported_at:
        marks += ["closed_before_reported"] * ("closed_before_reported" not in marks)
    return Case(
        lifecycle="ticket",
        state=CaseState.VOID if row.status is RowStatus.CANCELLED else CaseState.OPEN,
        filed_at=row.reported_at,
        source=row.source,
        void=row.status is RowStatus.CANCELLED,
        deadline=row.due_at,
        deadline_kind="none" if row.due_at is None else "fixed",
        department=row.department,
        street=row.street,
        area=row.area,
        grid=row.grid,
        category=row.category,
        matter=row.matter,
        text=row.text,
        outcome=row.status.value,
        marks=tuple(marks),
    )


def _timeline(acts: Sequence[ActInput], row: ActInput | None) -> list[ActInput]:
    """All acts in their order; of the rows only what the last one says: that it was closed."""
    steps = [act for act in acts if act.act.act is not ActKind.IMPORT_ROW]
    if row is not None and row.act.row is not None:
        steps.extend(_closing(row, row.act.row))
    return sorted(steps, key=lambda act: act.order)


def _closing(act: ActInput, row: ImportRow) -> Iterator[ActInput]:
    if row.closed_at is None or row.status in {RowStatus.OPEN, RowStatus.CANCELLED}:
        return
    # A closing dated before its reporting takes effect with the reporting, and keeps its date.
    at = max(row.closed_at, row.reported_at)
    close = Act(place=act.act.place, act=ActKind.CLOSE, until=row.closed_at)
    yield ActInput(act.sender, act.id, act.sha256, at, close)


def _imported(acts: Sequence[ActInput]) -> Iterator[Told]:
    for act in acts:
        if act.act.act is ActKind.IMPORT_ROW:
            yield Told(FactKind.ROW_IMPORTED, act.occurred_at, (act.sender, act.id))


# --- moving -------------------------------------------------------------------------------------


def _advance(
    case: Case, item: ActInput, seed: AcceptedReport, book: Rulebook
) -> tuple[Case, list[Told]]:
    """Make one move, or tell why not; the case itself comes back where nothing moved."""
    special = _SPECIAL.get(item.act.act)
    if special is not None:
        return special(case, item)
    move = MOVES[case.lifecycle].get((case.state, item.act.act, answer(item.act)))
    if move is None:
        return case, [_refusal(item, f"impossible_move:{case.state.value}")]
    rules = book.at(seed.place, item.occurred_at)
    if item.act.act is ActKind.HANDLE and _same_hand(item, seed, rules):
        return case, [_refusal(item, "reporter_may_not_handle")]
    case = _moved(case, item, move.to, move.undone)
    told = [_told(_TELLS[item.act.act], item, case)]
    if move.undone and item.act.act in {ActKind.CHECK, ActKind.CALL_BACK}:
        told.append(_told(FactKind.REWORK_ORDERED, item, case))
    if item.act.act is ActKind.REOPEN and rules is not None and case.lifecycle != "ticket":
        # A reopened case runs on a new clock; what the old one breached stays breached.
        case, timed = _set_deadline(case, item.occurred_at, rules, (item.sender, item.id))
        told += timed
    return case, told


def _moved(case: Case, item: ActInput, to: CaseState, undone: bool) -> Case:
    act = item.act
    handled_at = None if undone else case.handled_at
    if to is CaseState.HANDLED:
        handled_at = item.occurred_at
    closed_at = case.closed_at
    if to is CaseState.CLOSED:
        # An imported closing carries its own date in `until`: it may lie before the reporting.
        closed_at = act.until or item.occurred_at
        handled_at = handled_at or closed_at
    department = act.department if act.act is ActKind.DISPATCH else case.department
    satisfaction = act.satisfaction.value if act.satisfaction else case.satisfaction
    return replace(
        case,
        state=to,
        handled_at=handled_at,
        closed_at=closed_at,
        department=department,
        satisfaction=satisfaction,
    )


def _same_hand(item: ActInput, seed: AcceptedReport, rules: PlaceRules | None) -> bool:
    """采办分离: where a place separates them, who reported a case may not handle it."""
    apart = rules is not None and rules.reporter_may_not_handle
    return apart and seed.reporter is not None and item.act.actor == seed.reporter


def _void(case: Case, item: ActInput) -> tuple[Case, list[Told]]:
    if case.void:
        return case, [_refusal(item, "already_void")]
    return replace(case, void=True, state=CaseState.VOID), [_told(FactKind.CASE_VOIDED, item, case)]


def _exclude(case: Case, item: ActInput) -> tuple[Case, list[Told]]:
    return replace(case, excluded=True), [_told(FactKind.CASE_EXCLUDED, item, case)]


def _extend(case: Case, item: ActInput) -> tuple[Case, list[Told]]:
    """An approved extension moves the deadline, unless that deadline had passed already."""
    act = item.act
    in_time = case.deadline is not None and item.occurred_at <= case.deadline
    granted = bool(act.passed) and in_time and case.running
    detail = {"granted": granted, "until": act.until.isoformat() if act.until else None}
    told = [_told(FactKind.EXTENSION_DECIDED, item, case, detail)]
    if not granted:
        return case, told
    return replace(case, deadline=act.until, deadline_kind="fixed"), told


_SPECIAL = {ActKind.VOID: _void, ActKind.EXCLUDE: _exclude, ActKind.EXTEND: _extend}

_TELLS = {
    ActKind.DISPATCH: FactKind.CASE_DISPATCHED,
    ActKind.SIGN: FactKind.DISPATCH_SIGNED,
    ActKind.RETURN: FactKind.DISPATCH_RETURNED,
    ActKind.HANDLE: FactKind.CASE_HANDLED,
    ActKind.CHECK: FactKind.CASE_CHECKED,
    ActKind.CALL_BACK: FactKind.CALLBACK_MADE,
    ActKind.EVALUATE: FactKind.CASE_EVALUATED,
    ActKind.CLOSE: FactKind.CASE_CLOSED,
    ActKind.REOPEN: FactKind.CASE_REOPENED,
}


def _told(kind: FactKind, item: ActInput, case: Case, detail: dict[str, Any] | None = None) -> Told:
    act = item.act
    said = {"passed": act.passed, "resolved": act.resolved, "reason": act.reason} | (detail or {})
    return Told(
        kind,
        item.occurred_at,
        (item.sender, item.id),
        department=case.department,
        actor=act.actor,
        detail={name: value for name, value in said.items() if value is not None},
    )


def _refusal(item: ActInput, reason: str) -> Told:
    return Told(
        FactKind.ACT_REFUSED,
        item.occurred_at,
        (item.sender, item.id),
        actor=item.act.actor,
        detail={"act": item.act.act.value, "reason": reason},
    )


__all__ = ["ActInput", "Case", "Story", "Told", "breach_of", "fold"]
