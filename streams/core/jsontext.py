"""JSON from strangers: one value in UTF-8, not nested too deep, of the right type, or Refused."""

import re
from typing import TypeVar

import msgspec

from streams.core.refusal import Reason, Refused

MAX_DEPTH = 64
"""The deepest nesting that is taken: far below what any stack bears."""

T = TypeVar("T")

_SYNTAX = msgspec.json.Decoder(msgspec.Raw)
# Possessive, and content with a string that never ends: else a megabyte of quotes takes hours.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_PATH = re.compile(r" - at `[$a-zA-Z0-9_.\[\]]*`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `([a-z_]{1,32})`")


def read_json(decoder: msgspec.json.Decoder[T], value: bytes, broken: Reason) -> T:
    """The value as the decoder's type.

    Refused as not_json, as no_offset, or as `broken` where it is JSON but not of that type; the
    detail names the path and never a value.
    """
    check_text(value)
    try:
        return decoder.decode(value)
    except msgspec.ValidationError as error:
        _check_syntax(value)
        raise _refused(str(error), broken) from None
    except msgspec.DecodeError as error:
        raise Refused(Reason.NOT_JSON, str(error)) from None


def check_text(value: bytes) -> None:
    """Refused unless the bytes are UTF-8 and nest at most MAX_DEPTH deep."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_JSON, f"not UTF-8 (byte {error.start})") from None
    if value.count(b"{") + value.count(b"[") > MAX_DEPTH:
        _check_depth(value)


def _check_depth(value: bytes) -> None:
    depth = 0
    for bracket in _STRING.sub(b"", value).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Refused(Reason.INVALID, f"nested more than {MAX_DEPTH} deep")


def _check_syntax(value: bytes) -> None:
    # The typed decoder stops at the first wrong type; what follows may not even be JSON.
    try:
        _SYNTAX.decode(value)
    except msgspec.DecodeError as error:
        raise Refused(Reason.NOT_JSON, str(error)) from None


def _refused(message: str, broken: Reason) -> Refused:
    path = found[0] if (found := _PATH.search(message)) else ""
    if message.startswith("Expected `datetime` with a timezone"):
        return Refused(Reason.NO_OFFSET, f"a time without an offset from UTC{path}")
    if message.startswith("Invalid enum value"):
        return Refused(broken, f"Invalid enum value{path}")
    if message.startswith("Object contains unknown field"):
        name = f" `{known[1]}`" if (known := _UNKNOWN.match(message)) else ""
        return Refused(broken, f"Object contains unknown field{name}{path}")
    return Refused(broken, message)
