"""来源 · by which channel problems came, how many were merged, how the hotline does, and
what cameras' findings are worth."""

from collections.abc import Iterable

from msgspec.structs import replace

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import BOUND, HALF, STANDING, Column, Panel, Pen
from dashboards.words import LEVELS, REPORTERS, SOURCES, Say, meaning_of, name_of
from streams.core.registry import FIGURES, Ledger

MIX = ("report_count", "merge_rate", "valid_report_rate", "accurate_filing_rate")
MACHINES = ("false_merge_rate", "missed_merge_rate", "classify_accuracy", "abstain_rate")
PRECISION = "video_precision"
HOTLINE = (
    *("response_rate", "answer_rate", "callback_rate", "resolution_rate", "satisfaction_rate"),
    "closed_dissatisfied",
)
CALLS = ("call_count", "connection_rate", "answered_in_15s_rate")
REQUESTS = ("public_report_rate", "repeat_request_rate")
FINDINGS = {
    "finding_held": Say("待人工确认", "Held for a person"),
    "finding_passed": Say("通过关口", "Passed the gate"),
    "report_rejected": Say("不予受理", "Rejected"),
    "camera_clear": Say("摄像头不再发现", "Clear again"),
}


def mix(pen: Pen) -> Iterable[Panel]:
    """Reports by channel, by who reports and by which port, and how many were merged."""
    yield pen.trend(
        Say("每日上报", "Reports by day"), ("report_count",), cut="source", words=SOURCES
    )
    yield pen.figures(
        Say("各来源", "By source"),
        "source",
        MIX,
        words=SOURCES,
        width=HALF,
        height=8,
    )
    yield pen.trend(
        Say("每日上报，按上报人", "Reports by day and kind of reporter"),
        ("report_count",),
        cut="reporter_kind",
        words=REPORTERS,
    )
    yield pen.trend(
        Say("每日上报，按端口", "Reports by day and port"), ("report_count",), cut="channel"
    )
    yield pen.stat(Say("机器判断", "What machines decide"), MACHINES)


def hotline(pen: Pen) -> Iterable[Panel]:
    """三率, what dissatisfied, and how much of it is asked again."""
    yield pen.stat(Say("接诉即办", "The hotline's rates"), HOTLINE, width=16)
    yield pen.stat(Say("群众诉求", "What the public asks"), REQUESTS, width=8)
    yield pen.trend(Say("每日三率", "The three rates by day"), (HOTLINE[0], *HOTLINE[3:5]))
    yield pen.trend(Say("首响时长", "First response"), ("first_response_p50", "first_response_p90"))
    # A call is of no matter or source: what narrows by these leaves it as it is.
    calls = replace(pen, filters=sql.had(Ledger.CALLS, pen.filters))
    yield calls.stat(
        Say("呼入与接通", "Calls and how many are answered"), CALLS, width=HALF, height=8
    )
    yield calls.trend(Say("每日接通率", "Calls answered by day"), CALLS[1:])


def video(pen: Pen) -> Iterable[Panel]:
    """What the gate made of cameras' findings."""
    columns = ("case_id", "kind", "occurred_at")
    yield pen.lines(
        Say("摄像头发现的去向", "What became of cameras' findings"),
        Say(
            "关口放行、留待确认、不予受理(视频来源)、恢复的事实",
            "Facts: passed the gate, held, rejected (of video patrols), clear again",
        ),
        (
            f"SELECT toDateTime(toDate(occurred_at, {sql.ZONE}), {sql.ZONE}) AS time,"
            f" kind AS label, count() AS facts FROM {sql.facts(FINDINGS, columns)}"
            " WHERE kind != 'report_rejected' OR case_id IN (SELECT case_id FROM reports"
            f" WHERE place = {sql.PLACE} AND source = 'patrol')"
            " GROUP BY time, label ORDER BY time"
        ),
        [Column(kind, said) for kind, said in FINDINGS.items()],
    )
    yield pen.trend(
        Say("准确立案率(视频精度)", "Filed and not voided: how precise video is"),
        ("accurate_filing_rate",),
        cut="source",
        words=SOURCES,
    )
    yield cameras(pen)


def cameras(pen: Pen) -> Panel:
    """How precise each camera and algorithm is: ranked by the lower bound, those of which few
    findings were judged last and without a place."""
    n, by = f"{PRECISION}_n", ("camera", "algorithm")
    told = sql.figures_sql((PRECISION,), by=by, filters=pen.filters, sized=(PRECISION,))
    ranked = f"{sql.bound(PRECISION, n)} AS bound, {sql.STANDING} AS standing"
    return pen.rows(
        Say("各摄像头与算法", "Cameras and algorithms"),
        meaning_of((PRECISION,)),
        f"SELECT cut_0 AS camera, cut_1 AS algorithm, {PRECISION}, {ranked}, {n}"
        f" FROM ({told}) WHERE {n} > 0 ORDER BY bound DESC NULLS LAST, {n} DESC, camera, algorithm"
        " LIMIT 500",
        [
            Column("camera", Say("摄像头", "Camera")),
            Column("algorithm", Say("算法", "Algorithm")),
            Column(
                PRECISION,
                name_of(FIGURES[PRECISION]),
                "percentunit",
                levels=LEVELS[PRECISION],
                link=pen.cases(PRECISION, windowed=True),
            ),
            BOUND,
            STANDING,
            Column(n, Say("核实数", "Judged"), "short"),
        ],
    )


MIXED = Section(Say("构成与合并", "Mix and merging"), mix)
PUBLIC = Section(Say("热线", "Hotline"), hotline)
CAMERAS = Section(Say("视频精度", "Video precision"), video)

BOARD = Board(
    id="sources",
    title=Say("网格闭环 · 来源", "Gridloop · Sources"),
    about=Say("从哪里来、合并多少、准不准", "By which channel, how many were merged, how precise"),
    sections=(MIXED, PUBLIC, CAMERAS),
)
