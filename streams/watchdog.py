"""Ends a process in which nothing moves though nothing is away; its supervisor starts it anew.

Clients of a broker that was restarted, of a group that was rearranged, may wait for ever for an
answer that never comes. Whatever was done is acknowledged or comes again, so an end loses nothing;
a standstill that nobody sees is a figure that is wrong.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Any

import msgspec

from streams.core.topics import Topic
from streams.wire.kafka import Later, lag

LOOK_SECONDS = 15.0
PATIENCE_SECONDS = 90.0
"""More than a broker's restart with the group's rejoining takes; less than people wait."""
STARTING_SECONDS = 600.0
"""The same for a process that is not ready: it may be restoring a large state."""
ENDING_SECONDS = 30.0
"""The same for a process on its way out, whether or not anything is left or away."""
STANDSTILL = 75
"""Exit code: the same may be tried again."""

_log = logging.getLogger(__name__)


class Look(msgspec.Struct, frozen=True):
    """What was seen: records done so far, records left (None: unknown), whether all is ready,
    whether it waits for something that is away, whether it is on its way out."""

    done: int
    left: int | None
    ready: bool
    waiting: bool
    ending: bool = False


class Standstill:
    """Tells for how long nothing has moved though something should, or an end has been coming."""

    def __init__(self) -> None:
        self._last: Look | None = None
        self._since: float | None = None

    def seconds(self, look: Look, now: float) -> float:
        """Seconds since the first of the looks between which nothing moved; 0.0 where it does."""
        last, self._last = self._last, look
        if look.ending:
            if last is None or not last.ending:
                self._since = now
        elif not look.left or look.waiting:
            self._since = None
        elif self._since is None or last is None or self._moves(last, look):
            self._since = now
        return 0.0 if self._since is None else now - self._since

    @staticmethod
    def _moves(last: Look, look: Look) -> bool:
        fewer = last.left is None or (look.left or 0) < last.left
        return fewer or look.done != last.done or look.ready != last.ready


def stands(seconds: float, look: Look) -> bool:
    """Whether a standstill of so many seconds is one that will not end by itself."""
    if look.ending:
        return seconds > ENDING_SECONDS
    return seconds > (PATIENCE_SECONDS if look.ready else STARTING_SECONDS)


class Watchdog:
    """Looks every LOOK_SECONDS, in a thread; `health` and `waiting` are asked there."""

    def __init__(
        self,
        broker: str,
        group: str,
        topics: Sequence[Topic],
        health: Callable[[], Mapping[str, Any]],
        waiting: Callable[[], bool] = lambda: False,
    ) -> None:
        self._broker, self._group = broker, group
        self._topics = [topic.name for topic in topics]
        self._health, self._waiting = health, waiting
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer: its work is over."""
        self._stop.set()

    def _watch(self) -> None:
        standstill, done = Standstill(), -1
        while not self._stop.wait(LOOK_SECONDS):
            health = self._health()
            before, done = done, int(health.get("records", -1))
            # Who moves need not be asked how much is left.
            ending = bool(health.get("ending"))
            left = self._left(health) if done == before and not ending else None
            look = Look(done, left, bool(health.get("ready")), self._waiting(), ending)
            seconds = standstill.seconds(look, monotonic())
            if stands(seconds, look) and not self._stop.is_set():
                _log.error("stands still for %d s: %s", seconds, look)
                # Not by an exception: what hangs would hang the way out as well.
                os._exit(STANDSTILL)

    def _left(self, health: Mapping[str, Any]) -> int | None:
        """Records left on the partitions that are ours; on all of the group's before any is."""
        try:
            behind = lag(self._broker, self._group, self._topics)
        except Later:
            return None
        mine = {(topic, partition) for topic, partition in health.get("partitions", ())}
        return sum(
            left
            for topic, by_partition in behind.items()
            for partition, left in by_partition.items()
            if not mine or (topic, partition) in mine
        )
