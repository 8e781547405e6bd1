"""`gridloop place check` in a running system: what was published comes out, or it says what does
not."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from streams.core.topics import ALARMS, DISPATCHES, REPLIES
from streams.entry.places import SHIPPED, place_dir
from streams.wire.kafka import read_all
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE, REPLAYED = "erqi", "erqi~check"
KEYS = ("id", "published", "replayed", "decimals", "numerator", "denominator", "holds", "source")


@pytest.fixture(scope="module")
def told(system: System) -> Any:
    """What the command tells at its first run."""
    return system.json("place", "check", PLACE, "--json")


def stored(system: System) -> list[int]:
    """How many reports, facts, cases and rounds of the replay count."""
    return [
        int(
            system.joined.store.query(
                f"SELECT count() FROM {table} FINAL WHERE place = %(p)s", {"p": REPLAYED}
            )[0][0]
        )
        for table in ("reports", "facts", "cases", "rounds")
    ]


def folder(to: Path, file: str, old: str, new: str) -> Path:
    """The place's folder with one thing in it changed."""
    shutil.copytree(SHIPPED / "_calendars", to / "_calendars")
    shutil.copytree(place_dir(PLACE), to / PLACE)
    changed(to / PLACE / file, old, new)
    return to / PLACE


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_every_published_figure_comes_out(told: Any) -> None:
    assert told["place"] == PLACE
    assert len(told["checks"]) >= 6
    assert [one["id"] for one in told["checks"] if not one["holds"]] == []
    assert all(set(KEYS) <= set(one) for one in told["checks"])
    of = {
        one["id"]: (one["replayed"], one["numerator"], one["denominator"]) for one in told["checks"]
    }
    assert of["patrols_per_day"] == (1, 21, 21)  # three courtyards, seven days
    assert of["daily_dispatch"] == (30, None, None)
    assert of["difficulties_and_disputes"] == (51, None, None)
    assert {"level_1_grids", "level_2_grids", "level_3_grids"} <= {
        one["id"] for one in told["constants"]
    }
    assert told["assumed"]


def test_a_second_run_tells_the_same_and_adds_nothing(system: System, told: Any) -> None:
    before = stored(system)
    assert all(before)
    assert system.json("place", "check", PLACE, "--json") == told
    assert stored(system) == before


def test_a_replay_is_shown_only_when_named(system: System, told: Any) -> None:
    named = system.rates("--place", REPLAYED)["rows"][0]["figures"]["case_count"]["value"]
    assert named == 51
    everywhere = system.rates("--by", "place")["rows"]
    assert REPLAYED not in {row["by"].get("place") for row in everywhere}


def test_nobody_outside_hears_of_a_replay(system: System, told: Any) -> None:
    for topic in (DISPATCHES, REPLIES, ALARMS):
        sent = read_all(system.joined.where.kafka, topic.name)
        assert not [one for one in sent if one.value and REPLAYED.encode() in one.value]


AT_LEAST = "value: {}, unit: 条, bound: at_least"
REPLAYS = "check/replays.yaml"


def test_another_published_number_does_not_come_out_and_ends_with_one(
    system: System, told: Any, tmp_path: Path
) -> None:
    other = folder(tmp_path, "place.yaml", AT_LEAST.format(50), AT_LEAST.format(52))
    ran = system.run("place", "check", PLACE, "--folder", str(other), "--json")
    assert ran.code == 1
    assert "1 of 6 published figures" in " ".join(ran.err.split())


def test_another_replay_needs_a_home_of_its_own(system: System, told: Any, tmp_path: Path) -> None:
    other = folder(tmp_path, REPLAYS, "count: 51}", "count: 49}")
    ran = system.run("place", "check", PLACE, "--folder", str(other))
    assert ran.code == 2
    assert "GRIDLOOP_HOME" in ran.err


@pytest.mark.soak
def test_fewer_inputs_and_a_slower_cadence_fall_short(tmp_path: Path) -> None:
    """The engine's own answer, not the file's. Where nothing runs, the command starts what it needs
    and leaves nothing running."""
    other = folder(tmp_path / "places", REPLAYS, "count: 51}", "count: 49}")
    grids = "subjects: {each: grids, area: 410103-s02-c01}\n      cadence: {every: "
    changed(other / "schedules.yaml", grids + "day}", grids + "week}")
    system = System(tmp_path / "home")
    try:
        ran = system.run("place", "check", PLACE, "--folder", str(other), "--json")
        assert not system.processes()
    finally:
        system.close()
    assert ran.code == 1
    checks = {one["id"]: one for one in json.loads(ran.out)["checks"]}
    short = {id: one["replayed"] for id, one in checks.items() if not one["holds"]}
    assert short == {"difficulties_and_disputes": 49, "patrols_per_day": 0}
    patrols = checks["patrols_per_day"]
    assert (patrols["numerator"], patrols["denominator"]) == (3, 21)


@pytest.mark.parametrize("words", [("nowhere",), ("erqi", "--folder", "/nonexistent")])
def test_a_place_that_is_not_there_is_wrong_use(system: System, words: tuple[str, ...]) -> None:
    assert system.run("place", "check", *words).code == 2
