"""Ten thousand random and mutated records through the real topics."""

from pathlib import Path

import pytest

from tests.journey.harbour import founding
from tests.journey.judgement import judge, write
from tests.journey.mutants import mutants
from tests.journey.system import System

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_600)]

RECORDS, PLACE = 10_000, "mire"


def test_ten_thousand_poisoned_records_are_stored_or_listed(tmp_path: Path) -> None:
    """No process falls; each dead letter has its reason, its origin and its original bytes."""
    with System(tmp_path / "home") as system:
        system.publish(founding(PLACE))
        judged = judge(system, write(system, mutants(RECORDS, seed=2026, place=PLACE)))
        print(dict(judged.refused), dict(judged.stored))
        assert judged.refused.total() + judged.stored.total() == RECORDS
        assert not any(system.restarts().values()), system.logs()
