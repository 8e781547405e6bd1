"""What others are told: what is so now, under ids that stay, and taken back where disproved."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.accepted import AcceptedReport
from streams.core.asking import ASKS
from streams.core.case import ActInput, Story, fact_id
from streams.core.casebook import Kept, Known, Revision, ledger, let_out, opened
from streams.core.codec import encode_json
from streams.core.events import (
    ActKind,
    ClosingRule,
    FiveOnes,
    Outcome,
    ReferenceKind,
    Satisfaction,
    WhistleKind,
)
from streams.core.lifecycle import MOVES
from streams.core.notices import Alarm, AlarmKind, Dispatch, Notice, Reply
from streams.core.outbound import alarms, outbound
from streams.core.place import Rulebook
from streams.core.replying import STATUS
from streams.core.results import FactKind
from tests.case_inputs import (
    RESPONSIBILITY,
    SEEDED,
    act,
    at,
    document,
    report,
    revised,
    row,
    rulebook,
    whole_life,
)
from tests.strategies import LAWS

BOOK = rulebook()
CASE = "here/a1/0123456789abcdef"
OTHER = act(ActKind.DISPATCH, 0.5, "to-d0", department="d0")
REDO = act(ActKind.CHECK, 3, "not-done", passed=False, reason="还有垃圾")
VOID = act(ActKind.VOID, 0.2, "never-was")
AGAIN = act(ActKind.REOPEN, 8, "again")
BACK = act(ActKind.RETURN, 0.7, "not-ours", reason="不属本部门")

ONES = FiveOnes(cadres=("c",), task_force="t", plan="p", ledger="l", accountability="a")
ACTS = [
    *whole_life(),
    *(OTHER, REDO, VOID, BACK),
    act(ActKind.DISPATCH, 0.8, "to-d1-again", department="d1"),
    act(ActKind.EXTEND, 1.5, "longer", passed=True, until=at(60)),
    AGAIN,
    act(ActKind.CONVENE, 1.2, "whistle", departments=("d7", "d8"), whistle=WhistleKind.EVERYDAY),
    act(ActKind.ARRIVE, 1.3, "there", department="d7"),
    act(ActKind.FINISH, 1.4, "part-done", department="d7"),
    act(ActKind.CONSULT, 1.6, "session"),
    act(ActKind.DECIDE, 1.7, "adopted", outcome=Outcome.ADOPTED),
    act(ActKind.DECIDE, 1.8, "voted", outcome=Outcome.VOTED),
    act(ActKind.GUARD, 1.1, "guarded", guard=ONES, area="a1", department="d1"),
    act(ActKind.GUARD, 1.9, "guarded-anew", guard=ONES, area="a1", department="d0"),
]
"""Enough to lead a case anywhere; in whatever selection and order, some of it refused."""

arrivals = st.lists(st.sampled_from(ACTS), unique_by=lambda one: one.id, max_size=9)
seeds = st.sampled_from([name for name in MOVES if name != "ticket"]).map(
    lambda name: report(lifecycle=name)
)


class Desk:
    """A case as its inputs arrive, and all that is told of it meanwhile."""

    def __init__(
        self,
        seed: AcceptedReport | None = None,
        tick: float | None = None,
        acts: Sequence[ActInput] = (),
        book: Rulebook = BOOK,
    ) -> None:
        self.kept: Kept = replace(opened(CASE, seed or report(), at(0)), acts=tuple(acts))
        self.tick = None if tick is None else at(tick)
        self.story: Story | None = None
        self.told: list[Notice] = []
        self.log: list[tuple[Story | None, Revision]] = []
        self.revise(self.kept, book)

    def take(self, *acts: ActInput) -> list[Notice]:
        """The acts become known one by one; what is told of the last of them."""
        said: list[Notice] = []
        for one in acts:
            said = self.revise(replace(self.kept, acts=(*self.kept.acts, one)), BOOK)
        return said

    def revise(self, kept: Kept, book: Rulebook) -> list[Notice]:
        """One revision under these rules."""
        known = Known(at(len(self.log)), len(self.log), self.tick)
        revision = revised(kept, self.story, book, known)
        said = outbound(self.story, revision)
        self.log.append((self.story, revision))
        self.kept, self.story = revision.kept, revision.story
        self.told += said
        return said


def lines(notices: Iterable[Notice]) -> list[str]:
    """Notices in short: whom it concerns and what it says, a minus where it is taken back."""
    return [("-" if one.withdrawn else "") + _line(one) for one in notices]


def _line(one: Notice) -> str:
    if isinstance(one, Dispatch):
        return f"{one.department} {one.asked.value}"
    if isinstance(one, Reply):
        return f"reply {one.status.value}"
    return f"alarm {one.kind.value}"


def last_by_id(notices: Sequence[Notice]) -> dict[str, Notice]:
    """What a receiver holds: of each id the highest revision."""
    return {one.id: one for one in sorted(notices, key=lambda one: one.revision)}


# --- what is told -------------------------------------------------------------------------------


def test_a_new_case_is_told_to_its_department_and_its_sender() -> None:
    dispatch, reply = Desk().told
    assert isinstance(dispatch, Dispatch)
    assert (dispatch.department, dispatch.asked, dispatch.case_id) == ("d1", "dispatched", CASE)
    assert (dispatch.matter, dispatch.area, dispatch.since) == ("m1", "a1", at(0))
    assert (dispatch.deadline, dispatch.deadline_kind) == (at(24), "fixed")
    assert isinstance(reply, Reply)
    assert (reply.ticket.sender, reply.ticket.id, reply.status) == (*SEEDED, "dispatched")


def test_a_dispatch_names_who_decided_it() -> None:
    """RTE-11: nobody where the place's rules did, else who sent the act."""
    desk = Desk()
    assert isinstance(desk.told[0], Dispatch)
    assert desk.told[0].by is None
    told = desk.take(act(ActKind.DISPATCH, 1, department="d7", actor="dispatcher:7"))
    assert [one.by for one in told if isinstance(one, Dispatch) and one.department == "d7"] == [
        "dispatcher:7"
    ]


def test_a_life_from_dispatch_to_closing_tells_each_only_what_concerns_it() -> None:
    desk = Desk()
    life = whole_life()
    life[4] = replace(life[4], act=replace(life[4].act, satisfaction=Satisfaction.SATISFIED))
    desk.take(*life)
    told = ["d1 dispatched", "reply dispatched", "reply handled", "reply closed"]
    assert lines(desk.told) == told
    closing = desk.told[-1]
    assert isinstance(closing, Reply)
    assert (closing.satisfaction, closing.at) == ("satisfied", at(6))


def test_rework_and_reopening_are_asked_of_the_department_that_has_the_case() -> None:
    desk = Desk()
    desk.take(*whole_life()[:2])
    asked, reply = desk.take(REDO)
    assert lines([asked, reply]) == ["d1 rework", "reply dispatched"]
    assert isinstance(asked, Dispatch)
    assert asked.reason == "还有垃圾"
    desk = Desk()
    desk.take(*whole_life())
    assert lines(desk.take(act(ActKind.REOPEN, 8))) == ["d1 reopened", "reply reopened"]


def test_who_loses_a_case_is_told_and_which_of_its_dispatches_that_ends() -> None:
    desk = Desk()
    (first, _) = desk.told
    assert lines(desk.take(OTHER)) == ["d1 recalled", "d0 dispatched", "reply dispatched"]
    recalled = desk.told[2]
    assert isinstance(recalled, Dispatch)
    assert (recalled.ends, recalled.since) == (first.id, at(0.5))
    assert lines(desk.take(BACK)) == ["d0 returned_approved", "reply accepted"]
    desk = Desk()
    assert lines(desk.take(VOID)) == ["d1 recalled", "reply void"]


def test_those_whom_a_whistle_calls_are_asked_until_they_are_done_or_it_is_over() -> None:
    desk = Desk()
    whistle = act(
        ActKind.CONVENE,
        1.2,
        departments=("d7", "d8"),
        whistle=WhistleKind.EVERYDAY,
        closing=ClosingRule.ANY,
    )
    assert lines(desk.take(whole_life()[0], whistle)) == ["d7 convened", "d8 convened"]
    assert desk.take(act(ActKind.ARRIVE, 1.3, department="d7")) == []
    assert desk.take(act(ActKind.FINISH, 1.4, department="d7")) == []
    assert lines(desk.take(act(ActKind.HANDLE, 2))) == ["d8 recalled", "reply handled"]


def test_a_new_deadline_is_told_under_the_same_id_and_nothing_else_is() -> None:
    desk = Desk()
    first = desk.told[0]
    (again,) = desk.take(act(ActKind.EXTEND, 2, passed=True, until=at(60)))
    assert isinstance(again, Dispatch)
    assert (again.id, again.deadline, again.withdrawn) == (first.id, at(60), False)
    assert again.revision > first.revision
    assert desk.take(act(ActKind.EXTEND, 3, passed=False)) == []


def test_a_breach_raises_an_alarm_where_the_case_is() -> None:
    desk = Desk(tick=30)
    (alarm,) = [one for one in desk.told if isinstance(one, Alarm)]
    assert (alarm.kind, alarm.at, alarm.area) == (AlarmKind.DEADLINE_BREACHED, at(24), "a1")
    assert (alarm.department, alarm.case_id) == ("d1", CASE)


def test_a_dispute_that_is_passed_upward_raises_an_alarm_and_nothing_else_does() -> None:
    """矛盾不上交: the only flow of which nothing should leave its level."""
    raised = act(ActKind.ESCALATE, 1)
    dispute = Desk(report(lifecycle="mediation")).take(raised)
    (alarm,) = [one for one in dispute if isinstance(one, Alarm)]
    assert (alarm.kind, alarm.detail) == (
        AlarmKind.DISPUTE_PASSED_UP,
        {"from": "a1", "to": "a0"},
    )
    assert not [one for one in Desk().take(raised) if isinstance(one, Alarm)]


def test_a_tick_raises_the_same_alarm_as_a_revision() -> None:
    by_revision = [one for one in Desk(tick=30).told if isinstance(one, Alarm)]
    desk = Desk()
    assert desk.story is not None
    facts = let_out(desk.kept, desk.story, at(30), at(30))
    assert list(alarms(desk.kept, desk.story, facts)) == by_revision


def test_a_missing_calendar_raises_an_alarm_and_its_coming_withdraws_it() -> None:
    slow = rulebook(limits={"limits": [{"id": "l1", "matter": "m1", "limit": "5 working days"}]})
    desk = Desk(report(when=at(24 * 365 * 40)), book=slow)
    (alarm,) = [one for one in desk.told if isinstance(one, Alarm)]
    gap = {"year": 2065, "calendar": "cn-office"}
    assert (alarm.kind, alarm.detail) == (AlarmKind.CALENDAR_MISSING, gap)
    told = desk.revise(desk.kept, BOOK)
    assert "-alarm calendar_missing" in lines(told)
    assert alarm.id in {one.id for one in told}


# --- late, repeated, disproved ------------------------------------------------------------------


def test_a_late_dispatch_that_was_overtaken_is_told_to_nobody() -> None:
    desk = Desk()
    desk.take(act(ActKind.DISPATCH, 2, department="d0"))
    assert desk.take(act(ActKind.DISPATCH, 1, department="d9")) == []


def test_of_steps_that_become_known_together_the_last_is_told() -> None:
    """Acts that waited for their report: whoever sent it hears that it is closed, and no more."""
    assert lines(Desk(acts=whole_life()).told) == ["reply closed"]


def test_a_breach_of_a_clock_that_had_stopped_is_no_alarm() -> None:
    late = whole_life(start=30)
    desk = Desk()
    desk.take(*late)
    assert "alarm deadline_breached" in lines(desk.told)
    desk = Desk(acts=late)
    assert any(fact.kind is FactKind.DEADLINE_BREACHED for fact in desk.log[0][1].facts)
    assert lines(desk.told) == ["reply closed"]


def test_what_is_disproved_is_taken_back_and_what_is_so_again_is_told_again() -> None:
    """The case was void before it could be dispatched elsewhere: that dispatch never was."""
    desk = Desk()
    desk.take(OTHER)
    given = desk.told[3]
    told = desk.take(VOID)
    assert lines(told) == ["-d0 dispatched", "-reply dispatched", "reply void"]
    assert told[0].id == given.id
    desk = Desk()
    desk.take(*whole_life()[:2])
    told = desk.take(act(ActKind.RETURN, 1.5))
    assert lines(told) == ["-reply handled", "reply accepted"]


def test_a_case_that_falls_to_another_department_by_new_rules_is_withdrawn_from_the_first() -> None:
    desk = Desk()
    duties = [{"id": "r1", "matter": "m1", "lead": "d0"}]
    moved = document(ReferenceKind.RESPONSIBILITY, {**RESPONSIBILITY, "duties": duties}, "2")
    told = desk.revise(desk.kept, BOOK.with_change(moved))
    assert lines(told) == ["-d1 dispatched", "d0 dispatched"]


@pytest.mark.parametrize(
    "seed", [report(lifecycle="ticket"), replace(report(), place="here~check")]
)
def test_replays_and_imports_tell_nobody_anything(seed: AcceptedReport) -> None:
    desk = Desk(seed, tick=300)
    desk.take(row(1, due_at=at(2)), *whole_life())
    assert desk.told == []
    assert desk.story is not None
    assert not list(alarms(desk.kept, desk.story, desk.log[-1][1].facts))


# --- laws -----------------------------------------------------------------------------------------


@LAWS
@given(seeds, arrivals)
def test_the_same_revision_tells_the_same_bytes_again(
    seed: AcceptedReport, acts: list[ActInput]
) -> None:
    desk = Desk(seed, tick=30)
    desk.take(*acts)
    again = [one for before, revision in desk.log for one in outbound(before, revision)]
    assert [encode_json(one) for one in again] == [encode_json(one) for one in desk.told]


@LAWS
@given(seeds, arrivals)
def test_an_id_and_a_revision_make_one_notice(seed: AcceptedReport, acts: list[ActInput]) -> None:
    desk = Desk(seed, tick=30)
    desk.take(*acts)
    assert len({(one.id, one.revision) for one in desk.told}) == len(desk.told)


@LAWS
@given(seeds, arrivals)
def test_whatever_is_withdrawn_had_been_told_and_to_the_same(
    seed: AcceptedReport, acts: list[ActInput]
) -> None:
    desk = Desk(seed)
    desk.take(*acts)
    told: dict[str, Notice] = {}
    for one in desk.told:
        if one.withdrawn and not isinstance(one, Alarm):
            before = told[one.id]
            assert not before.withdrawn
            assert _whose(before) == _whose(one)
        told[one.id] = one


@LAWS
@given(seeds, arrivals)
def test_each_notice_names_a_fact_of_the_ledger(seed: AcceptedReport, acts: list[ActInput]) -> None:
    desk = Desk(seed, tick=30)
    desk.take(*acts)
    facts = {fact.fact_id: fact for _, revision in desk.log for fact in revision.facts}
    for one in desk.told:
        assert one.fact_id in facts
        assert one.place == facts[one.fact_id].place


@LAWS
@given(seeds, arrivals)
def test_in_whatever_order_it_becomes_known_receivers_end_with_the_present(
    seed: AcceptedReport, acts: list[ActInput]
) -> None:
    """The present: what one is told who hears of the whole case at once."""
    desk = Desk(seed)
    desk.take(*acts)
    present = Desk(seed, acts=acts).told
    held = last_by_id(desk.told)
    for one in present:
        assert replace(held[one.id], revision=0) == one
    ends = {one.ends: one.revision for one in desk.told if isinstance(one, Dispatch) and one.ends}
    for one in present:
        assert held[one.id].revision > ends.get(one.id, -1)
    replied = [one for one in desk.told if isinstance(one, Reply)]
    assert replied[-1].id == present[-1].id


def _whose(notice: Notice) -> object:
    return notice.department if isinstance(notice, Dispatch) else notice.ticket  # type: ignore[union-attr]


def test_the_ids_of_facts_are_those_of_the_ledger() -> None:
    """Written down once more in notices.py, so this holds the two together."""
    desk = Desk(acts=[*whole_life(), REDO, AGAIN])
    assert desk.story is not None
    facts = {fact.fact_id for fact in desk.log[-1][1].facts}
    named = [one for one in ledger(desk.story, None).values() if one.kind in {*ASKS, *STATUS}]
    assert len(named) > 4
    assert all(fact_id(CASE, one.kind, one.cause) in facts for one in named)
