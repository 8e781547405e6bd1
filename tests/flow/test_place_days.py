"""A simulated day of each place: its own loop and channels, and every figure counted by hand."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from streams.core.events import UNASKED, Round
from streams.core.lifecycle import FLOW_OF, Flow
from streams.core.placetogether import levels_of
from streams.core.refusal import Refused
from streams.core.results import FactKind
from streams.core.roundfigures import RoundQuery, overview
from streams.core.topics import INTAKE
from streams.demoplan import documents_of, plan
from streams.entry.dayfile import read_day
from streams.entry.places import shipped_places
from streams.entry.simulate_rounds import simulate_rounds
from streams.entry.simulate_shares import USUAL
from tests.flow.memory_chain import chain, sent
from tests.flow.place_days import POISON, REPORTS, SEED, Day, day_of, day_records, figures_of
from tests.journey.demo import CUTS, counted
from tests.journey.recount import gaps
from tests.journey.recount_day import calls_of, lives_at
from tests.journey.recount_nouns import PROVENANCE
from tests.journey.recount_published import published
from tests.journey.recount_rules import Rules

SIXTH = "luting"
FOLDERS: dict[str, Path | None] = {
    **{place: None for place in shipped_places() if place != "imported"},
    SIXTH: Path(__file__).parents[2] / "docs" / "examples" / SIXTH,
}
"""The five places, and a sixth that is nothing but a folder."""


@pytest.fixture(scope="module", params=FOLDERS)
def day(request: pytest.FixtureRequest) -> Day:
    return day_of(request.param, FOLDERS[request.param])


def test_every_figure_of_every_flow_equals_an_independent_recount(day: Day) -> None:
    """In total, by source and by department: at the day's end, and in the middle of it."""
    start, end = day.plan.day.start, day.plan.day.end
    found, rules = (
        published(day.records, day.plan.place),
        Rules(day.plan.place, FOLDERS[day.plan.place]),
    )
    assert (found.sent, len(found.reports), found.refused) == (REPORTS + POISON, REPORTS, POISON)
    for at in (end, start + timedelta(hours=13)):
        lives, calls = lives_at(found, rules, at), calls_of(found, rules)
        there = {life.flow for life in lives}
        for flow in Flow:
            for by in CUTS if flow in there else CUTS[:1]:
                by_hand = counted(lives, (start, end), by, at, flow, calls=calls)
                assert gaps(figures_of(day, flow, by, at), by_hand) == [], (flow, by)


def test_who_reported_and_how_is_told_apart_as_a_recount_tells_it(day: Day) -> None:
    """Of cases, of their steps and of reports."""
    start, end = day.plan.day.start, day.plan.day.end
    rules = Rules(day.plan.place, FOLDERS[day.plan.place])
    found = published(day.records, rules.place)
    lives, calls = lives_at(found, rules, end), calls_of(found, rules)
    for by in PROVENANCE:
        by_hand = counted(lives, (start, end), by, end, calls=calls)
        assert gaps(figures_of(day, Flow.CASE, by, end), by_hand) == [], by


def test_figures_of_every_level_equal_an_independent_recount(day: Day) -> None:
    """From the root of the place's tree down to its grids or buildings."""
    within, place = day.plan.day, day.plan.place
    found, rules = published(day.records, place), Rules(place, FOLDERS[place])
    lives, calls = lives_at(found, rules, within.end), calls_of(found, rules)
    for level in levels_of(day.plan.rules):
        span = (within.start, within.end)
        by_hand = counted(lives, span, "area", within.end, level=level, calls=calls)
        assert gaps(figures_of(day, Flow.CASE, "area", level=level), by_hand) == [], level
        assert {code for _, code in sum(by_hand, ())} - {None}, level


def test_a_place_is_told_through_its_own_channels_and_its_cases_go_its_own_ways(day: Day) -> None:
    """Most cases are closed by the evening, and hardly an act is one that they could not take."""
    rules, channels = day.plan.rules, day.plan.body.channels
    assert {row.source for row in day.reports} == {one.source for one in channels}
    ways = {FLOW_OF[name] for name in (rules.lifecycle, *rules.lifecycles.values())}
    assert {row.flow for row in day.reports} == ways
    told = figures_of(day, Flow.CASE)[()]
    assert told["closed_count"]["value"] > 0.5 * told["case_count"]["value"]
    facts = [fact for fact in day.facts if not fact.withdrawn]
    refused = [fact for fact in facts if fact.kind is FactKind.ACT_REFUSED]
    assert len(refused) < 0.02 * len(facts), refused


def test_the_same_seed_simulates_the_same_day_and_another_one_another(day: Day) -> None:
    assert day_records(day.plan) == day.records
    other = msgspec.structs.replace(day.plan, seed=SEED + 365)
    ours, theirs = (
        {(r.headers, r.value) for r in one} for one in (day.records, day_records(other))
    )
    assert not ours & theirs


def test_a_place_that_says_nothing_of_its_channels_has_the_usual_ones() -> None:
    assert plan("dongguan", 1, 1, 0, None).body is USUAL


def test_uses_of_a_handheld_and_declarations_open_no_case_and_enter_no_rate() -> None:
    """Four scenes of Jianghai's terminal, and voluntary declarations: kept as rounds, and that is
    all; nobody has missed one that was not made."""
    p = plan("jianghai", SEED, 1, 0, None)
    made = [
        msgspec.json.decode(one.value, type=Round)
        for one in simulate_rounds(p.book, p.place, p.seed, p.body)
    ]
    unasked = [one for one in made if one.kind in UNASKED]
    assert Counter(one.scene for one in unasked) == {u.scene: u.count for u in p.body.unasked}
    asked = [one for one in made if one not in unasked]
    query = RoundQuery(place=p.place, zone=p.rules.zone, since=p.day.start, as_of=p.day.end)
    assert overview(p.book, made, query).rows == overview(p.book, asked, query).rows
    assert overview(p.book, made, query).missed == overview(p.book, asked, query).missed
    outs, _ = chain(
        sent(simulate_rounds(p.book, p.place, p.seed, p.body)), documents=documents_of(p.place)
    )
    assert {out.topic for out in outs} == {INTAKE.name}


def test_a_mistake_in_a_day_file_is_named(tmp_path: Path) -> None:
    rules = plan("erqi", 1, 1, 0, None).rules
    assert read_day(tmp_path, rules) is None
    (tmp_path / "demo").mkdir()
    for channel, said in (
        ("{source: pigeon, weight: 1}", "Invalid enum value 'pigeon'"),
        ("{source: hotline, weight: 0}", "weight"),
        ("{source: gridworker, by: postman, weight: 1}", "no kind of reporter: 'postman'"),
        ("{source: citizen, by: '13800138000', weight: 1}", "no port or line: '13800138000'"),
        ("{source: patrol, by: cam-1, weight: 1}", "a camera's finding"),
        ("{source: citizen, weight: 1, matters: [dragons]}", "no such matter or category"),
    ):
        (tmp_path / "demo" / "day.yaml").write_text(f"channels: [{channel}]", "utf-8")
        with pytest.raises(Refused, match=r"day\.yaml.*") as refused:
            read_day(tmp_path, rules)
        assert said in str(refused.value)
