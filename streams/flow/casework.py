"""Casework: fold each accepted input into its case; snapshot, spans, facts and notices out.

Reads the intake log, and ticks beside it. One revision per record: its number is the record's
offset, so a repeated chunk writes the very same rows. A tick only lets out what is due.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

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
from streams.core.case import ActInput, Linked, Story
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
from streams.core.codec import decode_accepted, encode_binary, encode_json
from streams.core.events import Reference, ReferenceKind
from streams.core.grouping import Neighbourhood, Standing, bond, endings, standing
from streams.core.home import case_id
from streams.core.lifecycle import MOST_ACTS
from streams.core.merging import MergingRule, merging_rule, next_to
from streams.core.outbound import alarms, outbound
from streams.core.place import PlaceRules, Rulebook
from streams.core.reading import Reading
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.results import Fact
from streams.core.topics import CASES, FACTS, TICKS
from streams.core.twins import Sighting, sighting
from streams.core.verdicts import verdict
from streams.core.waiting import Queues, Waiting
from streams.core.watch import Watch, watch_partition
from streams.flow.letters import SEALED, header, instant, refuse_accepted
from streams.flow.notices import notice_out

CASE, REFERENCE, TICK, WAITING, ROUND = b"case/", b"ref/", b"tick/", b"wait/", b"round/"
VISITOR = b"near/"
REMEMBERED = 20_000
"""Cases whose fold is kept in memory between chunks, per partition."""
REMEMBERED_REPORTS = 100_000
"""Reports of homes that are kept in memory to compare new ones with, per partition."""
MERGES_BY = frozenset(
    {
        *(ReferenceKind.PLACE, ReferenceKind.MATTERS, ReferenceKind.GRIDS),
        *(ReferenceKind.MERGING, ReferenceKind.GATE),
    }
)
"""Documents that have a say in which reports are one case."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Kept).decode
_tick = msgspec.json.Decoder(Tick).decode
_visitor = msgspec.json.Decoder(AcceptedVisitor).decode
_reference = msgspec.json.Decoder(Reference).decode
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK_BYTES = 8
NOTHING = -(1 << 63)
"""The mark of a case that waits for no deadline; the mark stands before the packed case."""
CASEWORK = "/gridloop/casework"

T = TypeVar("T")
Due = tuple[datetime, str]
NO_CASE = (Reason.UNKNOWN_CASE, "that camera's look found nothing: it is no case")
NOTHING_BEFORE: Mapping[str, Story] = {}


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
        self.state = state
        self.outs: list[Out] = []
        self.writes: dict[bytes, bytes | None] = {}
        self.dirty: dict[str, Kept] = {}
        self.book: Rulebook = _remembered(state, "book", _rulebook)
        self.ticks: dict[str, datetime] = _remembered(state, "ticks", _ticks)
        self.due: dict[str, list[Due]] = _remembered(state, "due", _due)
        self.waiting: Queues = _remembered(state, "waiting", lambda s: Queues(s, WAITING))
        self.kept: dict[str, Kept] = state.memo.setdefault("kept", {})
        self.stories: dict[str, Story] = state.memo.setdefault("stories", {})
        self.homes: dict[str, Neighbourhood] = state.memo.setdefault("homes", {})
        self.watch: Watch = _remembered(state, "watch", lambda s: Watch(s, ROUND))

    def take(self, record: Record) -> None:
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
            taken_back = self.watch.made(accepted, tick, self.book, record.offset, self.writes)
            self.outs.extend(map(notice_out, taken_back))

    # --- inputs of a case ---

    def report(self, report: AcceptedReport, record: Record) -> None:
        name = case_id(report.home, report.sender, report.id)
        if self._kept(name) is not None:
            return  # a repeat; tickets has refused other content already
        kept = opened(name, report, instant(record.at_ms))
        early = self.waiting.release(name.encode(), self.writes)
        if report.clear:
            for waiting in early:
                self._refuse(waiting.act, record, *NO_CASE, sealed=waiting.sealed)
            early = []
        kept = replace(kept, acts=tuple(_input(waiting.act) for waiting in early))
        self.dirty[name] = kept
        seen = sighting(name, report)
        if seen is None:
            if not report.clear:
                self._revise(kept, None, tell(Group(kept), self.book), record)
            return
        home = self._home(report.home)
        home.add(seen)
        _said(home, kept)
        self._regroup(home, home.first_of([name]), [name], record)

    def visitor(self, visitor: AcceptedVisitor, record: Record) -> None:
        """A report of another home, near the border: what comes after it here may be like it."""
        seen = _visiting(visitor)
        key = VISITOR + f"{visitor.home}/{seen.name}".encode()
        if key in self.writes or self.state.get(key) is not None:
            return
        home = self._home(visitor.home)
        self.writes[key] = encode_json(visitor)
        home.welcome(seen)
        self._regroup(home, seen.at, [seen.name], record)

    def act(self, act: AcceptedAct, record: Record) -> None:
        kept = self._kept(act.case_id)
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
        lead = kept.lead
        before = self._story(lead)
        self.dirty[kept.case_id] = replace(kept, acts=(*kept.acts, new))
        story, same = tell_on(self._group(lead), before, new, self.book)
        decided, said = bond(kept.case_id, new), verdict(kept.case_id, kept.seed, new)
        stands = decided is None and said is None and endings(before) == endings(story)
        if kept.reading is None or stands:
            self._revise(self._of(lead), before, story, record, same)
            return
        home = self._home(kept.seed.home)
        self.stories[lead] = story
        if said is not None:
            home.judge(said)
        if decided is None:
            names = [lead, kept.case_id]
            self._regroup(home, new.occurred_at, names, record, befores={lead: before})
        else:
            home.bind(decided)
            pair = (decided.one, decided.other)
            self._regroup(home, home.first_of(pair), pair, record, befores={lead: before})

    def _regroup(
        self,
        home: Neighbourhood,
        since: datetime,
        names: Sequence[str],
        record: Record,
        *,
        befores: Mapping[str, Story] = NOTHING_BEFORE,
        old: Rulebook | None = None,
    ) -> set[str]:
        """Read again what a change to these reports may have changed, and revise each case that it
        touches, and those of `befores`, once. The cases revised."""
        changed = home.regroup(since, names, _World(self, home, old))
        fresh = [name for name in changed if self._of(name).reading is None]
        leads = {self._of(name).lead for name in changed} | {r.lead for r in changed.values()}
        # A clear look is part of a case, and none itself.
        touched = {n for n in {*befores, *changed, *leads} if not self._of(n).seed.clear}
        was = {
            name: befores.get(name) or self._story(name, old)
            for name in touched
            if self._of(name).revision >= 0
        }
        for name, reading in changed.items():
            self.dirty[name] = replace(self._of(name), reading=reading)
        for lead in leads:
            kept = self._of(lead)
            others = home.members(lead) if kept.lead == lead else ()
            self.dirty[lead] = replace(kept, members=others)
        joined = self._joined(changed, fresh)
        for name in sorted(touched):
            new = joined if joined is not None and joined.name != name else None
            if old is None and name in befores and name not in leads:
                story, same = self.stories[name], 0
            else:
                story, same = tell_on(self._group(name), was.get(name), new, self.book)
            self._revise(self._of(name), was.get(name), story, record, same)
        return touched

    def _joined(self, changed: Mapping[str, Reading], fresh: Sequence[str]) -> Linked | None:
        """The new report, where all that has changed is that it joined a case."""
        if len(changed) != 1 or not fresh or self._of(fresh[0]).acts:
            return None
        return self._of(fresh[0]).linked

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

    def _revise(
        self, kept: Kept, before: Story | None, story: Story, record: Record, same: int = 0
    ) -> None:
        tick = self.ticks.get(kept.seed.place)
        known = Known(instant(record.at_ms), record.offset, tick)
        revision = revise_case(kept, before, story, known, same)
        self._remember(revision, before)
        self.outs.append(_case_out(revision))
        self.outs.extend(map(_fact_out, revision.facts))
        self.outs.extend(map(notice_out, outbound(before, revision)))

    # --- what changes for many ---

    def change(self, reference: Reference, record: Record) -> None:
        """A reference change: fold again what it may touch; the rest stays as it is."""
        old, book = self.book, self.book.with_change(reference)
        if book is old:
            return
        key = f"{reference.place}/{reference.kind.value}/{reference.version}".encode()
        self.writes[REFERENCE + key] = msgspec.json.encode(reference)
        self.book = self.state.memo["book"] = book
        since, names = reference.valid_from, list(self._of_place(reference.place))
        done: set[str] = set()
        if reference.kind in MERGES_BY:
            for home in sorted({self._of(name).seed.home for name in names}):
                near = self._home(home)
                done |= self._regroup(near, since, near.since(since), record, old=old)
        for name in names:
            kept = self._of(name)
            if name in done or kept.lead != name or kept.seed.clear:
                continue
            group = self._group(name)
            if group.latest >= since:
                before, story = self._story(name, old), tell(group, book)
                if story != before:
                    self._revise(kept, before, story, record)

    def _of_place(self, place: str) -> Iterator[str]:
        prefix = f"{place}/".encode()
        stored = {key[len(CASE) :].decode() for key, _ in self.state.items(CASE + prefix)}
        yield from sorted(stored | {n for n in self.dirty if n.startswith(f"{place}/")})

    def tick(self, tick: Tick, record: Record) -> None:
        """Let out what is due by this tick; the same tick again lets out nothing."""
        last, at = self.ticks.get(tick.place, EPOCH), instant(record.at_ms)
        if tick.at <= last:
            return
        heap = self.due.get(tick.place, [])
        spoken: set[str] = set()
        ahead: list[Due] = []
        while heap and heap[0][0] < tick.at:
            due, name = heapq.heappop(heap)
            kept = None if name in spoken else self._kept(name)
            if kept is not None and due in (story := self._story(name)).pending:
                spoken.add(name)
                facts = let_out(kept, story, tick.at, at)
                self.outs.extend(map(_fact_out, facts))
                # What an earlier tick had passed was told then, or by the revision after it.
                news = [fact for fact in facts if fact.occurred_at >= last]
                self.outs.extend(map(notice_out, alarms(kept, story, news)))
                ahead.extend((one, name) for one in story.pending if one >= tick.at)
        for one in ahead:
            heapq.heappush(heap, one)
        if record.partition == watch_partition(tick.place) and last > EPOCH:
            missed = self.watch.ticked(tick.place, last, tick.at, self.book, self.writes)
            self.outs.extend(map(notice_out, missed))
        self.ticks[tick.place] = tick.at
        self.writes[TICK + tick.place.encode()] = tick.at.isoformat().encode()

    # --- keeping ---

    def _kept(self, name: str) -> Kept | None:
        kept = self.dirty.get(name) or self.kept.get(name)
        if kept is None:
            stored = self.state.get(CASE + name.encode())
            if stored is not None:
                kept = self.kept[name] = _unpack(stored[MARK_BYTES:])
        return kept

    def _of(self, name: str) -> Kept:
        """What is kept under a name that stands in what is kept."""
        kept = self._kept(name)
        if kept is None:
            raise KeyError(name)
        return kept

    def _group(self, name: str) -> Group:
        kept = self._of(name)
        return Group(kept, tuple(map(self._of, kept.members)))

    def _story(self, name: str, book: Rulebook | None = None) -> Story:
        """A case's story by the rules of its last revision: those of now, unless given."""
        story = self.stories.get(name)
        if story is None:
            story = self.stories[name] = tell(self._group(name), book or self.book)
        return story

    def _home(self, home: str) -> Neighbourhood:
        """All reports of a home that may be merged; read from what is kept when first asked for."""
        near = self.homes.get(home)
        if near is None:
            near = self.homes[home] = Neighbourhood()
            prefix = f"{home}/"
            stored = (key for key, _ in self.state.items(CASE + prefix.encode()))
            names = {key[len(CASE) :].decode() for key in stored}
            names |= {name for name in self.dirty if name.startswith(prefix)}
            for kept in map(self._of, sorted(names)):
                seen = sighting(kept.case_id, kept.seed) if kept.reading is not None else None
                if seen is not None:
                    near.add(seen, kept.reading)
                    _said(near, kept)
            for value in self._visitors(home):
                near.welcome(_visiting(_visitor(value)))
        return near

    def _visitors(self, home: str) -> Iterator[bytes]:
        prefix = VISITOR + f"{home}/".encode()
        yield from (value for _, value in self.state.items(prefix))
        yield from (value for key, value in self.writes.items() if value and key.startswith(prefix))

    def _remember(self, revision: Revision, before: Story | None) -> None:
        kept, story = revision.kept, revision.story
        self.dirty[kept.case_id], self.stories[kept.case_id] = kept, story
        if story.pending and (before is None or before.pending != story.pending):
            heap = self.due.setdefault(kept.seed.place, [])
            heapq.heappush(heap, (story.pending[0], kept.case_id))

    def decision(self) -> Decision:
        """The chunk's decision; each touched case is encoded once, however often it was revised."""
        for name, kept in self.dirty.items():
            # A report that is part of another case waits for no deadline of its own.
            pending = self._story(name).pending[:1] if kept.lead == name else ()
            self.writes[CASE + name.encode()] = _mark(pending) + _pack(kept)
            _to_young_end(self.kept, name, kept)
            _to_young_end(self.stories, name, self._story(name))
        _forget(self.kept, REMEMBERED)
        _forget(self.stories, REMEMBERED)
        while len(self.homes) > 1 and sum(map(len, self.homes.values())) > REMEMBERED_REPORTS:
            del self.homes[next(iter(self.homes))]
        return Decision(self.outs, self.writes)


class _World:
    """What a home's reports are read by: the rules, and how the cases stand with what is read.

    With `old` rules the stories that are remembered were told by those: they are told anew.
    """

    def __init__(self, chunk: _Chunk, home: Neighbourhood, old: Rulebook | None) -> None:
        self._chunk, self._home, self._anew = chunk, home, old is not None

    def rule(self, report: Sighting) -> MergingRule | None:
        rules = self._rules(report)
        return merging_rule(rules, report.matter) if rules is not None else None

    def next_to(self, report: Sighting) -> frozenset[str]:
        rules = self._rules(report)
        return next_to(rules, report.grid) if rules is not None else frozenset()

    def _rules(self, report: Sighting) -> PlaceRules | None:
        return self._chunk.book.at(report.name.partition("/")[0], report.at)

    def standing(self, members: Sequence[str], at: datetime) -> Standing:
        lead, *others = (self._as_read(name) for name in members)
        same = tuple(other.case_id for other in others) == lead.members
        if (
            same
            and not self._anew
            and all(one is self._chunk._of(one.case_id) for one in (lead, *others))
        ):
            story = self._chunk._story(lead.case_id)
        else:
            story = tell(Group(lead, tuple(others)), self._chunk.book)
        return standing(story, at)

    def _as_read(self, name: str) -> Kept:
        kept, reading = self._chunk._of(name), self._home.readings[name]
        return kept if kept.reading == reading else replace(kept, reading=reading)


def _visiting(visitor: AcceptedVisitor) -> Sighting:
    report = visitor.report
    seen = sighting(case_id(report.home, report.sender, report.id), report)
    if seen is None:
        raise ValueError(f"{report.id} never merges: nobody asks its neighbours")
    return seen


def _said(home: Neighbourhood, kept: Kept) -> None:
    """Tell the home what people decided and said of a report."""
    for act in kept.acts:
        if (decided := bond(kept.case_id, act)) is not None:
            home.bind(decided)
        if (said := verdict(kept.case_id, kept.seed, act)) is not None:
            home.judge(said)


def _to_young_end(remembered: dict[str, T], name: str, value: T) -> None:
    remembered.pop(name, None)
    remembered[name] = value


def _forget(remembered: dict[str, T], most: int) -> None:
    while len(remembered) > most:
        del remembered[next(iter(remembered))]


def _input(act: AcceptedAct) -> ActInput:
    return ActInput(act.sender, act.id, act.sha256, act.occurred_at, act.act)


# --- what a partition remembers, read once after each assignment --------------------------------


def _remembered(state: State, name: str, read: Callable[[State], T]) -> T:
    if name not in state.memo:
        state.memo[name] = read(state)
    kept: T = state.memo[name]
    return kept


def _rulebook(state: State) -> Rulebook:
    book = Rulebook()
    for _, stored in state.items(REFERENCE):
        book = book.with_change(_reference(stored))
    return book


def _ticks(state: State) -> dict[str, datetime]:
    return {
        key[len(TICK) :].decode(): datetime.fromisoformat(stored.decode())
        for key, stored in state.items(TICK)
    }


def _due(state: State) -> dict[str, list[Due]]:
    """The deadlines that nothing has met yet, by place: read off the marks, without unpacking."""
    heaps: dict[str, list[Due]] = {}
    for key, stored in state.items(CASE):
        pending = _pending(stored[:MARK_BYTES])
        if pending is not None:
            name = key[len(CASE) :].decode()
            heaps.setdefault(name.partition("/")[0], []).append((pending, name))
    for heap in heaps.values():
        heapq.heapify(heap)
    return heaps


def _mark(pending: Sequence[datetime]) -> bytes:
    micros = (pending[0] - EPOCH) // timedelta(microseconds=1) if pending else NOTHING
    return micros.to_bytes(MARK_BYTES, "big", signed=True)


def _pending(mark: bytes) -> datetime | None:
    micros = int.from_bytes(mark, "big", signed=True)
    return None if micros == NOTHING else EPOCH + timedelta(microseconds=micros)


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
