"""Score cards of a level of the area tree, and of persons who answer for more than one area."""

from typing import Any

import pytest

from streams.core.cards import Score
from streams.core.events import INFINITY, ReferenceKind
from streams.core.results import Span
from streams.show.points import PointsQuery
from streams.show.scores import ask_scores
from streams.wire.clickhouse import Warehouse
from tests.case_inputs import document
from tests.core.people_inputs import posted, posts
from tests.core.round_inputs import book
from tests.figure_rows import DAY, FILED, closed, span
from tests.show.engine_rows import fill

pytestmark = pytest.mark.engine

RATES = [{"figure": "completion_rate", "weight": 1.0}]
NAMED = {"name": "考核", "name_en": "Card", "rates": RATES}
POSTS = posts(posted("w-1", area="v1"), posted("head", area="s1"), posted("w-2", grid="g3"))


def lying(village: str, grid: str | None = None) -> dict[str, Any]:
    own = [("grid", grid)] if grid else []
    lineage = [*own, ("village", village), ("street", "s1"), ("district", "a0")]
    return {"place": "here", "area": village, "grid": grid, "lineage": lineage}


@pytest.fixture
def spans(warehouse: Warehouse) -> list[Span]:
    """One of two done in the first village, all three in the second."""
    made = [closed("here/v1/1", DAY, **lying("v1")), span("here/v1/2", **lying("v1"))]
    made += [closed(f"here/v2/{n}", DAY, **lying("v2", "g3")) for n in range(3)]
    fill(warehouse, made, [])
    return made


def scores(warehouse: Warehouse, card: dict[str, Any]) -> dict[str, tuple[int, int | None]]:
    made = book(
        more=(
            document(ReferenceKind.POSTS, POSTS),
            document(ReferenceKind.CARDS, {"cards": [{"id": "c", **NAMED, **card}]}),
        )
    )
    rules = made.at("here", FILED)
    assert rules is not None
    query = PointsQuery(
        place="here", zone=rules.zone, since=FILED, as_of=FILED + 9 * DAY, known_at=INFINITY
    )
    found: list[Score] = ask_scores(warehouse, made, rules, rules.cards["c"], query)
    return {one.subject.code: (one.inputs[0].numerator, one.inputs[0].denominator) for one in found}


def test_areas_of_a_level_are_scored_by_all_that_lies_in_them(
    warehouse: Warehouse, spans: list[Span]
) -> None:
    card = {"of": "area", "level": "street"}
    assert scores(warehouse, card) == {"s1": (4, 5)}
    assert scores(warehouse, card | {"level": "village"}) == {"v2": (3, 3), "v1": (1, 2)}


def test_who_answers_for_a_street_is_scored_by_all_its_villages(
    warehouse: Warehouse, spans: list[Span]
) -> None:
    card = {"of": "person", "roles": ["worker"]}
    assert scores(warehouse, card) == {"w-2": (3, 3), "head": (4, 5), "w-1": (1, 2)}
