"""A standstill is told from an idle, a busy and a waiting process."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.watchdog import (
    ENDING_SECONDS,
    PATIENCE_SECONDS,
    STARTING_SECONDS,
    Look,
    Standstill,
    stands,
)


def seconds(*looks: Look, step: float = 10.0) -> list[float]:
    """What is told at each of these looks, so many seconds apart."""
    standstill = Standstill()
    return [standstill.seconds(look, number * step) for number, look in enumerate(looks)]


STUCK = Look(done=5, left=3, ready=True, waiting=False)


def test_what_does_not_move_stands_longer_with_each_look() -> None:
    """From the first look at which something was left."""
    assert seconds(STUCK, STUCK, STUCK) == [0, 10, 20]


@pytest.mark.parametrize(
    "other",
    [
        Look(5, 0, True, False),
        Look(5, None, True, False),
        Look(5, 3, True, True),
        Look(6, 3, True, False),
        Look(5, 2, True, False),
    ],
    ids=["nothing left", "the broker is away", "the store is away", "done", "fewer left"],
)
def test_any_sign_of_life_begins_anew(other: Look) -> None:
    """Idle, waiting for a service, or moving however slowly."""
    assert seconds(STUCK, STUCK, other, STUCK)[2:] in ([0, 0], [0, 10])


def test_more_that_arrives_is_no_sign_of_life() -> None:
    """Upstreams go on sending whether or not anybody reads."""
    looks = [Look(5, left, True, False) for left in (3, 30, 300)]
    assert seconds(*looks) == [0, 10, 20]


def test_a_process_that_starts_has_more_time() -> None:
    """It may be restoring a large state."""
    starting = Look(0, 3, ready=False, waiting=False)
    assert stands(PATIENCE_SECONDS + 1, STUCK)
    assert not stands(PATIENCE_SECONDS, STUCK)
    assert not stands(PATIENCE_SECONDS + 1, starting)
    assert stands(STARTING_SECONDS + 1, starting)


ENDING = Look(5, 0, ready=False, waiting=True, ending=True)


def test_a_process_on_its_way_out_has_little_time() -> None:
    """Whatever it still does, is left or is away: its end should come of itself."""
    busier = Look(6, None, ready=True, waiting=False, ending=True)
    assert seconds(STUCK, STUCK, ENDING, busier, ENDING) == [0, 10, 0, 10, 20]
    assert stands(ENDING_SECONDS + 1, ENDING)
    assert not stands(ENDING_SECONDS, ENDING)


LOOKS = st.builds(
    Look, st.integers(0, 3), st.none() | st.integers(0, 3), st.booleans(), st.booleans()
)


@given(st.lists(LOOKS, min_size=2))
def test_only_looks_that_are_alike_ever_add_up(looks: list[Look]) -> None:
    """Whenever time is told, the last two looks saw something left and nothing done."""
    told = seconds(*looks)
    for (before, look), stood in zip(pairwise(looks), told[1:], strict=True):
        if stood:
            assert look.left
            assert before.left is not None
            assert (look.done, look.waiting) == (before.done, False)
            assert look.left >= before.left


SCRIPT = """
import streams.watchdog as dog
dog.LOOK_SECONDS, dog.PATIENCE_SECONDS = 0.01, 0.03
dog.lag = lambda *_: {"topic": {0: 3}}
dog.Watchdog("nowhere", "group", [], lambda: {"ready": True, "records": 5}).start()
import threading
threading.Event().wait(30)
"""


def test_a_process_that_stands_still_ends_with_a_code_of_its_own() -> None:
    """Whatever its other threads do."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ, timeout=60, check=False, capture_output=True
    )
    assert done.returncode == 75, done.stderr
