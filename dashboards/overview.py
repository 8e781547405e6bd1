"""总览 · how much came in, what is open, how it stands: the first look."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.words import AMBER, FIELDS, GREEN, GREY, RED, Say
from streams.core.predicates import sql_of

NOW = ("backlog", "backlog_overdue", "deadline_unknown")
CAME = ("report_count", "case_count", "closed_count")
RATES = ("handling_rate", "completion_rate", "closure_rate", "on_time_closure_rate")
ROW = ("case_count", "closed_count", "backlog", "backlog_overdue", "completion_rate")

LIGHTS = {
    "overdue": Say("已超期", "Overdue"),
    "soon": Say("24小时内到期", "Due within 24 hours"),
    "later": Say("未到期", "Due later"),
    "none": Say("无时限或时限未知", "Without a known deadline"),
}
_COLOURS = dict(zip(LIGHTS, (RED, AMBER, GREEN, GREY), strict=True))
AMONG = dict.fromkeys(LIGHTS, "backlog") | {"overdue": "backlog_overdue"}
"""Among which cases those of a light are listed, each with its deadline."""


def headline(pen: Pen) -> Iterable[Panel]:
    """The large numbers."""
    yield pen.stat(Say("时段内上报与立案", "Came in within the range"), CAME, width=HALF)
    now = Say("期末在办", "Open at its end")
    yield pen.stat(now, NOW, windowed=False, width=HALF)
    yield pen.stat(Say("时段内立案的办理", "Of what was filed within it"), RATES)


def lights(pen: Pen) -> Iterable[Panel]:
    """Open cases by how much time is left."""
    light = (
        f"multiIf({sql_of(('overdue',)) % sql.WORDS}, 'overdue', deadline IS NULL, 'none',"
        f" deadline < {sql.AS_OF} + INTERVAL 1 DAY, 'soon', 'later')"
    )
    counts = ", ".join(f"countIf(light = '{one}') AS {one}" for one in LIGHTS)
    text = (
        f"SELECT {counts} FROM (SELECT {light} AS light FROM {sql.cases(('open',), pen.filters)})"
    )
    yield pen.numbers(
        Say("在办红黄绿", "Open cases by time left"),
        Say("期末未结案件按总时限", "Open cases at the end of the range, by overall deadline"),
        text,
        [
            Column(one, said, "short", link=pen.cases(AMONG[one]), colour=_COLOURS[one])
            for one, said in LIGHTS.items()
        ],
        width=HALF,
    )
    fresh = (
        "SELECT dateDiff('second', stored, now64(6)) AS stored_ago, tick FROM"
        f" (SELECT max(ingested_at) AS stored FROM cases WHERE place = {sql.PLACE}) AS kept"
        f" CROSS JOIN (SELECT max(at) AS tick FROM clocks WHERE place = {sql.PLACE}) AS clock"
    )
    yield pen.numbers(
        Say("新鲜度", "Freshness"),
        Say(
            "最近一次入库距今;该地时钟最近一次报时",
            "Since the newest input was stored; the latest tick of the place's clock",
        ),
        fresh,
        [
            Column("stored_ago", Say("距最近入库", "Since the newest input"), "s"),
            Column("tick", Say("当地时钟", "The place's clock"), "dateTimeAsIso"),
        ],
        width=HALF,
    )


def trends(pen: Pen) -> Iterable[Panel]:
    """Day by day."""
    yield pen.trend(Say("每日上报、立案、结案", "Reports, cases, closings by day"), CAME)
    yield pen.trend(Say("每日立案的办理", "Rates by day of filing"), RATES)


def where(pen: Pen) -> Iterable[Panel]:
    """On the map, and by street."""
    yield pen.map(
        Say("在办地图", "Open cases on the map"),
        Say(
            "各网格在办件数,位于网格图斑各角的中点;坐标系同网格图。没有网格图则为空",
            "Open cases by grid, at the mean of its corners, in the datum of the grids' document;"
            " empty without one",
        ),
        (
            "SELECT grid, shape.1 AS longitude, shape.2 AS latitude, size FROM (SELECT grid,"
            f" count() AS size FROM {sql.cases(('open',), pen.filters)} GROUP BY grid) AS told"
            f" INNER JOIN ({shapes()}) AS drawn ON drawn.code = told.grid ORDER BY size DESC"
        ),
        [
            Column("grid", FIELDS["grid"]),
            Column("size", Say("在办", "Open"), "short", link=pen.cases("backlog")),
        ],
    )
    yield pen.figures(
        Say("各街镇(时段内立案)", "By street, of what was filed"),
        "street",
        ROW,
        width=HALF,
        height=10,
    )


def shapes() -> str:
    """`code`, `shape`: where a grid is, as longitude and latitude."""
    ring = "JSONExtract(row, 'ring', 'Array(Tuple(Float64, Float64))')"
    return (
        "SELECT JSONExtractString(row, 'code') AS code,"
        f" (arrayAvg({ring}.1), arrayAvg({ring}.2)) AS shape FROM"
        f" (SELECT arrayJoin(JSONExtractArrayRaw({sql.document('grids')}, 'grids')) AS row)"
    )


HEADLINE = Section(Say("总量与比率", "Counts and rates"), headline)
LIGHTED = Section(Say("红黄绿与新鲜度", "Time left, and freshness"), lights)
TRENDS = Section(Say("走势", "Day by day"), trends)
WHERE = Section(Say("地图与街镇", "Map and streets"), where)

BOARD = Board(
    id="overview",
    title=Say("网格闭环 · 总览", "Gridloop · Overview"),
    about=Say(
        "来了多少、在办多少、办得怎样。时段末为截止时刻(A)",
        "What came in, what is open, how it stands; A is the end of the range",
    ),
    sections=(HEADLINE, LIGHTED, TRENDS, WHERE),
)
