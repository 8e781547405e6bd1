"""时限 · what falls due, what ran out, by step and by department."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import HALF, Column, Panel, Pen
from dashboards.words import CLOCKS, FIELDS, Say
from streams.core.results import FactKind

JUDGED = ("on_time_closure_rate", "on_time_of_closed_rate", "overdue_rate", "backlog_overdue")
DESK = ("on_time_verification_rate", "on_time_filing_rate")
STEPS = (
    *("on_time_dispatch_rate", "on_time_signing_rate", "handling_rate_due"),
    *("on_time_handling_rate", "on_time_check_rate", "arrival_on_time_rate", "response_rate"),
)
MOVED = ("extension_rate", "suspension_rate", "supervision_rate", "stuck_count")
LENGTHS = (
    *("extension_length_mean", "extension_length_working_mean"),
    *("suspension_length_mean", "suspension_length_working_mean"),
)
DEADLINE = Column("deadline", Say("时限", "Deadline"), "dateTimeAsIso")
AHEAD_DAYS = 14


def judged(pen: Pen) -> Iterable[Panel]:
    """The rates in time, of cases and of steps."""
    yield pen.stat(Say("案件按期", "Cases in time"), JUDGED)
    yield pen.stat(Say("核实、立案按时", "Verified and filed in time"), DESK)
    yield pen.stat(Say("各环节按时", "Steps in time"), STEPS)
    yield pen.stat(Say("延期、挂账、督办、停滞", "Extended, paused, supervised, stuck"), MOVED)
    yield pen.stat(Say("延期、挂账多久", "How long extended, paused"), LENGTHS)


def ahead(pen: Pen) -> Iterable[Panel]:
    """What falls due next, and what ran out."""
    day = f"formatDateTime(deadline, '%Y-%m-%d', {sql.ZONE})"
    coming = sql.cases(("open", "with_deadline"), pen.filters)
    yield pen.bars(
        Say(f"未来{AHEAD_DAYS}天到期", f"Due within {AHEAD_DAYS} days"),
        Say("A 之后到期的在办件,按到期日", "Open cases that fall due after A, by local day"),
        (
            f"SELECT {day} AS day, count() AS cases FROM {coming} AND deadline >= {sql.AS_OF}"
            f" AND deadline < {sql.AS_OF} + INTERVAL {AHEAD_DAYS} DAY GROUP BY day ORDER BY day"
        ),
        [
            Column("day", Say("到期日", "Day")),
            Column("cases", Say("在办", "Open"), "short", link=pen.cases("backlog")),
        ],
    )
    breached = sql.facts([FactKind.DEADLINE_BREACHED], ("occurred_at", "detail"))
    clock = "ifNull(nullIf(JSONExtractString(detail, 'clock'), ''), 'overall')"
    yield pen.lines(
        Say("每日超时", "Breaches by day"),
        Say(
            "时限到期而未办的事实,按时限种类;各部门的报到时限合计",
            "Facts of limits that ran out, by kind of clock; arrivals of all departments together",
        ),
        (
            f"SELECT toDateTime(toDate(occurred_at, {sql.ZONE}), {sql.ZONE}) AS time,"
            f" splitByChar(':', {clock})[1] AS label, count() AS breaches FROM {breached}"
            " GROUP BY time, label ORDER BY time"
        ),
        [Column(code, said) for code, said in CLOCKS.items()],
    )


def by_department(pen: Pen) -> Iterable[Panel]:
    """The same by department, and the cases that are longest overdue."""
    order = "overdue_rate DESC"
    yield pen.figures(Say("按部门", "By department"), "department", JUDGED, order=order, width=HALF)
    yield pen.figures(Say("各环节,按部门", "Steps by department"), "department", STEPS, width=HALF)
    overdue = sql.cases(("open", "overdue"), pen.filters)
    yield pen.rows(
        Say("超期最久的在办件", "Open cases that are longest overdue"),
        Say(
            "期末已超期而未结,最早到期者在前", "Open and overdue at A, the earliest deadline first"
        ),
        sql.first(
            ("case_id", "deadline", "department", "area", "matter", "state"), overdue, "deadline"
        ),
        [
            Column("case_id", Say("案件", "Case"), link=pen.case()),
            DEADLINE,
            *(Column(name, FIELDS[name]) for name in ("department", "area", "matter")),
            Column("state", Say("状态", "State")),
        ],
    )


JUDGED_IN_TIME = Section(Say("按期与按时", "In time"), judged)
AHEAD = Section(Say("到期与超时", "Due and run out"), ahead)

BOARD = Board(
    id="timeliness",
    title=Say("网格闭环 · 时限", "Gridloop · Timeliness"),
    about=Say(
        "什么将到期、什么已超期,按环节与部门", "What falls due, what ran out, and whose it is"
    ),
    sections=(
        JUDGED_IN_TIME,
        AHEAD,
        Section(Say("部门与案件", "Departments, cases"), by_department),
    ),
)
