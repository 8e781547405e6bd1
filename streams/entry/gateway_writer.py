"""From requests to the log: records that come together are acknowledged together.

A request waits until the broker has its records. Each lane is a thread with a publisher of its own:
what comes while all are waiting for the broker gathers, and leaves together next.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import NamedTuple

from streams.core.record import Out
from streams.wire.kafka import Later, Publisher, TopicWrong, Undelivered
from streams.wire.kafka_errors import KAFKA_ERRORS

PATIENCE_SECONDS = 5.0
"""How long a request waits for the broker before it is told to come again."""
LOOK_SECONDS = 0.5
LANES = 4
"""So a request seldom waits for the records of another one to be acknowledged first."""
MOST_WAITING = 2_000
MOST_TOGETHER = 500

_log = logging.getLogger(__name__)


class Away(Exception):
    """The broker does not answer: what was asked is not known to be on the log; ask again."""


class _Asked(NamedTuple):
    records: Sequence[Out]
    done: "Future[None]"


class Writer:
    """Writes for all requests; `away` while the broker does not answer, and at the beginning."""

    def __init__(self, bootstrap: str, on_end: Callable[[], None] = lambda: None) -> None:
        self.away = True
        self._bootstrap, self._on_end = bootstrap, on_end
        self._waiting: Queue[_Asked] = Queue(MOST_WAITING)
        self._stop = Event()
        self._lanes = [
            Thread(target=self._run, name=f"gateway-writer-{number}", daemon=True)
            for number in range(LANES)
        ]

    @property
    def running(self) -> bool:
        """False before the start, and where a lane has ended by itself."""
        return all(lane.is_alive() for lane in self._lanes)

    def start(self) -> None:
        """Connect, and begin to write."""
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """Write what was asked for by now, and end."""
        self._stop.set()
        for lane in self._lanes:
            lane.join()

    async def write(self, records: Sequence[Out]) -> None:
        """Return when the broker has these records on all its replicas; else raise Away."""
        if self.away:
            raise Away
        asked = _Asked(records, Future())
        try:
            self._waiting.put_nowait(asked)
        except Full:
            raise Away from None
        await asyncio.wrap_future(asked.done)

    def _run(self) -> None:
        publisher: Publisher | None = None
        try:
            while not self._stop.is_set() or not self._waiting.empty():
                publisher = self._turn(publisher, self._gathered())
        finally:
            self.away = True
            if publisher is not None:
                publisher.close()
            self._on_end()

    def _gathered(self) -> list[_Asked]:
        """What waits now; where nothing does, the first that comes within a moment."""
        found = list[_Asked]()
        with suppress(Empty):
            found.append(self._waiting.get(timeout=0 if self._stop.is_set() else LOOK_SECONDS))
            while len(found) < MOST_TOGETHER:
                found.append(self._waiting.get_nowait())
        return found

    def _turn(self, publisher: Publisher | None, asked: Sequence[_Asked]) -> Publisher | None:
        """Connect where need be, and write; the publisher, or None where it failed."""
        try:
            if publisher is None:
                publisher = self._connected()
            for one in asked:
                for out in one.records:
                    publisher.send(out.topic, out.key, out.value, out.headers)
            publisher.flush()
        except (Later, Undelivered, TopicWrong, *KAFKA_ERRORS) as why:
            if not self.away:
                _log.warning("the broker does not take what came: %s", why)
            self.away = True
            for one in asked:
                _settle(one.done, Away())
            # A client that was given up on may be in any state: the next one is a new one.
            if publisher is not None:
                publisher.close()
            return None
        for one in asked:
            _settle(one.done, None)
        return publisher

    def _connected(self) -> Publisher:
        publisher = Publisher(self._bootstrap, client="gridloop-gateway", patience=PATIENCE_SECONDS)
        # To write nothing proves nothing, to reach the broker anew does.
        self.away = False
        return publisher


def _settle(done: "Future[None]", why: Exception | None) -> None:
    """Answer, unless whoever asked has gone."""
    if done.set_running_or_notify_cancel():
        if why is None:
            done.set_result(None)
        else:
            done.set_exception(why)
