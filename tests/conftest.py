"""The running system that all journeys share; nothing of it is made before a test asks for it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.journey.system import System

settings.register_profile("soak", max_examples=8_000, deadline=None)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Broker, engine, workers and sink, started by `gridloop up` in a home of their own."""
    with System(tmp_path_factory.mktemp("home")) as running:
        yield running
