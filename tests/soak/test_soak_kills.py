"""Kills at random moments of a large day, workers that break, join and leave, input shuffled."""

from collections.abc import Callable
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, it repeats itself

import pytest

from streams.core.accepted import Tick
from streams.demoplan import plan
from streams.wire.kafka import Publisher
from streams.worker import send_tick
from tests.chaos.trouble import (
    PARTS,
    Popen,
    again,
    await_reports,
    breaking_worker,
    day_of,
    kill_on_the_way,
    outcome,
    plain_worker,
    run_through,
    stored,
)
from tests.journey.demo import PLACE, Day
from tests.journey.system import System
from tests.soak.large_day import POISON, REPORTS, SEED, WORDS, Quiet

pytestmark = [pytest.mark.soak, pytest.mark.chaos, pytest.mark.timeout(3_600)]

KILLS = 3
STEADY = ("day", "reports_sent", "reports_stored", "dead_letters", "cases", "figures")


def run_disturbed(
    quiet: Quiet, system: System, folder: Path, disturb: Callable[[Popen], None]
) -> None:
    """The same day again, disturbed: it must come to what the undisturbed one came to."""
    day = run_through(system, WORDS, folder, disturb)
    assert {n: day.said[n] for n in STEADY} == {n: quiet.day.said[n] for n in STEADY}
    assert outcome(system, day) == quiet.outcome
    assert system.json("verify", "--json", patience=1_200)["differences"] == []


@pytest.mark.parametrize("part", PARTS)
def test_a_part_killed_again_and_again_changes_nothing(
    part: str, quiet: Quiet, tmp_path: Path
) -> None:
    """Three times, at random moments between the first stored report and the last."""
    rng = Random(f"kills of {part}")
    points = {int(REPORTS * (0.05 + 0.9 * rng.random())): part for _ in range(KILLS)}
    with System(tmp_path / "home") as system:
        run_disturbed(
            *(quiet, system, tmp_path),
            lambda demo: kill_on_the_way(system, demo, points, stored),
        )
        assert system.restarts()[part] >= len(points)


def test_steps_that_break_change_nothing(quiet: Quiet, tmp_path: Path) -> None:
    """Three workers in turn, each with a step that raises at another record."""
    rng = Random("steps that break")
    with System(tmp_path / "home") as system:

        def disturb(demo: Popen) -> None:
            for number in range(KILLS):
                records = 1 + int(rng.random() * 5_000)
                folder = tmp_path / f"breaking-{number}"
                with breaking_worker(system, folder, records) as worker:
                    assert worker.wait(900) != 0, (folder / "worker.log").read_text("utf-8")

        run_disturbed(quiet, system, tmp_path, disturb)


def test_workers_that_join_and_leave_change_nothing(quiet: Quiet, tmp_path: Path) -> None:
    """A second worker joins and leaves in good order, joins again and is killed."""
    with System(tmp_path / "home") as system:

        def disturb(demo: Popen) -> None:
            for at, end in ((4_000, Popen.terminate), (10_000, Popen.kill)):
                await_reports(system, demo, at)
                with plain_worker(system, tmp_path / f"second-{at}") as second:
                    await_reports(system, demo, stored(system) + REPORTS // 10)
                    end(second)
                    second.wait(60)

        run_disturbed(quiet, system, tmp_path, disturb)


def test_the_day_shuffled_and_doubled_comes_to_the_same(quiet: Quiet, tmp_path: Path) -> None:
    """Every record twice, all in random order, acts long before their reports."""
    the_day = plan(PLACE, SEED, REPORTS, POISON, None)
    sent = day_of(the_day)
    with System(tmp_path / "home") as system:
        again(system, [*sent, *sent], seed=9)
        with Publisher(system.joined.where.kafka) as publisher:
            send_tick(publisher, Tick(PLACE, the_day.day.end))
        system.joined.drain()
        assert outcome(system, Day(quiet.day.said)) == quiet.outcome
