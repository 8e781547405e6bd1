"""A restatement is exact: what single cases changed is what the figures changed by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from streams.core.figures import Query
from streams.core.registry import FIGURES, PLAIN
from streams.core.restating import explained
from streams.core.results import Fact, FactKind
from streams.keep.tables import FACTS
from streams.show.restated import restated, restated_json
from streams.wire.clickhouse import Warehouse
from tests.figure_rows import (
    DAY,
    FILED,
    KNOWLEDGE,
    KNOWN,
    Book,
    closed,
    counted,
    ledgers,
    queries,
    report,
    span,
)
from tests.show.engine_rows import fill, keep

pytestmark = pytest.mark.engine

TOLD = tuple(name for name, figure in FIGURES.items() if explained(figure))
LATER = KNOWN + timedelta(hours=6)


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink here takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    ledgers(),
    queries(),
    st.lists(st.sampled_from(TOLD), unique=True, min_size=1, max_size=5),
    st.sampled_from(KNOWLEDGE),
)
def test_the_explanations_add_up_to_the_difference(
    warehouse: Warehouse, rows: Book, query: Query, figures: list[str], known: datetime
) -> None:
    """Of any counts and rates, in total and in each combination, beside the reference's answers."""
    fill(warehouse, *rows)
    late = datetime(2027, 1, 1, tzinfo=UTC)
    now = msgspec.structs.replace(query, figures=tuple(figures), known_at=late)
    then = msgspec.structs.replace(now, known_at=known)
    found = restated(warehouse, then, now)
    assert found.adds_up
    assert [pair.now for pair in found.rows if pair.now.by == pair.by] == counted(rows, now)


def fact(case_id: str, kind: FactKind, known: datetime, **more: Any) -> Fact:
    usual: dict[str, Any] = {"place": "p", "home": "p/a", "occurred_at": FILED, "revision": 1}
    told = usual | {"sender": "line", "input_id": f"{kind}-1"} | more
    return Fact(fact_id=f"{case_id}{kind}", case_id=case_id, kind=kind, ingested_at=known, **told)


def test_each_case_is_told_with_what_it_changed_and_why(warehouse: Warehouse) -> None:
    """One case was reported late; of another the closing came late; a third stands as it did."""
    late = {"known_from": LATER}
    was = span("p/a/2", known_to=LATER)
    spans = [span("p/a/1", **late), was, closed("p/a/2", DAY, **late), span("p/a/3")]
    fill(warehouse, spans, [report("t1", ingested_at=LATER)])
    warehouse.execute("TRUNCATE TABLE facts")
    facts = [
        fact("p/a/1", FactKind.REPORT_ACCEPTED, LATER),
        fact("p/a/2", FactKind.CASE_DISPATCHED, KNOWN),
        fact("p/a/2", FactKind.CASE_CLOSED, LATER),
        fact("p/a/2", FactKind.DEADLINE_BREACHED, LATER, withdrawn=True, input_id=""),
    ]
    keep(warehouse, FACTS, facts)
    figures = ("report_count", "case_count", "completion_rate")
    now = Query(as_of=FILED + 2 * DAY, place="p", figures=figures)
    said = restated_json(
        restated(warehouse, msgspec.structs.replace(now, known_at=KNOWN + DAY / 24), now)
    )
    (total,) = said["rows"]
    assert total["difference"] == {
        "report_count": {"value": 1},
        "case_count": {"value": 1},
        "completion_rate": {"numerator": 1, "denominator": 1},
    }
    told = {
        one["case_id"]: (
            [move["figures"] for move in one["moves"]],
            [(why["kind"], why["input_id"]) for why in one["because"]],
        )
        for one in said["cases"]
    }
    assert set(told) == {"p/a/1", "p/a/2"}
    assert told["p/a/2"] == (
        [{"completion_rate": {"numerator": 1, "denominator": 0}}],
        [("case_closed", "case_closed-1")],
    )
    assert told["p/a/1"][1] == [("report_accepted", "report_accepted-1")]


def test_a_cut_that_reports_do_not_have_adds_up_too(warehouse: Warehouse) -> None:
    """A rate of reports by department is told of no department, and moves in none."""
    fill(warehouse, [span("p/a/1"), closed("p/a/2", DAY, known_from=LATER)], [])
    now = Query(
        as_of=FILED + 2 * DAY,
        place="p",
        by=("department",),
        figures=("valid_report_rate", "completion_rate"),
    )
    found = restated(warehouse, msgspec.structs.replace(now, known_at=LATER), now)
    assert found.adds_up
    assert [pair.by for pair in found.rows] == [{}, {"department": "d1"}]
    assert found.rows[1].now.figures["valid_report_rate"].denominator is None


def test_where_nothing_came_since_nothing_moved(warehouse: Warehouse) -> None:
    fill(warehouse, [span("p/a/1"), closed("p/a/2", DAY)], [])
    now = Query(as_of=FILED + 2 * DAY, place="p", figures=PLAIN)
    found = restated(warehouse, msgspec.structs.replace(now, known_at=LATER), now)
    assert (found.moves, found.because) == ([], {})
