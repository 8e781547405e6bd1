"""The store on which the boards are timed can be filled; how fast they answer is not asked here."""

import pytest

from infra.embedded.engine import Engine
from streams.keep.migrations import migrate
from streams.wire.clickhouse import Warehouse
from tests.bench.boards import FRESH, OLDER, TABLES, fill

pytestmark = pytest.mark.engine


def test_a_store_of_so_many_cases_is_filled(engine: Engine) -> None:
    migrate(engine.address, "timed")
    warehouse = Warehouse(engine.address, "timed")
    fill(warehouse, 100)
    many = 100 + 5 * FRESH + OLDER
    for table, times in zip(TABLES, (None, 1, 1, 3, 4, 1, 1, 1), strict=True):
        ((rows,),) = warehouse.query(f"SELECT count() FROM {table} FINAL")
        assert rows == times * many if times else rows > many, table
    warehouse.close()
