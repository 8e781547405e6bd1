"""A warehouse that keeps ClickHouse's promises in memory, the real one, and what both answer."""

import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from streams.keep.tables import TABLES, Table, instants
from streams.wire.clickhouse import Later, Never, Warehouse

Row = dict[str, Any]


class Readable(Protocol):
    """A store whose rows can be read back."""

    def final(self, table: Table) -> list[Row]:
        """The collapsed rows, in the order of their keys; instants in microseconds."""


@cache
def engine_of(table: str) -> tuple[str, tuple[str, ...]]:
    """The version column and the key of a table, as its migration says."""
    sql = "".join(path.read_text("utf-8") for path in (files("infra") / "clickhouse").iterdir())
    pattern = rf"EXISTS {table}\n.*?ReplacingMergeTree\((\w+)\)\nORDER BY \(?([\w, ]+)\)?\n"
    found = re.search(pattern, sql, re.DOTALL)
    assert found
    return found[1], tuple(found[2].split(", "))


def _precedence(row: Row) -> int:
    if "letter_offset" in row:
        return int(row["letter_offset"]) + (2**63 if row["withdrawn"] else 0)
    return 2**64 - 1 - int(row["offset"])


class FakeWarehouse:
    """Tables that collapse by key and version; away for the first calls, or told to refuse.

    Like the driver it may leave the lists that it was given in another state than it found them.
    """

    def __init__(self, away: int = 0, away_for: str | None = None) -> None:
        self.away = away
        """So many more inserts find it away."""
        self.away_for = away_for
        """And only those into this table, if one is named."""
        self.refusing: str | None = None
        self.inserts: list[tuple[str, int]] = []
        """Each accepted insert: the table, and how many rows."""
        self.gate = threading.Event()
        """Inserts wait until it is set."""
        self.gate.set()
        self._rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}

    def insert_columns(
        self,
        table: str,
        names: Sequence[str],
        columns: Sequence[Sequence[Any]],
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """As the sink's Warehouse says."""
        assert self.gate.wait(10)
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        for column in columns:
            assert isinstance(column, list)
            column.clear()
        if self.away and self.away_for in (None, table):
            self.away -= 1
            raise Later("network", "away")
        if self.refusing == table:
            raise Never("type", "refused")
        self._rows[table].extend(rows)
        self.inserts.append((table, len(rows)))

    def final(self, table: Table) -> list[Row]:
        """As Readable says; of equal versions the last insert stands."""
        version, key = engine_of(table.name)
        standing: dict[tuple[Any, ...], tuple[int, Row]] = {}
        for row in self._rows[table.name]:
            rank = row[version] if version in row else _precedence(row)
            identity = tuple(row[name] for name in key)
            if identity not in standing or standing[identity][0] <= rank:
                standing[identity] = (rank, row)
        return [row for _, (_, row) in sorted(standing.items())]


class RealWarehouse(Warehouse):
    """One database of a real engine, whose rows can be read back."""

    def final(self, table: Table) -> list[Row]:
        """As Readable says."""
        _, key = engine_of(table.name)
        times = {column.name for column in table.columns if column.mapper is instants}
        times |= {"ingested_at"} & set(table.names)
        read = [
            f"toUnixTimestamp64Micro({name}) AS m_{name}" if name in times else f"`{name}`"
            for name in table.names
        ]
        sql = f"SELECT {', '.join(read)} FROM {table.name} FINAL ORDER BY {', '.join(key)}"
        return [dict(zip(table.names, row, strict=True)) for row in self.query(sql)]

    def clear(self) -> None:
        """Empty every table."""
        for table in TABLES:
            self.execute(f"TRUNCATE TABLE {table.name}")
