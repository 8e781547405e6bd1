"""吹哨报到、提级办理: who is called, who comes, who must finish; and one level at a time."""

import pytest

from streams.core.case import Story
from streams.core.events import ActKind, ClosingRule, ReferenceKind, WhistleKind
from streams.core.fold import fold
from streams.core.lifecycle import CaseState
from streams.core.results import FactKind
from tests.case_inputs import AREAS, PLACE, RESPONSIBILITY, act, at, document, report, rulebook

A = ActKind
ARRIVAL = {
    "limits": [
        {"id": "l1", "matter": "*", "limit": "24 hours"},
        {"id": "l2", "matter": "*", "limit": "1 hour", "clock": "arrive"},
    ]
}
RULES = rulebook(limits=ARRIVAL)


def refusals(story: Story) -> list[str]:
    return [t.detail["reason"] for t in story.facts if t.kind is FactKind.ACT_REFUSED]


def whistle(hours: float, *departments: str, rule: ClosingRule | None = None):
    """A whistle for these departments."""
    return act(
        A.CONVENE,
        hours,
        whistle=WhistleKind.EVERYDAY,
        departments=departments,
        closing=rule,
    )


def test_each_department_that_is_called_has_a_clock_until_it_arrives() -> None:
    """RTE-06/07: time-to-report is measured per department; a late one is a breach of its own."""
    acts = [whistle(1, "police", "fire"), act(A.ARRIVE, 1.5, department="police")]
    story = fold(report(), [*acts, act(A.ARRIVE, 3, department="fire")], RULES)
    came = [t for t in story.facts if t.kind is FactKind.DEPARTMENT_ARRIVED]
    assert [(t.department, t.detail["seconds"]) for t in came] == [("police", 1800), ("fire", 7200)]
    late = [t for t in story.facts if t.kind is FactKind.DEADLINE_BREACHED]
    assert [(t.at, t.department, t.detail) for t in late] == [
        (at(2), "fire", {"clock": "arrive:fire"})
    ]


def test_one_case_has_parts_on_several_levels() -> None:
    """三级联动, RTE-10: each part stands on the level of its department's own area."""
    streets = {"id": "office", "name": "甲社区", "name_en": "Community office", "area": "a1"}
    listed = {"departments": [*RESPONSIBILITY["departments"], streets]}
    book = RULES.with_change(
        document(ReferenceKind.RESPONSIBILITY, RESPONSIBILITY | listed, version="v2")
    )
    acts = [whistle(1, "police", "office"), act(A.ARRIVE, 2, department="office")]
    tasks = fold(report(), acts, book).case.tasks
    assert [(task.department, task.level) for task in tasks] == [
        ("police", "district"),
        ("office", "community"),
    ]


@pytest.mark.parametrize(
    ("rule", "refused"), [(ClosingRule.ALL, ["tasks_open"]), (ClosingRule.ANY, [])]
)
def test_a_case_is_handled_once_all_or_any_of_them_have_finished(
    rule: ClosingRule, refused: list[str]
) -> None:
    """The whistle says which; work not done, nobody leaves."""
    acts = [
        act(A.SIGN, 0.5),
        whistle(1, "police", "fire", rule=rule),
        act(A.ARRIVE, 1.5, department="police"),
        act(A.FINISH, 2, department="police"),
        act(A.HANDLE, 3),
    ]
    story = fold(report(), acts, RULES)
    assert refusals(story) == refused
    last = [act(A.ARRIVE, 4, department="fire"), act(A.FINISH, 5, department="fire")]
    story = fold(report(), [*acts, *last, act(A.HANDLE, 6, "again")], RULES)
    assert story.case.state is CaseState.HANDLED


def test_who_was_not_called_cannot_arrive_and_nobody_arrives_or_finishes_twice() -> None:
    """Kept, with the reason."""
    acts = [
        whistle(1, "police"),
        whistle(1.2, "police", "police"),
        act(A.ARRIVE, 2, department="fire"),
        act(A.FINISH, 2.5, department="police"),
        act(A.ARRIVE, 3, department="police"),
        act(A.ARRIVE, 3.5, department="police"),
        act(A.FINISH, 4, department="police"),
        act(A.FINISH, 4.5, department="police"),
    ]
    story = fold(report(), acts, RULES)
    assert [task.department for task in story.case.tasks] == ["police"]
    reasons = ["not_convened", "not_arrived", "already_arrived", "already_finished"]
    assert refusals(story) == reasons


def test_only_listed_matters_may_be_whistled_where_the_place_has_a_list() -> None:
    """ADM-08: a whistle on an item outside the list is refused with the reason."""
    listed = document(ReferenceKind.PLACE, PLACE | {"whistle_matters": ["m2"]}, "2")
    book = RULES.with_change(listed)
    assert refusals(fold(report("m1"), [whistle(1, "fire")], book)) == ["not_on_the_whistle_list"]
    assert refusals(fold(report("m2"), [whistle(1, "fire")], book)) == []


def test_a_case_is_raised_one_level_at_a_time_and_keeps_its_id_and_area() -> None:
    """RTE-09: to the parent, by exactly one; not beyond the top."""
    story = fold(report(), [act(A.ESCALATE, 1)], RULES)
    assert (story.case.level, story.case.area) == ("a0", "a1")
    top = fold(report(), [act(A.ESCALATE, 1), act(A.ESCALATE, 2, "again")], RULES)
    assert refusals(top) == ["no_higher_level"]
    back = fold(report(), [act(A.ESCALATE, 1), act(A.HAND_DOWN, 2, area="a1")], RULES)
    assert back.case.level == "a1"


def test_a_case_is_handed_down_only_to_an_area_right_below() -> None:
    """Two levels at once, or another branch, is refused."""
    areas = {
        "areas": [
            *AREAS["areas"],
            {"code": "g1", "name": "甲一格", "level": "grid", "parent": "a1"},
        ]
    }
    book = RULES.with_change(document(ReferenceKind.AREAS, areas, "2"))
    acts = [act(A.ESCALATE, 1), act(A.HAND_DOWN, 2, area="g1")]
    assert refusals(fold(report(), acts, book)) == ["not_one_level_down"]


def test_who_need_not_come_any_more_is_not_late() -> None:
    """Any of them was enough, and the case is handled: the others' clocks stop with it."""
    acts = [
        act(A.SIGN, 0.5),
        whistle(1, "police", "fire", rule=ClosingRule.ANY),
        act(A.ARRIVE, 1.2, department="police"),
        act(A.FINISH, 1.5, department="police"),
        act(A.HANDLE, 1.8),
        act(A.CHECK, 9, passed=True),
    ]
    assert not [
        t for t in fold(report(), acts, RULES).facts if t.kind is FactKind.DEADLINE_BREACHED
    ]


def test_a_raised_case_goes_to_who_leads_on_its_new_level() -> None:
    """A duty for that level takes it; without one, who received it first goes on (首接)."""
    duties = RESPONSIBILITY | {
        "duties": [
            {"id": "r1", "matter": "m1", "lead": "d1", "level": "community"},
            {"id": "r2", "matter": "m1", "lead": "d0", "level": "district"},
        ]
    }
    book = RULES.with_change(document(ReferenceKind.RESPONSIBILITY, duties, "2"))
    acts = [act(A.SIGN, 1), act(A.ESCALATE, 2)]
    story = fold(report(), acts, book)
    assert (story.case.department, story.case.state) == ("d0", CaseState.DISPATCHED)
    assert [t.department for t in story.facts if t.kind is FactKind.CASE_DISPATCHED] == ["d1", "d0"]
    stays = fold(report(), acts, RULES)
    assert (stays.case.department, stays.case.state) == ("d1", CaseState.SIGNED)


def test_a_mediation_waits_for_those_who_were_convened_too() -> None:
    """However a case is handled."""
    acts = [act(A.SIGN, 0.5), whistle(1, "police"), act(A.MEDIATE, 2, passed=True)]
    assert refusals(fold(report(lifecycle="mediation"), acts, RULES)) == ["tasks_open"]
