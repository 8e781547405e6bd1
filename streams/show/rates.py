"""Figures put into words: JSON, CSV and a table; and instants as people write them."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from streams.core.events import INFINITY
from streams.core.figures import FIELDS, Query, Row, Value
from streams.core.lifecycle import Flow
from streams.core.registry import FIGURES, Figure, Unit

NOTHING = "–"
FIRST = datetime(1900, 1, 1, tzinfo=UTC)

FIELD_NAMES = {
    "place": "地方 place",
    "source": "来源 source",
    "street": "街镇 street",
    "area": "社区/村 area",
    "grid": "网格 grid",
    "department": "牵头部门 department",
    "category": "大类 category",
    "matter": "事项 matter",
    "outcome": "结果 outcome",
    "day": "日 day",
    "week": "周 week",
    "month": "月 month",
}

FLOW_NAMES = {
    Flow.CASE: "案件 case",
    Flow.OPINION: "意见建议 opinion",
    Flow.CONSULTATION: "协商议题 consultation",
    Flow.RISK: "风险 risk",
    Flow.SUPERVISION: "督查问题 supervision",
}


class Unreadable(ValueError):
    """What was written cannot be read; the message says what to write instead."""


def parse_when(text: str, zone: str) -> datetime:
    """An instant with its offset, or a local date (its midnight in the zone); in UTC.

    A midnight that does not exist is an hour later, one that exists twice the earlier.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _unreadable(text) from None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        at = at.replace(tzinfo=ZoneInfo(zone))
    if at.tzinfo is None:
        raise _unreadable(text)
    if not FIRST <= at <= INFINITY:
        raise Unreadable(f"{text!r}: 年份须在 1900 至 2299 之间 · the year must lie in 1900…2299")
    return at.astimezone(UTC)


def _unreadable(text: str) -> Unreadable:
    return Unreadable(
        f"{text!r}: 请写日期 2026-02-14 或带时区的时刻 2026-02-14T08:00:00+08:00"
        " · write a date, or an instant with its offset"
    )


def parse_fields(text: str) -> tuple[str, ...]:
    """Fields to cut by, comma-separated, each once."""
    return _names(text, FIELDS, "维度", "fields")


def parse_figures(text: str) -> tuple[str, ...]:
    """Ids of figures, comma-separated, each once."""
    return _names(text, tuple(FIGURES), "指标", "figures")


def _names(text: str, allowed: Sequence[str], zh: str, en: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        listed = ", ".join(allowed)
        raise Unreadable(f"{', '.join(unknown) or text!r}: 可用{zh}: {listed} · {en} are these")
    return names


def local_text(at: datetime, zone: str) -> str:
    """An instant as ISO 8601 with the zone's offset."""
    return at.astimezone(ZoneInfo(zone)).isoformat()


def to_json(rows: Sequence[Row], query: Query, known_at: datetime, zone: str) -> dict[str, Any]:
    """The contract's JSON value; a count has a value only. `known_at` names the instant where
    everything known was asked."""
    return {
        "as_of": local_text(query.as_of, zone),
        "known_at": local_text(known_at, zone),
        "flow": query.flow.value,
        "rows": [{"by": dict(row.by), "figures": figures_json(row.figures)} for row in rows],
    }


def figures_json(figures: dict[str, Value]) -> dict[str, dict[str, int | float | None]]:
    """Figures by id, each with its value; a rate with numerator and denominator as well."""
    return {
        name: {"value": value.value}
        if FIGURES[name].unit is Unit.COUNT
        else {
            "value": value.value,
            "numerator": value.numerator,
            "denominator": value.denominator,
        }
        for name, value in figures.items()
    }


def to_csv(rows: Sequence[Row], by: Sequence[str], figures: Sequence[str]) -> str:
    """A header, the total, then one line per combination; what is missing is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*by, *(name for id_ in figures for name in _columns(FIGURES[id_]))])
    for row in rows:
        cells = [cell for id_ in figures for cell in _cells(FIGURES[id_], row.figures[id_])]
        writer.writerow([*(row.by.get(field) for field in by), *cells])
    return out.getvalue()


def _columns(figure: Figure) -> list[str]:
    if figure.unit is Unit.COUNT:
        return [figure.id]
    return [figure.id, f"{figure.id}_numerator", f"{figure.id}_denominator"]


def _cells(figure: Figure, value: Value) -> list[int | float | None]:
    if figure.unit is Unit.COUNT:
        return [value.value]
    return [value.value, value.numerator, value.denominator]


def percent(numerator: int, denominator: int, decimals: int = 2) -> str:
    """A share in per cent, rounded half up from the exact fraction: (5, 6) is '83.33%'."""
    scale: int = 10 ** (decimals + 2)
    whole = (2 * numerator * scale + denominator) // (2 * denominator)
    digits = str(whole).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}%" if decimals else f"{digits}%"


def shown(value: Value) -> str:
    """A count, or a rate in per cent with its n/d; '–' for NULL, with n/d where there is one."""
    if value.denominator is None or value.numerator is None:
        return NOTHING if value.value is None else str(value.value)
    share = percent(value.numerator, value.denominator) if value.denominator else NOTHING
    return f"{share} {value.numerator}/{value.denominator}"


def to_table(rows: Sequence[Row], query: Query) -> Table:
    """Chinese first. Uncut: one line per figure; cut: one line per combination, total first."""
    table = Table(title=FLOW_NAMES[query.flow], title_justify="left")
    if not query.by:
        return _stood(table, rows[0], query.figures)
    for field in query.by:
        table.add_column(FIELD_NAMES[field])
    for name in query.figures:
        table.add_column(f"{FIGURES[name].zh}\n{FIGURES[name].en}", justify="right")
    for row in rows:
        cut = [row.by[field] or NOTHING for field in query.by] if row.by else _total(len(query.by))
        table.add_row(*cut, *(shown(row.figures[name]) for name in query.figures))
    return table


def _total(width: int) -> list[str]:
    return ["合计 total", *[""] * (width - 1)]


def _stood(table: Table, total: Row, figures: Sequence[str]) -> Table:
    table.add_column("指标 figure")
    table.add_column("值 value", justify="right")
    for name in figures:
        figure = FIGURES[name]
        table.add_row(f"{figure.zh} {figure.en}", shown(total.figures[name]))
    return table
