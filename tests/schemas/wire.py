"""A good report on the wire, for the tests to spoil, and how its refusal is caught."""

from datetime import datetime, timedelta, timezone

import pytest

from streams.core.codec import decode, decode_data, encode_binary
from streams.core.events import GridworkerReport
from streams.core.record import Headers, Record
from streams.core.refusal import Refused

KIND = "gridloop.report.gridworker.v1"
AT = datetime(2026, 2, 14, 9, 12, 0, 250_000, tzinfo=timezone(timedelta(hours=8)))
REPORT = GridworkerReport(place="dongguan", text="路灯不亮，请派人来修", reporter="gw-0007")
STRUCTURED: Headers = (("content-type", b"application/cloudevents+json"),)


def record(headers: Headers, value: bytes | None, topic: str = "") -> Record:
    return Record(topic, 0, 0, 0, None, value, headers)


def good(**changed: bytes | None) -> Headers:
    """The headers of a good report, some of them changed, or left out where they are None."""
    headers, _ = encode_binary(KIND, "/dongguan/app", "GW-1", AT, REPORT)
    named = dict(headers) | {k.replace("content_", "content-"): v for k, v in changed.items()}
    return tuple((name, value) for name, value in named.items() if value is not None)


def refusal(headers: Headers, value: bytes | None, topic: str = "") -> Refused:
    with pytest.raises(Refused) as refused:
        decode_data(decode(record(headers, value, topic)))
    return refused.value
