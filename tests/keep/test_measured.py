"""The exporter's questions, on the memory's own tables: each place at its own now."""

from datetime import UTC, datetime

import pytest

from streams.show.exporter import Metrics
from streams.show.measured import measure_letters, measure_places
from tests.keep.warehouses import RealWarehouse

pytestmark = pytest.mark.engine

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = """
INSERT INTO cases (case_id, place, state, void, filed_at, department, marks, revision) VALUES
    ('a', 'here', 'dispatched', 0, '2026-02-20 12:00:00', 'urban', [], 1),
    ('b', 'here', 'dispatched', 0, '2026-03-02 11:00:00', 'water', ['calendar_missing:2027'], 1),
    ('c', 'here', 'closed', 0, '2026-02-01 12:00:00', 'parks', ['calendar_missing:2027'], 1),
    ('d', 'here', 'dispatched', 1, '2026-02-01 12:00:00', 'parks', ['calendar_missing:2027'], 1),
    ('e', 'there', 'dispatched', 0, '2026-03-01 12:00:00', NULL, [], 1)
;
INSERT INTO facts (fact_id, case_id, place, kind, occurred_at, revision, withdrawn, department)
VALUES
    ('1', 'a', 'here', 'dispatch_signed', '2026-02-28 12:00:00', 1, 0, 'urban'),
    ('2', 'a', 'here', 'case_handled', '2026-03-01 12:00:00', 1, 1, 'urban'),
    ('3', 'a', 'here', 'case_dispatched', '2026-03-02 11:00:00', 1, 0, 'urban'),
    ('4', 'b', 'here', 'dispatch_signed', '2026-02-01 12:00:00', 1, 0, 'water'),
    ('5', 'a', 'here', 'deadline_breached', '2026-03-02 11:30:00', 1, 0, 'urban'),
    ('6', 'a', 'here', 'deadline_breached', '2026-03-02 11:40:00', 1, 0, 'urban'),
    ('6', 'a', 'here', 'deadline_breached', '2026-03-02 11:40:00', 2, 1, 'urban'),
    ('7', 'a', 'here', 'deadline_breached', '2026-03-02 10:59:00', 1, 0, 'urban'),
    ('8', 'a', 'here', 'deadline_breached', '2026-03-02 12:00:00', 1, 0, 'urban')
;
INSERT INTO dead_letters (letter_id, reason, withdrawn) VALUES
    ('l1', 'malformed', 0), ('l2', 'malformed', 0), ('l2', 'malformed', 0),
    ('l3', 'report_missing', 1)
"""


def test_what_stands_is_measured_at_each_places_now(real: RealWarehouse) -> None:
    """A department is silent since its last act, or since its oldest open case was filed; what was
    withdrawn, closed or void is not counted."""
    for statement in ROWS.split(";"):
        real.execute(statement)
    metrics = Metrics()
    measure_letters(metrics, real)
    measure_places(metrics, real, {"here": NOW, "there": NOW})

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"gridloop_{name}", labels)

    assert value("dead_letters", reason="malformed") == 2
    assert value("dead_letters", reason="report_missing") is None
    assert value("breaches_recent", place="here") == 1
    assert value("breaches_recent", place="there") == 0
    assert value("calendar_missing_cases", place="here") == 1
    assert value("calendar_missing_cases", place="there") == 0
    assert value("department_silent_seconds", place="here", department="urban") == 2 * 86_400
    assert value("department_silent_seconds", place="here", department="water") == 3_600
    assert value("department_silent_seconds", place="here", department="parks") is None
