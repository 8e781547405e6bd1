"""Refused rows: each with reason and remedy, shown without persons, written to be mended."""

import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.entry.imports import import_file, read_rows, survey
from streams.entry.mapping import parse_mapping
from streams.entry.refusals import WHAT_TO_DO, Fault, RefusedRows, masked
from streams.entry.rows import Row
from tests.entry.files import KINDS, as_csv, as_gb18030
from tests.entry.ledgers import Ledger

MAPPING = parse_mapping("""
place: millbrook
timezone: Asia/Shanghai
encoding: gb18030
time_formats: ["%Y-%m-%d %H:%M"]
columns: {ticket: 单号, reported_at: 上报, status: 状态, department: 部门, text: 内容}
status: {办结: closed, 在办: open}
""")
HEADINGS = ("单号", "上报", "状态", "部门", "内容")
AT = "2025-03-05 10:00"
ROWS = [
    ("T-1", AT, "在办", "城管", "路灯不亮"),
    ("", AT, "在办", "城管", "没有单号"),
    ("T-3", "1900-01-01 00:00", "在办", "城管", "没有时间"),
    ("T-4", "13812345678", "待定", "城管", "列错位了"),
    ("T-5", AT, "待定", "", "有办结"),
]


def test_refused_rows_are_mended_and_imported_again(tmp_path: Path):
    """Whatever the file's kind and encoding; the mended file may be the one that is imported."""
    for name, write in KINDS.items():
        path, kept = write(tmp_path / name, HEADINGS, ROWS), tmp_path / "to-mend.csv"
        encoding: Any = "gb18030" if name == "chinese.csv" else None
        mapping = msgspec.structs.replace(MAPPING, encoding=encoding)
        with RefusedRows(kept) as refused:
            found = survey(path, mapping, refused=refused)
        assert (refused.rows, found.refused) == (3, 3)
        text = kept.read_text("utf-8-sig")
        head, *rows = csv.reader(text.splitlines())
        assert head == [*RefusedRows.WHY, *HEADINGS]
        first = 1 if "jsonl" in name else 2
        assert [row[0] for row in rows] == [str(first + at) for at in (1, 2, 3)]

        kept.write_text("\ufeff" + text.replace("1900-01-01 00:00", "2025-03-01 00:00"), "utf-8")
        ledger = Ledger()
        with RefusedRows(kept) as refused:
            done = import_file(kept, mapping, ledger, refused=refused)
        assert (done.survey.rows, done.survey.refused, done.new) == (3, 2, 1)
        left = list(csv.reader(kept.read_text("utf-8-sig").splitlines()))
        assert [row[1] for row in left] == ["gridloop_reason", "row_unreadable", "bad_time"]


def test_what_is_written_is_for_its_owner_alone_and_whole_or_not_there(tmp_path: Path):
    kept = tmp_path / "to-mend.csv"
    with RefusedRows(kept) as refused:
        survey(as_gb18030(tmp_path / "a.csv", HEADINGS, ROWS), MAPPING, refused=refused)
        assert not kept.exists()
    assert kept.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ZeroDivisionError), RefusedRows(tmp_path / "none.csv"):
        _ = 1 / 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "to-mend.csv"]


def test_bytes_that_are_no_text_are_shown_and_written_as_such(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(as_gb18030(path, HEADINGS, ROWS).read_bytes().replace(b"T-5", b"T\xff\xff"))
    with RefusedRows(tmp_path / "to-mend.csv") as refused:
        found = survey(path, MAPPING, refused=refused)
    assert found.examples[-1].value == r"T\udcff\udcff"


def test_a_report_tells_what_to_do_and_shows_no_person(tmp_path: Path):
    found = survey(as_gb18030(tmp_path / "a.csv", HEADINGS, ROWS), MAPPING)
    assert found.refused_by_fault == {"blank": 1, "out_of_range": 1, "no_time": 1}
    assert found.unknown == {"status": {"待定": 1}}
    assert found.examples[2].value == "[电话 phone]"
    assert "138" not in str(found)
    for one in found.examples:
        assert one.what_to_do == WHAT_TO_DO[one.fault]
        assert one.column in {"ticket", "reported_at"}


def test_tickets_in_several_rows_and_columns_without_a_value_are_told(tmp_path: Path):
    again = [ROWS[0], *ROWS[4:], ("T-1", AT, "办结", "", "")]
    found = survey(as_gb18030(tmp_path / "a.csv", HEADINGS, again), MAPPING)
    assert (found.tickets, found.acts) == (2, 3)
    assert (found.repeated.count, found.repeated.examples) == (1, [[2, 4]])
    assert found.empty == []
    bare = [(*row[:3], "", "") for row in again]
    assert survey(as_gb18030(tmp_path / "a.csv", HEADINGS, bare), MAPPING).empty == [
        *("department", "text"),
    ]


def test_a_long_cell_is_shown_by_its_beginning_and_a_text_not_at_all(tmp_path: Path):
    rows = [("T" * 201, AT, "", "", ""), ("T-2", AT, "", "", "x" * 9_000)]
    ticket, text = survey(as_gb18030(tmp_path / "a.csv", HEADINGS, rows), MAPPING).examples
    assert (ticket.fault, ticket.value) == (Fault.TOO_LONG, "T" * 40 + "…")
    assert (text.fault, text.value) == (Fault.TOO_LONG, "")


def test_every_fault_has_its_remedy():
    assert set(WHAT_TO_DO) == set(Fault)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("张三 13812345678", "张三 [电话 phone]"), ("440301199001010010", "[证件 id]"), ("", "")],
)
def test_personal_numbers_are_masked(given: str, shown: str):
    assert masked(given) == shown


def test_a_row_that_cannot_be_read_is_written_as_far_as_it_could(tmp_path: Path):
    path = as_csv(tmp_path / "a.csv", HEADINGS, [ROWS[0]])
    with path.open("a", encoding="utf-8") as file:
        file.write("T-9,only two\n")
    mapping = parse_mapping("""
        place: millbrook
        timezone: Asia/Shanghai
        time_formats: ["%Y-%m-%d %H:%M"]
        columns: {ticket: 单号, reported_at: 上报}
    """)
    with RefusedRows(tmp_path / "kept.csv") as refused:
        survey(path, mapping, refused=refused)
    row = list(csv.reader((tmp_path / "kept.csv").read_text("utf-8-sig").splitlines()))[1]
    assert row == ["3", "row_unreadable", "2 cells under 5 headings", "T-9", "only two"]
    assert isinstance(next(read_rows(path, mapping)), Row)
