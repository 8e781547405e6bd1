"""One engine and its clients."""

from collections.abc import Iterator

import pytest
from clickhouse_driver import Client

from infra.embedded.engine import Engine, running_engine
from tests.infra.engines import closing_client


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all tests in this folder; each test has tables of its own."""
    with running_engine(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    """A connection of its own."""
    with closing_client(engine) as opened:
        yield opened
