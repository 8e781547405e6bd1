"""Figures of slots as one SELECT over the rows that are kept of them: what `roundfigures.overview`
says, at any (A, K)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from streams.core.figures_sql import FORMATS, local_sql
from streams.core.ledgers_sql import FROM, INSIDE, KNOWN, NOTHING, ON_LEVEL, Limits
from streams.core.predicates import AS_OF, instant_text
from streams.core.query import DAYS, SUMMED_UP
from streams.core.roundfigures import FIELDS, RoundQuery
from streams.core.slotfigures import OF_SLOTS, SHARES, SLOT_FIGURES

FIELDS_OF_SLOTS = frozenset({"kind", "schedule", "street", "area", "subject", "scene", "mode"})
"""What a condition may be asked of, beside `lineage`."""

OVER = f"begun_at >= {FROM} AND begun_at < {AS_OF} AND over_at <= {AS_OF} AND {KNOWN} AND NOT gone"
"""Meets exactly one row of each slot that begins in [from, A) and is over at A, in slots FINAL."""

DONE = "if(kind = 'duty', uncovered_us = 0, visits >= asked)"
"""Whether all that was asked for was done, as `Judged.done` has it."""


def slots_sql(
    by: Sequence[str],
    figures: Iterable[str],
    *,
    at_level: bool = False,
    inside: bool = False,
    only: Limits = NOTHING,
    parts: bool = False,
) -> str:
    """`cut_0`, `cut_1`, ..., then `expected` and `done` slots, and a column for each figure by its
    id: its value, NULL where nothing was asked; with `parts` its numerator and denominator.

    Parameters are place, from, as_of, known_at, and as asked zone, at_level, inside and the format
    of each kind of day. ValueError for what slots cannot be cut or limited by.
    """
    if lacking := sorted({*by} - {*FIELDS} | only.keys() - FIELDS_OF_SLOTS - {"lineage"}):
        raise ValueError(f"slots have no {', '.join(lacking)}")
    cuts = [f"{_cut(name, at_level)} AS cut_{n}" for n, name in enumerate(by)]
    counts = ["count() AS expected", f"countIf({DONE}) AS done"]
    told = [f"{_told(name, parts)} AS {name}" for name in figures]
    where = ["place = %(place)s", OVER, *(one.holds for one in only.values())]
    where += [INSIDE] if inside else []
    text = f"SELECT {', '.join([*cuts, *counts, *told])} FROM slots FINAL"
    text += f" WHERE {' AND '.join(where)}"
    return f"{text} GROUP BY {', '.join(f'cut_{n}' for n in range(len(cuts)))}" if cuts else text


def params_of(query: RoundQuery, known_at: datetime) -> dict[str, Any]:
    """What a `slots_sql` with this query's cuts is given."""
    instants = {"from": query.since, "as_of": query.as_of, "known_at": known_at}
    params: dict[str, Any] = {name: instant_text(at) for name, at in instants.items()}
    params |= {"place": query.place, "zone": query.zone}
    params |= {"at_level": query.at_level, "inside": query.inside}
    return params | {name: FORMATS[name] for name in query.by if name in DAYS}


def _cut(field: str, at_level: bool) -> str:
    if field in DAYS:
        return local_sql(field, "begun_at", "zone")
    if field == SUMMED_UP and at_level:
        return ON_LEVEL
    return "nullIf(scene, '')" if field == "scene" else field


def _told(figure: str, parts: bool) -> str:
    one = SLOT_FIGURES[figure]
    share = SHARES[one.measure]
    among = " AND ".join(OF_SLOTS[name].sql for name in one.denominator or ())
    done, asked = share.done_sql.format(among), share.asked_sql.format(among)
    return f"tuple({done}, {asked})" if parts else f"{done} / nullIf({asked}, 0)"
