"""Simulated ways through a lifecycle: which moves of its table a case makes, in which order."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

import msgspec

from streams.core.events import ActKind
from streams.core.lifecycle import ENDED, MOVES, Answer, CaseState
from streams.entry.simulate_shares import LIKELY, Mix

MOST_MOVES = 40
"""A way that is longer is one on which nobody goes on."""


class Step(msgspec.Struct, frozen=True):
    """An act and its answer; `unsigned` where no department has signed for the case before it."""

    kind: ActKind
    answer: Answer
    unsigned: bool = False


def way(lifecycle: str, state: CaseState, rng: Random, *, approved: bool) -> Iterator[Step]:
    """From this state until the case ends; `approved` where a return (退单) needs approval."""
    for _ in range(MOST_MOVES):
        mix = _moves_from(lifecycle, state, approved)
        if mix is None:
            return
        kind, answer = mix.draw(rng)
        yield Step(kind, answer, state is CaseState.DISPATCHED)
        state = MOVES[lifecycle][state, kind, answer].to
        if state in ENDED:
            return


@lru_cache
def _moves_from(
    lifecycle: str, state: CaseState, approved: bool
) -> Mix[tuple[ActKind, Answer]] | None:
    # A return without its approval is only asked for.
    never = (ActKind.RETURN, None if approved else True)
    moves = [
        ((kind, answer), LIKELY[kind, answer])
        for at, kind, answer in MOVES[lifecycle]
        if at is state and (kind, answer) in LIKELY and (kind, answer) != never
    ]
    return Mix(moves) if moves else None
