"""The seal: what was refused comes back byte for byte, and only with the key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.record import Record
from streams.wire.seal import CannotOpen, Original, Seal

KEY, OTHER = b"k" * 32, b"o" * 32
headers = st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9)), max_size=4).map(tuple)
records = st.builds(
    lambda key, value, heads: Record("t", 0, 0, 0, key, value, heads),
    st.none() | st.binary(max_size=20),
    st.none() | st.binary(max_size=200),
    headers,
)


@given(records)
def test_what_is_closed_opens_to_the_same_record(record: Record) -> None:
    assert Seal(KEY).open(Seal(KEY).close(record)) == Original(
        record.key, record.headers, record.value
    )


@given(records)
def test_a_repeated_chunk_seals_to_the_same_bytes_and_holds_nothing_in_clear(record) -> None:
    sealed = Seal(KEY).close(record)
    assert sealed == Seal(KEY).close(record)
    assert not record.value or len(record.value) < 8 or record.value not in sealed


def test_another_key_or_a_changed_byte_opens_nothing() -> None:
    sealed = Seal(KEY).close(Record("t", 0, 0, 0, None, "电话 13800000000".encode(), ()))
    with pytest.raises(CannotOpen):
        Seal(OTHER).open(sealed)
    with pytest.raises(CannotOpen):
        Seal(KEY).open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(CannotOpen):
        Seal(KEY).open(b"short")
