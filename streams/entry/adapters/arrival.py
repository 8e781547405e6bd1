"""What comes of an upstream's message: events of our contracts, as records for their doors."""

from datetime import datetime
from typing import TypeVar

import msgspec

from streams.core.codec import DOOR, Data, encode_binary
from streams.core.home import ticket_key
from streams.core.record import Headers, Out
from streams.core.refusal import Reason, Refused
from streams.entry.publish import check

HttpHeaders = list[tuple[bytes, bytes]]
"""As ASGI hands them over: names in lower case."""

Noun = TypeVar("Noun", bound=msgspec.Struct)


class Arrival(msgspec.Struct, frozen=True):
    """One event on its way in: what decides who may send it, and the record that carries it."""

    type: str
    sender: str
    id: str
    place: str
    record: Out


def arrival(headers: Headers, value: bytes) -> Arrival:
    """An event as it would stand in Kafka; Refused where intake could not read it."""
    envelope, data = check(value, headers)
    key = ticket_key(envelope.sender, envelope.id)
    record = Out(DOOR[envelope.type].name, key, value, headers)
    return Arrival(envelope.type, envelope.sender, envelope.id, data.place, record)


def told(kind: str, sender: str, id: str, time: datetime, data: Data) -> Arrival:
    """An event that we say in an upstream's place; the same message gives the same bytes."""
    return arrival(*encode_binary(kind, sender, id, time, data))


def contract(noun: type[Noun], **fields: object) -> Noun:
    """A noun of the fields that are not None; Refused(invalid) by the field's path."""
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return msgspec.convert(given, noun)
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID, str(error)) from None
