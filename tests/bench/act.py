"""What one act of a case costs: the rules alone, and with what casework writes of it."""

import time
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from streams.core.case import ActInput
from streams.core.casebook import Known, opened
from streams.core.fold import follow
from streams.core.place import Rulebook
from tests.case_inputs import at, report, revised, rulebook, whole_life

LIVES = 2_000


class Cost(msgspec.Struct, frozen=True):
    """CPU microseconds of an act in a life of five steps: its fold, and its whole revision."""

    acts: int
    fold_median: float
    fold_p99: float
    revision_median: float
    revision_p99: float


def cost_of_an_act() -> Cost:
    """Play many lives in order, as they come on a quiet stream."""
    rules, acts = rulebook(), whole_life()
    _live(acts, rules)
    folds: list[float] = []
    revisions: list[float] = []
    for _ in range(LIVES):
        for fold, revision in _live(acts, rules):
            folds.append(fold)
            revisions.append(revision)
    return Cost(len(folds), *_spot(folds), *_spot(revisions))


def _live(acts: Sequence[ActInput], rules: Rulebook) -> list[tuple[float, float]]:
    kept = opened("here/a1/1", report(), at(0))
    begun = revised(kept, None, rules, Known(at(0), 0, None))
    kept, story = begun.kept, begun.story
    spent = []
    for number, act in enumerate(acts, 1):
        kept = replace(kept, acts=(*kept.acts, act))
        first = time.thread_time_ns()
        follow(story, kept.seed, act, rules)
        second = time.thread_time_ns()
        made = revised(kept, story, rules, Known(at(number), number, None))
        spent.append(((second - first) / 1000, (time.thread_time_ns() - second) / 1000))
        kept, story = made.kept, made.story
    return spent


def _spot(micros: Sequence[float]) -> tuple[float, float]:
    ranked = sorted(micros)
    return round(ranked[len(ranked) // 2], 1), round(ranked[int(len(ranked) * 0.99)], 1)
