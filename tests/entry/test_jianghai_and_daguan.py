"""Two places as data alone: their documents' words, numbers and departments, and nothing more."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from streams.core.case import ActInput, Story
from streams.core.classify import Classifier
from streams.core.events import ActKind, FiveOnes, Outcome, ReferenceKind, WhistleKind
from streams.core.fold import fold
from streams.core.lifecycle import FLOW_OF, CaseState, Flow
from streams.core.limits import limit_of
from streams.core.place import PlaceRules, lineage, mode_of
from streams.core.responsibility import lint
from streams.core.results import FactKind
from streams.core.route import route
from streams.entry.places import place_dir, read_place, shipped_book
from tests.case_inputs import act, report

A = ActKind
NOW = datetime(2025, 6, 1, tzinfo=UTC)


BOOKS = {place: shipped_book(place) for place in ("jianghai", "daguan")}


def rules_of(place: str, at: datetime = NOW) -> PlaceRules:
    rules = BOOKS[place].at(place, at)
    assert rules is not None
    return rules


def stated(place: str) -> dict[str, int | float]:
    return {row.id: row.value for row in rules_of(place).constants}


def life(place: str, matter: str, area: str, *acts: ActInput) -> Story:
    """What becomes of one report of this place, under its shipped rules."""
    rules = rules_of(place)
    category = rules.matters[matter].category
    lifecycle = rules.lifecycles.get(matter, rules.lifecycle)
    about = {"place": place, "area": area, "category": category, "lifecycle": lifecycle}
    filed = replace(report(matter), home=f"{place}/{area}", **about)
    return fold(filed, acts, BOOKS[place])


def refusals(story: Story) -> list[str]:
    return [one.detail["reason"] for one in story.facts if one.kind is FactKind.ACT_REFUSED]


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", BOOKS)
def test_every_word_of_a_matter_speaks_for_that_matter(place: str) -> None:
    rules = rules_of(place)
    words = [(word, one.code) for one in rules.matters.values() for word in one.words]
    found = [(word, Classifier.of(rules).classify(word).matter) for word, _ in words]
    assert found == words
    assert len({word for word, _ in words}) == len(words)


@pytest.mark.parametrize("place", BOOKS)
def test_what_no_word_of_the_place_says_is_unclassified_and_still_has_a_department(
    place: str,
) -> None:
    rules = rules_of(place)
    found = Classifier.of(rules).classify("路灯不亮")
    assert found.matter is None
    assert route(rules, None, rules.fallback_area).lead == rules.default_department


# --- numbers ------------------------------------------------------------------------------------


def test_jianghais_numbers_are_those_of_its_document() -> None:
    numbers = {
        **{"grids": 190, "units": 2590, "party_bodies": 168, "grid_leaders": 18},
        **{"full_time_workers": 383, "part_time_workers": 2259, "duty_classes": 7},
        **{"must_know": 5, "must_visit": 5, "must_arrive": 3},
        **{"duty_items": 19, "admitted_matters": 65, "admission_batches": 2, "base_items": 43},
        **{"events_reported": 16000, "response_rate": 100, "answer_rate_gain": 70},
        **{"handled_gain": 3, "intensity_change": -30, "trainings": 300},
        **{"training_attendances": 7000, "legislative_drafts": 48, "legislative_opinions": 770},
        **{"legislative_adopted": 91, "legislative_units": 59, "legislative_liaisons": 57},
        **{"legislative_informants": 350, "consultation_events": 62, "social_opinions": 39},
        **{"research_reports": 5, "consultation_suggestions": 90, "young_share": 80},
        **{"college_share": 90},
    }
    assert stated("jianghai") == numbers


def test_daguans_numbers_are_those_of_its_document() -> None:
    numbers = {
        **{"township_platforms": 1, "village_platforms": 7, "inspectors": 167},
        **{"camera_lines": 39, "cameras": 71, "trial_cases": 600, "speed_gain": 1},
        **{"urban_stations": 23, "rural_stations": 17, "station_meetings": 154},
        **{"station_issues": 341, "station_solved": 276, "chiefs": 54, "guarantors": 11},
        **{"party_members": 800, "officers": 274, "households_visited": 64000},
        **{"consultations": 600, "disputes_settled": 463, "hazards_removed": 137},
        **{"backlog_resolved": 25, "backlog_rate": 86.9, "whistle_departments": 26},
        **{"whistle_blocks": 3, "whistle_items": 36, "department_main_duties": 36},
        **{"committee_duties": 28, "community_admission_items": 26, "veto_items": 12},
        **{"service_items": 4829, "service_items_online": 4046, "task_groups": 6},
        **{"sub_plans": 33, "civilization_centres": 50, "volunteer_teams": 10},
        **{"epidemic_volunteers": 1000},
        **{"social_organizations": 121, "paired_organizations": 42, "party_heads": 23},
        **{"epidemic_honours": 154, "flood_honours": 5, "honoured_families": 27},
        **{"honoured_others": 18, "elder_centres": 7, "elder_stations": 23, "elder_homes": 23},
        **{"school_groups": 5, "projects": 23, "projects_done": 11, "theory_talks": 100},
        **{"public_service_funds": 10_000_000},
    }
    assert stated("daguan") == numbers


@pytest.mark.parametrize(
    ("place", "value", "closed", "cases"),
    [("jianghai", 99.5, 16119, 16200), ("daguan", 98.75, 632, 640)],
)
def test_the_one_published_rate_also_comes_out_of_as_many_cases_as_the_document_tells(
    place: str, value: float, closed: int, cases: int
) -> None:
    (rate,) = rules_of(place).published
    assert (rate.figure, rate.flow, rate.value) == ("completion_rate", Flow.CASE, value)
    assert rate.numerator * cases == closed * rate.denominator
    told = {"jianghai": "events_reported", "daguan": "trial_cases"}[place]
    assert cases > stated(place)[told]


def test_daguans_backlog_rate_is_a_constant_because_no_number_of_cases_has_it() -> None:
    rates = {round(100 * 25 / cases, 1) for cases in range(25, 100)}
    assert stated("daguan")["backlog_rate"] not in rates


@pytest.mark.parametrize("place", BOOKS)
def test_what_is_stated_quotes_its_document(place: str) -> None:
    rules = rules_of(place)
    (document,) = rules.documents
    rows = {one.id: one.source for one in rules.constants}
    rows |= {one.id: one.source for one in rules.published}
    assert [id for id, told in rows.items() if not told.startswith(f"文件{document.id}:「")] == []


# --- areas and departments ----------------------------------------------------------------------


def test_jianghai_has_the_five_levels_of_its_document_one_above_the_other() -> None:
    rules = rules_of("jianghai")
    unit = "440704-s01-c01-g01-u1"
    levels = [rules.areas[code].level for code in lineage(rules, unit)]
    assert levels == ["unit", "grid", "community", "street", "district"]
    for area in rules.areas.values():
        if area.level == "unit":
            assert area.parent is not None
            assert rules.areas[area.parent].level == "grid"


def test_shilipu_has_one_township_with_seven_villages() -> None:
    rules = rules_of("daguan")
    (township,) = (one for one in rules.areas.values() if one.name == "十里铺乡")
    villages = [one for one in rules.areas.values() if one.parent == township.code]
    assert (township.level, len(villages)) == ("street", 7)


NAMED = {
    # 「区、街道两级有关职能部门」, 「区人大、政协」
    "jianghai": {
        *("区有关职能部门", "街道有关职能部门", "区人大", "区政协"),
        "深圳国际仲裁院江门国际仲裁中心",
    },
    "daguan": {
        *("区直机关、职能部门", "城管执法中队", "公安", "消防", "环保", "市场监管"),
        *("法官工作室", "民生检察工作室", "警民联调工作室", "公益律师工作室", "人民调解中心"),
        "企业服务代办中心",
    },
}


@pytest.mark.parametrize("place", BOOKS)
def test_no_department_stands_there_that_the_document_does_not_name(place: str) -> None:
    rules = rules_of(place)
    (document,) = rules.documents
    assert {one.name for one in rules.departments.values()} == NAMED[place]
    assert {one.source for one in rules.departments.values()} == {document.id}


@pytest.mark.parametrize("place", BOOKS)
def test_every_duty_says_what_it_rests_on(place: str) -> None:
    rules = rules_of(place)
    quoted = [one.id for one in rules.duties if one.basis.startswith("文件")]
    assert quoted == {"jianghai": [], "daguan": ["D01", "D02"]}[place]
    assert {one.basis for one in rules.duties if one.id not in quoted} == {"假定"}


@pytest.mark.parametrize(
    ("place", "idle"),
    [("jianghai", {"arbitration_centre"}), ("daguan", {"fire", "market_regulation"})],
)
def test_the_linter_finds_only_who_is_meant_to_lead_nothing(place: str, idle: set[str]) -> None:
    """The arbitration centre is being built; fire and market regulation come when called."""
    found = lint(rules_of(place), NOW)
    assert {one.kind.value for one in found} == {"idle_department"}
    assert {row for one in found for row in one.rows} == idle


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", BOOKS)
def test_no_case_of_the_documents_own_years_has_a_limit(place: str) -> None:
    """TIM-17: neither document sets one; ours are assumed, and begin with the calendar."""
    assert rules_of(place, datetime(2023, 12, 31, tzinfo=UTC)).limits == ()
    rules = rules_of(place)
    assert rules.limits
    assert any("时限" in line and "假定" in line for line in rules.assumed)
    assert (rules.admission, rules.guard_periods) == ((), ())


def test_a_jianghai_area_in_emergency_has_the_emergency_limit() -> None:
    """平急转换, EMG-01: the switch is one more version of the place's modes."""
    shipped = next(
        one for one in read_place(place_dir("jianghai")) if one.kind is ReferenceKind.MODES
    )
    rows = {"modes": [{"area": "440704", "mode": "emergency", "kind": "wind_and_flood"}]}
    switched = BOOKS["jianghai"].with_change(replace(shipped, version="2026.2", body=rows))
    limits = []
    for one in (BOOKS["jianghai"], switched):
        rules = one.at("jianghai", NOW)
        assert rules is not None
        mode = mode_of(rules, "440704-s01-c01-g01")
        limit = limit_of(rules, "wind_and_flood", mode=mode)
        limits.append(limit.id if limit else None)
    assert limits == ["L01", "L02"]


def test_who_finds_a_matter_may_report_and_handle_it_in_daguan() -> None:
    """「随时发现问题、上报处置」: no 采办分离."""
    village = "340803-t01-c01"
    handled = act(A.HANDLE, 1)
    story = life("daguan", "littering", village, handled, act(A.CLOSE, 2))
    assert (story.case.state, refusals(story)) == (CaseState.CLOSED, [])


def called(*departments: str) -> ActInput:
    return act(A.CONVENE, 1, whistle=WhistleKind.EVERYDAY, departments=departments)


def test_the_resident_squad_enforces_and_any_village_may_call_those_on_call() -> None:
    """RTE-07, RTE-18: 城管 first, the others only by a whistle."""
    others = ("public_security", "fire", "environment_protection", "market_regulation")
    for village in ("340803-t01-c07", "340803-t02-c01"):
        story = life("daguan", "administrative_enforcement", village, called(*others))
        assert (story.case.department, refusals(story)) == ("resident_squad", [])
        assert tuple(task.department for task in story.case.tasks) == others


@pytest.mark.parametrize(
    ("matter", "why"),
    [
        *((matter, []) for matter in ("enforcement_item", "service_item", "emergency_item")),
        ("littering", ["not_on_the_whistle_list"]),
    ],
)
def test_daguan_whistles_for_the_three_blocks_of_its_list_alone(
    matter: str, why: list[str]
) -> None:
    """ADM-08."""
    assert refusals(life("daguan", matter, "340803-t01-c01", called("fire"))) == why


def test_a_major_risk_of_daguan_needs_its_five_ones_and_two_owners() -> None:
    """EMG-09, RTE-19: 属地稳控、部门化解."""
    ones = FiveOnes(
        cadres=("county-3",), task_force="t1", plan="p1", ledger="b1", accountability="a1"
    )
    owners = {"area": "340803-t01", "department": "public_security"}
    guarded = act(A.GUARD, 2, guard=ones, **owners)
    story = life("daguan", "major_risk", "340803-t01-c01", act(A.SIGN, 1), guarded)
    assert (story.case.state, refusals(story)) == (CaseState.GUARDED, [])
    bare = life("daguan", "major_risk", "340803-t01-c01", act(A.SIGN, 1), act(A.GUARD, 2))
    assert refusals(bare)[0].startswith("guard_incomplete:cadres,task_force,plan")


def test_a_jianghai_case_is_raised_from_unit_to_district_one_level_each() -> None:
    """RTE-09: 提级办理 along 区—街道—村(社区)—网格—最小单元."""
    unit = "440704-s02-c04-g08-u2"
    ups = [act(A.ESCALATE, hour, f"up-{hour}") for hour in range(1, 6)]
    stood = [life("jianghai", "work_safety", unit, *ups[:n]).case for n in range(5)]
    assert [one.level or one.area for one in stood] == list(lineage(rules_of("jianghai"), unit))
    assert {one.area for one in stood} == {unit}
    streets = ["street_departments"] * 4
    assert [one.department for one in stood] == [*streets, "district_departments"]
    assert refusals(life("jianghai", "work_safety", unit, *ups)) == ["no_higher_level"]


def test_a_legislative_opinion_is_adopted_in_a_flow_of_its_own() -> None:
    """MED-08, FIG-19: 770 opinions, 91 adopted; never part of the completion rate."""
    grid = "440704-s01-c01-g01"
    adopted = act(A.DECIDE, 2, outcome=Outcome.ADOPTED)
    story = life("jianghai", "legislative_opinion", grid, adopted)
    assert (story.case.department, story.case.outcome) == ("peoples_congress", Outcome.ADOPTED)
    assert FLOW_OF[story.case.lifecycle] is Flow.OPINION
