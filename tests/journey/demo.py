"""What a demo left behind, beside a recount of what it published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from streams.core.lifecycle import Flow
from streams.core.topics import ACTS, CALLS, REPORTS, ROUNDS
from streams.wire.kafka import read_all
from tests.journey.recount import FIGURES, Rows, answered, gaps, rows
from tests.journey.recount_day import Life, calls_of, lives_at, reports_of
from tests.journey.recount_nouns import Call
from tests.journey.recount_published import Published, published
from tests.journey.recount_rules import Rules
from tests.journey.system import System

PLACE = "dongguan"
Ends = dict[str, dict[int, int]]
ALL_FIGURES = ("--figure", ",".join(FIGURES))
CUTS = (None, "source", "department")
LEVEL = "street"
TABLES = ("reports", "cases", "case_spans", "case_steps", "facts")


@dataclass(frozen=True)
class Day:
    """One simulated day as a demo told it."""

    said: dict[str, Any]

    @property
    def end(self) -> datetime:
        """The instant of its figures."""
        return datetime.fromisoformat(self.said["as_of"])

    @property
    def start(self) -> datetime:
        """Its first instant; the place has no summer time."""
        return self.end - timedelta(days=1)

    @property
    def place(self) -> str:
        """Whose day it is."""
        return str(self.said["place"])

    def asked(
        self, at: datetime, by: str | None, flow: Flow = Flow.CASE, level: str | None = None
    ) -> tuple[str, ...]:
        """The options of `rates` for what is of a flow on this day, at an instant."""
        within = ("--from", self.start.isoformat(), "--to", self.end.isoformat())
        cut = (*(("--by", by) if by else ()), *(("--level", level) if level else ()))
        whose = ("--place", self.place, "--flow", flow.value, "--as-of", at.isoformat())
        return (*whose, *within, *cut, *ALL_FIGURES)


def play(system: System, *words: str, patience: float = 240.0) -> Day:
    """Run a demo to its end."""
    return Day(system.json("demo", "--until-done", "--json", *words, patience=patience))


def figures_of(
    system: System,
    day: Day,
    by: str | None = None,
    at: datetime | None = None,
    flow: Flow = Flow.CASE,
    *,
    level: str | None = None,
) -> Rows:
    """What `rates` answers about the day."""
    return answered(system.rates(*day.asked(at or day.end, by, flow, level)))


def ends(system: System) -> Ends:
    """How far the source topics of reports, acts and rounds reach now."""
    return {topic.name: system.ends(topic) for topic in (*REPORTS, ACTS, ROUNDS, CALLS)}


def read_back(system: System, since: Ends | None = None, place: str = PLACE) -> Published:
    """The place's reports and acts as they stand on the source topics, or those `since` then."""
    kafka, starts = system.joined.where.kafka, since or {}
    names = [topic.name for topic in (*REPORTS, ACTS, ROUNDS, CALLS)]
    records = (one for name in names for one in read_all(kafka, name, starts=starts.get(name)))
    return published(records, place)


def recounted(
    found: Published, day: Day, by: str | None = None, at: datetime | None = None
) -> Rows:
    """The same figures of its cases, counted by hand from what was published."""
    as_of, rules = at or day.end, Rules(day.place)
    lives, calls = lives_at(found, rules, as_of), calls_of(found, rules)
    return counted(lives, (day.start, day.end), by, as_of, calls=calls)


def counted(
    lives: Iterable[Life],
    within: tuple[datetime, datetime],
    by: str | None,
    as_of: datetime,
    flow: Flow = Flow.CASE,
    *,
    level: str | None = None,
    calls: Iterable[Call] = (),
) -> Rows:
    """The figures of what is of a flow among these; calls are of none."""
    mine = [life for life in lives if life.flow == flow]
    cases, reports = [life.case for life in mine], reports_of(mine)
    return rows(cases, reports, as_of, by, within, level=level, calls=calls)


def assert_recounted(
    system: System, found: Published, day: Day, folder: Path | None = None
) -> None:
    """Total, by source and by department, are of each flow what a recount of the published records
    gives; cases also on a level of the area tree that every place has."""
    rules, within = Rules(day.place, folder), (day.start, day.end)
    lives, calls = lives_at(found, rules, day.end), calls_of(found, rules)
    for flow in sorted({life.flow for life in lives}):
        for by in CUTS:
            told = figures_of(system, day, by, flow=Flow(flow))
            by_hand = counted(lives, within, by, day.end, Flow(flow), calls=calls)
            missed = gaps(told, by_hand)
            assert not missed, (flow, missed)
    told = figures_of(system, day, "area", level=LEVEL)
    assert not gaps(told, counted(lives, within, "area", day.end, level=LEVEL, calls=calls))


def stored(system: System) -> dict[str, int]:
    """How many distinct rows each table of what happened holds."""
    counts = {name: system.ask(f"SELECT count() FROM {name} FINAL") for name in TABLES}
    return {name: int(found[0][0]) for name, found in counts.items()}
