"""网格与网格员 · where rounds were made and how often, what they found, and by whom."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.slots import ASKED
from dashboards.words import FIELDS, Lang, Say, both
from streams.core.events import RoundKind
from streams.show.rounds import KINDS as ROUND_KINDS

KINDS = {
    kind.value: both(said) for kind, said in ROUND_KINDS.items() if kind is not RoundKind.AWARD
}
"""Awards travel as rounds, but are none."""

ROW = ("case_count", "completion_rate", "closing_time_p50", "backlog_overdue")

_BEGUN = (
    f"rounds FINAL WHERE place = {sql.PLACE} AND started_at >= {sql.BEGIN}"
    f" AND started_at < {sql.AS_OF} AND ingested_at < {sql.KNOWN_AT}"
    f" AND {sql.chosen(('area', 'grid'))}"
)
MADE, AWARDED = f"{_BEGUN} AND kind != 'award'", f"{_BEGUN} AND kind = 'award'"
"""Rounds that were begun in the range; and awards."""


def coverage(pen: Pen) -> Iterable[Panel]:
    """How many of the place's grids had a round."""
    listed = "arrayJoin(JSONExtract(row, 'grids', 'Array(String)')) AS grid, code AS area"
    grids = (
        f"SELECT {listed} FROM ({sql.names('area', Lang.ZH)}) WHERE {sql.chosen(('area', 'grid'))}"
    )
    yield pen.numbers(
        Say("网格覆盖", "Grids covered"),
        Say(
            "时段内至少有一次轮次的网格,占片区树所列网格,不论计划",
            "Grids with a round in the range, of those in the area tree, whatever schedules ask",
        ),
        (
            "SELECT count() AS grids, countIf(visited) AS covered,"
            " covered / nullIf(grids, 0) AS share FROM (SELECT grid, grid IN"
            f" (SELECT ifNull(grid, '') FROM {MADE}) AS visited FROM ({grids}))"
        ),
        [
            Column("grids", Say("网格", "Grids"), "short"),
            Column("covered", Say("有轮次", "With a round"), "short"),
            Column("share", Say("有轮次占比", "Share with a round"), "percentunit"),
        ],
        width=HALF,
        height=8,
    )
    yield pen.lines(
        Say("每日轮次", "Rounds by day"),
        Say("按种类", "By kind"),
        (
            f"SELECT toDateTime(toDate(started_at, {sql.ZONE}), {sql.ZONE}) AS time, kind AS label,"
            f" count() AS rounds FROM {MADE} GROUP BY time, label ORDER BY time"
        ),
        [Column(code, said) for code, said in KINDS.items()],
    )


def frequency(pen: Pen) -> Iterable[Panel]:
    """By grid: how often, when last, what was found; and how its cases went."""
    yield pen.rows(
        Say("各网格轮次", "Rounds by grid"),
        Say("次数、最近一次、发现问题与未完成", "How often, when last, found and failed"),
        (
            "SELECT grid, count() AS rounds, max(started_at) AS last, countIf(result = 'found') AS"
            " found, countIf(result IN ('failed', 'offline')) AS failed FROM"
            f" {MADE} AND grid IS NOT NULL GROUP BY grid ORDER BY rounds, grid LIMIT 500"
        ),
        [
            Column("grid", FIELDS["grid"]),
            Column("rounds", Say("轮次", "Rounds"), "short"),
            Column("last", Say("最近一次", "Last"), "dateTimeAsIso"),
            Column("found", Say("发现问题", "Found"), "short"),
            Column("failed", Say("未完成", "Failed"), "short"),
        ],
        width=HALF,
    )
    yield pen.figures(Say("各网格案件", "Cases by grid"), "grid", ROW, width=HALF, height=8)


def workers(pen: Pen) -> Iterable[Panel]:
    """By gridworker, by code: rounds, what they reported, points awarded."""
    here = sql.chosen(("street", "area", "grid"))
    rounds = f"SELECT worker, count() AS rounds, 0 AS reports, 0 AS score FROM {MADE}"
    reports = (
        "SELECT reporter, 0, count(), 0 FROM reports FINAL WHERE"
        f" place = {sql.PLACE} AND occurred_at >= {sql.BEGIN} AND occurred_at < {sql.AS_OF}"
        f" AND ingested_at < {sql.KNOWN_AT} AND reporter IS NOT NULL AND {here}"
    )
    awards = f"SELECT worker, 0, 0, sum(points) FROM {AWARDED}"
    parts = [
        f"{rounds} AND worker IS NOT NULL GROUP BY worker",
        f"{reports} GROUP BY reporter",
        f"{awards} GROUP BY worker",
    ]
    yield pen.rows(
        Say("网格员", "Gridworkers"),
        Say(
            "轮次、上报、记分(只计直接记分;按规则所得以 gridloop points 为准)",
            "Rounds, reports, points that were awarded; what rules give is told by"
            " `gridloop points`",
        ),
        (
            "SELECT worker, sum(rounds) AS rounds, sum(reports) AS reports, sum(score) AS score"
            f" FROM ({' UNION ALL '.join(parts)}) AS told GROUP BY worker"
            " ORDER BY rounds DESC, worker LIMIT 500"
        ),
        [
            Column("worker", FIELDS["worker"]),
            Column("rounds", Say("轮次", "Rounds"), "short"),
            Column("reports", Say("上报", "Reports"), "short"),
            Column("score", Say("记分", "Points"), "short"),
        ],
    )


def findings(pen: Pen) -> Iterable[Panel]:
    """What rounds found, each beside its case: a report's id is its sender's own."""
    made = (
        "SELECT started_at, kind, worker, grid, subject, sender, arrayJoin(found) AS id"
        f" FROM {MADE}"
    )
    told = (
        "SELECT sender, id, case_id FROM reports FINAL"
        f" WHERE place = {sql.PLACE} AND ingested_at < {sql.KNOWN_AT}"
        f" AND (sender, id) IN (SELECT sender, id FROM ({made}))"
    )
    yield pen.rows(
        Say("巡查所得", "What rounds found"),
        Say("每项发现与其案件,最近者在前", "Each finding and its case, the latest first"),
        (
            "SELECT started_at, kind, worker, grid, subject, id, nullIf(case_id, '') AS case_id"
            f" FROM ({made}) AS made LEFT JOIN ({told}) AS told USING (sender, id)"
            " ORDER BY started_at DESC, id LIMIT 200"
        ),
        [
            Column("started_at", Say("时刻", "When"), "dateTimeAsIso"),
            Column("kind", Say("种类", "Kind"), words=KINDS),
            *(Column(name, FIELDS[name]) for name in ("worker", "grid")),
            Column("subject", Say("对象", "Subject")),
            Column("id", Say("上报", "Report")),
            Column("case_id", Say("案件", "Case"), link=pen.case()),
        ],
    )


COVERAGE = Section(Say("覆盖", "Coverage"), coverage)
FREQUENCY = Section(Say("频次", "Frequency"), frequency)

BOARD = Board(
    id="grids",
    title=Say("网格闭环 · 网格与网格员", "Gridloop · Grids and gridworkers"),
    about=Say(
        "应巡多少、巡了哪里、多少次、发现什么",
        "What was asked for, where rounds were made, how often, what they found",
    ),
    sections=(
        ASKED,
        COVERAGE,
        FREQUENCY,
        Section(Say("网格员", "Gridworkers"), workers),
        Section(Say("发现", "Findings"), findings),
    ),
)
