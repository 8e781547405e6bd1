"""Figures: the published ones come out again, and each rule of the definitions holds."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.events import INFINITY
from streams.core.figures import Query, Row, Value, compute
from streams.core.figures_sql import sql
from streams.core.predicates import OF_CALLS, OF_CASES, OF_KINDS, OF_REPORTS, OF_STEPS, PREDICATES
from streams.core.registry import FAMILIES, FIGURES, STEP_LEDGERS, USUAL, Ledger, Unit
from streams.core.results import ReportRow, Span
from tests.figure_rows import (
    DAY,
    FILED,
    KNOWN,
    Book,
    closed,
    counted,
    ledgers,
    queries,
    report,
    span,
)

AFTER = FILED + 30 * DAY
PAST_DEADLINE = FILED + 10 * DAY + timedelta(microseconds=1)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
"""A whole store is much to draw."""
COMPONENTS, EVENTS = "components", "matters"


def ask(*spans: Span, reports: tuple[ReportRow, ...] = (), as_of: datetime = AFTER) -> Row:
    return compute(spans, reports, Query(as_of=as_of))[0]


def of(row: Row, figure: str) -> tuple[int | None, int | None]:
    value = row.figures[figure]
    return value.numerator, value.denominator


# --- published figures ---------------------------------------------------------------------------


def tianmen() -> list[Span]:
    """December 2016: 996 filed, of them 972 due, 911 closed, 737 on time; 16 due components."""
    on_time = [closed(f"on-time-{n}", 9 * DAY, category=EVENTS) for n in range(737)]
    late = [closed(f"late-{n}", 11 * DAY, category=EVENTS) for n in range(902 - 737)]
    late += [closed(f"late-c-{n}", 11 * DAY, category=COMPONENTS) for n in range(9)]
    overdue = [span(f"overdue-{n}", category=EVENTS) for n in range(956 - 902)]
    overdue += [span(f"overdue-c-{n}", category=COMPONENTS) for n in range(16 - 9)]
    running = [span(f"open-{n}", deadline=AFTER + DAY, category=None) for n in range(24)]
    return on_time + late + overdue + running


def test_tianmens_published_closure_rates_come_out_again() -> None:
    total = compute(tianmen(), [], Query(as_of=AFTER))[0]
    assert total.figures["case_count"].value == 996
    assert total.figures["closed_count"].value == 911
    assert total.figures["backlog"].value == 61 + 24
    assert total.figures["backlog_overdue"].value == 61
    assert total.figures["closure_rate"] == Value(911 / 972, 911, 972)
    assert total.figures["on_time_closure_rate"] == Value(737 / 972, 737, 972)
    assert total.figures["on_time_of_closed_rate"] == Value(737 / 911, 911 - 174, 911)
    assert total.figures["completion_rate"] == Value(911 / 996, 911, 996)


def test_tianmens_events_and_components_come_out_apart() -> None:
    rows = compute(tianmen(), [], Query(as_of=AFTER, by=("category",), figures=("closure_rate",)))
    cut = {row.by["category"]: row.figures["closure_rate"] for row in rows[1:]}
    assert cut[EVENTS] == Value(902 / 956, 902, 956)
    assert cut[COMPONENTS] == Value(0.5625, 9, 16)
    assert cut[None] == Value(None, 0, 0)


# --- the registry --------------------------------------------------------------------------------


def test_t6_a_rate_is_made_of_named_conditions_only() -> None:
    """A peer's composite took the rework count where the case count was expected."""
    for figure in FIGURES.values():
        assert {*figure.numerator, *(figure.denominator or ())} <= PREDICATES.keys()


def test_t8_no_two_figures_share_a_name_and_no_rate_has_two_denominators() -> None:
    """A peer's 应结案数 meant one thing on one page and another on the next."""
    for names in ("id", "zh", "en"):
        assert len({getattr(figure, names) for figure in FIGURES.values()}) == len(FIGURES)
    meanings = {(FIGURES[n].numerator, FIGURES[n].denominator, FIGURES[n].ledger) for n in USUAL}
    assert len(meanings) == len(USUAL)


def test_a_numerator_is_always_a_part_of_its_denominator() -> None:
    for figure in FIGURES.values():
        assert (figure.denominator is None) == (figure.unit in {Unit.COUNT, Unit.SCORE})
        assert bool(figure.measure) == (figure.unit is Unit.DURATION)
        if figure.unit is Unit.RATE:
            assert set(figure.denominator or ()) < set(figure.numerator), figure.id


def test_a_figure_asks_only_what_its_ledger_can_answer() -> None:
    own = {
        Ledger.CASES: {*OF_CASES},
        Ledger.CARRIED: {*OF_CASES},
        Ledger.STEPS: {*OF_STEPS, "not_excluded"},
        Ledger.DESK: {*OF_STEPS, "not_excluded"},
        Ledger.REPORTS: {*OF_REPORTS, "not_excluded"},
        Ledger.CALLS: {*OF_CALLS},
    }
    for figure in FIGURES.values():
        assert {*figure.numerator, *(figure.denominator or ())} <= own[figure.ledger], figure.id
    assert len(PREDICATES) == sum(map(len, (OF_CASES, OF_STEPS, OF_REPORTS, OF_CALLS)))


def test_each_figure_of_steps_is_of_kinds_that_it_names() -> None:
    """Steps of other kinds are not read for it."""
    of_steps = [one for one in FIGURES.values() if one.ledger in STEP_LEDGERS]
    assert all(OF_KINDS.keys() & part for one in of_steps for part in one.sides)
    query = Query(as_of=FILED, figures=("on_time_signing_rate",))
    cut = msgspec.structs.replace(query, by=("department",))
    told = [one.sql for ask in (query, cut) for one in sql(ask).statements]
    assert ["kind IN ('sign')" in text for text in told] == [True, False, True]


def test_every_rate_has_its_raw_twin_which_differs_only_by_exclusion() -> None:
    for name, figure in FIGURES.items():
        if figure.ledger is Ledger.CALLS:
            assert f"{name}_raw" not in FIGURES
        elif figure.unit is Unit.RATE and not name.endswith("_raw"):
            raw = FIGURES[f"{name}_raw"]
            assert figure.numerator == ("not_excluded", *raw.numerator)
            assert figure.denominator == ("not_excluded", *(raw.denominator or ()))


def test_what_is_answered_unasked_is_the_contracts_few() -> None:
    assert (
        *("report_count", "case_count", "closed_count", "backlog", "backlog_overdue"),
        "deadline_unknown",
        *("handling_rate", "handling_rate_raw", "completion_rate", "completion_rate_raw"),
        *("closure_rate", "closure_rate_raw"),
        *("on_time_closure_rate", "on_time_closure_rate_raw"),
        *("on_time_of_closed_rate", "on_time_of_closed_rate_raw"),
    ) == USUAL
    assert {name for names in FAMILIES.values() for name in names} == {*FIGURES}


def test_a_question_about_an_unknown_figure_or_field_says_which_there_are() -> None:
    with pytest.raises(ValueError, match="no such figure: closing_rate; one of report_count"):
        Query(as_of=AFTER, figures=("closing_rate",))
    with pytest.raises(ValueError, match="no such field: ward; one of place"):
        Query(as_of=AFTER, by=("ward",))
    with pytest.raises(ValueError, match="stands twice"):
        Query(as_of=AFTER, by=("area", "area"))


# --- the rules -----------------------------------------------------------------------------------


def test_t9_a_rate_over_nothing_is_null_and_shows_its_zero() -> None:
    """Peers print 0 % where nothing was due."""
    row = ask(span(deadline=AFTER + DAY))
    assert row.figures["closure_rate"] == Value(None, 0, 0)
    assert ask().figures["handling_rate"] == Value(None, 0, 0)


def test_t17_an_open_case_that_is_not_yet_due_is_neither_due_nor_on_time() -> None:
    """A peer counts every open ticket within its limit as on time."""
    row = ask(span("open", deadline=AFTER + DAY), closed("late", 11 * DAY))
    assert of(row, "on_time_closure_rate") == (0, 1)
    assert of(row, "closure_rate") == (1, 1)


def test_a_case_closed_early_is_due_by_its_closing() -> None:
    assert of(ask(closed("c", DAY), as_of=FILED + 2 * DAY), "closure_rate") == (1, 1)


def test_a_closing_at_the_very_deadline_is_on_time() -> None:
    assert of(ask(closed("c", 10 * DAY)), "on_time_closure_rate") == (1, 1)
    late = ask(closed("c", 10 * DAY + timedelta(microseconds=1)))
    assert of(late, "on_time_closure_rate") == (0, 1)


def test_a_case_is_overdue_only_after_its_deadline() -> None:
    assert ask(span(), as_of=FILED + 10 * DAY).figures["backlog_overdue"].value == 0
    assert ask(span(), as_of=PAST_DEADLINE).figures["backlog_overdue"].value == 1


def test_a_case_without_a_deadline_closes_on_time_but_not_by_a_deadline() -> None:
    row = ask(closed("c", 300 * DAY, deadline=None, deadline_kind="none"))
    assert of(row, "on_time_closure_rate") == (1, 1)
    assert of(row, "on_time_of_closed_rate") == (0, 0)


def test_an_unknown_deadline_leaves_both_sides_of_the_on_time_rates() -> None:
    unknown = {"deadline": None, "deadline_kind": "unknown"}
    row = ask(closed("c", DAY, **unknown), span("o", **unknown))
    assert of(row, "on_time_closure_rate") == (0, 0)
    assert of(row, "on_time_closure_rate_raw") == (0, 0)
    assert of(row, "on_time_of_closed_rate") == (0, 0)
    assert of(row, "closure_rate") == (1, 1)
    assert of(row, "completion_rate") == (1, 2)
    assert row.figures["deadline_unknown"].value == 2
    assert row.figures["backlog_overdue"].value == 0


def test_an_excluded_case_leaves_every_rate_and_stays_in_every_count() -> None:
    row = ask(closed("kept", DAY), closed("out", 11 * DAY, excluded=True))
    assert of(row, "on_time_closure_rate") == (1, 1)
    assert of(row, "on_time_closure_rate_raw") == (1, 2)
    assert of(row, "handling_rate") == (1, 1)
    assert of(row, "handling_rate_raw") == (2, 2)
    assert row.figures["case_count"].value == 2
    assert row.figures["closed_count"].value == 2


def test_a_void_case_leaves_every_case_figure_while_its_report_counts() -> None:
    row = ask(span(void=True, state="void"), reports=(report(),))
    assert row.figures["report_count"].value == 1
    assert row.figures["case_count"].value == 0
    assert of(row, "handling_rate_raw") == (0, 0)


def test_a_case_without_a_filing_is_not_filed() -> None:
    assert ask(span(filed_at=None)).figures["case_count"].value == 0


def test_closed_implies_handled_and_an_undone_handling_does_not_count() -> None:
    assert of(ask(closed("c", DAY, handled_at=None)), "handling_rate") == (1, 1)
    assert of(ask(span(state="handled", handled_at=FILED + DAY)), "handling_rate") == (1, 1)
    assert of(ask(span(state="signed", handled_at=None)), "handling_rate") == (0, 1)


def test_an_imported_closing_before_its_reporting_counts_as_closed_then() -> None:
    row = ask(closed("c", -DAY), as_of=FILED + DAY)
    assert row.figures["closed_count"].value == 1
    assert of(row, "on_time_closure_rate") == (1, 1)


def test_a_fact_counts_only_after_its_own_instant() -> None:
    before = compute([span()], [report()], Query(as_of=FILED))[0]
    assert before.figures["case_count"].value == 0
    assert before.figures["report_count"].value == 0
    just_after = compute([span()], [report()], Query(as_of=FILED + timedelta(microseconds=1)))[0]
    assert just_after.figures["case_count"].value == 1
    assert just_after.figures["report_count"].value == 1


def test_the_window_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    def filed(from_: datetime, to: datetime) -> int | float | None:
        query = Query(as_of=AFTER, from_=from_, to=to)
        row = compute([span()], [report()], query)[0]
        assert row.figures["case_count"] == row.figures["report_count"]
        return row.figures["case_count"].value

    assert filed(FILED, FILED + DAY) == 1
    assert filed(FILED - DAY, FILED) == 0


def test_known_at_shows_what_was_known_before_a_restatement() -> None:
    later = KNOWN + DAY
    first = span(known_to=later, revision=2)
    then = closed("p/a/1", DAY, known_from=later, revision=2)
    rows = [span(), first, then]

    def as_known(at: datetime) -> tuple[object, object]:
        figures = compute(rows, [], Query(as_of=AFTER, known_at=at))[0].figures
        return figures["case_count"].value, figures["closed_count"].value

    assert as_known(KNOWN) == (0, 0)
    assert as_known(later) == (1, 0)
    assert as_known(later + timedelta(microseconds=1)) == (1, 1)
    assert as_known(INFINITY) == (1, 1)


def test_a_restated_tickets_report_is_cut_as_it_was_known_too() -> None:
    """A newer export moves the ticket to another area; what was known before stays as it was."""
    later, id_ = KNOWN + DAY, "p/import-07/1"
    spans = [
        span(id_, known_to=later, revision=2, area="old"),
        span(id_, known_from=later, revision=2, area="new"),
    ]
    reports = [report(case_id=id_, area="new", revision=2)]
    for known_at, area in ((later, "old"), (later + DAY, "new"), (INFINITY, "new")):
        query = Query(as_of=AFTER, known_at=known_at, by=("area",))
        rows = compute(spans, reports, query)
        assert [row.by for row in rows] == [{}, {"area": area}]
        assert rows[1].figures["report_count"] == rows[1].figures["case_count"] == Value(1)


# --- cuts ----------------------------------------------------------------------------------------


def test_the_total_comes_first_then_each_combination_sorted_with_the_missing_last() -> None:
    cases = [span("1", area="b"), span("2", area=None), span("3", area="a"), span("4", area="b")]
    query = Query(as_of=AFTER, by=("area",), figures=("case_count",))
    rows = compute(cases, [], query)
    assert [(row.by, row.figures["case_count"].value) for row in rows] == [
        ({}, 4),
        ({"area": "a"}, 1),
        ({"area": "b"}, 2),
        ({"area": None}, 1),
    ]


def test_a_combination_that_only_reports_have_occurs_too() -> None:
    query = Query(as_of=AFTER, by=("area",))
    rows = compute([], [report(area="c")], query)
    assert [row.by for row in rows] == [{}, {"area": "c"}]
    assert rows[1].figures["report_count"].value == 1
    assert rows[1].figures["completion_rate"] == Value(None, 0, 0)


def test_a_void_case_makes_no_combination() -> None:
    rows = compute([span(void=True)], [], Query(as_of=AFTER, by=("department",)))
    assert [row.by for row in rows] == [{}]


def test_report_count_is_null_by_department_and_whole_in_the_total() -> None:
    rows = compute([span()], [report()], Query(as_of=AFTER, by=("department", "area")))
    assert [row.by for row in rows] == [{}, {"department": "d1", "area": "a"}]
    assert rows[0].figures["report_count"] == Value(1)
    assert rows[1].figures["report_count"] == Value(None)


@pytest.mark.parametrize(
    ("filed", "day", "week", "month"),
    [
        (datetime(2026, 2, 13, 16, tzinfo=UTC), "2026-02-14", "2026-W07", "2026-02"),
        (datetime(2026, 2, 13, 15, 59, 59, tzinfo=UTC), "2026-02-13", "2026-W07", "2026-02"),
        (datetime(2024, 12, 29, 16, tzinfo=UTC), "2024-12-30", "2025-W01", "2024-12"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "2027-01-01", "2026-W53", "2027-01"),
    ],
)
def test_days_weeks_and_months_are_those_of_the_places_zone(
    filed: datetime, day: str, week: str, month: str
) -> None:
    case = span(filed_at=filed, from_at=filed)
    query = Query(as_of=INFINITY, by=("day", "week", "month"))
    assert compute([case], [], query)[1].by == {"day": day, "week": week, "month": month}


def test_without_a_place_each_place_keeps_its_own_days_and_replays_stay_out() -> None:
    night = datetime(2026, 2, 13, 17, tzinfo=UTC)
    cases = [
        span(place, place=place, filed_at=night, from_at=night)
        for place in ("dongguan", "new-york", "dongguan~check")
    ]
    query = Query(
        as_of=AFTER,
        by=("place", "day"),
        figures=("case_count",),
        zones={"new-york": "America/New_York"},
    )
    assert [row.by for row in compute(cases, [], query)] == [
        {},
        {"place": "dongguan", "day": "2026-02-14"},
        {"place": "new-york", "day": "2026-02-13"},
    ]
    named = msgspec.structs.replace(query, place="dongguan~check")
    assert compute(cases, [], named)[0].figures["case_count"].value == 1


@pytest.mark.parametrize(
    ("day", "ten_days"),
    [(1, "T1"), (10, "T1"), (11, "T2"), (20, "T2"), (21, "T3"), (30, "T3"), (31, "T3")],
)
def test_a_month_has_three_times_ten_days(day: int, ten_days: str) -> None:
    """旬: the 1st to the 10th, the 11th to the 20th, and the rest."""
    filed = datetime(2026, 3, day, 12, tzinfo=UTC)
    query = Query(as_of=INFINITY, by=("ten-days",))
    rows = compute([span(filed_at=filed, from_at=filed)], [], query)
    assert rows[1].by == {"ten-days": f"2026-03-{ten_days}"}


# --- rows as they are written --------------------------------------------------------------------


@settings(suppress_health_check=SLOW)
@given(ledgers(), queries(), st.data())
def test_repeated_and_shuffled_rows_change_no_figure(
    rows: Book, query: Query, data: st.DataObject
) -> None:
    *others, calls = rows
    shuffled = (data.draw(st.permutations(each * 2)) for each in others)
    again = Book(*shuffled, [*calls, *calls])  # of a call the first stands
    assert counted(again, query) == counted(rows, query)


@settings(suppress_health_check=SLOW)
@given(ledgers(), queries())
def test_the_rows_of_a_cut_add_up_to_the_total(rows: Book, query: Query) -> None:
    total, *cut = counted(rows, query)
    uncut = counted(rows, msgspec.structs.replace(query, by=()))
    assert [total] == uncut
    for name, value in total.figures.items():
        if query.by and query.cuts(FIGURES[name].ledger) and FIGURES[name].unit is not Unit.SCORE:
            side = {Unit.COUNT: "value", Unit.RATE: "numerator", Unit.DURATION: "denominator"}
            sizes = [getattr(row.figures[name], side[FIGURES[name].unit]) or 0 for row in cut]
            assert sum(sizes) == getattr(value, side[FIGURES[name].unit]), name


@settings(suppress_health_check=SLOW)
@given(ledgers(), queries())
def test_every_rate_lies_between_nothing_and_all(rows: Book, query: Query) -> None:
    for row in counted(rows, query):
        for value in row.figures.values():
            if value.denominator is not None:
                assert (value.value is None) == (value.denominator == 0)
            if value.denominator is not None and value.numerator is not None:
                assert 0 <= value.numerator <= value.denominator


# --- the same as SQL -----------------------------------------------------------------------------


def test_no_value_of_a_question_stands_in_the_sql_itself() -> None:
    query = Query(
        as_of=AFTER,
        from_=FILED,
        to=AFTER,
        place="o'brien",
        by=("day", "ten-days", "place"),
        figures=tuple(FIGURES),
        zone="Asia/Shanghai",
        zones={"x'y": "America/New_York"},
    )
    for asked in (query, msgspec.structs.replace(query, place=None)):
        question = sql(asked)
        for text in (one.sql for one in question.statements):
            assert not {"o'brien", "x'y", "Shanghai", "2026"} & set(text.split("'"))
            assert "2026" not in text
            assert "York" not in text
            text % dict.fromkeys(question.params, "x")
