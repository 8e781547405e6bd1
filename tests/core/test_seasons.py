"""季节作息: hours that change within the year, and deadlines that run over the change."""

import pytest

from streams.core.calendar import BadCalendar, parse_calendar
from tests.core.office import DOCUMENT, due

SUMMER = {
    "from": "06-01",
    "to": "09-30",
    "hours": {"workday": [["08:00", "12:00"], ["15:00", "18:00"]]},
}
SEASONAL = parse_calendar(DOCUMENT | {"seasons": [SUMMER]})


@pytest.mark.parametrize(
    ("start", "limit", "answer"),
    [
        # Friday 29 May 2026 closes at 17:30; Monday 1 June opens at 08:00
        ("2026-05-29T16:30", "2 working hours", "2026-06-01T09:00:00"),
        ("2026-05-29T17:00", "5 working hours", "2026-06-01T15:30:00"),
        ("2026-05-29T14:30", "1 working day", "2026-06-01T12:00:00"),
        ("2026-05-29T16:30", "1 working day", "2026-06-01T16:30:00"),
        # Wednesday 30 September closes at 18:00; after the holiday 8 October opens at 08:30
        ("2026-09-30T17:00", "2 working hours", "2026-10-08T09:30:00"),
        # the make-up Sunday 20 September has summer hours too
        ("2026-09-19T12:00", "4 working hours", "2026-09-20T12:00:00"),
    ],
)
def test_a_limit_runs_over_the_change_of_hours(start: str, limit: str, answer: str) -> None:
    """Counted by hand from both sets of hours."""
    assert due(start, limit, SEASONAL) == answer


@pytest.mark.parametrize(
    "seasons",
    [
        [SUMMER | {"from": "06-31"}],
        [SUMMER | {"from": "10-01"}],
        [SUMMER, SUMMER | {"from": "09-30", "to": "10-31"}],
        [SUMMER | {"hours": {"workday": []}}],
        [SUMMER | {"until": "09-30"}],
    ],
)
def test_a_season_that_cannot_be_is_refused(seasons: list[object]) -> None:
    """No such day, backwards, overlapping, empty, or with a word that nobody knows."""
    with pytest.raises(BadCalendar):
        parse_calendar(DOCUMENT | {"seasons": seasons})
