"""Kills, a broken step, repeats: a disturbed day comes to what an undisturbed one comes to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.demoplan import plan
from tests.chaos.trouble import (
    PARTS,
    again,
    breaking_worker,
    day_of,
    kill_on_the_way,
    outcome,
    run_through,
    source_records,
)
from tests.journey.demo import PLACE, Day, assert_recounted, play, read_back
from tests.journey.system import System

pytestmark = [
    *(pytest.mark.chaos, pytest.mark.journey, pytest.mark.broker, pytest.mark.engine),
    pytest.mark.timeout(600),
]

REPORTS = 240
WORDS = ("--reports", str(REPORTS), "--seed", "77", "--poison", "8")
SPEED = 1_800
"""Simulated seconds a second: slow enough that a worker which the group has dropped, on a busy
machine, is back before the day is over."""

BREAKS_AFTER = 3


@dataclass(frozen=True)
class Disturbed:
    """A home whose every part was killed while a day ran through it, and what came of the day."""

    system: System
    day: Day
    broken: int
    broken_log: str


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disturbed]:
    """One run: a worker breaks, then worker, sink, engine and broker are killed in turn."""
    folder: Path = tmp_path_factory.mktemp("chaos")
    points = {REPORTS * (at + 1) // 5: name for at, name in enumerate(PARTS)}
    with System(folder / "home") as system:
        with breaking_worker(system, folder / "breaking", BREAKS_AFTER) as broken:
            words = ("--speed", str(SPEED), *WORDS)
            day = run_through(
                system, words, folder, lambda demo: kill_on_the_way(system, demo, points)
            )
            code = broken.wait(90)
        log = (folder / "breaking" / "worker.log").read_text("utf-8", errors="replace")
        yield Disturbed(system, day, code, log)


def test_every_part_may_be_killed_and_a_step_may_break(
    disturbed: Disturbed, system: System
) -> None:
    """Figures, cases and facts are those of the same day in a home that nobody disturbed."""
    assert disturbed.broken != 0
    assert "planted at record" in disturbed.broken_log
    restarts = disturbed.system.restarts()
    assert all(restarts[name] >= 1 for name in PARTS), restarts

    quiet = play(system, *WORDS)
    steady = ("day", "reports_sent", "reports_stored", "dead_letters", "cases", "figures")
    assert {n: disturbed.day.said[n] for n in steady} == {n: quiet.said[n] for n in steady}
    assert outcome(disturbed.system, disturbed.day) == outcome(system, quiet)
    found = read_back(disturbed.system)
    assert_recounted(disturbed.system, found, disturbed.day)
    assert disturbed.system.json("verify", "--json")["differences"] == []


def test_the_whole_input_again_in_another_order_changes_nothing(disturbed: Disturbed) -> None:
    """Every record of the source topics comes once more, shuffled: figures, cases, facts stay."""
    system = disturbed.system
    before = outcome(system, disturbed.day)
    again(system, source_records(system), seed=5)
    assert outcome(system, disturbed.day) == before


def test_a_day_that_comes_in_any_order_comes_to_the_same(system: System) -> None:
    """Acts before their reports, the evening before the morning: figures equal a recount."""
    the_day = plan(PLACE, 78, REPORTS, 0, None)
    again(system, day_of(the_day), seed=6)
    day = Day({"place": PLACE, "as_of": the_day.day.end.isoformat()})
    assert_recounted(system, read_back(system), day)
