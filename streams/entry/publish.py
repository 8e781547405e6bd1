"""Publish: CloudEvents from a file or a pipe, one JSON a line, each checked before it is sent."""

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from streams.core.codec import DOOR, Data, Envelope, decode, decode_data
from streams.core.events import Act
from streams.core.home import ticket_key
from streams.core.lifecycle import missing
from streams.core.record import Headers, Record
from streams.core.refusal import Reason, Refused

STRUCTURED: Headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
TELL_EVERY = 500


class Publisher(Protocol):
    """What carries records away; `flush` returns when all that were sent are acknowledged."""

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None: ...

    def flush(self) -> None: ...


class LineRefusal(msgspec.Struct, frozen=True):
    """One line that was not sent, by its number from 1, and why."""

    line: int
    reason: Reason
    detail: str


class PublishResult(msgspec.Struct, frozen=True):
    """How many lines were read (blank ones are none), sent and acknowledged, and refused."""

    read: int
    published: int
    refused: list[LineRefusal]


OnPublished = Callable[[int, int, int], None]
"""Told (read, published, refused) on the way and at the end."""


def publish_lines(
    lines: Iterable[bytes | str], publisher: Publisher, on_progress: OnPublished | None = None
) -> PublishResult:
    """Send each line that is a good CloudEvent to the topic of its type, as the bytes it came in.

    What intake would refuse for its shape is refused here and not sent; all else goes on.
    """
    read, refused = 0, list[LineRefusal]()
    for number, line in enumerate(lines, start=1):
        value = (line.encode(errors="surrogateescape") if isinstance(line, str) else line).strip()
        if not value:
            continue
        read += 1
        try:
            envelope, _ = check(value)
        except Refused as why:
            refused.append(LineRefusal(number, why.reason, why.detail))
        else:
            topic = DOOR[envelope.type].name
            publisher.send(topic, ticket_key(envelope.sender, envelope.id), value, STRUCTURED)
        if on_progress is not None and read % TELL_EVERY == 0:
            on_progress(read, read - len(refused), len(refused))
    publisher.flush()
    if on_progress is not None:
        on_progress(read, read - len(refused), len(refused))
    return PublishResult(read, read - len(refused), refused)


def check(value: bytes, headers: Headers = STRUCTURED) -> tuple[Envelope, Data]:
    """The envelope and the data of a value that intake can read; Refused otherwise."""
    envelope = decode(Record("", 0, 0, 0, None, value, headers))
    data = decode_data(envelope)
    _check_act(data)
    return envelope, data


def _check_act(data: Data) -> None:
    if not isinstance(data, Act):
        return
    lacking = missing(data)
    if lacking:
        raise Refused(Reason.ACT_INCOMPLETE, f"{data.act.value} needs {', '.join(lacking)}")
    if data.case is None and data.ticket is None:
        raise Refused(Reason.ACT_INCOMPLETE, "an act names a case or a ticket")
