"""A million rows: memory stays flat, and a killed import goes on."""

from pathlib import Path

import pytest

from tests.journey.large_import import LargeImport, killed_and_resumed
from tests.journey.system import System

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7_200)]

ROWS = 1_000_000
MOST_GROWTH = 64 * 2**20
"""What publishing may hold, and then some; ten times the rows must not cost more."""


def test_a_million_rows_killed_and_resumed(tmp_path: Path) -> None:
    """Rows a second and memory at 10 % and at the end are printed (pytest -s shows them)."""
    large = LargeImport(tmp_path, "longford", ROWS)
    with System(tmp_path / "home") as system:
        first, second = killed_and_resumed(system, large)
    print(first, second, sep="\n")
    assert second.rss_peak <= first.rss_at_tenth + MOST_GROWTH
