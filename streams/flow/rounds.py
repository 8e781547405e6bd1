"""Chunks taken through together: whatever waits when a round begins, one chunk of each lane.

Under a light load a round is a single chunk and costs no waiting; the more arrives while the broker
is being waited for, the more shares the next wait.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar

AT_ONCE = 2
"""While one round waits for the broker, the next one decides."""
ROUND_RECORDS = 4_000
WAITING_RECORDS = 8_000
"""Both are kept by whole chunks, so exceeded by less than one chunk."""


class Sized(Protocol):
    """A chunk, as far as it matters here."""

    @property
    def records(self) -> Sequence[Any]: ...


C = TypeVar("C", bound=Sized)


class Rounds(Generic[C]):
    """Gives chunks to `take`: within a lane one after the other, in the order put.

    `fail` is told of an error at once; after it no other round begins.
    """

    def __init__(
        self,
        take: Callable[[Sequence[C]], Coroutine[Any, Any, None]],
        lane: Callable[[C], Hashable],
        fail: Callable[[BaseException], object],
    ) -> None:
        self._take, self._lane, self._fail = take, lane, fail
        self._waiting: list[C] = []
        self._records = 0
        self._running: dict[asyncio.Task[None], set[Hashable]] = {}
        self._room = asyncio.Event()
        self._called = False
        self._error: BaseException | None = None

    async def put(self, chunk: C) -> None:
        """Let it wait for a round; returns as soon as another one may be put.

        Raises what any round has failed with: what follows a failed chunk must not be done
        before it.
        """
        self._waiting.append(chunk)
        self._records += len(chunk.records)
        self._call()
        while self._records >= WAITING_RECORDS and not self._error:
            self._room.clear()
            await self._room.wait()
        if self._error:
            raise self._error

    async def close(self) -> None:
        """Forget what waits, cancel what runs and wait for its end."""
        self._waiting.clear()
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _call(self) -> None:
        # Not at once: what the same fetch brought may join.
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._called = False
        while len(self._running) < AT_ONCE and not self._error and (chunks := self._next()):
            task = asyncio.create_task(self._take(chunks))
            self._running[task] = {self._lane(chunk) for chunk in chunks}
            task.add_done_callback(self._end)
        if self._records < WAITING_RECORDS:
            self._room.set()

    def _next(self) -> list[C]:
        taken: list[C] = []
        left: list[C] = []
        barred = set().union(*self._running.values())
        records = 0
        for chunk in self._waiting:
            lane = self._lane(chunk)
            if lane in barred or records >= ROUND_RECORDS:
                left.append(chunk)
            else:
                taken.append(chunk)
                records += len(chunk.records)
            barred.add(lane)
        self._waiting = left
        self._records -= records
        return taken

    def _end(self, done: asyncio.Task[None]) -> None:
        del self._running[done]
        if not done.cancelled() and (error := done.exception()):
            self._error = error
            self._room.set()
            self._fail(error)
        self._call()
