"""Figures beside the first few: of what is carried over, of levels, of steps, of reports."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from streams.core.events import Circle
from streams.core.figures import Query, Value
from streams.core.results import ReportRow, Span, StepRow
from tests.figure_rows import DAY, FILED, KNOWN, Book, closed, counted, report, span, step

AFTER = FILED + 60 * DAY
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def told(
    figure: str,
    spans: list[Span] | None = None,
    steps: list[StepRow] | None = None,
    reports: list[ReportRow] | None = None,
    **query: Any,
) -> Value:
    """One figure in total, of one open case if nothing else is given."""
    book = Book([span()] if spans is None else spans, reports or [], steps or [])
    asked = Query(**({"as_of": AFTER, "figures": (figure,)} | query))
    return counted(book, asked)[0].figures[figure]


def cut(figure: str, by: str, book: Book, **query: Any) -> dict[str | None, Value]:
    asked = Query(**({"as_of": AFTER, "figures": (figure,), "by": (by,)} | query))
    return {row.by[by]: row.figures[figure] for row in counted(book, asked)[1:]}


# --- cases ---------------------------------------------------------------------------------------


def test_the_backlog_is_what_was_filed_before_and_not_closed_for_good_by_then() -> None:
    """积案化解率: of what was open when the month began, what has been handled since."""
    month = FILED + 5 * DAY
    spans = [
        closed("before", 4 * DAY),
        closed("since", 6 * DAY),
        closed("at-the-turn", 5 * DAY),
        span("open"),
        closed("out", 6 * DAY, excluded=True),
        closed("new", 7 * DAY, filed_at=month),
    ]
    assert told("carried_count", spans, from_=month) == Value(4)
    assert told("backlog_resolution_rate", spans, from_=month) == Value(2 / 3, 2, 3)
    assert told("backlog_resolution_rate_raw", spans, from_=month) == Value(3 / 4, 3, 4)
    assert told("backlog_resolution_rate", spans) == Value(None, 0, 0)


def test_the_backlog_of_petitions_is_told_by_their_matter() -> None:
    """Of three petitions carried over one is resolved; a lamp that is mended counts elsewhere."""
    spans = [span(f"p{n}", matter="petition") for n in (1, 2)]
    spans += [closed("p3", 6 * DAY, matter="petition"), closed("lamp", 6 * DAY, matter="lamp")]
    told = cut("backlog_resolution_rate", "matter", Book(spans, [], []), from_=FILED + 5 * DAY)
    assert told == {"lamp": Value(1.0, 1, 1), "petition": Value(1 / 3, 1, 3)}


def test_what_is_closed_without_being_raised_is_settled_in_place_level_by_level() -> None:
    """小事不出楼栋、大事不出社区."""
    raised = {"happened": ["raised"], "level": "street"}
    spans = [
        closed("1", DAY, level="building"),
        closed("2", DAY, level="community"),
        closed("3", DAY, **raised),
        span("4", level="community"),
    ]
    assert told("settled_in_place_rate", spans) == Value(2 / 3, 2, 3)
    assert told("raised_count", spans) == Value(1)
    by_level = cut("closed_count", "level", Book(spans, [], []))
    assert by_level == {"building": Value(1), "community": Value(1), "street": Value(1)}


def test_a_completion_within_days_is_told_only_of_cases_of_that_age() -> None:
    spans = [closed("a", 7 * DAY), closed("b", 7 * DAY + TICK), span("c")]
    assert told("completion_rate_d7", spans) == Value(1 / 3, 1, 3)
    young = {"as_of": FILED + 7 * DAY}
    assert told("completion_rate_d7", [span()], **young) == Value(None, 0, 0)
    assert told("completion_rate_d7", [span()], as_of=FILED + 7 * DAY + TICK) == Value(0.0, 0, 1)


def test_overdue_is_what_is_not_on_time_of_what_is_due() -> None:
    spans = [closed("a", 10 * DAY), closed("b", 11 * DAY), span("c")]
    assert told("overdue_rate", spans) == Value(2 / 3, 2, 3)
    assert told("on_time_closure_rate", spans) == Value(1 / 3, 1, 3)


def test_a_case_closed_although_somebody_is_dissatisfied_is_counted() -> None:
    spans = [closed(r, DAY, satisfaction=r) for r in ("satisfied", "dissatisfied")]
    spans += [closed("c", DAY, satisfaction="very_dissatisfied"), closed("d", DAY)]
    assert told("closed_dissatisfied", spans) == Value(2)


@pytest.mark.parametrize(
    ("figure", "word"),
    [
        ("extension_rate", "extended"),
        ("suspension_rate", "paused"),
        ("supervision_rate", "supervised"),
        ("dispute_rate", "disputed"),
        ("whistle_rate", "whistled"),
        ("raise_rate", "raised"),
    ],
)
def test_what_has_happened_to_a_case_is_a_share_of_the_filed(figure: str, word: str) -> None:
    spans = [span("1", happened=[word]), span("2", happened=["returned"]), span("3")]
    assert told(figure, spans) == Value(1 / 3, 1, 3)


def test_closings_with_shared_costs_are_told_by_circle_and_as_a_share_of_the_closed() -> None:
    """共筹结案: an open case that was once closed so is none."""
    spans = [closed(circle, DAY, happened=[f"cofunded_{circle}"]) for circle in Circle]
    spans += [closed("1", DAY, happened=["cofunded"]), closed("2", DAY), closed("3", DAY)]
    spans += [span("4", happened=["cofunded_unit"])]
    assert told("cofunded_closure_count", spans) == Value(4)
    assert {told(f"cofunded_{circle}_count", spans) for circle in Circle} == {Value(1)}
    assert told("cofunded_closure_rate", spans) == Value(4 / 6, 4, 6)


def test_a_rework_counts_once_for_a_case_and_only_where_it_is_closed_or_was_reworked() -> None:
    spans = [closed("1", DAY), span("2", happened=["reworked"]), span("3")]
    assert told("rework_rate", spans) == Value(1 / 2, 1, 2)


def test_a_dispatch_is_right_where_it_was_never_returned_nor_sent_on() -> None:
    """A peer takes dispatches less reworks for it."""
    spans = [span("1"), span("2", happened=["redirected", "returned"])]
    spans += [span("3", department=None, happened=["returned"]), span("4", department=None)]
    assert told("accurate_dispatch_rate", spans) == Value(1 / 3, 1, 3)


# --- steps ---------------------------------------------------------------------------------------


def signed(n: int, due: float | None, done: float | None, how: str | None = "done") -> StepRow:
    """A signing, so many hours after its beginning due, and over."""
    ends = {"due": due, "done": done}
    at = {name: None if h is None else FILED + h * HOUR for name, h in ends.items()}
    return step("sign", n=n, result=None if done is None else how, **at)


def test_of_timed_steps_those_are_due_that_are_done_or_ran_out_undone() -> None:
    steps = [
        signed(1, due=2, done=2),
        signed(2, due=2, done=3),
        signed(3, due=2, done=None),
        signed(4, due=2, done=1, how="over"),  # returned in time: nobody had to sign any more
        signed(5, due=2, done=3, how="over"),
        signed(6, due=None, done=1),  # no limit
        signed(7, due=24 * 99, done=None),  # not yet due
    ]
    assert told("on_time_signing_rate", steps=steps) == Value(1 / 4, 1, 4)
    early = {"as_of": FILED + 2 * HOUR}
    assert told("on_time_signing_rate", steps=steps, **early) == Value(None, 0, 0)
    later = {"as_of": FILED + 2 * HOUR + TICK}
    assert told("on_time_signing_rate", steps=steps, **later) == Value(1 / 4, 1, 4)


def test_responding_in_time_and_answering_at_all_are_two_rates() -> None:
    """响应率 and 应答率 (EVA-07): neither equals a closure rate."""
    late = {"due": FILED + HOUR, "done": FILED + 2 * HOUR, "result": "done"}
    steps = [step("contact", n=1, **(late | {"done": FILED + HOUR})), step("contact", n=2, **late)]
    steps += [step("contact", n=3, due=FILED + HOUR), step("contact", n=4, done=FILED + HOUR)]
    assert told("response_rate", steps=steps) == Value(1 / 3, 1, 3)
    assert told("answer_rate", steps=steps) == Value(2 / 3, 2, 3)


def test_a_step_is_its_own_departments_and_begins_on_its_own_day() -> None:
    """Who was late in signing is not who holds the case now."""
    own = step("dispatch", department="d2", at=FILED + 3 * DAY)
    book = Book([span(department="d9")], [], [own])
    by_department = cut("dispatch_count", "department", book)
    assert by_department == {"d2": Value(1), "d9": Value(0)}
    assert told("dispatch_count", steps=[own], from_=FILED + DAY) == Value(1)
    assert told("dispatch_count", steps=[own], to=FILED + 3 * DAY) == Value(0)


def test_a_step_of_a_void_case_counts_nowhere_and_of_an_excluded_one_in_no_rate() -> None:
    rates = ("on_time_signing_rate", "on_time_signing_rate_raw")
    one, none = Value(1.0, 1, 1), Value(None, 0, 0)

    def told_of(of: StepRow, **ask: Any) -> list[Value]:
        return [told(name, steps=[of], **ask) for name in rates]

    signing, later = signed(1, due=2, done=1), FILED + DAY
    void, excluded = replace(signing, void_at=later), replace(signing, excluded_at=later)
    assert told_of(signing) == [one, one]
    assert (told_of(void), told_of(excluded)) == ([none, none], [none, one])
    assert told_of(void, as_of=later) == told_of(excluded, as_of=later) == [one, one]
    assert told_of(replace(signing, filed_at=None)) == [none, none]


def test_a_reopening_counts_within_thirty_days_and_once_these_are_over() -> None:
    def closing(n: int, after: timedelta | None) -> StepRow:
        done = None if after is None else FILED + after
        return step("closing", n=n, done=done, result=done and "reopened")

    steps = [closing(1, None), closing(2, 30 * DAY), closing(3, 30 * DAY + TICK)]
    assert told("reopen_rate", steps=steps) == Value(1 / 3, 1, 3)
    assert told("reopen_rate", steps=steps, as_of=FILED + 30 * DAY) == Value(None, 0, 0)


def test_whistles_are_told_by_kind_and_arrivals_by_their_limit_and_length() -> None:
    kinds = ("everyday", "everyday", "key_task", "emergency")
    steps = [step("whistle", n=n, done=FILED, result=kind) for n, kind in enumerate(kinds)]
    limit = {"due": FILED + HOUR}
    steps += [step("arrive", n=1, done=FILED + HOUR, result="done", **limit)]
    steps += [step("arrive", n=2, done=FILED + 3 * HOUR, result="done", **limit)]
    steps += [step("arrive", n=3, **limit)]
    assert told("whistle_count", steps=steps) == Value(4)
    assert told("whistle_emergency_count", steps=steps) == Value(1)
    assert told("arrival_count", steps=steps) == Value(2)
    assert told("arrival_on_time_rate", steps=steps) == Value(1 / 3, 1, 3)
    assert told("arrival_time_mean", steps=steps) == Value(7200.0, None, 2)
    assert told("arrival_time_p50", steps=steps) == Value(3600.0, None, 2)
    assert told("arrival_time_p90", steps=steps) == Value(10_800.0, None, 2)


def test_what_is_stuck_is_counted_by_the_department_that_has_it() -> None:
    steps = [
        step("stuck", n=1, due=FILED + HOUR),
        step("stuck", n=2, due=FILED + HOUR, done=FILED + 2 * HOUR, result="over"),
        step("stuck", n=3, due=FILED + HOUR, department="d2"),
        step("stuck", n=4, due=AFTER + HOUR),
    ]
    found = cut("stuck_count", "department", Book([span()], [], steps))
    assert found == {"d1": Value(1), "d2": Value(1)}


def test_satisfaction_is_of_ratings_and_the_strict_one_without_basically() -> None:
    rates = ("very_satisfied", "basically_satisfied", "dissatisfied")
    steps = [step("rating", n=n, done=FILED, result=rate) for n, rate in enumerate(rates)]
    assert told("satisfaction_rate", steps=steps) == Value(2 / 3, 2, 3)
    assert told("satisfaction_rate_strict", steps=steps) == Value(1 / 3, 1, 3)


def test_a_step_is_told_as_it_was_known() -> None:
    first = step("dispatch", known_to=KNOWN + DAY)
    ended = {"done": FILED + HOUR, "result": "returned", "known_from": KNOWN + DAY, "revision": 2}
    then = msgspec.structs.replace(first, known_to=KNOWN + 99 * DAY, **ended)
    for k, returned in ((KNOWN + DAY, 0), (KNOWN + DAY + TICK, 1)):
        rate = told("dispatch_return_rate", steps=[first, then], known_at=k)
        assert rate == Value(float(returned), returned, 1)


# --- durations -----------------------------------------------------------------------------------


def test_a_percentile_is_the_nearest_rank_and_a_duration_of_nothing_is_null() -> None:
    spans = [closed(f"{n:02}", n * HOUR) for n in range(1, 11)]
    assert told("closing_time_p50", spans) == Value(5 * 3600.0, None, 10)
    assert told("closing_time_p90", spans) == Value(9 * 3600.0, None, 10)
    assert told("closing_time_mean", spans) == Value(5.5 * 3600.0, None, 10)
    assert told("closing_time_p50", []) == Value(None, None, 0)


def test_the_age_of_the_backlog_grows_with_the_instant() -> None:
    spans = [span("1"), span("2", filed_at=FILED + DAY), closed("3", DAY)]
    assert told("backlog_age_p90", spans, as_of=FILED + 3 * DAY) == Value(3 * 86400.0, None, 2)


def test_medians_do_not_add_up_so_the_total_has_its_own() -> None:
    spans = [closed("1", HOUR, area="a"), closed("2", 3 * HOUR, area="b")]
    spans += [closed("3", 4 * HOUR, area="b")]
    assert told("closing_time_p50", spans, by=("area",)) == Value(3 * 3600.0, None, 3)


# --- reports -------------------------------------------------------------------------------------


def test_reports_are_accepted_filed_and_voided_as_their_cases_are() -> None:
    lost = {"void": True, "filed_at": None}
    spans = [
        span("p/a/1"),
        span("p/a/2", state="void", void=True),
        span("p/a/3", state="rejected", happened=["not_admitted"], **lost),
        span("p/a/4", state="rejected", void=True),
        span("p/a/5", state="reported", filed_at=None),
    ]
    reports = [report(f"t{n}", case_id=f"p/a/{n}") for n in range(1, 6)]
    assert told("not_admitted_count", spans, reports=reports) == Value(1)
    assert told("acceptance_rate", spans, reports=reports) == Value(3 / 5, 3, 5)
    assert told("valid_report_rate", spans, reports=reports) == Value(2 / 5, 2, 5)
    assert told("filing_rate", spans, reports=reports) == Value(2 / 3, 2, 3)
    assert told("accurate_filing_rate", spans, reports=reports) == Value(1 / 2, 1, 2)


def test_a_tickets_source_is_read_as_it_was_known() -> None:
    """A newer export says that staff had found it; until then it was the public's."""
    later, id_ = KNOWN + DAY, "p/import-07/1"
    spans = [
        span(id_, known_to=later, source="hotline", revision=2),
        span(id_, known_from=later, source="gridworker", revision=2),
    ]
    reports = [report(case_id=id_, source="gridworker", revision=2)]
    for known_at, public in ((later, 1), (later + TICK, 0)):
        rate = told("public_report_rate", spans, reports=reports, known_at=known_at)
        assert rate == Value(float(public), public, 1)


def test_the_publics_share_of_reports() -> None:
    sources = ("hotline", "citizen", "patrol", "gridworker")
    reports = [report(source, source=source) for source in sources]
    assert told("public_report_rate", reports=reports) == Value(1 / 2, 2, 4)


@pytest.mark.parametrize(
    ("again", "repeats"),
    [
        ({"occurred_at": FILED + 30 * DAY}, 1),
        ({"occurred_at": FILED + 30 * DAY + TICK}, 0),
        ({"matter": "m2"}, 0),
        ({"requester": "t2"}, 0),
        ({"requester": None}, 0),
    ],
)
def test_a_request_repeats_that_the_same_person_made_on_the_same_matter(
    again: dict[str, Any], repeats: int
) -> None:
    mine = {"requester": "t1", "matter": "m1"}
    reports = [report("a", **mine), report("b", **({"occurred_at": FILED + DAY} | mine | again))]
    assert told("repeat_request_rate", reports=reports).numerator == repeats


def test_a_repeat_is_told_by_what_came_before_the_window() -> None:
    def mine(id_: str, at: datetime) -> ReportRow:
        return report(id_, requester="t1", matter="m1", occurred_at=at, ingested_at=at + HOUR)

    reports = [mine("a", FILED), mine("b", FILED + DAY)]
    rate = told("repeat_request_rate", reports=reports, from_=FILED + HOUR)
    assert rate == Value(1.0, 1, 1)
    assert told("intake_lag_p50", reports=reports) == Value(3600.0, None, 2)
