"""What may be said of what a ledger counts at an as-of instant: each sentence once."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from streams.core.circles import CIRCLES
from streams.core.conditions import (
    AS_OF,
    INSTANT,
    Condition,
    aged,
    by,
    ever,
    ever_any,
    flag,
    given,
    instant_text,
    one_of,
    past,
    true,
    within,
)
from streams.core.happened import COFUNDED, Happened

__all__ = [
    "AS_OF",
    "INSTANT",
    "PREDICATES",
    "Predicate",
    "by_name",
    "called_sql",
    "instant_text",
    "sql_of",
]

DAY = timedelta(days=1)
HASTY = timedelta(minutes=10)
"""What closes no later than this after its filing closed hastily: of Los Angeles'
graffiti requests of 2019, 45.16 % did (hackforla/311-data, issue 507)."""
ANSWERED_WITHIN = timedelta(seconds=15)
"""GB/T 33358-2016: a hotline answers within 15 s; of the calls of 24 hours it connects 95 %."""
REOPENED_WITHIN = 30 * DAY
REPEATED_WITHIN = 30 * DAY

SATISFIED = ("very_satisfied", "satisfied")
"""好差评: the upper two of the five levels; the third is `basically_satisfied`."""
PUBLIC = ("hotline", "citizen")
"""公众 · the channels of the public; the others are those of staff and of cameras."""


class Predicate(msgspec.Struct, frozen=True):
    """A named condition on a row at A, said in both languages."""

    zh: str
    en: str
    test: Condition


_CLOSED = one_of("state", "closed")
_DUE = _CLOSED | past("deadline")
_ON_TIME = _CLOSED & (one_of("deadline_kind", "none") | by("closed_at", "deadline"))
_REJECTED = one_of("state", "rejected")

OF_CASES: dict[str, Predicate] = {
    "filed": Predicate(
        "A 之前已立案且未作废", "filed_at < A and not void", past("filed_at") & ~flag("void")
    ),
    "not_excluded": Predicate("未剔除", "not excluded after a dispute", ~flag("excluded")),
    "excluded": Predicate("已剔除", "excluded after a dispute", flag("excluded")),
    "closed": Predicate("A 时处于结案状态", "in state closed at A", _CLOSED),
    "open": Predicate("A 时未结案", "not closed at A", ~_CLOSED),
    "handled": Predicate(
        "A 之前已处置且此后未返工、退单、重开;结案即视为已处置",
        "handled_at < A, not undone since; closed implies handled",
        _CLOSED | past("handled_at"),
    ),
    "overdue": Predicate("时限早于 A", "deadline < A", past("deadline")),
    "due": Predicate("应结案:A 时已结案,或时限早于 A", "closed at A, or deadline < A", _DUE),
    "on_time": Predicate(
        "已结案,且无时限或 closed_at ≤ 时限",
        "closed, and without a deadline or closed_at ≤ deadline",
        _ON_TIME,
    ),
    "late": Predicate(
        "未按期:逾期结案,或逾期未结", "closed after the deadline, or open after it", ~_ON_TIME
    ),
    "with_deadline": Predicate(
        "有确定时限", "deadline_kind is fixed", one_of("deadline_kind", "fixed")
    ),
    "deadline_known": Predicate(
        "时限可知(含无时限)", "deadline_kind is not unknown", ~one_of("deadline_kind", "unknown")
    ),
    "deadline_unknown": Predicate(
        "时限未知(缺少当年工作日历)",
        "deadline_kind is unknown: a calendar's year is missing",
        one_of("deadline_kind", "unknown"),
    ),
    **{
        f"aged_{days}": Predicate(
            f"立案已满 {days} 天",
            f"filed more than {days} days before A",
            aged("filed_at", days * DAY),
        )
        for days in (7, 15, 30)
    },
    **{
        f"closed_in_{days}": Predicate(
            f"已结案,且在立案后 {days} 天内",
            f"closed, within {days} days of the filing",
            _CLOSED & within("filed_at", "closed_at", days * DAY),
        )
        for days in (7, 15, 30)
    },
    "closed_hastily": Predicate(
        "立案后 10 分钟内即结案",
        "closed within 10 minutes of the filing",
        _CLOSED & within("filed_at", "closed_at", HASTY),
    ),
    "closed_or_reworked": Predicate(
        "已结案或曾返工", "closed at A, or ever reworked", _CLOSED | ever(Happened.REWORKED)
    ),
    "dispatched": Predicate(
        "已派遣过", "ever dispatched", given("department") | ever(Happened.RETURNED)
    ),
    "dispatched_right": Predicate(
        "一次派准:从未退单、改派",
        "never returned nor dispatched again",
        ~(ever(Happened.RETURNED) | ever(Happened.REDIRECTED)),
    ),
    "visibility_known": Predicate(
        "已知巡查可否看见",
        "it is known whether a patrol can see such a matter",
        given("patrol_visible"),
    ),
    "missed_report": Predicate(
        "巡查可见而由公众首报",
        "a patrol could have seen it, and the public reported it first",
        true("patrol_visible") & one_of("source", *PUBLIC),
    ),
    "never_raised": Predicate("从未提级", "never raised a level", ~ever(Happened.RAISED)),
    "dissatisfied": Predicate(
        "最近一次评价为不满意",
        "last rated dissatisfied or worse",
        one_of("satisfaction", "dissatisfied", "very_dissatisfied"),
    ),
    "cofunded": Predicate(
        "曾共同筹资结案", "ever closed with its costs shared", ever_any(COFUNDED.values())
    ),
    **{
        word.value: Predicate(f"曾{zh}", en, ever(word))
        for word, zh, en in (
            (Happened.RAISED, "提级", "ever raised a level"),
            (Happened.WHISTLED, "吹哨", "ever whistled for"),
            (Happened.EXTENDED, "获准延期", "ever granted an extension"),
            (Happened.PAUSED, "获准挂账", "ever granted a pause"),
            (Happened.SUPERVISED, "督办", "ever supervised"),
            (
                Happened.HANDLED_DIRECTLY,
                "未经部门签收即处置",
                "ever handled with nobody's signature",
            ),
            (Happened.REWORKED, "返工", "ever sent back for rework"),
            (Happened.CALLED_BACK, "回访", "ever called back"),
            (Happened.DISPUTED, "被申诉", "ever disputed"),
            (Happened.DOUBTED, "有存疑结案", "ever closed in a way to be looked at"),
            *(
                (COFUNDED[circle], f"在{zh}共筹结案", f"ever closed, {en} sharing its costs")
                for circle, zh, en in CIRCLES
            ),
        )
    },
}
"""Of a filed case, as its span at A tells it."""

_ENDED = past("done")
_DONE = _ENDED & one_of("result", "done")


def _kind(zh: str, en: str, kind: str) -> Predicate:
    return Predicate(zh, en, one_of("kind", kind))


OF_KINDS: dict[str, Predicate] = {
    "verify": _kind("限时核实", "a timed verification", "verify"),
    "file": _kind("限时立案", "a timed filing", "file"),
    "dispatching": _kind("限时派遣", "a timed sending out", "dispatching"),
    "pause": _kind("获准的挂账", "a granted pause", "pause"),
    "extension": _kind("获准的延期", "a granted extension", "extension"),
    "dispatch": _kind("交办(派遣、重开、返工)", "a dispatch, reopening or rework", "dispatch"),
    "sign": _kind("限时签收", "a timed signing", "sign"),
    "handle": _kind("限时处置", "a timed handling", "handle"),
    "check": _kind("限时核查", "a timed check", "check"),
    "contact": _kind("首次联系", "a first contact", "contact"),
    "whistle": _kind("吹哨", "a whistle", "whistle"),
    "arrive": _kind("被吹哨部门报到", "a department's arrival", "arrive"),
    "stuck": _kind("停滞计时", "a stretch without a move", "stuck"),
    "rework": _kind("返工", "a rework", "rework"),
    "call_back": _kind("回访", "a call-back", "call_back"),
    "rating": _kind("满意度评价", "a rating", "rating"),
    "closing": _kind("结案", "a closing", "closing"),
    "recurrence": _kind("结案后的复发观察", "what came after a closing", "recurrence"),
}
"""Of which kind a step is."""


def kinds_of(parts: Iterable[tuple[str, ...]]) -> frozenset[str] | None:
    """The kinds of steps that these conditions are about, none of others; None where one of them is
    about all."""
    named = [OF_KINDS.keys() & part for part in parts if part]
    return frozenset().union(*named) if named and all(named) else None


OF_STEPS: dict[str, Predicate] = {
    **OF_KINDS,
    "work_known": Predicate(
        "工作时间可知(有当年工作日历)", "its working time is known, by a calendar", given("worked")
    ),
    "not_void_but_rejected": Predicate(
        "案件未作废(不予受理者仍计)",
        "its case is not void; a rejected one counts",
        ~flag("void") | flag("rejected"),
    ),
    "postponed": Predicate(
        "自原时限延至新时限", "from one deadline to a later one", given("due") & given("done")
    ),
    "limited": Predicate("有时限", "with a limit", given("due")),
    "done": Predicate("A 之前已完成", "done before A", _DONE),
    "running": Predicate("A 时仍在进行", "still running at A", ~_ENDED),
    "ran_out": Predicate("时限早于 A", "its limit ran out before A", past("due")),
    "step_due": Predicate(
        "应完成:A 之前已完成,或未完成而时限已过",
        "done before A, or its limit ran out with it undone",
        _DONE | (past("due") & ~(_ENDED & by("done", "due"))),
    ),
    "in_time": Predicate("按时完成", "done, not after its limit", _DONE & by("done", "due")),
    "returned": Predicate("被退单", "returned", _ENDED & one_of("result", "returned")),
    "resolved": Predicate("诉求人称已解决", "said to be resolved", one_of("result", "resolved")),
    "satisfied": Predicate(
        "满意、非常满意、基本满意",
        "very, quite or basically satisfied",
        one_of("result", *SATISFIED, "basically_satisfied"),
    ),
    "satisfied_strictly": Predicate(
        "满意、非常满意", "very or quite satisfied", one_of("result", *SATISFIED)
    ),
    "everyday": Predicate("日常哨", "an everyday whistle", one_of("result", "everyday")),
    "key_task": Predicate("攻坚哨", "a key-task whistle", one_of("result", "key_task")),
    "emergency": Predicate("应急哨", "an emergency whistle", one_of("result", "emergency")),
    "still_closed": Predicate(
        "A 时未重开", "not reopened before A", ~(_ENDED & one_of("result", "reopened"))
    ),
    "recurred": Predicate(
        "同一事项在同一处又立新案",
        "a new case of the same matter was filed at the same spot",
        _ENDED & one_of("result", "recurred"),
    ),
    "reopening_ripe": Predicate(
        "结案已满 30 天", "closed more than 30 days before A", aged("at", REOPENED_WITHIN)
    ),
    "reopened_soon": Predicate(
        "结案后 30 天内重开",
        "reopened within 30 days",
        _ENDED & one_of("result", "reopened") & within("at", "done", REOPENED_WITHIN),
    ),
}
"""Of a step that was begun before A; of the case only what the step itself says of it."""

_BY_MACHINE = one_of("classified_by", "terms", "model")
_BY_NOBODY = ~given("classified_by") & ~given("matter")

OF_MACHINES: dict[str, Predicate] = {
    "linked": Predicate("机器判为并案", "merged by the machine", one_of("read_as", "linked")),
    "kept_apart": Predicate(
        "机器判为不并(疑似而请人判定的不计)",
        "kept apart by the machine; where it asked a person it is not counted",
        one_of("read_as", "apart"),
    ),
    "regrouped": Predicate(
        "A 之前人工改判(拆案或并案)", "decided otherwise by people before A", past("regrouped_at")
    ),
    "judged": Predicate(
        "A 之前经人工核实的摄像头发现",
        "a camera's finding that people judged before A",
        past("judged_at"),
    ),
    "confirmed": Predicate("核实属实", "confirmed by people", flag("confirmed")),
    "asked_of_machine": Predicate(
        "事项由机器判定(来件未带事项)",
        "the machine was asked for its matter: the sender named none",
        _BY_MACHINE | _BY_NOBODY,
    ),
    "abstained": Predicate("机器未能判定", "the machine could not say", _BY_NOBODY),
    "by_machine": Predicate(
        "事项由词或模型判定", "its matter was said by the place's words or model", _BY_MACHINE
    ),
    "opened": Predicate("首报(所立案件的)", "opened its case", flag("opened")),
}
"""Of a report, what the machine made of it and what people said to that."""

OF_THEIR_CASES: dict[str, Predicate] = {
    "admitted": Predicate("A 时未被拒绝", "not rejected at A", ~_REJECTED),
    "not_admitted": Predicate(
        "不在准入清单而不予受理", "rejected, on no admission list", ever(Happened.NOT_ADMITTED)
    ),
    "once_filed": Predicate(
        "A 之前已立案(其后作废亦计)",
        "filed before A, also if voided since",
        past("filed_at") & ~_REJECTED,
    ),
    "not_void": Predicate("案件未作废", "its case is not void", ~flag("void")),
    "matter_stands": Predicate(
        "案件 A 时的事项与首报所判一致(无人改判即视为一致)",
        "its case is of that matter at A; what nobody changed is taken as right",
        ~flag("renamed"),
    ),
}
"""Of a report's case as it stands at A."""

OF_REPORTS: dict[str, Predicate] = {
    **OF_THEIR_CASES,
    **OF_MACHINES,
    "public": Predicate("来自公众(热线、市民)", "from the public", one_of("source", *PUBLIC)),
    "merged": Predicate(
        "并入更早上报所立的案件", "part of a case that an earlier report opened", ~flag("opened")
    ),
    "with_requester": Predicate(
        "有诉求人且事项明确",
        "with a requester and a known matter",
        given("requester") & given("matter"),
    ),
    "repeated": Predicate(
        "同一诉求人 30 天内就同一事项提过",
        "the same requester asked the same within 30 days before",
        within("previous_at", "occurred_at", REPEATED_WITHIN),
    ),
}
"""Of an accepted report before A, and of its case as it stands at A."""

_ANSWERED = past("answered_at")

OF_CALLS: dict[str, Predicate] = {
    "call_answered": Predicate("A 之前人工接通", "answered by a person before A", _ANSWERED),
    "call_answered_in_15s": Predicate(
        "A 之前接通,且在呼入后 15 秒内",
        "answered before A, within 15 s of the offer",
        _ANSWERED & within("offered_at", "answered_at", ANSWERED_WITHIN),
    ),
}
"""Of a call that was offered before A; one that still rings then is not answered."""

PREDICATES: dict[str, Predicate] = {**OF_CASES, **OF_STEPS, **OF_REPORTS, **OF_CALLS}


def sql_of(names: tuple[str, ...]) -> str:
    """Every one of these named conditions holds; one or more of them."""
    return " AND ".join(PREDICATES[name].test.sql for name in names)


def called_sql(names: Iterable[str], *further: str) -> str:
    """What stands before a SELECT that says its conditions by name, as `is_<name>`, and these
    `further` names: a condition that ten figures share is written, and read by the server, once."""
    said = ", ".join([*(f"{sql_of((name,))} AS is_{name}" for name in names), *further])
    return f"WITH {said} " if said else ""


def by_name(names: Iterable[str]) -> str:
    """`sql_of`, behind `called_sql`."""
    return " AND ".join(f"is_{name}" for name in names)
