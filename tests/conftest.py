"""The running system that all journeys share; nothing of it is made before a test asks for it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from infra.embedded.engine import Engine, running_engine
from tests.journey.system import System

# How long an example takes is no finding: on a busy machine it would be one of chance.
settings.register_profile("gridloop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", settings.get_profile("gridloop"), max_examples=8_000)
settings.load_profile("gridloop")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Broker, engine, workers and sink, started by `gridloop up` in a home of their own."""
    with System(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One ClickHouse engine, shared by tests that each make a database of their own in it."""
    with running_engine(tmp_path_factory.mktemp("memory")) as engine:
        yield engine
