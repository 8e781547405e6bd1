"""Rows of a file: what each cell becomes, what is refused, and what a row's hash depends on."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.events import RowStatus
from streams.core.refusal import Reason
from streams.entry.imports import read_rows
from streams.entry.mapping import Mapping, MappingError, parse_mapping
from streams.entry.refusals import RowRefusal
from streams.entry.rows import Row, RowReader

MAPPING = parse_mapping("""
place: millbrook
timezone: America/New_York
time_formats: ["%Y-%m-%d %H:%M"]
columns: {ticket: Id, reported_at: Created, due_at: Due, closed_at: Closed, status: Status,
          department: Agency, matter: Type, category: Group, street: Ward, area: District,
          grid: Cell, source: Channel, text: Title, lat: Lat, lon: Lon}
status: {Closed: closed, Twice: closed_duplicate, Gone: cancelled, Open: open}
source: {Phone: hotline, App: citizen}
defaults: {area: unknown, source: gridworker, status: open, lat: 40.5}
""")
HEADINGS = (
    *("Id", "Created", "Due", "Closed", "Status", "Agency", "Type", "Group", "Ward", "District"),
    *("Cell", "Channel", "Title", "Lat", "Lon"),
)
GOOD = {
    **{"Id": "T-1", "Created": "2018-07-01 09:00", "Due": "2018-07-02 09:00"},
    **{"Closed": "2018-07-01 12:00", "Status": "Closed", "Agency": "Parks", "Type": "Tree"},
    **{"Group": "Green", "Ward": "W1", "District": "North", "Cell": "N-7", "Channel": "App"},
    **{"Title": "A tree is down", "Lat": "39.3", "Lon": "-76.6"},
}


def write(path: Path, rows: Sequence[dict[str, str]], encoding: str = "utf-8") -> Path:
    """A CSV file with all headings; a row's missing cells are blank."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, HEADINGS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def one(tmp_path: Path, **change: str) -> Row | RowRefusal:
    """The good row with some cells changed, read from a file of its own."""
    path = write(tmp_path / "one.csv", [GOOD | change])
    (item,) = read_rows(path, MAPPING)
    return item


def good(tmp_path: Path, **change: str) -> Row:
    item = one(tmp_path, **change)
    assert isinstance(item, Row), item
    return item


def test_a_row_is_read_as_it_stands(tmp_path: Path):
    item = good(tmp_path)
    assert (item.line, item.ticket, item.defaulted) == (2, "T-1", ())
    row = item.row
    assert row.reported_at == datetime(2018, 7, 1, 13, tzinfo=UTC)
    assert row.due_at == datetime(2018, 7, 2, 13, tzinfo=UTC)
    assert row.closed_at == datetime(2018, 7, 1, 16, tzinfo=UTC)
    assert (row.status, row.source) == (RowStatus.CLOSED, "citizen")
    assert (row.department, row.matter, row.category) == ("Parks", "Tree", "Green")
    assert (row.street, row.area, row.grid, row.text) == ("W1", "North", "N-7", "A tree is down")
    assert (row.lat, row.lon, row.marks) == (39.3, -76.6, [])


def test_values_are_stripped(tmp_path: Path):
    padded = {name: f" \t{value} " for name, value in GOOD.items()}
    assert good(tmp_path, **padded).digest == good(tmp_path).digest


def test_blanks_and_values_that_no_map_names_take_the_default_and_are_counted(tmp_path: Path):
    item = good(
        tmp_path, Status="Odd", Channel="Pigeon", District="", Agency=" ", Lat="", Lon="east"
    )
    assert (item.row.status, item.row.source) == (RowStatus.OPEN, "gridworker")
    assert (item.row.area, item.row.department) == ("unknown", None)
    assert (item.row.lat, item.row.lon) == (40.5, None)
    assert set(item.defaulted) == {
        *{("status", "Odd"), ("source", "Pigeon"), ("area", ""), ("department", "")},
        *{("lat", ""), ("lon", "east")},
    }


@pytest.mark.parametrize("given", ["", "soon", "2018-02-30 10:00"])
def test_a_due_or_closing_time_that_cannot_be_read_is_as_none(tmp_path: Path, given: str):
    item = good(tmp_path, Due=given, Closed=given)
    assert (item.row.due_at, item.row.closed_at) == (None, None)
    assert set(item.defaulted) == {("due_at", given), ("closed_at", given)}
    assert item.row.marks == ["closed_without_time"]


@pytest.mark.parametrize(
    ("column", "value", "reason", "said"),
    [
        ("Id", "", Reason.ROW_UNREADABLE, "ticket: blank"),
        ("Id", "   ", Reason.ROW_UNREADABLE, "ticket: blank"),
        ("Id", "T" * 201, Reason.ROW_UNREADABLE, "ticket: too long"),
        ("Id", "T\x00", Reason.ROW_UNREADABLE, "ticket"),
        ("Created", "", Reason.ROW_UNREADABLE, "reported_at: blank"),
        ("Created", "soon", Reason.BAD_TIME, "no format reads 'soon'"),
        ("Created", "1900-01-01 00:00", Reason.BAD_TIME, "out of range"),
        ("Created", "1969-12-31 00:00", Reason.BAD_TIME, "out of range"),
        ("Created", "9999-12-31 00:00", Reason.BAD_TIME, "out of range"),
        ("Agency", "x" * 257, Reason.ROW_UNREADABLE, "department: longer than 256"),
        ("Title", "x" * 8001, Reason.ROW_UNREADABLE, "text: longer than 8000"),
    ],
)
def test_a_row_without_identity_or_time_is_refused(
    tmp_path: Path, column: str, value: str, reason: Reason, said: str
):
    item = one(tmp_path, **{column: value})
    assert isinstance(item, RowRefusal)
    assert (item.line, item.reason) == (2, reason)
    assert said in item.detail


def test_due_dates_stand_as_given(tmp_path: Path):
    item = good(tmp_path, Due="2018-06-01 09:00")
    assert item.row.due_at == datetime(2018, 6, 1, 13, tzinfo=UTC)
    assert item.row.marks == ["due_before_reported"]
    assert good(tmp_path, Due="2068-07-01 09:00").row.marks == ["due_decades_ahead"]
    assert good(tmp_path, Due="1900-01-01 00:00").row.marks == ["due_before_reported"]


def test_a_closing_before_its_reporting_is_kept_and_marked(tmp_path: Path):
    row = good(tmp_path, Closed="2018-06-30 09:00").row
    assert row.closed_at == datetime(2018, 6, 30, 13, tzinfo=UTC)
    assert row.marks == ["closed_before_reported"]


def test_only_the_mapped_status_decides(tmp_path: Path):
    """An open ticket that has a closing time stays open; both stand as given."""
    row = good(tmp_path, Status="Open").row
    assert (row.status, row.closed_at is not None) == (RowStatus.OPEN, True)
    assert good(tmp_path, Status="Twice").row.status is RowStatus.CLOSED_DUPLICATE
    assert good(tmp_path, Status="Gone", Closed="").row.marks == []


def test_with_no_status_column_a_closing_time_closes(tmp_path: Path):
    mapping = parse_mapping("""
        place: millbrook
        timezone: UTC
        time_formats: ["%Y-%m-%d %H:%M"]
        columns: {ticket: Id, reported_at: Created, closed_at: Closed}
        defaults: {status: open}
    """)
    path = write(tmp_path / "plain.csv", [GOOD, GOOD | {"Id": "T-2", "Closed": ""}])
    rows = [item.row for item in read_rows(path, mapping) if isinstance(item, Row)]
    assert [row.status for row in rows] == [RowStatus.CLOSED, RowStatus.OPEN]


def test_with_no_source_map_channels_stand_as_given(tmp_path: Path):
    mapping = parse_mapping("""
        place: millbrook
        timezone: UTC
        time_formats: ["%Y-%m-%d %H:%M"]
        columns: {ticket: Id, reported_at: Created, source: Channel}
    """)
    (item,) = read_rows(write(tmp_path / "plain.csv", [GOOD]), mapping)
    assert isinstance(item, Row)
    assert item.row.source == "App"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_in_either_encoding(tmp_path: Path, encoding: str):
    change = {"Agency": "城市管理局", "District": "桥头社区㐀", "Title": "路灯不亮"}
    path = write(tmp_path / "cn.csv", [GOOD | change], encoding)
    named = encoding.removesuffix("-sig")
    mapping = parse_mapping_with(encoding=named)
    (item,) = read_rows(path, mapping)
    assert isinstance(item, Row)
    assert (item.row.department, item.row.area) == ("城市管理局", "桥头社区㐀")


def parse_mapping_with(encoding: str) -> Mapping:
    """The usual mapping, for a file in another encoding."""
    return msgspec.structs.replace(MAPPING, encoding=encoding)


def test_bytes_of_another_encoding_refuse_their_row_and_no_other(tmp_path: Path):
    path = write(tmp_path / "mixed.csv", [GOOD, GOOD | {"Id": "T-2"}, GOOD | {"Id": "T-3"}])
    lines = path.read_bytes().split(b"\r\n")
    lines[2] = lines[2].replace(b"North", "北区".encode("gb18030"))
    path.write_bytes(b"\r\n".join(lines))
    items = list(read_rows(path, parse_mapping_with(encoding="utf-8")))
    assert [type(item) for item in items] == [Row, RowRefusal, Row]
    assert isinstance(items[1], RowRefusal)
    assert "encoding" in items[1].detail


def test_a_refusal_names_the_line_where_its_row_begins(tmp_path: Path):
    """A text may run over several lines."""
    rows = [GOOD | {"Title": "one\ntwo\nthree"}, GOOD | {"Id": ""}]
    items = list(read_rows(write(tmp_path / "long.csv", rows), MAPPING))
    assert [item.line for item in items] == [2, 5]


def test_rows_with_missing_or_surplus_cells_are_refused(tmp_path: Path):
    path = write(tmp_path / "ragged.csv", [GOOD])
    whole = path.read_text("utf-8").splitlines()[1]
    with path.open("a", encoding="utf-8") as file:
        file.write(f"T-2,2018-07-01 09:00\n{whole},surplus\n\n{whole},,\n")
    items = list(read_rows(path, MAPPING))
    assert [type(item) for item in items] == [Row, RowRefusal, RowRefusal, Row]
    assert isinstance(items[1], RowRefusal)
    assert items[1].detail == "2 cells under 15 headings"


def test_a_file_that_does_not_fit_its_mapping_is_refused_before_any_row(tmp_path: Path):
    path = tmp_path / "other.csv"
    path.write_text("Number,Created\n1,2\n")
    with pytest.raises(MappingError, match=r"columns\.ticket: 'Id' is not among the headings"):
        list(read_rows(path, MAPPING))
    path.write_text("")
    with pytest.raises(MappingError, match="empty"):
        list(read_rows(path, MAPPING))


cells = st.fixed_dictionaries(
    {
        name: st.sampled_from(["", "North", "2018-07-01 09:00", "Open", "Closed", "Phone", "7.5"])
        for name in HEADINGS
        if name not in {"Id", "Created"}
    }
)


@given(cells, st.permutations(HEADINGS))
def test_a_row_s_hash_does_not_depend_on_the_order_of_columns(
    values: dict[str, str], order: list[str]
):
    named = {"Id": "T-1", "Created": "2018-07-01 09:00", **values}
    first = RowReader(MAPPING, HEADINGS).read([named[name] for name in HEADINGS], 2)
    other = RowReader(MAPPING, [*order, "Extra"]).read([*(named[name] for name in order), "x"], 9)
    assert (first.digest, first.row) == (other.digest, other.row)


@given(cells, cells)
def test_rows_of_one_hash_are_one_row(one: dict[str, str], other: dict[str, str]):
    reader = RowReader(MAPPING, HEADINGS)
    named = {"Id": "T-1", "Created": "2018-07-01 09:00"}
    rows = [reader.read([{**named, **v}[name] for name in HEADINGS], 2) for v in (one, other)]
    assert (rows[0].digest == rows[1].digest) == (rows[0].row == rows[1].row)
