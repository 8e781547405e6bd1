"""Random and mutated records for the real topics: the same seed makes the same ones."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251 - seeded, it repeats itself
from typing import Any

from streams.core.record import Headers
from streams.core.topics import DOORS
from tests.schemas.examples import GOOD

DOOR_NAMES = tuple(topic.name for topic in DOORS)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 2**70, 1e308, "", " ", "\x00", "\x7f", "😀" * 40, "x" * 9_000, "\ud800"),
    *([], {}, [[[]]], {"a": {"b": []}}, ["x"] * 500, "2026-02-30T00:00:00+08:00", "NaN", "１２"),
)
MOST_BYTES = 900_000
"""What our own publisher takes in one record is little more."""

TIMES = (b"2026-02-14", b"2026-02-14T08:00:00", b"yesterday", b"0001-01-01T00:00:00Z", b"\xff\xfe")


@dataclass(frozen=True)
class Mutant:
    """One record to be written to a topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


def mutants(count: int, seed: int, place: str) -> Iterator[Mutant]:
    """So many records; whatever of them is good is about this place, and no other."""
    rng = Random(seed)
    seeds = list(_seeds(place))
    for number in range(count):
        mutant = seeds[int(rng.random() * len(seeds))]
        if rng.random() < 0.85:
            mutant = _renamed(mutant, f"M{seed}-{number}")
        for _ in range(int(rng.random() * 3)):
            mutant = WAYS[int(rng.random() * len(WAYS))](mutant, rng)
        key = _some_bytes(rng, 12) if rng.random() < 0.5 else None
        yield replace(mutant, key=key, value=mutant.value and mutant.value[:MOST_BYTES])


def _seeds(place: str) -> Iterator[Mutant]:
    """The good examples of what comes in by a door, moved to the place."""
    for example in GOOD:
        record = example.record()
        if record.topic in DOOR_NAMES and b"data_base64" not in (record.value or b""):
            value = (record.value or b"").replace(b"dongguan", place.encode())
            headers = tuple((k, v.replace(b"dongguan", place.encode())) for k, v in record.headers)
            yield Mutant(record.topic, None, value, headers)


def _renamed(mutant: Mutant, name: str) -> Mutant:
    """Another identity, so that it is not refused for that of the example."""
    if any(header == "ce_id" for header, _ in mutant.headers):
        pairs = ((k, name.encode() if k == "ce_id" else v) for k, v in mutant.headers)
        return replace(mutant, headers=tuple(pairs))
    document = json.loads(mutant.value or b"{}")
    return replace(mutant, value=_dumped(document | {"id": name}))


def _dumped(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode(errors="surrogatepass")


def _some_bytes(rng: Random, most: int) -> bytes:
    return bytes(int(rng.random() * 256) for _ in range(1 + int(rng.random() * most)))


# --- ways to spoil a record ---------------------------------------------------------------------


def _at(mutant: Mutant, rng: Random) -> tuple[bytes, bytes]:
    value = mutant.value or b""
    at = int(rng.random() * (len(value) + 1))
    return value[:at], value[at:]


def _flip(mutant: Mutant, rng: Random) -> Mutant:
    head, tail = _at(mutant, rng)
    return replace(mutant, value=head + _some_bytes(rng, 1) + tail[1:])


def _cut(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=_at(mutant, rng)[0])


def _insert(mutant: Mutant, rng: Random) -> Mutant:
    head, tail = _at(mutant, rng)
    return replace(mutant, value=head + _some_bytes(rng, 40) + tail)


def _twice(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=(mutant.value or b"") * 2)


def _noise(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=_some_bytes(rng, 400))


def _nothing(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=None if rng.random() < 0.5 else b"")


def _deep(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=b'{"place":' * int(rng.random() * 9_000))


def _large(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, value=(mutant.value or b"") + b" " * int(rng.random() * 600_000))


def _field(mutant: Mutant, rng: Random) -> Mutant:
    """One field, somewhere in the document, is gone, odd, or one too many."""
    try:
        document = json.loads(mutant.value or b"{}")
    except (ValueError, RecursionError):
        return mutant
    inside = document
    while isinstance(inside, dict) and inside:
        name = list(inside)[int(rng.random() * len(inside))]
        if isinstance(inside[name], dict) and rng.random() < 0.7:
            inside = inside[name]
            continue
        kind = rng.random()
        if kind < 0.2:
            del inside[name]
        elif kind < 0.3:
            inside[f"{name}s"] = inside[name]
        else:
            inside[name] = ODD[int(rng.random() * len(ODD))]
        break
    return replace(mutant, value=_dumped(document))


def _door(mutant: Mutant, rng: Random) -> Mutant:
    return replace(mutant, topic=DOOR_NAMES[int(rng.random() * len(DOOR_NAMES))])


def _header(mutant: Mutant, rng: Random) -> Mutant:
    """One header is gone, comes twice, or says something else; or a strange one comes along."""
    headers = list(mutant.headers)
    if not headers or rng.random() < 0.15:
        return replace(mutant, headers=(*headers, ("ce_odd", _some_bytes(rng, 30))))
    at = int(rng.random() * len(headers))
    name, value = headers[at]
    kind = rng.random()
    if kind < 0.3:
        del headers[at]
    elif kind < 0.5:
        headers.insert(at, (name, value))
    elif name == "ce_time":
        headers[at] = (name, TIMES[int(rng.random() * len(TIMES))])
    else:
        headers[at] = (name, _some_bytes(rng, 60))
    return replace(mutant, headers=tuple(headers))


WAYS: tuple[Callable[[Mutant, Random], Mutant], ...] = (
    *(_flip, _flip, _cut, _insert, _twice, _noise, _nothing, _deep, _large),
    *(_field, _field, _field, _field, _door, _header, _header, _header),
)
