"""What stands in the store as gauges: refused inputs, breaches, missing calendars, silence."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from streams.core.case import CALENDAR_MISSING
from streams.core.instants import aware
from streams.core.predicates import INSTANT, instant_text
from streams.core.results import FactKind
from streams.show.exporter import Metrics, Values
from streams.show.figures import Answers
from streams.show.letters import reasons

RECENT = timedelta(hours=1)
"""Breaches of so long a time before now are counted: a wave shows within it."""
ANSWERS = (
    FactKind.DISPATCH_SIGNED,
    FactKind.RETURN_REQUESTED,
    FactKind.EXTENSION_REQUESTED,
    FactKind.PAUSE_REQUESTED,
    FactKind.DEPARTMENT_ARRIVED,
    FactKind.TASK_FINISHED,
    FactKind.REQUESTER_CONTACTED,
    FactKind.CASE_HANDLED,
)
"""What a department does with its cases."""
_OPEN = "place = %(place)s AND NOT void AND state != 'closed'"


def measure_letters(metrics: Metrics, store: Answers) -> None:
    """The refused inputs that stand now, by reason."""
    metrics.gauges("dead_letters", {(reason,): n for reason, n in reasons(store).items()})


def measure_places(metrics: Metrics, store: Answers, now: Mapping[str, datetime]) -> None:
    """Each place at its own now: breaches of late, cases without a calendar, silent departments."""
    breaches: Values = {}
    missing: Values = {}
    silent: Values = {}
    for place, at in now.items():
        breaches[place,] = _breaches(store, place, at)
        missing[place,] = _without_calendar(store, place)
        for department, since in _silent_since(store, place).items():
            silent[place, department] = max(0.0, (at - since).total_seconds())
    metrics.gauges("breaches_recent", breaches)
    metrics.gauges("calendar_missing_cases", missing)
    metrics.gauges("department_silent_seconds", silent)


def _breaches(store: Answers, place: str, now: datetime) -> int:
    # Without FINAL, which would read every fact of the place: a fact's kind and date never change.
    sql = (
        "SELECT count() FROM (SELECT argMax(withdrawn, revision) AS gone FROM facts"
        " WHERE place = %(place)s AND kind = %(kind)s"
        f" AND occurred_at >= {INSTANT.format('from')} AND occurred_at < {INSTANT.format('to')}"
        " GROUP BY case_id, fact_id) WHERE NOT gone"
    )
    span = {"from": instant_text(now - RECENT), "to": instant_text(now)}
    params = {"place": place, "kind": FactKind.DEADLINE_BREACHED.value, **span}
    return _number(store.query(sql, params))


def _without_calendar(store: Answers, place: str) -> int:
    sql = (
        f"SELECT count() FROM cases FINAL WHERE {_OPEN}"
        " AND arrayExists(mark -> startsWith(mark, %(mark)s), marks)"
    )
    return _number(store.query(sql, {"place": place, "mark": CALENDAR_MISSING}))


def _silent_since(store: Answers, place: str) -> dict[str, datetime]:
    """Since when each department with open cases has done nothing: its last act, or the filing of
    its oldest open case where that is later."""
    waiting = store.query(
        f"SELECT department, min(filed_at) FROM cases FINAL WHERE {_OPEN}"
        " AND department IS NOT NULL AND filed_at IS NOT NULL GROUP BY department",
        {"place": place},
    )
    acted = store.query(
        "SELECT department, max(occurred_at) FROM facts WHERE place = %(place)s"
        " AND kind IN %(kinds)s AND NOT withdrawn AND department IS NOT NULL GROUP BY department",
        {"place": place, "kinds": tuple(kind.value for kind in ANSWERS)},
    )
    last: dict[str, datetime] = {department: at for department, at in acted}  # noqa: C416 - rows are sequences
    return {one: aware(max(filed, last.get(one, filed))) for one, filed in waiting}


def _number(rows: Sequence[Sequence[Any]]) -> int:
    return int(rows[0][0])
