"""Where a case lives: its home, its id, and the key under which its ticket travels."""

from hashlib import blake2b

IMPORT_HOMES = 64
"""Over how many homes a place's imported tickets are spread."""


def _digest(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=8).digest()


def area_home(place: str, area: str) -> str:
    """The home of a case that was first accepted in this area (community or village)."""
    return f"{place}/{area}"


def import_home(place: str, ticket: str) -> str:
    """The home of an imported ticket: `<place>/import-NN`, NN = hash(ticket) mod 64, two digits."""
    number = int.from_bytes(_digest(ticket)) % IMPORT_HOMES
    return f"{place}/import-{number:02d}"


def case_id(home: str, sender: str, id: str) -> str:
    """home + "/" + 16 hex digits of its seed report's identity: the same in every replay."""
    return f"{home}/{_digest(sender, id).hex()}"


def home_of(case: str) -> str | None:
    """The home that a case id holds, or None where no home of ours could have issued it."""
    home, slash, digest = case.rpartition("/")
    shaped = (
        slash and "/" in home and len(digest) == 16 and not set(digest) - set("0123456789abcdef")
    )
    return home if shaped else None


def ticket_key(sender: str, id: str) -> bytes:
    """What keys a report and the acts on it: sender NUL id, so that they meet in one partition."""
    return f"{sender}\0{id}".encode()
