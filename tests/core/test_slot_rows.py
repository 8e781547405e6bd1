"""Slots as rows: at every (A, K) they say what `overview` says of the rounds known by then."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.events import INFINITY, RoundKind
from streams.core.figuredef import Ledger
from streams.core.ledgers_sql import Only, source
from streams.core.query import Query
from streams.core.roundfigures import RoundQuery, overview
from streams.core.slotfigures import BY_CAMERA, SLOT_FIGURES
from streams.core.slotrows import ALWAYS, SlotRow, planned, rows
from streams.core.slots import slots
from streams.core.slots_sql import slots_sql
from streams.core.touching import touched
from tests.core.round_inputs import book, local, made, schedule
from tests.core.slot_inputs import BEGUN, INSTANTS, ROUNDS, Made, by_slot, changing, held, stored

RULES = changing()
END = BEGUN + timedelta(days=6)
MINUTE_US = 60_000_000


def parts(found: list[SlotRow]) -> dict[str, tuple[int, int]]:
    """Numerators and denominators, summed by hand."""
    plain = [one for one in found if one.kind != RoundKind.DUTY]
    told: dict[str, tuple[int, int]] = {}
    for kind, name in (
        (None, "coverage"),
        (RoundKind.PATROL, "patrol_coverage_area"),
        (RoundKind.VIDEO, "video_patrol_coverage"),
    ):
        mine = [one for one in plain if kind in (None, one.kind)]
        told[name] = (sum(one.visits > 0 for one in mine), len(mine))
    for kind, name in ((None, "frequency_rate"), (RoundKind.PATROL, "patrol_frequency_rate")):
        mine = [one for one in plain if kind in (None, one.kind)]
        times = sum(min(one.visits, one.asked) for one in mine)
        told[name] = (times, sum(one.asked for one in mine))
    cameras = [one for one in plain if one.of_camera]
    seen = {one.subject for one in cameras if one.visits}
    told["connected_rate"] = (len(seen), len({one.subject for one in cameras}))
    duty = [one for one in found if one.kind == RoundKind.DUTY]
    asked, empty = sum(one.planned_us for one in duty), sum(one.uncovered_us for one in duty)
    told["on_duty_rate"] = ((asked - empty) // MINUTE_US, asked // MINUTE_US)
    return told


@given(ROUNDS, INSTANTS, INSTANTS, st.integers(0, 48))
def test_rows_summed_are_the_figures_at_any_two_instants(
    known: list[Made], as_of: datetime, known_at: datetime, hours: int
) -> None:
    since = BEGUN + timedelta(hours=hours)
    for k in (known_at, INFINITY):
        query = RoundQuery(
            place="here", zone="Asia/Shanghai", since=since, as_of=as_of, by=("month",)
        )
        told = overview(RULES, [one for one, at in known if at < k], query)
        mine = held(stored(RULES, known, END), since, as_of, k)
        assert sum(row.expected for row in told.rows) == len(mine)
        for row in told.rows:
            assert {
                name: (value.numerator, value.denominator) for name, value in row.figures.items()
            } == parts(mine)
        assert SLOT_FIGURES.keys() == parts(mine).keys()


@settings(max_examples=30)
@given(ROUNDS)
def test_what_is_known_of_a_slot_has_no_gap_and_never_says_the_same_twice(
    known: list[Made],
) -> None:
    for chain in by_slot(stored(RULES, known, END)).values():
        assert (chain[0].known_from, chain[-1].known_to) == (ALWAYS, INFINITY)
        assert [one.known_to for one in chain[:-1]] == [one.known_from for one in chain[1:]]
        said = [(one.visits, one.uncovered_us) for one in chain]
        assert all(one != other for one, other in pairwise(said))
        assert len(chain) <= 1 + len(known)


@settings(max_examples=40)
@given(ROUNDS.filter(bool))
def test_a_round_changes_no_slot_but_those_that_it_touches(known: list[Made]) -> None:
    before, after = (by_slot(stored(RULES, some, END)) for some in (known[1:], known))
    changed = {key for key in after if after[key] != before[key]}
    (one, _), *_ = known
    mine = {
        (slot.schedule.id, slot.subject.code, slot.subject.scene or "", slot.window.start)
        for slot, _ in touched(RULES, one)
    }
    assert changed <= mine


def test_slots_are_the_same_in_one_go_and_day_by_day() -> None:
    whole = list(slots(RULES, "here", BEGUN, END))
    by_day = [
        slot
        for n in range(6 * 4)
        for slot in planned(
            *(RULES, "here", BEGUN + n * timedelta(hours=6), BEGUN + (n + 1) * timedelta(hours=6))
        )
    ]
    assert {*by_day} == {*whole}
    assert len(by_day) == len(whole)


def test_a_year_without_a_calendar_hides_only_that_schedules_days() -> None:
    rules = book(schedule(id="W", working_days=True), schedule(id="S"))
    found = list(planned(rules, "here", local("12-30"), local("12-30") + timedelta(days=4)))
    asked = [(slot.schedule.id, slot.window.start.year) for slot in found]
    assert {id for id, _ in asked} == {"W", "S"}
    assert sum(id == "S" for id, _ in asked) == 4 * 3
    assert sum(id == "W" for id, _ in asked) == 2 * 3


def test_slots_are_never_read_as_cases() -> None:
    with pytest.raises(ValueError, match="table of their own"):
        source(Ledger.SLOTS, Query(as_of=END), ())
    with pytest.raises(ValueError, match="slots have no matter"):
        slots_sql((), ("coverage",), only={"matter": Only("1")})


def test_visits_are_counted_no_further_than_they_can_matter() -> None:
    """A district's month with a thousand rounds is three rows, not a thousand."""
    rules = book(schedule(every="month", at_least=2))
    rounds = [(made("03-03 08:00", grid="g1"), local("03-04") + n * timedelta(1)) for n in range(9)]
    found = by_slot(rows(rules, "here", planned(rules, "here", local("03-01"), END), rounds))
    assert [one.visits for one in found["S1", "g1", "", local("03-01")]] == [0, 1, 2]
    assert {*BY_CAMERA} == {"cameras", "codes", "numbered"}
