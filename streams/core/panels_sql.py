"""Figures as single SELECTs with one column for each: what a panel shows, and the rows behind it.

Their parameters are those of `figures_sql.sql`; whoever asks may put expressions in their place.
"""

from collections.abc import Iterable, Mapping

from streams.core.figures import Asked, asked
from streams.core.figures_sql import NOTHING, counted_sql, selected
from streams.core.ledgers_sql import source
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
    return selected(ledger, query, values, {}, only)


def behind_sql(
    query: Query,
    ledger: Ledger,
    chosen: str,
    columns: Iterable[str],
    only: Mapping[str, str] = NOTHING,
) -> str:
    """The rows behind the one of the query's figures that the expression `chosen` names: what its
    denominator counts (of a count, its numerator), and as `counted` whether the numerator does."""
    among = _chosen(chosen, ((one.id, one.sides[-1]) for one in _of(query, ledger)))
    having = _chosen(chosen, ((one.id, one.sides[0]) for one in _of(query, ledger)))
    table, at = source(ledger, query, asked(ledger, query), only)
    listed = ", ".join([*columns, f"{at} AS counted_at", f"{having} AS counted"])
    return f"SELECT {listed} FROM (SELECT * FROM {table}) WHERE {among}"


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


def _chosen(chosen: str, parts: Iterable[tuple[str, Part]]) -> str:
    cases = [f"{chosen} = '{name}', {sql_of(part) or '1'}" for name, part in parts]
    return f"multiIf({', '.join(cases)}, 0)"
