"""事项 · what there is much of, where it gathers, and which closings are to be looked at."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.words import FIELDS, Say, both
from streams.core.doubts import Doubt
from streams.core.lifecycle import Flow
from streams.core.results import FactKind
from streams.show.suspicious import REASONS

HOT = ("case_count", "backlog", "completion_rate", "on_time_closure_rate", "closing_time_p50")
GROUPS = ("case_count", "completion_rate", "rework_rate", "missed_report_rate")
BACK = ("recurrence_rate", "reopen_rate")
DOUBTFUL = ("suspicious_closure_count", "suspicious_closure_rate", "reopen_rate", "rework_rate")
CLOSURE = ("closed_count", "suspicious_closure_count", "suspicious_closure_rate", "callback_rate")
RISKS = ("case_count", "handling_rate", "backlog", "settled_in_place_rate")


DOUBTS = {doubt.value: both(said) for doubt, said in REASONS.items() if doubt is not Doubt.BULK}
"""But for many by one hand: of that no case's own facts tell."""


def hot(pen: Pen) -> Iterable[Panel]:
    """Matters and categories by how many cases they make."""
    yield pen.figures(Say("热点事项", "Hot matters"), "matter", HOT, width=HALF, height=10)
    yield pen.figures(Say("各大类", "By category"), "category", GROUPS, width=HALF, height=10)
    yield pen.figures(Say("复发与重开", "Back after the closing"), "category", BACK, width=HALF)


def hotspots(pen: Pen) -> Iterable[Panel]:
    """Where the same is reported again and again."""
    facts = sql.facts([FactKind.HOTSPOT_FOUND], ("case_id", "occurred_at", "detail"))
    told = "(case_id, occurred_at, JSONExtractUInt(detail, 'reports'))"
    # As one array, which the server computes once for both places that ask for it.
    found = f"WITH (SELECT groupArray({told}) FROM {facts}) AS found"
    cases = (
        f"SELECT case_id, area, grid, matter FROM cases FINAL WHERE place = {sql.PLACE}"
        f" AND case_id IN (SELECT arrayJoin(found.1)) AND {sql.chosen(('area', 'grid', 'matter'))}"
    )
    yield pen.rows(
        Say("聚集点", "Hotspots"),
        Say(
            "同一地点同一事项多次上报(聚集规则见合并规则)",
            "One matter reported again and again at one spot",
        ),
        (
            f"{found} SELECT case_id, spot.2 AS occurred_at, area, grid, matter, spot.3 AS reports"
            f" FROM (SELECT arrayJoin(found) AS spot) AS told INNER JOIN ({cases}) AS kept"
            " ON kept.case_id = told.spot.1 ORDER BY occurred_at DESC, case_id LIMIT 200"
        ),
        [
            Column("case_id", Say("案件", "Case"), link=pen.case()),
            Column("occurred_at", Say("时刻", "When"), "dateTimeAsIso"),
            *(Column(name, FIELDS[name]) for name in ("area", "grid", "matter")),
            Column("reports", Say("上报", "Reports"), "short"),
        ],
    )


def suspicious(pen: Pen) -> Iterable[Panel]:
    """What a case's own history makes doubtful, by the place's thresholds."""
    yield pen.stat(Say("存疑结案", "Closings to be looked at"), DOUBTFUL)
    yield pen.figures(
        Say("各部门", "By department"),
        "department",
        CLOSURE,
        order="suspicious_closure_rate DESC",
        width=HALF,
    )
    told = ("case_id", "occurred_at", "department", "detail")
    doubted = sql.facts([FactKind.CLOSURE_DOUBTED], told)
    yield pen.rows(
        Say("存疑原因", "Why"),
        Say(
            "时段内的存疑事实,最近者在前;批量办结见 gridloop suspicious",
            "Told within the range, the latest first; of many by one hand see `gridloop"
            " suspicious`",
        ),
        (
            "SELECT case_id, occurred_at, JSONExtractString(detail, 'reason') AS reason,"
            " 60 * JSONExtractFloat(detail, 'minutes') AS gap, department"
            f" FROM {doubted} WHERE case_id IN (SELECT case_id FROM"
            f" {sql.cases(('filed',), pen.filters)} AND case_id IN (SELECT case_id FROM {doubted}))"
            " ORDER BY occurred_at DESC LIMIT 200"
        ),
        [
            Column("case_id", Say("案件", "Case"), link=pen.case()),
            Column("occurred_at", Say("时刻", "When"), "dateTimeAsIso"),
            Column("reason", Say("原因", "Why"), words=DOUBTS),
            Column("gap", Say("间隔", "Between"), "s"),
            Column("department", FIELDS["department"]),
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
        "什么多、聚在哪里、哪些结案存疑",
        "What there is much of, where, and which closings are to be looked at",
    ),
    sections=(HOTTEST, SPOTS, SUSPICIOUS, RISK),
)
