"""Routing in time, by level, and what stands in for a duty: 首接、属地、兜底."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.core.lead import lead, standing
from streams.core.place import Duty
from streams.core.route import route
from tests.core.duties import EARLIER, LATER, NOW, duties, levels, rules

ALWAYS = Duty("D1", "vending", "city")
UNTIL = Duty("D2", "vending", "police", "c-1", valid_to=LATER)
FROM = Duty("D3", "vending", "town", "c-1", valid_from=LATER)
STREET = Duty("D4", "vending", "police", level="street")
COMMUNITY = Duty("D5", "vending", "town", level="community")
TICK = timedelta(microseconds=1)


def test_a_duty_leads_from_its_beginning_on_and_no_more_at_its_end() -> None:
    listed = rules(ALWAYS, UNTIL, FROM)
    assert route(listed, "vending", "c-1-1", at=NOW).lead == "police"
    assert route(listed, "vending", "c-1-1", at=LATER - TICK).lead == "police"
    assert route(listed, "vending", "c-1-1", at=LATER).lead == "town"
    assert route(rules(ALWAYS, UNTIL), "vending", "c-1-1", at=LATER).lead == "city"


def test_where_no_instant_is_named_validity_is_not_asked() -> None:
    assert route(rules(UNTIL, FROM), "vending", "c-1").lead == "police"


def test_the_trace_says_what_is_early_and_what_is_over_in_local_time() -> None:
    noon = Duty("D6", "vending", "town", valid_from=LATER + timedelta(hours=12))
    over = Duty("D7", "vending", "town", valid_to=EARLIER)
    assert route(rules(noon, over, ALWAYS), "vending", "c-1", at=NOW).trace == [
        "规则D6(“占道经营”，全域)：尚未生效，自2026-08-01 12:00起",
        "规则D7(“占道经营”，全域)：已经失效，至2026-02-01止",
        "规则D1(“占道经营”，全域)：命中，主责：城管",
    ]


def test_a_case_stands_at_the_level_of_its_area_until_it_is_raised() -> None:
    listed = rules(STREET, COMMUNITY)
    assert route(listed, "vending", "c-1-1").lead == "town"
    assert route(listed, "vending", "c-1-1", level="street").lead == "police"
    assert route(listed, "vending", "c-1-1", level="city").lead == "desk"
    assert route(listed, "vending", None).lead == "desk"


def test_a_duty_for_this_level_goes_before_one_for_any_level() -> None:
    found = route(rules(ALWAYS, STREET, COMMUNITY), "vending", "c-1-1", level="street")
    assert found.lead == "police"
    assert found.trace == [
        "规则D1(“占道经营”，全域)：也适用，但规则D4专管本层级",
        "规则D4(“占道经营”，全域)：命中，主责：公安",
        "规则D5(“占道经营”，全域)：层级不符，限community",
    ]


def test_a_nearer_area_goes_before_this_level() -> None:
    near = Duty("D8", "vending", "city", "c-1")
    assert route(rules(STREET, near), "vending", "c-1", level="street").lead == "city"


def test_without_a_duty_the_department_that_received_it_first_leads() -> None:
    found = route(rules(ALWAYS, town="c-1"), "noise", "c-1-1", first="police")
    assert (found.lead, found.assisting) == ("police", [])
    assert found.trace == ["没有适用的规则：首接负责，由首接部门公安接办"]
    assert route(rules(ALWAYS), "vending", "c-1", first="police").lead == "city"


def test_then_the_department_of_the_nearest_area_then_the_default() -> None:
    listed = rules(ALWAYS, town="c-1", city="c")
    assert route(listed, "noise", "c-1-1").lead == "town"
    assert route(listed, "noise", "c-2-1").lead == "city"
    assert route(rules(ALWAYS, town="c-1"), "noise", "c-2-1").lead == "desk"


def test_the_trace_names_everything_that_was_tried_before_the_default() -> None:
    listed = rules(UNTIL, Duty("D9", "*", "city", "c-2"), town="c-1")
    assert route(listed, "vending", "c", at=LATER, first="stranger").trace == [
        "规则D2(“占道经营”，一街)：片区不符",
        "规则D9(所有事项，二街)：片区不符",
        "首接部门“stranger”不在部门名单",
        "这一片区没有属地部门",
        "没有适用的规则：由兜底部门兜底办接办",
    ]
    assert route(listed, "noise", "c-1-1").trace[-1] == (
        "没有适用的规则：属地负责，由一街的一街镇街办接办"
    )


@given(duties(), st.integers(0, 240), levels)
def test_who_leads_is_the_same_whether_kept_or_asked_anew(
    listed: list[Duty], days: int, level: str | None
) -> None:
    """Routes are kept by stretch of time: all instants of one must have the same answer."""
    at = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(days=days)
    town = rules(*listed)
    fresh = rules(
        *(
            duty
            for duty in listed
            if (duty.valid_from is None or duty.valid_from <= at)
            and (duty.valid_to is None or at < duty.valid_to)
        )
    )
    for matter in ("vending", "noise", None):
        kept = route(town, matter, "c-1-1", at=at, level=level)
        assert kept.lead == route(fresh, matter, "c-1-1", level=level).lead
        where = standing(town, "c-1-1", at, level)
        assert kept.lead == lead(town, matter, where).department
