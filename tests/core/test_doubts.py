"""Closings that somebody should look at: what the place's thresholds say, and nothing more."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.case import ActInput, Linked, Story
from streams.core.closuredocs import ClosuresBody
from streams.core.doubts import Closing, in_bulk
from streams.core.events import ActKind, ReferenceKind
from streams.core.fold import fold
from streams.core.outcome import World
from streams.core.place import Rulebook
from streams.core.reading import Reading
from streams.core.results import FactKind
from streams.core.steps import steps_of
from tests.case_inputs import MORNING, act, at, document, report, rulebook

A = ActKind
ALL = {"hasty_minutes": 30, "last_share": 0.25, "idle_share": 0.5}
MINUTE = timedelta(minutes=1)


def looked_at(body: dict[str, object]) -> Rulebook:
    return rulebook().with_change(document(ReferenceKind.CLOSURES, body))


def closed(handled: float, closing: float, signed: float = 0.1) -> list[ActInput]:
    """Five steps; the case has 24 hours, from hour 0."""
    return [
        act(A.SIGN, signed),
        act(A.HANDLE, handled),
        act(A.CALL_BACK, closing - 0.02, resolved=True),
        act(A.EVALUATE, closing - 0.01),
        act(A.CLOSE, closing),
    ]


def why(acts: Iterable[ActInput], body: dict[str, object] = ALL) -> list[str]:
    rules = looked_at(body)
    story = fold(report(), list(acts), rules)
    told = [f.detail["reason"] for f in story.facts if f.kind is FactKind.CLOSURE_DOUBTED]
    assert [s.result for s in steps_of(story, World(report(), rules)) if s.kind == "doubt"] == told
    assert ("doubted" in story.case.happened) == bool(told)
    return told


@pytest.mark.parametrize(
    ("acts", "reasons"),
    [
        (closed(0.2, 0.5), ["hasty"]),  # half an hour exactly
        (closed(0.2, 0.51), []),
        (closed(19, 20), ["last_minute"]),  # from hour 0.1 to hour 18 nothing moved
        (closed(19, 24), ["last_minute"]),  # at the very deadline
        (closed(19, 24.01), []),  # late is late, and told as that
        (closed(7, 20), []),  # it moved in hour 7
        (closed(19, 20, signed=5.9), ["last_minute"]),
        (closed(19, 20, signed=6.1), []),  # less than half of its time idle
        ([*closed(1, 2), act(A.REOPEN, 3), *closed(3.2, 3.4, 3.1)], ["hasty"]),
    ],
)
def test_a_closing_is_looked_at_for_what_the_place_says(
    acts: list[ActInput], reasons: list[str]
) -> None:
    assert why(acts) == reasons


def test_without_a_document_or_its_threshold_nothing_is_looked_for() -> None:
    assert why(closed(0.2, 0.3), {"last_share": 0.1}) == []
    assert why(closed(0.2, 0.3), {}) == []
    story = fold(report(), closed(0.2, 0.3), rulebook())
    assert FactKind.CLOSURE_DOUBTED not in {fact.kind for fact in story.facts}


def test_a_late_act_takes_a_doubt_back() -> None:
    """A return that comes to light later: the case had been given out anew, hours before."""
    acts = closed(19, 20)
    assert why(acts) == ["last_minute"]
    assert why([*acts, act(A.RETURN, 12), act(A.DISPATCH, 13, department="d7")]) == []


def _told(acts: list[ActInput]) -> Story:
    return fold(report(), acts, looked_at(ALL))


def test_who_closed_stands_beside_it_as_a_code() -> None:
    acts = [*closed(0.2, 0.5)[:-1], act(A.CLOSE, 0.5, actor="desk-07")]
    (fact,) = [f for f in _told(acts).facts if f.kind is FactKind.CLOSURE_DOUBTED]
    assert (fact.actor, fact.department, fact.detail["minutes"]) == ("desk-07", "d1", 30)


@pytest.mark.parametrize(("days", "reasons"), [(9.5, ["rereported"]), (10.5, [])])
def test_a_closing_that_a_further_report_undoes_is_looked_at(
    days: float, reasons: list[str]
) -> None:
    """Dated by that report; the closing's own department and hand stand beside it."""
    reading = Reading(lead="here/a1/r1", anchor="here/a1/r1", reopens=True)
    when = at(8 + 24 * days)
    again = Linked("here/a1/r2", "/here/hotline", "r2", when, reading)
    acts = [*closed(7, 8)[:-1], act(A.CLOSE, 8, actor="desk-07")]
    story = fold(report(), acts, looked_at({"again_days": 10}), linked=[again])
    told = [f for f in story.facts if f.kind is FactKind.CLOSURE_DOUBTED]
    assert [(f.detail["reason"], f.at, f.actor) for f in told] == [
        (reason, when, "desk-07") for reason in reasons
    ]
    assert FactKind.CASE_REOPENED in {f.kind for f in story.facts}


# --- many at once --------------------------------------------------------------------------------

closings = st.lists(
    st.builds(
        lambda who, minute, n: Closing(who, MORNING + minute * MINUTE, f"c{n}", None),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(0, 99),
    ),
    max_size=25,
).map(lambda found: sorted(found, key=lambda one: (one.actor, one.at, one.case_id)))


@given(closings, st.integers(2, 5), st.integers(1, 8))
def test_bulk_is_what_any_stretch_holds_enough_of(
    made: list[Closing], cases: int, minutes: int
) -> None:
    """Beside a count of every stretch that begins with a closing."""
    rules = ClosuresBody(bulk_cases=cases, bulk_minutes=minutes)
    expected = []
    for one in made:
        stretches = (
            [
                c
                for c in made
                if c.actor == one.actor and 0 * MINUTE <= c.at - first.at <= minutes * MINUTE
            ]
            for first in made
            if first.actor == one.actor
        )
        if any(len(held) >= cases and one.at in [c.at for c in held] for held in stretches):
            expected.append(one)
    assert list(in_bulk(made, rules)) == expected


def test_a_place_that_asks_for_no_bulk_gets_none() -> None:
    made = [Closing("a", at(0), f"c{n}", None) for n in range(50)]
    assert list(in_bulk(made, ClosuresBody())) == []
