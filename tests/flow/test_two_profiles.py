"""The same day under two profiles: it differs exactly where the profiles do, and nowhere else."""

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.core.events import Reference, ReferenceKind, Round
from streams.core.lifecycle import Flow
from streams.core.place import Rulebook
from streams.core.results import Fact, FactKind
from streams.core.roundfigures import RoundQuery, overview
from streams.demoplan import documents_of
from streams.entry.simulate_rounds import simulate_rounds
from tests.flow.place_days import Day, day_of, figures_of, lived

K = FactKind
RATES = {
    *("handling_rate", "completion_rate", "closure_rate", "overdue_rate", "rework_rate"),
    *("on_time_closure_rate", "on_time_of_closed_rate", "hasty_closure_rate", "callback_rate"),
    *("direct_handling_rate", "dispatch_return_rate", "settled_in_place_rate"),
    *("suspicious_closure_rate", "cofunded_closure_rate"),
}
TIMES = {"closing_time_mean", "closing_time_p50", "closing_time_p90"} | {
    *("handling_time_mean", "handling_time_p50", "handling_time_p90"),
    *(f"handling_time_working_{stat}" for stat in ("mean", "p50", "p90")),
    *("backlog_age_p50", "backlog_age_p90"),
}
COUNTS = {"closed_count", "backlog", "dispatch_count", "rework_count"}
OF_THE_WORK = RATES | {f"{rate}_raw" for rate in RATES} | TIMES | COUNTS
"""Figures of how far cases have come; what was reported, filed and admitted is none of them."""


def changed(documents: Sequence[Reference], kind: ReferenceKind, **fields: Any) -> list[Reference]:
    """The same documents but for these fields of one of them."""
    return [
        msgspec.structs.replace(one, body={**one.body, **fields}) if one.kind is kind else one
        for one in documents
    ]


def under(day: Day, documents: list[Reference]) -> Day:
    """The same records under other documents."""
    return lived(day.plan, day.records, documents)


def facts_of(day: Day) -> dict[str, list[Fact]]:
    """What happened, as known in the end, by case."""
    found: dict[str, list[Fact]] = {}
    for fact in day.facts:
        if not fact.withdrawn:
            found.setdefault(fact.case_id, []).append(fact)
    return {case: sorted(facts, key=lambda f: f.fact_id) for case, facts in found.items()}


def other_cases(one: Day, other: Day) -> set[str]:
    """The cases of which the two do not tell the same."""
    ours, theirs = facts_of(one), facts_of(other)
    assert ours.keys() == theirs.keys()
    return {case for case in ours if told(ours[case]) != told(theirs[case])}


def told(facts: list[Fact]) -> list[Any]:
    """What facts say; not when it became known."""
    return [(f.kind, f.occurred_at, f.department, f.detail) for f in facts]


def other_figures(one: Day, other: Day, flow: Flow = Flow.CASE) -> set[str]:
    """The figures of a flow that are not the same."""
    ours, theirs = figures_of(one, flow)[()], figures_of(other, flow)[()]
    return {name for name in ours if ours[name] != theirs[name]}


def cases_with(day: Day, kind: FactKind, **detail: str) -> set[str]:
    return {
        f.case_id
        for f in day.facts
        if not f.withdrawn and f.kind is kind and detail.items() <= f.detail.items()
    }


# --- 采办分离 -------------------------------------------------------------------------------------


def test_who_may_not_handle_what_they_report_changes_only_what_they_had_handled() -> None:
    """Erqi's grid heads handle what they find; with 采办分离 exactly that is refused."""
    free = day_of("erqi")
    documents = documents_of("erqi")
    apart = under(free, changed(documents, ReferenceKind.PLACE, reporter_may_not_handle=True))

    handled = [f for f in free.facts if f.kind is K.CASE_HANDLED and not f.withdrawn]
    own = {f.case_id for f in handled if f.actor in free.reporters}
    assert own
    assert other_cases(free, apart) == own
    barred = {"act": "handle", "reason": "reporter_may_not_handle"}
    assert cases_with(apart, K.ACT_REFUSED, **barred) == own
    assert cases_with(free, K.ACT_REFUSED, **barred) == set()
    assert other_figures(free, apart) == OF_THE_WORK


# --- 准入 ----------------------------------------------------------------------------------------


def test_a_list_of_what_may_enter_bars_only_what_is_not_on_it() -> None:
    """Jianghai with and without an admission list: what has no matter yet may enter in both."""
    free, barred_matter = day_of("jianghai"), "work_safety"
    rules, documents = free.plan.rules, documents_of("jianghai")
    listed = [code for code in rules.matters if code != barred_matter]
    body = {"lists": [{"id": "A", "name": "清单", "name_en": "list", "matters": listed}]}
    listing = msgspec.structs.replace(
        documents[0], kind=ReferenceKind.ADMISSION, version="a", body=body
    )
    bound = under(free, [*documents, listing])

    barred = {row.case_id for row in free.reports if row.matter == barred_matter}
    assert barred
    assert other_cases(free, bound) == barred
    assert cases_with(bound, K.REPORT_REJECTED, reason="not_admitted") == barred
    for flow in (Flow.OPINION, Flow.CONSULTATION):
        assert other_figures(free, bound, flow) == set()
    total = figures_of(bound, Flow.CASE)[()]
    assert total["not_admitted_count"]["value"] == len(barred)
    unlisted = (("matter", barred_matter),)
    before, after = (figures_of(one, Flow.CASE, "matter") for one in (free, bound))
    for cut in before.keys() - {(), unlisted}:
        assert after[cut] == before[cut]
    assert (before[unlisted]["case_count"]["value"] or 0) > 0
    assert after[unlisted]["case_count"]["value"] == 0
    assert after[()]["report_count"] == before[()]["report_count"]


# --- 生命周期 -------------------------------------------------------------------------------------


def test_another_loop_changes_only_the_cases_that_go_it() -> None:
    """Siming's four words or five steps: its opinions, findings and disputes stay as they were."""
    four = day_of("siming")
    documents = documents_of("siming")
    five = under(four, changed(documents, ReferenceKind.PLACE, lifecycle="five_steps"))
    own = {*four.plan.rules.lifecycles}
    going = {row.case_id for row in four.reports if not own & {row.matter, row.category}}
    assert going
    stopped = going & cases_with(five, K.ACT_REFUSED)
    assert stopped
    assert other_cases(four, five) == stopped
    assert other_figures(four, five) == OF_THE_WORK
    for flow in (Flow.OPINION, Flow.SUPERVISION):
        assert other_figures(four, five, flow) == set()


# --- 周期 ----------------------------------------------------------------------------------------


def test_another_cadence_changes_only_what_is_asked_of_its_own_rounds() -> None:
    """Daguan's daily screening twice as often: half of it is missed; every other round, and every
    figure of cases, stands as before."""
    p = day_of("daguan").plan
    documents = documents_of("daguan")
    (listed,) = (one for one in documents if one.kind is ReferenceKind.SCHEDULES)
    rows = [{**r, "at_least": 2} if r["id"] == "S1" else r for r in listed.body["schedules"]]
    twice = changed(documents, ReferenceKind.SCHEDULES, schedules=rows)
    made = [
        msgspec.json.decode(one.value, type=Round)
        for one in simulate_rounds(p.book, p.place, p.seed, p.body)
    ]
    query = RoundQuery(
        place=p.place, zone=p.rules.zone, since=p.day.start, as_of=p.day.end, by=("schedule",)
    )
    once_told, twice_told = (
        {row.by["schedule"]: row for row in overview(Rulebook.of(docs), made, query).rows}
        for docs in (documents, twice)
    )
    assert once_told.keys() == twice_told.keys()
    assert {id for id in once_told if once_told[id] != twice_told[id]} == {"S1"}
    assert (once_told["S1"].done, twice_told["S1"].done) == (once_told["S1"].expected, 0)

    before = day_of("daguan")
    after = under(before, twice)
    assert other_cases(before, after) == set()
    assert all(other_figures(before, after, flow) == set() for flow in Flow)
