"""One dead letter opened with the key, or sent again: what the command and the board both do."""

import msgspec

from streams.core.record import Record
from streams.core.results import DeadLetter
from streams.core.topics import DEAD_LETTERS, DOORS
from streams.errors import WrongUse
from streams.joined import Joined
from streams.keep.rows import LETTER
from streams.wire.kafka import Publisher, read_all
from streams.wire.seal import Original, Seal

_letter = msgspec.json.Decoder(DeadLetter).decode


def send_again(at: Joined, key: bytes, id: str) -> str:
    """Send the original bytes to the topic they came from, whose name is returned. WrongUse where
    there is no such letter, or it came from a file."""
    letter, original = found(at, key, id)
    if letter.topic not in {topic.name for topic in DOORS}:
        raise WrongUse(f"{letter.topic} is a file: mend line {letter.offset} and import it again")
    with Publisher(at.where.kafka) as publisher:
        publisher.send(letter.topic, original.key, original.value, original.headers)
    return letter.topic


def found(at: Joined, key: bytes, id: str) -> tuple[DeadLetter, Original]:
    """The letter of that id with its original bytes, or WrongUse."""
    rows = at.store.query(
        "SELECT letter_partition, letter_offset FROM dead_letters FINAL WHERE letter_id = %(id)s",
        {"id": id},
    )
    if not rows:
        raise WrongUse(f"no dead letter {id!r}; `gridloop dead-letters list` names them")
    record = _at(at, *map(int, rows[0]))
    headers = dict(record.headers)
    return _letter(headers[LETTER]), Seal(key).open(record.value or b"")


def _at(at: Joined, partition: int, offset: int) -> Record:
    there = read_all(
        at.where.kafka,
        DEAD_LETTERS.name,
        partitions=(partition,),
        starts={partition: offset},
        ends={partition: offset + 1},
    )
    record = next(iter(there), None)
    if record is None:
        raise WrongUse("the letter itself is no longer on its topic")
    return record
