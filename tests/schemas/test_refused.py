"""What the codec refuses, for which reason, in what time, and that it is silent on values."""

import json
import time as stopwatch
from typing import Any

import pytest

from streams.core import topics
from streams.core.codec import (
    DATA,
    DOOR,
    MAX_BYTES,
    decode,
    decode_data,
    decode_outgoing,
    encode_json,
    encode_structured,
)
from streams.core.events import GridworkerReport
from streams.core.record import Headers
from streams.core.refusal import Reason, Refused
from tests.schemas.wire import AT, KIND, REPORT, STRUCTURED, good, record, refusal


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (good(ce_id=b""), Reason.NOT_CLOUDEVENT),
        (good(ce_id=b"x" * 257), Reason.NOT_CLOUDEVENT),
        (good(ce_id=b"\xff"), Reason.NOT_CLOUDEVENT),
        (good(ce_source=b"a\x00b"), Reason.NOT_CLOUDEVENT),
        (good(ce_source="a\x85b".encode()), Reason.NOT_CLOUDEVENT),
        (good(ce_specversion=None), Reason.NOT_CLOUDEVENT),
        ((*good(), ("ce_id", b"GW-2")), Reason.NOT_CLOUDEVENT),
        ((*good(), ("CE_ID", b"GW-2")), Reason.NOT_CLOUDEVENT),
        (good(content_type=b"application/cloudevents+avro"), Reason.NOT_CLOUDEVENT),
        (good(content_type=b"application/xml"), Reason.NOT_JSON),
        (good(ce_time=b"2026-02-14"), Reason.BAD_TIME),
        (good(ce_time=b"1771031520"), Reason.BAD_TIME),
        (good(ce_time=b"0001-01-01T00:00:00+14:00"), Reason.BAD_TIME),
        (good(ce_time=b"9999-12-31T23:59:59-14:00"), Reason.BAD_TIME),
        (good(ce_time=b"2200-01-01T00:00:00+08:00"), None),
        (good(ce_time=b"2199-12-31T23:59:59-00:01"), Reason.BAD_TIME),
        (good(ce_time=b"1970-01-01T00:00:00Z"), None),
        (good(ce_recordedtime=b"soon"), Reason.BAD_TIME),
        (good(ce_recordedtime=b"2026-02-14T09:00:00"), Reason.NO_OFFSET),
        (good(ce_type=b"GRIDLOOP.REPORT.GRIDWORKER.V1"), Reason.UNKNOWN_TYPE),
        (good(content_type=None), None),
        (good(content_type=b"Application/JSON; charset=utf-8"), None),
        (good(content_type=b"application/vnd.gridloop+json"), None),
        (tuple((name.upper(), value) for name, value in good()), None),
        ((*good(), ("ce_traceparent", b"\xff"), ("other", b"\xff")), None),
    ],
)
def test_headers_are_read_leniently_in_form_and_strictly_in_content(
    headers: Headers, reason: Reason | None
) -> None:
    value = encode_json(REPORT)
    if reason is None:
        assert decode_data(decode(record(headers, value))) == REPORT
    else:
        assert refusal(headers, value).reason is reason


def test_a_null_header_counts_as_none() -> None:
    null: Any = None
    headers = tuple((name, null if name == "ce_id" else value) for name, value in good())
    assert refusal(headers, encode_json(REPORT)).reason is Reason.NOT_CLOUDEVENT


def test_headers_of_a_structured_event_say_nothing_about_it() -> None:
    headers = (*STRUCTURED, ("ce_id", b"other"), ("ce_type", b"other"))
    envelope = decode(record(headers, encode_structured(KIND, "/a", "1", AT, REPORT)))
    assert (envelope.id, envelope.type) == ("1", KIND)


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    value = encode_json(REPORT)[:-1] + ',"text":"后来的"}'.encode()
    read = decode_data(decode(record(good(), value)))
    assert isinstance(read, GridworkerReport)
    assert read.text == "后来的"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": ...}, Reason.INVALID),
        ({"data": None}, Reason.INVALID),
        ({"data_base64": "e30="}, Reason.NOT_CLOUDEVENT),
        ({"data": ..., "data_base64": "***"}, Reason.NOT_JSON),
        ({"data": ..., "data_base64": "é"}, Reason.NOT_JSON),
        ({"data": ..., "data_base64": "e30="}, Reason.INVALID),
        ({"id": 5}, Reason.NOT_CLOUDEVENT),
        ({"time": ...}, Reason.NOT_CLOUDEVENT),
        ({"time": None}, Reason.NOT_CLOUDEVENT),
        ({"specversion": "1.1"}, Reason.NOT_CLOUDEVENT),
        ({"datacontenttype": "text/plain"}, Reason.NOT_JSON),
        ({"recordedtime": "2026-02-14T09:00:00"}, Reason.NO_OFFSET),
    ],
)
def test_a_structured_event_is_held_to_the_same(change: dict[str, Any], reason: Reason) -> None:
    event = json.loads(encode_structured(KIND, "/a", "1", AT, REPORT)) | change
    value = json.dumps({name: v for name, v in event.items() if v is not ...}).encode()
    assert refusal(STRUCTURED, value).reason is reason
    assert refusal((), value).reason is reason


@pytest.mark.parametrize("value", [b"[]", b"5", b'"x"', b"{}", b"null"])
def test_json_without_envelope_and_headers_is_no_event(value: bytes) -> None:
    assert refusal((), value).reason is Reason.NOT_CLOUDEVENT


def test_a_megabyte_is_taken_and_a_byte_more_is_not() -> None:
    value = encode_json(REPORT)
    fits = value + b" " * (MAX_BYTES - len(value))
    assert decode_data(decode(record(good(), fits))) == REPORT
    assert refusal(good(), fits + b" ").reason is Reason.TOO_LARGE


@pytest.mark.parametrize("kind", DATA)
def test_each_type_comes_in_by_its_own_door_only(kind: str) -> None:
    headers = good(ce_type=kind.encode())
    for door in topics.DOORS:
        if door is DOOR[kind]:
            assert decode(record(headers, b"{}", door.name)).type == kind
        else:
            assert refusal(headers, b"{}", door.name).reason is Reason.UNKNOWN_TYPE
    assert decode(record(headers, b"{}", "somewhere.else")).type == kind


def test_what_goes_out_does_not_come_in_and_the_other_way_round() -> None:
    assert refusal(good(ce_type=b"gridloop.fact.v1"), b"{}").reason is Reason.UNKNOWN_TYPE
    with pytest.raises(Refused, match="unknown_type"):
        decode_outgoing(decode(record(good(), b"{}")))


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b'{"reporter_kind":"13800000000"}', "Invalid enum value - at `$.reporter_kind`"),
        (
            b'{"reporter_kind":"x\' - at `$.zhang_san`"}',
            "Invalid enum value - at `$.reporter_kind`",
        ),
        ('{"张某某13800000000":1}'.encode(), "Object contains unknown field"),
        (b'{"mood":1}', "Object contains unknown field `mood`"),
        (b'{"point":{"mood":1}}', "Object contains unknown field `mood` - at `$.point`"),
        (b'{"recorded_at":"13800000000"}', "Invalid RFC3339 encoded datetime - at `$.recorded_at`"),
        (b'{"place":"13800 000000"}', None),
        (b'{"point":{"lat":138000}}', "Expected `float` <= 90.0 - at `$.point.lat`"),
        ('{"text":"张某某'.encode(), None),
        ('{"text":"张某某"} 13800000000'.encode(), None),
    ],
)
def test_a_detail_names_the_path_and_never_a_value(value: bytes, detail: str | None) -> None:
    refused = refusal(good(), value)
    assert "13800" not in str(refused)
    assert "张" not in str(refused)
    if detail is not None:
        assert refused.detail == detail


def test_what_breaks_the_schema_first_and_json_later_is_no_json() -> None:
    assert refusal(good(), b'{"place":5,"text":').reason is Reason.NOT_JSON


@pytest.mark.parametrize(
    "value",
    [
        b'{"a":"' + b'\\"' * 500_000,
        b'"' + b'\\"' * 500_000 + b"[" * 70,
        b"[" * MAX_BYTES,
        b"[]" * (MAX_BYTES // 2),
        b'{"a":' * 200_000,
        b'"' * (MAX_BYTES - 100) + b"[" * 100,
        b"\\" * (MAX_BYTES - 100) + b"[" * 100,
        b'{"specversion":' + b"9" * 1_000_000 + b"}",
    ],
    ids=range(8),
)
def test_a_megabyte_of_malice_is_refused_within_seconds(value: bytes) -> None:
    begun = stopwatch.perf_counter()
    for headers in ((), good(), STRUCTURED):
        reason = refusal(headers, value).reason
        assert reason in (Reason.NOT_JSON, Reason.INVALID, Reason.NOT_CLOUDEVENT)
    assert stopwatch.perf_counter() - begun < 5
