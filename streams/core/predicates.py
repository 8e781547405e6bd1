"""What may be said of a case at an as-of instant: each sentence once, for Python and for SQL."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from streams.core.results import Span

Holds = Callable[[Span, datetime], bool]

INSTANT = "toDateTime64(%({0})s, 6, 'UTC')"
"""An instant handed over as text: the driver itself would cut a datetime's microseconds off."""

AS_OF = INSTANT.format("as_of")


def instant_text(at: datetime) -> str:
    """An aware instant as `INSTANT` reads it: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class Condition(msgspec.Struct, frozen=True):
    """One condition in both forms; neither ever answers NULL, so `~` means what it says."""

    holds: Holds
    sql: str

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(
            lambda span, at: self.holds(span, at) and other.holds(span, at),
            f"({self.sql} AND {other.sql})",
        )

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(
            lambda span, at: self.holds(span, at) or other.holds(span, at),
            f"({self.sql} OR {other.sql})",
        )

    def __invert__(self) -> "Condition":
        return Condition(lambda span, at: not self.holds(span, at), f"(NOT {self.sql})")


def _flag(field: str) -> Condition:
    return Condition(lambda span, _: bool(getattr(span, field)), f"({field} = 1)")


def _is(field: str, value: str) -> Condition:
    return Condition(lambda span, _: getattr(span, field) == value, f"({field} = '{value}')")


def _past(field: str) -> Condition:
    """The field's instant lies before the as-of instant; an empty field lies nowhere."""

    def holds(span: Span, at: datetime) -> bool:
        value: datetime | None = getattr(span, field)
        return value is not None and value < at

    return Condition(holds, f"ifNull({field} < {AS_OF}, 0)")


def _by(field: str, limit: str) -> Condition:
    """One instant of the case not after another one; the very instant is in time."""

    def holds(span: Span, _: datetime) -> bool:
        value: datetime | None = getattr(span, field)
        last: datetime | None = getattr(span, limit)
        return value is not None and last is not None and value <= last

    return Condition(holds, f"ifNull({field} <= {limit}, 0)")


def _known(field: str) -> Condition:
    return Condition(lambda span, _: getattr(span, field) is not None, f"isNotNull({field})")


_NEVER = Condition(lambda _span, _at: False, "(0 = 1)")
_CLOSED = _is("state", "closed")


class Predicate(msgspec.Struct, frozen=True):
    """A named condition on a case's row at A, said in both languages."""

    zh: str
    en: str
    test: Condition


PREDICATES: dict[str, Predicate] = {
    "filed": Predicate(
        "A 之前已立案且未作废",
        "filed_at < A and not void",
        _past("filed_at") & ~_flag("void"),
    ),
    "closed": Predicate("A 时处于结案状态", "in state closed at A", _CLOSED),
    "open": Predicate("A 时未结案", "not closed at A", ~_CLOSED),
    "handled": Predicate(
        "A 之前已处置且此后未返工、退单、重开;结案即视为已处置",
        "handled_at < A, not undone since; closed implies handled",
        _CLOSED | _past("handled_at"),
    ),
    "dispatched": Predicate(
        "A 时已派给部门(退回未再派的除外)",
        "a department has it, or had it last",
        _known("department"),
    ),
    "overdue": Predicate("时限早于 A", "deadline < A", _past("deadline")),
    "due": Predicate(
        "应结案:A 时已结案,或时限早于 A",
        "closed at A, or deadline < A",
        _CLOSED | _past("deadline"),
    ),
    "on_time": Predicate(
        "已结案,且无时限或 closed_at ≤ 时限",
        "closed, and without a deadline or closed_at ≤ deadline",
        _CLOSED & (_is("deadline_kind", "none") | _by("closed_at", "deadline")),
    ),
    "with_deadline": Predicate(
        "有确定时限", "deadline_kind is fixed", _is("deadline_kind", "fixed")
    ),
    "deadline_known": Predicate(
        "时限可知(含无时限)", "deadline_kind is not unknown", ~_is("deadline_kind", "unknown")
    ),
    "deadline_unknown": Predicate(
        "时限未知(缺少当年工作日历)",
        "deadline_kind is unknown: a calendar's year is missing",
        _is("deadline_kind", "unknown"),
    ),
    "not_excluded": Predicate("未剔除", "not excluded after a dispute", ~_flag("excluded")),
    "unavailable": Predicate("尚无数据", "nothing is recorded for this yet", _NEVER),
}


def sql_of(names: tuple[str, ...]) -> str:
    """Every one of these named conditions holds; one or more of them."""
    return " AND ".join(PREDICATES[name].test.sql for name in names)
