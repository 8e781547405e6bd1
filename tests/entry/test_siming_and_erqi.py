"""The profiles of Siming and Erqi: what their documents say, and nothing that they do not."""

import re
from datetime import UTC, datetime
from functools import cache

import pytest

from streams.core.classify import Classifier
from streams.core.completeness import base_data_of
from streams.core.events import ActKind
from streams.core.lead import By, lead, standing
from streams.core.locate import Whereabouts, locate
from streams.core.place import PlaceRules
from streams.core.responsibility import Kind, Severity, lint
from streams.entry.places import shipped_book

NOW = datetime(2025, 6, 1, tzinfo=UTC)
PLACES = {"siming": "000", "erqi": "002"}


@cache
def shipped(place: str) -> PlaceRules:
    rules = shipped_book(place).at(place, NOW)
    assert rules is not None
    return rules


def stated(place: str) -> dict[str, tuple[float, str]]:
    return {row.id: (row.value, row.bound) for row in shipped(place).constants}


def leads(place: str, matter: str, area: str) -> tuple[By, str | None]:
    rules = shipped(place)
    found = lead(rules, matter, standing(rules, area, NOW))
    return found.by, found.department


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_a_place_without_a_published_rate_shows_none(place: str) -> None:
    """FIG-12, FIG-15: what cannot be reproduced is stated, never computed."""
    assert shipped(place).published == ()
    assert any("没有公布案件总数和任何办结率" in line for line in shipped(place).assumed)


@pytest.mark.parametrize(("place", "document"), PLACES.items())
def test_every_figure_names_its_document_and_quotes_it(place: str, document: str) -> None:
    assert [one.id for one in shipped(place).documents] == [document]
    for row in shipped(place).constants:
        assert re.search(rf"^文件{document}:.*「.+」", row.source), row.id


def test_simings_figures_are_those_of_its_document() -> None:
    of = stated("siming")
    tree = ("streets", "communities", "grids", "community_workers", "centre_posts")
    assert [of[id][0] for id in tree] == [5, 98, 1197, 2219, 5]
    assert of["population"] == (1_089_000, "about")
    found = ("supervision_found", "supervision_rectified", "supervision_suggestions")
    assert [of[id][0] for id in found] == [226, 226, 180]
    assert of["disputes_settled"] == (1600, "at_least")
    assert [of[id][0] for id in ("control_guides", "control_trainings")] == [5, 2]
    down = ("party_organizations", "commando_teams", "party_members")
    assert [of[id] for id in down] == [(578, "exact"), (317, "exact"), (12000, "at_least")]
    assert of["committee_members"] == (1100, "at_least")
    assert (of["platform_cost"][0], of["platform_modules"][0]) == (3_220_000, 5)


def test_erqis_figures_are_those_of_its_document() -> None:
    of = stated("erqi")
    assert [of[f"level_{n}_grids"][0] for n in (1, 2, 3)] == [1, 12, 55]
    staff = ("district_cadres", "street_cadres", "area_police", "area_doctors")
    assert [of[id][0] for id in staff] == [97, 103, 38, 10]
    assert of["home_services"] == (90, "at_least")
    assert of["difficulties_and_disputes"] == (50, "at_least")
    assert of["patrols_per_day"] == (1, "at_least")
    assert of["first_batch_items"] == (10, "exact")
    system = ("epidemic_grid_systems", "epidemic_mechanisms", "epidemic_orders")
    assert [of[id][0] for id in system] == [1, 3, 5]


# --- rules ----------------------------------------------------------------------------------------


def test_erqi_goes_by_its_four_words_and_separates_nobody() -> None:
    rules = shipped("erqi")
    assert (rules.lifecycle, dict(rules.lifecycles)) == (
        "four_words",
        {"supervision": "supervision"},
    )
    assert not rules.reporter_may_not_handle
    assert rules.whistle_matters == ()


def test_siming_mediates_disputes_and_keeps_suggestions_apart() -> None:
    rules = shipped("siming")
    assert dict(rules.lifecycles) == {
        "disputes": "mediation",
        "opinions": "opinion",
        "supervision": "supervision",
    }
    assert not rules.reporter_may_not_handle


def test_nothing_is_barred_by_a_list_of_which_one_item_in_ten_is_named() -> None:
    assert shipped("erqi").admission == ()
    assert shipped("erqi").matters["illegal_fundraising"].category == "key_items"


def test_erqis_ladder_is_named_by_its_document_and_its_steps_are_assumed() -> None:
    (ladder,) = shipped("erqi").ladders
    assert [step.id for step in ladder.steps] == ["1", "3", "7", "month", "0"]
    assert ladder.begins == "supervise"
    assert ladder.steps[-1].until == (ActKind.CLOSE,)
    assert "「“13710”工作制度」" in ladder.source
    assert "假定" in ladder.source
    assert shipped("siming").ladders == ()


@pytest.mark.parametrize("place", PLACES)
def test_the_only_limit_is_an_assumed_one(place: str) -> None:
    assert [(row.id, row.matter) for row in shipped(place).limits] == [("L01", "*")]
    assert any("没有任何办理时限" in line for line in shipped(place).assumed)


# --- areas ----------------------------------------------------------------------------------------


def test_the_trees_have_the_levels_of_their_documents() -> None:
    siming = [area.level for area in shipped("siming").areas.values()]
    assert (siming.count("district"), siming.count("street")) == (1, 2)
    erqi = shipped("erqi").areas
    assert [area.level for area in erqi.values()].count("street") == 5
    assert {area.level for area in erqi.values()} == {
        *("district", "street", "community", "grid", "building"),
    }
    above = {area.level: erqi[area.parent].level for area in erqi.values() if area.parent}
    assert (above["grid"], above["building"]) == ("community", "grid")


def test_simings_grids_hold_factories_enterprises_and_units() -> None:
    """ORG-03."""
    kinds = {"factories": 1, "enterprises": 1, "work_units": 1}
    assert [one.groups for one in base_data_of(shipped("siming")) if one.entries] == [kinds, kinds]


@pytest.mark.parametrize("place", PLACES)
def test_streets_and_communities_are_named_ones_or_say_that_they_are_samples(place: str) -> None:
    named = {
        *("思明区", "滨海街道", "莲前街道", "二七区", "西福民社区", "新圃东街社区"),
        *("京广路街道", "建中街街道", "福华街街道", "铭功路街道", "淮河路街道", "位置不明"),
    }
    for area in shipped(place).areas.values():
        assert area.name in named or "示例" in area.name
    assert any("示例" in line for line in shipped(place).assumed)


def test_an_event_is_located_by_grid_and_by_a_named_community() -> None:
    siming = locate(shipped("siming"), Whereabouts(grid="350203-s01-c02-g03"))
    assert siming.area == "350203-s01-c02"
    erqi = locate(shipped("erqi"), Whereabouts(grid="410103-s05-c02-g01"))
    assert erqi.area == "410103-s05-c02-g01"
    told = locate(shipped("erqi"), Whereabouts(text="西福民社区有居民纠纷"))
    assert told.area == "410103-s02-c01"


# --- matters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_every_word_of_the_list_leads_to_its_own_matter(place: str) -> None:
    rules = shipped(place)
    sorter = Classifier.of(rules)
    astray = {
        word: one.code
        for one in rules.matters.values()
        for word in one.words
        if sorter.classify(f"某处{word}，望处理").matter != one.code
    }
    assert astray == {}


def test_a_crowd_in_a_market_is_a_crowd_and_a_market_alone_is_no_matter() -> None:
    """Siming names the wet market as a place of patrols, the crowd as what is found there."""
    sorter = Classifier.of(shipped("siming"))
    assert sorter.classify("农贸市场门口扎堆聚集").matter == "gathering"
    assert sorter.classify("农贸市场").matter is None


def test_what_no_word_names_is_unclassified() -> None:
    for place in PLACES:
        assert Classifier.of(shipped(place)).classify("路灯不亮").matter is None


# --- departments ----------------------------------------------------------------------------------


def test_the_departments_with_a_source_are_those_that_the_documents_name() -> None:
    def named(place: str) -> set[str]:
        departments = shipped(place).departments.values()
        return {one.name for one in departments if one.source == PLACES[place]}

    assert named("siming") == {
        *("思明区社会治安综合治理中心", "区民政局", "治保会", "多元化矛盾纠纷调处中心"),
    }
    assert named("erqi") == {
        *("区委组织部", "区城市管理局", "区委社治委", "区市场监管局", "区委政法委", "区民政局"),
        *("区督查局", "各专责小组", "工作专班", "派出所片警", "卫生服务中心片医"),
        *("京广路街道", "建中街街道", "福华街街道", "铭功路街道", "淮河路街道"),
    }


def test_a_dispute_of_siming_goes_to_the_centre_of_its_street() -> None:
    assert leads("siming", "dispute", "350203-s01-c01") == (By.DUTY, "mediation_binhai")
    assert leads("siming", "dispute", "350203-s02") == (By.DUTY, "mediation_lianqian")
    assert leads("siming", "dispute", "350203-unlocated") == (By.DUTY, "mediation_centre")
    assert leads("siming", "no_mask", "350203-s02-c03") == (By.TERRITORY, "street_centre_lianqian")


def test_a_problem_in_a_grid_of_erqi_reaches_its_grid_head_without_a_hop() -> None:
    grid = "410103-s02-c01-g02"
    assert leads("erqi", "blocked_sewer", grid) == (By.TERRITORY, "grid_head_2")
    assert leads("erqi", "dispute", f"{grid}-b01") == (By.TERRITORY, "grid_head_2")
    assert leads("erqi", "dispute", "410103-s02-c01") == (By.TERRITORY, "jianzhong_street")


def test_erqis_civil_affairs_go_to_their_bureau_and_ownerless_courtyards_to_city_management() -> (
    None
):
    for matter in ("social_relief", "vagrants", "elder_care", "social_organizations"):
        assert leads("erqi", matter, "410103-s02-c01-g01") == (By.DUTY, "civil_affairs")
    assert leads("erqi", "ownerless_courtyard", "410103-s05") == (By.DUTY, "urban_management")


IDLE = {
    "siming": {"civil_affairs", "security_committee"},
    "erqi": {
        *("organization", "market_supervision", "political_legal_committee", "supervision"),
        *("responsibility_groups", "area_police", "area_doctors"),
    },
}
"""Departments that a document names and says of none what matter it leads in."""


@pytest.mark.parametrize("place", PLACES)
def test_the_linter_finds_only_what_the_document_leaves_open(place: str) -> None:
    rules = shipped(place)
    found = lint(rules, NOW)
    assert [one for one in found if one.severity is Severity.ERROR] == []
    assert {one.kind for one in found} == {Kind.GAP, Kind.IDLE_DEPARTMENT}
    idle = {row for one in found if one.kind is Kind.IDLE_DEPARTMENT for row in one.rows}
    assert idle == IDLE[place]
    gaps = {row for one in found if one.kind is Kind.GAP for row in one.rows}
    listed = {duty.matter for duty in rules.duties}
    open_ = {m.code for m in rules.matters.values() if not listed & {m.code, m.category}}
    assert gaps == open_


@pytest.mark.parametrize("place", PLACES)
def test_a_duty_rests_on_the_document_or_says_that_it_is_assumed(place: str) -> None:
    for duty in shipped(place).duties:
        assert duty.basis.startswith(("假定", f"文件{PLACES[place]}")), duty.id
