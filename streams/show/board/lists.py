"""The cases behind a cell of the board: the same cut, window and instants as its figure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from streams.core.figures import Asked, Query
from streams.core.figures_sql import sql
from streams.core.instants import aware
from streams.core.ledgers_sql import source
from streams.core.predicates import sql_of
from streams.core.query import not_of
from streams.core.registry import FIGURES, Figure, Ledger, Unit
from streams.show.board.picture import texts
from streams.show.board.profiles import Profile
from streams.show.board.standing import CUTS, open_cases
from streams.show.board.view import View
from streams.show.figures import Answers
from streams.show.rates import Unreadable, local_text

PAGE = 50
SIDES = ("numerator", "denominator")
MOST_PAGES = 100_000
_COUNTED = {Unit.COUNT, Unit.RATE}
_COLUMNS = {
    Ledger.CASES: ("case_id", "filed_at", "state", "deadline", "closed_at", "department"),
    Ledger.REPORTS: ("case_id", "occurred_at", "id"),
}
_WHERE = ("source", "street", "area", "grid", "category", "matter")


class Cell(msgspec.Struct, frozen=True):
    """Which cell of the board: one side of a figure, of a value of each of these fields."""

    figure: Figure
    side: str
    cut: dict[str, str | None]
    light: str | None
    page: int

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Cell":
        """That of an address; an empty value stands for what is missing. Unreadable otherwise."""
        figure, side = FIGURES.get(asked.get("figure", "case_count")), asked.get("side", SIDES[0])
        if figure is None or figure.ledger not in _COLUMNS or figure.unit not in _COUNTED:
            raise Unreadable("figure is a count or a rate of cases or of reports")
        cut = {name: asked[name] or None for name in CUTS if name in asked}
        if lacking := sorted(not_of(figure.ledger).intersection(cut)):
            raise Unreadable(f"{figure.ledger.value} have no {', '.join(lacking)}")
        cell = cls(figure, side, cut, asked.get("light") or None, _page(asked.get("page", "1")))
        if side not in cell.sides:
            raise Unreadable(f"side is one of {', '.join(cell.sides)}")
        return cell

    @property
    def sides(self) -> dict[str, str]:
        """The conditions of the figure's sides."""
        parts = zip(SIDES, (self.figure.numerator, self.figure.denominator), strict=True)
        return {name: sql_of(part) or "1" for name, part in parts if part is not None}

    def within(self) -> tuple[list[str], dict[str, str | None]]:
        """The conditions of the cut, and their parameters."""
        conditions = [
            f"{name} IS NULL" if value is None else f"{name} = %(cut_{name})s"
            for name, value in self.cut.items()
        ]
        return conditions, {f"cut_{name}": value for name, value in self.cut.items()}


def listed(
    store: Answers, profile: Profile, view: View, asked: Mapping[str, str], wall: datetime
) -> dict[str, Any]:
    """One page of them, the oldest first."""
    cell, query = Cell.read(asked), view.query(store, profile.zone, wall)
    where, values = cell.within()
    params = {**sql(query).params, **values}
    if cell.light:
        lit = open_cases(store, query, profile.calendars)
        params["ids"] = (*(one.case_id for one in lit if one.light == cell.light), "")
        where.append("case_id IN %(ids)s")
    asked_of = [Asked(part) for part in cell.figure.sides]
    table, order = source(cell.figure.ledger, query, asked_of)
    found = f"FROM (SELECT * FROM {table}) WHERE {' AND '.join([*where, '1'])}"
    counts = ", ".join(f"countIf({condition})" for condition in cell.sides.values())
    (sizes,) = store.query(f"SELECT {counts} {found}", params)
    total = dict(zip(cell.sides, map(int, sizes), strict=True))
    columns = (*_COLUMNS[cell.figure.ledger], *_WHERE)
    rows = store.query(
        f"SELECT {', '.join(columns)} {found} AND {cell.sides[cell.side]}"
        f" ORDER BY {order}, case_id LIMIT {PAGE} OFFSET {PAGE * (cell.page - 1)}",
        params,
    )
    told = [_row(columns, row, query) for row in rows]
    words = texts(store, query.place, [row["case_id"] for row in told])
    return {
        "figure": cell.figure.id,
        "side": cell.side,
        "light": cell.light,
        "cut": cell.cut,
        "as_of": local_text(query.as_of, query.zone),
        "from": query.from_ and local_text(query.from_, query.zone),
        "total": total[cell.side],
        "sides": total if len(total) > 1 else None,
        "page": cell.page,
        "pages": max(1, -(-total[cell.side] // PAGE)),
        "rows": [row | {"text": words.get(row["case_id"], "")} for row in told],
    }


def _page(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PAGES:
        raise Unreadable(f"page is a number from 1 to {MOST_PAGES}")
    return int(text)


def _row(columns: tuple[str, ...], row: Any, query: Query) -> dict[str, Any]:
    return {
        name: local_text(aware(value), query.zone) if isinstance(value, datetime) else value
        for name, value in zip(columns, row, strict=True)
    }
