"""Alarms of rounds: told once, dated by the slot's end, taken back by what comes late."""

from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - a seeded shuffle repeats itself
from typing import Any

import pytest

from streams.core.accepted import AcceptedRound, Origin
from streams.core.events import Round
from streams.core.notices import Alarm, AlarmKind
from streams.core.place import Rulebook
from streams.core.roundfigures import RoundQuery, overview
from streams.core.topics import PARTITIONS
from streams.core.watch import Watch, watch_partition
from tests.core.round_inputs import TZ, book, local, made, schedule, schedules
from tests.flow.memory_chain import MemoryState


class Watched:
    """A watch with its store: rounds and ticks go in, alarms come out."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules, self.state = rules, MemoryState()
        self.watch = Watch(self.state, b"round/")
        self.now = local("03-03")
        self.offset = 0
        self.told: list[Alarm] = []

    def round(self, one: Round, id: str = "") -> None:
        self.offset += 1
        accepted = AcceptedRound(
            sender="/here/app",
            id=id or str(self.offset),
            sha256="0" * 64,
            home="here/v1",
            occurred_at=one.started_at,
            round=one,
            origin=Origin("gridloop.rounds.v1", 0, self.offset),
        )
        writes: dict[bytes, bytes | None] = {}
        self.told += self.watch.made(accepted, self.now, self.rules, self.offset, writes)
        self._write(writes)

    def tick(self, at: datetime) -> None:
        writes: dict[bytes, bytes | None] = {}
        self.told += self.watch.ticked("here", self.now, at, self.rules, writes)
        self.now = at
        self._write(writes)

    def _write(self, writes: dict[bytes, bytes | None]) -> None:
        for key, value in writes.items():
            if value is None:
                self.state.values.pop(key, None)
            else:
                self.state.values[key] = value

    def standing(self) -> dict[str, tuple[str, datetime]]:
        """What a reader believes in the end: of each id the highest revision, if not withdrawn."""
        last: dict[str, Alarm] = {}
        for one in self.told:
            if one.id not in last or last[one.id].revision <= one.revision:
                last[one.id] = one
        return {
            id: (one.detail["subject"], one.at) for id, one in last.items() if not one.withdrawn
        }


def test_a_slot_that_ends_undone_is_told_once_and_dated_by_its_end() -> None:
    watched = Watched(book(schedule()))
    watched.round(made("03-03 08:00", grid="g1"))
    watched.round(made("03-03 23:59", grid="g2"))
    watched.tick(local("03-03 23:59"))
    assert watched.told == []
    watched.tick(local("03-04 00:10"))
    watched.tick(local("03-04 00:20"))
    (alarm,) = watched.told
    assert (alarm.kind, alarm.at, alarm.area) == (AlarmKind.ROUND_MISSED, local("03-04"), "v2")
    assert alarm.detail["subject"] == "g3"
    assert alarm.case_id is None


def test_a_late_round_takes_the_alarm_back_under_its_id() -> None:
    watched = Watched(book(schedule(at_least=2, subjects={"each": "grids", "area": "v2"})))
    watched.round(made("03-03 08:00", grid="g3"), "a")
    watched.tick(local("03-04"))
    watched.round(made("03-03 08:00", grid="g3"), "a")
    assert len(watched.told) == 1
    watched.round(made("03-03 09:00", grid="g3"), "b")
    told, taken_back = watched.told
    assert taken_back.withdrawn
    assert (taken_back.id, taken_back.at) == (told.id, told.at)
    assert taken_back.revision > told.revision
    watched.round(made("03-03 10:00", grid="g3"), "c")
    assert len(watched.told) == 2


def test_a_round_counts_for_a_slot_that_began_under_earlier_schedules() -> None:
    later = schedules(schedule(id="S2"), version="2", valid_from=local("03-03 12:00"))
    watched = Watched(book(schedule(subjects={"each": "grids", "area": "v2"}), more=(later,)))
    watched.round(made("03-03 18:00", grid="g3", area="v2"))
    watched.tick(local("03-04"))
    assert watched.told == []


def test_a_gap_in_a_duty_is_an_alarm_within_the_hour() -> None:
    duty = schedule("duty", "hour", subjects={"each": "areas", "level": "village", "area": "v1"})
    watched = Watched(book(duty))
    watched.round(made("03-03 00:00", "duty", hours=2.5, worker="w1"))
    watched.tick(local("03-03 03:00"))
    (alarm,) = watched.told
    assert (alarm.kind, alarm.at) == (AlarmKind.DUTY_MISSED, local("03-03 03:00"))
    watched.round(made("03-03 02:30", "duty", hours=1, worker="w2"))
    assert watched.standing() == {}


def test_what_is_missed_is_told_after_the_grace_and_still_dated_by_the_end() -> None:
    watched = Watched(book(schedule(grace_minutes=30)))
    watched.now = local("03-03 01:00")
    watched.tick(local("03-04 00:20"))
    assert watched.told == []
    watched.round(made("03-03 12:00", grid="g1"))
    watched.tick(local("03-04 00:30"))
    assert {one.detail["subject"] for one in watched.told} == {"g2", "g3"}
    assert {one.at for one in watched.told} == {local("03-04")}


def test_of_what_ended_before_the_patience_nobody_is_told_and_nothing_is_kept() -> None:
    watched = Watched(book(schedule()))
    watched.tick(local("03-23"))
    assert min(one.at for one in watched.told) > local("03-23") - timedelta(days=7)
    assert len(watched.told) == 3 * 7
    watched.tick(local("05-23"))
    assert len(watched.state.values) == 3 * 7


def test_a_place_without_a_clock_is_not_kept_without_end() -> None:
    watched = Watched(book(schedule(at_least=2)))
    watched.now = datetime(1970, 1, 1, tzinfo=TZ)
    for day in range(60):
        at = (local("03-03") + timedelta(days=day)).astimezone(TZ)
        watched.round(made(at.strftime("%m-%d %H:%M"), grid="g1"))
    assert len(watched.state.values) <= 9
    assert watched.told == []


def test_a_year_that_the_calendar_lacks_stops_nothing_and_is_told_once_a_day() -> None:
    watched = Watched(book(schedule(id="W", working_days=True), schedule(id="S2")))
    watched.now = local("03-03").replace(year=2027)
    for hours in (1, 2, 20, 25):
        watched.tick(local("03-03").replace(year=2027) + timedelta(hours=hours))
    watched.round(made("03-03 12:00", grid="g1"))
    kinds = [one.kind for one in watched.told]
    assert kinds.count(AlarmKind.ROUND_MISSED) == 3
    assert kinds.count(AlarmKind.CALENDAR_MISSING) == 1


def test_replays_are_silent() -> None:
    watched = Watched(book(schedule()))
    writes: dict[bytes, bytes | None] = {}
    past, now = local("03-03"), local("03-05")
    assert list(watched.watch.ticked("here~check", past, now, watched.rules, writes)) == []


@pytest.mark.parametrize("seed", range(12))
def test_alarms_that_stand_in_the_end_are_what_the_figures_say_was_missed(seed: int) -> None:
    """However rounds are late, repeated or shuffled among the ticks, with restarts in between."""
    rng = Random(seed)
    duty = {"each": "areas", "level": "village"}
    rules = book(
        schedule(at_least=2),
        schedule("duty", "hour", id="D", count=6, subjects=duty, holds_minutes=90),
        schedule("visit", "week", id="V", subjects={"each": "codes", "codes": ["p1", "p2"]}),
    )
    rounds = [_drawn(rng) for _ in range(60)]
    moments: list[Any] = [*enumerate(rounds), *enumerate(rng.sample(rounds, 10), 60)]
    rng.shuffle(moments)
    ticks = sorted(local("03-03") + timedelta(minutes=rng.randrange(5760)) for _ in range(20))
    for n, at in enumerate(ticks):
        moments.insert(rng.randrange(n * 4, n * 4 + 3), at)

    watched = Watched(rules)
    latest = local("03-03")
    for one in moments:
        if isinstance(one, datetime):
            latest = max(latest, one)
            watched.tick(latest)
        else:
            number, drawn = one
            watched.round(drawn, str(rounds.index(drawn)) if number >= 60 else str(number))
        if rng.random() < 0.2:
            watched.watch = Watch(watched.state, b"round/")
    query = RoundQuery(place="here", zone="Asia/Shanghai", since=local("03-02"), as_of=watched.now)
    told = overview(rules, rounds, query)
    expected = sorted(
        (one.slot.subject.code, one.slot.window.end)
        for one in told.missed
        if one.slot.window.end > local("03-03")
    )
    assert sorted(watched.standing().values()) == expected
    assert expected


def _drawn(rng: Random) -> Round:
    at = local("03-03") + timedelta(minutes=rng.randrange(5 * 1440))
    text = at.astimezone(TZ).strftime("%m-%d %H:%M")
    kind = rng.choice(["patrol", "patrol", "duty", "visit"])
    if kind == "patrol":
        return made(text, grid=rng.choice(["g1", "g2", "g3"]))
    if kind == "visit":
        return made(text, "visit", subject=rng.choice(["p1", "p2"]))
    hours = rng.choice([None, 3, 8, 20])
    return made(text, "duty", hours=hours, area=rng.choice(["v1", "v2"]), worker="w")


def test_every_place_is_watched_in_one_partition() -> None:
    found = {watch_partition(place) for place in ("dongguan", "erqi", "siming", "daguan", "here")}
    assert found < set(range(PARTITIONS))
    assert watch_partition("here") == watch_partition("here")
