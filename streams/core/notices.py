"""What we tell others of a case: dispatches to departments, replies to senders, alarms.

`id` names what is told, and of two messages of one id that of the higher `revision` counts. What
rested on something that was disproved comes again under its id, with `withdrawn`.
"""

from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from streams.core.events import Contract, Instant, Outcome, Satisfaction, TicketRef
from streams.core.lifecycle import Flow


class Asked(StrEnum):
    """所求 · what a department is asked to do; or that it is asked no longer (the last two)."""

    DISPATCHED = "dispatched"  # 派遣
    REWORK = "rework"  # 返工
    REOPENED = "reopened"  # 重办
    CONVENED = "convened"  # 吹哨，请到场
    RETURNED_APPROVED = "returned_approved"  # 退单获准
    RECALLED = "recalled"  # 收回


class ReplyStatus(StrEnum):
    """回告状态 · how a ticket stands, in the words of whoever sent it. A case is accepted; of an
    opinion, a topic or a risk the sender hears that it was received."""

    ACCEPTED = "accepted"  # 已受理
    RECEIVED = "received"  # 已收到
    NOT_ADMITTED = "not_admitted"  # 不予受理
    DISPATCHED = "dispatched"  # 已派遣
    HANDLED = "handled"  # 已处置
    DECIDED = "decided"  # 已答复、已议决
    CLOSED = "closed"  # 已办结
    REOPENED = "reopened"  # 已重开
    VOID = "void"  # 已作废


class AlarmKind(StrEnum):
    """告警种类 · what somebody should look at; a missed duty or round, or
    a task that is raised, is about no case."""

    DEADLINE_BREACHED = "deadline_breached"  # 超期
    CALENDAR_MISSING = "calendar_missing"  # 日历缺年
    CASE_STUCK = "case_stuck"  # 滞留
    DUTY_MISSED = "duty_missed"  # 缺岗
    DISPUTE_PASSED_UP = "dispute_passed_up"  # 矛盾上交
    ROUND_MISSED = "round_missed"  # 漏巡
    TASK_RAISED = "task_raised"  # 任务下达


class _Notice(Contract, frozen=True, kw_only=True):
    id: str
    revision: int
    place: str
    withdrawn: bool = False


class Dispatch(_Notice, frozen=True, kw_only=True):
    """派单 · what a department is asked to do in a case, from `since` on, and until when.

    `by` is who decided it (None: the place's rules); `ends` is the id of the dispatch that does not
    hold any more.
    """

    fact_id: str
    case_id: str
    flow: Flow = Flow.CASE
    department: str
    asked: Asked
    by: str | None = None
    ends: str | None = None
    since: Instant
    reason: str | None = None
    matter: str | None = None
    category: str | None = None
    area: str | None = None
    street: str | None = None
    grid: str | None = None
    text: str = ""
    deadline: Instant | None = None
    deadline_kind: str = "none"


class Reply(_Notice, frozen=True, kw_only=True):
    """回告 · how the case of a report stands, for whoever sent that report; once something was
    decided of it, with the outcome."""

    fact_id: str
    case_id: str
    flow: Flow = Flow.CASE
    ticket: TicketRef
    status: ReplyStatus
    at: Instant
    reason: str | None = None
    outcome: Outcome | None = None
    satisfaction: Satisfaction | None = None


class Alarm(_Notice, frozen=True, kw_only=True):
    """告警 · something that somebody should look at; not every alarm is about a case."""

    kind: AlarmKind
    at: Instant
    fact_id: str | None = None
    case_id: str | None = None
    area: str | None = None
    department: str | None = None
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


Notice = Dispatch | Reply | Alarm


def notice_id(*cause: str) -> str:
    """An id made of what caused it, and of nothing else."""
    return blake2b("\0".join(cause).encode(), digest_size=8).hexdigest()
