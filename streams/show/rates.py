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
from streams.core.query import SUMMED_UP
from streams.core.ranking import Ranked
from streams.core.registry import FAMILIES, FIGURES, Family, Figure, Unit
from streams.core.slotfigures import SLOT_FIGURES

NOTHING = "–"
FIRST = datetime(1900, 1, 1, tzinfo=UTC)

FIELD_NAMES = {
    "place": "地方 place",
    "source": "来源 source",
    "reporter_kind": "上报人类型 reporter_kind",
    "channel": "端口 channel",
    "citizen_kind": "市民上报类别 citizen_kind",
    "street": "街镇 street",
    "area": "社区/村 area",
    "area_kind": "片区类型 area_kind",
    "grid": "网格 grid",
    "grid_kind": "网格类型 grid_kind",
    "level": "层级 level",
    "department": "部门 department",
    "category": "大类 category",
    "matter": "事项 matter",
    "camera": "摄像头 camera",
    "algorithm": "算法 algorithm",
    "outcome": "结果 outcome",
    "satisfaction": "满意度 satisfaction",
    "mode": "平急 mode",
    "day": "日 day",
    "week": "周 week",
    "ten-days": "旬 ten-days",
    "month": "月 month",
}

FAMILY_NAMES = {
    "intake": "上报与立案 · Intake",
    "closure": "办结 · Closure",
    "timeliness": "时效 · Timeliness",
    "quality": "质量 · Quality",
    "hotline": "回访与三率 · Call-backs and the three rates",
    "joint": "协同 · Joint handling",
    "duration": "时长 · Durations",
    "rounds": "巡查与在岗 · Rounds and duties",
}

EVERYTHING = "all"
"""In a list of figures: every one."""

FLOW_NAMES = {
    Flow.CASE: "案件 case",
    Flow.OPINION: "意见建议 opinion",
    Flow.CONSULTATION: "协商议题 consultation",
    Flow.RISK: "风险 risk",
    Flow.SUPERVISION: "督查问题 supervision",
    Flow.VOLUNTEER: "志愿服务 volunteer",
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
    return listed(text, FIELDS, "维度", "fields")


def parse_figures(text: str, *, raw: bool = True) -> tuple[str, ...]:
    """Ids of figures, comma-separated, each once; a family's name stands for its figures, `all`
    for every one; of these without the twins that keep excluded cases in, if not `raw`."""
    groups = {**FAMILIES, EVERYTHING: tuple(FIGURES)}
    elsewhere = (*SLOT_FIGURES, Family.ROUNDS)
    if of_slots := [name for name in map(str.strip, text.split(",")) if name in elsewhere]:
        command = f"gridloop rounds --figure {','.join(of_slots)}"
        raise Unreadable(f"{', '.join(of_slots)}: 请用 · use `{command}`")
    named = listed(text, (*FIGURES, *groups), "指标", "figures")
    told = (
        id_
        for name in named
        for id_ in groups.get(name, (name,))
        if raw or id_ == name or not id_.endswith("_raw")
    )
    return tuple(dict.fromkeys(told))


def listed(text: str, allowed: Sequence[str], zh: str, en: str) -> tuple[str, ...]:
    """Names, comma-separated, each once; Unreadable if one of them is not allowed."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        all_ = ", ".join(allowed)
        raise Unreadable(f"{', '.join(unknown) or text!r}: 可用{zh}: {all_} · {en} are these")
    return names


def local_text(at: datetime, zone: str) -> str:
    """An instant as ISO 8601 with the zone's offset."""
    return at.astimezone(ZoneInfo(zone)).isoformat()


def to_json(rows: Sequence[Row], query: Query, known_at: datetime, zone: str) -> dict[str, Any]:
    """The contract's JSON value; a count has a value only. `known_at` names the instant where
    everything known was asked. `level` and `within` are told where they were asked for."""
    return {
        "as_of": local_text(query.as_of, zone),
        "known_at": local_text(known_at, zone),
        "flow": query.flow.value,
        **({"level": query.at_level} if query.at_level else {}),
        **({"within": query.inside} if query.inside else {}),
        "rows": [{"by": dict(row.by), "figures": figures_json(row.figures)} for row in rows],
    }


def ranks_json(
    total: Row, order: Sequence[Ranked], query: Query, known_at: datetime, zone: str
) -> dict[str, Any]:
    """The same with the rows in their order, each with its rank: `place` is null for too few."""
    value = to_json([total, *(one.row for one in order)], query, known_at, zone)
    for row, one in zip(value["rows"][1:], order, strict=True):
        row["rank"] = {"place": one.place, "n": one.n, "lower_bound": one.bound}
    return value


def figures_json(figures: dict[str, Value]) -> dict[str, dict[str, int | float | None]]:
    """Figures by id, each with its value; a rate with numerator and denominator as well, a duration
    (in seconds) with how many it is of as denominator."""
    return {
        name: {"value": value.value}
        if FIGURES[name].unit in ALONE
        else {
            "value": value.value,
            "numerator": value.numerator,
            "denominator": value.denominator,
        }
        for name, value in figures.items()
    }


ALONE = frozenset({Unit.COUNT, Unit.SCORE})
"""Of these a value says all."""


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
    if figure.unit in ALONE:
        return [figure.id]
    return [figure.id, f"{figure.id}_numerator", f"{figure.id}_denominator"]


def _cells(figure: Figure, value: Value) -> list[int | float | None]:
    if figure.unit in ALONE:
        return [value.value]
    return [value.value, value.numerator, value.denominator]


def percent(numerator: int, denominator: int, decimals: int = 2) -> str:
    """A share in per cent, rounded half up from the exact fraction: (5, 6) is '83.33%'."""
    scale: int = 10 ** (decimals + 2)
    whole = (2 * numerator * scale + denominator) // (2 * denominator)
    digits = str(whole).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}%" if decimals else f"{digits}%"


def shown(value: Value) -> str:
    """A count; a rate in per cent with its n/d; a duration as days, hours and minutes with its n;
    '–' for NULL, with n/d where there is one."""
    if value.denominator is None:
        return NOTHING if value.value is None else str(value.value)
    if value.numerator is None:
        length = NOTHING if value.value is None else lasting(value.value)
        return f"{length} n={value.denominator}"
    share = percent(value.numerator, value.denominator) if value.denominator else NOTHING
    return f"{share} {value.numerator}/{value.denominator}"


def lasting(seconds: float) -> str:
    """A length of time: 26 hours and 5 minutes are '1d02:05'; less than a minute is in seconds."""
    if abs(seconds) < 60:
        return f"{seconds:.3g}s"
    minutes = round(abs(seconds) / 60)
    days, hours = f"{minutes // 1440}d" if minutes >= 1440 else "", minutes // 60 % 24
    return f"{'-' if seconds < 0 else ''}{days}{hours:02d}:{minutes % 60:02d}"


def to_table(rows: Sequence[Row], query: Query) -> Table:
    """Chinese first. Uncut: one line per figure; cut: one line per combination, total first."""
    table = Table(title=_title(query), title_justify="left")
    if not query.by:
        return _stood(table, rows[0], query.figures)
    for field in query.by:
        table.add_column(heading(field, query))
    for name in query.figures:
        table.add_column(f"{FIGURES[name].zh}\n{FIGURES[name].en}", justify="right")
    for row in rows:
        cut = [row.by[field] or NOTHING for field in query.by] if row.by else _total(len(query.by))
        table.add_row(*cut, *(shown(row.figures[name]) for name in query.figures))
    return table


def ranks_table(total: Row, order: Sequence[Ranked], query: Query) -> Table:
    """Total first; then by rank, and what has too few cases without one."""
    table = Table(title=f"{_title(query)} · 排名 rank", title_justify="left")
    table.add_column("名次\nrank", justify="right")
    for field in query.by:
        table.add_column(heading(field, query))
    table.add_column("下限\nlower bound", justify="right")
    for name in query.figures:
        table.add_column(f"{FIGURES[name].zh}\n{FIGURES[name].en}", justify="right")
    values = [shown(total.figures[name]) for name in query.figures]
    table.add_row("", *_total(len(query.by)), "", *values)
    for one in order:
        bound = NOTHING if one.bound is None else f"{one.bound:.2%}"
        values = [shown(one.row.figures[name]) for name in query.figures]
        cut = [one.row.by[field] or NOTHING for field in query.by]
        table.add_row(str(one.place or NOTHING), *cut, bound, *values)
    return table


def heading(field: str, query: Query) -> str:
    """Over a column of this field's values."""
    summed = field == SUMMED_UP and query.at_level is not None
    return f"片区 area: {query.at_level}" if summed else FIELD_NAMES[field]


def _title(query: Query) -> str:
    within = "" if query.inside is None else f" · 范围 within {query.inside}"
    return f"{FLOW_NAMES[query.flow]}{within}"


def _total(width: int) -> list[str]:
    return ["合计 total", *[""] * (width - 1)]


def _stood(table: Table, total: Row, figures: Sequence[str]) -> Table:
    table.add_column("指标 figure")
    table.add_column("值 value", justify="right")
    for name in figures:
        figure = FIGURES[name]
        table.add_row(f"{figure.zh} {figure.en}", shown(total.figures[name]))
    return table
