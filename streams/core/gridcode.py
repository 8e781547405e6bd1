"""The 20-digit codes of CJ/T 349-2010: an object's class, and where it is, down to the grid."""

import unicodedata

import msgspec

_REGIONS = {
    "1": "12345",
    "2": "123",
    "3": "1234567",
    "4": "123456",
    "5": "01234",
    "6": "12345",
    "7": "1",
    "8": "12",
}
PROVINCES = frozenset(first + second for first, those in _REGIONS.items() for second in those)
"""The first two digits of GB/T 2260."""

LENGTH = 20


class BadGridCode(ValueError):
    """Not a code of CJ/T 349; the message names the part that is wrong."""


class GridCode(msgspec.Struct, frozen=True):
    """网格编码 · 6 digits of the object's class (zeros: the grid itself), 6 of the county
    (GB/T 2260), 3 of the street (GB/T 10114), 3 of the community, 2 of the grid."""

    subject: str
    county: str
    street: str
    community: str
    grid: str

    @property
    def place_code(self) -> str:
        """Where it is, without what it is: 14 digits."""
        return self.county + self.street + self.community + self.grid

    def areas(self) -> tuple[str, ...]:
        """The codes by which an area that holds it may be known, the smallest first: its grid's,
        its community's and its street's in 14, 12 and 9 digits, then its county's in 6."""
        whole = self.place_code
        return tuple(whole[:length] for length in (14, 12, 9, 6))


def parse(text: str) -> GridCode:
    """Read and check a code, also in full-width digits. Raises BadGridCode."""
    code = unicodedata.normalize("NFKC", text).strip()
    if not (code.isascii() and code.isdigit()):
        raise BadGridCode(f"网格编码只有数字 · a grid code has digits only: {text!r}")
    if len(code) != LENGTH:
        raise BadGridCode(f"网格编码为 20 位 · a grid code has 20 digits: {text!r} has {len(code)}")
    found = GridCode(code[:6], code[6:12], code[12:15], code[15:18], code[18:])
    if found.county[:2] not in PROVINCES:
        raise BadGridCode(f"无此行政区划 · no such province: {found.county[:2]} in {text!r}")
    if found.county[2:] == "0000":
        raise BadGridCode(f"省级不设网格 · a province is no county: {found.county} in {text!r}")
    for name, part in (("街道 street", found.street), ("社区 community", found.community)):
        if not int(part):
            raise BadGridCode(f"{name} 为零 · is zero in {text!r}")
    if not int(found.grid):
        raise BadGridCode(f"网格 grid 为零 · is zero in {text!r}")
    return found
