"""The player: sends a simulated day at any speed, and its place's clock with it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from streams.core.accepted import Tick
from streams.core.codec import encode_json
from streams.core.topics import PARTITIONS, TICKS
from streams.entry.publish import Publisher
from streams.entry.simulate_day import Day, Kind, Simulated

TELL_EVERY = 500


class Pace(Protocol):
    """The wall clock, as far as a player needs it: seconds that only go forward, and waiting."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Played(msgspec.Struct, frozen=True):
    """How far a player has come: records sent by kind, and the simulated time reached."""

    sent: dict[str, int]
    at: datetime | None

    @property
    def distinct_reports(self) -> int:
        """Distinct contents sent to the report topics: good reports and poison, no repeats."""
        return self.sent.get(Kind.REPORT, 0) + self.sent.get(Kind.POISON, 0)


OnPlayed = Callable[[Played], None]


def ticks(day: Day, place: str, every: timedelta) -> Iterator[Simulated]:
    """The place's clock through the day: one tick after each `every`, the last at the day's end."""
    if every <= timedelta(0):
        raise ValueError("a clock ticks forward")
    at = day.start
    while at < day.end:
        at = min(at + every, day.end)
        value = encode_json(Tick(place, at))
        yield Simulated(Kind.TICK, at, at, TICKS.name, place.encode(), value)


def play(
    items: Iterable[Simulated],
    publisher: Publisher,
    *,
    speed: float | None,
    pace: Pace,
    on_progress: OnPlayed | None = None,
) -> Played:
    """Send all items and flush; `speed` in simulated seconds per second, None as fast as it goes.

    A tick goes to every partition. Progress is told every 500 records and with each tick.
    """
    sent: Counter[str] = Counter()
    wait = _Waiting(speed, pace)
    at: datetime | None = None
    for item in items:
        at = item.at
        wait.until(at)
        if item.kind is Kind.TICK:
            for partition in range(PARTITIONS):
                publisher.send(item.topic, item.key, item.value, item.headers, partition)
        else:
            publisher.send(item.topic, item.key, item.value, item.headers)
        sent[item.kind] += 1
        if on_progress and (item.kind is Kind.TICK or sent.total() % TELL_EVERY == 0):
            on_progress(Played(dict(sent), at))
    publisher.flush()
    return Played(dict(sent), at)


class _Waiting:
    """Waits until a simulated instant has come, counted from the first one asked for."""

    def __init__(self, speed: float | None, pace: Pace) -> None:
        if speed is not None and not speed > 0:
            raise ValueError("a speed is a positive number of simulated seconds per second")
        self._speed = speed
        self._pace = pace
        self._began: tuple[datetime, float] | None = None

    def until(self, at: datetime) -> None:
        if self._speed is None:
            return
        if self._began is None:
            self._began = at, self._pace.now()
        first, started = self._began
        left = started + (at - first).total_seconds() / self._speed - self._pace.now()
        if left > 0:
            self._pace.sleep(left)
