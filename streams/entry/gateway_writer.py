"""From requests to the log: records that come together are acknowledged together.

One thread owns the publisher. A request waits until the broker has its records; while they are on
their way those of other requests gather, and leave together next.
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
        self._publisher: Publisher | None = None
        self._thread = Thread(target=self._run, name="gateway-writer", daemon=True)

    @property
    def running(self) -> bool:
        """False before the start, and after an end by itself."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Connect, and begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was asked for by now, and end."""
        self._stop.set()
        self._thread.join()

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
        try:
            while not self._stop.is_set() or not self._waiting.empty():
                self._turn(self._gathered())
        finally:
            self.away = True
            self._turn_down(self._gathered())
            self._let_go()
            self._on_end()

    def _gathered(self) -> list[_Asked]:
        """What waits now; where nothing does, the first that comes within a moment."""
        found = list[_Asked]()
        with suppress(Empty):
            found.append(self._waiting.get(timeout=0 if self._stop.is_set() else LOOK_SECONDS))
            while len(found) < MOST_TOGETHER:
                found.append(self._waiting.get_nowait())
        return found

    def _turn(self, asked: Sequence[_Asked]) -> None:
        try:
            publisher = self._connected()
            for one in asked:
                for out in one.records:
                    publisher.send(out.topic, out.key, out.value, out.headers)
            publisher.flush()
        except (Later, Undelivered, TopicWrong, *KAFKA_ERRORS) as why:
            if asked or not self.away:
                _log.warning("the broker does not take what came: %s", why)
            self.away = True
            self._turn_down(asked)
            # A client that was given up on may be in any state: the next one is a new one.
            self._let_go()
        else:
            self.away = False
            for one in asked:
                _settle(one.done, None)

    def _connected(self) -> Publisher:
        if self._publisher is None:
            self._publisher = Publisher(
                self._bootstrap, client="gridloop-gateway", patience=PATIENCE_SECONDS
            )
        return self._publisher

    def _turn_down(self, asked: Sequence[_Asked]) -> None:
        for one in asked:
            _settle(one.done, Away())

    def _let_go(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.close()


def _settle(done: "Future[None]", why: Exception | None) -> None:
    """Answer, unless whoever asked has gone."""
    if done.set_running_or_notify_cancel():
        if why is None:
            done.set_result(None)
        else:
            done.set_exception(why)
