"""The page about a case's life names everything that the tables know."""

from pathlib import Path

from streams.core.events import ActKind
from streams.core.lifecycle import MOVES
from streams.core.placedocs import ClockName

PAGE = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text("utf-8")


def test_every_act_every_lifecycle_and_every_clock_is_on_the_page() -> None:
    """What is added to a table must be told to those who use it."""
    words = {*(kind.value for kind in ActKind), *MOVES, *(clock.value for clock in ClockName)}
    assert {word for word in words - {"overall"} if f"`{word}`" not in PAGE} == set()
