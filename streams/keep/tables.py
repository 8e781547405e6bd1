"""The tables: which columns each has, derived from the nouns, and how a field becomes a column."""

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect

from streams.core.accepted import AcceptedCall, AcceptedRound, ReferenceChange, Tick
from streams.core.events import Reference, Round
from streams.core.results import DeadLetter, Fact, LookRow, ReportRow, Snapshot, Span, StepRow
from streams.core.slotrows import SlotRow, SlotsKept

Carried = tuple[Any, ...]
"""A table's `audit` values: by which record a row came."""

Values = Iterable[Any]
Mapper = Callable[[Values], list[Any]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What DateTime64 can hold. An instant outside stands at the border: due dates are kept as given,
# also decades ahead or with a mistyped century, and one such date must not stop the sink.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2299, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICROS_A_DAY = 86_400_000_000


class Column(msgspec.Struct, frozen=True):
    """A column, the field that it is read from, and what must be done to that field's values."""

    name: str
    path: str
    mapper: Mapper


class Table(msgspec.Struct, frozen=True):
    """A table: the columns of its noun, and then by which record the row came."""

    name: str
    columns: tuple[Column, ...]
    audit: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All column names, in the order in which `turned` gives the columns."""
        return [*(column.name for column in self.columns), *self.audit]

    def turned(self, rows: Sequence[Any], carried: Sequence[Carried]) -> list[list[Any]]:
        """Rows as new lists, one a column: nothing in them is shared with an earlier call."""
        if not rows:
            return [[] for _ in self.names]
        columns = [column.mapper(map(attrgetter(column.path), rows)) for column in self.columns]
        return [*columns, *map(list, zip(*carried, strict=True))]


def micros(instant: datetime) -> int:
    """An instant as microseconds since 1970: the driver sends whole numbers as they are."""
    since = instant - EPOCH
    return since.days * _MICROS_A_DAY + since.seconds * 1_000_000 + since.microseconds


_EARLIEST, _LATEST = micros(EARLIEST), micros(LATEST)


def instants(values: Values) -> list[Any]:
    """Instants (or None) as microseconds, none of them outside the column type's range."""
    sent = [None if value is None else micros(value) for value in values]
    known = [at for at in sent if at is not None]
    if known and (min(known) < _EARLIEST or max(known) > _LATEST):
        return [at if at is None else min(max(at, _EARLIEST), _LATEST) for at in sent]
    return sent


def json_texts(values: Values) -> list[Any]:
    """Objects, or their raw JSON, as JSON text; Chinese stays readable."""
    encode = msgspec.json.encode
    return [encode(value).decode() for value in values]


def _mapper(type_: inspect.Type) -> Mapper:
    if isinstance(type_, inspect.Metadata):
        return _mapper(type_.type)
    if isinstance(type_, inspect.UnionType):
        (only,) = [one for one in type_.types if not isinstance(one, inspect.NoneType)]
        return _mapper(only)
    if isinstance(type_, inspect.DateTimeType):
        return instants
    if isinstance(type_, inspect.DictType) or (
        isinstance(type_, inspect.ListType) and isinstance(type_.item_type, inspect.DictType)
    ):
        return json_texts
    return list


def light(type_: Any) -> Any:
    """The same noun for reading only: objects stay raw JSON, rows unseen by the collector.

    Fifty thousand waiting rows would otherwise be walked by it again and again.
    """
    if get_origin(type_) is dict:
        return msgspec.Raw
    if get_origin(type_) is list:
        return types.GenericAlias(list, (light(get_args(type_)[0]),))
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        fields = [_light_field(field) for field in msgspec.structs.fields(type_)]
        return msgspec.defstruct(type_.__name__, fields, frozen=True, gc=False, kw_only=True)
    return type_


def _light_field(field: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    kept = light(field.type)
    if field.required:
        return (field.name, kept)
    if kept is msgspec.Raw:
        return (field.name, kept, msgspec.Raw(b"{}"))
    return (field.name, kept, msgspec.field(**_default(field)))


def _default(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        return {"default_factory": field.default_factory}
    return {"default": field.default}


def _columns(struct: type, path: str = "", prefix: str = "") -> Iterator[Column]:
    """A struct's fields; a content stands bare, any other struct within lends its name."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    for field in described.fields:
        if isinstance(field.type, inspect.StructType):
            inner = "" if field.type.cls in _CONTENTS else f"{field.name}_"
            yield from _columns(field.type.cls, f"{field.name}.", inner)
        else:
            yield Column(f"{prefix}{field.name}", f"{path}{field.name}", _mapper(field.type))


_CONTENTS = (Round, Reference)
_RECORD = ("topic", "partition", "offset")
_ARRIVED = ("ingested_at", *_RECORD)
"""Of nouns that do not know it themselves: when the broker had the record, in microseconds."""


def _table(name: str, struct: type, audit: tuple[str, ...] = _RECORD) -> Table:
    return Table(name, tuple(_columns(struct)), audit)


REPORTS = _table("reports", ReportRow)
CASES = _table("cases", Snapshot)
CASE_SPANS = _table("case_spans", Span)
CASE_STEPS = _table("case_steps", StepRow)
FACTS = _table("facts", Fact)
LOOKS = _table("looks", LookRow, _ARRIVED)
ROUNDS = _table("rounds", AcceptedRound, _ARRIVED)
CALLS = _table("calls", AcceptedCall, _ARRIVED)
# A letter's own fields say where the refused input stood, so the letter's place has other names.
DEAD_LETTERS = _table(
    "dead_letters", DeadLetter, ("letter_topic", "letter_partition", "letter_offset")
)
REFERENCE_DOCUMENTS = _table("reference_documents", ReferenceChange, _ARRIVED)
CLOCKS = _table("clocks", Tick, _ARRIVED)

TABLES = (
    *(REFERENCE_DOCUMENTS, REPORTS, CASES, CASE_SPANS, CASE_STEPS, FACTS, ROUNDS, DEAD_LETTERS),
    *(LOOKS, CALLS, CLOCKS),
)
"""In the order in which a batch is stored: a clock is never ahead of what came beside it."""

SLOTS = _table("slots", SlotRow, ())
SLOTS_KEPT = _table("slots_kept", SlotsKept, ())
MADE = (SLOTS, SLOTS_KEPT)
"""What no record carries: made from the other tables, by `slotkeeper`."""
