"""Figures as single SELECTs with one column for each: what a panel shows, and the rows behind it.

Their parameters are those of `figures_sql.sql`; whoever asks may put expressions in their place.
"""

from collections.abc import Iterable, Mapping, Sequence

from streams.core.figures import Asked, asked
from streams.core.figures_sql import counted_sql, selected
from streams.core.ledgers_sql import NOTHING, source
from streams.core.predicates import sql_of
from streams.core.query import Query
from streams.core.registry import FIGURES, Figure, Ledger, Part


def values_sql(
    query: Query, ledger: Ledger, only: Mapping[str, str] = NOTHING, sized: Iterable[str] = ()
) -> str:
    """The query's figures of this ledger: `cut_0`, `cut_1`, ... and a column for each, by its id;
    of the `sized` ones also how many they are of, as `<id>_n`. Only over rows of which each of
    `only` holds, by the field that it is about."""
    figures = _of(query, ledger)
    values = [f"{value_sql(one, n)} AS {one.id}" for n, one in enumerate(figures)]
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
    only: Mapping[str, str] = NOTHING,
) -> str:
    """The rows behind the one of the query's figures that the expression `chosen` names: what its
    denominator counts (of a count, its numerator), and as `counted` whether the numerator does.

    Each condition stands there once, and the figures as lists of their names: a condition a figure
    would take the server longer to read than to answer."""
    figures, wanted = _of(query, ledger), asked(ledger, query)
    names = sorted({name for one in wanted for name in one.part})
    table, at = source(ledger, query, wanted, only)
    tests = ", ".join(sql_of((name,)) for name in names)
    holding = f"arrayFilter((name, holds) -> holds, {names!r}, [{tests}]) AS holding"
    among = _chosen(chosen, [(one.id, one.sides[-1]) for one in figures])
    having = _chosen(chosen, [(one.id, one.sides[0]) for one in figures])
    listed = ", ".join([*columns, f"{at} AS counted_at", f"{having} AS counted"])
    return f"SELECT {listed} FROM (SELECT *, {holding} FROM {table}) WHERE {among}"


def value_sql(figure: Figure, n: int = 0) -> str:
    """A figure's value as one expression over its ledger's rows (of cases: the standing, filed ones
    of case_spans FINAL); `n` tells the expressions of one SELECT apart."""
    if figure.measure:
        counted = f"({counted_sql(Asked(figure.sides[0], figure.measure), n)} AS taken_{n})"
        stat = {"mean": ".2 / taken_{}.1", "p50": ".3", "p90": ".4"}[figure.stat].format(n)
        return f"if({counted}.1 = 0, NULL, taken_{n}{stat} / 1000000)"
    numerator = counted_sql(Asked(figure.numerator), n)
    if figure.denominator is None:
        return numerator
    return f"{numerator} / nullIf({counted_sql(Asked(figure.denominator), n)}, 0)"


def _of(query: Query, ledger: Ledger) -> list[Figure]:
    return [FIGURES[name] for name in query.figures if FIGURES[name].ledger is ledger]


def _chosen(chosen: str, parts: Sequence[tuple[str, Part]]) -> str:
    """Whether all conditions of the chosen figure's part hold; of an unknown figure none does."""
    ids, lists = [name for name, _ in parts], [" ".join(part) for _, part in parts]
    named = f"transform({chosen}, {ids!r}, {lists!r}, '?')"
    return f"hasAll(holding, arrayFilter(name -> name != '', splitByChar(' ', {named})))"
