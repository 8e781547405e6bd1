"""What waits for a person to confirm it: asked of the real engine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from infra.embedded.engine import running_engine
from streams.core.results import Fact, FactKind
from streams.keep.migrations import migrate
from streams.keep.tables import CASES, FACTS
from streams.show.unconfirmed import waiting, waiting_table
from streams.wire.clickhouse import Warehouse
from tests.keep.records import case
from tests.show.engine_rows import keep

pytestmark = pytest.mark.engine

AT = datetime(2025, 6, 2, 4, tzinfo=UTC)


def held(case: str, minutes: int, why: str, *, withdrawn: bool = False) -> Fact:
    at = AT + timedelta(minutes=minutes)
    return Fact(
        fact_id=f"{case}-{minutes}",
        case_id=case,
        place="here",
        home="here/a1",
        kind=FactKind.FINDING_HELD,
        occurred_at=at,
        ingested_at=at,
        revision=1,
        withdrawn=withdrawn,
        detail={"why": ["待人工确认", why]},
    )


def test_what_waits_is_listed_with_the_reasons_of_its_last_finding(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        migrate(engine.address)
        store = Warehouse(engine.address)
        record = msgspec.structs.replace(case(2, 1).snapshot, place="here")
        marked = {"c1": ["unconfirmed"], "c2": ["planned_work:W1", "unconfirmed"], "c3": []}
        rows = [msgspec.structs.replace(record, case_id=id_, marks=m) for id_, m in marked.items()]
        keep(store, CASES, rows)
        facts = [held("c1", 5, "第1/5次"), held("c1", 9, "第2/5次"), held("c2", 1, "施工")]
        keep(store, FACTS, [*facts, held("c3", 0, "过"), held("c2", 3, "错", withdrawn=True)])
        found = waiting(store, "here")
    assert [(row["case"], row["why"][1]) for row in found] == [("c2", "施工"), ("c1", "第2/5次")]
    assert found[1]["since"] == (AT + timedelta(minutes=5)).isoformat()
    assert waiting_table(found).row_count == 2
