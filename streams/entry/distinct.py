"""How many different identities a long file holds: counted on disk, so that memory stays flat."""

import struct
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from heapq import nsmallest
from tempfile import SpooledTemporaryFile

import msgspec

IN_MEMORY = 4 * 1024 * 1024
AT_ONCE = 50_000
"""About how many identities are compared in memory."""
_ENTRY = struct.Struct("<QQ")
_READ = _ENTRY.size * 4096


class Repeats(msgspec.Struct, frozen=True):
    """How many identities come more than once, and the lines of the first of them."""

    count: int
    examples: list[list[int]]


class Distinct:
    """Identities with the lines they stand in. Two are taken for one with odds of one in 2**64,
    which moves a count and nothing else.
    """

    def __init__(self) -> None:
        self._spool = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as this does
        self._entries = 0

    def add(self, identity: str, line: int = 0) -> None:
        """One more of them."""
        self._spool.write(_ENTRY.pack(fingerprint(identity), line))
        self._entries += 1

    def count(self) -> int:
        """How many different ones there are."""
        return sum(len(lines) for lines in self._parts())

    def repeats(self, examples: int) -> Repeats:
        """Those that come more than once; the examples in the order of the file."""
        found, first = 0, list[list[int]]()
        for part in self._parts():
            again = [lines for lines in part.values() if len(lines) > 1]
            found += len(again)
            first = nsmallest(examples, (*first, *(lines[:3] for lines in again)))
        return Repeats(found, first)

    def _parts(self) -> Iterator[dict[int, list[int]]]:
        """The lines by identity; those whose numbers leave the same rest at a time."""
        parts = 1 + self._entries // AT_ONCE
        for part in range(parts):
            lines = defaultdict[int, list[int]](list)
            self._spool.seek(0)
            while block := self._spool.read(_READ):
                for number, line in _ENTRY.iter_unpack(block):
                    if number % parts == part:
                        lines[number].append(line)
            yield lines


class Known:
    """A set of identities in 8 bytes each: one that is not in it is taken for one that is with
    odds of its size in 2**64.
    """

    def __init__(self, identities: Iterable[str] = ()) -> None:
        found = array("Q", map(fingerprint, identities))
        self._numbers = array("Q", sorted(found))

    def __contains__(self, identity: object) -> bool:
        number = fingerprint(str(identity))
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number


def fingerprint(identity: str) -> int:
    """64 bits of an identity."""
    return int.from_bytes(blake2b(identity.encode(), digest_size=8).digest(), "little")
