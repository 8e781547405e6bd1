"""Files of every kind: the same table gives the same rows, and what is no table is named."""

import json
import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from streams.entry.imports import read_rows
from streams.entry.mapping import Mapping, MappingError, parse_mapping
from streams.entry.numbers import number_text
from streams.entry.refusals import Fault, RowRefusal
from streams.entry.rows import Row
from streams.entry.textfile import LONGEST_LINE, encoding_of
from tests.entry.files import KINDS, as_csv, as_gb18030, as_jsonl, as_xlsx

HEADINGS = ("单号", "上报", "办结", "状态", "部门", "片区", "渠道", "内容", "经度", "不用")
MAPPING = parse_mapping("""
place: millbrook
timezone: Asia/Shanghai
time_formats: ["%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S"]
columns: {ticket: 单号, reported_at: 上报, closed_at: 办结, status: 状态, department: 部门,
          area: 片区, source: 渠道, text: 内容, lon: 经度}
status: {办结: closed, 在办: open}
source: {电话: hotline}
department: {城管: D-CG, 住建: D-ZJ}
area: {莞城街道: gc}
defaults: {area: unknown, department: D-00}
""")
GOOD = (
    "T-1",
    "2025/03/05 10:00",
    "2025/03/06 11:30",
    "办结",
    "城管",
    "莞城街道",
    "电话",
    "",
    "",
    "",
)
AT = datetime(2025, 3, 5, 2, tzinfo=UTC)

Item = Row | RowRefusal


def read(path: Path, mapping: Mapping = MAPPING) -> list[Item]:
    """All rows of a file."""
    return list(read_rows(path, mapping))


def row(item: Item) -> Row:
    """An item that is a row."""
    assert isinstance(item, Row), item
    return item


def change(**cells: str) -> tuple[str, ...]:
    """The good row with some cells changed."""
    return tuple((dict(zip(HEADINGS, GOOD, strict=True)) | cells).values())


# --- the same table in every kind ---------------------------------------------------------------

words = st.one_of(
    st.sampled_from(
        ["", "办结", "在办", "城管", "莞城街道", "电话", "113.75", "007", "1e5", "名 册"]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=6),
)
times = st.sampled_from(["2025/03/05 10:00", "2025-03-05 10:00:30", "1900/01/01 00:00", "昨天", ""])
tickets = st.one_of(
    st.integers(1, 10**17).map(str), st.from_regex(r"[A-Z]{2}-\d{1,6}", fullmatch=True)
)
lines = st.tuples(tickets, times, times, *[words] * (len(HEADINGS) - 3))


@given(st.lists(lines, min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_a_table_gives_the_same_records_as_a_file_of_any_kind(table: list[tuple[str, ...]]):
    found = {}
    with TemporaryDirectory() as folder:
        for name, write in KINDS.items():
            items = read(write(Path(folder) / name, HEADINGS, table))
            found[name] = [
                (one.ticket, one.row, one.digest, one.defaulted)
                if isinstance(one, Row)
                else (one.reason, one.fault, one.column, one.detail)
                for one in items
            ]
    assert all(one == found["plain.csv"] for one in found.values()), found
    assert len(found["plain.csv"]) == len(table)


def test_lines_are_counted_as_people_see_them(tmp_path: Path):
    rows = [GOOD, change(单号="")]
    seen = {
        name: [one.line for one in read(write(tmp_path / name, HEADINGS, rows))]
        for name, write in KINDS.items()
    }
    assert seen == {name: [1, 2] if "jsonl" in name else [2, 3] for name in KINDS}


def test_maps_name_departments_and_areas_and_the_rest_take_the_default(tmp_path: Path):
    rows = [GOOD, change(单号="T-2", 部门="环保", 片区="")]
    known, other = map(row, read(as_csv(tmp_path / "a.csv", HEADINGS, rows)))
    assert (known.row.department, known.row.area) == ("D-CG", "gc")
    assert (other.row.department, other.row.area) == ("D-00", "unknown")
    assert {("department", "环保"), ("area", "")} <= set(other.defaulted)


@pytest.mark.parametrize("name", KINDS)
def test_rows_without_a_value_are_none(name: str, tmp_path: Path):
    blank = [""] * len(HEADINGS)
    path = KINDS[name](tmp_path / name, HEADINGS, [GOOD, blank, change(单号="T-2"), blank, blank])
    if name == "lines.jsonl":
        path.write_text(path.read_text("utf-8").replace("{}", " "), "utf-8")
    assert [row(one).ticket for one in read(path)] == ["T-1", "T-2"]


# --- encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030")]
)
def test_the_encoding_is_found(written: str, found: str, tmp_path: Path):
    path = as_csv(tmp_path / "a.csv", HEADINGS, [GOOD], written)
    assert encoding_of(path, None) == found
    assert row(read(path)[0]).row.department == "D-CG"


def test_a_mark_in_gb18030_is_no_part_of_a_heading(tmp_path: Path):
    for name, write in (("a.csv", as_csv), ("a.jsonl", as_jsonl)):
        path = write(tmp_path / name, HEADINGS, [GOOD])
        path.write_bytes(("\ufeff" + path.read_bytes().decode()).encode("gb18030"))
        assert row(read(path)[0]).ticket == "T-1"


def test_a_mark_goes_before_what_is_declared(tmp_path: Path):
    path = as_csv(tmp_path / "a.csv", HEADINGS, [GOOD], "utf-8-sig")
    assert encoding_of(path, "gb18030") == "utf-8"


def test_a_declared_encoding_is_not_questioned(tmp_path: Path):
    path = as_csv(tmp_path / "a.csv", HEADINGS, [GOOD], "gb18030")
    assert encoding_of(path, "utf-8") == "utf-8"


def first_misfit(data: bytes) -> int | None:
    """Where neither encoding goes on, asked of the whole at once."""
    at = []
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError as error:
            at.append(error.start)
        else:
            return None
    return max(at)


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=5),
            st.text(max_size=5).map(str.encode),
            st.sampled_from(["城管", "㐀"]).map(lambda s: s.encode("gb18030")),
        )
    ),
    st.integers(1, 7),
)
def test_a_file_in_no_encoding_is_refused_at_its_first_byte(pieces: list[bytes], chunk: int):
    data = b"".join(pieces)
    at = None if data.startswith(b"\xef\xbb\xbf") else first_misfit(data)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.entry.textfile.CHUNK", chunk)
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        if at is None:
            assert encoding_of(path, None) in {"utf-8", "gb18030"}
            return
        with pytest.raises(MappingError, match=f"offset {at} fits neither"):
            encoding_of(path, None)


# --- which kind ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"PK\x03\x04\x14\x00", "not a workbook, or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old spreadsheet, or one with a password"),
        (b"\xff\xfeI\x00d\x00", "UTF-16"),
        (b"\xfe\xff\x00I\x00d", "UTF-16"),
        (b' [{"Id": 1}]', "one object a line"),
        (b"", "empty"),
    ],
)
def test_a_file_of_another_kind_is_named_as_that(begin: bytes, said: str, tmp_path: Path):
    path = tmp_path / "tickets.csv"
    path.write_bytes(begin)
    with pytest.raises(MappingError, match=said):
        read(path)


def test_a_kind_is_known_by_its_beginning_whatever_its_name(tmp_path: Path):
    for write in KINDS.values():
        path = write(tmp_path / "tickets.dat", HEADINGS, [GOOD])
        assert row(read(path)[0]).row.reported_at == AT


def test_a_mapping_says_what_a_beginning_leaves_open(tmp_path: Path):
    """A CSV file whose first heading begins with a brace."""
    headings = ("{单号", *HEADINGS[1:])
    path = as_csv(tmp_path / "a.csv", headings, [GOOD])
    columns = msgspec.structs.replace(MAPPING.columns, ticket="{单号")
    mapping = msgspec.structs.replace(MAPPING, columns=columns)
    assert all(isinstance(one, RowRefusal) for one in read(path, mapping))
    assert row(read(path, msgspec.structs.replace(mapping, format="csv"))[0]).ticket == "T-1"


# --- JSONL --------------------------------------------------------------------------------------


def jsonl(path: Path, *lines: str) -> list[Item]:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read(path)


def test_numbers_of_json_are_read_as_they_are_written(tmp_path: Path):
    whole = '{"单号": 123.0, "上报": "2025/03/05 10:00", "经度": 113.750, "内容": true}'
    large = '{"单号": 123456789012345678901234, "上报": "2025/03/05 10:00", "部门": null}'
    first, second = map(row, jsonl(tmp_path / "a.jsonl", whole, "", large))
    assert (first.ticket, first.row.lon, first.row.text) == ("123", 113.75, "true")
    assert (second.ticket, second.line) == ("123456789012345678901234", 3)


@pytest.mark.parametrize(
    ("line", "fault", "said"),
    [
        ("{", Fault.BROKEN, "not JSON"),
        ("[" * 100_000, Fault.BROKEN, "not JSON"),
        ('{"单号": NaN}', Fault.BROKEN, "NaN is no number"),
        ("[1]", Fault.BROKEN, "not a JSON object"),
        ('{"单号": {"a": 1}}', Fault.NESTED, "单号: neither text nor number"),
        (
            '{"单号": "T", "上报": "2025/03/05 10:00", "部门": "\\ud800"}',
            Fault.ENCODING,
            "encoding",
        ),
        ('{"单号": "' + "x" * LONGEST_LINE, Fault.BROKEN, "not JSON"),
    ],
)
def test_a_line_that_is_no_row_is_refused_alone(line: str, fault: Fault, said: str, tmp_path: Path):
    good = json.dumps(dict(zip(HEADINGS, GOOD, strict=True)), ensure_ascii=False)
    mapping_less = msgspec.structs.replace(MAPPING, department=None)
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([good, line, good]) + "\n", "utf-8")
    first, refused, last = read(path, mapping_less)
    assert isinstance(refused, RowRefusal)
    assert (refused.line, refused.fault) == (2, fault)
    assert said in refused.detail
    assert (row(first).line, row(last).line) == (1, 3)


# --- spreadsheets -------------------------------------------------------------------------------


def book(path: Path, rows: Sequence[Sequence[Any]], **more: Any) -> Path:
    """A workbook with these values under the headings."""
    made = Workbook()
    made.epoch = more.get("epoch", made.epoch)
    sheet = made.active
    assert sheet is not None
    for cells in (HEADINGS, *rows):
        sheet.append(list(cells))
    for cells in more.get("merged", ()):
        sheet.merge_cells(cells)
    made.save(path)
    return path


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_of_either_system_as_dates_numbers_and_text(epoch: Any, tmp_path: Path):
    opened = datetime(2025, 3, 5, 10, 0, 30)  # noqa: DTZ001 - a sheet knows no zone
    first = CALENDAR_MAC_1904 if epoch else datetime(1899, 12, 30)  # noqa: DTZ001
    serial = (opened - first).total_seconds() / 86_400
    given = (opened, serial, "2025-03-05 10:00:30", opened.isoformat())
    rows = [(f"T-{n}", at, None) for n, at in enumerate(given)]
    path = book(tmp_path / "a.xlsx", rows, **({"epoch": epoch} if epoch else {}))
    found = [row(one).row.reported_at for one in read(path)]
    assert found == [datetime(2025, 3, 5, 2, 0, 30, tzinfo=UTC)] * len(given)


def test_a_day_is_its_midnight_and_a_large_number_no_day(tmp_path: Path):
    path = book(tmp_path / "a.xlsx", [("T-1", date(2025, 3, 5)), ("T-2", 20250305), ("T-3", 0.5)])
    first, *others = read(path)
    assert row(first).row.reported_at == datetime(2025, 3, 4, 16, tzinfo=UTC)
    assert [one.fault for one in others if isinstance(one, RowRefusal)] == [Fault.NO_TIME] * 2
    form = msgspec.structs.replace(MAPPING, time_formats=["%Y%m%d"])
    assert row(read(path, form)[1]).row.reported_at == datetime(2025, 3, 4, 16, tzinfo=UTC)


def test_numbers_are_tickets_without_a_point_and_rounded_ones_are_refused(tmp_path: Path):
    at = GOOD[1]
    rows = [
        (123.0, at),
        (45, at),
        (2025010100010001, at),
        (10**15 - 1, at),
        ("2025010100010001", at),
    ]
    found = read(book(tmp_path / "a.xlsx", rows))
    assert [row(one).ticket for one in found if isinstance(one, Row)] == [
        *("123", "45", "999999999999999", "2025010100010001"),
    ]
    (refused,) = (one for one in found if isinstance(one, RowRefusal))
    assert (refused.line, refused.fault, refused.column) == (4, Fault.ROUNDED, "ticket")


@given(st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_as_text_is_that_number(value: float):
    text = number_text(value)
    assert float(text) == value
    assert not text.endswith(".0")


def test_merged_headings_are_refused_and_merged_cells_below_are_not(tmp_path: Path):
    path = book(tmp_path / "a.xlsx", [GOOD, change(单号="T-2")], merged=["E2:E3"])
    assert len(read(path)) == 2
    path = book(tmp_path / "b.xlsx", [GOOD], merged=["H1:I1"])
    with pytest.raises(
        MappingError, match=r"the cells H1:I1 are merged: headings stand in one row"
    ):
        read(path)


def test_a_sheet_is_named_or_it_is_the_first(tmp_path: Path):
    made = Workbook()
    made.create_sheet("数据").append(list(HEADINGS))
    made["数据"].append(list(GOOD))
    made.save(path := tmp_path / "a.xlsx")
    with pytest.raises(MappingError, match="the sheet is empty"):
        read(path)
    named = msgspec.structs.replace(MAPPING, sheet="数据")
    assert row(read(path, named)[0]).line == 2
    with pytest.raises(MappingError, match=r"sheet '工单' is not among \['Sheet', '数据'\]"):
        read(path, msgspec.structs.replace(MAPPING, sheet="工单"))


def test_errors_of_formulas_are_blank(tmp_path: Path):
    path = book(tmp_path / "a.xlsx", [("T-1", GOOD[1], "#N/A", "#REF!")])
    assert {("closed_at", ""), ("status", "")} <= set(row(read(path)[0]).defaulted)


def test_a_row_far_down_and_a_cell_far_out_take_no_memory(tmp_path: Path):
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(list(HEADINGS))
    sheet.cell(1_048_576, 1, "T-1")
    sheet.cell(1_048_576, 2, GOOD[1])
    sheet.cell(1_048_576, 16_384, "far out")
    made.save(path := tmp_path / "a.xlsx")
    (refused,) = read(path)
    assert isinstance(refused, RowRefusal)
    assert (refused.line, refused.fault) == (1_048_576, Fault.RAGGED)


def test_a_workbook_that_breaks_off_says_after_which_row(tmp_path: Path):
    path = book(tmp_path / "a.xlsx", [GOOD] * 2_000)
    with ZipFile(path) as parts:
        kept = {name: parts.read(name) for name in parts.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    kept[sheet] = kept[sheet][: len(kept[sheet]) // 2]
    with warnings.catch_warnings(action="ignore"), ZipFile(path, "w") as parts:
        for name, data in kept.items():
            parts.writestr(name, data)
    with pytest.raises(MappingError, match=r"damaged after row \d+: ParseError"):
        read(path)


def test_texts_beyond_the_limit_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = as_xlsx(tmp_path / "a.xlsx", HEADINGS, [GOOD])
    monkeypatch.setattr("streams.entry.sheets.HELD_BYTES", 1000)
    with pytest.raises(MappingError, match="save the sheet as CSV"):
        read(path)


def test_jsonl_in_gb18030_is_read_too(tmp_path: Path):
    path = as_jsonl(tmp_path / "a.jsonl", HEADINGS, [GOOD])
    path.write_bytes(path.read_bytes().decode().encode("gb18030"))
    assert row(read(path)[0]).row.department == "D-CG"


def test_a_file_is_closed_when_it_is_read(tmp_path: Path):
    path = as_gb18030(tmp_path / "a.csv", HEADINGS, [GOOD])
    with warnings.catch_warnings(action="error", category=ResourceWarning):
        read(path)
