"""Conditions on a counted row at an as-of instant, each said once: for Python and for SQL.

A row is whatever a ledger counts (`core/ledgers`); a condition reads its fields by name, which are
the names of the columns, too.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

Holds = Callable[[Any, datetime], bool]

INSTANT = "toDateTime64(%({0})s, 6, 'UTC')"
"""An instant handed over as text: the driver itself would cut a datetime's microseconds off."""

AS_OF = INSTANT.format("as_of")

MICROSECOND = timedelta(microseconds=1)


def instant_text(at: datetime) -> str:
    """An aware instant as `INSTANT` reads it: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class Condition(msgspec.Struct, frozen=True):
    """One condition in both forms; neither ever answers NULL, so `~` means what it says."""

    holds: Holds
    sql: str

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(
            lambda row, at: self.holds(row, at) and other.holds(row, at),
            f"({self.sql} AND {other.sql})",
        )

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(
            lambda row, at: self.holds(row, at) or other.holds(row, at),
            f"({self.sql} OR {other.sql})",
        )

    def __invert__(self) -> "Condition":
        return Condition(lambda row, at: not self.holds(row, at), f"(NOT {self.sql})")


def flag(field: str) -> Condition:
    """The flag is set."""
    return Condition(lambda row, _: bool(getattr(row, field)), f"({field} = 1)")


def true(field: str) -> Condition:
    """The flag, that may be unknown, is set."""
    return Condition(lambda row, _: getattr(row, field) is True, f"ifNull({field}, 0)")


def one_of(field: str, *values: str) -> Condition:
    """The field holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return Condition(
        lambda row, _: getattr(row, field) in values, f"ifNull({field} IN ({listed}), 0)"
    )


def given(field: str) -> Condition:
    """The field is not empty."""
    return Condition(lambda row, _: getattr(row, field) is not None, f"({field} IS NOT NULL)")


def ever(word: str) -> Condition:
    """The word stands among what has happened (`core/happened`)."""
    return Condition(lambda row, _: word in row.happened, f"has(happened, '{word}')")


def ever_any(words: Iterable[str]) -> Condition:
    """One of the words stands there."""
    wanted = frozenset(words)
    listed = ", ".join(f"'{word}'" for word in sorted(wanted))
    return Condition(
        lambda row, _: not wanted.isdisjoint(row.happened), f"hasAny(happened, [{listed}])"
    )


def past(field: str) -> Condition:
    """The field's instant lies before the as-of instant; an empty field lies nowhere."""

    def holds(row: Any, at: datetime) -> bool:
        value: datetime | None = getattr(row, field)
        return value is not None and value < at

    return Condition(holds, f"ifNull({field} < {AS_OF}, 0)")


def by(field: str, limit: str) -> Condition:
    """One instant not after another one; the very instant is in time."""

    def holds(row: Any, _: datetime) -> bool:
        value: datetime | None = getattr(row, field)
        last: datetime | None = getattr(row, limit)
        return value is not None and last is not None and value <= last

    return Condition(holds, f"ifNull({field} <= {limit}, 0)")


def within(start: str, end: str, length: timedelta) -> Condition:
    """From one instant to another no more than this much time went by."""

    def holds(row: Any, _: datetime) -> bool:
        first: datetime | None = getattr(row, start)
        last: datetime | None = getattr(row, end)
        return first is not None and last is not None and last - first <= length

    return Condition(holds, f"ifNull({elapsed_sql(start, end)} <= {length // MICROSECOND}, 0)")


def aged(start: str, length: timedelta) -> Condition:
    """More than this much time lies between the instant and the as-of instant."""

    def holds(row: Any, at: datetime) -> bool:
        first: datetime | None = getattr(row, start)
        return first is not None and at - first > length

    return Condition(holds, f"ifNull({elapsed_sql(start, AS_OF)} > {length // MICROSECOND}, 0)")


def elapsed_sql(start: str, end: str) -> str:
    """Microseconds from one instant to another."""
    return f"dateDiff('microsecond', {start}, {end})"
