"""What the gateway reads off a statement's text, without the engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.embedded.statement import (
    form,
    insert_head,
    insert_with_rows,
    plain,
    reads,
    several,
    skeleton,
    verb,
    writes_a_file,
)


@given(st.text(alphabet="abc '\"`\\-/*# \n();,案"))
def test_a_skeleton_is_as_long_as_its_statement(sql: str) -> None:
    """Positions found in it are positions in the statement."""
    assert len(skeleton(sql)) == len(sql)


def test_a_skeleton_shows_no_literal_and_no_comment() -> None:
    """Keywords inside them are no keywords."""
    bare = skeleton(
        "SELECT 'it''s \\' FORMAT' /* FORMAT */ , `FORMAT` -- FORMAT\n, \"FORMAT\" # FORMAT"
    )
    assert "FORMAT" not in bare


@pytest.mark.parametrize(
    ("sql", "target", "columns", "settings"),
    [
        ("INSERT INTO t VALUES", "t", "", ""),
        ("insert into t(a,b)values", "t", "(a,b)", ""),
        ("INSERT INTO `a b`.t (a, `VALUES`) VALUES;", "`a b`.t", "(a, `VALUES`)", ""),
        ("/* x */ INSERT INTO TABLE db . t FORMAT Native ", "TABLE db . t", "", ""),
        ("INSERT INTO t (* EXCEPT(a)) SETTINGS x = 1, y = 'z' VALUES", "t", "(* EXCEPT(a))",
         "SETTINGS x = 1, y = 'z'"),
        ("INSERT INTO FUNCTION null('a Int8, b Tuple(c Int8)') VALUES",
         "FUNCTION null('a Int8, b Tuple(c Int8)')", "", ""),
    ],
)  # fmt: skip
def test_an_insert_that_waits_for_blocks_is_known_by_its_head(
    sql: str, target: str, columns: str, settings: str
) -> None:
    """Its parts come back as they were written."""
    head = insert_head(sql, skeleton(sql))
    assert head is not None
    assert (head.target, head.columns, head.settings) == (target, columns, settings)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1, 'VALUES')",
        "INSERT INTO t SELECT * FROM values",
        "INSERT INTO t (a) SELECT 1 FORMAT Native",
        "INSERT INTO t (a) VALUES (1) -- VALUES",
        "SELECT 'INSERT INTO t VALUES'",
        "EXPLAIN INSERT INTO t VALUES",
    ],
)
def test_what_brings_its_rows_along_waits_for_none(sql: str) -> None:
    """It would hang where the client has nothing to send."""
    assert insert_head(sql, skeleton(sql)) is None


def test_only_the_format_clause_is_taken_away() -> None:
    """Wherever it stands at the end; not a table or a literal of that name."""
    for sql, left in {
        "SELECT 1 FORMAT JSON": "SELECT 1",
        "SELECT 1 format JSON ; -- end;": "SELECT 1",
        "SELECT 1 FORMAT JSON SETTINGS max_threads = 1": "SELECT 1 SETTINGS max_threads = 1",
        "SELECT format('{}', a) FROM t": "SELECT format('{}', a) FROM t",
        "SELECT ' FORMAT JSON'": "SELECT ' FORMAT JSON'",
    }.items():
        assert plain(sql, skeleton(sql)) == left


def test_kinds_of_statements_are_told_by_their_first_word() -> None:
    """Behind comments and brackets."""
    for sql in ("select 1", " (SELECT 1) UNION ALL SELECT 2", "-- x\nWITH 1 AS a SELECT a"):
        assert reads(skeleton(sql))
    for sql in ("SHOW TABLES", "INSERT INTO t SELECT 1", "", "'select'"):
        assert not reads(skeleton(sql))
    assert verb(skeleton("/* x */ Use db")) == "use"
    assert writes_a_file(skeleton("SELECT 1 INTO OUTFILE 'x'"))
    assert not writes_a_file(skeleton("SELECT 'INTO OUTFILE'"))


def test_several_statements_are_seen() -> None:
    """The engine would run them all; a server runs none."""
    assert several(skeleton("DROP TABLE a; DROP TABLE b"))
    for one in ("DROP TABLE a;", "SELECT ';'; -- x;", ""):
        assert not several(skeleton(one))


def test_the_format_of_a_statement_is_told() -> None:
    """Only of its own clause."""
    for sql, named in {
        "SELECT 1 FORMAT JSON; -- end": "JSON",
        "SELECT 1 format TSV SETTINGS max_threads = 1": "TSV",
        "SELECT ' FORMAT JSON'": "",
        "INSERT INTO t FORMAT CSV": "",
    }.items():
        assert form(skeleton(sql)) == named


def test_a_heredoc_is_a_literal() -> None:
    """Whatever stands in it; a name may hold the sign."""
    assert several(skeleton("SELECT $x$ ' $x$; DROP TABLE t -- '"))
    assert not several(skeleton("SELECT $$;$$, a$b$ FROM t"))


def test_rows_behind_the_head_of_an_insert_are_found() -> None:
    """By the byte, in whatever format they come."""
    for sql, named in {
        "INSERT INTO `t 一` (a, b) FORMAT CSV\n": ("`t 一`", "(a, b)", "CSV"),
        "insert into d.t settings async_insert = 0 values": ("d.t", "", "Values"),
        "/* FORMAT x */ INSERT INTO t FORMAT Native\n": ("t", "", "Native"),
    }.items():
        found = insert_with_rows(sql.encode() + b"(1),'\xff\x00 FORMAT TSV ")
        assert found is not None, sql
        head, start = found
        assert (head.target, head.columns, head.form) == named
        assert start == len(sql.encode())
    for sql in (
        "INSERT INTO t SELECT 1 FORMAT CSV ",
        "SELECT 1 FORMAT CSV ",
        "INSERT INTO valuesx",
    ):
        assert insert_with_rows(sql.encode()) is None
