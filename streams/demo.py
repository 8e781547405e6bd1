"""The demo: a simulated day of a place, sent at any speed, and what came of it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from heapq import merge
from threading import Event, Thread
from time import monotonic, sleep

import msgspec
import psutil

from infra.embedded.home import Home, memory
from streams.core.events import INFINITY
from streams.core.figures import Query, Row
from streams.core.lifecycle import Flow
from streams.core.registry import USUAL
from streams.core.roundfigures import RoundQuery, RoundRow
from streams.core.topics import REPORTS
from streams.demoplan import Plan, senders_like
from streams.entry.player import Played, play, ticks
from streams.entry.simulate import Kind, Simulated, simulate
from streams.entry.simulate_calls import simulate_calls
from streams.entry.simulate_rounds import simulate_rounds
from streams.joined import Joined
from streams.show.figures import ask
from streams.show.rounds import ask_rounds
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Publisher

TICK = timedelta(minutes=5)
OPENING = timedelta(hours=7)
"""Until then the night is sent as fast as it goes: nobody wants to watch it."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a day that was sent: distinct contents sent, stored and refused; figures."""

    sent: int
    stored: int
    refused: int
    cases: int
    total: Row
    rounds: list[RoundRow]
    seconds: float


# --- sending ----------------------------------------------------------------------------------


class Sending:
    """Sends a day in a thread; tells how far it is, and can be stopped."""

    def __init__(self, kafka: str, the_plan: Plan) -> None:
        self.plan = the_plan
        self.played = Played({}, None)
        self.failure: Exception | None = None
        self.poisoned: set[str] = set()
        self._stop = Event()
        self._kafka = kafka
        self._thread = Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the whole day has been acknowledged. Raises what stopped it."""
        if self._thread.is_alive():
            return False
        if self.failure is not None:
            raise self.failure
        return True

    def rest(self, seconds: float, asked: object) -> None:
        """Wait so long, or until `asked` is true: somebody has asked for the end."""
        until = monotonic() + seconds
        while monotonic() < until and not asked:
            sleep(min(0.1, seconds))

    def stop(self) -> None:
        """End it where it is."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with Publisher(self._kafka) as publisher:
                self._play(publisher)
        except _Stopped:
            pass
        except Exception as why:  # noqa: BLE001 - handed to whoever asks whether it is done
            self.failure = why

    def _play(self, publisher: Publisher) -> None:
        items, opening = self._items(), self.plan.day.start + OPENING
        first: list[Simulated] = []

        def night() -> Iterator[Simulated]:
            for item in items:
                if item.at >= opening:
                    first.append(item)
                    return
                yield item

        def tell(played: Played) -> None:
            self.played = Played(
                {k: before.get(k, 0) + played.sent.get(k, 0) for k in Kind}, played.at
            )

        before: dict[str, int] = {}
        tell(play(night(), publisher, speed=None, pace=self, on_progress=tell))
        before = dict(self.played.sent)
        day = (item for part in (first, items) for item in part)
        tell(play(day, publisher, speed=self.plan.speed, pace=self, on_progress=tell))

    def _items(self) -> Iterator[Simulated]:
        p = self.plan
        records = simulate(p.rules, p.seed, p.reports, poison=p.poison, body=p.body)
        rounds = simulate_rounds(p.book, p.place, p.seed, p.body)
        calls = simulate_calls(p.rules, p.seed, p.body)
        clock = ticks(p.day, p.place, TICK)
        for item in merge(records, rounds, calls, clock, key=lambda one: one.at):
            if self._stop.is_set():
                raise _Stopped
            if item.kind is Kind.POISON:
                self.poisoned.add(sha256(item.value).hexdigest())
            yield item

    # the pace of a player

    def now(self) -> float:
        """Seconds that only go forward."""
        return monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the end that somebody asked for."""
        if self._stop.wait(seconds):
            raise _Stopped


class _Stopped(Exception):
    """Somebody asked for the end."""


# --- what came of it ----------------------------------------------------------------------------


def day_query(the_plan: Plan, as_of: datetime, by: tuple[str, ...] = ()) -> Query:
    """The figures of the simulated day: filed on it, as of that instant."""
    return Query(
        as_of=as_of,
        known_at=INFINITY,
        from_=the_plan.day.start,
        to=the_plan.day.end,
        place=the_plan.place,
        by=by,
        figures=USUAL,
        zone=the_plan.rules.zone,
    )


def day_rounds(store: Warehouse, the_plan: Plan, as_of: datetime) -> list[RoundRow]:
    """Rounds done of those that the simulated day asks for, as of that instant."""
    query = RoundQuery(
        place=the_plan.place,
        zone=the_plan.rules.zone,
        since=the_plan.day.start,
        as_of=as_of,
    )
    return ask_rounds(store, the_plan.book, query, INFINITY).rows


def outcome(at: Joined, sending: Sending, seconds: float) -> Outcome:
    """Count what was stored and what was refused of it, in distinct contents."""
    p = sending.plan
    topics = {"topics": tuple(topic.name for topic in REPORTS)}
    like = {"place": p.place, "senders": senders_like(p.place, p.seed)}
    ((stored,),) = at.store.query(
        "SELECT uniqExact((sender, id, sha256)) FROM reports FINAL"
        " WHERE place = %(place)s AND sender LIKE %(senders)s AND origin_topic IN %(topics)s",
        like | topics,
    )
    ((refused,),) = at.store.query(
        "SELECT uniqExact((sender, input_id, sha256)) FROM dead_letters FINAL"
        " WHERE NOT withdrawn AND topic IN %(topics)s"
        " AND (sender LIKE %(senders)s OR (sender = '' AND sha256 IN %(poison)s))",
        like | topics | {"poison": (*sending.poisoned, "")},
    )
    ((cases,),) = at.store.query(
        "SELECT uniqExact(case_id) FROM cases FINAL"
        " WHERE place = %(place)s AND flow = %(flow)s"
        " AND filed_at >= %(start)s AND filed_at < %(end)s",
        like | {"flow": Flow.CASE.value, "start": p.day.start, "end": p.day.end},
    )
    total = ask(at.store, day_query(p, p.day.end))[0]
    rounds = day_rounds(at.store, p, p.day.end)
    return Outcome(sending.played.distinct_reports, stored, refused, cases, total, rounds, seconds)


class Peak:
    """The most memory that the whole demo held at once: all parts and this process."""

    def __init__(self, home: Home) -> None:
        self.bytes = 0
        self._home, self._stop = home, Event()
        self._thread = Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.5):
            run = self._home.run()
            parts = sum(memory(run).values()) if run else 0
            keeper = 0
            if run and run.pid != me.pid:
                try:
                    keeper = psutil.Process(run.pid).memory_info().rss
                except psutil.NoSuchProcess:
                    keeper = 0
            self.bytes = max(self.bytes, parts + keeper + me.memory_info().rss)


def run_to_end(at: Joined, the_plan: Plan, tell: Callable[[str], None]) -> tuple[Sending, Outcome]:
    """Send the day and wait until all of it is stored or refused."""
    began = monotonic()
    sending = Sending(at.where.kafka, the_plan)
    sending.start()
    while not sending.done:
        tell(f"已发送 sent {sum(sending.played.sent.values())}")
        sleep(0.1)
    at.drain(lambda left: tell(f"在途 in flight {left}"))
    return sending, outcome(at, sending, monotonic() - began)
