"""Merging on the stream: one problem, one case; taken back, as if it had never been."""

from collections.abc import Sequence
from itertools import combinations
from random import Random  # noqa: TID251 - a seeded shuffle repeats itself
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core import grouping
from streams.core.accepted import AcceptedVisitor
from streams.core.events import ActKind
from streams.core.home import case_id
from streams.core.notices import ReplyStatus
from streams.flow import casework
from tests.case_inputs import at
from tests.flow.memory_chain import one_by_one, run
from tests.flow.merging_world import (
    HOME,
    MERGING,
    Input,
    act,
    at_spot,
    begun,
    changes,
    documents,
    ended,
    id_of,
    life,
    log,
    merge,
    report,
    split,
    standing,
)
from tests.strategies import LAWS


def grouped(*inputs: Input, merging: dict[str, Any] = MERGING) -> set[str]:
    groups = ended(inputs, merging=merging).groups
    return {"".join(sorted(group)) for group in groups}


def test_reports_of_one_problem_are_one_case_under_the_first_ones_id() -> None:
    found = ended([report("a", 0), report("b", 1, 20, source="gridworker"), report("c", 2, 400)])
    assert found.groups == {frozenset("ab"), frozenset("c")}
    assert found.cases[id_of("a")].report_count == 2
    assert found.cases[id_of("b")].merged_into == id_of("a")
    assert {span[0] for span in found.spans} == {id_of("a"), id_of("c")}
    (linked,) = found.told("report_linked")
    assert linked[0] == id_of("a")
    assert "相距20米" in linked[4]


def test_the_same_spot_for_another_matter_and_the_next_street_stay_apart() -> None:
    assert grouped(report("a", 0), report("b", 1, 5, matter="m2")) == {"a", "b"}
    assert grouped(report("a", 0), report("b", 1, 60)) == {"a", "b"}
    assert grouped(report("a", 0), report("b", 30)) == {"a", "b"}


def test_names_of_spots_stand_in_for_points() -> None:
    assert grouped(at_spot("a", 0, "北路", "8号"), at_spot("b", 1, "北路", "8号")) == {"ab"}
    assert grouped(at_spot("a", 0, "北路", "8号"), at_spot("b", 1, "北路")) == {"ab"}
    assert grouped(at_spot("a", 0, "北路", "8号"), at_spot("b", 1, "北路", "80号")) == {"a", "b"}
    assert grouped(at_spot("a", 0, "北路"), at_spot("b", 1, "南路")) == {"a", "b"}


def test_what_is_as_likely_of_two_cases_is_for_a_person() -> None:
    two = [at_spot("a", 0, "北路", "8号"), at_spot("b", 1, "北路", "80号")]
    found = ended([*two, at_spot("c", 2, "北路")])
    assert found.groups == {frozenset("a"), frozenset("b"), frozenset("c")}
    proposed = found.told("twin_proposed")
    assert {fact[0] for fact in proposed} == {id_of("c")}
    assert len(proposed) == 2


def test_a_late_report_leads_and_the_old_id_stays_an_alias() -> None:
    early, late = report("a", 0), report("b", 1, 10)
    acts = life("b", 2)
    found = ended([late, *acts, early])
    assert found.groups == {frozenset("ab")}
    assert found.cases[id_of("b")].merged_into == id_of("a")
    led = found.cases[id_of("a")]
    assert (led.state, led.filed_at, led.closed_at) == ("closed", at(0), at(8))
    assert not {span for span in found.spans if span[0] == id_of("b")}
    assert found.rows == ended([early, late, *acts]).rows


def test_every_reporter_gets_an_answer() -> None:
    found = ended([report("a", 0), report("b", 1, 10), *life("a", 2)])
    for ticket in "ab":
        assert found.replies[ticket][-1].status is ReplyStatus.CLOSED
    assert found.replies["b"][0].status is ReplyStatus.DISPATCHED


def test_a_case_that_has_closed_takes_no_more_reports_unless_the_place_reopens() -> None:
    closed = [report("a", 0), *life("a", 0), report("b", 8, 10)]
    found = ended(closed)
    assert found.groups == {frozenset("a"), frozenset("b")}
    assert [fact[0] for fact in found.told("case_rereported")] == [id_of("b")]
    rows = [MERGING["rows"][0] | {"reopen_hours": 4}]
    again = ended(closed, merging=MERGING | {"rows": rows})
    assert again.groups == {frozenset("ab")}
    assert again.cases[id_of("a")].state == "dispatched"
    assert again.told("case_reopened")
    # A closing that becomes known late has the same report read again.
    assert ended([closed[0], closed[-1], *closed[1:-1]]).rows == found.rows


def test_a_report_joins_no_case_that_was_voided() -> None:
    voided = act(ActKind.VOID, 1, "a")
    assert grouped(report("a", 0), voided, report("b", 2, 5)) == {"a", "b"}


def test_people_merge_what_the_rules_keep_apart() -> None:
    inputs = [report("a", 0), report("b", 1, 400), report("c", 2, 410)]
    assert grouped(*inputs, merge("b", "a")) == {"abc"}
    found = ended([*inputs, merge("c", "a")])
    assert found.groups == {frozenset("ac"), frozenset("b")}
    assert len(found.told("cases_merged")) == 1


def test_people_split_what_the_rules_merge() -> None:
    inputs = [report("a", 0), report("b", 1, 10), report("c", 2, 400)]
    found = ended([*inputs, split("b", "a")])
    assert found.groups == {frozenset("a"), frozenset("b"), frozenset("c")}
    assert [fact[0] for fact in found.told("cases_split")] == [id_of("b")]
    assert grouped(*inputs, split("b", "a", 101), merge("b", "a", 102)) == {"ab", "c"}


def test_a_case_takes_no_more_reports_than_any_case_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_REPORTS", 3)
    inputs = [report(name, hours / 10) for hours, name in enumerate("abcdef")]
    assert ended(inputs).groups == {frozenset("abc"), frozenset("def")}
    assert ended(inputs[::-1]).groups == {frozenset("abc"), frozenset("def")}


def test_the_same_requester_again_and_a_hotspot_are_told() -> None:
    asked = [report(n, i, 100 * i, requester="t1") for i, n in enumerate("ab")]
    repeated = ended(asked).told("request_repeated")
    assert [(fact[0], fact[3]) for fact in repeated] == [(id_of("b"), "b")]
    spots = [at_spot(n, 25 * i, "北路") for i, n in enumerate("abcde")]
    (hot,) = ended(spots).told("hotspot_found")
    assert hot[3] == "d"


def test_a_merge_across_homes_or_with_itself_changes_nothing_and_is_told() -> None:
    away = act(ActKind.MERGE, 5, "a", other="here/a9/0123456789abcdef")
    found = ended([report("a", 0), away, merge("a", "a")])
    assert found.groups == {frozenset("a")}
    assert "other_home" in found.told("act_refused")[0][4]
    assert "same_case" in found.told("act_refused")[1][4]


def test_across_a_border_reports_are_only_proposed() -> None:
    here, there = report("b", 1), replace(report("a", 0, 10), home="here/a2", area="a2")
    visitor = AcceptedVisitor(home=HOME, report=there)
    for inputs in ([here, visitor], [visitor, here, visitor]):
        found = ended(inputs)
        assert found.groups == {frozenset("b")}
        (proposed,) = found.told("twin_proposed")
        assert case_id("here/a2", "/here/desk", "a") in proposed[4]
        assert "跨片区" in proposed[4]
    away = replace(there, point=report("a", 0, 90).point)
    assert not ended([here, AcceptedVisitor(home=HOME, report=away)]).told("twin_proposed")


def test_rules_that_come_late_are_applied_to_what_they_were_in_force_for() -> None:
    inputs = [report("a", 0), report("b", 1, 10)]
    assert ended(inputs, merging=None).groups == {frozenset("a"), frozenset("b")}
    # Written behind the inputs, in force since long before them.
    state = begun(None)
    outs = run(casework.step, log(inputs), one_by_one, state)
    outs += run(casework.step, log(changes(documents()[-1:]), 2), one_by_one, state)
    assert standing(outs).rows == ended(inputs).rows


# --- laws ---------------------------------------------------------------------------------------

NAMES = "abcdefg"
reports = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1, 2, 5, 30]),
        st.sampled_from([0, 20, 45, 90]),
        st.sampled_from(["m1", "m1", "m2", None]),
        st.sampled_from([None, "t1"]),
    ),
    min_size=2,
    max_size=len(NAMES),
)
decisions = st.lists(
    st.tuples(
        st.sampled_from([merge, split]),
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from([3, 40, 50]),
    ),
    max_size=4,
)
lives = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([0, 1, 3, 20]), st.sampled_from([1, 6])),
    max_size=3,
)


def _inputs(rows: Sequence[Any], decided: Sequence[Any], lived: Sequence[Any]) -> list[Input]:
    names = NAMES[: len(rows)]
    made: list[Input] = [
        report(name, hours, metres, matter, requester=who)
        for name, (hours, metres, matter, who) in zip(names, rows, strict=True)
    ]
    for decide, one, other, hours in decided:
        made.append(decide(names[one % len(names)], names[other % len(names)], hours))
    for which, start, until in lived:
        made += life(names[which % len(names)], start, until)
    unique = {(one.sender, one.id): one for one in made}
    return list(unique.values())


@pytest.mark.parametrize("reopen", [None, 4])
@given(reports, decisions, lives, st.integers(0, 1000))
@LAWS
def test_the_order_of_arrival_and_the_cut_into_chunks_do_not_matter(
    reopen: float | None, rows: Any, decided: Any, lived: Any, seed: int
) -> None:
    merging = MERGING | {"rows": [MERGING["rows"][0] | {"reopen_hours": reopen}]}
    inputs = _inputs(rows, decided, lived)
    shuffled = list(inputs)
    Random(seed).shuffle(shuffled)
    late = ended(shuffled, cut=one_by_one, merging=merging)
    assert late.rows == ended(inputs, merging=merging).rows


@given(reports, decisions, lives)
@LAWS
def test_nothing_hangs_on_what_is_remembered_between_chunks(
    rows: Any, decided: Any, lived: Any
) -> None:
    inputs = _inputs(rows, decided, lived)
    state, outs = begun(), []
    for record in log(inputs):
        decision = casework.step([record], state)
        state.keep(decision)
        state.memo = {"book": state.memo["book"]}
        outs += decision.outs
    assert standing(outs).rows == ended(inputs).rows


@given(reports, lives)
@LAWS
def test_each_report_says_when_its_case_was_first_reported(rows: Any, lived: Any) -> None:
    """By which the months of cases are found that a figure of reports must read."""
    told = ended(_inputs(rows, [], lived)).reports.values()
    occurred = {id_of(row.id): row.occurred_at for row in told}
    assert [row.reported_at for row in told] == [occurred[row.case_id] for row in told]


@given(reports, lives)
@LAWS
def test_what_is_split_again_is_as_if_it_had_never_been_merged(rows: Any, lived: Any) -> None:
    inputs = _inputs(rows, [], lived)
    merged, apart = ended(inputs), ended(inputs, merging=None)
    names = [row.id for row in merged.reports.values()]
    splits = [split(b, a, 900) for a, b in combinations(sorted(names), 2)]
    taken_back = ended([*inputs, *splits])
    assert taken_back.cases == apart.cases
    assert taken_back.spans == apart.spans
