"""Figures asked of the warehouse, and what time it is at a place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from streams.core.figures import Query, Row
from streams.core.figures_sql import rows, sql
from streams.core.instants import aware


class Answers(Protocol):
    """Whatever answers SQL with rows: the wire's Warehouse."""

    def query(self, sql: str, params: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of one statement; `%(name)s` in it stands for a parameter."""


def ask(warehouse: Answers, query: Query) -> list[Row]:
    """All asked figures as the warehouse has them: the total first, then each combination."""
    question = sql(query)
    answered = [warehouse.query(one.sql, question.params) for one in question.statements]
    return rows(query, answered)


def latest_tick(warehouse: Answers, place: str) -> datetime | None:
    """The latest tick of a place's clock; None where none runs."""
    found = warehouse.query(
        "SELECT maxOrNull(at) FROM clocks WHERE place = %(place)s", {"place": place}
    )
    at: datetime | None = found[0][0]
    return at if at is None else aware(at)


def place_now(warehouse: Answers, place: str | None, wall: datetime) -> datetime:
    """'Now' at a place: its latest tick; the wall clock where none runs or no place is named."""
    return (latest_tick(warehouse, place) if place is not None else None) or wall
