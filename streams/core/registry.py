"""The registry of figures: each defined once: what it counts, over what, what it leaves out.

Sources of the formulae: GB/T 30428.4 and .8 as cities practise them, GB/T 33358, 接诉即办.
"""

from streams.core.callfigures import CALLS
from streams.core.circles import CIRCLES
from streams.core.deskfigures import DESK, WORKING_TIME
from streams.core.figuredef import (
    COHORT,
    COHORTS,
    STEP_LEDGERS,
    Family,
    Figure,
    Ledger,
    Part,
    Unit,
    count,
    durations,
    of,
    rate,
    score,
)
from streams.core.figuredef import due as _due
from streams.core.hindsight import HINDSIGHT

__all__ = [
    "COHORT",
    "COHORTS",
    "FAMILIES",
    "FIGURES",
    "PLAIN",
    "STEP_LEDGERS",
    "USUAL",
    "Family",
    "Figure",
    "Ledger",
    "Part",
    "Unit",
]

REPORTS, CARRIED, STEPS = Ledger.REPORTS, Ledger.CARRIED, Ledger.STEPS

INTAKE = of(
    Family.INTAKE,
    count("report_count", "上报数", "reports", ledger=REPORTS, usual=True),
    count("case_count", "立案数", "cases filed", usual=True),
    count("dispatched_count", "派遣(通报)数", "cases sent to a department", "dispatched"),
    count("carried_count", "结转数", "cases carried over", ledger=CARRIED),
    count("not_admitted_count", "不予准入数", "not admitted", "not_admitted", ledger=REPORTS),
    rate("acceptance_rate", "受理率", "acceptance rate", having=("admitted",), ledger=REPORTS),
    rate(
        "valid_report_rate", "有效上报率", "valid reports", having=("once_filed",), ledger=REPORTS
    ),
    rate(
        *("filing_rate", "立案率", "filing rate of accepted"),
        having=("once_filed",),
        among=("admitted",),
        ledger=REPORTS,
    ),
    rate(
        *("accurate_filing_rate", "准确立案率", "filed and not voided"),
        having=("not_void",),
        among=("once_filed",),
        ledger=REPORTS,
    ),
    rate(
        *("merge_rate", "合并率", "reports merged into an earlier one's case"),
        having=("merged",),
        among=("once_filed",),
        ledger=REPORTS,
    ),
    rate(
        "public_report_rate", "公众上报占比", "public reports", having=("public",), ledger=REPORTS
    ),
    rate(
        *("repeat_request_rate", "重复诉求率", "repeat requests"),
        having=("repeated",),
        among=("with_requester",),
        ledger=REPORTS,
    ),
)

CLOSURE = of(
    Family.CLOSURE,
    count("closed_count", "结案数", "cases closed", "closed", usual=True),
    count("backlog", "在办", "open cases", "open", usual=True),
    count("backlog_overdue", "超期未结", "open and overdue", "open", "overdue", usual=True),
    count("deadline_unknown", "时限未知", "deadline unknown", "deadline_unknown", usual=True),
    count("excluded_count", "剔除数", "excluded cases", "excluded"),
    rate("handling_rate", "处置率", "handling rate", having=("handled",), usual=True),
    rate("completion_rate", "办结率", "completion rate", having=("closed",), usual=True),
    *(
        rate(
            *(f"completion_rate_d{days}", f"{days}日办结率", f"completion within {days} days"),
            having=(f"closed_in_{days}",),
            among=(f"aged_{days}",),
        )
        for days in (7, 15, 30)
    ),
    rate("closure_rate", "结案率", "closure rate", having=("closed",), among=("due",), usual=True),
    rate(
        *("direct_handling_rate", "直接办结率", "handled without a department's signature"),
        having=("handled_directly",),
        among=("handled",),
    ),
    rate(
        *("backlog_resolution_rate", "积案化解率", "resolution of cases carried over"),
        having=("handled",),
        ledger=CARRIED,
    ),
)

TIMELINESS = of(
    Family.TIMELINESS,
    rate(
        *("on_time_closure_rate", "按期结案率", "on-time closure rate"),
        having=("on_time",),
        among=("due", "deadline_known"),
        usual=True,
    ),
    rate(
        *("on_time_of_closed_rate", "已结按期率", "on time among closed"),
        having=("on_time",),
        among=("closed", "with_deadline"),
        usual=True,
    ),
    rate(
        *("overdue_rate", "超期率", "overdue rate"),
        having=("late",),
        among=("due", "deadline_known"),
    ),
    _due("on_time_signing_rate", "及时签收率", "on-time signing rate", "sign"),
    _due("handling_rate_due", "处置率(应处置)", "handling rate of due", "handle", having="done"),
    _due("on_time_handling_rate", "按期处置率", "on-time handling rate", "handle"),
    _due("on_time_check_rate", "按时核查率", "on-time check rate", "check"),
    count(
        *("stuck_count", "停滞数(中梗阻)", "stuck cases", "stuck", "running", "ran_out"),
        ledger=STEPS,
    ),
    rate("extension_rate", "延期率", "extension rate", having=("extended",)),
    rate("suspension_rate", "挂账率", "suspension rate", having=("paused",)),
    rate("supervision_rate", "督办率", "supervision rate", having=("supervised",)),
)

QUALITY = of(
    Family.QUALITY,
    count("dispatch_count", "交办次数", "dispatches", "dispatch", ledger=STEPS),
    rate(
        *("dispatch_return_rate", "退单率", "returned dispatches"),
        having=("returned",),
        among=("dispatch",),
        ledger=STEPS,
    ),
    rate(
        *("accurate_dispatch_rate", "准确派遣率", "dispatched right at once"),
        having=("dispatched_right",),
        among=("dispatched",),
    ),
    count("rework_count", "返工次数", "reworks", "rework", ledger=STEPS),
    rate(
        "rework_rate", "返工率", "rework rate", having=("reworked",), among=("closed_or_reworked",)
    ),
    rate(
        *("reopen_rate", "重开率", "reopened within 30 days"),
        having=("reopened_soon",),
        among=("closing", "reopening_ripe"),
        ledger=STEPS,
    ),
    rate(
        *("hasty_closure_rate", "十分钟内结案率", "closed within 10 minutes"),
        having=("closed_hastily",),
        among=("closed",),
    ),
    count(
        *("suspicious_closure_count", "存疑结案数", "closings to be looked at"),
        *("closed", "doubted"),
    ),
    rate(
        *("suspicious_closure_rate", "存疑结案率", "closings to be looked at, of closed"),
        having=("doubted",),
        among=("closed",),
    ),
    rate("dispute_rate", "申诉率", "disputed cases", having=("disputed",)),
)

HOTLINE = of(
    Family.HOTLINE,
    _due("response_rate", "响应率", "response rate", "contact"),
    _due("answer_rate", "应答率", "answer rate", "contact", having="done"),
    rate("callback_rate", "回访率", "call-back rate", having=("called_back",), among=("closed",)),
    rate(
        *("resolution_rate", "解决率", "resolution rate"),
        having=("resolved",),
        among=("call_back",),
        ledger=STEPS,
    ),
    rate(
        *("satisfaction_rate", "满意率", "satisfaction rate"),
        having=("satisfied",),
        among=("rating",),
        ledger=STEPS,
    ),
    rate(
        *("satisfaction_rate_strict", "满意率(不含基本满意)", "satisfaction, basically left out"),
        having=("satisfied_strictly",),
        among=("rating",),
        ledger=STEPS,
    ),
    count(
        "closed_dissatisfied", "不满意结案数", "closed with a bad rating", "closed", "dissatisfied"
    ),
    score("swift_response_score", "三率综合得分", "score of the three rates"),
)

JOINT = of(
    Family.JOINT,
    count("whistle_count", "吹哨次数", "whistles", "whistle", ledger=STEPS),
    *(
        count(f"whistle_{kind}_count", f"{zh}次数", f"{en} whistles", "whistle", kind, ledger=STEPS)
        for kind, zh, en in (
            ("everyday", "日常哨", "everyday"),
            ("key_task", "攻坚哨", "key-task"),
            ("emergency", "应急哨", "emergency"),
        )
    ),
    rate("whistle_rate", "吹哨率", "cases with a whistle", having=("whistled",)),
    count("arrival_count", "报到次数", "arrivals", "arrive", "done", ledger=STEPS),
    _due("arrival_on_time_rate", "到场及时率", "arrivals in time", "arrive"),
    count("raised_count", "提级数", "raised cases", "raised"),
    rate("raise_rate", "提级率", "raised cases of filed", having=("raised",)),
    rate(
        *("settled_in_place_rate", "就地办结率", "closed without being raised"),
        having=("never_raised",),
        among=("closed",),
    ),
    count(
        *("cofunded_closure_count", "共筹结案数", "closings with shared costs"),
        *("closed", "cofunded"),
    ),
    *(
        count(
            *(f"cofunded_{circle}_count", f"{zh}共筹结案数", f"closings with costs shared by {en}"),
            *("closed", f"cofunded_{circle}"),
        )
        for circle, zh, en in CIRCLES
    ),
    rate(
        *("cofunded_closure_rate", "共筹结案率", "closings with shared costs, of closed"),
        having=("cofunded",),
        among=("closed",),
    ),
)

DURATION = of(
    Family.DURATION,
    durations(
        *("closing_time", "办结时长", "filing to closing", "filing_to_closing"),
        *("mean", "p50", "p90"),
        among=("not_excluded", "closed"),
        ledger=Ledger.CASES,
    ),
    *(
        durations(
            *(name, zh, en, "begin_to_end", *stats),
            among=("not_excluded", kind, "done"),
            ledger=STEPS,
        )
        for kind, name, zh, en, *stats in (
            ("dispatch", "handling_time", "处置时长", "dispatch to handling", "mean", "p50", "p90"),
            ("sign", "signing_time", "签收时长", "dispatch to signing", "p50", "p90"),
            ("check", "checking_time", "核查时长", "handling to check", "p50", "p90"),
            ("contact", "first_response", "首响时长", "filing to first contact", "p50", "p90"),
            ("arrive", "arrival_time", "到场时长", "whistle to arrival", "mean", "p50", "p90"),
        )
    ),
    durations(
        *("backlog_age", "在办时长", "age of open cases", "filing_to_now", "p50", "p90"),
        among=("not_excluded", "open"),
        ledger=Ledger.CASES,
    ),
    durations(
        *("intake_lag", "入库时延", "report to log", "event_to_log", "p50", "p90", "p99"),
        among=("not_excluded",),
        ledger=REPORTS,
    ),
)

_ALL = (
    *(*INTAKE, *CLOSURE, *TIMELINESS, *QUALITY, *HOTLINE, *JOINT, *DURATION),
    *(*DESK, *WORKING_TIME, *HINDSIGHT, *CALLS),
)

FIGURES: dict[str, Figure] = {figure.id: figure for figure in _ALL}

USUAL = tuple(figure.id for figure in _ALL if figure.usual)
"""What is answered where no figure is named."""

PLAIN = tuple(name for name in USUAL if not name.endswith("_raw"))
"""What a person is shown at first: without the twins that keep excluded cases in."""

FAMILIES: dict[str, tuple[str, ...]] = {
    family.value: tuple(figure.id for figure in _ALL if figure.family is family)
    for family in dict.fromkeys(figure.family for figure in _ALL)
}
"""The figures of each family, by its name."""
