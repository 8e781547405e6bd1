"""The envelope: CloudEvents 1.0 in Kafka records, in binary and in structured mode.

Reading and writing binary mode is done here, since the CloudEvents library takes seven times as
long for it; the library writes structured mode. Tests hold that both agree in every direction.
Of a JSON key that comes twice the last one counts; a header that comes twice is refused.
"""

import base64
import binascii
import re
from datetime import datetime
from typing import Any, cast

import msgspec
from cloudevents.core.base import BaseCloudEvent, EventFactory
from cloudevents.core.bindings.kafka import to_structured
from cloudevents.core.v1.event import CloudEvent

from streams.core.jsontext import read_json
from streams.core.record import Headers
from streams.core.refusal import Reason, Refused

JSON = b"application/json"
STRUCTURED = b"application/cloudevents+json"

_REQUIRED = ("specversion", "type", "source", "id", "time")
_READ = frozenset((*_REQUIRED, "recordedtime", "datacontenttype"))
_NAMES = {
    **{f"ce_{name}": name for name in (*_REQUIRED, "recordedtime")},
    "content-type": "datacontenttype",
}
_JSON_TYPE = re.compile(r"(application|text)/([a-z0-9.-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Attributes(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is read of an envelope; other attributes pass unread. `time` is required by us."""

    specversion: str
    type: str
    source: str
    id: str
    time: str
    recordedtime: str | None = None
    datacontenttype: str | None = None


class _Structured(Attributes, frozen=True, gc=False, kw_only=True):
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


_STRUCTURED = msgspec.json.Decoder(_Structured)


def read(headers: Headers, value: bytes) -> tuple[Attributes, bytes]:
    """An event's attributes and the bytes of its data, whichever the mode; or Refused.

    Without any header the value itself must be the event. The data are not looked into.
    """
    found = _headers(headers)
    content_type = found.get("datacontenttype")
    if content_type is None and not found:
        attributes, data = _structured(value)
    elif content_type is None or content_type == JSON or not _is_structured(content_type):
        attributes, data = _binary(found), value
    else:
        attributes, data = _structured(value)
    _check(attributes)
    return attributes, data


def write_binary(attributes: Attributes) -> Headers:
    """The headers of a binary-mode record whose value is JSON."""
    headers = [
        ("ce_specversion", attributes.specversion.encode()),
        ("ce_type", attributes.type.encode()),
        ("ce_source", attributes.source.encode()),
        ("ce_id", attributes.id.encode()),
        ("ce_time", attributes.time.encode()),
        ("content-type", JSON),
    ]
    if attributes.recordedtime is not None:
        headers.append(("ce_recordedtime", attributes.recordedtime.encode()))
    return tuple(headers)


def write_structured(attributes: Attributes, data: bytes) -> bytes:
    """A structured-mode value; the library checks the attributes."""
    named = {k: v for k, v in msgspec.structs.asdict(attributes).items() if v is not None}
    named |= {"datacontenttype": JSON.decode(), "time": _time(attributes.time)}
    return to_structured(CloudEvent(named, data), JsonBytes()).value


class JsonBytes:
    """The library's JSON format but for this: data stays bytes, and 中文 stays readable."""

    def read(self, event_factory: EventFactory | None, data: str | bytes) -> BaseCloudEvent:
        """A structured value as the library's event."""
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        body = bytes(raw.pop("data", b""))
        named: dict[str, Any] = {name: msgspec.json.decode(part) for name, part in raw.items()}
        if "time" in named:
            named["time"] = _time(named["time"])
        if "data_base64" in named:
            body = base64.b64decode(named.pop("data_base64"))
        return (event_factory or CloudEvent)(named, body)

    def write(self, event: BaseCloudEvent) -> bytes:
        """The library's event, its data being JSON in bytes, as a structured value."""
        data = msgspec.Raw(cast(bytes, event.get_data()))
        return msgspec.json.encode({**event.get_attributes(), "data": data})

    def write_data(
        self, data: dict[str, Any] | str | bytes | None, datacontenttype: str | None
    ) -> bytes:
        """The data of binary mode, as they are."""
        return cast(bytes, data)

    def read_data(self, body: bytes, datacontenttype: str | None) -> bytes:
        """The data of binary mode, as they are."""
        return body

    def get_content_type(self) -> str:
        """The media type of structured mode."""
        return STRUCTURED.decode()


def _time(text: str) -> datetime:
    return msgspec.convert(text, datetime)


def _headers(headers: Headers) -> dict[str, bytes]:
    """The headers that say something about the event, by the attribute's name."""
    found: dict[str, bytes] = {}
    for key, value in headers:
        name = _NAMES.get(key) or _name(key)
        # A header's value may be null in Kafka, whatever its type says here.
        if name is None or value is None:
            continue
        if name in found:
            raise Refused(Reason.NOT_CLOUDEVENT, "a header comes twice")
        found[name] = value
    return found


def _name(key: str) -> str | None:
    lower = key.lower()
    return _NAMES.get(lower) or (lower if lower.startswith("ce_") else None)


def _is_structured(content_type: bytes) -> bool:
    media = content_type.partition(b";")[0].strip().lower()
    if media.startswith(b"application/cloudevents") and media != STRUCTURED:
        raise Refused(Reason.NOT_CLOUDEVENT, "structured events in JSON only, and no batches")
    return media == STRUCTURED


def _binary(found: dict[str, bytes]) -> Attributes:
    if len(found) == 1 and "datacontenttype" in found:
        raise Refused(Reason.NOT_CLOUDEVENT, "neither ce_ headers nor application/cloudevents+json")
    named = {}
    for name, value in found.items():
        if name in _READ:
            try:
                named[name] = value.decode()
            except UnicodeDecodeError:
                raise Refused(Reason.NOT_CLOUDEVENT, f"{name} is not UTF-8") from None
    for name in _REQUIRED:
        if name not in named:
            raise Refused(Reason.NOT_CLOUDEVENT, f"the attribute {name} is missing")
    return Attributes(**named)


def _structured(value: bytes) -> tuple[Attributes, bytes]:
    event = read_json(_STRUCTURED, value, Reason.NOT_CLOUDEVENT)
    data = bytes(event.data)
    if event.data_base64 is None:
        return event, data
    if data:
        raise Refused(Reason.NOT_CLOUDEVENT, "both data and data_base64")
    try:
        return event, base64.b64decode(event.data_base64, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(Reason.NOT_JSON, "data_base64 is not base64") from None


def _check(attributes: Attributes) -> None:
    if attributes.specversion != "1.0":
        raise Refused(Reason.NOT_CLOUDEVENT, "the specversion is not 1.0")
    told = (attributes.type, attributes.source, attributes.id)
    # Sender and id are an identity: a control character could make two of them one.
    if not all(0 < len(text) <= 256 for text in told) or _CONTROL.search("".join(told)):
        detail = "type, source and id have 1 to 256 characters and none of control"
        raise Refused(Reason.NOT_CLOUDEVENT, detail)
    media = attributes.datacontenttype
    if media not in (None, "application/json") and not _JSON_TYPE.fullmatch(media.strip()):
        raise Refused(Reason.NOT_JSON, "the content type of the data is not JSON")
