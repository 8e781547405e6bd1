"""Figures of calls at the hotline's desk: how many were answered by a person, and how soon.

Calls are of no flow, and no dispute excludes one: the figures are the same whatever flow is asked
about, and have no `_raw` twins.
"""

from functools import partial

from streams.core.figuredef import Family, Ledger, count, of, single

_rate = partial(single, denominator=(), ledger=Ledger.CALLS)

CALLS = of(
    Family.HOTLINE,
    count("call_count", "呼入量", "calls offered", ledger=Ledger.CALLS),
    _rate("connection_rate", "接通率", "calls answered", ("call_answered",)),
    _rate(
        *("answered_in_15s_rate", "十五秒接通率", "calls answered within 15 s"),
        ("call_answered_in_15s",),
    ),
)
