"""The history of the tables: plain SQL in infra/clickhouse, applied once each, and checked."""

import re
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.migration import MigrationStorage
from clickhouse_migrations.migrator import Migrator
from clickhouse_migrations.util import quote_string

from streams.keep.tables import MADE, TABLES, Table
from streams.wire.clickhouse import DATABASE, wait_until_reachable

_MADE = re.compile(
    r"^\s*CREATE\s+(?:TABLE|(?:MATERIALIZED\s+)?VIEW|DICTIONARY)\s+(?:IF\s+NOT\s+EXISTS\s+)?`?(\w+)",
    re.IGNORECASE | re.MULTILINE,
)
_UNMADE = re.compile(r"^\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?`?(\w+)", re.IGNORECASE | re.MULTILINE)


class NotMigrated(Exception):
    """After migrating something is missing that rows are written to or figures read."""


def migrate(address: str, database: str = DATABASE, *, seconds: float = 10.0) -> list[int]:
    """Bring the database up to date; the versions applied now, none where it was already.

    `address` is `host:port`, or a `clickhouse://` URL with user and password. May run again at any
    time, but in one process at a time and with nobody writing: a table that is laid out anew is
    copied. Raises Later (nobody answered for so many seconds),
    MigrationException (an applied file was changed), NotMigrated, and the driver's errors.
    """
    wait_until_reachable(address, seconds)
    cluster = cluster_at(address, database)
    with as_file(files("infra") / "clickhouse") as folder:
        applied = cluster.migrate(database, folder, migration_log_format="compact")
        check(cluster, database, folder)
    return [migration.version for migration in applied]


def check(cluster: ClickhouseCluster, database: str, folder: Path) -> None:
    """Nothing that the files make is missing, and no column that rows have. Raises NotMigrated.

    A server may refuse a materialized view and yet go on without it: rows come in, figures err.
    """
    there = _columns_there(cluster, database)
    missing = [name for name in made_by(folder) if name not in there]
    if missing:
        raise NotMigrated(f"{database} has no {', '.join(missing)}")
    for table in (*TABLES, *MADE):
        if lacking := _lacking(table, there.get(table.name, [])):
            raise NotMigrated(f"{database}.{table.name} has no column {', '.join(lacking)}")


def made_by(folder: Path) -> list[str]:
    """What the files make and leave: tables, views, dictionaries, by name."""
    made: set[str] = set()
    for text in _statements(folder):
        made = (made | set(_MADE.findall(text))) - set(_UNMADE.findall(text))
    return sorted(made)


def _statements(folder: Path) -> Iterator[str]:
    for migration in MigrationStorage(folder).migrations():
        yield from Migrator.script_to_statements(migration.script, multi_statement=True)


def _lacking(table: Table, there: list[str]) -> list[str]:
    return [name for name in table.names if name not in there]


def _columns_there(cluster: ClickhouseCluster, database: str) -> dict[str, list[str]]:
    query = f"SELECT table, name FROM system.columns WHERE database = {quote_string(database)}"
    found: dict[str, list[str]] = {}
    with cluster.connection("") as connection:
        for row in connection.query(query):
            found.setdefault(row["table"], []).append(row["name"])
    return found


def cluster_at(address: str, database: str) -> ClickhouseCluster:
    if "://" in address:
        return ClickhouseCluster(db_url=address, db_name=database)
    host, _, port = address.rpartition(":")
    return ClickhouseCluster(db_host=host, db_port=port, db_name=database)
