"""Flows beside cases: opinions, topics of consultation, risks; no figure of one holds another's."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from streams.core.case import ActInput, Story
from streams.core.casebook import Known, opened
from streams.core.events import (
    ActKind,
    Circle,
    ClosingRule,
    CostShare,
    FiveOnes,
    Outcome,
    WhistleKind,
)
from streams.core.figures import Query, Value, compute
from streams.core.fold import fold
from streams.core.lifecycle import FLOW_OF, MOVES, CaseState, Flow
from streams.core.notices import Asked, Dispatch, Reply
from streams.core.outbound import outbound
from streams.core.registry import USUAL
from streams.core.results import FactKind, ReportRow, Span
from streams.show.cases import Found, Standing, case_json, case_text
from streams.show.rates import percent
from tests.case_inputs import act, at, report, revised, rulebook

A, S = ActKind, CaseState
BOOK = rulebook()
NOW = at(1000)
ONES = FiveOnes(
    cadres=("cadre-07",), task_force="tf-3", plan="p-14", ledger="l-14", accountability="r-2"
)
GUARD = act(A.GUARD, 2, guard=ONES, area="a1", department="d1")
LATER = act(A.GUARD, 3, guard=ONES, area="a1", department="d0")


def decided(outcome: Outcome, hours: float = 3) -> ActInput:
    return act(A.DECIDE, hours, f"decide-{outcome}", outcome=outcome)


def life(lifecycle: str, *acts: ActInput) -> Story:
    return fold(report(lifecycle=lifecycle), acts, BOOK)


def refusals(story: Story) -> list[str]:
    return [t.detail["reason"] for t in story.facts if t.kind is FactKind.ACT_REFUSED]


# --- supervision ----------------------------------------------------------------------------------


def test_a_finding_of_supervision_is_told_and_put_right_and_each_is_counted() -> None:
    """226 found and put right, as published; three more were told, one of them failed its check and
    one was sent back: by month, and apart from every case."""
    notified, corrected = report(lifecycle="supervision"), act(A.HANDLE, 2, actor="desk")
    assert fold(notified, [], BOOK).case.state is S.DISPATCHED
    assert life("supervision", corrected).case.state is S.HANDLED
    found = together(
        rows(226, "supervision", corrected, act(A.CHECK, 3, passed=True), act(A.CLOSE, 4)),
        rows(1, "supervision"),
        rows(1, "supervision", corrected, act(A.CHECK, 3, passed=False)),
        rows(1, "supervision", act(A.RETURN, 1, reason="另有主管")),
        rows(5, "five_steps"),
    )
    told = figures(found, Flow.SUPERVISION, "month")[("2025-03",)]
    assert told["case_count"] == Value(229)
    assert told["dispatched_count"] == Value(229)
    assert told["handling_rate"] == Value(226 / 229, 226, 229)
    assert figures(found, Flow.CASE)[()]["case_count"] == Value(5)


# --- volunteers -----------------------------------------------------------------------------------


def test_nobody_takes_an_order_that_was_not_dispatched() -> None:
    """点单 → 派单 → 接单: one that is given back is nobody's until it is dispatched again."""
    back = act(A.RETURN, 2, reason="当天无人")
    taken = act(A.SIGN, 3, actor="v-1")
    again = act(A.DISPATCH, 4, department="d7")
    assert refusals(life("volunteer", back, taken)) == ["impossible_move:returned"]
    served = life("volunteer", act(A.SIGN, 1), back, taken, again, act(A.SIGN, 5, actor="v-2"))
    assert (served.case.state, served.case.department) == (S.SIGNED, "d7")
    assert refusals(life("volunteer", act(A.HANDLE, 1))) == ["impossible_move:dispatched"]


def test_orders_to_volunteers_have_figures_of_their_own() -> None:
    done = (act(A.SIGN, 1), act(A.HANDLE, 2), act(A.EVALUATE, 3), act(A.CLOSE, 4))
    both = together(rows(3, "volunteer", *done), rows(1, "volunteer"), rows(5, "five_steps"))
    told = figures(both, Flow.VOLUNTEER)[()]
    assert told["completion_rate"] == Value(3 / 4, 3, 4)
    assert figures(both, Flow.CASE)[()]["case_count"] == Value(5)


# --- published figures ---------------------------------------------------------------------------

Rows = tuple[list[Span], list[ReportRow]]


def rows(count: int, lifecycle: str, *acts: ActInput) -> Rows:
    """So many that went the same way, as the stream writes them."""
    kept = replace(opened("here/a1/0", report(lifecycle=lifecycle), at(0)), acts=acts)
    record = revised(kept, None, BOOK, Known(at(0), 1, None)).record
    names = [f"here/a1/{lifecycle}-{len(acts)}-{acts[-1:]}-{n}" for n in range(count)]
    spans = [replace(span, case_id=name) for name in names for span in record.spans]
    return spans, [replace(row, case_id=name, id=name) for name in names for row in record.reports]


def together(*parts: Rows) -> Rows:
    return [s for part in parts for s in part[0]], [r for part in parts for r in part[1]]


TOLD = (*USUAL, "dispatched_count")


def figures(ledgers: Rows, flow: Flow, *by: str) -> dict[Any, dict[str, Value]]:
    """By the values of the cut; the total under ()."""
    found = compute(*ledgers, Query(as_of=NOW, flow=flow, by=by, figures=TOLD))
    return {tuple(row.by.values()): row.figures for row in found}


CLOSE = act(A.CLOSE, 9)
PROBLEMS = together(
    rows(14_199, "five_steps", act(A.SIGN, 1), act(A.HANDLE, 2)),
    rows(14_933 - 14_199, "five_steps", act(A.SIGN, 1)),
)
OPINIONS = together(rows(114, "opinion", CLOSE), rows(125 - 114, "opinion"))


def test_the_stationed_teams_opinions_have_a_rate_of_their_own_beside_the_cases() -> None:
    """Dongguan: 95.08 % of the problems handled, 91.2 % of 148,000 opinions closed."""
    both = together(PROBLEMS, OPINIONS)
    assert figures(both, Flow.OPINION) == figures(OPINIONS, Flow.OPINION)
    assert figures(both, Flow.CASE) == figures(PROBLEMS, Flow.CASE)
    opinions, cases = figures(both, Flow.OPINION)[()], figures(both, Flow.CASE)[()]
    assert opinions["completion_rate"] == Value(114 / 125, 114, 125)
    assert opinions["report_count"] == Value(125)
    assert percent(114, 125, 1) == percent(134_976, 148_000, 1) == "91.2%"
    assert cases["handling_rate"] == Value(14_199 / 14_933, 14_199, 14_933)
    assert cases["report_count"] == Value(14_933)
    assert figures(both, Flow.RISK)[()]["case_count"] == Value(0)


def test_of_770_opinions_on_drafts_91_are_adopted() -> None:
    """Erqi: 770 in, 91 adopted; of the others nothing is said."""
    adopted = rows(91, "opinion", decided(Outcome.ADOPTED), CLOSE)
    cut = figures(together(adopted, rows(770 - 91, "opinion")), Flow.OPINION, "outcome")
    assert {key: one["case_count"].value for key, one in cut.items()} == {
        (): 770,
        ("adopted",): 91,
        (None,): 679,
    }
    assert cut["adopted",]["report_count"] == Value(None)  # a report has no outcome
    assert percent(91, 770) == "11.82%"


def test_of_4178_topics_1919_were_put_to_the_vote_and_1761_carried_out() -> None:
    """Dongguan, January to August 2020; 498 neither, which the document leaves open."""
    met = act(A.CONSULT, 1)
    topics = together(
        rows(1_919, "consultation", met, decided(Outcome.VOTED)),
        rows(1_761, "consultation", met, decided(Outcome.IMPLEMENTED)),
        rows(498, "consultation", met),
    )
    cut = figures(topics, Flow.CONSULTATION, "outcome")
    assert {key: one["case_count"].value for key, one in cut.items()} == {
        (): 4_178,
        ("voted",): 1_919,
        ("implemented",): 1_761,
        (None,): 498,
    }
    assert cut[()]["handling_rate"] == Value(3_680 / 4_178, 3_680, 4_178)


def test_every_lifecycle_is_of_one_flow_and_every_flow_has_one() -> None:
    assert set(FLOW_OF) == set(MOVES)
    assert set(FLOW_OF.values()) == set(Flow)


# --- opinions ------------------------------------------------------------------------------------


def test_an_opinion_may_be_decided_or_only_answered_and_then_it_is_closed() -> None:
    story = life("opinion", act(A.SIGN, 1), decided(Outcome.DECLINED), CLOSE)
    assert (story.case.state, story.case.outcome) == (S.CLOSED, "declined")
    assert (story.case.handled_at, story.case.closed_at) == (at(3), at(9))
    answered = life("opinion", CLOSE).case
    assert (answered.state, answered.outcome, answered.handled_at) == (S.CLOSED, None, at(9))


def test_what_is_reopened_is_undecided_again() -> None:
    acts = [decided(Outcome.ADOPTED), CLOSE, act(A.REOPEN, 10)]
    case = life("opinion", *acts).case
    assert (case.state, case.outcome, case.handled_at) == (S.DISPATCHED, None, None)


def test_who_collected_an_opinion_may_decide_it() -> None:
    """采办分离 is about handling, not about deciding; the invented place has it."""
    seed = report(lifecycle="opinion", reporter="team-592")
    story = fold(seed, [act(A.DECIDE, 1, actor="team-592", outcome=Outcome.ADOPTED)], BOOK)
    assert (refusals(story), story.case.state) == ([], S.DECIDED)


# --- consultations -------------------------------------------------------------------------------


def test_a_topic_goes_to_no_department_and_is_decided_only_in_session() -> None:
    """议决: as often as it takes; without a session there is nothing to decide."""
    assert life("consultation").case.state is S.REPORTED
    early = life("consultation", decided(Outcome.VOTED))
    assert refusals(early) == ["impossible_move:reported"]
    sessions = [act(A.CONSULT, hour) for hour in (1, 2)]
    case = life("consultation", *sessions, decided(Outcome.VOTED)).case
    assert (case.state, case.outcome) == (S.DECIDED, "voted")
    left = life("consultation", *sessions, CLOSE).case
    assert (left.state, left.outcome) == (S.CLOSED, None)


@pytest.mark.parametrize(
    ("lifecycle", "outcome", "state"),
    [("consultation", Outcome.ADOPTED, "consulted"), ("opinion", Outcome.VOTED, "dispatched")],
)
def test_an_outcome_of_another_flow_is_refused(
    lifecycle: str, outcome: Outcome, state: str
) -> None:
    story = life(lifecycle, act(A.CONSULT, 1), decided(outcome))
    assert (refusals(story), story.case.outcome) == ([f"impossible_move:{state}"], None)


def test_a_case_may_be_consulted_on_before_it_is_handled() -> None:
    """RTE-20: merchants and gridworkers agree on who pays; the case stays where it is."""
    said = act(A.CONSULT, 1, reason="分摊费用标准")
    story = life("five_steps", said)
    (told,) = [t for t in story.facts if t.kind is FactKind.CONSULTATION_HELD]
    assert (story.case.state, told.detail) == (S.DISPATCHED, {"reason": "分摊费用标准"})
    late = life("five_steps", act(A.SIGN, 1), act(A.HANDLE, 2), act(A.CONSULT, 3))
    assert refusals(late) == ["impossible_move:handled"]


def test_a_circle_agrees_on_shares_and_the_case_is_closed_with_them() -> None:
    """共同筹资: who bears what per cent is told, in no sum of money."""
    agreed = {"circle": Circle.MERCHANT, "shares": (CostShare("m-1", 60), CostShare("m-2", 40))}
    told_so = {"circle": "merchant", "shares": {"m-1": 60, "m-2": 40}}
    acts = (act(A.CONSULT, 1, **agreed), act(A.HANDLE, 2), act(A.CLOSE, 3, **agreed))
    story = life("four_words", *acts)
    held, closed = (
        [t.detail for t in story.facts if t.kind is kind]
        for kind in (FactKind.CONSULTATION_HELD, FactKind.CASE_CLOSED)
    )
    assert (held, closed) == ([told_so], [told_so])
    assert "共建圈 circle=merchant  分摊 shares=m-1 60%,m-2 40%" in read("four_words", *acts)
    assert story.case.state is S.CLOSED
    assert "cofunded_merchant" in story.case.happened
    alone = life("four_words", act(A.HANDLE, 2), act(A.CLOSE, 3, shares=agreed["shares"]))
    assert "cofunded" in alone.case.happened


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ((("m-1", 60), ("m-2", 30)), "shares_not_whole"),
        ((("m-1", 50), ("m-1", 50)), "payer_named_twice"),
        ((("m-1", 33.3), ("m-2", 33.3), ("m-3", 33.3)), None),
    ],
)
def test_shares_are_each_payers_once_and_together_the_whole(
    shares: tuple[tuple[str, float], ...], why: str | None
) -> None:
    closing = act(A.CLOSE, 3, shares=tuple(CostShare(*one) for one in shares))
    story = life("four_words", act(A.HANDLE, 2), closing)
    assert refusals(story) == ([why] if why else [])
    assert story.case.state is (S.HANDLED if why else S.CLOSED)


# --- risks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["cadres", "task_force", "plan", "ledger", "accountability"])
def test_each_of_the_five_ones_must_be_there(missing: str) -> None:
    """EMG-09: a refusal names what is missing, and the risk stays unguarded."""
    ones = replace(ONES, **{missing: getattr(FiveOnes(), missing)})
    story = life("risk", act(A.GUARD, 2, guard=ones, area="a1", department="d1"))
    assert refusals(story) == [f"guard_incomplete:{missing}"]
    assert story.case.state is S.DISPATCHED


@pytest.mark.parametrize("missing", ["area", "department"])
def test_a_risk_has_two_owners(missing: str) -> None:
    """RTE-19: 属地稳控 and 部门化解, neither of them empty."""
    owners = {"area": "a1", "department": "d1"} | {missing: None}
    story = life("risk", act(A.GUARD, 2, guard=ONES, **owners))
    assert refusals(story) == [f"guard_incomplete:{missing}"]


@pytest.mark.parametrize("name", ["elsewhere", " "])
@pytest.mark.parametrize("kind", [A.GUARD, A.DISPATCH])
def test_a_risk_is_given_to_a_listed_department_only(kind: ActKind, name: str) -> None:
    """A blank name is on no list either."""
    story = life("risk", act(kind, 2, guard=ONES, area="a1", department=name))
    assert refusals(story) == [f"unknown_department:{name}"]
    assert story.case.department == "d1"


def test_a_guarding_without_anything_names_all_that_is_missing() -> None:
    assert refusals(life("risk", act(A.GUARD, 2))) == [
        "guard_incomplete:cadres,task_force,plan,ledger,accountability,area,department"
    ]


def test_a_risk_is_resolved_only_once_it_is_guarded() -> None:
    """包保 → 化解 → 核查 → 销号; what fails the check, or comes back, is guarded as before."""
    assert refusals(life("risk", act(A.SIGN, 1), act(A.HANDLE, 2))) == ["impossible_move:signed"]
    work = [act(A.SIGN, 1), GUARD, act(A.HANDLE, 3), act(A.CHECK, 4, passed=False)]
    assert life("risk", *work).case.state is S.GUARDED
    whole = [*work, act(A.HANDLE, 5), act(A.CHECK, 6, passed=True), CLOSE]
    story = life("risk", *whole)
    assert (refusals(story), story.case.state, story.case.handled_at) == ([], S.CLOSED, at(5))
    again = life("risk", *whole, act(A.REOPEN, 10)).case
    assert (again.state, again.handled_at) == (S.GUARDED, None)


def test_the_ledger_tells_how_a_risk_is_guarded() -> None:
    (told,) = [t for t in life("risk", GUARD).facts if t.kind is FactKind.RISK_GUARDED]
    assert told.department == "d1"
    assert told.detail == {
        "area": "a1",
        "cadres": ["cadre-07"],
        "task_force": "tf-3",
        "plan": "p-14",
        "ledger": "l-14",
        "accountability": "r-2",
    }


def test_work_on_a_guarded_risk_has_the_handling_clock() -> None:
    limits = {"limits": [{"id": "l1", "matter": "*", "limit": "10 hours", "clock": "handle"}]}
    case = fold(report(lifecycle="risk"), [GUARD], rulebook(limits=limits)).case
    assert [(clock.name, clock.due) for clock in case.clocks] == [("handle", at(12))]


# --- what others are told ------------------------------------------------------------------------


def told(lifecycle: str, *acts: ActInput) -> list[Any]:
    """What goes out as the acts become known one after the other."""
    kept, story, notices = opened("here/a1/0", report(lifecycle=lifecycle), at(0)), None, []
    for n in range(len(acts) + 1):
        kept = replace(kept, acts=acts[:n])
        revision = revised(kept, story, BOOK, Known(at(n), n, None))
        notices += outbound(story, revision)
        kept, story = revision.kept, revision.story
    return notices


def replies(notices: list[Any]) -> list[tuple[str, str | None]]:
    return [(one.status.value, one.outcome) for one in notices if isinstance(one, Reply)]


def test_a_sender_hears_what_became_of_an_opinion_in_its_own_words() -> None:
    returned = told("opinion", act(A.RETURN, 1))
    assert replies(returned) == [("dispatched", None), ("received", None)]
    notices = told("opinion", decided(Outcome.ADOPTED), CLOSE)
    assert replies(notices) == [
        ("dispatched", None),
        ("decided", "adopted"),
        ("closed", "adopted"),
    ]
    assert {one.flow for one in notices} == {Flow.OPINION}
    assert replies(told("consultation")) == [("received", None)]


def test_a_decision_that_becomes_known_after_the_closing_is_told() -> None:
    """The closing rests on the same fact; it reads otherwise now."""
    acts = (CLOSE, decided(Outcome.DECLINED))
    assert replies(told("opinion", *acts))[-2:] == [("closed", None), ("closed", "declined")]


def test_who_resolves_a_risk_is_asked_and_who_had_it_is_asked_no_longer() -> None:
    notices = told("risk", GUARD, LATER)
    asked = [(n.department, n.asked.value) for n in notices if isinstance(n, Dispatch)]
    assert asked == [("d1", "dispatched"), ("d1", "recalled"), ("d0", "dispatched")]


def test_a_decision_ends_the_whistle_for_those_who_have_not_finished() -> None:
    """As the handling of a case does: who was called and need not come any more is told."""
    called = act(
        A.CONVENE,
        1,
        departments=("d7", "d8"),
        whistle=WhistleKind.EVERYDAY,
        closing=ClosingRule.ANY,
    )
    part = [act(A.ARRIVE, 1.2, department="d7"), act(A.FINISH, 1.5, department="d7")]
    notices = told("opinion", called, *part, decided(Outcome.ADOPTED))
    (recalled,) = [n for n in notices if isinstance(n, Dispatch) and n.ends is not None]
    assert (recalled.department, recalled.asked, recalled.since) == ("d8", Asked.RECALLED, at(3))
    early = life("opinion", called, decided(Outcome.ADOPTED))
    assert refusals(early) == ["tasks_open"]


# --- what people read ----------------------------------------------------------------------------


def test_a_case_tells_the_new_acts_in_both_languages() -> None:
    text = read("risk", act(A.GUARD, 1), GUARD)
    assert text.startswith("风险 risk  here/a1/0\n")
    assert "动作不成立 act_refused（“五个一”或双责不齐）" in text
    assert "包保 risk_guarded  d1  属地稳控 area=a1  包保县干 cadres=cadre-07" in text
    assert "问责办法 accountability=r-2" in text
    text = read("consultation", act(A.CONSULT, 1), decided(Outcome.IMPLEMENTED))
    assert "协商议题 consultation" in text
    assert "结果 outcome  直接实施 implemented" in text
    assert "议事协商 consultation_held" in text
    assert "决定 outcome_decided  d1  结果 outcome=直接实施 implemented" in text


def read(lifecycle: str, *acts: ActInput) -> str:
    """The page of `gridloop case`."""
    kept = replace(opened("here/a1/0", report(lifecycle=lifecycle), at(0)), acts=acts)
    revision = revised(kept, None, BOOK, Known(at(0), 1, None))
    snapshot = revision.record.snapshot
    standing = Standing(
        **{name: getattr(snapshot, name) for name in Standing.__struct_fields__ if name != "flow"},
        flow=Flow(snapshot.flow),
    )
    facts = [
        {
            "kind": fact.kind.value,
            "occurred_at": fact.occurred_at,
            "department": fact.department,
            "detail": json.dumps(fact.detail),
            "withdrawn": fact.withdrawn,
        }
        for fact in revision.facts
    ]
    return case_text(case_json(Found(standing, [], facts), "Asia/Shanghai", {}, None, NOW))
