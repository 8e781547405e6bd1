"""The cadences of the five places as data; of what a document leaves open, that it is assumed."""

from datetime import UTC, datetime

import pytest

from streams.core.events import Reference, ReferenceKind, RoundKind, RoundMeans
from streams.core.place import PlaceRules
from streams.core.scheduledocs import Schedule
from streams.core.slots import bound_subjects
from streams.entry.places import SHIPPED, shipped_book, shipped_places
from streams.entry.yamlfile import load_yaml

NOW = datetime(2026, 3, 3, tzinfo=UTC)
PLACES = [place for place in shipped_places() if place != "imported"]


def shipped(place: str) -> PlaceRules:
    rules = shipped_book(place).at(place, NOW)
    assert rules is not None
    return rules


def plans(place: str, kind: RoundKind) -> dict[str, Schedule]:
    return {one.id: one for one in shipped(place).schedules if one.kind is kind}


def bound(place: str, schedule: str) -> list[str]:
    rules = shipped(place)
    (one,) = (one for one in rules.schedules if one.id == schedule)
    return [subject.code for subject in bound_subjects(rules, one)]


@pytest.mark.parametrize("place", PLACES)
def test_the_cadences_are_those_of_the_documents_or_said_to_be_assumed(place: str) -> None:
    """Each quotes its document; what that leaves open stands in the list beside it."""
    rules = shipped(place)
    (document,) = rules.documents
    assert rules.schedules
    for one in rules.schedules:
        assert one.source.startswith(f"文件{document.id}:「"), one.id
        assert one.name_en
    body = load_yaml(SHIPPED / place / "schedules.yaml")["body"]
    assert all(" · " in note for note in body["assumed"])


def test_only_xifumins_grids_are_patrolled_daily() -> None:
    """「每天巡查网格不少于1次」 is one community's rule."""
    (patrol,) = plans("erqi", RoundKind.PATROL).values()
    assert (patrol.cadence.every, patrol.at_least) == ("day", 1)
    grids = bound("erqi", patrol.id)
    assert grids
    assert all(code.startswith("410103-s02-c01-") for code in grids)


def test_erqi_patrols_online_and_supervises_on_site() -> None:
    means = {one.means for one in plans("erqi", RoundKind.SUPERVISION).values()}
    assert means == {RoundMeans.ONLINE, RoundMeans.ON_SITE}


def test_services_of_dongguan_stand_apart_from_patrols() -> None:
    assert {*plans("dongguan", RoundKind.SERVICE)}.isdisjoint(plans("dongguan", RoundKind.PATROL))
    assert plans("dongguan", RoundKind.SERVICE)


def test_dongguans_villages_are_on_duty_every_hour() -> None:
    (duty,) = plans("dongguan", RoundKind.DUTY).values()
    assert (duty.cadence.every, duty.cadence.begin, duty.cadence.end) == ("hour", "00:00", "24:00")
    assert len(bound("dongguan", duty.id)) == 24


def test_simings_gridworkers_are_present_hour_by_hour() -> None:
    (duty,) = plans("siming", RoundKind.DUTY).values()
    assert (duty.cadence.every, duty.holds_minutes) == ("hour", 60)


def test_simings_streets_are_looked_at_in_three_kinds_of_places() -> None:
    (video,) = plans("siming", RoundKind.VIDEO).values()
    assert len(video.subjects.scenes) == 3
    assert len(bound("siming", video.id)) == 3 * 2
    (teams,) = plans("siming", RoundKind.SUPERVISION).values()
    assert len(bound("siming", teams.id)) == 5


def test_daguan_screens_by_day_by_ten_days_and_by_month() -> None:
    screenings = plans("daguan", RoundKind.SCREENING).values()
    assert [one.cadence.every for one in screenings] == ["day", "ten-days", "month"]


def test_each_of_daguans_eleven_leaders_supervises_on_site_monthly() -> None:
    (monthly,) = plans("daguan", RoundKind.SUPERVISION).values()
    assert (monthly.cadence.every, monthly.means) == ("month", RoundMeans.ON_SITE)
    assert len(bound("daguan", monthly.id)) == 11


def test_daguans_dispatch_meetings_are_weekly_every_ten_days_and_monthly_by_actor() -> None:
    meetings = plans("daguan", RoundKind.MEETING)
    actors = {id: (one.cadence.every, one.subjects.codes) for id, one in meetings.items()}
    assert [actors[id] for id in ("M1", "M2", "M3")] == [
        ("week", ("task_groups",)),
        ("ten-days", ("leading_group",)),
        ("month", ("main_leader",)),
    ]


def test_daguans_forty_stations_meet_monthly() -> None:
    meetings = plans("daguan", RoundKind.MEETING)
    assert [len(bound("daguan", id)) for id in ("M4", "M5")] == [23, 17]
    assert {meetings[id].cadence.every for id in ("M4", "M5")} == {"month"}


def test_as_many_cameras_are_looked_at_as_daguan_has_published() -> None:
    (video,) = plans("daguan", RoundKind.VIDEO).values()
    constants = {one.id: one.value for one in shipped("daguan").constants}
    assert len(bound("daguan", video.id)) == constants["cameras"] == 71


def test_jianghais_visits_differ_between_normal_and_emergency() -> None:
    """In the normal mode that its profile begins with all on the ledger monthly, and no task."""
    visits = plans("jianghai", RoundKind.VISIT)
    assert {(one.mode, one.cadence.every) for one in visits.values()} == {
        ("normal", "month"),
        ("emergency", "binding"),
    }
    entries = shipped("jianghai").base_data.entries
    persons = [one.code for one in entries if "enterprises" not in one.groups]
    assert bound("jianghai", "W1") == persons
    assert bound("jianghai", "W2") == []
    (check,) = plans("jianghai", RoundKind.ENTERPRISE_CHECK).values()
    assert {*bound("jianghai", check.id)} == {one.code for one in entries} - {*persons}


@pytest.mark.parametrize(
    ("place", "area", "schedule", "each"),
    [
        ("dongguan", "441900", "S2", 4),
        ("dongguan", "441900", "H1", 5),
        ("dongguan", "441900", "C1", 6),
        ("dongguan", "441900", "N1", 5),
        ("siming", "350203", "K1", 3),
    ],
)
def test_what_belongs_to_epidemic_control_binds_in_an_emergency_alone(
    place: str, area: str, schedule: str, each: int
) -> None:
    """Then in each community, and there each object, place, work stream or question by itself."""
    assert bound(place, schedule) == []
    switch = Reference(
        place=place,
        kind=ReferenceKind.MODES,
        version="test",
        valid_from=NOW,
        body={"modes": [{"area": area, "mode": "emergency", "kind": "epidemic"}]},
    )
    rules = shipped_book(place).with_change(switch).at(place, NOW)
    assert rules is not None
    (one,) = (one for one in rules.schedules if one.id == schedule)
    subjects = bound_subjects(rules, one)
    communities = {subject.code for subject in subjects}
    assert len(subjects) == each * len(communities)
    assert {rules.areas[code].level for code in communities} == {"community"}
