"""The large demo: nothing is lost, figures equal a recount, memory stays within bounds."""

import pytest

from tests.soak.large_day import POISON, REPORTS, Quiet

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_600)]

MOST_BYTES = 2_500_000_000


def test_a_large_day_is_stored_or_refused_and_verified(quiet: Quiet) -> None:
    """Its figures were recounted by source and department when it ran; see the fixture."""
    said = quiet.day.said
    print({name: said[name] for name in ("seconds", "reports_per_second", "peak_rss_bytes")})
    assert said["reports_sent"] == said["reports_stored"] + said["dead_letters"]
    assert (said["reports_stored"], said["dead_letters"]) == (REPORTS, POISON)
    assert quiet.verdict["differences"] == []
    assert 0 < said["cases"] <= quiet.verdict["cases"] < REPORTS  # reports of one problem share one
    assert said["peak_rss_bytes"] <= MOST_BYTES
