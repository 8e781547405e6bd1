"""The codec: both modes alike, at one with the CloudEvents library, and quick."""

import hashlib
import json
import time as stopwatch
from datetime import UTC
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from streams.core.cloudevent import JsonBytes
from streams.core.codec import (
    DATA,
    Envelope,
    decode,
    decode_accepted,
    decode_data,
    decode_outgoing,
    encode_binary,
    encode_json,
    encode_structured,
)
from streams.core.accepted import AcceptedAct, AcceptedReport, Origin, ReferenceChange
from streams.core.events import Act, ActKind, ImportRow, Reference, ReferenceKind, RowStatus, TicketRef
from tests.schemas.examples import GOOD, Example
from tests.schemas.wire import AT, KIND, REPORT, STRUCTURED, record

# --- both modes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("example", GOOD, ids=lambda example: example.id)
def test_both_modes_carry_the_same_event(example: Example) -> None:
    first = decode(example.record())
    noun = decode_data(first) if first.type in DATA else decode_outgoing(first)
    told = (first.type, first.sender, first.id, first.time, noun)
    headers, value = encode_binary(*told, recorded_at=first.recorded_at)
    binary = decode(record(headers, value))
    structured = decode(record(STRUCTURED, encode_structured(*told, recorded_at=first.recorded_at)))
    bare = decode(record((), encode_structured(*told, recorded_at=first.recorded_at)))
    for other in (binary, structured, bare):
        assert msgspec.structs.replace(other, sha256="", data=b"") == msgspec.structs.replace(
            first, sha256="", data=b""
        )
    assert binary.data == structured.data == bare.data == encode_json(noun)


def test_chinese_stays_readable_in_both_modes() -> None:
    _, binary = encode_binary(KIND, "/东莞/网格", "网格-1", AT, REPORT)
    structured = encode_structured(KIND, "/东莞/网格", "网格-1", AT, REPORT)
    assert "路灯不亮，请派人来修" in binary.decode()
    assert '"source":"/东莞/网格"' in structured.decode()
    assert "路灯不亮，请派人来修" in structured.decode()
    assert b"\\u" not in binary + structured
    envelope = decode(record((), structured))
    assert (envelope.sender, envelope.id) == ("/东莞/网格", "网格-1")


def test_the_digest_is_that_of_the_records_value() -> None:
    headers, value = encode_binary(KIND, "/a", "1", AT, REPORT)
    whole = encode_structured(KIND, "/a", "1", AT, REPORT)
    assert decode(record(headers, value)).sha256 == hashlib.sha256(value).hexdigest()
    assert decode(record(STRUCTURED, whole)).sha256 == hashlib.sha256(whole).hexdigest()


def test_instants_are_in_utc_behind_the_door() -> None:
    row = ImportRow(reported_at=AT, status=RowStatus.OPEN, due_at=AT)
    act = Act(place="imported", act=ActKind.IMPORT_ROW, row=row, until=AT, recorded_at=AT)
    headers, value = encode_binary("gridloop.act.v1", "/a", "1", AT, act, recorded_at=AT)
    assert b"+08:00" in value
    envelope = decode(record(headers, value))
    read = decode_data(envelope)
    assert isinstance(read, Act)
    assert read == act
    assert read.row is not None
    for at in (envelope.time, envelope.recorded_at, read.until, read.recorded_at):
        assert at == AT
        assert at.tzinfo is UTC
    for at in (read.row.reported_at, read.row.due_at):
        assert at is not None
        assert at.tzinfo is UTC


@pytest.mark.parametrize("encode", [encode_binary, encode_structured])
def test_a_time_without_an_offset_is_never_written(encode: Any) -> None:
    with pytest.raises(ValueError, match="offset"):
        encode(KIND, "/a", "1", AT.replace(tzinfo=None), REPORT)


# --- at one with the library ----------------------------------------------------------------------


def library_event(recorded: bool) -> CloudEvent:
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "type": KIND,
        "source": "/东莞/网格",
        "id": "网格-1",
        "time": AT,
        "datacontenttype": "application/json",
        "subject": "some-case",
    }
    if recorded:
        attributes["recordedtime"] = "2026-02-14T09:20:00+08:00"
    return CloudEvent(attributes, encode_json(REPORT))


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("write", [to_binary, to_structured])
def test_we_read_what_the_library_writes(write: Any, recorded: bool) -> None:
    message = write(library_event(recorded), JsonBytes())
    envelope = decode(record(tuple(message.headers.items()), message.value))
    assert (envelope.type, envelope.sender, envelope.id) == (KIND, "/东莞/网格", "网格-1")
    assert envelope.time == AT
    assert (envelope.recorded_at is not None) == recorded
    assert decode_data(envelope) == REPORT


@pytest.mark.parametrize("example", GOOD, ids=lambda example: example.id)
def test_the_library_reads_every_good_example_as_we_do(example: Example) -> None:
    given = example.record()
    ours = decode(given)
    value = given.value or b""
    theirs = from_kafka(KafkaMessage(dict(given.headers), None, value), JsonBytes(), CloudEvent)
    assert (theirs.get_type(), theirs.get_source()) == (ours.type, ours.sender)
    assert (theirs.get_id(), theirs.get_time()) == (ours.id, ours.time)
    assert theirs.get_data() == ours.data


def test_the_library_reads_what_we_write_in_its_own_format_too() -> None:
    headers, value = encode_binary(KIND, "/a", "1", AT, REPORT, recorded_at=AT)
    for message in (
        KafkaMessage(dict(headers), None, value),
        KafkaMessage(dict(STRUCTURED), None, encode_structured(KIND, "/a", "1", AT, REPORT)),
    ):
        event = from_kafka(message, JSONFormat(), CloudEvent)
        assert event.get_time() == AT
        assert event.get_data() == json.loads(value)


# --- between our own stages -----------------------------------------------------------------------


def test_every_kind_of_accepted_record_comes_back_as_it_was() -> None:
    origin = Origin("t", 3, 7)
    same: dict[str, Any] = {"sender": "/a", "id": "1", "sha256": "0" * 64, "origin": origin}
    at = AT.astimezone(UTC)
    reference = Reference(
        place="p", kind=ReferenceKind.LIMITS, version="1", valid_from=at, body={"限": [1, None]}
    )
    act = Act(place="p", act=ActKind.SIGN, ticket=TicketRef("/a", "1"))
    for accepted in (
        AcceptedReport(**same, place="p", home="p/a", occurred_at=at, source="hotline", text="字"),
        AcceptedAct(**same, occurred_at=at, act=act),
        ReferenceChange(**same, reference=reference),
    ):
        value = encode_json(accepted)
        assert decode_accepted(value) == accepted
        assert b"\\u" not in value


def test_an_odd_internal_record_is_our_own_fault_and_no_refusal() -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_accepted(b'{"type":"pigeon"}')


def test_a_record_costs_microseconds() -> None:
    """The budget is 100 µs a record on a busy machine; a tenth of it is usual."""
    headers, value = encode_binary(KIND, "/a", "1", AT, REPORT)
    given = record(headers, value)
    runs = []
    for _ in range(5):
        begun = stopwatch.perf_counter()
        for _ in range(200):
            envelope: Envelope = decode(given)
            decode_data(envelope)
        runs.append((stopwatch.perf_counter() - begun) / 200)
    assert min(runs) < 100e-6
