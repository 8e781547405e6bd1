"""A bulletin's questions, and what the place calls what is answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from streams.core.figures_sql import params_of
from streams.core.period import Period
from streams.core.place import PlaceRules
from streams.core.query import Query
from streams.show.bulletin.sheet import Cell
from streams.show.figures import Answers

NONE_YET = {
    "department": "未派单 not dispatched",
    "street": "位置不明 not located",
    "area": "位置不明 not located",
    "matter": "未分类 unclassified",
}
"""What stands where a case has no such code."""


class Asked(msgspec.Struct, frozen=True):
    """A bulletin's questions: the store, the place's rules at A, the period as asked for, and the
    same of the period before; lists hold at most so many rows."""

    store: Answers
    rules: PlaceRules
    period: Period
    now: Query
    before: Query
    most: int

    def standing(self, **more: Any) -> Query:
        """Of all cases, whenever they were filed."""
        return msgspec.structs.replace(self.now, from_=None, to=None, **more)

    def rows(self, sql: str, query: Query) -> Sequence[Sequence[Any]]:
        """The rows of one more statement about that query's cases."""
        return self.store.query(sql, params_of(query))

    def names(self, field: str) -> Callable[[str | None], Cell]:
        """What a field's codes are called at the place."""
        listed: Mapping[str, Any] = {
            "department": self.rules.departments,
            "street": self.rules.areas,
            "area": self.rules.areas,
            "matter": self.rules.matters,
        }[field]

        def named(code: str | None) -> Cell:
            if code is None:
                return NONE_YET[field]
            return listed[code].name if code in listed else code

        return named
