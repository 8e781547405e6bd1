"""Tickets of another system: one case each, told by the last row that its exports gave of it."""

from collections.abc import Iterator, Sequence

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput, Case, Told
from streams.core.clocks import OVERALL, Clock
from streams.core.events import Act, ActKind, ImportRow, RowStatus
from streams.core.lifecycle import CaseState
from streams.core.locate import lineage_of
from streams.core.place import PlaceRules
from streams.core.results import FactKind


def last_row(acts: Sequence[ActInput]) -> ActInput | None:
    """The row that counts: the newest export's, or None before any came."""
    rows = [act for act in acts if act.act.act is ActKind.IMPORT_ROW]
    return max(rows, key=lambda act: act.order, default=None)


def ticket(seed: AcceptedReport, row: ImportRow | None, rules: PlaceRules | None) -> Case:
    """The last row counts whole, from its reported_at on; before any row there is just a ticket.
    The `rules` as it was reported say in what its area lies."""
    if row is None:
        return Case("ticket", CaseState.OPEN, seed.occurred_at, seed.source)
    marks = list(row.marks)
    if row.closed_at is not None and row.closed_at < row.reported_at:
        marks += ["closed_before_reported"] * ("closed_before_reported" not in marks)
    cancelled = row.status is RowStatus.CANCELLED
    return Case(
        lifecycle="ticket",
        state=CaseState.VOID if cancelled else CaseState.OPEN,
        filed_at=row.reported_at,
        source=row.source,
        void=cancelled,
        department=row.department,
        street=row.street,
        area=row.area,
        grid=row.grid,
        lineage=lineage_of(rules, row.area, row.grid) if rules else (),
        category=row.category,
        matter=row.matter,
        text=row.text,
        outcome=row.status.value,
        marks=tuple(marks),
        clocks=() if row.due_at is None else (Clock(OVERALL, row.reported_at, row.due_at),),
    )


def steps(acts: Sequence[ActInput], row: ActInput | None) -> list[ActInput]:
    """All acts in their order; of the rows only what the last one says: that it was closed."""
    found = [act for act in acts if act.act.act is not ActKind.IMPORT_ROW]
    if row is not None and row.act.row is not None:
        found.extend(_closing(row, row.act.row))
    return sorted(found, key=lambda act: act.order)


def imports(acts: Sequence[ActInput]) -> Iterator[Told]:
    """That each row came."""
    for act in acts:
        if act.act.act is ActKind.IMPORT_ROW:
            yield Told(FactKind.ROW_IMPORTED, act.occurred_at, act.cause)


def _closing(act: ActInput, row: ImportRow) -> Iterator[ActInput]:
    if row.closed_at is None or row.status in {RowStatus.OPEN, RowStatus.CANCELLED}:
        return
    # A closing dated before its reporting takes effect with the reporting, and keeps its date.
    at = max(row.closed_at, row.reported_at)
    close = Act(place=act.act.place, act=ActKind.CLOSE, until=row.closed_at)
    yield ActInput(act.sender, act.id, act.sha256, at, close)
