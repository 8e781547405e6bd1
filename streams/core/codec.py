"""Bytes to nouns and back: which type of event carries what, and by which door it comes in.

`decode` and `decode_data` answer arbitrary bytes with a noun or with a Refused, and nothing else.
How an envelope looks in Kafka is known to cloudevent.py alone.
"""

import hashlib
from datetime import datetime
from typing import TypeVar

import msgspec

from streams.core import cloudevent, topics
from streams.core.accepted import Accepted
from streams.core.calls import HotlineCall
from streams.core.events import (
    Act,
    CitizenReport,
    GridworkerReport,
    HotlineReport,
    ImportedReport,
    PatrolReport,
    Reference,
    Round,
)
from streams.core.instants import in_utc, read_time
from streams.core.jsontext import read_json
from streams.core.notices import Alarm, Dispatch, Notice, Reply
from streams.core.record import Headers, Record
from streams.core.refusal import Reason, Refused
from streams.core.results import CaseRecord, Fact
from streams.core.sensors import SensorReading

MAX_BYTES = 1_048_576
"""The largest value that is taken: 1 MiB."""

Report = GridworkerReport | PatrolReport | HotlineReport | CitizenReport | ImportedReport
Data = Report | Act | Round | SensorReading | HotlineCall | Reference
Outgoing = Fact | CaseRecord | Notice

DATA: dict[str, type[Data]] = {
    "gridloop.report.gridworker.v1": GridworkerReport,
    "gridloop.report.patrol.v1": PatrolReport,
    "gridloop.report.hotline.v1": HotlineReport,
    "gridloop.report.citizen.v1": CitizenReport,
    "gridloop.report.imported.v1": ImportedReport,
    "gridloop.act.v1": Act,
    "gridloop.round.v1": Round,
    "gridloop.reading.v1": SensorReading,
    "gridloop.call.v1": HotlineCall,
    "gridloop.reference.v1": Reference,
}
"""What each type of event that comes in carries."""

OUTGOING: dict[str, type[Outgoing]] = {
    "gridloop.fact.v1": Fact,
    "gridloop.case.v1": CaseRecord,
    "gridloop.dispatch.v1": Dispatch,
    "gridloop.reply.v1": Reply,
    "gridloop.alarm.v1": Alarm,
}
"""What each type of event that goes out carries."""

DOOR: dict[str, topics.Topic] = {
    "gridloop.report.gridworker.v1": topics.GRIDWORKER,
    "gridloop.report.patrol.v1": topics.PATROL,
    "gridloop.report.hotline.v1": topics.HOTLINE,
    "gridloop.report.citizen.v1": topics.CITIZEN,
    "gridloop.report.imported.v1": topics.HOTLINE,
    "gridloop.act.v1": topics.ACTS,
    "gridloop.round.v1": topics.ROUNDS,
    "gridloop.reading.v1": topics.READINGS,
    "gridloop.call.v1": topics.CALLS,
    "gridloop.reference.v1": topics.REFERENCE,
}
"""The topic by which each type of event comes in; on another door it is refused."""

_ALLOWED = {
    door.name: frozenset(kind for kind, topic in DOOR.items() if topic is door)
    for door in topics.DOORS
}
T = TypeVar("T")

_KNOWN = frozenset(DATA) | frozenset(OUTGOING)
_DATA: dict[str, msgspec.json.Decoder[Data]] = {
    kind: msgspec.json.Decoder(noun) for kind, noun in DATA.items()
}
_OUTGOING: dict[str, msgspec.json.Decoder[Outgoing]] = {
    kind: msgspec.json.Decoder(noun) for kind, noun in OUTGOING.items()
}
_ACCEPTED: msgspec.json.Decoder[Accepted] = msgspec.json.Decoder(Accepted)
_ENCODER = msgspec.json.Encoder()


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An event's identity and times (UTC), and its data as the bytes that came.

    `sha256` is that of the record's value: the data in binary mode, all of it in structured mode.
    """

    type: str
    sender: str
    id: str
    time: datetime
    recorded_at: datetime | None
    data: bytes
    sha256: str


def decode(record: Record) -> Envelope:
    """The envelope of a record of either mode, or Refused; its data are not looked into yet."""
    value = record.value
    if not value:
        raise Refused(Reason.EMPTY, "a record without a value")
    if len(value) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(value)} bytes; {MAX_BYTES} are taken")
    told, data = cloudevent.read(record.headers, value)
    if told.type not in _ALLOWED.get(record.topic, _KNOWN):
        raise Refused(Reason.UNKNOWN_TYPE, "no such type of event, or not on this topic")
    return Envelope(
        type=told.type,
        sender=told.source,
        id=told.id,
        time=read_time(told.time, "time"),
        recorded_at=None if told.recordedtime is None else _recorded(told.recordedtime),
        data=data,
        sha256=hashlib.sha256(value).hexdigest(),
    )


def decode_data(envelope: Envelope) -> Data:
    """What an event that comes in carries, its instants in UTC; or Refused, by the field's path."""
    decoder = _DATA.get(envelope.type)
    if decoder is None:
        raise Refused(Reason.UNKNOWN_TYPE, "not for the way in")
    return in_utc(_carried(decoder, envelope))


def decode_outgoing(envelope: Envelope) -> Outgoing:
    """What an event that we sent out carries, its instants in UTC; or Refused."""
    decoder = _OUTGOING.get(envelope.type)
    if decoder is None:
        raise Refused(Reason.UNKNOWN_TYPE, "not of the way out")
    return in_utc(_carried(decoder, envelope))


def decode_accepted(value: bytes) -> Accepted:
    """A record between our own stages; what does not fit is our own fault: a msgspec error."""
    return _ACCEPTED.decode(value)


def encode_json(noun: object) -> bytes:
    """A noun as JSON, Chinese readable; the same noun gives the same bytes."""
    return _ENCODER.encode(noun)


def encode_binary(
    type: str,
    sender: str,
    id: str,
    time: datetime,
    data: Data | Outgoing,
    *,
    recorded_at: datetime | None = None,
) -> tuple[Headers, bytes]:
    """A binary-mode record's headers and value; times must be aware, nothing else is checked."""
    return cloudevent.write_binary(_told(type, sender, id, time, recorded_at)), encode_json(data)


def encode_structured(
    type: str,
    sender: str,
    id: str,
    time: datetime,
    data: Data | Outgoing,
    *,
    recorded_at: datetime | None = None,
) -> bytes:
    """A structured-mode value, as `gridloop publish` reads one a line; times must be aware."""
    told = _told(type, sender, id, time, recorded_at)
    return cloudevent.write_structured(told, encode_json(data))


def _told(
    type: str, sender: str, id: str, time: datetime, recorded_at: datetime | None
) -> cloudevent.Attributes:
    recorded = None if recorded_at is None else _rfc3339(recorded_at)
    return cloudevent.Attributes(
        specversion="1.0",
        type=type,
        source=sender,
        id=id,
        time=_rfc3339(time),
        recordedtime=recorded,
    )


def _rfc3339(at: datetime) -> str:
    if at.utcoffset() is None:
        raise ValueError("a time without an offset from UTC")
    return at.isoformat().replace("+00:00", "Z")


def _recorded(text: str) -> datetime:
    return read_time(text, "recordedtime")


def _carried(decoder: msgspec.json.Decoder[T], envelope: Envelope) -> T:
    if not envelope.data:
        raise Refused(Reason.INVALID, "no data - at `$.data`")
    return read_json(decoder, envelope.data, Reason.INVALID)
