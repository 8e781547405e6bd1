"""The whole chain: the real processes in a fresh home, a simulated day from its sending to rows."""

import resource
from collections.abc import Sequence

import msgspec

from streams.core.topics import ACTS, REPORTS
from tests.bench.pairs import Pair, Side
from tests.bench.parts import read
from tests.journey.system import System

PATIENCE_S = 1800.0


class Chain(msgspec.Struct, frozen=True):
    """A demo to its end: `records` are those on the source topics, acts and repeats with them.

    `seconds` are the demo's own: from the first record sent until all are stored and committed,
    simulating and sending in the same time on the same machine. CPU seconds by part, the demo's
    own process with its start under `demo`.
    """

    reports: int
    stored: int
    records: int
    seconds: float
    reports_per_second: float
    records_per_second: float
    cpu_seconds: dict[str, float]
    peak_rss_bytes: int


class Whole(msgspec.Struct, frozen=True):
    """The chain beside the bare stages one after the other, `bare_seconds` by stage (medians).

    `ratio` is the chain's records per second over theirs, sending among them on both sides.
    """

    chain: Chain
    bare_seconds: dict[str, float]
    bare_records_per_second: float
    ratio: float


def run_chain(system: System, place: str, seed: int, reports: int) -> Chain:
    """Play the day on a system that is up and has seen nothing yet."""
    before, children = read(system.home), _children_cpu()
    words = ("--place", place, "--seed", str(seed), "--reports", str(reports))
    said = system.json("demo", "--until-done", "--json", *words, patience=PATIENCE_S)
    cpu = read(system.home).since(before).cpu_seconds | {"demo": _children_cpu() - children}
    records = sum(sum(system.ends(topic).values()) for topic in (*REPORTS, ACTS))
    return Chain(
        reports=said["reports_sent"],
        stored=said["reports_stored"],
        records=records,
        seconds=said["seconds"],
        reports_per_second=said["reports_per_second"],
        records_per_second=round(records / said["seconds"], 1),
        cpu_seconds={name: round(seconds, 2) for name, seconds in cpu.items()},
        peak_rss_bytes=said["peak_rss_bytes"],
    )


def beside_bare(chain: Chain, pairs: Sequence[Pair], sending: Side) -> Whole:
    """Set the chain beside the sum of the bare stages."""
    bare = {"send": sending.seconds.median} | {
        pair.stage: pair.bare.seconds.median for pair in pairs
    }
    rate = chain.records / sum(bare.values())
    return Whole(chain, bare, round(rate, 1), round(chain.records_per_second / rate, 3))


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
