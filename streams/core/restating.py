"""更正 · what the figures said as known then, what they say now, and case by case why.

Every count and rate is made of rows that are counted; so what it changed by is what each case
gives more or less to its numerator and denominator, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from streams.core.figures import Asked, Query, Row, asked, asked_ledgers, uncut_query
from streams.core.figures_sql import Params, params_of, select
from streams.core.query import Cut
from streams.core.registry import FIGURES, Figure, Ledger, Unit

_EXPLAINED = frozenset({Unit.COUNT, Unit.RATE})
"""A median, or a score, is no sum of what single cases give."""


def explained(figure: Figure) -> bool:
    """Whether single cases can tell why it changed; a call is of none."""
    return figure.unit in _EXPLAINED and figure.ledger is not Ledger.CALLS


class Change(msgspec.Struct, frozen=True):
    """By how much a numerator and a denominator (None of a count) changed."""

    numerator: int
    denominator: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is none."""
        return not self.numerator and not self.denominator


class Moved(msgspec.Struct, frozen=True):
    """What a case gives more or less to the figures of one combination of cut fields, now that more
    is known; `by` is empty where nothing is cut, or a ledger cannot be."""

    case_id: str
    by: dict[str, str | None]
    figures: dict[str, Change]


def moves_sql(then: Query, now: Query, ledger: Ledger) -> tuple[str, Params]:
    """What each case's part of a ledger's counts is now less what it was then, where it differs."""
    here, there = (_cut_for(ledger, query) for query in (now, then))
    params = params_of(here)
    # The same text asks at another K by another parameter.
    before = select(ledger, there, params, "case_id").replace("%(known_at)s", "%(then)s")
    after = select(ledger, here, params, "case_id")
    names = [f"part_{n}" for n, _ in enumerate(asked(ledger, here))]
    keys = ", ".join(["case_id", *(f"cut_{n}" for n, _ in enumerate(here.by))])
    sums = [f"sum(sign * toInt64({name})) AS moved_{name}" for name in names]
    differ = " OR ".join(f"moved_{name} != 0" for name in names)
    sql = (
        f"SELECT {keys}, {', '.join(sums)} FROM (SELECT *, -1 AS sign FROM ({before})"
        f" UNION ALL SELECT *, 1 AS sign FROM ({after})) GROUP BY {keys} HAVING {differ}"
        f" ORDER BY {keys}"
    )
    return sql, params | {"then": params_of(there)["known_at"]}


def ledgers_of(query: Query) -> list[Ledger]:
    """The ledgers of the asked figures."""
    return [
        one
        for one in asked_ledgers(query)
        if any(FIGURES[name].ledger is one for name in query.figures)
    ]


def moved(query: Query, ledger: Ledger, rows: Iterable[Sequence[Any]]) -> Iterator[Moved]:
    """The answer to `moves_sql`, in the figures' terms."""
    query = _cut_for(ledger, query)
    wanted, width = asked(ledger, query), len(query.by) + 1
    for case_id, *row in rows:
        parts = dict(zip(wanted, row[width - 1 :], strict=True))
        changes = _changes(query, ledger, parts)
        if changes:
            by: Cut = tuple(row[: width - 1])
            yield Moved(case_id, dict(zip(query.by, by, strict=True)), changes)


def _changes(query: Query, ledger: Ledger, parts: Mapping[Asked, int]) -> dict[str, Change]:
    found = {}
    for name in query.figures:
        figure = FIGURES[name]
        if figure.ledger is ledger:
            below = None if figure.denominator is None else parts[Asked(figure.denominator)]
            change = Change(parts[Asked(figure.numerator)], below)
            if not change.nothing:
                found[name] = change
    return found


def _cut_for(ledger: Ledger, query: Query) -> Query:
    return query if query.cuts(ledger) else uncut_query(query)


# --- what it comes to ----------------------------------------------------------------------------


def difference(then: Row, now: Row) -> dict[str, Change]:
    """By how much each figure of a row changed; nothing of one that the row's cut does not tell."""
    return {
        name: Change(
            _top(now, name) - _top(then, name),
            None if FIGURES[name].denominator is None else _bottom(now, name) - _bottom(then, name),
        )
        for name in now.figures
    }


def _bottom(row: Row, name: str) -> int:
    """A rate's denominator."""
    return row.figures[name].denominator or 0


def _top(row: Row, name: str) -> int:
    """A rate's numerator, or a count."""
    value = row.figures[name]
    return int((value.value if value.denominator is None else value.numerator) or 0)


def summed(moves: Iterable[Moved], figures: Iterable[str]) -> dict[str, Change]:
    """What single cases changed, together."""
    tops = dict.fromkeys(figures, 0)
    bottoms = {name: 0 for name in tops if FIGURES[name].denominator is not None}
    for one in moves:
        for name, change in one.figures.items():
            tops[name] += change.numerator
            if change.denominator is not None:
                bottoms[name] += change.denominator
    return {name: Change(top, bottoms.get(name)) for name, top in tops.items()}
