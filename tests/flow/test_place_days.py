"""A simulated day of each place: its own loop and channels, and every figure counted by hand."""

from datetime import timedelta

import pytest

from streams.core.lifecycle import Flow
from streams.entry.places import shipped_places
from tests.flow.place_days import POISON, REPORTS, Day, day_of, figures_of
from tests.journey.recount import Rows, gaps, rows
from tests.journey.recount_day import lives_at, reports_of
from tests.journey.recount_published import published
from tests.journey.recount_rules import Rules

PLACES = [place for place in shipped_places() if place != "imported"]
CUTS = (None, "source", "department")


@pytest.fixture(scope="module", params=PLACES)
def day(request: pytest.FixtureRequest) -> Day:
    return day_of(request.param)


def test_every_figure_of_every_flow_equals_an_independent_recount(day: Day) -> None:
    """In total, by source and by department: at the day's end, and in the middle of it."""
    start, end = day.plan.day.start, day.plan.day.end
    found, rules = published(day.records, day.plan.place), Rules(day.plan.place)
    assert (found.sent, len(found.reports), found.refused) == (REPORTS + POISON, REPORTS, POISON)
    for at in (end, start + timedelta(hours=13)):
        lives = lives_at(found, rules, at)
        for flow in Flow:
            mine = [life for life in lives if life.flow == flow]
            for by in CUTS if mine else CUTS[:1]:
                cases, told = [life.case for life in mine], reports_of(mine)
                counted: Rows = rows(cases, told, at, by, (start, end))
                assert gaps(figures_of(day, flow, by, at), counted) == [], (flow, by)
