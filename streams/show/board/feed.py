"""One reader for each kind of data, and any number of viewers: the newest value goes to all."""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import Any

import msgspec

EVERY_SECONDS = 2.0
REST = 1.0
"""A reader rests at least so many times as long as its last reading took: however slow the store,
half of the time it is left alone."""
MOST_FEEDS = 64
"""How many different views may be watched at once."""

Source = tuple[str, Callable[[], Any]]
"""The name of its events, and how it is read."""


class TooMany(Exception):
    """More different views are watched than one process should read."""


class Mailbox:
    """What one viewer has not been sent yet: of each feed the newest alone, so that a slow viewer
    skips what it was too slow for."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._some = asyncio.Event()

    def put(self, name: str, message: str) -> None:
        """Lay in a message, instead of an older one of that name."""
        self._waiting[name] = message
        self._some.set()

    async def take(self) -> dict[str, str]:
        """All that waits; not before something does."""
        await self._some.wait()
        self._some.clear()
        waiting, self._waiting = self._waiting, {}
        return waiting


class Feed:
    """Reads in a thread while somebody watches; keeps the last value over failures.

    A message holds the `value` (null before the first), its `age` in seconds, and why it could not
    be read anew, if so, as `away`.
    """

    def __init__(
        self, name: str, read: Callable[[], Any], away: tuple[type[Exception], ...]
    ) -> None:
        self.name, self._read, self._away = name, read, away
        self.viewers: set[Mailbox] = set()
        self._value: Any = None
        self._since: float | None = None
        self._why: str | None = None
        self._task: asyncio.Task[None] | None = None

    def join(self, viewer: Mailbox) -> None:
        """Send to this viewer from now on; what is known at once."""
        self.viewers.add(viewer)
        if self._since is not None:
            viewer.put(self.name, self._message())
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"feed {self.name}")

    def leave(self, viewer: Mailbox) -> None:
        """Send nothing more; the last one to leave ends the reading."""
        self.viewers.discard(viewer)
        if not self.viewers and self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            began = monotonic()
            try:
                self._value = await asyncio.to_thread(self._read)
                self._since, self._why = monotonic(), None
            except self._away as why:
                self._why = str(why)
            message = self._message()
            for viewer in self.viewers:
                viewer.put(self.name, message)
            await asyncio.sleep(max(EVERY_SECONDS, REST * (monotonic() - began)))

    def _message(self) -> str:
        age = None if self._since is None else round(monotonic() - self._since, 1)
        told = {"value": self._value, "age": age, "away": self._why}
        return msgspec.json.encode(told).decode()


class Feeds:
    """The feeds that are watched now, each by what it shows."""

    def __init__(self, away: tuple[type[Exception], ...]) -> None:
        self._away = away
        self._feeds: dict[Hashable, Feed] = {}

    def check(self, wanted: Mapping[Hashable, Source]) -> None:
        """TooMany where these would be more than are read."""
        if len(self._feeds.keys() | wanted.keys()) > MOST_FEEDS:
            raise TooMany(f"{len(self._feeds)} views are watched already")

    @contextmanager
    def watched(self, viewer: Mailbox, wanted: Mapping[Hashable, Source]) -> Iterator[None]:
        """Feed a viewer all of these, by what they show."""
        with ExitStack() as held:
            for key, (name, read) in wanted.items():
                feed = self._feeds.setdefault(key, Feed(name, read, self._away))
                feed.join(viewer)
                held.callback(self._left, key, feed, viewer)
            yield

    def _left(self, key: Hashable, feed: Feed, viewer: Mailbox) -> None:
        feed.leave(viewer)
        if not feed.viewers:
            self._feeds.pop(key, None)
