"""Personal data at the door: names, phones and ID numbers become keyed tokens."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

from streams.core.events import Requester
from streams.core.personal import ID, PHONE, PLATE, RUN, Found, as_id_number, as_phone, numbers_in

TOKEN_BYTES = 8
LABEL_LETTERS = 6
"""How many letters of a token stand in a text: enough to see that two mentions are one."""

_LABEL = re.compile(r"(〔[^〔〕]*〕)")


class Tokeniser:
    """Tokens under one key (16 to 64 bytes): the same person always gets the same token.

    Without the key a token cannot be traced back by trying all phone numbers. Immutable.
    """

    __slots__ = ("_hash",)

    def __init__(self, key: bytes) -> None:
        """ValueError where the key is too short to be secret, or too long."""
        if not 16 <= len(key) <= 64:
            raise ValueError(f"a token key has 16 to 64 bytes, not {len(key)}")
        self._hash = blake2b(key=key, digest_size=TOKEN_BYTES)

    def requester(self, who: Requester) -> str | None:
        """The token of who asked, 16 hex digits: by phone, else ID number, else name; or None.

        A phone decides first, since most reports of one person have it and nothing else.
        """
        phone = as_phone(who.phone or "")
        if phone:
            return self._token("phone", phone)
        number = as_id_number(who.id_number or "")
        if number:
            return self._token("id", number)
        name = _as_name(who.name or "")
        return self._token("name", name) if name else None

    def scrub(self, text: str, who: Requester | None = None) -> str:
        """The text with mainland phone and ID numbers, plates and the requester's own data masked.

        Numbers are found in full width, and with spaces, hyphens or dots between their digits;
        codes of areas, grids and cases stay.
        """
        own = _own_numbers(who) if who is not None else {}
        # Again as long as one is found: what is taken away may have hidden the one beside it.
        while (masked := self._masked(text, own)) != text:
            text = masked
        return self._without_name(text, who.name) if who is not None and who.name else text

    def _masked(self, text: str, own: dict[str, tuple[str, str]]) -> str:
        if RUN.search(text) is not None:
            text = self._replaced(text, numbers_in(text, own))
        return PLATE.sub(lambda plate: self._label("plate", "车牌", _as_plate(plate[0])), text)

    def _replaced(self, text: str, found: Sequence[Found]) -> str:
        parts, end = [], 0
        for one in found:
            parts += [text[end : one.start], self._label(one.kind, one.zh, one.value)]
            end = one.end
        return "".join([*parts, text[end:]])

    def _without_name(self, text: str, name: str) -> str:
        token = self._label("name", "姓名", _as_name(name))
        # A single letter is no name to look for: it would be found inside other words.
        for spelling in dict.fromkeys((name.strip(), _as_name(name), "".join(name.split()))):
            if len(spelling) > 1:
                parts = _LABEL.split(text)
                parts[::2] = [part.replace(spelling, token) for part in parts[::2]]
                text = "".join(parts)
        return text

    def _label(self, kind: str, zh: str, value: str) -> str:
        return f"〔{zh}:{self._token(kind, value)[:LABEL_LETTERS]}〕"

    def _token(self, kind: str, value: str) -> str:
        digest = self._hash.copy()
        digest.update(f"{kind}\0{value}".encode())
        return digest.hexdigest()


def _own_numbers(who: Requester) -> dict[str, tuple[str, str]]:
    """The requester's own numbers, whatever their shape: found in a text, they are masked too."""
    own = {}
    if who.phone:
        own[as_phone(who.phone)] = PHONE
    if who.id_number:
        own[as_id_number(who.id_number)] = ID
    return {number: kind for number, kind in own.items() if len(number) >= 7}


def _as_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _as_plate(plate: str) -> str:
    normal = unicodedata.normalize("NFKC", plate).upper()
    return "".join(letter for letter in normal if letter.isalnum())
