"""What became of each record that was written to a source topic: stored, or a dead letter."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.config import Settings
from streams.core.record import Record
from streams.core.refusal import Reason
from streams.core.results import DeadLetter
from streams.core.topics import (
    CASEWORK_STATE,
    DEAD_LETTERS,
    DOORS,
    INTAKE,
    TICKETS,
    TICKETS_STATE,
)
from streams.where import read_key
from streams.wire.kafka import Publisher, read_all
from streams.wire.seal import Original, Seal
from tests.journey.mutants import Mutant
from tests.journey.system import System

Origin = tuple[str, int, int]
_letter = msgspec.json.Decoder(DeadLetter).decode


@dataclass(frozen=True)
class Judged:
    """How many of the records came to which end, by reason or by what they are stored as."""

    refused: Counter[str]
    stored: Counter[str]


def write(system: System, mutants: Iterable[Mutant]) -> list[Record]:
    """Write them to the source topics, wait for their end; the records as they stand there."""
    kafka = system.joined.where.kafka
    before = {topic.name: system.ends(topic) for topic in DOORS}
    with Publisher(kafka) as publisher:
        for one in mutants:
            publisher.send(one.topic, one.key, one.value, one.headers)
    system.joined.drain()
    return [one for name, starts in before.items() for one in read_all(kafka, name, starts=starts)]


def judge(system: System, records: Iterable[Record]) -> Judged:
    """Each record must be a dead letter with a reason and its very bytes, or be stored."""
    letters = _letters(system)
    ends = _Ends(system)
    refused: Counter[str] = Counter()
    stored: Counter[str] = Counter()
    for record in records:
        origin = (record.topic, record.partition, record.offset)
        letter = letters.get(origin)
        if letter is None:
            stored[ends.of(origin)] += 1
            continue
        told, original = letter
        refused[Reason(told.reason).value] += 1
        as_sent = Original(record.key, record.headers, record.value)
        assert original == as_sent, (origin, told, original, as_sent)
    return Judged(refused, stored)


def _letters(system: System) -> dict[Origin, tuple[DeadLetter, Original]]:
    seal = Seal(read_key(Settings(home=str(system.home.root))))
    found = {}
    for record in system.read(DEAD_LETTERS):
        told = _letter(dict(record.headers)["gridloop.letter"])
        found[told.topic, told.partition, told.offset] = (told, seal.open(record.value or b""))
    return found


class _Ends:
    """What was let in, and where it is kept."""

    def __init__(self, system: System) -> None:
        self.let_in: dict[Origin, dict[str, Any]] = {}
        for record in system.read(TICKETS, INTAKE):
            told = msgspec.json.decode(record.value or b"")
            at = told["origin"]
            self.let_in[at["topic"], at["partition"], at["offset"]] = told
        self.reports = set(system.ask("SELECT sender, id, sha256 FROM reports FINAL"))
        self.looks = set(system.ask("SELECT sender, id, sha256 FROM looks FINAL"))
        self.rounds = set(system.ask("SELECT sender, id FROM rounds FINAL"))
        self.calls = set(system.ask("SELECT sender, id FROM calls FINAL"))
        self.documents = set(
            system.ask("SELECT place, toString(kind), version FROM reference_documents FINAL")
        )
        self.facts = set(system.ask("SELECT sender, input_id FROM facts FINAL"))
        state = system.read(TICKETS_STATE, CASEWORK_STATE)
        self.waiting = b"\0".join(record.value for record in state if record.value)

    def of(self, origin: Origin) -> str:
        """As what this record is kept; fails where it is not."""
        assert origin in self.let_in, f"{origin} is neither refused nor let in"
        told = self.let_in[origin]
        kind = str(told["type"])
        identity = (told["sender"], told["id"])
        if told.get("clear"):
            assert (*identity, told["sha256"]) in self.looks, told
            return "look"
        if kind == "report":
            assert (*identity, told["sha256"]) in self.reports, told
        elif kind == "round":
            assert identity in self.rounds, told
        elif kind == "call":
            assert identity in self.calls, told
        elif kind == "reference":
            document = told["reference"]
            assert (document["place"], document["kind"], document["version"]) in self.documents
        else:
            kept = identity in self.facts or told["id"].encode() in self.waiting
            assert kept, told
        return kind
