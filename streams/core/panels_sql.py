"""Figures as single SELECTs with one column for each: what a panel shows, and the rows behind it.

Their parameters are those of `figures_sql.sql`; whoever asks may put expressions in their place.
"""

from collections.abc import Iterable, Sequence

from streams.core.figures import Asked, asked
from streams.core.figures_sql import counted_sql, selected
from streams.core.ledgers_sql import NOTHING, Limits, source
from streams.core.measures import MEASURES, stat_sql
from streams.core.predicates import by_name, called_sql
from streams.core.query import Query
from streams.core.registry import FIGURES, Figure, Ledger, Part


def values_sql(
    query: Query, ledger: Ledger, only: Limits = NOTHING, sized: Iterable[str] = ()
) -> str:
    """The query's figures of this ledger: `cut_0`, `cut_1`, ... and a column for each, by its id;
    of the `sized` ones also how many they are of, as `<id>_n`. Of `only` see
    `ledgers_sql.source`."""
    figures = _of(query, ledger)
    values = [f"{_value(one, n)} AS {one.id}" for n, one in enumerate(figures)]
    values += [
        f"{counted_sql(Asked(one.sides[-1]), 0)} AS {one.id}_n"
        for one in figures
        if one.id in sized
    ]
    return selected(ledger, query, values, {}, only=only)


def behind_sql(
    query: Query,
    ledger: Ledger,
    chosen: str,
    columns: Iterable[str],
    only: Limits = NOTHING,
) -> str:
    """The rows behind the one of the query's figures that the expression `chosen` names: what its
    denominator counts (of a count, its numerator), and as `counted` whether the numerator does.

    Each condition stands there once, guarded by whether the figure has it. `chosen` is a constant:
    of what it does not ask the server reads and computes nothing."""
    figures, wanted = _of(query, ledger), asked(ledger, query)
    names = sorted({name for one in wanted for name in one.part})
    table, at = source(ledger, query, wanted, only, columns)
    among = _listed(chosen, [(one.id, one.sides[-1]) for one in figures])
    having = _listed(chosen, [(one.id, one.sides[0]) for one in figures])
    told = called_sql(names, f"{among} AS among", f"{having} AS over")
    counted = " AND ".join(_if_asked("over", name) for name in names)
    listed = ", ".join([*columns, f"{at} AS counted_at", f"({counted}) AS counted"])
    where = " AND ".join(["among != ['?']", *(_if_asked("among", name) for name in names)])
    return f"{told}SELECT {listed} FROM (SELECT * FROM {table}) WHERE {where}"


def _value(figure: Figure, n: int) -> str:
    """A figure's value as one expression; `n` tells the expressions of one SELECT apart."""
    if figure.measure:
        condition = by_name(figure.sides[0]) or "1"
        return stat_sql(MEASURES[figure.measure], condition, figure.stat, f"times_{n}")
    numerator = counted_sql(Asked(figure.numerator), n)
    if figure.denominator is None:
        return numerator
    return f"{numerator} / nullIf({counted_sql(Asked(figure.denominator), n)}, 0)"


def _of(query: Query, ledger: Ledger) -> list[Figure]:
    return [FIGURES[name] for name in query.figures if FIGURES[name].ledger is ledger]


def _listed(chosen: str, parts: Sequence[tuple[str, Part]]) -> str:
    """The conditions of the chosen figure's part; of an unknown figure a question mark."""
    ids, lists = [name for name, _ in parts], [" ".join(part) for _, part in parts]
    return f"splitByChar(' ', {['?', *lists]!r}[indexOf({ids!r}, {chosen}) + 1])"


def _if_asked(conditions: str, name: str) -> str:
    return f"(NOT has({conditions}, '{name}') OR is_{name})"
