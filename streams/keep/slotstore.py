"""Slots in the store: what is kept of them read back, and only what differs written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from streams.core.conditions import INSTANT, instant_text
from streams.core.events import UNASKED, Round
from streams.core.instants import aware
from streams.core.rounds_sql import NEW, OF_A_KIND, round_of
from streams.core.slotrows import SlotRow, SlotsKept
from streams.keep.sink import Warehouse
from streams.keep.tables import SLOTS, SLOTS_KEPT, Table

Key = tuple[str, str, str, datetime, datetime]
"""Schedule, subject, scene, begun_at, known_from."""

Made = tuple[Round, datetime]
"""A round, and when it came in."""

# A span may be of any number of months, each of which is a partition.
_SETTINGS = {"async_insert": 0, "max_partitions_per_insert_block": 0}
_UNASKED = tuple(sorted(UNASKED))
_BEGUN = (
    f"SELECT {', '.join(SLOTS.names)} FROM slots FINAL WHERE place = %(place)s"
    f" AND begun_at >= {INSTANT.format('since')} AND begun_at < {INSTANT.format('until')}"
)
_STATE = (
    "SELECT place, min(started_at), max(ingested_at), max(offset)"
    " FROM rounds WHERE kind NOT IN %(unasked)s GROUP BY place"
)
_DIGESTS = (
    "SELECT place, hex(SHA256(arrayStringConcat(arraySort(groupArray("
    "concat(kind, ' ', version, ' ', toString(valid_from), ' ', sha256))))))"
    " FROM reference_documents FINAL WHERE place IN %(places)s GROUP BY place"
)


class Store(Warehouse, Protocol):
    """What is asked of the store. Every method raises Later: to be tried again."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        """The rows of one statement."""


def marks(store: Store) -> dict[str, SlotsKept]:
    """How far each place's slots are made."""
    found = store.query(f"SELECT {', '.join(SLOTS_KEPT.names)} FROM slots_kept FINAL")
    return {row[0]: SlotsKept(**_named(SLOTS_KEPT, row)) for row in found}


def keep_mark(store: Store, mark: SlotsKept) -> None:
    """Write how far a place's slots are made."""
    _insert(store, SLOTS_KEPT, [mark])


class There(NamedTuple):
    """Of a place's rounds that a schedule may ask for: when the first one began, when the last one
    came in, and the highest offset: all of a place stand in one partition, so each new one has a
    higher one. It is another value whenever one comes."""

    first: datetime
    last: datetime
    offset: int


def rounds_there(store: Store) -> dict[str, There]:
    """What there is of each place that has any."""
    return {
        place: There(aware(first), aware(last), offset)
        for place, first, last, offset in store.query(_STATE, {"unasked": _UNASKED})
    }


def digests(store: Store, places: Sequence[str]) -> dict[str, str]:
    """What changes whenever a place's documents do."""
    found = store.query(_DIGESTS, {"places": tuple(places)}) if places else ()
    return {str(place): str(digest) for place, digest in found}


def new_rounds(store: Store, place: str, since: datetime, most: int) -> list[Made]:
    """The rounds that came in from an instant on, about so many of them; the earliest first."""
    params = {"place": place, "since": instant_text(since), "most": most, "unasked": _UNASKED}
    return [(round_of(place, *row), aware(at)) for at, *row in store.query(NEW, params)]


def rounds_of(store: Store, place: str, kind: str, since: datetime, until: datetime) -> list[Made]:
    """The rounds of a kind that may reach into [since, until)."""
    params = {"place": place, "kind": kind}
    params |= {"since": instant_text(since), "as_of": instant_text(until)}
    return [(round_of(place, *row), aware(at)) for at, *row in store.query(OF_A_KIND, params)]


class Begun(NamedTuple):
    """Which slots: those of a place that begin in [since, until); of one schedule, and of these
    subjects, where any are named."""

    place: str
    since: datetime
    until: datetime
    schedule: str = ""
    subjects: tuple[str, ...] = ()


def stored(store: Store, asked: Begun) -> list[SlotRow]:
    """Their rows, gone ones in."""
    params: dict[str, Any] = asked._asdict()
    params |= {name: instant_text(params[name]) for name in ("since", "until")}
    sql = _BEGUN
    sql += " AND schedule = %(schedule)s" if asked.schedule else ""
    sql += " AND subject IN %(subjects)s" if asked.subjects else ""
    return [SlotRow(**_named(SLOTS, row)) for row in store.query(sql, params)]


def write(store: Store, told: Iterable[SlotRow], stored: Iterable[SlotRow]) -> int:
    """Bring the stored rows to what is told of the same slots; how many rows that took."""
    rows = list(_differing(told, stored))
    _insert(store, SLOTS, rows)
    return len(rows)


def _differing(told: Iterable[SlotRow], stored: Iterable[SlotRow]) -> Iterable[SlotRow]:
    there = {_key(row): row for row in stored}
    for row in told:
        kept = there.pop(_key(row), None)
        if kept is None:
            yield row
        elif replace(kept, revision=row.revision) != row:
            yield replace(row, revision=kept.revision + 1)
    for kept in there.values():
        if not kept.gone:
            yield replace(kept, gone=True, revision=kept.revision + 1)


def _key(row: SlotRow) -> Key:
    return row.schedule, row.subject, row.scene, row.begun_at, row.known_from


def _insert(store: Store, table: Table, rows: Sequence[SlotRow | SlotsKept]) -> None:
    if rows:
        columns = table.turned(rows, [()] * len(rows))
        store.insert_columns(table.name, table.names, columns, _SETTINGS)


def _named(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    """Fields by name, as the struct has them: instants that say UTC, tuples for lists."""
    return {name: _plain(value) for name, value in zip(table.names, row, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return aware(value)
    return tuple(map(tuple, value)) if isinstance(value, list) else value
