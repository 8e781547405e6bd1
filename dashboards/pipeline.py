"""流水线 · whether records flow: rates, waiting, refusals, and how old what is stored is."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.words import Say

RATE = "sum by ({}) (rate(gridloop_{}[$__rate_interval]))".format


def flow(pen: Pen) -> Iterable[Panel]:
    """Records through the hops, and what holds them up."""
    yield pen.metrics(
        Say("各段收发", "Records by hop"),
        Say("每秒确认的输入与发出", "Acknowledged and sent a second"),
        (RATE("hop", "flow_records_in_total"), "{{hop}} ←"),
        (RATE("hop", "flow_records_out_total"), "{{hop}} →"),
        unit="ops",
    )
    yield pen.metrics(
        Say("等待与放弃", "Waiting and given up"),
        Say("消息系统不可用时的等待;交还分区的批次", "Waits for the broker; chunks left to others"),
        (RATE("hop, error", "flow_later_total"), "{{hop}} {{error}}"),
        (RATE("hop", "flow_given_up_total"), Say("{{hop}} 放弃", "{{hop}} given up")),
        unit="ops",
    )
    yield pen.metrics(
        Say("入口", "The gateway"),
        Say("接口收到、发布、拒收", "Requests, events the broker has, refusals"),
        (RATE("route", "gateway_requests_total"), "{{route}}"),
        (RATE("route", "gateway_events_total"), Say("{{route}} 事件", "{{route}} events")),
        (RATE("reason", "gateway_refused_total"), Say("拒收 {{reason}}", "refused {{reason}}")),
        unit="ops",
    )
    yield pen.metrics(
        Say("入库", "The sink"),
        Say("每秒入库的行,按表;等待的行", "Rows stored a second, by table; rows that wait"),
        (RATE("table", "sink_rows_total"), "{{table}}"),
        ("sum(gridloop_sink_gathered_rows)", Say("待入库", "waiting")),
        unit="rowsps",
    )


def lag(pen: Pen) -> Iterable[Panel]:
    """How far behind the store is."""
    yield pen.metrics(
        Say("待处理", "Left to do"),
        Say("各消费组尚未处理的记录", "Records that a group has yet to pass"),
        ("max by (group) (gridloop_lag_records)", "{{group}}"),
    )
    yield pen.metrics(
        Say("滞后", "Behind by"),
        Say("最新入库记录、最新事实、最近报时距今", "Since the newest record, fact and tick"),
        (
            "time() - max(gridloop_sink_last_record_timestamp_seconds)",
            Say("记录", "record"),
        ),
        ("time() - max(gridloop_sink_last_fact_timestamp_seconds)", Say("事实", "fact")),
        (
            "time() - max by (place) (gridloop_clock_last_tick_timestamp_seconds)",
            Say("报时 {{place}}", "tick {{place}}"),
        ),
        unit="s",
    )
    yield pen.metrics(
        Say("库不可用", "The store away"),
        Say("1 为不可用;入库耗时与等待占比", "1 while away; shares of time stored and waited"),
        ("max(gridloop_sink_store_away)", Say("不可用", "away")),
        (
            "sum(rate(gridloop_sink_storing_seconds_total[$__rate_interval]))",
            Say("入库", "storing"),
        ),
        (
            "sum(rate(gridloop_sink_waited_seconds_total[$__rate_interval]))",
            Say("等待", "waiting"),
        ),
        unit="none",
    )
    yield pen.trend(
        Say("上报至入库", "From report to log"),
        ("intake_lag_p50", "intake_lag_p90", "intake_lag_p99"),
        width=HALF,
    )
    yield pen.metrics(
        Say("分类", "Classification"),
        Say("留给人工的占比与事项漂移", "Share left to people, and drift of matters"),
        (
            "max by (place) (gridloop_classified_abstained_ratio)",
            Say("{{place}} 人工", "{{place}} people"),
        ),
        ("max by (place) (gridloop_classified_drift)", Say("{{place}} 漂移", "{{place}} drift")),
        unit="none",
    )


def recount(pen: Pen) -> Iterable[Panel]:
    """流批一致 · whether figures are those of a recount from the log."""
    yield pen.metrics(
        Say("与重算不一致", "Differs from the recount"),
        Say(
            "上次 gridloop verify 中与重算不一致的指标数,应为0",
            "Figures that differed in the last `gridloop verify`: there should be none",
        ),
        ("max(gridloop_verify_differences)", Say("不一致", "differences")),
    )
    yield pen.metrics(
        Say("距上次重算", "Since the last recount"),
        Say("每小时重算一次;久未重算则不知数字是否仍对", "Hourly; without it nobody knows"),
        ("time() - max(gridloop_verify_last_timestamp_seconds)", Say("距今", "ago")),
        unit="s",
    )


def refused(pen: Pen) -> Iterable[Panel]:
    """Dead letters, by reason and stage."""
    here = (
        f"dead_letters FINAL WHERE NOT withdrawn AND place IN ({sql.PLACE}, '')"
        f" AND refused_at >= {sql.BEGIN} AND refused_at < {sql.AS_OF}"
    )
    counted = Column("letters", Say("死信", "Dead letters"), "short")
    yield pen.rows(
        Say("死信按原因", "Dead letters by reason"),
        Say("未撤回者,含不知何地者", "Those not withdrawn, of an unknown place too"),
        (
            "SELECT reason, stage, count() AS letters, max(refused_at) AS last FROM"
            f" {here} GROUP BY reason, stage ORDER BY letters DESC"
        ),
        [
            Column("reason", Say("原因", "Reason")),
            Column("stage", Say("环节", "Stage")),
            counted,
            Column("last", Say("最近一次", "Last"), "dateTimeAsIso"),
        ],
        width=HALF,
    )
    yield pen.lines(
        Say("每小时死信", "Dead letters by hour"),
        Say("按原因", "By reason"),
        (
            "SELECT toStartOfHour(refused_at) AS time, reason AS label, count() AS letters FROM"
            f" {here} GROUP BY time, label ORDER BY time"
        ),
        [],
    )


BOARD = Board(
    id="pipeline",
    title=Say("网格闭环 · 流水线", "Gridloop · Pipeline"),
    about=Say(
        "记录是否在流动、滞后多少、拒收什么",
        "Whether records flow, how far behind, what is refused",
    ),
    sections=(
        Section(Say("流量", "Flow"), flow),
        Section(Say("滞后", "Lag"), lag),
        Section(Say("重算", "Recount"), recount),
        Section(Say("死信", "Dead letters"), refused),
    ),
    asks=("metrics",),
    since="now-24h",
)
