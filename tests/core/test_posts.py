"""Posts: who is posted where, which stand empty, and who alone may do what."""

from datetime import timedelta
from typing import Any

import pytest

from streams.core.events import ActKind, Reference, ReferenceKind, WhistleKind
from streams.core.fold import fold
from streams.core.lifecycle import CaseState
from streams.core.place import PlaceRules, Rulebook
from streams.core.placetogether import dangling
from streams.core.posts import Spot, asked_count, posted_at, roles, shortages
from streams.core.refusal import Refused
from streams.core.results import FactKind
from tests.case_inputs import act, at, document, report, rulebook
from tests.core.people_inputs import posted, posts
from tests.core.round_inputs import book, local

NOW = local("03-03")
TWO_PER_GRID = {
    "id": "S1",
    "name": "一格两员",
    "name_en": "Two per grid",
    "roles": ["worker"],
    "each": "grids",
    "at_least": 2,
}


def rules(*postings: dict[str, Any], **more: Any) -> PlaceRules:
    made = book(more=(document(ReferenceKind.POSTS, posts(*postings, **more)),))
    found = made.at("here", NOW)
    assert found is not None
    return found


def short(found: PlaceRules, when: Any = NOW) -> list[tuple[str, str, int]]:
    return [(one.staffing.id, one.where, one.found) for one in shortages(found, when)]


# --- staffing ----------------------------------------------------------------------------------


def test_a_grid_without_its_two_workers_is_named() -> None:
    """Posted twice is posted once; who is posted in the village is in none of its grids; another
    role does not count."""
    place = rules(
        *(posted(f"w-{n}", grid="g1") for n in (1, 2)),
        posted("w-3", grid="g2"),
        posted("w-3", grid="g2", valid_from="2024-01-01T00:00:00+08:00"),
        posted("w-4", "station", grid="g2"),
        posted("w-5", area="v2"),
        staffing=[TWO_PER_GRID],
    )
    assert short(place) == [("S1", "g2", 1), ("S1", "g3", 0)]
    assert asked_count(place) == 3


def test_a_posting_counts_from_its_first_instant_until_before_its_last() -> None:
    begins, ends = "2025-03-03T00:00:00+08:00", "2025-03-04T00:00:00+08:00"
    place = rules(
        *(posted(f"w-{n}", grid="g3", valid_from=begins, valid_to=ends) for n in (1, 2)),
        staffing=[TWO_PER_GRID | {"area": "v2"}],
    )
    moment = timedelta(microseconds=1)
    assert short(place, NOW) == short(place, local("03-04") - moment) == []
    assert short(place, NOW - moment) == short(place, local("03-04")) == [("S1", "g3", 0)]


def test_a_team_is_exactly_one_officer_one_head_and_any_number_of_others() -> None:
    """1+1+N, in every village: one too many is told as one too few is."""
    team = {"name": "1+1+N", "name_en": "1+1+N", "each": "areas", "level": "village"}
    asked = [
        team | {"id": "officer", "roles": ["officer"], "at_most": 1},
        team | {"id": "head", "roles": ["head"], "at_most": 1},
        team | {"id": "others", "roles": ["worker", "station"]},
    ]
    place = rules(
        posted("o-1", "officer", area="v1"),
        posted("h-1", "head", area="v1"),
        posted("w-1", area="v1"),
        posted("o-1", "officer", area="v2"),
        posted("o-2", "officer", area="v2"),
        posted("o-2", "station", area="v2"),
        staffing=asked,
    )
    assert short(place) == [("officer", "v2", 2), ("head", "v2", 0)]


def test_one_person_has_several_roles_each_where_it_is_held() -> None:
    place = rules(posted("p-1", "officer"), posted("p-1", "station", area="v1"),
                  posted("p-1", "head", grid="g1"))  # fmt: skip
    assert roles(place, "p-1", NOW, Spot("v1", "g1")) == {"officer", "station", "head"}
    assert roles(place, "p-1", NOW, Spot("v1")) == {"officer", "station"}
    assert roles(place, "p-1", NOW, Spot("s1")) == {"officer"}
    assert roles(place, "p-2", NOW, Spot("v1", "g1")) == set()


def test_who_is_posted_where_a_case_lies_is_told_the_nearest_first() -> None:
    """落实到人: whom the grid has, then the village, then the street, then the whole place; and no
    one whose time is over or who is posted elsewhere."""
    place = rules(
        posted("p-9", "officer"),
        posted("h-1", "head", area="s1"),
        posted("s-1", "station", area="v1"),
        posted("w-2", grid="g1"),
        posted("w-1", grid="g1"),
        posted("w-3", grid="g2"),
        posted("s-2", "station", area="v2"),
        posted("w-0", grid="g1", valid_to="2024-01-01T00:00:00+08:00"),
    )

    def told(spot: Spot) -> list[str]:
        return [one.person for one in posted_at(place, NOW, spot)]

    assert told(Spot("v1", "g1")) == ["w-1", "w-2", "s-1", "h-1", "p-9"]
    assert told(Spot("v1")) == ["s-1", "h-1", "p-9"]
    assert told(Spot()) == ["p-9"]
    for spot in (Spot("v1", "g1"), Spot("v2"), Spot("s1"), Spot()):
        for one in posted_at(place, NOW, spot):
            assert one.role in roles(place, one.person, NOW, spot)


# --- powers ------------------------------------------------------------------------------------

STATIONS = {"id": "P1", "acts": ["convene", "evaluate"], "roles": ["station", "head"]}
WHISTLE = {"departments": ("police",), "whistle": WhistleKind.EVERYDAY}
IN_A1 = posted("st-1", "station", area="a1")


def ruled(*postings: dict[str, Any], powers: tuple[dict[str, Any], ...] = (STATIONS,)) -> Rulebook:
    body = posts(*postings, powers=list(powers))
    return rulebook().with_change(document(ReferenceKind.POSTS, body))


def refusals(rules: Rulebook, **said: Any) -> list[str]:
    """Why a whistle was refused."""
    story = fold(report(), [act(ActKind.CONVENE, 1, **(WHISTLE | said))], rules)
    return [t.detail["reason"] for t in story.facts if t.kind is FactKind.ACT_REFUSED]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"actor": "st-1"}, []),
        ({"actor": "w-1"}, ["no_power"]),
        ({"actor": "nobody"}, ["no_power"]),
        ({}, ["actor_missing"]),
    ],
)
def test_only_stations_may_call_departments_to_joint_work(
    said: dict[str, str], why: list[str]
) -> None:
    assert refusals(ruled(IN_A1, posted("w-1", area="a1")), **said) == why


def test_only_stations_may_evaluate_and_everybody_else_may_do_the_rest() -> None:
    life = [act(ActKind.SIGN, 1), act(ActKind.HANDLE, 2), act(ActKind.CALL_BACK, 3, resolved=True)]
    desk = fold(report(), [*life, act(ActKind.EVALUATE, 4, actor="desk")], ruled(IN_A1)).case
    station = fold(report(), [*life, act(ActKind.EVALUATE, 4, actor="st-1")], ruled(IN_A1)).case
    assert (desk.state, station.state) == (CaseState.CALLED_BACK, CaseState.EVALUATED)


def test_a_power_reaches_as_far_as_its_posting() -> None:
    above, elsewhere = posted("st-1", "station", area="a0"), posted("st-1", "station", grid="g9")
    assert refusals(ruled(above), actor="st-1") == []
    assert refusals(ruled(posted("st-1", "station")), actor="st-1") == []
    assert refusals(ruled(elsewhere), actor="st-1") == ["no_power"]
    gone = IN_A1 | {"valid_to": at(1).isoformat()}
    assert refusals(ruled(gone), actor="st-1") == ["no_power"]


def test_a_kind_of_whistle_may_have_a_power_of_its_own_and_powers_add_up() -> None:
    """An emergency is commanded by a leader of the district, who may own it at any level."""
    emergency = {"id": "P2", "acts": ["convene"], "roles": ["head"], "whistle": "emergency"}
    only = ruled(IN_A1, posted("leader-1", "head", area="a0"), powers=(emergency,))
    urgent = {"whistle": WhistleKind.EMERGENCY}
    assert refusals(only, actor="st-1", **urgent) == ["no_power"]
    assert refusals(only, actor="leader-1", **urgent) == []
    assert refusals(only, actor="st-1") == refusals(only) == []
    both = ruled(IN_A1, powers=(emergency, STATIONS))
    assert refusals(both, actor="st-1", **urgent) == []


def test_without_the_document_nothing_is_barred() -> None:
    assert refusals(rulebook()) == refusals(ruled(powers=())) == []
    later = Reference(
        place="here",
        kind=ReferenceKind.POSTS,
        version="2",
        valid_from=at(1) + timedelta(microseconds=1),
        body=posts(powers=[STATIONS]),
    )
    assert refusals(rulebook().with_change(later)) == []


# --- documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (posts(posted("p", "none")), "no such role: 'none'"),
        (posts(posted("p"), posted("p")), "stands twice"),
        (posts(posted("13800138000")), "a phone or ID number"),
        (posts(posted("p", area="v1", grid="g1")), "not in both"),
        (posts(posted("p", valid_from="2025-01-02T00:00:00Z", valid_to="2025-01-01T00:00:00Z")),
         "ends before it begins"),
        (posts(staffing=[TWO_PER_GRID | {"each": "areas"}]), "areas are those of a `level`"),
        (posts(staffing=[TWO_PER_GRID | {"level": "village"}]), "grids have none"),
        (posts(staffing=[TWO_PER_GRID | {"at_most": 1}]), "at most 1, but at least 2"),
        (posts(powers=[STATIONS | {"acts": ["import_row"]}]), "has no actor"),
        (posts(powers=[STATIONS | {"whistle": "emergency"}]), "only `convene`"),
    ],
)  # fmt: skip
def test_a_document_that_contradicts_itself_is_refused(body: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        book(more=(document(ReferenceKind.POSTS, body),))


def test_what_a_document_says_of_the_areas_must_be_so() -> None:
    place = rules(
        posted("p-1", area="v9"),
        posted("p-2", grid="g9"),
        staffing=[TWO_PER_GRID | {"each": "areas", "level": "town"}],
    )
    assert dangling(place) == [
        "posts: p-1: no such area: 'v9'",
        "posts: p-2: no such grid in the area tree: 'g9'",
        "posts: S1: no such level: 'town'",
    ]
