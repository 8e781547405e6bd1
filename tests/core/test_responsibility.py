"""The linter of responsibility lists: each planted fault is found, and a clean list has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.lead import By, lead, standing
from streams.core.place import AdmissionList, Area, Duty, PlaceRules
from streams.core.placedocs import OwnedList
from streams.core.responsibility import Finding, Kind, Severity, lint, lists_of
from tests.core.duties import EARLIER, LATER, NAMES, NOW, duties, rules

VENDING = Duty("D1", "vending", "city")
ORDER = Duty("D2", "order", "town", assisting=("city",))
NOISE = Duty("D3", "noise", "police")
CLEAN = (VENDING, ORDER, NOISE)


def found(town: PlaceRules) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind.value, one.severity.value, one.rows) for one in lint(town, NOW)]


def only(town: PlaceRules) -> Finding:
    (one,) = lint(town, NOW)
    return one


def test_a_clean_list_has_no_findings() -> None:
    assert lint(rules(*CLEAN), NOW) == []


def test_the_lists_of_a_level_are_told_with_the_duties_that_stand_on_them() -> None:
    owned = OwnedList(id="L1", kind="power", name="权力", name_en="Powers", level="street")
    other = replace(owned, id="L2", kind="responsibility", level="city")
    listed = [replace(VENDING, list="L1"), replace(ORDER, list="L1"), NOISE]
    town = replace(rules(*listed), lists=(owned, other))
    assert lists_of(town) == [(owned, 2), (other, 0)]
    assert lists_of(town, "city") == [(other, 0)]
    lost = replace(town, lists=(replace(owned, level="province"),))
    assert only(lost).en == "responsibility L1: no such level: 'province'"


def plus(*more: Duty) -> PlaceRules:
    return rules(*CLEAN, *more)


LISTED = AdmissionList(id="A1", name="清单", name_en="List", matters=("vending", "ads", "noise"))

BARRED = AdmissionList(id="A1", name="清单", name_en="List", matters=("order",))

PLANTED: dict[str, tuple[PlaceRules, tuple[str, str, tuple[str, ...]]]] = {
    "a matter that only the default catches": (
        rules(
            VENDING, ORDER, Duty("D3", "quiet", "police", "c-1"), Duty("D4", "noise", "city", "c-2")
        ),
        ("gap", "warning", ("noise",)),
    ),
    "a matter that only the territory catches": (
        rules(VENDING, ORDER, police="c"),
        ("gap", "warning", ("noise",)),
    ),
    "an admitted matter without a duty": (
        rules(VENDING, ORDER, Duty("D4", "*", "police", "c-2"), lists=(LISTED,)),
        ("gap", "error", ("noise",)),
    ),
    "two rows of one scope that name different departments": (
        plus(Duty("D4", "noise", "city", valid_to=LATER), Duty("D5", "ads", "city")),
        ("overlap", "error", ("D3", "D4")),
    ),
    "two rows that say the same": (
        plus(Duty("D4", "noise", "police")),
        ("overlap", "warning", ("D3", "D4")),
    ),
    "a row that is over": (
        plus(Duty("D4", "ads", "city", valid_to=EARLIER)),
        ("expired", "warning", ("D4",)),
    ),
    "a row that is over at this very instant": (
        plus(Duty("D4", "ads", "city", valid_to=NOW)),
        ("expired", "warning", ("D4",)),
    ),
    "a row that is still to come": (
        plus(Duty("D4", "ads", "city", valid_from=LATER)),
        ("not_yet_valid", "note", ("D4",)),
    ),
    "a row that is shadowed everywhere": (
        rules(VENDING, ORDER, Duty("D4", "ads", "police"), NOISE),
        ("unreachable", "warning", ("D2",)),
    ),
    "a row of a level that its areas never stand at": (
        plus(
            Duty("D4", "ads", "city", "c", level="grid"),
            Duty("D5", "ads", "city", "c-2-1", level="grid"),
        ),
        ("unreachable", "warning", ("D5",)),
    ),
    "a row that admission bars": (
        rules(
            VENDING,
            ORDER,
            NOISE,
            lists=(BARRED,),
        ),
        ("unreachable", "warning", ("D3",)),
    ),
    "a department that assists itself": (
        plus(Duty("D4", "ads", "city", assisting=("police", "city"))),
        ("cycle", "warning", ("D4",)),
    ),
    "a department that no row names": (
        rules(VENDING, Duty("D2", "ads", "city"), NOISE),
        ("idle_department", "note", ("town",)),
    ),
    "a matter that nobody knows": (
        plus(Duty("D4", "pigeons", "city")),
        ("unknown_code", "error", ("D4",)),
    ),
    "an area that nobody knows": (
        plus(Duty("D4", "ads", "city", "c-9")),
        ("unknown_code", "error", ("D4",)),
    ),
    "a level that nobody knows": (
        plus(Duty("D4", "ads", "city", level="moon")),
        ("unknown_code", "error", ("D4",)),
    ),
    "an admitted code that nobody knows": (
        rules(
            *CLEAN,
            lists=(
                LISTED,
                AdmissionList(id="A2", name="清单", name_en="List", matters=("pigeons",)),
            ),
        ),
        ("unknown_code", "error", ("A2",)),
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str) -> None:
    town, fault = PLANTED[name]
    assert fault in found(town)


def test_all_planted_faults_are_found_together_the_gravest_first() -> None:
    town = plus(
        Duty("D4", "noise", "city"),
        Duty("D5", "ads", "city", valid_to=EARLIER),
        Duty("D6", "ads", "city", valid_from=LATER),
        Duty("D7", "pigeons", "city"),
    )
    assert found(town) == [
        ("unknown_code", "error", ("D7",)),
        ("overlap", "error", ("D3", "D4")),
        ("expired", "warning", ("D5",)),
        ("unreachable", "warning", ("D4",)),
        ("not_yet_valid", "note", ("D6",)),
    ]


def test_a_gap_says_where_and_who_takes_it() -> None:
    one = only(rules(VENDING, ORDER, Duty("D3", "noise", "police", "c-1")))
    assert one.zh == "事项“噪音”：市、二街、二社区没有责任条目，只由兜底部门接办"
    assert one.en == "matter noise: no duty in c, c-2, c-2-1, only the default department takes it"


def test_a_gap_that_opens_later_is_told_with_its_day() -> None:
    one = only(rules(VENDING, ORDER, Duty("D3", "noise", "police", valid_to=LATER)))
    assert (one.kind, one.rows) == (Kind.GAP, ("noise",))
    assert one.zh == "事项“噪音”：自2026-08-01起，全域没有责任条目，只由兜底部门接办"
    assert one.en.startswith("matter noise: no duty anywhere from 2026-08-01 on,")


def test_a_row_that_another_relieves_leaves_no_gap_and_is_reached() -> None:
    now = Duty("D3", "noise", "police", valid_to=LATER)
    then = Duty("D4", "noise", "city", valid_from=LATER)
    assert found(rules(VENDING, ORDER, now, then)) == [("not_yet_valid", "note", ("D4",))]


def test_rows_of_several_levels_or_of_times_gone_by_do_not_overlap() -> None:
    street = Duty("D4", "noise", "city", level="street")
    gone = Duty("D5", "noise", "city", valid_to=NOW)
    assert found(plus(street, gone)) == [("expired", "warning", ("D5",))]


def test_a_row_for_a_level_to_which_cases_are_raised_is_reached() -> None:
    assert found(plus(Duty("D4", "ads", "police", "c-1-1", level="street"))) == []


def test_without_list_and_default_nobody_takes_anything() -> None:
    nobody = [one for one in lint(rules(default=None), NOW) if one.kind is Kind.GAP]
    assert [one.rows for one in nobody] == [("vending",), ("ads",), ("noise",), ()]
    assert {one.severity for one in nobody} == {Severity.ERROR}
    assert nobody[-1].zh == "事项(未分类)：全域没有责任条目，没有部门接办"


def test_parents_in_a_circle_are_told_alone_and_once() -> None:
    areas = (Area("a", "甲", "x", "b"), Area("b", "乙", "y", "a"), Area("d", "丁", "z", "a"))
    one = only(rules(*CLEAN, areas=areas))
    assert (one.kind, one.severity, one.rows) == (Kind.CYCLE, Severity.ERROR, ("a", "b"))
    assert "a → b → a" in one.zh


def test_a_place_without_areas_can_be_examined() -> None:
    town = rules(*CLEAN, areas=())
    assert lint(town, NOW) == []


@given(duties(), st.booleans())
def test_lint_agrees_with_routing(listed: list[Duty], territory: bool) -> None:
    """A row is called unreachable only if it leads nowhere, and a gap only what no duty leads."""
    town = rules(*listed, **({"town": "c-1"} if territory else {}))
    findings = lint(town, NOW)
    idle = {one.rows[0] for one in findings if one.kind is Kind.UNREACHABLE}
    gaps = {one.rows[0] for one in findings if one.kind is Kind.GAP}
    ways = {
        (matter, area): lead(town, matter, standing(town, area, NOW))
        for matter in town.matters
        for area in town.areas
    }
    assert not idle & {way.duty.id for way in ways.values() if way.duty is not None}
    assert gaps >= {matter for (matter, _), way in ways.items() if way.by is not By.DUTY}
    assert {id for id in NAMES if id != "desk"} >= {
        one.rows[0] for one in findings if one.kind is Kind.IDLE_DEPARTMENT
    }
