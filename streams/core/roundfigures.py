"""Figures of rounds: coverage, frequency, presence; what was missed, what is overdue, what nobody
had planned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from streams.core.coverage import Judged, judged, whom_of
from streams.core.events import UNASKED, Round, RoundKind
from streams.core.figures import Value, share
from streams.core.levels import lies_in, on_level
from streams.core.locate import lineage_of
from streams.core.place import PlaceRules, Rulebook, mode_of, street_of
from streams.core.query import DAYS, SUMMED_UP, local_day
from streams.core.slotfigures import SLOT_FIGURES, answer
from streams.core.slots import Slot, Window, bound_subjects, bound_whom, slots

FIELDS = (
    *("kind", "schedule", "street", "area", "subject", "scene", "mode"),
    *("day", "week", "ten-days", "month"),
)
"""What figures of rounds may be cut by; days are those on which a slot begins, in the place's
zone, and so is the mode (平急) that of its area as it begins."""


class RoundQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: of one place, slots that begin from `since` on and are over at `as_of`; with
    `at_level` and `inside` as of any figures (`query.Query`), by the tree as a slot begins."""

    place: str
    zone: str
    since: datetime
    as_of: datetime
    kinds: frozenset[RoundKind] = frozenset(RoundKind)
    by: tuple[str, ...] = ("kind", "schedule")
    figures: tuple[str, ...] = tuple(SLOT_FIGURES)
    at_level: str | None = None
    inside: str | None = None


class RoundRow(msgspec.Struct, frozen=True):
    """The figures of one combination of cut fields, and how many slots they are made of."""

    by: dict[str, str | None]
    expected: int
    done: int
    figures: dict[str, Value]


class Overview(msgspec.Struct, frozen=True):
    """All that is told of a place's rounds. `overdue` are the last slots of subjects that are still
    bound and to whom nobody has been since; `running` slots are not over yet, and those of them in
    `open` are still to be done."""

    rows: list[RoundRow]
    missed: list[Judged]
    overdue: list[Slot]
    running: int
    open: list[Slot]
    made: dict[str, dict[str, int]]
    unplanned: int


def overview(book: Rulebook, rounds: Sequence[Round], query: RoundQuery) -> Overview:
    """Set the rounds of a place against its schedules."""
    known = [r for r in rounds if r.started_at < query.as_of and r.kind in query.kinds]
    planned = [
        slot
        for slot in slots(book, query.place, query.since, query.as_of)
        if slot.schedule.kind in query.kinds
        and _covers(book, query, slot.subject.area, slot.subject.code, slot.window.start)
    ]
    over = [slot for slot in planned if slot.window.end <= query.as_of]
    running = [slot for slot in planned if slot.window.end > query.as_of]
    found = list(judged(book, query.place, over, known))
    begun = [
        one
        for one in known
        if one.started_at >= query.since
        and _covers(book, query, one.area, one.grid, one.started_at)
    ]
    made: dict[str, Counter[str]] = {}
    for one in begun:
        made.setdefault(one.kind.value, Counter())[one.result.value] += 1
    return Overview(
        rows=_rows(book, found, query),
        missed=[one for one in found if not one.done],
        overdue=_overdue(book, found, known, query),
        running=len(running),
        open=[one.slot for one in judged(book, query.place, running, known) if not one.done],
        made={kind: dict(results) for kind, results in made.items()},
        unplanned=sum(
            one.kind not in UNASKED and not _is_planned(book, query.place, one) for one in begun
        ),
    )


def _covers(
    book: Rulebook, query: RoundQuery, area: str | None, grid: str | None, at: datetime
) -> bool:
    """Whether what lies there is asked for."""
    if query.inside is None:
        return True
    rules = book.at(query.place, at)
    return rules is not None and lies_in(lineage_of(rules, area, grid), query.inside)


# --- figures ------------------------------------------------------------------------------------


def _rows(book: Rulebook, found: Iterable[Judged], query: RoundQuery) -> list[RoundRow]:
    groups: dict[tuple[str | None, ...], list[Judged]] = {}
    for one in found:
        rules = book.at(query.place, one.slot.window.start)
        cut = tuple(_cut(name, one.slot, rules, query) for name in query.by)
        groups.setdefault(cut, []).append(one)
    ordered = sorted(groups, key=lambda cut: [(value is None, value or "") for value in cut])
    return [
        _row(dict(zip(query.by, cut, strict=True)), groups[cut], query.figures) for cut in ordered
    ]


def _cut(name: str, slot: Slot, rules: PlaceRules | None, query: RoundQuery) -> str | None:
    if name in DAYS:
        return local_day(name, slot.window.start, query.zone)
    subject = slot.subject
    if name == SUMMED_UP and query.at_level is not None and rules is not None:
        return on_level(lineage_of(rules, subject.area, subject.code), query.at_level)
    of_area = {"street": street_of, "mode": mode_of}.get(name)
    if of_area is not None:
        return None if rules is None else of_area(rules, subject.area)
    plain = {
        "kind": slot.schedule.kind.value,
        "schedule": slot.schedule.id,
        "area": subject.area,
        "subject": subject.code,
        "scene": subject.scene,
    }
    return plain[name]


def _row(by: dict[str, str | None], group: Sequence[Judged], names: Sequence[str]) -> RoundRow:
    figures = {name: share(*answer(SLOT_FIGURES[name], group)) for name in names}
    return RoundRow(by, len(group), sum(one.done for one in group), figures)


# --- lists --------------------------------------------------------------------------------------


def _overdue(
    book: Rulebook, found: Iterable[Judged], rounds: Sequence[Round], query: RoundQuery
) -> list[Slot]:
    last = {
        (one.slot.schedule.id, one.slot.subject): one
        for one in found
        if one.slot.schedule.kind is not RoundKind.DUTY
    }
    rules = book.at(query.place, query.as_of)
    bound = {
        (schedule.id, subject)
        for schedule in (rules.schedules if rules is not None else ())
        for subject in bound_subjects(rules, schedule)
    }
    late = [one.slot for whom, one in last.items() if whom in bound and not one.done]
    since = [
        msgspec.structs.replace(slot, window=Window(slot.window.start, query.as_of))
        for slot in late
    ]
    until_now = judged(book, query.place, since, rounds)
    return [slot for slot, now in zip(late, until_now, strict=True) if not now.done]


def _is_planned(book: Rulebook, place: str, made: Round) -> bool:
    rules = book.at(place, made.started_at)
    return rules is not None and any(
        whom in bound_whom(rules, schedule)
        for schedule in rules.schedules
        if schedule.kind is made.kind
        for whom in whom_of(rules, schedule, made)
    )
