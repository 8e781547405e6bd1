"""案件 · the cases behind a figure; and one case: what happened, whose it is, why this deadline."""

from collections.abc import Iterable, Sequence

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import THIRD, Column, Panel, Pen
from dashboards.words import CLOCKS, FIELDS, Say
from streams.core.registry import Ledger
from streams.show.cases import IN_LIFE
from streams.show.casewords import FACTS

CASE = "${case:sqlstring}"
CASE_ID = Say("案件", "Case")
STEP = ("kind", "department", "due", "done", "result")
SHOWN = ("street", "area", "grid", "source", "matter")
COUNTED = Say("计入分子", "In the numerator")
BEHIND = Say(
    "所选指标的分母(计数为其自身)所计各行;至多 1000 行",
    "The rows that the chosen figure's denominator (a count itself) counts; at most 1000",
)
WHEN = Say("时刻", "When")
KINDS = {kind: Say(zh, kind.replace("_", " ")) for kind, zh in FACTS.items()}


def behind(pen: Pen) -> Iterable[Panel]:
    """A list for each ledger, of which the one of the figure's ledger has rows."""
    cases = ("case_id", "state", "deadline", "department", *SHOWN)
    told = {
        Ledger.CASES: (Say("案件", "Cases"), cases),
        Ledger.CARRIED: (Say("结转案件", "Cases carried over"), cases),
        Ledger.STEPS: (Say("环节", "Steps"), ("case_id", *STEP, *SHOWN)),
        Ledger.DESK: (Say("核实与立案", "Verifications and filings"), ("case_id", *STEP, *SHOWN)),
    }
    for ledger, (title, columns) in told.items():
        yield _listed(pen, title, ledger, columns, pen.filters)
    columns = ("case_id", "sender", "id", *SHOWN)
    of_reports = sql.had(Ledger.REPORTS, pen.filters)
    yield _listed(pen, Say("上报件", "Reports"), Ledger.REPORTS, columns, of_reports)
    yield _calls(pen)


def _calls(pen: Pen) -> Panel:
    """Calls, which are of no case."""
    columns = ("sender", "id", "answered_at", "channel", "street", "area")
    text = sql.behind(Ledger.CALLS, columns, sql.had(Ledger.CALLS, pen.filters))
    shown = [
        Column("counted", COUNTED),
        Column("counted_at", WHEN, "dateTimeAsIso"),
        Column("answered_at", Say("接通时间", "Answered"), "dateTimeAsIso"),
        Column("channel", Say("线路", "Line")),
        *(Column(name, FIELDS[name]) for name in ("street", "area")),
    ]
    return pen.rows(Say("呼入电话", "Calls"), BEHIND, _first(text), shown)


def _first(text: str) -> str:
    return f"{text} ORDER BY counted, counted_at LIMIT 1000"


def _listed(
    pen: Pen, title: Say, ledger: Ledger, columns: Sequence[str], filters: tuple[str, ...]
) -> Panel:
    text = sql.behind(ledger, columns, filters)
    shown = [Column("case_id", CASE_ID, link=pen.case()), Column("counted", COUNTED)]
    shown.append(Column("counted_at", WHEN, "dateTimeAsIso"))
    shown += [Column(name, FIELDS[name]) for name in columns if name in FIELDS]
    return pen.rows(title, BEHIND, _first(text), shown)


CASES = Board(
    id="cases",
    title=Say("网格闭环 · 指标背后的案件", "Gridloop · The cases behind a figure"),
    about=Say(
        "所选流(案件、意见、风险等)的所选指标由哪些案件、环节、上报件、呼入电话构成",
        "Which cases, steps, reports and calls make up the chosen figure, of the chosen flow",
    ),
    sections=(Section(Say("构成", "What it is made of"), behind, ("department", "reporter_kind")),),
    asks=("figure",),
)


def standing(pen: Pen) -> Iterable[Panel]:
    """How it stands, and why it was routed so."""
    yield pen.rows(
        Say("现状", "How it stands"),
        Say("案件快照", "The case as it stands now"),
        (
            "SELECT case_id, state, step, outcome, department, assisting, deadline, deadline_kind,"
            " area, matter, satisfaction, report_count, marks, merged_into"
            f" FROM cases FINAL WHERE place = {sql.PLACE} AND case_id = {CASE}"
        ),
        [
            Column("case_id", CASE_ID),
            Column("deadline", Say("时限", "Deadline"), "dateTimeAsIso"),
            *(Column(name, FIELDS[name]) for name in ("department", "area", "matter")),
        ],
        height=4,
    )


def timeline(pen: Pen) -> Iterable[Panel]:
    """Every fact, withdrawn ones too."""
    yield pen.rows(
        Say("经过", "Timeline"),
        Say("全部事实,撤回者亦列", "All facts; those that were disproved are marked"),
        (
            "SELECT occurred_at, kind, department, actor, detail, ingested_at, withdrawn"
            f" FROM facts FINAL WHERE place = {sql.PLACE} AND case_id = {CASE}"
            f" ORDER BY occurred_at, {IN_LIFE}, ingested_at"
        ),
        [
            Column("occurred_at", WHEN, "dateTimeAsIso"),
            Column("kind", Say("事实", "Fact"), words=KINDS),
            Column("department", FIELDS["department"]),
            Column("ingested_at", Say("入库", "Stored"), "dateTimeAsIso"),
            Column("withdrawn", Say("已撤回", "Withdrawn")),
        ],
        height=12,
    )


def why(pen: Pen) -> Iterable[Panel]:
    """Its routing, its clocks, its reports."""
    here = f"FROM cases FINAL WHERE place = {sql.PLACE} AND case_id = {CASE}"
    yield pen.rows(
        Say("为何派给它", "Why it was routed so"),
        Say("派遣依据,逐条", "The routing trace, line by line"),
        f"SELECT arrayJoin(routing) AS reason {here}",
        [Column("reason", Say("依据", "Reason"))],
        width=THIRD,
    )
    clock = [f"JSONExtractString(clock, '{key}') AS {key}" for key in ("start", "due", "limit")]
    kept = [f"JSONExtractString(clock, '{key}') AS {key}" for key in ("rule", "calendar")]
    columns = ", ".join(["JSONExtractString(clock, 'name') AS name", *clock, *kept])
    yield pen.rows(
        Say("为何是这个时限", "Why this deadline"),
        Say(
            "每个时限的起点、限期、规则与日历;逐段推算见 gridloop case",
            "Each clock's start, limit, rule and calendar; `gridloop case` derives it day by day",
        ),
        f"SELECT {columns} FROM (SELECT arrayJoin(JSONExtractArrayRaw(clocks)) AS clock {here})",
        [Column("name", Say("时限", "Clock"), words=CLOCKS)],
        width=THIRD,
    )
    yield pen.rows(
        Say("上报", "Reports"),
        Say("并入此案的全部上报", "All reports that are part of it"),
        (
            "SELECT occurred_at, source, sender, id, text, why FROM reports FINAL"
            f" WHERE place = {sql.PLACE} AND case_id = {CASE} ORDER BY occurred_at"
        ),
        [
            Column("occurred_at", WHEN, "dateTimeAsIso"),
            Column("source", FIELDS["source"]),
        ],
        width=THIRD,
    )


ONE = Board(
    id="case",
    title=Say("网格闭环 · 一案", "Gridloop · One case"),
    about=Say(
        "一案的经过、派遣与时限", "What happened to one case, whose it is, why this deadline"
    ),
    sections=(
        Section(Say("现状", "How it stands"), standing),
        Section(Say("经过", "Timeline"), timeline),
        Section(Say("缘由", "Why"), why),
    ),
    filters=(),
    asks=("case",),
)
