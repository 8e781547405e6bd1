"""Casework: fold each accepted input into its case; snapshot, spans, facts and notices out.

Reads the intake log, and ticks beside it. One revision per record: its number is the record's
offset, so a repeated chunk writes the very same rows. A tick only lets out what is due.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from streams.core.accepted import AcceptedAct, AcceptedReport, ReferenceChange, Tick
from streams.core.case import ActInput, Story
from streams.core.casebook import Kept, Known, Revision, let_out, opened, revise_case, tell
from streams.core.codec import decode_accepted, encode_binary
from streams.core.events import Reference
from streams.core.home import case_id
from streams.core.lifecycle import MOST_ACTS
from streams.core.outbound import alarms, outbound
from streams.core.place import Rulebook
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.results import Fact
from streams.core.topics import CASES, FACTS, TICKS
from streams.core.waiting import Queues, Waiting
from streams.flow.letters import SEALED, header, instant, refuse_accepted
from streams.flow.notices import notice_out

CASE, REFERENCE, TICK, WAITING = b"case/", b"ref/", b"tick/", b"wait/"
REMEMBERED = 20_000
"""Cases whose fold is kept in memory between chunks, per partition."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Kept).decode
_tick = msgspec.json.Decoder(Tick).decode
_reference = msgspec.json.Decoder(Reference).decode
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK_BYTES = 8
NOTHING = -(1 << 63)
"""The mark of a case that waits for no deadline; the mark stands before the packed case."""
CASEWORK = "/gridloop/casework"

T = TypeVar("T")
Due = tuple[datetime, str]


def step(records: Sequence[Record], state: State) -> Decision:
    """One decision for a chunk of the intake log, or of ticks."""
    chunk = _Chunk(state)
    for record in records:
        if record.topic == TICKS.name:
            chunk.tick(_tick(record.value or b""), instant(record.at_ms))
        else:
            chunk.take(record)
    return chunk.decision()


class _Chunk:
    """One chunk's decision as it grows."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.outs: list[Out] = []
        self.writes: dict[bytes, bytes | None] = {}
        self.dirty: dict[str, tuple[Kept, Story]] = {}
        self.book: Rulebook = _remembered(state, "book", _rulebook)
        self.ticks: dict[str, datetime] = _remembered(state, "ticks", _ticks)
        self.due: dict[str, list[Due]] = _remembered(state, "due", _due)
        self.waiting: Queues = _remembered(state, "waiting", lambda s: Queues(s, WAITING))
        self.cases: dict[str, tuple[Kept, Story]] = state.memo.setdefault("cases", {})

    def take(self, record: Record) -> None:
        accepted = decode_accepted(record.value or b"")
        if isinstance(accepted, AcceptedReport):
            self.report(accepted, record)
        elif isinstance(accepted, AcceptedAct):
            self.act(accepted, record)
        elif isinstance(accepted, ReferenceChange):
            self.change(accepted.reference, record)
        # A round touches no case: the memory reads it from this same log.

    # --- inputs of a case ---

    def report(self, report: AcceptedReport, record: Record) -> None:
        name = case_id(report.home, report.sender, report.id)
        if self._case(name) is not None:
            return  # a repeat; tickets has refused other content already
        kept = opened(name, report, instant(record.at_ms))
        early = self.waiting.release(name.encode(), self.writes)
        kept = replace(kept, acts=tuple(_input(waiting.act) for waiting in early))
        self._revise(kept, None, record)

    def act(self, act: AcceptedAct, record: Record) -> None:
        known = self._case(act.case_id)
        if known is None:
            self._wait(act, record)
            return
        kept, before = known
        same = next((a for a in kept.acts if (a.sender, a.id) == (act.sender, act.id)), None)
        if same is not None:
            if same.sha256 != act.sha256:
                self._refuse(act, record, Reason.IDENTITY_REUSED, "came before with other content")
        elif len(kept.acts) >= MOST_ACTS:
            self._refuse(act, record, Reason.TOO_MANY_ACTS, f"the case has {MOST_ACTS} acts")
        else:
            self._revise(replace(kept, acts=(*kept.acts, _input(act))), before, record)

    def _wait(self, act: AcceptedAct, record: Record) -> None:
        if self.waiting.count(act.case_id.encode()) >= MOST_ACTS:
            self._refuse(act, record, Reason.TOO_MANY_ACTS, f"{MOST_ACTS} wait for that case")
            return
        waiting = Waiting(act, header(record, SEALED), record.at_ms)
        self.waiting.add(act.case_id.encode(), waiting, self.writes)

    def _refuse(self, act: AcceptedAct, record: Record, reason: Reason, detail: str) -> None:
        why, sealed = Refused(reason, detail), header(record, SEALED)
        self.outs.append(refuse_accepted(act, "casework", why, sealed, record.at_ms))

    def _revise(self, kept: Kept, before: Story | None, record: Record) -> None:
        tick = self.ticks.get(kept.seed.place)
        known = Known(instant(record.at_ms), record.offset, tick)
        revision = revise_case(kept, before, self.book, known)
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
        for name in list(self._of_place(reference.place)):
            known = self._case(name, old)
            if known is not None and _latest(known[0]) >= reference.valid_from:
                kept, before = known
                if tell(kept, book) != before:
                    self._revise(kept, before, record)

    def _of_place(self, place: str) -> Iterator[str]:
        prefix = f"{place}/".encode()
        stored = {key[len(CASE) :].decode() for key, _ in self.state.items(CASE + prefix)}
        yield from sorted(stored | {n for n in self.dirty if n.startswith(f"{place}/")})

    def tick(self, tick: Tick, at: datetime) -> None:
        """Let out what is due by this tick; the same tick again lets out nothing."""
        last = self.ticks.get(tick.place, EPOCH)
        if tick.at <= last:
            return
        heap = self.due.get(tick.place, [])
        spoken: set[str] = set()
        ahead: list[Due] = []
        while heap and heap[0][0] < tick.at:
            due, name = heapq.heappop(heap)
            known = None if name in spoken else self._case(name)
            if known is not None and due in known[1].pending:
                spoken.add(name)
                facts = let_out(*known, tick.at, at)
                self.outs.extend(map(_fact_out, facts))
                # What an earlier tick had passed was told then, or by the revision after it.
                news = [fact for fact in facts if fact.occurred_at >= last]
                self.outs.extend(map(notice_out, alarms(*known, news)))
                ahead.extend((one, name) for one in known[1].pending if one >= tick.at)
        for one in ahead:
            heapq.heappush(heap, one)
        self.ticks[tick.place] = tick.at
        self.writes[TICK + tick.place.encode()] = tick.at.isoformat().encode()

    # --- keeping ---

    def _case(self, name: str, book: Rulebook | None = None) -> tuple[Kept, Story] | None:
        """A case and its story by the rules of its last revision: those of now, unless given."""
        known = self.dirty.get(name) or self.cases.get(name)
        if known is None:
            stored = self.state.get(CASE + name.encode())
            if stored is not None:
                kept = _unpack(stored[MARK_BYTES:])
                known = self.cases[name] = (kept, tell(kept, book or self.book))
        return known

    def _remember(self, revision: Revision, before: Story | None) -> None:
        kept, story = revision.kept, revision.story
        self.dirty[kept.case_id] = (kept, story)
        if story.pending and (before is None or before.pending != story.pending):
            heap = self.due.setdefault(kept.seed.place, [])
            heapq.heappush(heap, (story.pending[0], kept.case_id))

    def decision(self) -> Decision:
        """The chunk's decision; each touched case is encoded once, however often it was revised."""
        for name, (kept, story) in self.dirty.items():
            self.writes[CASE + name.encode()] = _mark(story.pending[:1]) + _pack(kept)
            self.cases.pop(name, None)  # to the young end of the memory
            self.cases[name] = (kept, story)
        while len(self.cases) > REMEMBERED:
            del self.cases[next(iter(self.cases))]
        return Decision(self.outs, self.writes)


def _latest(kept: Kept) -> datetime:
    """Of its inputs' instants the last: rules that begin after it have nothing to say of it."""
    return max([kept.seed.occurred_at, *(act.occurred_at for act in kept.acts)])


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
