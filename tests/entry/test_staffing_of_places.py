"""Who must be posted where in the five places; nobody is listed, so all that is asked is short."""

from datetime import UTC, datetime

import pytest

from streams.core.place import PlaceRules
from streams.core.posts import asked_count, shortages
from streams.entry.places import shipped_book

NOW = datetime(2026, 3, 3, tzinfo=UTC)

STAFFED = {
    "siming": {
        "B1": ("district", 1, None),
        "B2": ("street", 1, None),
        "B3": ("community", 1, None),
    },
    "dongguan": {"E1": ("community", 1, None)},
    "erqi": {
        "X1": ("410103-s05", 1, None),
        "X2": ("410103-s05", 3, 3),
        "X3": ("410103-s05", 1, None),
    },
    "jianghai": {"Y1": ("440704", 2, None)},
    "daguan": {
        "Z1": ("community", 1, 1),
        "Z2": ("community", 1, 1),
        "Z3": ("community", 1, None),
        "J1": ("community", 1, None),
        "G1": ("street", 1, None),
        "H1": ("community", 1, 1),
        "H2": ("community", 1, None),
        "H3": ("community", 1, None),
    },
}
"""Of each rule: in each area of a level, or each grid in an area, at least and at most so many."""


def asked(rules: PlaceRules, where: str) -> list[str]:
    """By codes alone, without the place's area for what cannot be located."""
    areas = [area for area in rules.areas.values() if area.code != rules.fallback_area]
    if where in {area.level for area in areas}:
        return [area.code for area in areas if area.level == where]
    return [grid for area in areas for grid in area.grids if grid.startswith(where)]


@pytest.mark.parametrize("place", STAFFED)
def test_every_area_and_grid_is_asked_for_its_posts(place: str) -> None:
    rules = shipped_book(place).at(place, NOW)
    assert rules is not None
    assert rules.posts is not None
    (document,) = rules.documents
    bounds = {}
    for one in rules.posts.staffing:
        assert one.source.startswith(f"文件{document.id}:「")
        bounds[one.id] = (one.at_least, one.at_most)
    assert bounds == {id: (least, most) for id, (_, least, most) in STAFFED[place].items()}
    short = [(one.staffing.id, one.where, one.found) for one in shortages(rules, NOW)]
    assert short == [
        (id, spot, 0) for id, (where, *_) in STAFFED[place].items() for spot in asked(rules, where)
    ]
    assert len(short) == asked_count(rules) > 0
