"""One revision of a case: what an accepted input changes in its record and in the ledger."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from streams.core.accepted import AcceptedReport
from streams.core.case import UNCONFIRMED, ActInput, Linked, Story, Told, fact_id
from streams.core.classify import Layer
from streams.core.fold import breaches, fold, follow, reported
from streams.core.levels import as_given
from streams.core.lifecycle import FLOW_OF, STEP_OF, CaseState
from streams.core.looks import look_of
from streams.core.outcome import World
from streams.core.place import Rulebook
from streams.core.provenance import provenance_of
from streams.core.reading import Reading
from streams.core.results import CaseRecord, Fact, ReportRow, Snapshot
from streams.core.said import NOTHING_SAID, Said, said_of
from streams.core.spans import KeptSpan, as_row, drafts, revise, since
from streams.core.stepnouns import KeptStep
from streams.core.steprows import as_row as as_step_row
from streams.core.steprows import revise as revise_steps
from streams.core.steps import steps_of
from streams.core.verdicts import last_verdict


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """All that must be remembered of a report and of the case that it opened, if it did.

    Its inputs, and the spans and steps that hold as known now. `reading` says whose case it is part
    of (None where its kind never merges); `members` are the ids of the other reports of its case;
    `said` is what its row tells of people's and the machine's words; `again` when a new case came
    after a closing: both instants.
    """

    case_id: str
    seed: AcceptedReport
    seed_ingested_at: datetime
    acts: tuple[ActInput, ...]
    spans: tuple[KeptSpan, ...]
    known: datetime
    revision: int
    reading: Reading | None = None
    members: tuple[str, ...] = ()
    steps: tuple[KeptStep, ...] = ()
    said: Said = NOTHING_SAID
    again: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def lead(self) -> str:
        """The id of the case that its report is part of."""
        return self.reading.lead if self.reading is not None else self.case_id

    @property
    def lead_at(self) -> datetime:
        """When the report occurred that opened that case."""
        read = self.reading
        return read.lead_at if read is not None and read.lead_at else self.seed.occurred_at

    @property
    def linked(self) -> Linked:
        """Its report as an input of the case that it is part of; ValueError where it never is."""
        if self.reading is None:
            raise ValueError(f"{self.case_id} never merges")
        seed = self.seed
        look = look_of(seed)
        return Linked(self.case_id, seed.sender, seed.id, seed.occurred_at, self.reading, look)


class Group(msgspec.Struct, frozen=True):
    """A case as it is kept: the report that opened it, and the others that are part of it."""

    kept: Kept
    others: tuple[Kept, ...] = ()

    @property
    def acts(self) -> tuple[ActInput, ...]:
        """All acts on the case, under whichever id they were done; but for the `early` ones."""
        theirs = (act for other in self.others for act in other.acts if not _early(act, other))
        return (*self.kept.acts, *theirs)

    @property
    def early(self) -> tuple[ActInput, ...]:
        """Acts under the id of another report, before that report: they are none of this case."""
        return tuple(act for other in self.others for act in other.acts if _early(act, other))

    @property
    def latest(self) -> datetime:
        """The instant of the last of its inputs: later rules have nothing to say of it."""
        seeds = (one.seed.occurred_at for one in (self.kept, *self.others))
        return max([*seeds, *(act.occurred_at for act in self.acts)])


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


def _early(act: ActInput, other: Kept) -> bool:
    return act.occurred_at < other.seed.occurred_at


def tell(group: Group, rules: Rulebook) -> Story:
    """The story of a kept case under these rules; of a report that is part of another, and of a
    clear look, none."""
    kept = group.kept
    if kept.lead != kept.case_id or kept.seed.clear:
        case = reported(kept.seed)
        case = msgspec.structs.replace(case, state=CaseState.MERGED, void=True, filed_at=None)
        return Story(case, (), (), (), into=kept.lead)
    return fold(
        kept.seed,
        group.acts,
        rules,
        linked=[other.linked for other in group.others],
        early=group.early,
        reading=kept.reading,
    )


def tell_on(
    group: Group, before: Story | None, new: ActInput | Linked | None, rules: Rulebook
) -> tuple[Story, int]:
    """The story with a `new` input (None: with other rules, or other reports); and how many of its
    facts it shares word for word with the one before, counted from the first."""
    if before is not None and new is not None and new not in group.early:
        followed = follow(before, group.kept.seed, new, rules)
        if followed is not None:
            return followed, len(before.facts)
    return tell(group, rules), 0


def revise_case(  # noqa: PLR0917 - all that a revision is made of
    kept: Kept, before: Story | None, story: Story, rules: Rulebook, by: Known, same: int
) -> Revision:
    """Say only what changed since the story `before`, with which the new one shares its `same`
    first facts; both are told by these rules.

    Knowledge never runs backwards within a case: an input stamped earlier than one before it counts
    as known when that one was.
    """
    known = max(kept.known, by.at)
    spans, written = revise(kept.spans, drafts(story.history, known), known)
    told = steps_of(story, World(kept.seed, rules), dict(kept.again))
    steps, stepped = revise_steps(kept.steps, told, known, was=since(kept.spans), now=since(spans))
    judged = last_verdict(kept.case_id, kept.seed, kept.acts)
    said = said_of(kept.said, kept.reading, judged, known)
    heard = said != kept.said
    kept = msgspec.structs.replace(
        kept, spans=tuple(spans), steps=tuple(steps), known=known, revision=by.revision, said=said
    )
    report = report_row(kept, story)
    was = report_row(kept, before) if before is not None and not heard else None
    record = CaseRecord(
        snapshot=snapshot(kept, story),
        spans=[as_row(row, kept.case_id, kept.seed, by.revision) for row in written],
        steps=[as_step_row(row, kept.case_id, kept.seed, by.revision) for row in stepped],
        reports=[report] if report != was else [],
    )
    told_before = ledger(before, by.tick, same) if before is not None else {}
    facts = list(_changes(kept, told_before, ledger(story, by.tick, same), known))
    return Revision(kept, story, record, facts)


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


def report_row(kept: Kept, story: Story) -> ReportRow:
    """The seed report's row; of an imported ticket its own fields are those of its last row."""
    seed = kept.seed
    own = story.case if seed.lifecycle == "ticket" else seed
    return ReportRow(
        sender=seed.sender,
        id=seed.id,
        sha256=seed.sha256,
        place=seed.place,
        flow=FLOW_OF[seed.lifecycle].value,
        home=seed.home,
        case_id=story.into or kept.case_id,
        reported_at=kept.lead_at,
        opened=story.into is None,
        occurred_at=seed.occurred_at,
        recorded_at=seed.recorded_at,
        ingested_at=kept.seed_ingested_at,
        source=own.source,
        street=own.street,
        area=own.area,
        grid=own.grid,
        category=own.category,
        matter=own.matter,
        lineage=list(own.lineage or as_given(own.street, own.area)),
        classified_by=Layer.SENDER if seed.lifecycle == "ticket" else seed.classified_by,
        text=own.text,
        why=seed.why,
        requester=seed.requester,
        reporter=seed.reporter,
        origin=seed.origin,
        revision=kept.revision,
        camera=seed.camera,
        algorithm=seed.algorithm,
        **msgspec.structs.asdict(kept.said),
        **provenance_of(seed),
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
        report_count=0 if story.into else 1 + len(story.linked),
        merged_into=story.into,
        marks=[*case.marks, *([UNCONFIRMED] if case.waits else [])],
        routing=list(case.routing),
        clocks=[clock.told() for clock in case.clocks],
        tasks=[msgspec.to_builtins(task) for task in case.tasks],
        level=case.level,
        ingested_at=kept.known,
        revision=kept.revision,
        **provenance_of(seed),
    )
