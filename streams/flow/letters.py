"""Dead letters: refused input with its reason, where it stood, and its original bytes, sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b, sha256

import msgspec
from msgspec.structs import replace

from streams.core.accepted import AcceptedAct, AcceptedReport, Origin
from streams.core.record import Headers, Out, Record
from streams.core.refusal import Refused
from streams.core.results import DeadLetter
from streams.core.topics import DEAD_LETTERS

SEALED = "gridloop.sealed"
LETTER = "gridloop.letter"
SealRecord = Callable[[Record], bytes]


def instant(at_ms: int) -> datetime:
    """Kafka's epoch milliseconds as an instant in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def header(record: Record, name: str) -> bytes:
    """The value of a header, empty where there is none."""
    return next((value for key, value in record.headers if key == name), b"")


def refuse(
    record: Record,
    stage: str,
    why: Refused,
    sealed: bytes,
    known: tuple[str, str, str] = ("", "", ""),
) -> Out:
    """A refused source record; `known` is (sender, id, place) as far as they could be read."""
    sender, input_id, place = known
    origin = Origin(record.topic, record.partition, record.offset)
    letter = _letter(origin, stage, why, record.at_ms)
    return _out(
        replace(
            letter,
            sender=sender,
            input_id=input_id,
            place=place,
            sha256=sha256(record.value or b"").hexdigest(),
        ),
        sealed,
    )


def refuse_accepted(
    accepted: AcceptedReport | AcceptedAct,
    stage: str,
    why: Refused,
    sealed: bytes,
    at_ms: int,
    *,
    withdrawn: bool = False,
) -> Out:
    """An input refused behind the door; its letter names where it stood on the source topic.

    `withdrawn` takes such a letter back: it has the same id and wins by coming later.
    """
    place = accepted.act.place if isinstance(accepted, AcceptedAct) else accepted.place
    letter = _letter(accepted.origin, stage, why, at_ms)
    return _out(
        replace(
            letter,
            sender=accepted.sender,
            input_id=accepted.id,
            place=place,
            sha256=accepted.sha256,
            withdrawn=withdrawn,
        ),
        sealed,
    )


def _letter(origin: Origin, stage: str, why: Refused, at_ms: int) -> DeadLetter:
    """A letter about what stood there; its id derives from reason and origin, never from chance."""
    cause = f"{why.reason.value}\0{origin.topic}\0{origin.partition}\0{origin.offset}".encode()
    return DeadLetter(
        letter_id=blake2b(cause, digest_size=8).hexdigest(),
        reason=why.reason.value,
        detail=why.detail,
        stage=stage,
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        sender="",
        input_id="",
        sha256="",
        place="",
        refused_at=instant(at_ms),
    )


def _out(letter: DeadLetter, sealed: bytes) -> Out:
    headers: Headers = (
        ("__connect.errors.topic", letter.topic.encode()),
        ("__connect.errors.partition", str(letter.partition).encode()),
        ("__connect.errors.offset", str(letter.offset).encode()),
        ("__connect.errors.connector.name", b"gridloop"),
        ("__connect.errors.stage", letter.stage.encode()),
        ("__connect.errors.class.name", b"streams.core.refusal.Refused"),
        ("__connect.errors.exception.message", f"{letter.reason}: {letter.detail}".encode()),
        (LETTER, msgspec.json.encode(letter)),
    )
    return Out(DEAD_LETTERS.name, letter.topic.encode(), sealed, headers)
