"""Casework: fold each accepted input into its case; snapshot, spans, facts and notices out.

Reads the intake log, and ticks beside it. One revision per record: its number is the record's
offset, so a repeated chunk writes the very same rows. A tick only lets out what is due.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from streams.core.accepted import (
    AcceptedAct,
    AcceptedReport,
    AcceptedRound,
    AcceptedVisitor,
    ReferenceChange,
    Tick,
)
from streams.core.bonds import bond
from streams.core.case import ActInput
from streams.core.casebook import (
    Group,
    Kept,
    Known,
    Revision,
    let_out,
    opened,
    revise_case,
    tell,
    tell_on,
)
from streams.core.codec import decode_accepted, encode_binary
from streams.core.events import Reference, ReferenceKind
from streams.core.home import case_id
from streams.core.lifecycle import MOST_ACTS
from streams.core.outbound import alarms, outbound
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.results import Fact
from streams.core.standing import endings
from streams.core.topics import CASES, FACTS, TICKS
from streams.core.twins import sighting
from streams.core.verdicts import verdict
from streams.core.waiting import Queues, Waiting
from streams.core.watch import Watch, watch_partition
from streams.flow.caseload import EPOCH, Caseload, Due, closings_of, hear, remembered
from streams.flow.letters import SEALED, header, instant, refuse_accepted
from streams.flow.notices import notice_out
from streams.flow.recurring import asked_again, looked_after, returned
from streams.flow.regrouping import Retold, retell

TICK, WAITING, ROUND = b"tick/", b"wait/", b"round/"
MERGES_BY = frozenset(
    {
        *(ReferenceKind.PLACE, ReferenceKind.MATTERS, ReferenceKind.GRIDS),
        *(ReferenceKind.MERGING, ReferenceKind.GATE),
    }
)
"""Documents that have a say in which reports are one case."""
CASEWORK = "/gridloop/casework"
NO_CASE = (Reason.UNKNOWN_CASE, "that camera's look found nothing: it is no case")

_tick = msgspec.json.Decoder(Tick).decode


def step(records: Sequence[Record], state: State) -> Decision:
    """One decision for a chunk of the intake log, or of ticks."""
    chunk = _Chunk(state)
    for record in records:
        if record.topic == TICKS.name:
            chunk.tick(_tick(record.value or b""), record)
        else:
            chunk.take(record)
    return chunk.decision()


class _Chunk:
    """One chunk's decision as it grows."""

    def __init__(self, state: State) -> None:
        self.outs: list[Out] = []
        self.cases = Caseload(state)
        self.writes = self.cases.writes
        self.ticks: dict[str, datetime] = remembered(state, "ticks", _ticks)
        self.waiting: Queues = remembered(state, "waiting", lambda s: Queues(s, WAITING))
        self.watch: Watch = remembered(state, "watch", lambda s: Watch(s, ROUND))

    def take(self, record: Record) -> None:
        """Fold a record of the intake log; a call touches nothing here."""
        accepted = decode_accepted(record.value or b"")
        if isinstance(accepted, AcceptedReport):
            self.report(accepted, record)
        elif isinstance(accepted, AcceptedAct):
            self.act(accepted, record)
        elif isinstance(accepted, ReferenceChange):
            self.change(accepted.reference, record)
        elif isinstance(accepted, AcceptedVisitor):
            self.visitor(accepted, record)
        elif isinstance(accepted, AcceptedRound):
            # It touches no case; the memory reads it from this same log.
            tick = self.ticks.get(accepted.round.place, EPOCH)
            taken_back = self.watch.made(
                accepted, tick, self.cases.book, record.offset, self.writes
            )
            self.outs.extend(map(notice_out, taken_back))

    # --- inputs of a case ---

    def report(self, report: AcceptedReport, record: Record) -> None:
        name = case_id(report.home, report.sender, report.id)
        if self.cases.find(name) is not None:
            return  # a repeat; tickets has refused other content already
        kept = opened(name, report, instant(record.at_ms))
        early = self.waiting.release(name.encode(), self.writes)
        if report.clear:
            for waiting in early:
                self._refuse(waiting.act, record, *NO_CASE, sealed=waiting.sealed)
            early = []
        kept = replace(kept, acts=tuple(_input(waiting.act) for waiting in early))
        self.cases.keep(kept)
        seen = sighting(name, report)
        if seen is not None:
            home = self.cases.home(report.home)
            home.add(seen)
            hear(home, kept)
            self._revise_all(retell(self.cases, home, home.first_of([name]), [name]), record)
        elif not report.clear:
            self._revise(Retold(name, None, tell(Group(kept), self.cases.book)), record)

    def visitor(self, visitor: AcceptedVisitor, record: Record) -> None:
        """A report of another home, near the border: what comes after it here may be like it."""
        seen = self.cases.welcome(visitor)
        if seen is not None:
            home = self.cases.home(visitor.home)
            self._revise_all(retell(self.cases, home, seen.at, [seen.name]), record)

    def act(self, act: AcceptedAct, record: Record) -> None:
        kept = self.cases.find(act.case_id)
        if kept is None:
            self._wait(act, record)
            return
        if kept.seed.clear:
            self._refuse(act, record, *NO_CASE)
            return
        same = next((a for a in kept.acts if (a.sender, a.id) == (act.sender, act.id)), None)
        if same is not None:
            if same.sha256 != act.sha256:
                self._refuse(act, record, Reason.IDENTITY_REUSED, "came before with other content")
        elif len(kept.acts) >= MOST_ACTS:
            self._refuse(act, record, Reason.TOO_MANY_ACTS, f"the case has {MOST_ACTS} acts")
        else:
            self._add(kept, _input(act), record)

    def _add(self, kept: Kept, new: ActInput, record: Record) -> None:
        """An act on the case that this report is part of, under the report's own id."""
        cases, lead = self.cases, kept.lead
        before = cases.story(lead)
        cases.keep(replace(kept, acts=(*kept.acts, new)))
        told = Retold(lead, before, *tell_on(cases.group(lead), before, new, cases.book))
        decided, said = bond(kept.case_id, new), verdict(kept.case_id, kept.seed, new)
        stands = decided is None and said is None and endings(before) == endings(told.story)
        if kept.reading is None or stands:
            self._revise(told, record)
            return
        home, since, names = cases.home(kept.seed.home), new.occurred_at, (lead, kept.case_id)
        cases.tell(lead, told.story)
        if said is not None:
            home.judge(said)
        if decided is not None:
            home.bind(decided)
            names = decided.one, decided.other
            since = home.first_of(names)
        done = self._revise_all(retell(cases, home, since, names, retold=[told]), record)
        if said is not None and kept.case_id not in done:
            story = cases.story(kept.case_id)
            self._revise(Retold(kept.case_id, story, story), record)

    def _wait(self, act: AcceptedAct, record: Record) -> None:
        if self.waiting.count(act.case_id.encode()) >= MOST_ACTS:
            self._refuse(act, record, Reason.TOO_MANY_ACTS, f"{MOST_ACTS} wait for that case")
            return
        waiting = Waiting(act, header(record, SEALED), record.at_ms)
        self.waiting.add(act.case_id.encode(), waiting, self.writes)

    def _refuse(
        self,
        act: AcceptedAct,
        record: Record,
        reason: Reason,
        detail: str,
        *,
        sealed: bytes | None = None,
    ) -> None:
        """The act that the record brought; or, `sealed`, one that had waited."""
        why, sealed = Refused(reason, detail), header(record, SEALED) if sealed is None else sealed
        self.outs.append(refuse_accepted(act, "casework", why, sealed, record.at_ms))

    def _revise_all(self, changes: Iterable[Retold], record: Record) -> set[str]:
        """Revise each case; their names."""
        done: list[Retold] = []
        for change in changes:
            self._write(change, record)
            done.append(change)
        for change in done:
            self._come_back(change, record)
        return {change.name for change in done}

    def _revise(self, change: Retold, record: Record) -> None:
        self._write(change, record)
        self._come_back(change, record)

    def _come_back(self, change: Retold, record: Record) -> None:
        """Closed cases whose matter is back with this one, or is no longer."""
        for closed in returned(self.cases, change):
            self._write(closed, record)

    def _write(self, change: Retold, record: Record) -> None:
        kept, before, story = looked_after(self.cases, change), change.before, change.story
        known = Known(instant(record.at_ms), record.offset, self.ticks.get(kept.seed.place))
        revision = revise_case(kept, before, story, self.cases.book, known, change.same)
        self.cases.keep(revision.kept)
        self.cases.tell(change.name, story)
        self.outs.append(_case_out(revision))
        self.outs.extend(map(_fact_out, revision.facts))
        self.outs.extend(map(notice_out, outbound(before, revision)))

    # --- what changes for many ---

    def change(self, reference: Reference, record: Record) -> None:
        """A reference change: fold again what it may touch; the rest stays as it is."""
        cases, old = self.cases, self.cases.take_up(reference)
        if old is None:
            return
        since, names = reference.valid_from, cases.of_place(reference.place)
        done: set[str] = set()
        if reference.kind in MERGES_BY:
            for home in sorted({cases.of(name).seed.home for name in names}):
                near = cases.home(home)
                reports = [one.name for one in near.since(since)]
                done |= self._revise_all(retell(cases, near, since, reports, old=old), record)
        for name in names:
            kept = cases.of(name)
            if name in done or kept.lead != name or kept.seed.clear:
                continue
            group = cases.group(name)
            if group.latest >= since:
                before, story = cases.story(name, old), tell(group, cases.book)
                if story != before:
                    self._revise(Retold(name, before, story), record)
        if reference.kind in MERGES_BY:
            closed = [name for name in names if any(closings_of(cases.of(name)))]
            for again in asked_again(cases, closed):
                self._write(again, record)

    def tick(self, tick: Tick, record: Record) -> None:
        """Let out what is due by this tick; the same tick again lets out nothing."""
        last, at = self.ticks.get(tick.place, EPOCH), instant(record.at_ms)
        if tick.at <= last:
            return
        spoken: set[str] = set()
        ahead: list[Due] = []
        for due, name in self.cases.due(tick.place, tick.at):
            kept = None if name in spoken else self.cases.find(name)
            if kept is not None and due in (story := self.cases.story(name)).pending:
                spoken.add(name)
                facts = let_out(kept, story, tick.at, at)
                self.outs.extend(map(_fact_out, facts))
                # What an earlier tick had passed was told then, or by the revision after it.
                news = [fact for fact in facts if fact.occurred_at >= last]
                self.outs.extend(map(notice_out, alarms(kept, story, news)))
                ahead.extend((one, name) for one in story.pending if one >= tick.at)
        for one in ahead:
            self.cases.await_deadline(*one)
        if record.partition == watch_partition(tick.place) and last > EPOCH:
            missed = self.watch.ticked(tick.place, last, tick.at, self.cases.book, self.writes)
            self.outs.extend(map(notice_out, missed))
        self.ticks[tick.place] = tick.at
        self.writes[TICK + tick.place.encode()] = tick.at.isoformat().encode()

    def decision(self) -> Decision:
        """The chunk's decision."""
        return Decision(self.outs, self.cases.close())


def _input(act: AcceptedAct) -> ActInput:
    return ActInput(act.sender, act.id, act.sha256, act.occurred_at, act.act)


def _ticks(state: State) -> dict[str, datetime]:
    return {
        key[len(TICK) :].decode(): datetime.fromisoformat(stored.decode())
        for key, stored in state.items(TICK)
    }


# --- what goes out ------------------------------------------------------------------------------


def _fact_out(fact: Fact) -> Out:
    headers, value = encode_binary(
        "gridloop.fact.v1", CASEWORK, fact.fact_id, fact.occurred_at, fact
    )
    return Out(FACTS.name, fact.home.encode(), value, headers)


def _case_out(revision: Revision) -> Out:
    kept = revision.kept
    headers, value = encode_binary(
        "gridloop.case.v1",
        CASEWORK,
        f"{kept.case_id}@{kept.revision}",
        kept.known,
        revision.record,
    )
    return Out(CASES.name, kept.case_id.encode(), value, headers)
