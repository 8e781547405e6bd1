"""How far a model agrees with people: accuracy, F1, and what it gains by abstaining."""

from collections import Counter
from collections.abc import Sequence

import msgspec

STEPS = 100
"""Points of a curve: one for each hundredth of coverage."""


class Judged(msgspec.Struct, frozen=True):
    """One row: the label that a person gave, the model's best guess and its probability."""

    truth: str
    guess: str
    probability: float


class Class(msgspec.Struct, frozen=True):
    """How one label fared; `n` rows have it by a person's word."""

    precision: float
    recall: float
    f1: float
    n: int


class Point(msgspec.Struct, frozen=True):
    """Who decides only at `threshold` and above decides this share of rows, so well."""

    threshold: float
    coverage: float
    accuracy: float


class Agreement(msgspec.Struct, frozen=True):
    """All of it. `accuracy` and `macro_f1` are of the best guess over all rows; `coverage` and
    `accuracy_decided` (None where nothing was decided) at `threshold`; `confusion` counts rows by
    their label and then by the guess."""

    rows: int
    accuracy: float
    macro_f1: float
    threshold: float
    coverage: float
    accuracy_decided: float | None
    curve: list[Point]
    per_class: dict[str, Class]
    confusion: dict[str, dict[str, int]]


def agreement(rows: Sequence[Judged], threshold: float) -> Agreement:
    """Compare guesses with people's labels; ValueError where there are none."""
    if not rows:
        raise ValueError("nothing to compare")
    classes = _classes(rows)
    decided = [row for row in rows if row.probability >= threshold]
    return Agreement(
        rows=len(rows),
        accuracy=_accuracy(rows),
        macro_f1=sum(one.f1 for one in classes.values()) / len(classes),
        threshold=threshold,
        coverage=len(decided) / len(rows),
        accuracy_decided=_accuracy(decided) if decided else None,
        curve=curve(rows),
        per_class=classes,
        confusion=_confusion(rows),
    )


def curve(rows: Sequence[Judged]) -> list[Point]:
    """From the surest hundredth to all rows: each point takes in the rows next in probability."""
    surest = sorted(rows, key=lambda row: -row.probability)
    right = [0]
    for row in surest:
        right.append(right[-1] + (row.truth == row.guess))
    points = []
    for step in range(1, STEPS + 1):
        taken = max(1, round(step * len(surest) / STEPS))
        points.append(Point(surest[taken - 1].probability, step / STEPS, right[taken] / taken))
    return points


def threshold_for(rows: Sequence[Judged], accuracy: float) -> float | None:
    """The lowest threshold at which this share of what is decided is right; None if there is none.

    Rows of one probability are decided together.
    """
    surest = sorted(rows, key=lambda row: -row.probability)
    found, right = None, 0
    for taken, row in enumerate(surest, 1):
        right += row.truth == row.guess
        last = taken == len(surest) or surest[taken].probability < row.probability
        if last and right >= accuracy * taken:
            found = row.probability
    return found


def _accuracy(rows: Sequence[Judged]) -> float:
    return sum(row.truth == row.guess for row in rows) / len(rows)


def _classes(rows: Sequence[Judged]) -> dict[str, Class]:
    truths = Counter(row.truth for row in rows)
    guesses = Counter(row.guess for row in rows)
    right = Counter(row.truth for row in rows if row.truth == row.guess)
    return {
        label: Class(
            precision=_share(right[label], guesses[label]),
            recall=_share(right[label], truths[label]),
            f1=_share(2 * right[label], truths[label] + guesses[label]),
            n=truths[label],
        )
        for label in sorted(truths | guesses)
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _confusion(rows: Sequence[Judged]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row.truth, Counter())[row.guess] += 1
    return {truth: dict(sorted(found[truth].items())) for truth in sorted(found)}
