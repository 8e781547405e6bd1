"""The cases of a partition, as one chunk finds and leaves them.

Read from the partition's state when first asked for, remembered between chunks, written once at a
chunk's end. Under `case/` stands what is kept of a report and of the case that it opened, behind a
mark that says which deadline is next; under `near/` a report of another home at the border; under
`ref/` each change of the rules.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from streams.core.accepted import AcceptedVisitor
from streams.core.bonds import bond
from streams.core.case import Story
from streams.core.casebook import Group, Kept, tell
from streams.core.codec import encode_json
from streams.core.events import Reference
from streams.core.home import case_id
from streams.core.neighbourhood import Neighbourhood
from streams.core.place import Rulebook
from streams.core.record import State
from streams.core.stepnouns import StepKind
from streams.core.twins import Sighting, sighting
from streams.core.verdicts import verdict

CASE, REFERENCE, VISITOR = b"case/", b"ref/", b"near/"
REMEMBERED = 2_000
"""Cases whose fold is kept in memory between chunks, per partition: some 7 kB each. What is asked
for again later costs a read and a fold, a tenth of a millisecond."""
REMEMBERED_REPORTS = 100_000
"""Reports of homes that are kept in memory to compare new ones with, per partition."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK_BYTES = 8
NOTHING = -(1 << 63)
"""The mark of a case that waits for no deadline; the mark stands before the packed case."""

_pack, _unpack = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Kept).decode
_visitor = msgspec.json.Decoder(AcceptedVisitor).decode
_reference = msgspec.json.Decoder(Reference).decode

T = TypeVar("T")
Due = tuple[datetime, str]


class Caseload:
    """What is kept of cases, their stories and their homes; `writes` is where a chunk's changes go.

    A name is the id of the case that a report opened, or would have opened.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.writes: dict[bytes, bytes | None] = {}
        self.book: Rulebook = remembered(state, "book", _rulebook)
        self._due: dict[str, list[Due]] = remembered(state, "due", _due)
        self._dirty: dict[str, Kept] = {}
        self._kept: dict[str, Kept] = state.memo.setdefault("kept", {})
        self._stories: dict[str, Story] = state.memo.setdefault("stories", {})
        self._homes: dict[str, Neighbourhood] = state.memo.setdefault("homes", {})

    # --- a case ---

    def find(self, name: str) -> Kept | None:
        """What is kept under a name, if anything."""
        kept = self._dirty.get(name) or self._kept.get(name)
        if kept is None:
            stored = self.state.get(CASE + name.encode())
            if stored is not None:
                kept = self._kept[name] = _unpack(stored[MARK_BYTES:])
        return kept

    def of(self, name: str) -> Kept:
        """What is kept under a name that stands in what is kept."""
        kept = self.find(name)
        if kept is None:
            raise KeyError(name)
        return kept

    def keep(self, kept: Kept) -> None:
        """What is kept of a report from now on."""
        self._dirty[kept.case_id] = kept

    def group(self, name: str) -> Group:
        """A case with all its reports."""
        kept = self.of(name)
        return Group(kept, tuple(map(self.of, kept.members)))

    def story(self, name: str, book: Rulebook | None = None) -> Story:
        """A case's story by the rules of its last revision: those of now, unless given."""
        story = self._stories.get(name)
        if story is None:
            story = self._stories[name] = tell(self.group(name), book or self.book)
        return story

    def tell(self, name: str, story: Story) -> None:
        """A case's story from now on."""
        before = self._stories.get(name)
        self._stories[name] = story
        if story.pending and (before is None or before.pending != story.pending):
            self.await_deadline(story.pending[0], name)

    def of_place(self, place: str) -> list[str]:
        """The names of all reports of a place, in order."""
        return sorted(self._stored(f"{place}/"))

    # --- its home ---

    def home(self, home: str) -> Neighbourhood:
        """All reports of a home that may be merged; read from what is kept when first asked for."""
        near = self._homes.get(home)
        if near is None:
            near = self._homes[home] = Neighbourhood()
            for kept in map(self.of, sorted(self._stored(f"{home}/"))):
                seen = sighting(kept.case_id, kept.seed) if kept.reading is not None else None
                if seen is not None:
                    near.add(seen, kept.reading)
                    hear(near, kept)
                    near.look_after(kept.case_id, closings_of(kept))
            for value in self._visitors(home):
                near.welcome(_visiting(_visitor(value)))
        return near

    def welcome(self, visitor: AcceptedVisitor) -> Sighting | None:
        """Keep a report of another home; None where it is known already."""
        seen = _visiting(visitor)
        key = VISITOR + f"{visitor.home}/{seen.name}".encode()
        if key in self.writes or self.state.get(key) is not None:
            return None
        home = self.home(visitor.home)
        self.writes[key] = encode_json(visitor)
        home.welcome(seen)
        return seen

    # --- deadlines ---

    def await_deadline(self, due: datetime, name: str) -> None:
        """A case has something due at an instant."""
        heapq.heappush(self._due.setdefault(name.partition("/")[0], []), (due, name))

    def due(self, place: str, by: datetime) -> Iterator[Due]:
        """What is due before an instant, the earliest first; each is told once."""
        heap = self._due.get(place, [])
        while heap and heap[0][0] < by:
            yield heapq.heappop(heap)

    # --- rules ---

    def take_up(self, reference: Reference) -> Rulebook | None:
        """Go by a change of the rules from now on. The rules before; None where none changed."""
        old, book = self.book, self.book.with_change(reference)
        if book is old:
            return None
        key = f"{reference.place}/{reference.kind.value}/{reference.version}".encode()
        self.writes[REFERENCE + key] = msgspec.json.encode(reference)
        self.book = self.state.memo["book"] = book
        return old

    # --- the end of a chunk ---

    def close(self) -> dict[bytes, bytes | None]:
        """All that is to be written; each touched case once, however often it was revised."""
        for name, kept in self._dirty.items():
            # A report that is part of another case waits for no deadline of its own.
            pending = self.story(name).pending[:1] if kept.lead == name else ()
            self.writes[CASE + name.encode()] = _mark(pending) + _pack(kept)
            _to_young_end(self._kept, name, kept)
            _to_young_end(self._stories, name, self.story(name))
        _forget(self._kept, REMEMBERED)
        _forget(self._stories, REMEMBERED)
        while len(self._homes) > 1 and sum(map(len, self._homes.values())) > REMEMBERED_REPORTS:
            del self._homes[next(iter(self._homes))]
        return self.writes

    def _stored(self, prefix: str) -> set[str]:
        stored = (key for key, _ in self.state.items(CASE + prefix.encode()))
        names = {key[len(CASE) :].decode() for key in stored}
        return names | {name for name in self._dirty if name.startswith(prefix)}

    def _visitors(self, home: str) -> Iterator[bytes]:
        prefix = VISITOR + f"{home}/".encode()
        yield from (value for _, value in self.state.items(prefix))
        yield from (value for key, value in self.writes.items() if value and key.startswith(prefix))


def closings_of(kept: Kept) -> Iterator[tuple[datetime, datetime]]:
    """The closings after which is looked whether the matter comes back, each with until when."""
    for one in kept.steps:
        if one.step.kind == StepKind.RECURRENCE and one.step.due is not None:
            yield one.step.at, one.step.due


def hear(home: Neighbourhood, kept: Kept) -> None:
    """Tell the home what people decided and said of a report."""
    for act in kept.acts:
        if (decided := bond(kept.case_id, act)) is not None:
            home.bind(decided)
        if (said := verdict(kept.case_id, kept.seed, act)) is not None:
            home.judge(said)


def remembered(state: State, name: str, read: Callable[[State], T]) -> T:
    """What a partition remembers under a name; read once after each assignment."""
    if name not in state.memo:
        state.memo[name] = read(state)
    kept: T = state.memo[name]
    return kept


def _visiting(visitor: AcceptedVisitor) -> Sighting:
    report = visitor.report
    seen = sighting(case_id(report.home, report.sender, report.id), report)
    if seen is None:
        raise ValueError(f"{report.id} never merges: nobody asks its neighbours")
    return seen


def _to_young_end(memory: dict[str, T], name: str, value: T) -> None:
    memory.pop(name, None)
    memory[name] = value


def _forget(memory: dict[str, T], most: int) -> None:
    while len(memory) > most:
        del memory[next(iter(memory))]


def _rulebook(state: State) -> Rulebook:
    book = Rulebook()
    for _, stored in state.items(REFERENCE):
        book = book.with_change(_reference(stored))
    return book


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
