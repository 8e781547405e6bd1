"""`gridloop place check` in a running system: what was published comes out, or it says what does
not."""

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


def folder(to: Path, old: str, new: str, file: str = "place.yaml") -> Path:
    """The place's folder with one thing in it changed."""
    shutil.copytree(SHIPPED / "_calendars", to / "_calendars")
    shutil.copytree(place_dir(PLACE), to / PLACE)
    path = to / PLACE / file
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return to / PLACE


def test_every_published_figure_comes_out(told: Any) -> None:
    assert told["place"] == PLACE
    assert len(told["checks"]) >= 6
    assert [one["id"] for one in told["checks"] if not one["holds"]] == []
    assert all(set(KEYS) <= set(one) for one in told["checks"])
    of = {
        one["id"]: (one["replayed"], one["numerator"], one["denominator"]) for one in told["checks"]
    }
    assert of["patrols_per_day"] == (1, 21, 21)  # three courtyards, seven days
    assert of["daily_dispatch"] == (100, 30, 30)
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


def test_another_published_number_does_not_come_out_and_ends_with_one(
    system: System, told: Any, tmp_path: Path
) -> None:
    other = folder(
        tmp_path, "value: 50, unit: 条, bound: at_least", "value: 52, unit: 条, bound: at_least"
    )
    ran = system.run("place", "check", PLACE, "--folder", str(other), "--json")
    assert ran.code == 1
    assert "difficulties_and_disputes" in ran.err


def test_another_replay_needs_a_home_of_its_own(system: System, told: Any, tmp_path: Path) -> None:
    other = folder(tmp_path, "count: 51}", "count: 49}", "check/replays.yaml")
    ran = system.run("place", "check", PLACE, "--folder", str(other))
    assert ran.code == 2
    assert "GRIDLOOP_HOME" in ran.err


def test_a_replay_that_falls_short_ends_with_one(tmp_path: Path) -> None:
    """The engine's own answer, not the file's: fewer inputs, another figure. Where nothing runs,
    the command starts what it needs and leaves nothing running."""
    other = folder(tmp_path / "places", "count: 51}", "count: 49}", "check/replays.yaml")
    system = System(tmp_path / "home")
    try:
        ran = system.run("place", "check", PLACE, "--folder", str(other))
        assert not system.processes()
    finally:
        system.close()
    assert ran.code == 1
    assert "1 of 6 published figures do not come out: difficulties_and_disputes" in " ".join(
        ran.err.split()
    )


@pytest.mark.parametrize("words", [("nowhere",), ("erqi", "--folder", "/nonexistent")])
def test_a_place_that_is_not_there_is_wrong_use(system: System, words: tuple[str, ...]) -> None:
    assert system.run("place", "check", *words).code == 2
