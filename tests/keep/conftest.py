"""The stores that the memory is tested on: one in memory, one a real engine."""

from collections.abc import Iterator
from itertools import count

import pytest

from infra.embedded.engine import Engine
from streams.keep.migrations import migrate
from tests.keep.warehouses import FakeWarehouse, RealWarehouse

_NUMBERS = count()


@pytest.fixture
def real(engine: Engine) -> Iterator[RealWarehouse]:
    """A migrated database of its own on the real engine."""
    database = f"memory_{next(_NUMBERS)}"
    migrate(engine.address, database)
    warehouse = RealWarehouse(engine.address, database)
    yield warehouse
    warehouse.execute(f"DROP DATABASE {database}")
    warehouse.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engine)])
def warehouse(request: pytest.FixtureRequest) -> FakeWarehouse | RealWarehouse:
    """One promise, two stores."""
    if request.param == "fake":
        return FakeWarehouse()
    found: RealWarehouse = request.getfixturevalue("real")
    return found
