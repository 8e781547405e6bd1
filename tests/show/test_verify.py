"""Stream equals batch: every gap is told, and a comparison of nothing is a failure."""

import json

import msgspec

from streams.core.figures import Query, Row, Value, compute
from streams.core.results import ReportRow, Span
from streams.show.verify import Verdict, to_json, verify
from tests.figure_rows import DAY, FILED, KNOWN, closed, report, span

QUERY = Query(as_of=FILED + 30 * DAY)
CASES = [closed("1", DAY), closed("2", 11 * DAY, department="d2"), span("3", area="b")]
REPORTS = [report("1"), report("2"), report("3", area="b")]


def stored(spans: list[Span], reports: list[ReportRow]) -> Verdict:
    """The verdict on a store that holds these rows, the log holding CASES and REPORTS."""

    def ask(query: Query) -> list[Row]:
        return compute(spans, reports, query)

    return verify(lambda: (CASES, REPORTS, [], []), ask, QUERY)


def test_the_same_rows_leave_no_gap() -> None:
    verdict = stored(CASES, REPORTS)
    assert verdict.holds
    assert verdict.cases == 3
    assert verdict.figures["completion_rate"] == Value(2 / 3, 2, 3)
    assert verdict.differences == []


def test_comparing_nothing_is_a_failure() -> None:
    verdict = verify(lambda: ([], [], [], []), lambda query: compute([], [], query), QUERY)
    assert verdict.differences == []
    assert not verdict.holds


def test_a_lost_report_is_told_in_total_by_source_and_by_area() -> None:
    verdict = stored(CASES, REPORTS[:-1])
    assert not verdict.holds
    assert [gap.by for gap in verdict.differences] == [{}, {"source": "hotline"}, {"area": "b"}]
    assert {gap.figure for gap in verdict.differences} == {"report_count"}


def test_two_mistakes_that_cancel_out_in_the_total_are_told_by_the_cuts() -> None:
    swapped = [
        msgspec.structs.replace(CASES[0], department="d2"),
        msgspec.structs.replace(CASES[1], department="d1"),
        CASES[2],
    ]
    told = {gap.by.get("department") for gap in stored(swapped, REPORTS).differences}
    assert told == {"d1", "d2"}


def test_a_combination_that_only_one_of_the_two_has_is_told() -> None:
    verdict = stored([*CASES, span("4", area="c")], REPORTS)
    only = [gap for gap in verdict.differences if gap.by == {"area": "c"}]
    assert only
    assert all(gap.batch is None and gap.stream is not None for gap in only)
    assert not stored(CASES[:2], REPORTS).holds


def test_a_gap_in_any_flow_is_told_also_where_one_side_has_nothing_of_that_flow() -> None:
    opinion = closed("o", DAY, flow="opinion")
    lost = verify(
        lambda: ([*CASES, opinion], REPORTS, [], []), lambda q: compute(CASES, REPORTS, q), QUERY
    )
    assert {gap.flow for gap in lost.differences} == {"opinion"}
    assert {gap.by.get("department") for gap in lost.differences} == {None, "d1"}
    assert lost.figures["case_count"] == Value(3)
    assert lost.cases == 4
    assert {gap.flow for gap in stored([*CASES, opinion], REPORTS).differences} == {"opinion"}


def test_only_cases_that_were_known_and_asked_for_are_counted() -> None:
    replay = [*CASES, span("5", place="q"), span("6", known_from=KNOWN + DAY)]
    query = msgspec.structs.replace(QUERY, place="p", known_at=KNOWN + DAY)
    verdict = verify(
        lambda: (replay, REPORTS, [], []), lambda q: compute(replay, REPORTS, q), query
    )
    assert verdict.holds
    assert verdict.cases == 3


def test_the_json_is_the_contracts() -> None:
    value = to_json(stored(CASES, REPORTS[:-1]), "Asia/Shanghai", known_at=KNOWN)
    assert list(value) == [
        *("as_of", "known_at", "flow", "cases", "figures", "differences", "apart")
    ]
    assert value["known_at"] == "2026-02-14T10:00:00+08:00"
    assert value["figures"]["report_count"] == {"value": 3}
    assert value["differences"][0] == {
        "flow": "case",
        "by": {},
        "figure": "report_count",
        "stream": {"value": 2},
        "batch": {"value": 3},
    }
    assert json.loads(json.dumps(value)) == value
