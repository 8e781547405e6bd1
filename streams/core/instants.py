"""Instants at the door: read with their offset, in range, and in UTC from there on."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, get_args

import msgspec

from streams.core.refusal import Reason, Refused

OCCURRED = (1970, 2199)
"""Years in which something may occur."""

STORABLE = (1900, 2299)
"""Years that an instant inside the data may name: what every store of ours can hold."""

Noun = TypeVar("Noun", bound=msgspec.Struct)


def aware(at: datetime) -> datetime:
    """An instant as the store tells it, which may leave out that it is UTC."""
    return at.replace(tzinfo=at.tzinfo or UTC)


def read_time(text: str, name: str) -> datetime:
    """An RFC 3339 time of an envelope in UTC; Refused as no_offset or bad_time, by its name."""
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise Refused(Reason.BAD_TIME, f"{name} is no RFC 3339 date-time") from None
    return utc(at, name, OCCURRED)


def utc(at: datetime, name: str, years: tuple[int, int]) -> datetime:
    """The instant in UTC; Refused where it has no offset, or its year lies outside `years`."""
    if at.tzinfo is None:
        raise Refused(Reason.NO_OFFSET, f"{name} has no offset from UTC")
    # The calendar's own ends cannot be shifted into UTC; they are out of range anyway.
    if 1 < at.year < 9999 and years[0] <= (here := at.astimezone(UTC)).year <= years[1]:
        return here
    raise Refused(Reason.BAD_TIME, f"{name} lies outside the years {years[0]} to {years[1]}")


def in_utc(noun: Noun) -> Noun:
    """The noun with every instant in it in UTC; Refused by the field's path."""
    return _noun(noun, "$")


def _noun(noun: Noun, path: str) -> Noun:
    changed = {}
    for name in _timed(type(noun)):
        old = getattr(noun, name)
        new = _value(old, f"{path}.{name}")
        if new is not old:
            changed[name] = new
    return msgspec.structs.replace(noun, **changed) if changed else noun


def _value(value: Any, path: str) -> Any:
    if isinstance(value, datetime):
        return utc(value, path, STORABLE)
    if isinstance(value, msgspec.Struct):
        return _noun(value, path)
    if isinstance(value, list):
        return [_value(item, f"{path}[{i}]") for i, item in enumerate(value)]
    return value


@lru_cache(maxsize=256)
def _timed(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a type that may hold an instant, or something that holds one."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if _may_hold(field.type))


def _may_hold(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return bool(_timed(kind))
    return kind is datetime or any(_may_hold(part) for part in get_args(kind))
