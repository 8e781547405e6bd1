"""人工分类: what a person says of a case's matter, where nobody could say it, or wrongly."""

import pytest

from streams.core.case import UNCLASSIFIED, ActInput, Story
from streams.core.events import ActKind, ReferenceKind
from streams.core.fold import fold
from streams.core.lifecycle import CaseState, missing
from streams.core.results import FactKind
from tests.case_inputs import PLACE, act, at, document, report, rulebook, whole_life

A = ActKind
RULES = rulebook(limits={"limits": [{"id": "all", "matter": "*", "limit": "24 hours"}]})


def told(story: Story, kind: FactKind) -> list[dict[str, object]]:
    return [fact.detail for fact in story.facts if fact.kind is kind]


def named(matter: str, hours: float = 1, **more: object) -> ActInput:
    return act(A.CLASSIFY, hours, matter=matter, actor="desk-1", **more)


def test_a_case_that_nobody_could_classify_is_marked_until_a_person_says_its_matter() -> None:
    """The case goes where the new matter leads, and every clock that runs stays as it is."""
    open_ = fold(report(None), [], RULES)
    assert (open_.case.marks, open_.case.department) == ((UNCLASSIFIED,), "d0")
    story = fold(report(None), [named("m1")], RULES)
    assert (story.case.matter, story.case.category, story.case.marks) == ("m1", "c1", ())
    assert (story.case.department, story.case.dispatched_at) == ("d1", at(1))
    assert told(story, FactKind.CASE_CLASSIFIED) == [{"to": "m1"}]
    assert story.case.clocks == open_.case.clocks != ()


def test_what_the_machine_said_may_be_corrected() -> None:
    story = fold(report("m1"), [named("m2", reason="是噪音")], RULES)
    assert (story.case.matter, story.case.department) == ("m2", "d0")
    assert told(story, FactKind.CASE_CLASSIFIED) == [{"from": "m1", "to": "m2", "reason": "是噪音"}]


def test_a_person_may_agree_and_nothing_moves() -> None:
    story = fold(report("m1"), [named("m1")], RULES)
    assert told(story, FactKind.CASE_CLASSIFIED) == [{"from": "m1", "to": "m1"}]
    assert story.case.dispatched_at == at(0)


def test_whoever_has_signed_keeps_the_case() -> None:
    story = fold(report(None), [act(A.SIGN, 0.5), named("m1")], RULES)
    assert (story.case.state, story.case.department) == (CaseState.SIGNED, "d0")
    assert story.case.matter == "m1"


def test_a_returned_case_goes_to_who_leads_in_what_it_is_about() -> None:
    story = fold(report("m2"), [act(A.RETURN, 0.5, reason="非本职"), named("m1")], RULES)
    assert (story.case.state, story.case.department) == (CaseState.DISPATCHED, "d1")


def test_before_a_case_is_filed_nobody_gets_it() -> None:
    filed = RULES.with_change(
        document(ReferenceKind.PLACE, PLACE | {"lifecycle": "filed_steps"}, "2")
    )
    story = fold(report(None, lifecycle="filed_steps"), [named("m1")], filed)
    assert (story.case.state, story.case.department) == (CaseState.REPORTED, None)
    assert story.case.matter == "m1"


@pytest.mark.parametrize("matter", ["none-such", "c1"])
def test_a_matter_that_the_place_does_not_list_is_refused(matter: str) -> None:
    story = fold(report(None), [named(matter)], RULES)
    assert told(story, FactKind.ACT_REFUSED) == [
        {"act": "classify", "reason": f"unknown_matter:{matter}"}
    ]
    assert story.case.marks == (UNCLASSIFIED,)


def test_a_closed_case_stays_as_it_was() -> None:
    story = fold(report("m1"), [*whole_life(), named("m2", 9)], RULES)
    assert story.case.matter == "m1"
    assert told(story, FactKind.ACT_REFUSED)[-1]["reason"] == "impossible_move:closed"


def test_the_matter_must_be_said() -> None:
    assert missing(act(A.CLASSIFY, 1).act) == ["matter"]
