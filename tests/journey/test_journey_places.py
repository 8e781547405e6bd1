"""A place that is nothing but a folder of data, on the real broker and engine: loaded and run."""

from pathlib import Path

import pytest

from tests.journey.demo import Day, assert_recounted, ends, play, read_back
from tests.journey.system import ROOT, System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE, FOLDER = "luting", ROOT / "docs" / "examples" / "luting"
REPORTS, POISON = 80, 8
WORDS = ("--place", PLACE, "--reports", str(REPORTS), "--seed", "12", "--poison", str(POISON))


def demo(system: System, folder: Path) -> Day:
    return play(system, *WORDS, "--folder", str(folder))


def test_a_sixth_place_is_simulated_from_its_folder_and_recounted(system: System) -> None:
    """Filed by people, returned with approval, barred by a list: as no shipped place does it."""
    before = ends(system)
    day = demo(system, FOLDER)
    found = read_back(system, before, PLACE)
    said = day.said
    assert (said["place"], said["reports_stored"], said["dead_letters"]) == (PLACE, REPORTS, POISON)
    assert (found.sent, len(found.reports), found.refused) == (REPORTS + POISON, REPORTS, POISON)
    figures = said["figures"]
    assert 0 < figures["closed_count"]["value"] < figures["case_count"]["value"] < REPORTS
    assert_recounted(system, found, day, FOLDER)
