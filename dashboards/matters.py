"""事项 · what there is much of, where it gathers, and what closed too soon to be true."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.words import FIELDS, Say
from streams.core.lifecycle import Flow
from streams.core.results import FactKind

HOT = ("case_count", "backlog", "completion_rate", "on_time_closure_rate", "closing_time_p50")
GROUPS = ("case_count", "completion_rate", "reopen_rate", "rework_rate")
HASTY = ("hasty_closure_rate", "reopen_rate", "rework_rate", "callback_rate")
CLOSURE = ("closed_count", "hasty_closure_rate", "callback_rate")
RISKS = ("case_count", "handling_rate", "backlog", "settled_in_place_rate")


def hot(pen: Pen) -> Iterable[Panel]:
    """Matters and categories by how many cases they make."""
    yield pen.figures(Say("热点事项", "Hot matters"), "matter", HOT, width=HALF, height=10)
    yield pen.figures(Say("各大类", "By category"), "category", GROUPS, width=HALF, height=10)


def hotspots(pen: Pen) -> Iterable[Panel]:
    """Where the same is reported again and again."""
    found = sql.facts([FactKind.HOTSPOT_FOUND], ("case_id", "occurred_at", "detail"))
    cases = (
        f"SELECT case_id, area, grid, matter FROM cases FINAL WHERE place = {sql.PLACE}"
        f" AND case_id IN (SELECT case_id FROM {found})"
    )
    yield pen.rows(
        Say("聚集点", "Hotspots"),
        Say(
            "同一地点同一事项多次上报(聚集规则见合并规则)",
            "One matter reported again and again at one spot",
        ),
        (
            "SELECT told.case_id AS case_id, occurred_at, area, grid, matter,"
            f" JSONExtractUInt(detail, 'reports') AS reports FROM {found} AS told"
            f" INNER JOIN ({cases}"
            f" AND {' AND '.join(sql.only(('area', 'grid', 'matter')).values())}) AS kept"
            " ON kept.case_id = told.case_id ORDER BY occurred_at DESC LIMIT 200"
        ),
        [
            Column("case_id", Say("案件", "Case"), link=pen.case()),
            Column("occurred_at", Say("时刻", "When"), "dateTimeAsIso"),
            *(Column(name, FIELDS[name]) for name in ("area", "grid", "matter")),
            Column("reports", Say("上报", "Reports"), "short"),
        ],
    )


def suspicious(pen: Pen) -> Iterable[Panel]:
    """Closed within minutes, closed again and again, closed with nobody called back."""
    yield pen.stat(Say("存疑结案", "Closings to be looked at"), HASTY)
    yield pen.figures(
        Say("各部门", "By department"),
        "department",
        CLOSURE,
        order="hasty_closure_rate DESC",
        width=HALF,
    )
    yield pen.rows(
        Say("立案后10分钟内结案", "Closed within 10 minutes of the filing"),
        Say("时段内立案者,最近结案者在前", "Filed within the range, the latest closing first"),
        (
            "SELECT case_id, closed_at, dateDiff('second', filed_at, closed_at) AS took,"
            f" department, matter FROM {sql.cases(('closed', 'closed_hastily'), pen.filters)}"
            f" AND filed_at >= {sql.BEGIN} ORDER BY closed_at DESC LIMIT 200"
        ),
        [
            Column("case_id", Say("案件", "Case"), link=pen.case()),
            Column("closed_at", Say("结案", "Closed"), "dateTimeAsIso"),
            Column("took", Say("用时", "Took"), "s"),
            *(Column(name, FIELDS[name]) for name in ("department", "matter")),
        ],
        width=HALF,
        height=9,
    )


def risks(pen: Pen) -> Iterable[Panel]:
    """Risks and opinions: flows of their own, which never mix with cases."""
    for flow, title in (
        (Flow.RISK, Say("风险", "Risks")),
        (Flow.OPINION, Say("意见建议", "Opinions")),
        (Flow.SUPERVISION, Say("督查问题", "Findings of supervision")),
    ):
        yield pen.stat(title, RISKS, flow=flow, width=8)


HOTTEST = Section(Say("热点", "Hot matters"), hot)
SPOTS = Section(Say("聚集点", "Hotspots"), hotspots)
SUSPICIOUS = Section(Say("存疑结案", "Closings to be looked at"), suspicious)
RISK = Section(Say("风险、意见、督查", "Risks, opinions, supervision"), risks)

BOARD = Board(
    id="matters",
    title=Say("网格闭环 · 事项", "Gridloop · Matters"),
    about=Say(
        "什么多、聚在哪里、哪些办结可疑", "What there is much of, where, and what closed too soon"
    ),
    sections=(HOTTEST, SPOTS, SUSPICIOUS, RISK),
)
