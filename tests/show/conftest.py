"""One engine for all tests of what is shown, and rows to put into it."""

from collections.abc import Iterator

import pytest

from infra.embedded.engine import running_engine
from streams.keep.migrations import migrate
from streams.wire.clickhouse import Warehouse


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The engine with its tables; each test fills them anew."""
    with running_engine(tmp_path_factory.mktemp("figures")) as engine:
        migrate(engine.address)
        warehouse = Warehouse(engine.address)
        yield warehouse
        warehouse.close()
