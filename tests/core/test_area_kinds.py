"""Of which kind areas and grids are: listed by the place, and nothing else."""

from typing import Any

import pytest

from streams.core.events import ReferenceKind
from streams.core.placecheck import read_body
from streams.core.refusal import Refused
from streams.entry.places import place_dir, read_document
from tests.case_inputs import document

TREE: dict[str, Any] = {
    "areas": [
        {"code": "c", "name": "区", "level": "district"},
        {"code": "v", "name": "村", "level": "community", "parent": "c", "grids": ["g1", "g2"]},
        {"code": "g2", "name": "二网格", "level": "grid", "parent": "v"},
    ],
    "kinds": [
        {"id": "enterprise", "name": "企业网格", "name_en": "Enterprise grid", "level": "grid"},
        {"id": "park", "name": "园区", "name_en": "Park", "level": "community"},
    ],
}


def read(**kinds: str) -> None:
    read_body(document(ReferenceKind.AREAS, TREE | {"kinds_of": kinds}))


def test_a_kind_is_for_areas_of_its_level_and_for_grids_that_are_no_areas() -> None:
    read(g1="enterprise", g2="enterprise", v="park")


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"g1": "factory"}, "no such kind: 'factory'"),
        ({"g9": "enterprise"}, "no such area or grid: 'g9'"),
        ({"v": "enterprise"}, "'v' is of the level 'community', 'enterprise' is for 'grid'"),
        ({"g1": "park"}, "'g1' is of the level 'grid', 'park' is for 'community'"),
    ],
)
def test_an_unknown_kind_or_one_of_another_level_is_refused(
    kinds: dict[str, str], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        read(**kinds)


def test_a_kind_stands_once() -> None:
    with pytest.raises(Refused, match="'park' stands twice"):
        read_body(document(ReferenceKind.AREAS, TREE | {"kinds": TREE["kinds"][1:] * 2}))


@pytest.mark.parametrize(
    ("place", "kinds"),
    [("dongguan", {"enterprise"}), ("jianghai", {"residential_compound", "enterprise_shop"})],
)
def test_the_places_have_the_kinds_of_their_documents(place: str, kinds: set[str]) -> None:
    """ENT-02, ORG-18."""
    body = read_document(place_dir(place) / "areas.yaml", place).body
    assert {one["id"] for one in body["kinds"]} == set(body["kinds_of"].values()) == kinds
