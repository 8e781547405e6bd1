"""The undisturbed day, run once for all soak tests that compare with it."""

import pytest

from tests.soak.large_day import Quiet, undisturbed


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    """What a large day comes to when nobody disturbs it."""
    return undisturbed(tmp_path_factory.mktemp("quiet"))
