"""Sealing: original bytes of refused input are kept encrypted (AES-GCM), readable with our key."""

import hmac
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streams.core.prepared import prepared
from streams.core.record import Headers, Record

NONCE_BYTES = 12


class CannotOpen(Exception):
    """These bytes were sealed with another key, or were changed since."""


class Original(msgspec.Struct, frozen=True, array_like=True):
    """A record as its sender wrote it."""

    key: bytes | None
    headers: Headers
    value: bytes | None


prepared(Original)


class Seal:
    """Seals and opens with one key of 32 bytes.

    The nonce derives from the content, so that a repeated chunk seals to the same bytes; two
    different contents never share one in practice, and equal contents may look equal.
    """

    def __init__(self, key: bytes) -> None:
        self._aes = AESGCM(hmac.digest(key, b"gridloop seal", sha256))
        self._nonce_key = hmac.digest(key, b"gridloop nonce", sha256)

    def close(self, record: Record) -> bytes:
        """The record's key, headers and value, sealed."""
        plain = msgspec.msgpack.encode(Original(record.key, record.headers, record.value))
        nonce = hmac.digest(self._nonce_key, plain, sha256)[:NONCE_BYTES]
        return nonce + self._aes.encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> Original:
        """What was sealed. Raises CannotOpen with another key or changed bytes."""
        try:
            plain = self._aes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError) as why:
            raise CannotOpen("sealed with another key, or changed since") from why
        return msgspec.msgpack.decode(plain, type=Original)
