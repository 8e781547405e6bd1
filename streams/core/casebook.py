"""One revision of a case: what an accepted input changes in its record and in the ledger."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput, Case, Story, Told, fact_id
from streams.core.fold import breaches, fold, follow
from streams.core.lifecycle import FLOW_OF, STEP_OF
from streams.core.place import Rulebook
from streams.core.results import CaseRecord, Fact, ReportRow, Snapshot
from streams.core.spans import KeptSpan, as_row, drafts, revise


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """All that must be remembered of a case: its inputs, and the spans that hold as known now."""

    case_id: str
    seed: AcceptedReport
    seed_ingested_at: datetime
    acts: tuple[ActInput, ...]
    spans: tuple[KeptSpan, ...]
    known: datetime
    revision: int


class Known(msgspec.Struct, frozen=True):
    """How an input came to be known: the broker's time, its offset, the place's latest tick."""

    at: datetime
    revision: int
    tick: datetime | None


class Revision(msgspec.Struct, frozen=True):
    """What one input did: the case to keep, its story, and what to write of it."""

    kept: Kept
    story: Story
    record: CaseRecord
    facts: list[Fact]


def opened(case_id: str, seed: AcceptedReport, ingested_at: datetime) -> Kept:
    """A case that has its seed report and nothing else yet."""
    return Kept(case_id, seed, ingested_at, (), (), ingested_at, -1)


def tell(kept: Kept, rules: Rulebook) -> Story:
    """The story of a kept case under these rules."""
    return fold(kept.seed, kept.acts, rules)


def revise_case(kept: Kept, before: Story | None, rules: Rulebook, by: Known) -> Revision:
    """Fold the case again and say only what changed since the story `before`.

    `kept` holds the new act already, as its last; without one, the rules have changed. Knowledge
    never runs backwards within a case: an input stamped earlier than one before it counts as known
    when that one was.
    """
    known = max(kept.known, by.at)
    followed = _followed(kept, before, rules)
    story = followed or tell(kept, rules)
    # What the story had already is told again word for word where an act only follows it.
    same = len(before.facts) if before is not None and followed is not None else 0
    spans, written = revise(kept.spans, drafts(story.history, known), known)
    kept = msgspec.structs.replace(kept, spans=tuple(spans), known=known, revision=by.revision)
    report = report_row(kept, story.case)
    was = report_row(kept, before.case) if before is not None else None
    record = CaseRecord(
        snapshot=snapshot(kept, story),
        spans=[as_row(row, kept.case_id, kept.seed, by.revision) for row in written],
        reports=[report] if report != was else [],
    )
    told_before = ledger(before, by.tick, same) if before is not None else {}
    facts = list(_changes(kept, told_before, ledger(story, by.tick, same), known))
    return Revision(kept, story, record, facts)


def _followed(kept: Kept, before: Story | None, rules: Rulebook) -> Story | None:
    """The story of the last act behind `before`, where it tells all the others."""
    if before is None or before.acts + 1 != len(kept.acts):
        return None
    return follow(before, kept.seed, kept.acts[-1], rules)


def let_out(kept: Kept, story: Story, tick: datetime, at: datetime) -> list[Fact]:
    """The breaches that this tick lets out: of all clocks whose deadline it has passed."""
    return [_fact(kept, told, at) for told in _met(story, tick)]


def ledger(story: Story, tick: datetime | None, skip: int = 0) -> dict[str, Told]:
    """All facts that stand but for the first `skip`, by what makes their id; of pending breaches
    those the tick has met."""
    told = story.facts[skip:]
    if tick is not None:
        told = (*told, *_met(story, tick))
    return {_key(fact): fact for fact in told}


def _met(story: Story, tick: datetime) -> Iterable[Told]:
    if not story.pending or story.pending[0] >= tick:
        return ()
    return (told for told in breaches(story.case, tick) if told.at in story.pending)


def _key(told: Told) -> str:
    return "\0".join((told.kind, *told.cause, told.also))


def _changes(
    kept: Kept, old: dict[str, Told], new: dict[str, Told], known: datetime
) -> Iterable[Fact]:
    for key, told in new.items():
        if old.get(key) != told:
            yield _fact(kept, told, known)
    for key, told in old.items():
        if key not in new:
            yield _fact(kept, told, known, withdrawn=True)


def _fact(kept: Kept, told: Told, at: datetime, *, withdrawn: bool = False) -> Fact:
    return Fact(
        fact_id=fact_id(kept.case_id, told.kind, told.cause, told.also),
        case_id=kept.case_id,
        place=kept.seed.place,
        home=kept.seed.home,
        kind=told.kind,
        occurred_at=told.at,
        ingested_at=at,
        revision=kept.revision,
        withdrawn=withdrawn,
        department=told.department,
        actor=told.actor,
        sender=told.cause[0],
        input_id=told.cause[1],
        detail=told.detail,
    )


def report_row(kept: Kept, case: Case) -> ReportRow:
    """The seed report's row; of an imported ticket its own fields are those of its last row."""
    seed = kept.seed
    own = case if seed.lifecycle == "ticket" else seed
    return ReportRow(
        sender=seed.sender,
        id=seed.id,
        sha256=seed.sha256,
        place=seed.place,
        flow=FLOW_OF[seed.lifecycle].value,
        home=seed.home,
        case_id=kept.case_id,
        occurred_at=seed.occurred_at,
        recorded_at=seed.recorded_at,
        ingested_at=kept.seed_ingested_at,
        source=own.source,
        street=own.street,
        area=own.area,
        grid=own.grid,
        category=own.category,
        matter=own.matter,
        text=own.text,
        why=seed.why,
        requester=seed.requester,
        origin=seed.origin,
        revision=kept.revision,
    )


def snapshot(kept: Kept, story: Story) -> Snapshot:
    """The case as it stands after all known inputs."""
    case, seed = story.case, kept.seed
    return Snapshot(
        case_id=kept.case_id,
        place=seed.place,
        home=seed.home,
        flow=FLOW_OF[seed.lifecycle].value,
        lifecycle=seed.lifecycle,
        state=case.state.value,
        step=STEP_OF[case.state].value,
        outcome=case.outcome,
        filed_at=case.filed_at,
        handled_at=case.handled_at,
        closed_at=case.closed_at,
        void=case.void,
        excluded=case.excluded,
        deadline=case.deadline,
        deadline_kind=case.deadline_kind,
        department=case.department,
        assisting=list(case.assisting),
        source=case.source,
        street=case.street,
        area=case.area,
        grid=case.grid,
        category=case.category,
        matter=case.matter,
        text=case.text,
        satisfaction=case.satisfaction,
        report_count=1,
        marks=list(case.marks),
        routing=list(case.routing),
        clocks=[clock.told() for clock in case.clocks],
        tasks=[msgspec.to_builtins(task) for task in case.tasks],
        level=case.level,
        ingested_at=kept.known,
        revision=kept.revision,
    )
