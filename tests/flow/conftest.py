"""One real broker for all tests of the flow that ask for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka_world import World

from infra.embedded.broker import running_broker


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the broker listens."""
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.address


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    """Topics of this test's own, and the workers that it starts; none outlives it."""
    with World(address, tmp_path) as world:
        yield world
