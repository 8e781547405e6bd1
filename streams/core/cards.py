"""考核 · score cards: what the rates of a department, a grid or a post, and a person's points, come
to by the weights in force at the window's end; with every input beside its marks."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from streams.core.figures import Value
from streams.core.peopledocs import Card, PointsTerm, RateTerm
from streams.core.place import PlaceRules
from streams.core.posts import holds
from streams.core.scoring import Points, worth

FULL = 100
"""What shares are shares of."""

Where = tuple[str, str | None]
"""A field that figures are cut by, and its value; of the whole place ("", None)."""

WHOLE: Where = ("", None)
Figures = Mapping[Where, Mapping[str, Value]]
"""The rates of each department, street, area or grid, and of the whole place."""


class Subject(msgspec.Struct, frozen=True):
    """Who is scored, and by whose rates; a person once for each post."""

    code: str
    where: Where
    role: str | None = None


class Input(msgspec.Struct, frozen=True):
    """One term's raw figures and marks: of points there is no denominator; None: nothing to judge
    by."""

    id: str
    numerator: int
    denominator: int | None
    marks: float | None


class Score(msgspec.Struct, frozen=True):
    """得分 · a subject's marks: None where one of the terms has nothing to judge by."""

    subject: Subject
    inputs: list[Input]
    marks: float | None
    stars: int | None


def persons(rules: PlaceRules, card: Card, at: datetime) -> list[Subject]:
    """Everybody who is posted in one of the card's roles at this instant, post by post."""
    found: dict[Subject, None] = {}
    for one in rules.posts.postings if rules.posts is not None else ():
        if one.role in card.roles and holds(one, at):
            area = WHOLE if one.area is None else ("area", one.area)
            where = area if one.grid is None else ("grid", one.grid)
            found[Subject(one.person, where, one.role)] = None
    return list(found)


def others(card: Card, figures: Figures) -> list[Subject]:
    """Every department, street, area or grid that has figures."""
    return [
        Subject(code, (field, code))
        for field, code in figures
        if field == card.of and code is not None
    ]


def scored(
    card: Card,
    subjects: Iterable[Subject],
    figures: Figures,
    earned: Mapping[tuple[str, str], int],
) -> list[Score]:
    """The scores, the best first, those without one last; `earned` are the points of the window by
    (person, account)."""
    found = [_score(card, one, figures.get(one.where, {}), earned) for one in subjects]
    return sorted(found, key=lambda one: (one.marks is None, -(one.marks or 0), one.subject.code))


def _score(
    card: Card,
    subject: Subject,
    values: Mapping[str, Value],
    earned: Mapping[tuple[str, str], int],
) -> Score:
    inputs = [*_rated(card.rates, values), *_pointed(card.points, subject.code, earned)]
    marks = [one.marks for one in inputs if one.marks is not None]
    # Rounded: what sums up to 90 reaches the stars of 90, whatever binary fractions make of it.
    total = round(sum(marks), 6) if len(marks) == len(inputs) else None
    return Score(subject, inputs, total, _stars(card, total))


def _rated(terms: Iterable[RateTerm], values: Mapping[str, Value]) -> Iterator[Input]:
    for term in terms:
        value = values.get(term.figure, Value(None, 0, 0))
        numerator, denominator = value.numerator or 0, value.denominator or 0
        marks = None
        if denominator:
            marks = worth(numerator, denominator, term.weight)
            marks = marks if isinstance(term.weight, Points) else FULL * marks
        yield Input(term.figure, numerator, denominator, marks)


def _pointed(
    terms: Iterable[PointsTerm], person: str, earned: Mapping[tuple[str, str], int]
) -> Iterator[Input]:
    for term in terms:
        points = earned.get((person, term.account), 0)
        yield Input(term.account, points, None, min(max(points * term.each, 0.0), term.most))


def _stars(card: Card, marks: float | None) -> int | None:
    if marks is None or not card.stars:
        return None
    return max((one.stars for one in card.stars if marks >= one.at_least), default=0)
