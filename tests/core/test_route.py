"""From matter and area to a department: what is most particular leads, and all of it is told."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.limits import limit_of
from streams.core.place import (
    Area,
    Category,
    Department,
    Duty,
    LimitRule,
    Matter,
    PlaceRules,
)
from streams.core.route import Route, route
from streams.entry.places import shipped_book

AREAS = (
    Area("c", "市", "city"),
    Area("c-1", "一街", "street", "c"),
    Area("c-1-1", "一社区", "community", "c-1"),
    Area("c-2", "二街", "street", "c"),
)
MATTERS = (
    Matter("vending", "占道经营", "Vending", "order", ("占道经营",)),
    Matter("ads", "小广告", "Ads", "order", ("小广告",)),
    Matter("noise", "噪音", "Noise", "environment", ("噪音",)),
)


def rules(
    *duties: Duty, limits: tuple[LimitRule, ...] = (), default: str | None = "desk"
) -> PlaceRules:
    names = {"desk": "兜底办", "city": "城管", "town": "镇街", "police": "公安"}
    return PlaceRules(
        place="some",
        zone="Asia/Shanghai",
        name_zh="某市",
        name_en="Somewhere",
        lifecycle="five_steps",
        areas={area.code: area for area in AREAS},
        categories={"order": Category("order", "市容", "Order")},
        matters={matter.code: matter for matter in MATTERS},
        departments={id: Department(id, name, id) for id, name in names.items()},
        duties=duties,
        default_department=default,
        limits=limits,
    )


ANYWHERE = Duty("D1", "vending", "city", assisting=("police",), basis="清单第1条")
STREET = Duty("D2", "vending", "town", "c-1")
EXACT = Duty("D3", "vending", "police", "c-1-1")
ELSEWHERE = Duty("D4", "vending", "town", "c-2")
CATEGORY = Duty("D5", "order", "city")
EVERYTHING = Duty("D6", "*", "town", "c-1")


def test_the_exact_area_goes_before_its_street_and_that_before_any_area() -> None:
    assert route(rules(ANYWHERE, STREET, EXACT), "vending", "c-1-1").lead == "police"
    assert route(rules(ANYWHERE, STREET), "vending", "c-1-1").lead == "town"
    assert route(rules(ANYWHERE, ELSEWHERE), "vending", "c-1-1").lead == "city"


def test_the_matter_goes_before_its_category_and_that_before_all_matters() -> None:
    listed = rules(EVERYTHING, CATEGORY, ANYWHERE)
    assert route(listed, "vending", "c-1").trace[0].startswith("规则D1")
    assert route(listed, "ads", "c-1").lead == "city"
    assert route(listed, "noise", "c-1").lead == "town"
    assert route(listed, None, "c-1").lead == "town"


def test_without_a_rule_the_default_department_leads() -> None:
    found = route(rules(ELSEWHERE), "vending", "c-1-1")
    assert found.lead == "desk"
    assert found.trace == [
        "规则D4(“占道经营”，二街)：片区不符",
        "没有适用的规则：由兜底部门兜底办接办",
    ]


def test_without_a_list_nobody_leads() -> None:
    assert route(rules(default=None), "vending", "c-1") == Route(
        None, [], ["本地没有责任清单：不派遣"]
    )


def test_the_trace_names_every_rule_that_was_tried_and_its_outcome() -> None:
    found = route(rules(ELSEWHERE, ANYWHERE, STREET), "vending", "c-1-1")
    assert found.trace == [
        "规则D4(“占道经营”，二街)：片区不符",
        "规则D1(“占道经营”，全域)：也适用，但范围更宽",
        "规则D2(“占道经营”，一街)：命中，主责：镇街",
    ]


def test_helpers_and_the_basis_stand_in_the_trace() -> None:
    found = route(rules(ANYWHERE), "vending", None)
    assert (found.lead, found.assisting) == ("city", ["police"])
    assert found.trace == [
        "规则D1(“占道经营”，全域)：命中，主责：城管，协办：公安，依据：清单第1条"
    ]


def test_of_two_rules_alike_the_one_listed_first_leads() -> None:
    second = Duty("D9", "vending", "police")
    found = route(rules(ANYWHERE, second), "vending", "c")
    assert found.lead == "city"
    assert found.trace[1] == "规则D9(“占道经营”，全域)：也适用，但规则D1排在前面"


def test_a_limit_is_found_by_matter_then_category_then_for_all() -> None:
    by_all = LimitRule("L1", "*", "5 working days", "1")
    by_category = LimitRule("L2", "order", "2 working days", "1")
    by_matter = LimitRule("L3", "vending", "4 working hours", "1")
    timed = rules(limits=(by_all, by_category, by_matter))
    assert limit_of(timed, "vending") is by_matter
    assert limit_of(timed, "ads") is by_category
    assert limit_of(timed, "noise") is by_all
    assert limit_of(timed, None) is by_all
    assert limit_of(rules(), "vending") is None
    assert limit_of(rules(limits=(by_category,)), None) is None


def shipped() -> PlaceRules:
    found = shipped_book("dongguan").at("dongguan", datetime(2025, 6, 1, tzinfo=UTC))
    assert found is not None
    return found


DONGGUAN = shipped()


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.none(), st.sampled_from(sorted(DONGGUAN.matters)), st.text(max_size=5)),
    st.one_of(st.none(), st.sampled_from(sorted(DONGGUAN.areas)), st.text(max_size=5)),
)
def test_a_place_with_a_list_always_has_a_lead_and_a_reason(
    matter: str | None, area: str | None
) -> None:
    found = route(DONGGUAN, matter, area)
    assert found.lead in DONGGUAN.departments
    assert set(found.assisting) <= DONGGUAN.departments.keys()
    assert found.trace
    assert route(DONGGUAN, matter, area) == found


def test_every_matter_of_dongguan_has_a_rule_of_its_own_or_of_its_category() -> None:
    for matter in DONGGUAN.matters.values():
        if matter.category != "general":
            assert "兜底" not in route(DONGGUAN, matter.code, "441900-t01-c01").trace[-1]


def test_a_park_leads_where_the_list_says_so() -> None:
    assert route(DONGGUAN, "exposed_rubbish", "441900-t08-c02").lead == "songshanhu_committee"
    assert route(DONGGUAN, "exposed_rubbish", "441900-t01-c02").lead == "urban_management"
