"""Files spoiled at random: bytes turned, taken out, put in, doubled, cut off."""

from pathlib import Path
from random import Random  # noqa: TID251 - seeded, it repeats itself
from zipfile import ZIP_DEFLATED, ZipFile

PIECES = (
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b"{",
    b"[",
    b"<",
    b"&",
    b"9" * 12,
    b"T99999999999",
)


def spoiled(data: bytes, rng: Random) -> bytes:
    """A copy with one to four faults."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, end = sorted((rng.randrange(len(found) + 1), rng.randrange(len(found) + 1)))
        end = min(end, at + rng.choice((1, 8, 400)))
        kind = rng.randrange(5)
        if kind == 0:
            found[at:end] = rng.randbytes(end - at)
        elif kind == 1:
            del found[at:end]
        elif kind == 2:
            found[at:at] = rng.choice(PIECES)
        elif kind == 3:
            found[at:at] = found[at:end] * rng.randint(1, 3)
        else:
            del found[at if rng.random() < 0.2 else len(found) :]
    return bytes(found)


def spoil(path: Path, into: Path, rng: Random) -> Path:
    """Spoil a file; of a workbook more often a part inside it, so that the rest can be opened."""
    if path.suffix != ".xlsx" or rng.random() < 0.2:
        into.write_bytes(spoiled(path.read_bytes(), rng))
        return into
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = rng.choice([*parts, *["xl/worksheets/sheet1.xml"] * len(parts)])
    parts[name] = spoiled(parts[name], rng)
    with ZipFile(into, "w", ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return into
