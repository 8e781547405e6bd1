"""The boards, and a seeded day that their statements are run on."""

from collections.abc import Iterator

import pytest

from infra.embedded.engine import Engine
from streams.keep.migrations import migrate
from streams.wire.clickhouse import Warehouse
from tests.dashboards.seed import book, stored
from tests.figure_rows import Book

DATABASE = "boards"


@pytest.fixture(scope="session")
def rows() -> Book:
    """The seeded day, as rows of the ledgers."""
    return book()


@pytest.fixture(scope="session")
def store(engine: Engine, rows: Book) -> Iterator[Warehouse]:
    """The same in the tables of a real engine."""
    migrate(engine.address, DATABASE)
    warehouse = Warehouse(engine.address, DATABASE)
    stored(warehouse, rows)
    yield warehouse
    warehouse.close()
