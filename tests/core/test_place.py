"""Rules as data: which document is in force when, and what is refused."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.events import Reference, ReferenceKind
from streams.core.place import (
    PlaceRules,
    Rulebook,
    lineage,
    reference_id,
    street_of,
)
from streams.core.placetogether import dangling
from streams.core.refusal import Reason, Refused
from tests.models import hand_model

START = datetime(2020, 1, 1, tzinfo=UTC)

PROFILE: dict[str, Any] = {
    "name_zh": "某市",
    "name_en": "Somewhere",
    "zone": "Asia/Shanghai",
    "lifecycle": "five_steps",
    "fallback_area": "c",
}
AREAS: dict[str, Any] = {
    "areas": [
        {"code": "c", "name": "某市", "level": "city"},
        {"code": "c-1", "name": "一街", "level": "street", "parent": "c"},
        {"code": "c-1-1", "name": "一社区", "level": "community", "parent": "c-1", "grids": ["g1"]},
    ]
}
MATTERS: dict[str, Any] = {
    "categories": [{"code": "street", "name": "市容", "name_en": "Streets"}],
    "matters": [
        {
            "code": "vending",
            "name": "占道经营",
            "name_en": "Vending",
            "category": "street",
            "terms": ["占道经营"],
        }
    ],
}
DUTIES: dict[str, Any] = {
    "departments": [{"id": "city", "name": "城管", "name_en": "City"}],
    "default_department": "city",
    "duties": [{"id": "D1", "matter": "vending", "lead": "city"}],
}
MODES: dict[str, Any] = {"modes": []}
ADMISSION: dict[str, Any] = {
    "lists": [{"id": "A1", "name": "准入清单", "name_en": "List", "matters": ["vending"]}]
}
LIMITS: dict[str, Any] = {"limits": [{"id": "L1", "matter": "*", "limit": "5个工作日"}]}
CALENDAR: dict[str, Any] = {
    "id": "office",
    "version": "1",
    "zone": "Asia/Shanghai",
    "hours": {"workday": [["09:00", "17:00"]]},
    "years": {"2025": {"holidays": [], "make_up_workdays": []}},
}
BODIES = {
    ReferenceKind.PLACE: PROFILE,
    ReferenceKind.AREAS: AREAS,
    ReferenceKind.MATTERS: MATTERS,
    ReferenceKind.RESPONSIBILITY: DUTIES,
    ReferenceKind.ADMISSION: ADMISSION,
    ReferenceKind.MODES: MODES,
    ReferenceKind.LIMITS: LIMITS,
    ReferenceKind.CALENDAR: CALENDAR,
    ReferenceKind.GRIDS: {"grids": [{"code": "g1", "ring": [[0, 0], [0, 1], [1, 0]]}]},
    ReferenceKind.GAZETTEER: {"names": [{"name": "东门市场", "area": "c-1-1"}]},
    ReferenceKind.CLASSIFIER: {
        "model": msgspec.to_builtins(hand_model({"摊": "vending", "灯": "lights"})),
        "matters": {"lights": "vending"},
    },
    ReferenceKind.CAMERAS: {"cameras": [{"code": "C1", "area": "c-1"}]},
    ReferenceKind.MERGING: {
        "rows": [
            {
                "matter": "*",
                "radius_m": 50,
                "hours": 24,
                "merged_from": 0.75,
                "candidate_from": 0.5,
            }
        ]
    },
    ReferenceKind.SCHEDULES: {
        "schedules": [
            {
                "id": "P1",
                "kind": "patrol",
                "name": "每网格每日巡查",
                "name_en": "Each grid daily",
                "subjects": {"each": "grids"},
                "cadence": {"every": "day"},
            }
        ]
    },
    ReferenceKind.GATE: {
        "rows": [{"matter": "*", "clear_after": 2}],
        "works": [
            {
                "id": "W1",
                "valid_from": "2025-01-01T00:00:00+08:00",
                "valid_to": "2025-02-01T00:00:00+08:00",
                "areas": ["c-1"],
                "reason": "道路施工",
            }
        ],
    },
    ReferenceKind.BASE_DATA: {
        "groups": [{"id": "needy", "name": "困难群体", "name_en": "The needy"}],
        "items": [{"id": "I1", "name": "帮扶联系", "name_en": "Who helps", "of": "needy"}],
        "entries": [{"code": "tok-1", "groups": ["needy"], "area": "c-1-1", "has": ["I1"]}],
    },
    ReferenceKind.CLOSURES: {"hasty_minutes": 5, "last_share": 0.1, "bulk_cases": 10},
    ReferenceKind.CARDS: {
        "cards": [
            {
                "id": "grid",
                "name": "网格考核",
                "name_en": "Grids",
                "of": "grid",
                "rates": [{"figure": "closure_rate", "weight": 1}],
            }
        ]
    },
    ReferenceKind.POINTS: {
        "accounts": [{"id": "civic", "name": "积分", "name_en": "Points"}],
        "reports": [
            {
                "id": "R1",
                "name": "上报奖励",
                "name_en": "Reward",
                "account": "civic",
                "points": 5,
                "when": "closed",
                "matters": ["vending"],
            }
        ],
    },
    ReferenceKind.POSTS: {
        "roles": [{"id": "worker", "name": "专职网格员", "name_en": "Worker"}],
        "postings": [{"person": "gw-1", "role": "worker", "grid": "g1"}],
        "staffing": [
            {
                "id": "S1",
                "name": "一格两员",
                "name_en": "Two per grid",
                "roles": ["worker"],
                "each": "grids",
                "at_least": 2,
            }
        ],
    },
}


def change(
    kind: ReferenceKind,
    body: dict[str, Any] | None = None,
    *,
    version: str = "1",
    valid_from: datetime = START,
    place: str = "some",
) -> Reference:
    body = BODIES[kind] if body is None else body
    return Reference(place=place, kind=kind, version=version, valid_from=valid_from, body=body)


def book(*changes: Reference) -> Rulebook:
    found = Rulebook()
    for one in changes:
        found = found.with_change(one)
    return found


def whole() -> Rulebook:
    return book(*(change(kind) for kind in ReferenceKind))


def rules_at(found: Rulebook, at: datetime = START) -> PlaceRules:
    rules = found.at("some", at)
    assert rules is not None
    return rules


def test_a_whole_place_is_read_from_its_documents() -> None:
    rules = rules_at(whole())
    assert (rules.place, rules.zone, rules.lifecycle) == ("some", "Asia/Shanghai", "five_steps")
    assert rules.areas["c-1-1"].grids == ("g1",)
    assert rules.matters["vending"].category == "street"
    assert rules.categories["street"].name_en == "Streets"
    assert rules.departments["city"].name == "城管"
    assert rules.default_department == "city"
    assert rules.calendar is not None
    assert rules.calendar.id == "office"
    assert rules.versions == {kind.value: "1" for kind in ReferenceKind}
    assert dangling(rules) == []


def test_a_limit_is_kept_as_the_clock_prints_it_with_the_version_that_set_it() -> None:
    (limit,) = rules_at(whole()).limits
    assert (limit.limit, limit.version) == ("5 working days", "1")


def test_the_empty_book_knows_no_place() -> None:
    assert not Rulebook().known("some")
    assert Rulebook().places() == []
    assert Rulebook().at("some", START) is None


def test_a_place_is_known_once_its_profile_is_there_whatever_else_came_first() -> None:
    partly = book(change(ReferenceKind.AREAS))
    assert not partly.known("some")
    assert partly.at("some", START) is None
    fully = partly.with_change(change(ReferenceKind.PLACE))
    assert fully.known("some")
    assert fully.places() == ["some"]


def test_before_the_first_profile_there_are_no_rules() -> None:
    assert whole().at("some", START - timedelta(microseconds=1)) is None
    assert whole().at("some", START) is not None


def test_a_new_version_holds_from_its_own_instant_on_and_not_before() -> None:
    later = START + timedelta(days=30)
    profile = {**PROFILE, "patience_days": 9}
    found = whole().with_change(change(ReferenceKind.PLACE, profile, version="2", valid_from=later))
    assert rules_at(found, later - timedelta(microseconds=1)).patience_days == 7
    assert rules_at(found, later).patience_days == 9
    assert rules_at(found, later).versions["place"] == "2"
    assert rules_at(found, later).versions["areas"] == "1"


def test_instants_are_compared_as_instants_whatever_their_offset() -> None:
    here = timezone(timedelta(hours=8))
    found = book(change(ReferenceKind.PLACE, valid_from=datetime(2020, 1, 1, 8, tzinfo=here)))
    assert found.at("some", START) is not None
    assert found.at("some", START - timedelta(seconds=1)) is None


def test_a_book_is_never_changed_by_a_change() -> None:
    before = whole()
    after = before.with_change(
        change(ReferenceKind.PLACE, {**PROFILE, "patience_days": 9}, version="2")
    )
    assert rules_at(before).patience_days == 7
    assert rules_at(after).patience_days == 9


def test_of_two_contents_of_one_version_the_first_stands() -> None:
    found = whole()
    again = found.with_change(change(ReferenceKind.PLACE, {**PROFILE, "patience_days": 9}))
    assert again is found


def test_of_two_versions_that_begin_together_the_greater_holds() -> None:
    """So a calendar that gains a year needs only a new version, not another beginning."""
    one = change(ReferenceKind.PLACE, {**PROFILE, "patience_days": 1}, version="2026.1")
    two = change(ReferenceKind.PLACE, {**PROFILE, "patience_days": 2}, version="2026.2")
    assert rules_at(book(one, two)).patience_days == 2
    assert rules_at(book(two, one)).patience_days == 2


def test_rules_that_a_change_leaves_alone_keep_their_identity() -> None:
    """What is derived from them (an automaton, an index) is then not built again."""
    later = START + timedelta(days=30)
    before = whole()
    found = before.with_change(change(ReferenceKind.PLACE, version="2", valid_from=later))
    other = found.with_change(change(ReferenceKind.PLACE, place="other"))
    assert found.at("some", START) is before.at("some", START)
    assert other.at("some", later) is found.at("some", later)


versions = st.lists(
    st.tuples(
        st.sampled_from(list(ReferenceKind)),
        st.sampled_from(["1", "2", "3"]),
        st.integers(0, 5),
    ),
    unique_by=lambda row: row[:2],
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(versions, st.randoms(use_true_random=False))
def test_the_order_in_which_documents_arrive_does_not_matter(
    rows: list[tuple[ReferenceKind, str, int]], shuffler: Any
) -> None:
    changes = [
        change(kind, version=version, valid_from=START + timedelta(days=day))
        for kind, version, day in rows
    ]
    straight = book(*changes)
    shuffler.shuffle(changes)
    shuffled = book(*changes)
    for day in range(-1, 7):
        one = straight.at("some", START + timedelta(days=day))
        other = shuffled.at("some", START + timedelta(days=day))
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.versions == other.versions


DAY = "2026-02-01T00:00:00+08:00"

WRONG = [
    (ReferenceKind.PLACE, {**PROFILE, "zone": "Asia/Nowhere"}, "no such zone"),
    (ReferenceKind.PLACE, {**PROFILE, "lifecycle": "seven"}, "$.lifecycle"),
    (ReferenceKind.PLACE, {**PROFILE, "patience_days": 0}, "$.patience_days"),
    (ReferenceKind.PLACE, {**PROFILE, "patience": 7}, "unknown field `patience`"),
    (
        ReferenceKind.AREAS,
        {"areas": [{"code": 441900, "name": "x", "level": "y"}]},
        "$.areas[0].code",
    ),
    (
        ReferenceKind.AREAS,
        {"areas": [{"code": "a", "name": "x", "level": "y", "parent": "b"}]},
        "no such area: 'b'",
    ),
    (
        ReferenceKind.AREAS,
        {
            "areas": [
                {"code": "a", "name": "x", "level": "y", "parent": "b"},
                {"code": "b", "name": "x", "level": "y", "parent": "a"},
            ]
        },
        "circle",
    ),
    (ReferenceKind.AREAS, {"areas": [*AREAS["areas"], AREAS["areas"][0]]}, "'c' stands twice"),
    (ReferenceKind.AREAS, {"areas": [{"code": "a/b", "name": "x", "level": "y"}]}, "slash"),
    (ReferenceKind.MATTERS, {**MATTERS, "categories": []}, "no such category: 'street'"),
    (
        ReferenceKind.RESPONSIBILITY,
        {**DUTIES, "default_department": "x"},
        "no such department: 'x'",
    ),
    (
        ReferenceKind.RESPONSIBILITY,
        {**DUTIES, "duties": [{"id": "D1", "matter": "m", "lead": "x"}]},
        "$.duties[0]",
    ),
    (
        ReferenceKind.RESPONSIBILITY,
        {**DUTIES, "duties": [{**DUTIES["duties"][0], "valid_from": DAY, "valid_to": DAY}]},
        "'D1' ends before it begins",
    ),
    (
        ReferenceKind.RESPONSIBILITY,
        {**DUTIES, "duties": [{**DUTIES["duties"][0], "valid_from": DAY[:-6]}]},
        "$.duties[0].valid_from",
    ),
    (
        ReferenceKind.LIMITS,
        {"limits": [{"id": "L1", "matter": "*", "limit": "soon"}]},
        "$.limits[0].limit",
    ),
    (ReferenceKind.CALENDAR, {"id": "office"}, "no calendar"),
]


@pytest.mark.parametrize(("kind", "body", "told"), WRONG)
def test_a_wrong_body_is_refused_by_document_and_field(
    kind: ReferenceKind, body: dict[str, Any], told: str
) -> None:
    with pytest.raises(Refused) as refused:
        Rulebook().with_change(change(kind, body))
    assert refused.value.reason is Reason.INVALID
    assert refused.value.detail.startswith(f"some/{kind.value}/1: ")
    assert told in refused.value.detail


POINTS = {"full": 25, "anchor": 98, "per_point": 0.5}


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ({"swift_response_score": {"response_rate": 0.5, "resolution_rate": 0.5}}, None),
        (
            {
                "swift_response_score": {
                    "satisfaction_rate": {"full": 25, "anchor": 98, "per_point": 1}
                }
            },
            None,
        ),
        ({"swift_response_score": {"response_rate": 0.5}}, "do not sum up to 1"),
        ({"swift_response_score": {"case_count": 1}}, "no such rate: 'case_count'"),
        ({"three_rates": {"response_rate": 1}}, "no such score: 'three_rates'"),
        ({"swift_response_score": {"response_rate": -1}}, "scores"),
    ],
)
def test_a_score_weighs_known_rates_by_shares_of_one_or_by_points(
    scores: dict[str, object], why: str | None
) -> None:
    profile = change(ReferenceKind.PLACE, {**PROFILE, "scores": scores})
    if why is None:
        assert set(rules_at(book(profile)).scores) == set(scores)
    else:
        with pytest.raises(Refused, match=why):
            book(profile)


def test_a_published_rate_must_follow_from_its_replay() -> None:
    rate = {
        **{"id": "r", "zh": "率", "en": "rate", "figure": "handling_rate", "source": "001"},
        **{"value": 95.08, "decimals": 2, "numerator": 14199, "denominator": 14933},
    }
    rules = rules_at(book(change(ReferenceKind.PLACE, {**PROFILE, "published": [rate]})))
    assert rules.published[0].value == 95.08
    wrong = {**rate, "numerator": 14190}
    with pytest.raises(Refused, match=r"14190/14933 is not 95\.08"):
        book(change(ReferenceKind.PLACE, {**PROFILE, "published": [wrong]}))


def test_what_documents_assume_is_listed_once_for_the_place() -> None:
    profile = {**PROFILE, "assumed": ["甲"]}
    areas = {**AREAS, "assumed": ["乙", "甲"]}
    found = book(change(ReferenceKind.PLACE, profile), change(ReferenceKind.AREAS, areas))
    assert sorted(rules_at(found).assumed) == ["乙", "甲"]


def test_an_area_knows_its_street_and_its_parents() -> None:
    rules = rules_at(whole())
    assert list(lineage(rules, "c-1-1")) == ["c-1-1", "c-1", "c"]
    assert street_of(rules, "c-1-1") == "c-1"
    assert street_of(rules, "c-1") == "c-1"
    assert street_of(rules, "c") is None
    assert street_of(rules, "nowhere") is None
    assert street_of(rules, None) is None


def test_what_one_document_says_of_another_that_is_not_so_is_named() -> None:
    rules = rules_at(
        book(
            change(ReferenceKind.PLACE, {**PROFILE, "fallback_area": "zz"}),
            change(ReferenceKind.AREAS),
            change(ReferenceKind.RESPONSIBILITY),
            change(ReferenceKind.LIMITS),
        )
    )
    told = "\n".join(dangling(rules))
    for part in ("fallback_area 'zz'", "D1: no such matter or category: 'vending'", "a calendar"):
        assert part in told


def test_a_switch_for_a_matter_that_nobody_knows_is_named() -> None:
    profile = {
        **PROFILE,
        "whistle_matters": ["vending", "pigeons"],
        "lifecycles": {"street": "mediation", "quarrels": "mediation"},
    }
    rules = rules_at(whole().with_change(change(ReferenceKind.PLACE, profile, version="2")))
    assert dangling(rules) == [
        "place: lifecycles: no such matter or category: 'quarrels'",
        "place: whistle_matters: no such matter or category: 'pigeons'",
    ]


def test_a_level_and_an_area_that_the_tree_does_not_know_are_named() -> None:
    department = {**DUTIES["departments"][0], "area": "c-9"}
    duties = [{**DUTIES["duties"][0], "level": level} for level in ("street", "grid", "moon")]
    named = [{**duty, "id": f"D{n}"} for n, duty in enumerate(duties)]
    listed = {**DUTIES, "departments": [department], "duties": named}
    rules = rules_at(whole().with_change(change(ReferenceKind.RESPONSIBILITY, listed, version="2")))
    assert dangling(rules) == [
        "responsibility: D2: no such level: 'moon'",
        "responsibility: city: no such area: 'c-9'",
    ]


def test_a_document_is_identified_by_place_kind_and_version() -> None:
    assert reference_id(change(ReferenceKind.AREAS, version="7")) == "some/areas/7"
