"""The three stages in memory: partitions as lists, state as dicts, chunks cut as a test likes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

from streams.core.accepted import Origin, ReferenceChange
from streams.core.codec import encode_json
from streams.core.events import Reference
from streams.core.place import SENDER, PlaceRules, Rulebook, reference_id
from streams.core.privacy import Tokeniser
from streams.core.record import Decision, Out, Record, State, Step
from streams.core.topics import INTAKE, TICKETS
from streams.entry.places import place_dir, read_place, shipped_book
from streams.entry.simulate import Simulated, simulate
from streams.flow import casework
from streams.flow.intake import Door
from streams.flow.tickets import Tickets
from streams.wire.seal import Seal

KEY = b"a key that is none, for tests 32"
ARRIVAL_MS = 1_800_000_000_000
Cut = Callable[[Sequence[Record]], Iterable[Sequence[Record]]]


class MemoryState:
    """What a hop's store is to a step."""

    def __init__(self) -> None:
        self.memo: dict[object, object] = {}
        self.values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter([(k, v) for k, v in sorted(self.values.items()) if k.startswith(prefix)])

    def keep(self, decision: Decision) -> None:
        for key, value in decision.writes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value


PLACE = "dongguan"
BOOK = shipped_book(PLACE)
DOOR = Door(lambda: BOOK, Tokeniser(KEY), Seal(KEY).close)


def day(seed: int, reports: int, poison: int = 0) -> list[Simulated]:
    """A simulated day of Dongguan, as it would be sent."""
    from_day = simulate(_rules(), seed, reports, poison=poison)
    return list(from_day)


def _rules() -> PlaceRules:
    rules = BOOK.at("dongguan", datetime(2025, 6, 1, tzinfo=UTC))
    assert rules is not None
    return rules


def sent(items: Iterable[Simulated]) -> list[Record]:
    """Sent records as they stand on their topics."""
    offsets = count()
    return [Record(i.topic, 0, next(offsets), ARRIVAL_MS, i.key, i.value, i.headers) for i in items]


def whole(records: Sequence[Record]) -> Iterable[Sequence[Record]]:
    """One chunk of everything."""
    yield records


def one_by_one(records: Sequence[Record]) -> Iterable[Sequence[Record]]:
    """Each record a chunk of its own."""
    for record in records:
        yield [record]


def run(step: Step, records: Sequence[Record], cut: Cut, state: MemoryState) -> list[Out]:
    """All outs of one partition's records; state is kept after each chunk."""
    outs: list[Out] = []
    kept: State = state
    for chunk in cut(records):
        decision = step(chunk, kept)
        state.keep(decision)
        outs.extend(decision.outs)
    return outs


def appended(outs: Iterable[Out], topic: str, at_ms: int = ARRIVAL_MS) -> list[Record]:
    """The outs of one topic as one partition's log, a millisecond apart."""
    chosen = [out for out in outs if out.topic == topic]
    return [
        Record(topic, 0, offset, at_ms + offset, out.key, out.value, out.headers)
        for offset, out in enumerate(chosen)
    ]


def chain(
    records: Sequence[Record],
    cut: Cut = whole,
    documents: Sequence[Reference] | None = None,
) -> tuple[list[Out], MemoryState]:
    """All that leaves the three stages, dead letters too, and casework's state; under these
    documents of a place, Dongguan's without them."""
    book, door = BOOK, DOOR
    if documents is not None:
        book = Rulebook.of(documents)
        door = Door(lambda: book, Tokeniser(KEY), Seal(KEY).close)
    first = run(door.step, records, cut, MemoryState())
    tickets = run(Tickets(lambda: book).step, appended(first, TICKETS.name), cut, MemoryState())
    log = appended([*first, *tickets], INTAKE.name)
    state = MemoryState()
    last = run(casework.step, [*references(documents), *log], cut, state)
    return [*first, *tickets, *last], state


def references(documents: Sequence[Reference] | None = None) -> list[Record]:
    """The place's documents at the beginning of the log."""
    origin = Origin("gridloop.reference.v1", 0, 0)
    listed = read_place(place_dir(PLACE)) if documents is None else documents
    changes = [
        ReferenceChange(
            sender=SENDER, id=reference_id(one), sha256="", reference=one, origin=origin
        )
        for one in listed
    ]
    return [
        Record(INTAKE.name, 0, offset - len(changes), ARRIVAL_MS - 1, None, encode_json(change))
        for offset, change in enumerate(changes)
    ]
