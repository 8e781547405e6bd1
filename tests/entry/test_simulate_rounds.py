"""Simulated rounds: the same for a seed, mostly done, within the day, and what the door takes."""

import msgspec

from streams.core.events import Round
from streams.core.record import Record
from streams.core.roundfigures import RoundQuery, overview
from streams.core.topics import DEAD_LETTERS, PARTITIONS, ROUNDS
from streams.entry.places import shipped_book
from streams.entry.simulate_day import Day, Kind
from streams.entry.simulate_rounds import simulate_rounds
from tests.flow.memory_chain import ARRIVAL_MS, BOOK, DOOR, MemoryState, run, whole

SEED = 33
DAY = Day.of(SEED, "Asia/Shanghai")


def test_the_same_seed_makes_the_same_rounds_and_another_makes_others() -> None:
    once = simulate_rounds(BOOK, "dongguan", SEED)
    assert once == simulate_rounds(BOOK, "dongguan", SEED)
    assert [one.value for one in once] != [
        one.value for one in simulate_rounds(BOOK, "dongguan", 34)
    ]
    assert len({one.headers for one in once}) == len(once)


def test_they_are_sent_in_order_and_within_the_day() -> None:
    made = simulate_rounds(BOOK, "dongguan", SEED)
    assert [one.at for one in made] == sorted(one.at for one in made)
    assert {one.kind for one in made} == {Kind.ROUND}
    assert all(DAY.start <= one.occurred_at <= one.at < DAY.end for one in made)


def test_most_is_done_some_is_missed_and_nothing_is_unplanned() -> None:
    made = simulate_rounds(BOOK, "dongguan", SEED)
    rounds = [msgspec.json.decode(one.value, type=Round) for one in made]
    query = RoundQuery(place="dongguan", zone="Asia/Shanghai", since=DAY.start, as_of=DAY.end)
    told = overview(BOOK, rounds, query)
    expected = sum(row.expected for row in told.rows)
    assert 0 < len(told.missed) < 0.1 * expected
    assert told.unplanned == 0


def test_the_door_takes_all_of_them() -> None:
    records = [
        Record(ROUNDS.name, n % PARTITIONS, n, ARRIVAL_MS, one.key, one.value, one.headers)
        for n, one in enumerate(simulate_rounds(BOOK, "dongguan", SEED))
    ]
    outs = run(DOOR.step, records, whole, MemoryState())
    assert len(outs) == len(records)
    assert not [out for out in outs if out.topic == DEAD_LETTERS.name]


def test_on_the_last_day_of_a_ten_day_span_its_screenings_are_made_too() -> None:
    """10 January 2025: Daguan's daily and ten-day screenings end with it, the monthly does not."""
    made = simulate_rounds(shipped_book("daguan"), "daguan", 9)
    rounds = [msgspec.json.decode(one.value, type=Round) for one in made]
    screenings = [one for one in rounds if one.kind == "screening"]
    villages = {one.area for one in screenings}
    assert len(villages) < len(screenings) <= 2 * 9
    assert {one.result for one in rounds if one.kind == "video"} == {"ok", "offline"}
