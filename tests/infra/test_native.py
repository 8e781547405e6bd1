"""What other clients than our own expect of the native protocol; found with clickhouse-go."""

import pytest
from backports import zstd
from clickhouse_driver import Client

from infra.embedded import native_packing
from infra.embedded.native_tape import tape_of

RAW = "网格".encode() * 1_000


@pytest.mark.engine
def test_the_revision_is_one_at_which_every_client_writes_settings_as_text(client: Client) -> None:
    """clickhouse-go writes numbers up to 54429, and with 54441 packets get further fields."""
    client.execute("SELECT 1")
    assert 54_429 < client.connection.server_info.revision < 54_441


def packed_by_zstd(raw: bytes, plain: int) -> bytes:
    """A block as a client with ZSTD sends it, which claims to have so many bytes."""
    data = zstd.compress(raw)
    size = (native_packing._HEAD + len(data)).to_bytes(4, "little")
    sealed = bytes((native_packing._ZSTD,)) + size + plain.to_bytes(4, "little") + data
    return native_packing._sum(sealed) + sealed


def test_blocks_packed_by_zstd_are_read() -> None:
    assert native_packing.unpack(tape_of(packed_by_zstd(RAW, len(RAW))).read) == RAW


@pytest.mark.parametrize("plain", [0, 10, len(RAW) + 1])
def test_a_zstd_block_has_as_many_bytes_as_it_claims(plain: int) -> None:
    """What is larger is not unpacked: a few bytes could fill the memory."""
    with pytest.raises(native_packing.BadPacking, match="claims"):
        native_packing.unpack(tape_of(packed_by_zstd(RAW, plain)).read)
