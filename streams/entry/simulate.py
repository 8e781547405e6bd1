"""A place's simulated day, in the order of sending; the same seed gives the same bytes."""

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself
from typing import Any

import msgspec

from streams.core.codec import encode_binary
from streams.core.home import ticket_key
from streams.core.place import PlaceRules
from streams.core.topics import ACTS, CITIZEN, GRIDWORKER, HOTLINE, PATROL
from streams.entry import simulate_shares as shares
from streams.entry.dayfile import DayBody
from streams.entry.simulate_acts import Done, Living
from streams.entry.simulate_day import SECOND_US, Day, Kind, Simulated, day_of
from streams.entry.simulate_poison import poison as spoil
from streams.entry.simulate_reports import Reported, Reporting

TOPICS = {"gridworker": GRIDWORKER, "patrol": PATROL, "hotline": HOTLINE, "citizen": CITIZEN}
ACT_TYPE = "gridloop.act.v1"


class _Poison(msgspec.Struct, frozen=True):
    number: int
    us: int


def simulate(
    rules: PlaceRules,
    seed: int,
    reports: int,
    *,
    poison: int = 0,
    body: DayBody = shares.USUAL,
) -> Iterator[Simulated]:
    """All records of the day that this seed simulates, by their time of sending.

    `reports` counts distinct well-formed reports, through the channels of `body`; the acts on them,
    the repeats and `poison` malformed records come on top. Everything is sent before the day ends.
    ValueError where what follows a report of the place is another system's affair (`ticket`).
    """
    if rules.lifecycle == "ticket":
        raise ValueError(f"what follows a report of {rules.place} is another system's affair")
    return _Sending(rules, seed, body).all(reports, poison)


def as_of(rules: PlaceRules, seed: int) -> datetime:
    """The end of the simulated day: the instant as of which its figures are asked."""
    return Day.of(seed, rules.zone).end


class _Sending:
    """What has happened but is not sent yet, the next to be sent first."""

    def __init__(self, rules: PlaceRules, seed: int, body: DayBody) -> None:
        self._rng = Random(seed)
        self._day = Day.of(seed, rules.zone)
        self._length_us = self._day.length_us
        self._place = rules.place
        self._reporting = Reporting(rules, self._day, self._rng, body)
        self._living = Living(rules, self._day, self._rng)
        self._waiting: list[tuple[int, int, Any]] = []
        self._count = 0
        self._report: Simulated | None = None

    def all(self, reports: int, poison: int) -> Iterator[Simulated]:
        for number in range(poison):
            us = int(self._rng.random() * self._length_us)
            self._wait(us, _Poison(number, us))
        for report in self._reporting.draw(reports):
            yield from self._sent(before=report.us)
            self._wait(self._sending_of(report.us), report)
            for act in self._living.draw(report):
                self._wait(self._sending_of(act.us), (report, act))
        yield from self._sent(before=self._length_us)

    def _wait(self, us: int, what: Any) -> None:
        self._count += 1
        heappush(self._waiting, (us, self._count, what))

    def _sending_of(self, us: int) -> int:
        late = self._rng.random() < shares.LATE
        seconds = shares.between(shares.LATE_S if late else shares.DELAY_S, self._rng)
        return self._within(us + int(seconds * SECOND_US))

    def _within(self, us: int) -> int:
        return min(us, self._length_us - 1)

    def _sent(self, before: int) -> Iterator[Simulated]:
        while self._waiting and self._waiting[0][0] < before:
            us, _, what = heappop(self._waiting)
            record = self._record(us, what)
            yield record
            if record.kind in {Kind.REPORT, Kind.ACT} and self._rng.random() < shares.REPEATED:
                again = us + int(shares.between(shares.REPEATED_S, self._rng) * SECOND_US)
                self._wait(self._within(again), record)

    def _record(self, us: int, what: Any) -> Simulated:
        match what:
            case Reported():
                self._report = self._report_record(us, what)
                return self._report
            case _Poison(number, at):
                return spoil(self._place, self._day, number, at, self._report)
            case Simulated() as sent:
                return Simulated(
                    Kind.REPEAT,
                    self._day.instant(us),
                    sent.occurred_at,
                    sent.topic,
                    sent.key,
                    sent.value,
                    sent.headers,
                )
        report, act = what
        return self._act_record(us, report, act)

    def _report_record(self, us: int, report: Reported) -> Simulated:
        at = self._day.instant(report.us)
        kind = f"gridloop.report.{report.source}.v1"
        headers, value = encode_binary(kind, report.sender, report.id, at, report.data)
        key = ticket_key(report.sender, report.id)
        topic = TOPICS[report.source].name
        return Simulated(Kind.REPORT, self._day.instant(us), at, topic, key, value, headers)

    def _act_record(self, us: int, report: Reported, act: Done) -> Simulated:
        at = self._day.instant(act.us)
        headers, value = encode_binary(ACT_TYPE, self._living.sender, act.id, at, act.data)
        key = ticket_key(report.sender, report.id)
        return Simulated(Kind.ACT, self._day.instant(us), at, ACTS.name, key, value, headers)


__all__ = ["Day", "Kind", "Simulated", "as_of", "day_of", "simulate"]
