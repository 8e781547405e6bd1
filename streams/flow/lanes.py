"""Partitions side by side: while one waits for the broker, the next one decides."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

MOST = 6

Work = Coroutine[Any, Any, None]


class Lanes:
    """Runs work by lane: within a lane strictly one after the other, in the order given.

    `fail` is told of an error at once; after it no other work begins.
    """

    def __init__(self, fail: Callable[[BaseException], object]) -> None:
        self._fail = fail
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._error: BaseException | None = None

    async def run(self, lane: int, work: Work) -> None:
        """Start the work as soon as its lane is free and fewer than MOST are busy.

        Raises what any work has failed with, and starts nothing: what follows a failed chunk must
        not be done before it.
        """
        try:
            while before := self._busy.get(lane):
                await asyncio.wait([before])
            while len(self._busy) >= MOST:
                await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)
            if self._error:
                raise self._error
        except BaseException:
            work.close()
            raise
        task = self._busy[lane] = asyncio.create_task(work)
        task.add_done_callback(lambda done: self._end(lane, done))

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, lane: int, done: asyncio.Task[None]) -> None:
        del self._busy[lane]
        if not done.cancelled() and (error := done.exception()):
            self._error = error
            self._fail(error)
