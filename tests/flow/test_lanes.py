"""Lanes: order within, overlap between, and no error unheard."""

import asyncio

import pytest

from streams.flow import lanes
from streams.flow.lanes import Lanes


class Course:
    """Work that notes its start and its end and waits for `go` in between."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.diary: list[str] = []
        self.errors: list[BaseException] = []
        self.lanes = Lanes(self.errors.append)

    async def work(self, name: str, error: Exception | None = None) -> None:
        self.diary.append(f"{name} begins")
        await self.go.wait()
        if error:
            raise error
        self.diary.append(f"{name} ends")


async def settle() -> None:
    """Let all that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_lane_takes_one_at_a_time_and_others_go_beside_it() -> None:
    """A partition's chunks keep their order; another partition need not wait for them."""
    course = Course()
    await course.lanes.run(1, course.work("a1"))
    await course.lanes.run(2, course.work("b1"))
    second = asyncio.create_task(course.lanes.run(1, course.work("a2")))
    await settle()
    assert course.diary == ["a1 begins", "b1 begins"]

    course.go.set()
    await second
    await settle()
    assert course.diary.index("a1 ends") < course.diary.index("a2 begins")


async def test_no_more_than_so_many_run_at_once() -> None:
    """What is decided and not yet sent lies in memory."""
    course = Course()
    for lane in range(lanes.MOST):
        await course.lanes.run(lane, course.work(str(lane)))
    one_more = asyncio.create_task(course.lanes.run(99, course.work("one more")))
    await settle()
    assert len(course.diary) == lanes.MOST
    course.go.set()
    await one_more


async def test_an_error_is_told_at_once() -> None:
    """Though nobody waits for the work: the process must stop, not go on beside it."""
    course = Course()
    error = RuntimeError("unknown")
    await course.lanes.run(1, course.work("a", error))
    course.go.set()
    await settle()
    assert course.errors == [error]


async def test_nothing_begins_behind_an_error() -> None:
    """The chunk after a failed one would be kept, and the failed one come again too late."""
    course = Course()
    await course.lanes.run(1, course.work("a", RuntimeError("unknown")))
    waiting = asyncio.create_task(course.lanes.run(1, course.work("b")))
    course.go.set()
    with pytest.raises(RuntimeError, match="unknown"):
        await waiting
    assert course.diary == ["a begins"]


async def test_closing_ends_what_still_runs() -> None:
    """Cancelled work has failed at nothing."""
    course = Course()
    await course.lanes.run(1, course.work("a"))
    await settle()
    await course.lanes.close()
    assert (course.diary, course.errors) == (["a begins"], [])
