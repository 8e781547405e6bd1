"""Whatever arrives, the codec answers with a noun or with a Refused, and with nothing else."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streams.core import topics
from streams.core.codec import DATA, Envelope, decode, decode_data, decode_outgoing
from streams.core.contracts import names, schema
from streams.core.record import Headers, Record
from streams.core.refusal import Reason, Refused
from tests.schemas.examples import ALL, GOOD

FUZZ = settings(deadline=None, max_examples=150)
VALIDATORS = {
    f"gridloop.{name}.v1": jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True)
    for name in names()
}
GIVEN = [example.record() for example in ALL]
COMING_IN = [e for e in GOOD if e.document["headers"].get("ce_type") in DATA]

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**17, 10**30),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "2026-02-14T09:00:00Z", "2026-02-14T09:00:00", "9999-12-31T23:59:59Z"]),
    st.sampled_from(["dong guan", "a\x00b", "\ud800", "　", "x" * 70]),
)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
header_names = st.one_of(
    st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "content-type"]),
    st.sampled_from(["ce_recordedtime", "CE_ID", "Content-Type", "ce_"]),
    st.text(max_size=10),
)
header_values = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"1.0", b"application/json", b"application/cloudevents+json", b"text/plain"]),
    st.sampled_from([kind.encode() for kind in VALIDATORS]),
    st.sampled_from(
        [b"2026-02-14T09:00:00Z", b"2026-02-14T09:00:00", b"0001-01-01T00:00:00+23:59"]
    ),
)
doors = st.sampled_from([*[door.name for door in topics.DOORS], "elsewhere"])


def answer(record: Record) -> Envelope | Reason:
    """The envelope, its data decoded too, or the reason of a refusal; any other end fails."""
    try:
        envelope = decode(record)
        decode_data(envelope) if envelope.type in DATA else decode_outgoing(envelope)
    except Refused as refused:
        return refused.reason
    return envelope


@FUZZ
@given(
    headers=st.lists(st.tuples(header_names, header_values), max_size=8),
    value=st.one_of(st.none(), st.binary(max_size=200), anything.map(json.dumps).map(str.encode)),
    topic=doors,
)
def test_arbitrary_records_are_answered(headers: Headers, value: bytes | None, topic: str) -> None:
    answer(Record(topic, 0, 0, 0, None, value, headers))


@st.composite
def damaged(draw: st.DrawFn) -> Record:
    """An example with some bytes of its value or of a header cut, replaced or put in."""
    record = draw(st.sampled_from(GIVEN))
    value, headers = record.value or b"", list(record.headers)
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(value)))
        gone = draw(st.integers(0, 5))
        value = value[:where] + draw(st.binary(max_size=4)) + value[where + gone :]
    spoilt = draw(st.booleans())
    if spoilt and headers:
        at = draw(st.integers(0, len(headers) - 1))
        name = headers[at][0] if draw(st.booleans()) else "x"
        headers[at] = (name, draw(header_values))
    return Record(record.topic, 0, 0, 0, None, value, tuple(headers))


@FUZZ
@given(record=damaged())
def test_damaged_examples_are_answered_and_twice_the_same(record: Record) -> None:
    first = answer(record)
    assert answer(record) == first


@st.composite
def replaced(draw: st.DrawFn) -> tuple[str, Headers, Any]:
    """A good example's headers and data, with one value inside the data replaced or removed."""
    example = draw(st.sampled_from(COMING_IN))
    data = json.loads(example.value() or b"")
    target, key = data, draw(st.sampled_from(sorted(data)))
    while isinstance(target[key], dict) and target[key] and draw(st.booleans()):
        target, key = target[key], draw(st.sampled_from(sorted(target[key])))
    if draw(st.booleans()):
        target[key] = draw(anything)
    elif draw(st.booleans()):
        del target[key]
    else:
        target[draw(st.text(max_size=5))] = draw(leaves)
    return example.document["topic"], example.record().headers, data


# Python and JSON Schema disagree on whether a byte order mark is a blank.
DISPUTED = re.compile(r"\ufeff")


def disputed(part: Any) -> bool:
    """True where the two may differ by right; 1.0 is an integer to JSON Schema, but not to us."""
    if isinstance(part, dict):
        return any(map(disputed, part.values()))
    if isinstance(part, list):
        return any(map(disputed, part))
    if isinstance(part, float):
        return part.is_integer()
    return isinstance(part, str) and DISPUTED.search(part) is not None


@FUZZ
@given(drawn=replaced())
def test_codec_and_published_schema_take_the_same_data(drawn: tuple[str, Headers, Any]) -> None:
    """So nobody who checks against the contract is told other than the door would tell.

    What a schema cannot say is the reader's own: the range of an instant, and lone surrogates.
    """
    topic, headers, data = drawn
    assume(not disputed(data))
    value = json.dumps(data).encode()
    told = answer(Record(topic, 0, 0, 0, None, value, headers))
    if told not in (Reason.BAD_TIME, Reason.NOT_JSON):
        validator = VALIDATORS[dict(headers)["ce_type"].decode()]
        assert validator.is_valid(json.loads(value)) == isinstance(told, Envelope)


@pytest.mark.parametrize("depth", [60, 70, 5_000, 100_000])
def test_depth_is_answered_alike_wherever_the_stack_stands(depth: int) -> None:
    reference = next(e for e in GOOD if e.id == "reference/good-limits").record()
    deep = b'{"place":"p","kind":"limits","version":"1","valid_from":"2026-01-01T00:00:00Z","body":'
    value = deep + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    told = answer(Record(reference.topic, 0, 0, 0, None, value, reference.headers))
    assert isinstance(told, Envelope) == (depth < 63)
    if depth >= 63:
        assert told is Reason.INVALID
