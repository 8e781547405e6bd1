"""What a demo says before anything starts."""

from pathlib import Path

import pytest

from streams.core.refusal import Refused
from streams.demoplan import documents_of, plan
from streams.entry.places import shipped_places
from streams.errors import WrongUse


def test_a_place_that_cannot_be_simulated_is_refused_by_name() -> None:
    with pytest.raises(WrongUse, match="'imported' cannot be simulated"):
        documents_of("imported")
    with pytest.raises(Refused, match="no profile of 'atlantis'"):
        documents_of("atlantis")


def test_every_shipped_place_but_that_of_tickets_can_be_simulated() -> None:
    for place in shipped_places():
        if place != "imported":
            assert plan(place, 0, 1, 0, None).rules.place == place


def test_a_folder_is_simulated_as_the_place_that_it_is_called(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such folder"):
        documents_of("mine", tmp_path / "mine")
