"""CloudEvents 1.0 over HTTP: binary, structured and batched mode, as the records of their topics.

What an upstream wrote stays as it is: a batch is cut apart, headers get the names that they have
in Kafka, nothing else.
"""

from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

import msgspec

from streams.core.jsontext import read_json
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival, HttpHeaders, arrival
from streams.entry.publish import STRUCTURED

BATCH = b"application/cloudevents-batch+json"
MOST_EVENTS = 1000
"""How many events one batch may hold."""

_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])


class BatchRefused(Exception):
    """Events of a batch that intake could not read, by their place in it; none of it is taken."""

    def __init__(self, refused: Sequence[tuple[int, Refused]]) -> None:
        super().__init__(f"{len(refused)} events of the batch are refused")
        self.refused = refused


def is_event(headers: HttpHeaders) -> bool:
    """Whether a request says that it is a CloudEvent, in whichever mode."""
    media = _media_type(headers)
    return media.startswith(b"application/cloudevents") or any(
        name.startswith(b"ce-") for name, _ in headers
    )


def is_binary(headers: HttpHeaders) -> bool:
    """Whether attributes stand in headers, which no signature over the body covers."""
    return not _media_type(headers).startswith(b"application/cloudevents")


def events(headers: HttpHeaders, body: bytes) -> list[Arrival]:
    """The events of a request; Refused, or BatchRefused, where intake could not read them."""
    if _media_type(headers) == BATCH:
        return _batch(body)
    named = (
        (name.decode("latin-1").replace("ce-", "ce_", 1), unquote_to_bytes(value))
        for name, value in headers
        if name.startswith(b"ce-")
    )
    media = ((n.decode("latin-1"), v) for n, v in headers if n == b"content-type")
    return [arrival((*named, *media), body)]


def _batch(body: bytes) -> list[Arrival]:
    values = read_json(_EVENTS, body, Reason.NOT_CLOUDEVENT)
    if len(values) > MOST_EVENTS:
        raise Refused(Reason.TOO_LARGE, f"{len(values)} events; {MOST_EVENTS} are taken at once")
    taken, refused = list[Arrival](), list[tuple[int, Refused]]()
    for at, value in enumerate(values):
        try:
            taken.append(arrival(STRUCTURED, bytes(value)))
        except Refused as why:
            refused.append((at, why))
    if refused:
        raise BatchRefused(refused)
    return taken


def _media_type(headers: HttpHeaders) -> bytes:
    given = next((value for name, value in headers if name == b"content-type"), b"")
    return given.partition(b";")[0].strip().lower()
