"""The live view of a terminal: closure rates as they move, and how fresh and how sure they are."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.core.figures import Row
from streams.core.registry import FIGURES
from streams.show.rates import NOTHING, shown

COUNTS = ("report_count", "case_count", "closed_count", "backlog", "backlog_overdue")
RATES = (
    *("handling_rate", "completion_rate", "closure_rate"),
    *("on_time_closure_rate", "on_time_of_closed_rate"),
)
CUT = ("case_count", "handling_rate", "completion_rate", "on_time_closure_rate")
SOURCES = {
    "gridworker": "网格员 gridworker",
    "patrol": "视频巡查 patrol",
    "hotline": "热线 hotline",
    "citizen": "市民 citizen",
    "check": "检查 check",
}
LONGEST = 10
WIDTH = 104


class Picture(msgspec.Struct, frozen=True):
    """What stands on the screen at one moment; `freshness` in seconds, None before any fact."""

    place: str
    at: datetime
    zone: str
    total: Row
    rounds: Table
    by_source: Sequence[Row]
    by_department: Sequence[Row]
    departments: Mapping[str, str]
    sent: int
    lag: int
    dead_letters: int
    freshness: float | None
    note: str


def draw(picture: Picture) -> RenderableType:
    """The whole screen."""
    at = picture.at.astimezone(ZoneInfo(picture.zone))
    head = Text.assemble(
        ("gridloop 网格闭环  ", "bold cyan"),
        (f"{picture.place}  ", "bold"),
        f"{at:%Y-%m-%d %H:%M}  ",
        (picture.note, "dim"),
    )
    return Group(
        Panel(head),
        Columns([_standing(picture.total), _pipeline(picture)]),
        picture.rounds,
        _cut("来源 source", picture.by_source, SOURCES),
        _cut("牵头部门 lead department", picture.by_department, picture.departments),
    )


def save(picture: Picture, path: Path) -> None:
    """The whole screen as an SVG that needs no font from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(draw(picture))
    svg = console.export_svg(title="gridloop demo")
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    # The lengths count letters; a Chinese one is as wide as two, and would be squeezed.
    path.write_text(re.sub(r' textLength="[^"]*"', "", svg), "utf-8")


def line(picture: Picture) -> str:
    """The same in one line, for a screen that is none."""
    at = picture.at.astimezone(ZoneInfo(picture.zone))
    told = [
        f"{FIGURES[name].zh} {name} {shown(picture.total.figures[name])}"
        for name in ("case_count", "closed_count", "completion_rate", "on_time_closure_rate")
    ]
    tail = f"在途 lag {picture.lag}  死信 dead letters {picture.dead_letters}"
    return f"{at:%H:%M}  {'  '.join(told)}  {tail}"


def _standing(total: Row) -> Table:
    table = Table(title="指标 figures", title_justify="left")
    table.add_column("指标")
    table.add_column("值", justify="right")
    for name in (*COUNTS, *RATES):
        figure = FIGURES[name]
        table.add_row(f"{figure.zh} {figure.en}", shown(total.figures[name]))
    return table


def _pipeline(picture: Picture) -> Table:
    fresh = NOTHING if picture.freshness is None else f"{picture.freshness:.1f} s"
    table = Table(title="链路 pipeline", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("已发送 sent", str(picture.sent))
    table.add_row("在途 lag", str(picture.lag))
    table.add_row("死信 dead letters", str(picture.dead_letters))
    table.add_row("最新事实距今 freshness", fresh)
    return table


def _cut(title: str, rows: Sequence[Row], names: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in CUT:
        table.add_column(f"{FIGURES[name].zh}\n{FIGURES[name].en}", justify="right")
    busiest = sorted(rows, key=lambda row: -(row.figures["case_count"].value or 0))[:LONGEST]
    for row in busiest:
        code = next(iter(row.by.values())) or ""
        name = names.get(code, code) or NOTHING
        table.add_row(name, *(shown(row.figures[name]) for name in CUT))
    return table
