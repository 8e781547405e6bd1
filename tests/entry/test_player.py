"""The player: what it sends, how it keeps time, and the place's clock beside it."""

from datetime import UTC, datetime, timedelta
from heapq import merge

import msgspec
import pytest

from streams.core.accepted import Tick
from streams.core.topics import PARTITIONS, TICKS
from streams.entry.player import Played, play, ticks
from streams.entry.simulate import Day, Kind, simulate
from tests.entry.ledgers import Ledger
from tests.entry.town import RULES

DAY = Day.of(7, RULES.zone)


class Clock:
    """A wall clock that goes on only while somebody waits on it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_the_clock_ticks_through_the_day_and_ends_with_it():
    times = [item.at for item in ticks(DAY, RULES.place, timedelta(minutes=7))]
    assert times[0] == DAY.start + timedelta(minutes=7)
    assert times[-1] == DAY.end
    assert times == sorted(set(times))
    with pytest.raises(ValueError, match="forward"):
        next(ticks(DAY, RULES.place, timedelta(0)))


def test_a_tick_names_its_place_and_goes_to_every_partition():
    ledger = Ledger()
    first = next(ticks(DAY, RULES.place, timedelta(hours=1)))
    play([first], ledger, speed=None, pace=Clock())
    assert [record.partition for record in ledger.records] == list(range(PARTITIONS))
    assert {record.topic for record in ledger.records} == {TICKS.name}
    assert {record.key for record in ledger.records} == {RULES.place.encode()}
    value = ledger.records[0].value
    assert value is not None
    assert msgspec.json.decode(value, type=Tick) == Tick(RULES.place, first.at)


def test_all_items_are_sent_in_their_order_and_flushed():
    ledger = Ledger()
    items = list(simulate(RULES, 7, 100, poison=4))
    played = play(items, ledger, speed=None, pace=Clock())
    assert [record.value for record in ledger.records] == [item.value for item in items]
    assert ledger.flushed == len(items)
    assert sum(played.sent.values()) == len(items)
    assert played.distinct_reports == 104
    assert played.at == items[-1].at


def test_a_speed_spreads_the_day_over_its_share_of_time():
    """A day at 86,400 simulated seconds a second takes a second."""
    clock = Clock()
    both = merge(
        simulate(RULES, 7, 200),
        ticks(DAY, RULES.place, timedelta(minutes=1)),
        key=lambda item: item.at,
    )
    play(both, Ledger(), speed=86_400.0, pace=clock)
    assert 0.9 < clock.seconds - 1000.0 <= 1.0


def test_as_fast_as_it_goes_waits_for_nothing():
    clock = Clock()
    play(simulate(RULES, 7, 50), Ledger(), speed=None, pace=clock)
    assert clock.seconds == 1000.0


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_is_positive(speed: float):
    with pytest.raises(ValueError, match="speed"):
        play([], Ledger(), speed=speed, pace=Clock())


def test_progress_tells_how_far_the_day_has_come():
    told: list[Played] = []
    items = [*simulate(RULES, 7, 300), *ticks(DAY, RULES.place, timedelta(days=1))]
    done = play(items, Ledger(), speed=None, pace=Clock(), on_progress=told.append)
    assert told[-1] == done
    assert done.sent[Kind.TICK] == 1
    assert done.at == DAY.end == datetime(2025, 1, 8, 16, tzinfo=UTC)
