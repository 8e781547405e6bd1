"""What was true when, and known when: a case's history as rows that never overlap."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from streams.core.accepted import AcceptedReport
from streams.core.case import Case
from streams.core.events import INFINITY
from streams.core.levels import Lineage, as_given
from streams.core.lifecycle import FLOW_OF, STEP_OF, CaseState
from streams.core.provenance import provenance_of
from streams.core.results import Span

VALUES = (
    "state",
    "step",
    "filed_at",
    "handled_at",
    "closed_at",
    "void",
    "excluded",
    "deadline",
    "deadline_kind",
    "department",
    "source",
    "street",
    "area",
    "grid",
    "category",
    "matter",
    "outcome",
    "level",
    "satisfaction",
    "mode",
    "happened",
    "lineage",
    "renamed",
    "patrol_visible",
)
"""What a span holds still; a change in any of these begins the next one."""

_LISTS = frozenset({"happened", "lineage"})

Values = tuple[object, ...]


class KeptSpan(msgspec.Struct, frozen=True, array_like=True):
    """A span that is true as known now: from < A <= to, known since `known_from`."""

    from_at: datetime
    to_at: datetime
    known_from: datetime
    state: str
    step: str
    filed_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    void: bool
    excluded: bool
    deadline: datetime | None
    deadline_kind: str
    department: str | None
    source: str
    street: str | None
    area: str | None
    grid: str | None
    category: str | None
    matter: str | None
    outcome: str | None
    level: str | None
    satisfaction: str | None
    mode: str
    happened: tuple[str, ...]
    lineage: Lineage = ()
    """As its case's: of a ticket only."""
    renamed: bool = False
    patrol_visible: bool | None = None


class Written(msgspec.Struct, frozen=True):
    """A row to write: the span, and until when it is known."""

    span: KeptSpan
    known_to: datetime


def drafts(history: Iterable[tuple[datetime, Case]], known: datetime) -> list[KeptSpan]:
    """The spans of a history: of several changes at one instant only the last is ever seen."""
    changes: dict[datetime, Values] = {}
    for at, case in history:
        changes[at] = _values(case)
    starts = [at for at, before in _with_before(changes) if changes[at] != before]
    ends = [*starts[1:], INFINITY] if starts else []
    return [
        KeptSpan(start, end, known, *changes[start])  # type: ignore[arg-type] # in VALUES' order
        for start, end in zip(starts, ends, strict=True)
    ]


def _with_before(changes: dict[datetime, Values]) -> Iterable[tuple[datetime, Values | None]]:
    before: Values | None = None
    for at, values in changes.items():
        yield at, before
        before = values


def _values(case: Case) -> Values:
    return (
        case.state.value,
        STEP_OF[case.state].value,
        case.filed_at,
        case.handled_at,
        case.closed_at,
        case.void,
        case.excluded,
        case.deadline,
        case.deadline_kind,
        case.department,
        case.source,
        case.street,
        case.area,
        case.grid,
        case.category,
        case.matter,
        case.outcome,
        case.stands_at,
        case.satisfaction,
        case.mode.value,
        case.happened,
        case.lineage,
        case.renamed,
        case.patrol_visible,
    )


class Since(NamedTuple):
    """Since when a case is filed, void, rejected, excluded; None where it never was.

    None of it is ever taken back: these say at any A what the spans say, without reading them.
    """

    filed_at: datetime | None
    void_at: datetime | None
    rejected_at: datetime | None
    excluded_at: datetime | None


def since(spans: Sequence[KeptSpan]) -> Since:
    """What the spans of a case, the earliest first, say of that."""
    filed = (max(one.filed_at, one.from_at) for one in spans if one.filed_at is not None)
    void = (one.from_at for one in spans if one.void)
    rejected = (one.from_at for one in spans if one.state == CaseState.REJECTED.value)
    excluded = (one.from_at for one in spans if one.excluded)
    return Since(*(next(one, None) for one in (filed, void, rejected, excluded)))


def revise(
    old: Sequence[KeptSpan], new: Sequence[KeptSpan], known: datetime
) -> tuple[list[KeptSpan], list[Written]]:
    """What now holds, and only the rows that this changes.

    A superseded row is written again with its end of knowledge. One that became known at this
    same instant leaves its key to the row that replaces it, or stays behind empty.
    """
    before = {span.from_at: span for span in old}
    holding: list[KeptSpan] = []
    rows: list[Written] = []
    for span in new:
        was = before.pop(span.from_at, None)
        if was is not None and msgspec.structs.replace(was, known_from=known) == span:
            holding.append(was)
            continue
        if was is not None and was.known_from != known:
            rows.append(Written(was, known))
        rows.append(Written(span, INFINITY))
        holding.append(span)
    rows.extend(Written(gone, known) for gone in before.values())
    return holding, rows


def as_row(written: Written, case_id: str, seed: AcceptedReport, revision: int) -> Span:
    """The table row of a written span; what else it says is its seed report's for good."""
    span = written.span
    return Span(
        case_id=case_id,
        place=seed.place,
        flow=FLOW_OF[seed.lifecycle].value,
        reported_at=seed.occurred_at,
        from_at=span.from_at,
        to_at=span.to_at,
        known_from=span.known_from,
        known_to=written.known_to,
        revision=revision,
        **{name: getattr(span, name) for name in VALUES if name not in _LISTS},
        happened=list(span.happened),
        lineage=list(span.lineage or seed.lineage or as_given(span.street, span.area)),
        **provenance_of(seed),
    )
