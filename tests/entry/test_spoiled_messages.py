"""Spoiled messages by the thousand through each adapter and decoder: read, or refused with why."""

from collections import Counter
from collections.abc import Callable
from random import Random  # noqa: TID251 - seeded, it repeats itself
from time import monotonic

import pytest

from streams.core.codec import DATA
from streams.core.refusal import Refused
from streams.entry.adapters.arrival import Arrival
from streams.entry.adapters.cloudevents import BATCH, BatchRefused, events
from tests.entry.spoiled import spoiled
from tests.entry.upstreams import ADAPTERS, messages
from tests.schemas.examples import ALL, Example

Decode = Callable[[bytes], list[Arrival]]

STRUCTURED = b"application/cloudevents+json"
END = b"\r\n\r\n"
PATIENCE_S = 5.0


def _comes_in(example: Example) -> bool:
    return example.document["headers"].get("ce_type") in DATA


BINARY = [one for one in ALL if _comes_in(one) and one.value()]
WHOLE = [v for one in ALL if "specversion" in (v := one.value() or b"").decode("utf-8", "replace")]


def written(example: Example) -> bytes:
    """An example in binary mode as it goes over the wire, so that its head is spoiled as well."""
    record = example.record()
    head = (b"%b: %b" % (n.replace("ce_", "ce-").encode(), v) for n, v in record.headers)
    return b"\r\n".join(head) + END + (record.value or b"")


def binary(message: bytes) -> list[Arrival]:
    head, _, body = message.partition(END)
    parted = (line.partition(b": ") for line in head.split(b"\r\n"))
    return events([(name.lower(), value) for name, _, value in parted], body)


def recorded(name: str) -> list[bytes]:
    paths = (*messages("good"), *messages("bad"))
    return [path.read_bytes() for path in paths if path.parent.name == name]


SEEDS: dict[str, list[bytes]] = {
    **{name: recorded(name) for name in ADAPTERS},
    "cloudevents-binary": [written(example) for example in BINARY],
    "cloudevents-structured": WHOLE,
    "cloudevents-batch": [b"[%b]" % b",".join(WHOLE[at : at + 3]) for at in range(len(WHOLE))],
}
DECODERS: dict[str, Decode] = {
    **ADAPTERS,
    "cloudevents-binary": binary,
    "cloudevents-structured": lambda body: events([(b"content-type", STRUCTURED)], body),
    "cloudevents-batch": lambda body: events([(b"content-type", BATCH)], body),
}


def answered(decode: Decode, body: bytes) -> tuple[str, list[str]]:
    """What became of it: 'read' or the reason, and what the upstream is told."""
    try:
        decode(body)
    except Refused as why:
        return why.reason.value, [why.detail]
    except BatchRefused as why:
        return "batch", [one.detail for _, one in why.refused]
    return "read", []


def read_all(name: str, count: int, seed: int) -> Counter[str]:
    """So many spoiled messages through one decoder: how many were read, and refused for what."""
    rng, counted = Random(seed), Counter[str]()
    seeds, decode = SEEDS[name], DECODERS[name]
    for number in range(count):
        body = spoiled(seeds[number % len(seeds)], rng)
        began = monotonic()
        verdict, details = answered(decode, body)
        assert all(details), (name, seed, number)
        counted[verdict] += 1
        assert monotonic() - began < PATIENCE_S, (name, seed, number)
    return counted


@pytest.mark.parametrize("name", DECODERS)
def test_two_thousand_spoiled_messages_are_read_or_refused(name: str) -> None:
    counted = read_all(name, 2_000, seed=2026)
    assert counted.total() == 2_000
    assert counted["read"] > 20
    assert counted.total() - counted["read"] > 400
    assert len(counted) >= 3


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", DECODERS)
def test_a_hundred_thousand_spoiled_messages_are_read_or_refused(name: str) -> None:
    print(name, dict(read_all(name, 100_000, seed=2027)))
