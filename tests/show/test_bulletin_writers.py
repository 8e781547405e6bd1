"""A bulletin in its three forms: the same cells, safe to open, and numbers that stay numbers."""

import io
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from streams.core.figures import Value
from streams.core.period import PeriodKind, period_of
from streams.show.bulletin.markdown import markdown
from streams.show.bulletin.page import page
from streams.show.bulletin.sheet import (
    Bulletin,
    Cell,
    Change,
    Column,
    Length,
    Points,
    Section,
    Share,
    cell_of,
    changed,
    text,
)
from streams.show.bulletin.workbook import workbook
from streams.show.rates import shown

ZONE = "Asia/Shanghai"
AT = datetime(2026, 2, 14, 10, 30, tzinfo=UTC)
EVIL = '=HYPERLINK("http://x.example","看|<script>")'
ROWS: list[tuple[Cell, ...]] = [
    ("办结率 completion rate", Share(5, 6), 5, 6, Share(1, 2), Points(100 / 3)),
    ("办结时长 time", Length(93_600), None, 3, Length(3600), Change(90_000, seconds=True)),
    (EVIL, 7, None, None, 9, Change(-2)),
]
COLUMNS = (
    Column("指标", "figure"),
    *(Column(name, name, number=True) for name in ("本期", "分子", "分母", "上期", "变化")),
)


def made() -> Bulletin:
    period = period_of(PeriodKind.WEEK, date(2026, 2, 14), ZONE)
    listed = Section(
        id="list", zh="列表", en="List", columns=(Column("时刻", "at", number=True),), rows=[(AT,)]
    )
    empty = Section(id="none", zh="无", en="None", columns=COLUMNS, rows=[], note="没有 · none")
    return Bulletin(
        zh="周例会",
        en="Weekly meeting",
        place="here",
        name_zh="此地<甲>",
        name_en="Here",
        period=period,
        as_of=AT,
        known_at=AT,
        sections=[
            Section(id="one", zh="本期", en="Now", columns=COLUMNS, rows=ROWS, bar=1),
            listed,
            empty,
        ],
        notes=["假定 · assumed"],
    )


def test_a_table_shows_what_rates_shows() -> None:
    for value in (Value(5 / 6, 5, 6), Value(7), Value(93_600.0, None, 3)):
        assert shown(value).split(" ")[0].replace("d", "天") == text(cell_of(value), ZONE)
    assert text(cell_of(Value(None, 0, 0)), ZONE) == "–"


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (7, 9, Change(-2)),
        (Share(1, 2), Share(1, 4), Points(25)),
        (Length(60), Length(30), Change(30, seconds=True)),
        (None, Share(1, 4), None),
        (Share(1, 2), None, None),
    ],
)
def test_a_change_is_told_where_both_say_something(now: Cell, before: Cell, change: Cell) -> None:
    assert changed(now, before) == change


def test_markdown_has_every_cell_and_no_broken_table() -> None:
    said = markdown(made())
    rows = [line for line in said.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7, 2}
    assert "| 83.33% | 5 | 6 | 50.00% | +33.33 |" in said
    assert "<script" not in said
    assert "本期未结束" in said


class _Tags(HTMLParser):
    """Every opening tag, and every address that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_fetches_nothing_runs_nothing_and_escapes_what_it_is_told() -> None:
    said = page(made())
    tags = _Tags()
    tags.feed(said)
    assert tags.fetched == []
    assert not {"script", "link", "img", "iframe", "甲"} & {*tags.tags}
    assert "@import" not in said
    assert "url(" not in said
    assert "83.33%" in said
    assert tags.tags.count("table") == 2  # an empty section has its note only


def test_a_workbook_holds_numbers_and_no_formula() -> None:
    book = load_workbook(io.BytesIO(workbook(made())))
    assert book.sheetnames == ["本期", "列表", "无", "说明"]
    sheet = book["本期"]
    rate = sheet["B4"]
    assert (rate.value, rate.number_format) == (pytest.approx(5 / 6), "0.00%")
    assert (sheet["C4"].value, sheet["D4"].value) == (5, 6)
    length = sheet["B5"]
    assert length.number_format == "[h]:mm"
    change = sheet["F5"]
    assert (change.value, change.number_format[:5]) == (25, "+0.00")  # Excel shows no time below 0
    evil = sheet["A6"]
    assert (evil.value, evil.data_type) == (EVIL, "s")
    assert sheet.freeze_panes == "B4"
    assert sheet.auto_filter.ref == "A3:F6"
    assert book["列表"]["A4"].value == datetime(2026, 2, 14, 18, 30)  # noqa: DTZ001 - as Excel has it
