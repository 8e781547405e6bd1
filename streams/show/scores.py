"""Score cards asked of the warehouse, and put into words: a table and JSON, inputs beside marks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.table import Table

from streams.core.cards import WHOLE, Figures, Input, Score, Where, others, persons, scored
from streams.core.figures import Query, Value
from streams.core.peopledocs import Card
from streams.core.place import PlaceRules, Rulebook
from streams.core.placetogether import levels_of
from streams.show.figures import Answers, ask
from streams.show.points import PointsQuery, ask_points
from streams.show.rates import NOTHING, local_text


def ask_scores(
    store: Answers, book: Rulebook, rules: PlaceRules, card: Card, query: PointsQuery
) -> list[Score]:
    """Everybody's score on this card, of the window [since, as_of)."""
    figures = _figures(store, card, query, list(_cuts(rules, card)))
    # Who was posted in the window's last instant, also where the posting ends with it.
    last = query.as_of - query.as_of.resolution
    subjects = persons(rules, card, last) if card.of == "person" else others(card, figures)
    earned: Mapping[tuple[str, str], int] = {}
    if card.points:
        balances = ask_points(store, book, query).balances
        earned = {(one.person, one.account): one.given - one.taken for one in balances}
    return scored(card, subjects, figures, earned)


Cut = tuple[str, str | None]
"""A field, and the level on which areas are summed up."""


def _cuts(rules: PlaceRules, card: Card) -> Iterator[Cut]:
    """Whose figures are asked: of persons those of every grid, and of every area with all in it."""
    if card.of != "person":
        yield card.of, card.level
        return
    yield "grid", None
    for level in levels_of(rules):
        yield "area", level


def _figures(store: Answers, card: Card, query: PointsQuery, cuts: Sequence[Cut]) -> Figures:
    found: dict[Where, dict[str, Value]] = {}
    asked = tuple(term.figure for term in card.rates)
    own_mode = () if card.mode is None else ("mode",)
    for field, level in (*cuts, ("", None)) if asked else ():
        by = (*filter(None, [field]), *own_mode)
        rows = ask(
            store,
            Query(
                as_of=query.as_of,
                known_at=query.known_at,
                from_=query.since,
                to=query.as_of,
                place=query.place,
                by=by,
                at_level=level,
                figures=asked,
                zone=query.zone,
            ),
        )
        for row in rows:
            if tuple(row.by) == by and row.by.get("mode") == card.mode:
                found[(field, row.by[field]) if field else WHOLE] = row.figures
    return found


def scores_json(
    card: Card, version: str, found: Sequence[Score], query: PointsQuery
) -> dict[str, Any]:
    """The whole answer: every subject with its inputs, their marks, their sum and the stars."""
    return {
        "place": query.place,
        "card": card.id,
        "version": version,
        "from": local_text(query.since, query.zone),
        "as_of": local_text(query.as_of, query.zone),
        "scores": [
            {
                card.of: one.subject.code,
                "role": one.subject.role,
                "where": one.subject.where[1],
                "marks": one.marks,
                "stars": one.stars,
                "inputs": [msgspec.structs.asdict(item) for item in one.inputs],
            }
            for one in found
        ],
    }


def scores_table(card: Card, found: Sequence[Score]) -> Table:
    """One line for each subject, the best first; what each input came to in brackets."""
    table = Table(title=card.name)
    table.add_column("对象 whom")
    if card.of == "person":
        table.add_column("岗位 post")
    names = [*(term.figure for term in card.rates), *(term.account for term in card.points)]
    for name in ("得分 marks", *(["星级 stars"] * bool(card.stars)), *names):
        table.add_column(name, justify="right")
    for one in found:
        cells = [one.subject.code]
        if card.of == "person":
            cells.append(" ".join(filter(None, (one.subject.role, one.subject.where[1]))))
        cells.append(_marks(one.marks))
        if card.stars:
            cells.append(NOTHING if one.stars is None else "★" * one.stars or "0")
        table.add_row(*cells, *map(_input, one.inputs))
    return table


def _marks(marks: float | None) -> str:
    return NOTHING if marks is None else f"{marks:.2f}"


def _input(one: Input) -> str:
    of = "" if one.denominator is None else f"/{one.denominator}"
    return f"{_marks(one.marks)} ({one.numerator}{of})"
