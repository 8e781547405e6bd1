"""Rounds: order within a lane, all that waits together, and no error unheard."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.flow import rounds
from streams.flow.rounds import Rounds


class Chunk(msgspec.Struct, frozen=True):
    """So many records of a lane."""

    lane: str
    number: int = 0
    records: tuple[int, ...] = (1,)


class Course:
    """Rounds that note what they take and wait for `go`; `bad` makes them fail."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun: list[list[Chunk]] = []
        self.ended: list[list[Chunk]] = []
        self.errors: list[BaseException] = []
        self.bad: dict[str, Exception] = {}
        self.rounds = Rounds(self.take, lambda chunk: chunk.lane, self.errors.append)

    async def take(self, chunks: Sequence[Chunk]) -> None:
        """One round."""
        self.begun.append(list(chunks))
        await self.go.wait()
        for chunk in chunks:
            if chunk.lane in self.bad:
                raise self.bad[chunk.lane]
        self.ended.append(list(chunks))

    async def begin(self, *chunks: Chunk) -> None:
        """Put these and let them be taken."""
        for chunk in chunks:
            await self.rounds.put(chunk)
        await settle()


async def settle() -> None:
    """Let all that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_one_fetch_brought_is_one_round() -> None:
    """They share one wait for the broker."""
    course = Course()
    await course.begin(Chunk("a"), Chunk("b"), Chunk("c"))
    assert course.begun == [[Chunk("a"), Chunk("b"), Chunk("c")]]


async def test_a_lane_takes_one_at_a_time_and_others_go_beside_it() -> None:
    """A partition's chunks keep their order; another partition need not wait for them."""
    course = Course()
    await course.begin(Chunk("a", 1))
    await course.begin(Chunk("a", 2), Chunk("b"), Chunk("a", 3))
    assert course.begun == [[Chunk("a", 1)], [Chunk("b")]]

    course.go.set()
    await settle()
    assert course.begun[2:] == [[Chunk("a", 2)], [Chunk("a", 3)]]


async def test_no_more_than_so_many_run_at_once_and_the_rest_share_the_next() -> None:
    """The more arrives while the broker is waited for, the more goes with one wait."""
    course = Course()
    for lane in range(rounds.AT_ONCE):
        await course.begin(Chunk(str(lane)))
    await course.begin(*(Chunk(f"more {lane}") for lane in range(5)))
    assert len(course.begun) == rounds.AT_ONCE

    course.go.set()
    await settle()
    assert [len(chunks) for chunks in course.begun] == [1] * rounds.AT_ONCE + [5]


async def test_a_round_is_cut_by_its_records() -> None:
    """What is decided and not yet sent lies in memory."""
    course = Course()
    big = tuple(range(rounds.ROUND_RECORDS - 1))
    await course.begin(*(Chunk(lane, records=big) for lane in "abc"))
    assert [[chunk.lane for chunk in chunks] for chunks in course.begun] == [["a", "b"], ["c"]]


async def test_who_puts_too_much_waits_until_some_is_taken() -> None:
    """Else a slow store would fill the memory of the fast reader before it."""
    course = Course()
    full = tuple(range(rounds.WAITING_RECORDS))
    await course.begin(Chunk("a"))
    first = asyncio.create_task(course.rounds.put(Chunk("a", 1, full)))
    await settle()
    assert not first.done()

    course.go.set()
    await first
    await settle()
    assert [chunk.number for chunks in course.ended for chunk in chunks] == [0, 1]


async def test_an_error_is_told_at_once_and_nothing_begins_behind_it() -> None:
    """The chunk after a failed one would be kept, and the failed one come again too late."""
    course = Course()
    error = course.bad["a"] = RuntimeError("unknown")
    await course.begin(Chunk("a", 1))
    await course.begin(Chunk("a", 2))
    course.go.set()
    await settle()
    assert course.errors == [error]
    assert course.begun == [[Chunk("a", 1)]]
    with pytest.raises(RuntimeError, match="unknown"):
        await course.rounds.put(Chunk("b"))
    await settle()
    assert course.begun == [[Chunk("a", 1)]]


async def test_who_waits_for_room_hears_of_the_error() -> None:
    """Nobody else would wake it."""
    course = Course()
    course.bad["a"] = RuntimeError("unknown")
    await course.begin(Chunk("a"))
    full = Chunk("a", 1, tuple(range(rounds.WAITING_RECORDS)))
    waiting = asyncio.create_task(course.rounds.put(full))
    await settle()
    course.go.set()
    with pytest.raises(RuntimeError, match="unknown"):
        await waiting


async def test_closing_ends_what_still_runs() -> None:
    """Cancelled work has failed at nothing, and what waited is not begun."""
    course = Course()
    await course.begin(Chunk("a", 1), Chunk("a", 2))
    await course.rounds.close()
    await settle()
    assert (course.begun, course.ended, course.errors) == ([[Chunk("a", 1)]], [], [])


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 3000)), max_size=30))
def test_all_are_taken_once_and_each_lane_in_its_order(plan: list[tuple[str, int]]) -> None:
    """Whatever comes, in whatever sizes."""
    chunks = [Chunk(lane, number, tuple(range(size))) for number, (lane, size) in enumerate(plan)]

    async def run() -> list[list[Chunk]]:
        course = Course()
        course.go.set()
        for chunk in chunks:
            await course.rounds.put(chunk)
        for _ in chunks:
            await settle()
        return course.begun

    begun = asyncio.run(run())
    assert sum(map(len, begun)) == len(chunks)
    for lane in "abcd":
        taken = [chunk for some in begun for chunk in some if chunk.lane == lane]
        assert taken == [chunk for chunk in chunks if chunk.lane == lane]
    assert all(len({chunk.lane for chunk in some}) == len(some) for some in begun)
