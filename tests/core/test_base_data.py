"""底数: whom the ledger lists, what must be on file of whom, and how much of it is."""

from typing import Any

import pytest

from streams.core.completeness import GridData, Lack, base_data_of, whole
from streams.core.events import ReferenceKind
from streams.core.figures import Value
from streams.core.place import PlaceRules
from streams.core.placetogether import dangling
from streams.core.refusal import Refused
from streams.core.slots import bound_subjects
from tests.case_inputs import document
from tests.core.round_inputs import LEDGER, book, ledger, local, schedule


def rules(body: dict[str, Any] = LEDGER, at: str = "03-03", **asked: Any) -> PlaceRules:
    rows = [schedule("visit", **asked)] if asked else []
    found = book(*rows, more=(document(ReferenceKind.BASE_DATA, body),)).at("here", local(at))
    assert found is not None
    return found


def told(area: str, grid: str | None, completeness: Value, lack: Lack, **groups: int) -> GridData:
    """What is told of a grid where nobody works."""
    return GridData(area, grid, sum(groups.values()), groups, 0, 0, completeness, [lack])


def test_each_grid_is_as_complete_as_it_and_its_entries_are() -> None:
    """EMG-15: items of the grid itself, and of the groups of each entry in it."""
    data = base_data_of(rules())
    assert data == [
        told("v1", "g1", Value(2 / 3, 2, 3), Lack("ent-1", "licence"), needy=1, enterprises=1),
        told("v1", "g2", Value(0.0, 0, 1), Lack("g2", "people")),
        told("v2", "g3", Value(0.0, 0, 1), Lack("g3", "people")),
        told("v2", None, Value(0.0, 0, 1), Lack("tok-2", "contact"), needy=1),
    ]
    assert whole(data) == Value(2 / 6, 2, 6)


def test_people_are_followed_from_where_they_live_to_where_they_work() -> None:
    """ENT-01: who works at an enterprise of a grid may live in another one, or in the same."""
    near, far = (
        LEDGER["entries"][1] | {"code": grid, "area": area, "grid": grid, "works_at": "ent-1"}
        for area, grid in (("v1", "g1"), ("v2", "g3"))
    )
    data = base_data_of(rules(LEDGER | {"entries": [*LEDGER["entries"], near, far]}))
    assert [(one.grid, one.entries, one.workers, one.from_elsewhere) for one in data] == [
        ("g1", 3, 2, 1),
        ("g2", 0, 0, 0),
        ("g3", 1, 0, 0),
        (None, 1, 0, 0),
    ]


def test_where_nothing_must_be_on_file_completeness_says_nothing() -> None:
    data = base_data_of(rules(LEDGER | {"items": [], "grids": [], "entries": []}))
    assert [one.completeness for one in data] == [Value(None, 0, 0)] * 3
    assert whole(data) == Value(None, 0, 0)


def test_what_must_be_on_file_is_dated() -> None:
    """By the version in force at the instant that is asked for."""
    new = LEDGER["entries"][0] | {"code": "tok-3", "has": []}
    both = book(more=(document(ReferenceKind.BASE_DATA, LEDGER), ledger("2", "03-05", new)))
    then, now = (both.at("here", local(day)) for day in ("03-04", "03-05"))
    assert then is not None
    assert now is not None
    assert (whole(base_data_of(then)).denominator, whole(base_data_of(now)).denominator) == (6, 7)


@pytest.mark.parametrize(
    ("subjects", "bound"),
    [
        ({"each": "ledger"}, ["tok-1", "tok-2", "ent-1"]),
        ({"each": "ledger", "groups": ["needy"]}, ["tok-1", "tok-2"]),
        ({"each": "ledger", "groups": ["enterprises"]}, ["ent-1"]),
        ({"each": "ledger", "area": "v2"}, ["tok-2"]),
    ],
)
def test_a_schedule_asks_for_whom_the_ledger_lists(
    subjects: dict[str, Any], bound: list[str]
) -> None:
    """TIM-11, TIM-12: each person of a group, each enterprise, by its own code."""
    found = rules(subjects=subjects)
    assert [one.code for one in bound_subjects(found, found.schedules[0])] == bound


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"entries": [LEDGER["entries"][0]] * 2}, "'tok-1' stands twice"),
        ({"items": [LEDGER["items"][1] | {"of": "nobody"}]}, "no such group: 'nobody'"),
        (
            {"entries": [LEDGER["entries"][1] | {"groups": ["nobody"]}]},
            "no such group: 'nobody'",
        ),
        (
            {"entries": [LEDGER["entries"][1] | {"has": ["licence"]}]},
            "no such item of its groups: 'licence'",
        ),
        ({"grids": [{"grid": "g1", "has": ["contact"]}]}, "no such item of a grid: 'contact'"),
        (
            {"entries": [LEDGER["entries"][0] | {"works_at": "tok-1"}]},
            "no such other entry: 'tok-1'",
        ),
        (
            {"entries": [LEDGER["entries"][1] | {"code": "13800138000"}]},
            "a phone or ID number; a person is a token",
        ),
    ],
)
def test_what_is_wrong_with_a_ledger_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        rules(LEDGER | wrong)


def test_a_ledger_that_names_what_the_place_has_not_is_told_when_all_is_read_together() -> None:
    lost = LEDGER["entries"][1] | {"area": "nowhere", "grid": "g9"}
    body = LEDGER | {"entries": [lost], "grids": [{"grid": "g8", "has": []}]}
    found = rules(body, subjects={"each": "ledger", "groups": ["strangers"]})
    assert dangling(found) == [
        "schedules: S1: no such group of base data: 'strangers'",
        "base_data: tok-2: no such area: 'nowhere'",
        "base_data: tok-2: no such grid in the area tree: 'g9'",
        "base_data: no such grid in the area tree: 'g8'",
    ]
