"""Score cards: every input beside its marks; no score where there is nothing to judge by."""

from typing import Any

import pytest

from streams.core.cards import WHOLE, Figures, Score, Subject, others, persons, scored
from streams.core.events import Reference, ReferenceKind
from streams.core.figures import Value
from streams.core.place import PlaceRules
from streams.core.placetogether import dangling
from streams.core.refusal import Refused
from tests.case_inputs import document
from tests.core.people_inputs import POINTS, posted, posts
from tests.core.round_inputs import book, local

LOSING = {"full": 60, "anchor": 90, "per_point": 2, "least": 10}
WORKER: dict[str, Any] = {
    "id": "worker",
    "name": "网格员考核",
    "name_en": "Gridworkers",
    "of": "person",
    "roles": ["worker"],
    "rates": [{"figure": "closure_rate", "weight": LOSING}],
    "points": [{"account": "home", "each": 0.5, "most": 40}],
    "stars": [{"at_least": 60, "stars": 3}, {"at_least": 90, "stars": 5}],
}
DEPARTMENT = {
    "id": "department",
    "name": "部门考核",
    "name_en": "Departments",
    "of": "department",
    "rates": [
        {"figure": "closure_rate", "weight": 0.7},
        {"figure": "satisfaction_rate", "weight": 0.3},
    ],
}


def rules(
    *cards: dict[str, Any], at: str = "03-03", more: tuple[Reference, ...] = ()
) -> PlaceRules:
    workers = [posted("w-1", grid="g1"), posted("w-1", grid="g2"), posted("w-2", area="v2")]
    workers += [posted("w-3"), posted("st-1", "station", grid="g1")]
    made = book(
        more=(
            document(ReferenceKind.POINTS, POINTS),
            document(ReferenceKind.POSTS, posts(*workers)),
            document(ReferenceKind.CARDS, {"cards": list(cards)}),
            *more,
        )
    )
    found = made.at("here", local(at))
    assert found is not None
    return found


def rates(**by_grid: tuple[int, int]) -> Figures:
    return {
        ("grid", grid): {"closure_rate": Value(n / d, n, d)} for grid, (n, d) in by_grid.items()
    }


def marks(found: list[Score]) -> dict[str, float | None]:
    return {f"{one.subject.code} {one.subject.where[1]}": one.marks for one in found}


def test_a_worker_is_scored_post_by_post_by_the_grids_rate_and_by_points() -> None:
    """85 % is 5 short of 90 at 2 each: 50 of 60 marks; 30 points at a half: 15."""
    place = rules(WORKER)
    card = place.cards["worker"]
    figures = rates(g1=(17, 20), g2=(19, 20)) | {
        ("area", "v2"): {"closure_rate": Value(0.0, 0, 4)},
        WHOLE: {"closure_rate": Value(36 / 44, 36, 44)},
    }
    who = persons(place, card, local("03-03"))
    found = scored(card, who, figures, {("w-1", "home"): 30, ("w-2", "home"): 500})
    assert marks(found) == {
        "w-1 g2": 75.0,
        "w-1 g1": 65.0,
        "w-2 v2": 50.0,
        "w-3 None": round(60 - 2 * (90 - 3600 / 44), 6),
    }
    assert [one.stars for one in found] == [3, 3, 0, 0]
    rated, pointed = found[1].inputs
    assert (rated.id, rated.numerator, rated.denominator, rated.marks) == (
        "closure_rate", 17, 20, 50.0,
    )  # fmt: skip
    assert (pointed.id, pointed.numerator, pointed.denominator, pointed.marks) == (
        "home", 30, None, 15.0,
    )  # fmt: skip


def test_who_has_nothing_to_be_judged_by_has_no_score_and_comes_last() -> None:
    place = rules(WORKER)
    card = place.cards["worker"]
    found = scored(card, [Subject("w-1", ("grid", "g1")), Subject("w-9", ("grid", "g9"))],
                   rates(g1=(1, 10)), {})  # fmt: skip
    assert marks(found) == {"w-1 g1": 10.0, "w-9 g9": None}
    assert found[1].stars is None


def test_points_taken_fall_to_nothing_never_below() -> None:
    place = rules(WORKER)
    card = place.cards["worker"]
    (one,) = scored(card, [Subject("w", ("grid", "g1"))], rates(g1=(9, 10)), {("w", "home"): -50})
    assert (one.marks, one.inputs[1].numerator) == (60.0, -50)


def test_departments_are_those_that_have_figures_and_shares_are_of_a_hundred() -> None:
    card = rules(DEPARTMENT).cards["department"]
    figures: Figures = {
        WHOLE: {},
        ("department", None): {},
        ("department", "d1"): {
            "closure_rate": Value(0.9, 9, 10),
            "satisfaction_rate": Value(0.5, 1, 2),
        },
    }
    (one,) = scored(card, others(card, figures), figures, {})
    assert (one.subject.code, one.marks, one.stars) == ("d1", 78.0, None)


def test_a_level_of_grids_is_scored_grid_by_grid_the_best_first() -> None:
    body = DEPARTMENT | {
        "id": "grids",
        "of": "grid",
        "rates": [{"figure": "closure_rate", "weight": LOSING}],
    }
    card = rules(body).cards["grids"]
    figures = rates(g1=(8, 10), g2=(9, 10), g3=(1, 10)) | {WHOLE: {}}
    found = scored(card, others(card, figures), figures, {})
    assert marks(found) == {"g2 g2": 60.0, "g1 g1": 40.0, "g3 g3": 10.0}


def test_stars_are_reached_with_exactly_their_marks() -> None:
    """0.7 and 0.3 of a hundred in binary fractions are still a hundred."""
    stars = [{"at_least": 100, "stars": 5}]
    card = rules(DEPARTMENT | {"stars": stars}).cards["department"]
    full = {name: Value(1.0, 3, 3) for name in ("closure_rate", "satisfaction_rate")}
    (one,) = scored(card, [Subject("d1", ("department", "d1"))], {("department", "d1"): full}, {})
    assert one.stars == 5


def test_the_weights_are_dated() -> None:
    later = Reference(
        place="here",
        kind=ReferenceKind.CARDS,
        version="2",
        valid_from=local("06-01"),
        body={"cards": [DEPARTMENT]},
    )
    assert set(rules(WORKER, more=(later,)).cards) == {"worker"}
    assert set(rules(WORKER, at="06-01", more=(later,)).cards) == {"department"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rates": [{"figure": "backlog", "weight": 1}]}, "no such rate: 'backlog'"),
        ({"rates": [], "points": []}, "scores nothing"),
        ({"of": "grid", "roles": []}, "a grid has no points"),
        ({"roles": []}, "persons are those in `roles`"),
        ({"stars": [WORKER["stars"][0], WORKER["stars"][0] | {"stars": 4}]}, "more stars"),
        ({"points": WORKER["points"] * 2}, "'home' stands twice"),
        ({"mode": "emergency"}, "points are of no mode"),
        ({"level": "street"}, "a level has areas; a person has none"),
    ],
)
def test_a_card_that_cannot_be_is_refused(changed: dict[str, Any], said: str) -> None:
    body = {"cards": [WORKER | changed]}
    with pytest.raises(Refused, match=said):
        book(more=(document(ReferenceKind.CARDS, body),))


def test_a_card_names_accounts_and_roles_that_there_are() -> None:
    other = WORKER | {"roles": ["boss"], "points": [WORKER["points"][0] | {"account": "none"}]}
    assert dangling(rules(other)) == [
        "cards: worker: no such account: 'none'",
        "cards: worker: no such role: 'boss'",
    ]
    unknown = DEPARTMENT | {"of": "area", "level": "moon"}
    assert dangling(rules(unknown)) == ["cards: department: no such level: 'moon'"]
