"""Migrations: once each, the same types as the nouns, and loud about what is missing."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from clickhouse_migrations.exceptions import MigrationException
from msgspec import inspect

from infra.embedded.engine import Engine
from streams.core.levels import as_given
from streams.core.slotrows import SlotRow, SlotsKept
from streams.keep import migrations
from streams.keep.migrations import NotMigrated, check, cluster_at, made_by, migrate
from streams.keep.tables import MADE, TABLES, Table
from streams.wire.clickhouse import Later
from tests.keep.test_memory import NOUNS
from tests.keep.warehouses import RealWarehouse

FOLDER = Path(str(files("infra") / "clickhouse"))

pytestmark = pytest.mark.engine


def test_a_second_run_applies_nothing(engine: Engine, real: RealWarehouse) -> None:
    (database,) = real.query("SELECT currentDatabase()")[0]
    assert migrate(engine.address, database) == []


def test_every_table_that_rows_are_written_to_is_made(real: RealWarehouse) -> None:
    assert set(made_by(FOLDER)) >= {table.name for table in (*TABLES, *MADE)}
    assert real.query("SELECT count() FROM case_spans FINAL") == [(0,)]


def test_a_missing_table_and_a_missing_column_are_named(
    engine: Engine, real: RealWarehouse
) -> None:
    (database,) = real.query("SELECT currentDatabase()")[0]
    real.execute("ALTER TABLE facts DROP COLUMN actor")
    with pytest.raises(NotMigrated, match="facts has no column actor"):
        migrate(engine.address, database)
    real.execute("DROP TABLE rounds")
    with pytest.raises(NotMigrated, match="has no rounds"):
        migrate(engine.address, database)


def test_a_refused_view_is_missed(engine: Engine, real: RealWarehouse, tmp_path: Path) -> None:
    (tmp_path / "001_view.sql").write_text(
        "CREATE MATERIALIZED VIEW IF NOT EXISTS by_kind ENGINE = Memory AS SELECT 1;\n"
        "-- CREATE TABLE commented_out\n"
    )
    assert made_by(tmp_path) == ["by_kind"]
    (database,) = real.query("SELECT currentDatabase()")[0]
    with pytest.raises(NotMigrated, match="has no by_kind"):
        check(cluster_at(engine.address, database), database, tmp_path)


def test_a_file_changed_after_it_was_applied_stops_the_start(
    engine: Engine, real: RealWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "clickhouse"
    folder.mkdir()
    for file in FOLDER.glob("*.sql"):
        (folder / file.name).write_text(file.read_text("utf-8") + "\n-- later\n", "utf-8")
    monkeypatch.setattr(migrations, "files", lambda _: tmp_path)
    (database,) = real.query("SELECT currentDatabase()")[0]
    with pytest.raises(MigrationException, match="md5"):
        migrate(engine.address, database)


def test_a_store_that_does_not_answer_is_later() -> None:
    with pytest.raises(Later):
        migrate("127.0.0.1:9", seconds=0.0)


def test_columns_have_the_types_of_the_fields(real: RealWarehouse) -> None:
    there = {
        (table, name): kind
        for table, name, kind in real.query(
            "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"
        )
    }
    for table, noun in (NOUNS | MADE_OF).items():
        for name, field in fields(noun):
            assert fits(field, there[table.name, name]), (table.name, name)


def test_what_was_stored_before_levels_were_told_lies_in_its_own_street_and_area(
    real: RealWarehouse,
) -> None:
    """As `levels.as_given` has it, by which a recount of an old log tells it."""
    lie = [("W1", "North"), ("W1", "W1"), ("W1", None), (None, "North"), (None, None)]
    written = [", ".join(f"'{one}'" if one else "NULL" for one in pair) for pair in lie]
    for table, key in (("reports", "id"), ("case_spans", "case_id")):
        rows = ", ".join(f"('{n}', {text})" for n, text in enumerate(written))
        real.execute(f"INSERT INTO {table} ({key}, street, area) VALUES {rows}")
        found = real.query(f"SELECT lineage FROM {table} ORDER BY {key}")
        assert [tuple(told) for (told,) in found] == [as_given(*pair) for pair in lie]


MONTHS = {
    "case_spans": "toYYYYMM(reported_at)",
    "case_steps": "toYYYYMM(reported_at)",
    "reports": "toYYYYMM(occurred_at)",
    "slots": "toYYYYMM(begun_at)",
}
"""By what never changes under a row's key, and is one for a case: what is inserted of a case at
once is seen at once, and all versions of a row meet."""


BEFORE_MONTHS = (
    "INSERT INTO case_spans (place, case_id, filed_at, from_at, known_from, known_to, state,"
    " excluded, revision) VALUES ('p', 'c', '2026-02-02', '2026-02-03', '2026-02-03',"
    " '2299-12-31 23:59:59', 'dispatched', false, 1), ('p', 'c', '2026-02-02', '2026-03-02',"
    " '2026-03-02', '2299-12-31 23:59:59', 'closed', true, 2)",
    "INSERT INTO case_spans (place, case_id, filed_at, from_at, known_from, known_to, state,"
    " revision) VALUES ('p', 'c', '2026-02-02', '2026-02-03', '2026-02-03',"
    " '2299-12-31 23:59:59', 'dispatched', 2)",
    "INSERT INTO case_steps (place, case_id, kind, n, at, known_from, revision) VALUES"
    " ('p', 'c', 'sign', 1, '2026-03-01', '2026-03-01', 1)",
    "INSERT INTO reports (place, sender, id, case_id, occurred_at, revision) VALUES"
    " ('p', 's', 'i', 'c', '2026-01-31', 1), ('p', 's', 'j', 'c', '2026-03-01', 1)",
    "INSERT INTO facts (place, case_id, fact_id, kind, occurred_at, revision) VALUES"
    " ('p', 'c', 'f', 'report_accepted', '2026-01-31', 1),"
    " ('p', 'c', 'g', 'case_closed', '2026-03-02', 2)",
)
"""A case first reported in January, as a store of before kept it."""


def test_what_an_older_store_holds_is_laid_out_by_month(engine: Engine, tmp_path: Path) -> None:
    folder, database = tmp_path / "clickhouse", "older"
    folder.mkdir()
    for file in sorted(FOLDER.glob("*.sql")):
        if file.name < "021_":
            (folder / file.name).write_bytes(file.read_bytes())
    cluster_at(engine.address, database).migrate(database, folder)
    warehouse = RealWarehouse(engine.address, database)
    for text in BEFORE_MONTHS:
        warehouse.execute(text)
    assert 21 in migrate(engine.address, database)
    rows = "SELECT state, revision, toDate(reported_at) FROM case_spans FINAL ORDER BY from_at"
    month = date(2026, 1, 31)
    assert warehouse.query(rows) == [("dispatched", 2, month), ("closed", 2, month)]
    assert warehouse.query("SELECT kind, toDate(reported_at) FROM case_steps") == [("sign", month)]
    counts = "SELECT toDate(filed_at), toDate(void_at), toDate(excluded_at) FROM case_steps"
    assert warehouse.query(counts) == [(date(2026, 2, 3), None, date(2026, 3, 2))]
    # Of both reports it is when their case was, not when they were.
    assert warehouse.query("SELECT id, toDate(reported_at) FROM reports ORDER BY id") == [
        ("i", month),
        ("j", month),
    ]
    parts = "SELECT DISTINCT table, partition FROM system.parts WHERE active AND database ="
    found = warehouse.query(f"{parts} currentDatabase() AND table IN {tuple(MONTHS)} ORDER BY ALL")
    assert found == [
        ("case_spans", "202601"),
        ("case_steps", "202601"),
        ("reports", "202601"),
        ("reports", "202603"),
    ]
    warehouse.execute(f"DROP DATABASE {database}")
    warehouse.close()


def test_what_is_inserted_of_a_case_is_one_part(real: RealWarehouse) -> None:
    found = real.query(
        "SELECT name, partition_key FROM system.tables WHERE database = currentDatabase()"
        " AND name != 'schema_versions'"
    )
    assert {name for name, _ in found} == {table.name for table in (*TABLES, *MADE)}
    assert {name: key for name, key in found if key} == MONTHS


def fields(struct: type, prefix: str = "") -> Iterator[tuple[str, inspect.Type]]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    for field in described.fields:
        if isinstance(field.type, inspect.StructType):
            inner = f"{field.name}_" if field.name == "origin" else ""
            yield from fields(field.type.cls, inner)
        else:
            yield f"{prefix}{field.name}", field.type


MADE_OF = dict(zip(MADE, (SlotRow, SlotsKept), strict=True))
LINEAGE = "Array(Tuple(level LowCardinality(String), code LowCardinality(String)))"
KINDS: list[tuple[type, tuple[str, ...]]] = [
    (inspect.DateTimeType, ("DateTime64(6, 'UTC')",)),
    (inspect.BoolType, ("Bool",)),
    (inspect.ListType, ("Array(String)", "Array(LowCardinality(String))", LINEAGE)),
    (inspect.VarTupleType, (LINEAGE,)),
    (inspect.DictType, ("String",)),
    (inspect.StrType, ("String",)),
    (inspect.EnumType, ("String",)),
    (inspect.FloatType, ("Float64",)),
]


def fits(field: inspect.Type, kind: str) -> bool:
    """Whether a column's type is that of a field, and admits NULL exactly if the field does."""
    while isinstance(field, inspect.Metadata):
        field = field.type
    kind = (
        kind.removeprefix("LowCardinality(").removesuffix(")") if kind.startswith("LowC") else kind
    )
    if isinstance(field, inspect.UnionType):
        (only,) = [one for one in field.types if not isinstance(one, inspect.NoneType)]
        inner = kind.removeprefix("Nullable(").removesuffix(")")
        return kind.startswith("Nullable(") and fits(only, inner)
    if isinstance(field, inspect.ListType) and isinstance(field.item_type, inspect.DictType):
        return kind == "String"  # objects are kept as JSON
    if isinstance(field, inspect.IntType):
        return kind in (("Int32",) if (field.ge or 0) < 0 else ("UInt64", "UInt32", "UInt8"))
    return any(isinstance(field, one) and kind in names for one, names in KINDS)


def test_nouns_are_all_known_to_this_test() -> None:
    assert set(NOUNS) == set[Table](TABLES)
