"""The examples: good ones pass the codec and the schema, bad ones are refused for their reason."""

import json
import re
from collections import Counter

import jsonschema_rs
import pytest

from streams.core.codec import DATA, Envelope, decode, decode_data, decode_outgoing, encode_json
from streams.core.contracts import names, schema
from streams.core.refusal import Refused
from tests.schemas.examples import ALL, BAD, GOOD, Example

VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True)
    for name in names()
}


def carried(envelope: Envelope) -> object:
    return decode_data(envelope) if envelope.type in DATA else decode_outgoing(envelope)


@pytest.mark.parametrize("example", GOOD, ids=lambda example: example.id)
def test_a_good_example_passes_the_codec_and_its_schema(example: Example) -> None:
    envelope = decode(example.record())
    assert envelope.type == f"gridloop.{example.contract}.v1"
    assert isinstance(carried(envelope), names()[example.contract])
    VALIDATORS[example.contract].validate(json.loads(envelope.data))


@pytest.mark.parametrize("example", GOOD, ids=lambda example: example.id)
def test_what_was_decoded_encodes_to_something_that_its_schema_takes(example: Example) -> None:
    noun = carried(decode(example.record()))
    VALIDATORS[example.contract].validate(json.loads(encode_json(noun)))


@pytest.mark.parametrize("example", BAD, ids=lambda example: example.id)
def test_a_bad_example_is_refused_for_exactly_the_reason_in_its_name(example: Example) -> None:
    with pytest.raises(Refused) as refused:
        carried(decode(example.record()))
    assert refused.value.reason.value == example.reason
    assert refused.value.detail


def faulty(example: Example) -> Envelope | None:
    """The envelope of a bad example, where a schema of its data could see the fault."""
    try:
        envelope = decode(example.record())
    except Refused:
        return None
    visible = example.reason in ("invalid", "no_offset") and b"[" * 65 not in envelope.data
    return envelope if visible else None


@pytest.mark.parametrize("example", [e for e in BAD if faulty(e)], ids=lambda example: example.id)
def test_where_the_data_are_at_fault_the_schema_says_so_too(example: Example) -> None:
    """But for depth, which is a bound of the reader that no schema can say."""
    envelope = faulty(example)
    assert envelope is not None
    assert not VALIDATORS[example.contract].is_valid(json.loads(envelope.data))


@pytest.mark.parametrize("name", names())
def test_each_contract_has_examples_of_both_modes_and_of_several_faults(name: str) -> None:
    good = [example for example in GOOD if example.contract == name]
    bad = [example for example in BAD if example.contract == name]
    modes = {"specversion" in (example.document["value"] or {}) for example in good}
    assert len(good) >= 3
    assert modes == {True, False}
    assert len(bad) >= 5
    assert len({example.reason for example in bad}) >= 4


def test_the_examples_tell_apart_every_reason_that_the_codec_can_give() -> None:
    """But too_large: a megabyte of example helps nobody, see test_codec."""
    reasons = Counter(example.reason for example in BAD)
    assert set(reasons) == {
        *("empty", "not_cloudevent", "not_json", "unknown_type"),
        *("invalid", "no_offset", "bad_time"),
    }


def test_no_example_holds_a_real_persons_data() -> None:
    texts = [json.dumps(example.document, ensure_ascii=False) for example in ALL]
    assert {phone for text in texts for phone in re.findall(r"(?<!\d)1\d{10}(?!\d)", text)} == {
        "13800000000"
    }
    assert not [text for text in texts if re.search(r"(?<![\da-f])\d{17}[\dX](?![\da-f])", text)]
    names = {name for text in texts for name in re.findall(r'"name": "([^"]+)"', text)}
    assert names == {"张某某"}
