"""A simulated day of each place, one after the other in one home: nothing is lost or mixed up."""

from collections.abc import Iterator

import pytest

from streams.entry.places import shipped_places
from tests.journey.demo import assert_recounted, ends, play, read_back
from tests.journey.system import System

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_600)]

REPORTS, POISON, SEED = 1_000, 16, 77
PLACES = [place for place in shipped_places() if place != "imported"]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One home for all of them."""
    with System(tmp_path_factory.mktemp("places")) as system:
        yield system


@pytest.mark.parametrize("place", PLACES)
def test_a_day_of_the_place_is_stored_or_refused_and_recounted(system: System, place: str) -> None:
    """Every figure of every flow: in total, by source and by department."""
    before = ends(system)
    words = ("--reports", str(REPORTS), "--seed", str(SEED), "--poison", str(POISON))
    day = play(system, "--place", place, *words, patience=1_200)
    found = read_back(system, before, place)
    assert (day.said["reports_stored"], day.said["dead_letters"]) == (REPORTS, POISON)
    assert (found.sent, len(found.reports), found.refused) == (REPORTS + POISON, REPORTS, POISON)
    assert_recounted(system, found, day)


def test_the_stream_equals_the_batch_of_all_of_them(system: System) -> None:
    said = system.json("verify", "--json", patience=1_200)
    assert said["differences"] == []
    assert said["cases"] > 0.8 * REPORTS * len(PLACES)
