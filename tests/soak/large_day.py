"""One undisturbed day of twenty thousand reports, to which every disturbed one is compared."""

from dataclasses import dataclass
from pathlib import Path

from tests.chaos.trouble import outcome
from tests.journey.demo import Day, assert_recounted, play, read_back
from tests.journey.system import System

REPORTS, POISON, SEED = 20_000, 200, 400
WORDS = ("--reports", str(REPORTS), "--seed", str(SEED), "--poison", str(POISON))


@dataclass(frozen=True)
class Quiet:
    """What the demo said, all that the day came to, and what `verify` said of it."""

    day: Day
    outcome: dict[str, object]
    verdict: dict[str, object]


def undisturbed(home: Path) -> Quiet:
    """Run the day in a home of its own, which is gone again before anything is compared."""
    with System(home) as system:
        day = play(system, *WORDS, patience=3_000)
        assert_recounted(system, read_back(system), day)
        verdict = system.json("verify", "--json", patience=1_200)
        told = Quiet(day, outcome(system, day), verdict)
        assert not any(system.restarts().values()), system.logs()
    return told
