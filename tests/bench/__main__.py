"""python -m tests.bench: each stage beside its own step in a bare loop, the chain, the live case.

Nothing is asserted: figures are for readers, who know what else ran on their machine.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from rich.console import Console

from infra.embedded.broker import running_broker
from infra.embedded.engine import running_engine
from tests.bench.act import cost_of_an_act
from tests.bench.chain import Chain, beside_bare, run_chain
from tests.bench.live import Live, Load, run_live
from tests.bench.pairs import Pair, Say, Side, World, compare, send
from tests.bench.reading import cost_of_reading
from tests.bench.stages import PAIRS
from tests.bench.table import show
from tests.journey.system import System

PLACE, SEED = "dongguan", 0
EXAMPLE = """\
What is measured: the day is played once through the real processes of a fresh home; then each
stage reads what they left on its topics, by turns the product's hop and a bare aiokafka loop with
the very same step, each in a process of its own. A rate is records over the seconds from the
first decision to the last acknowledgement.

Example:
  python -m tests.bench --reports 1000 --rounds 2 --live-seconds 10 --json > bench.json
"""


def main() -> int:
    """Measure, and print tables or one JSON value."""
    given = _options()
    console = Console(stderr=True, highlight=False)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    with TemporaryDirectory(prefix="gridloop-bench-") as folder:
        system = System(Path(folder))
        try:
            chain = _chain(system, given, say)
            pairs, sending = _pairs(system.home.root, given, say)
            live = _live(system, given, say) if given.live_seconds else None
        finally:
            system.close()
    whole, act = beside_bare(chain, pairs, sending), cost_of_an_act()
    reading = cost_of_reading()
    if given.json:
        told: dict[str, Any] = {"stages": pairs, "chain": whole, "send": sending, "live": live}
        told |= {"act": act, "reading": reading}
        print(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        show(pairs, whole, live, act, reading)
    return 0


def _chain(system: System, given: argparse.Namespace, say: Say) -> Chain:
    say("starting the real processes in a fresh home")
    system.run("up").check()
    try:
        say(f"playing a day of {given.reports} reports through them")
        return run_chain(system, PLACE, SEED, given.reports)
    finally:
        system.run("down").check()


def _pairs(home: Path, given: argparse.Namespace, say: Say) -> tuple[list[Pair], Side]:
    with running_broker(home) as broker, running_engine(home) as engine:
        world = World(broker.address, engine.address, home, PLACE, SEED, given.reports)
        pairs = [compare(world, stage, given.rounds, say) for stage in PAIRS]
        return pairs, send(world, given.rounds, say)


def _live(system: System, given: argparse.Namespace, say: Say) -> Live:
    say("starting the real processes again")
    system.run("up").check()
    try:
        say(f"{given.rate:g} records a second, one by one, for {given.live_seconds:g} s")
        return run_live(system, Load(PLACE, SEED + 1, given.rate, given.live_seconds))
    finally:
        system.run("down").check()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="How fast each stage is beside its own step in a bare consumer loop.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--reports", type=int, default=4000, help="distinct reports of the day")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each side, by turns")
    parser.add_argument("--rate", type=float, default=200.0, help="live: records a second")
    parser.add_argument(
        "--live-seconds", type=float, default=20.0, help="live: for how long; 0 leaves it out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
