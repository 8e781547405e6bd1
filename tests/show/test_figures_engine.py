"""The warehouse's figures are the reference's: the same questions asked of both, on the engine."""

from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from streams.core.accepted import Tick
from streams.core.events import INFINITY
from streams.core.figures import Query, compute
from streams.core.figures_sql import sql
from streams.core.panels_sql import values_sql
from streams.core.registry import FIGURES, Ledger, Unit
from streams.keep.tables import CASE_SPANS, CASE_STEPS, CLOCKS, REPORTS
from streams.show.apart import cases_apart
from streams.show.figures import ask, latest_tick, place_now
from streams.show.verify import Verdict, verify
from streams.wire.clickhouse import Warehouse
from tests.figure_rows import (
    DAY,
    FILED,
    ZONES,
    Book,
    call,
    closed,
    counted,
    ledgers,
    queries,
    report,
    span,
    step,
)
from tests.show.engine_rows import fill, keep, keep_calls

pytestmark = pytest.mark.engine


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink here takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
@given(ledgers(), st.lists(queries(), min_size=2, max_size=2))
def test_the_warehouse_answers_every_question_as_the_reference_does(
    warehouse: Warehouse, rows: Book, asked: list[Query]
) -> None:
    fill(warehouse, *rows)
    everything = Query(as_of=datetime(2031, 1, 1, tzinfo=UTC), figures=tuple(FIGURES))
    for query in (*asked, everything):
        assert ask(warehouse, query) == counted(rows, query)


@settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(ledgers(), queries())
def test_rows_inserted_again_change_no_figure(
    warehouse: Warehouse, rows: Book, query: Query
) -> None:
    """A sink that crashed between insert and commit inserts once more (T21)."""
    fill(warehouse, *rows)
    before = ask(warehouse, query)
    keep(warehouse, CASE_SPANS, rows[0][::-1])
    keep(warehouse, REPORTS, rows[1])
    keep(warehouse, CASE_STEPS, rows[2][::-1])
    keep_calls(warehouse, rows.calls)
    assert ask(warehouse, query) == before


def test_days_weeks_and_months_are_the_same_on_both_sides_for_a_century(
    warehouse: Warehouse,
) -> None:
    """At every year's turn, in each zone, by the engine's calendar and by Python's."""
    turns = [datetime(year, 1, 1, tzinfo=UTC) for year in range(1970, 2071)]
    cases = [
        span(f"{place}-{n}", place=place, filed_at=at, from_at=at, deadline=None)
        for place in ZONES
        for n, at in enumerate(turns)
    ]
    fill(warehouse, cases, [])
    by = ("place", "day", "week", "ten-days", "month")
    query = Query(as_of=INFINITY, by=by, figures=("case_count",), zones=ZONES)
    assert ask(warehouse, query) == compute(cases, [], query)


def test_a_code_may_hold_any_sign(warehouse: Warehouse) -> None:
    odd = ("o'brien", "a%b", 'a"b', "a\\b", "镇·街", "a%(place)s")
    cases = [span(code, place=code, area=code) for code in odd]
    fill(warehouse, cases, [report(code, place=code, area=code) for code in odd])
    for code in odd:
        zones = dict.fromkeys(odd, "America/New_York")
        for place in (code, None):
            query = Query(as_of=FILED + DAY, place=place, by=("area", "day"), zones=zones)
            rows = ask(warehouse, query)
            assert [row.by["area"] for row in rows[1:]] == sorted(odd if place is None else [code])


def test_a_panels_expression_gives_the_registrys_figure(warehouse: Warehouse) -> None:
    """What a dashboard shows by one expression is what `rates` says."""
    cases = [closed("1", DAY), closed("2", 11 * DAY), closed("3", DAY, excluded=True), span("4")]
    cases.append(span("5", flow="risk"))
    fill(warehouse, cases, [])
    query = Query(as_of=FILED + 30 * DAY, figures=tuple(FIGURES))
    total = compute(cases, [], query)[0]
    for name, figure in FIGURES.items():
        if figure.ledger is Ledger.CASES and figure.unit is not Unit.SCORE:
            alone = msgspec.structs.replace(query, figures=(name,))
            text = values_sql(alone, Ledger.CASES)
            ((value,),) = warehouse.query(text, sql(alone).params)
            assert value == pytest.approx(total.figures[name].value), name


def test_the_stored_rows_verify_and_a_changed_one_is_told(warehouse: Warehouse) -> None:
    cases = [closed(str(n), n * DAY, department=f"d{n % 3}") for n in range(20)]
    reports = [report(str(n)) for n in range(20)]
    steps = [step(case_id="3", n=n, due=FILED + DAY, done=FILED + n * DAY) for n in range(3)]
    calls = [call("1"), call("2", answered_at=None)]
    fill(warehouse, cases, reports, steps, calls)
    query = Query(as_of=FILED + 30 * DAY, figures=tuple(FIGURES))

    def told() -> Verdict:
        whose = partial(cases_apart, warehouse)
        replay = (cases, reports, steps, calls)
        return verify(lambda: replay, lambda asked: ask(warehouse, asked), query, whose)

    verdict = told()
    assert (verdict.holds, verdict.cases, verdict.apart) == (True, 20, [])
    keep(warehouse, CASE_SPANS, [msgspec.structs.replace(cases[5], department="d9", revision=2)])
    verdict = told()
    assert not verdict.holds
    by_department = {gap.by["department"] for gap in verdict.differences if "department" in gap.by}
    assert by_department == {"d2", "d9"}
    assert verdict.apart == [cases[5].case_id]
    keep(warehouse, REPORTS, [msgspec.structs.replace(reports[7], source="citizen", revision=2)])
    assert told().apart == sorted([cases[5].case_id, reports[7].case_id])
    keep(warehouse, CASE_STEPS, [msgspec.structs.replace(steps[1], done=None, revision=2)])
    assert told().apart == sorted({cases[5].case_id, reports[7].case_id, steps[1].case_id})
    keep_calls(warehouse, [call("3")], 2)
    calls_differ = [gap for gap in told().differences if gap.figure == "connection_rate"]
    assert next(gap.by for gap in calls_differ if gap.flow == "case") == {}


def test_now_is_the_places_latest_tick_and_the_wall_clock_where_none_runs(
    warehouse: Warehouse,
) -> None:
    wall = FILED + 99 * DAY
    ticks = [Tick("p", FILED), Tick("p", FILED + DAY), Tick("q", FILED + 2 * DAY)]
    arrived = [(0, "test", 0, n) for n in range(len(ticks))]
    warehouse.insert_columns(CLOCKS.name, CLOCKS.names, CLOCKS.turned(ticks, arrived))
    assert latest_tick(warehouse, "p") == FILED + DAY
    assert latest_tick(warehouse, "r") is None
    assert place_now(warehouse, "p", wall) == FILED + DAY
    assert place_now(warehouse, "r", wall) == wall
    assert place_now(warehouse, None, wall) == wall
