"""All five places' published figures, at their full numbers."""

from pathlib import Path
from time import monotonic

import pytest

from tests.journey.system import System

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7_200)]

LEAST = {"erqi": 6, "siming": 8, "daguan": 12, "jianghai": 10, "dongguan": 12}


def test_everything_that_can_be_reproduced_comes_out(tmp_path: Path) -> None:
    """Seconds for each place are printed (pytest -s shows them)."""
    with System(tmp_path / "home") as system:
        for place, least in LEAST.items():
            began = monotonic()
            told = system.json("place", "check", place, "--json", patience=3_600)
            print(f"{place}: {len(told['checks'])} checks, {monotonic() - began:.0f} s")
            assert len(told["checks"]) >= least
            assert [one["id"] for one in told["checks"] if not one["holds"]] == [], place
