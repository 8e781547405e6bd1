"""The lifecycles as tables: which act moves a case from which state to which, and in which step.

Each belongs to one flow. What is followed is a case also where it is an opinion, a topic or a risk.
"""

from enum import StrEnum

import msgspec

from streams.core.events import Act, ActKind, Outcome


class Flow(StrEnum):
    """流 · what a figure is about; no figure holds what is of another flow."""

    CASE = "case"  # 案件
    OPINION = "opinion"  # 意见建议
    CONSULTATION = "consultation"  # 协商议题
    RISK = "risk"  # 风险
    SUPERVISION = "supervision"  # 督查问题
    VOLUNTEER = "volunteer"  # 志愿服务


class CaseState(StrEnum):
    """案件状态 · where a case stands."""

    REPORTED = "reported"  # 已上报
    VERIFIED = "verified"  # 已核实
    FILED = "filed"  # 已立案
    DISPATCHED = "dispatched"  # 已派遣
    SIGNED = "signed"  # 已签收
    RETURNED = "returned"  # 已退单
    GUARDED = "guarded"  # 已包保
    CONSULTED = "consulted"  # 已协商
    DECIDED = "decided"  # 已议决
    HANDLED = "handled"  # 已处置
    CHECKED = "checked"  # 已核查
    CALLED_BACK = "called_back"  # 已回访
    EVALUATED = "evaluated"  # 已评价
    OPEN = "open"
    CLOSED = "closed"  # 已结案
    REJECTED = "rejected"  # 不予受理
    VOID = "void"  # 已作废
    MERGED = "merged"  # 已并案


class CaseStep(StrEnum):
    """五步闭环 · the five steps of the closed loop."""

    REPORT = "report"  # 发现上报
    PUSH = "push"  # 分类推送
    HANDLE = "handle"  # 协调处理
    FOLLOW_UP = "follow_up"  # 跟踪回访
    CLOSE = "close"  # 评价结案


STEP_OF = {
    CaseState.REPORTED: CaseStep.REPORT,
    CaseState.OPEN: CaseStep.REPORT,
    CaseState.VERIFIED: CaseStep.REPORT,
    CaseState.FILED: CaseStep.PUSH,
    CaseState.DISPATCHED: CaseStep.PUSH,
    CaseState.RETURNED: CaseStep.PUSH,
    CaseState.SIGNED: CaseStep.HANDLE,
    CaseState.GUARDED: CaseStep.HANDLE,
    CaseState.CONSULTED: CaseStep.HANDLE,
    CaseState.DECIDED: CaseStep.HANDLE,
    CaseState.HANDLED: CaseStep.HANDLE,
    CaseState.CHECKED: CaseStep.FOLLOW_UP,
    CaseState.CALLED_BACK: CaseStep.FOLLOW_UP,
    CaseState.EVALUATED: CaseStep.CLOSE,
    CaseState.CLOSED: CaseStep.CLOSE,
    CaseState.REJECTED: CaseStep.CLOSE,
    CaseState.VOID: CaseStep.CLOSE,
    CaseState.MERGED: CaseStep.CLOSE,
}

MOST_ACTS = 500
"""More acts than any case has: beyond it a case would grow without end."""

ENDED = frozenset({CaseState.CLOSED, CaseState.REJECTED, CaseState.VOID, CaseState.MERGED})
"""States in which no clock runs."""

DONE = frozenset({CaseState.HANDLED, CaseState.DECIDED})
"""States that say that the work is done: a case in one of them was handled."""

NEEDS: dict[ActKind, tuple[str, ...]] = {
    ActKind.VERIFY: ("passed",),
    ActKind.REJECT: ("reason",),
    ActKind.CLASSIFY: ("matter",),
    ActKind.DISPATCH: ("department",),
    ActKind.HAND_DOWN: ("area",),
    ActKind.CONVENE: ("departments", "whistle"),
    ActKind.ARRIVE: ("department",),
    ActKind.FINISH: ("department",),
    ActKind.DECIDE: ("outcome",),
    ActKind.MEDIATE: ("passed",),
    ActKind.CHECK: ("passed",),
    ActKind.CALL_BACK: ("resolved",),
    ActKind.MERGE: ("other",),
    ActKind.SPLIT: ("other",),
    ActKind.IMPORT_ROW: ("row", "ticket"),
}
"""What an act of a kind must carry; without it the act is refused at the door."""


class Move(msgspec.Struct, frozen=True):
    """Where an act leads; `undone` moves take the case back, so it no longer counts as handled."""

    to: CaseState
    undone: bool = False


Answer = bool | Outcome | None
Moves = dict[tuple[CaseState, ActKind, Answer], Move]
S, A = CaseState, ActKind
AT_WORK = (S.DISPATCHED, S.SIGNED, S.GUARDED)
"""A department has it and has not handled it."""


def _left(*states: CaseState) -> Moves:
    """How a case leaves the department that has it: 退单 (with `passed` it was approved, without it
    the place asks for no approval), or on another level where somebody else leads."""
    ways: tuple[tuple[ActKind, Answer, Move], ...] = (
        (A.RETURN, None, Move(S.RETURNED, undone=True)),
        (A.RETURN, True, Move(S.RETURNED, undone=True)),
        (A.ESCALATE, None, Move(S.DISPATCHED)),
        (A.HAND_DOWN, None, Move(S.DISPATCHED)),
    )
    return {(state, kind, passed): move for state in states for kind, passed, move in ways}


_PUSHED: Moves = {
    (S.REPORTED, A.REJECT, None): Move(S.REJECTED),
    (S.REPORTED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.RETURNED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.SIGN, None): Move(S.SIGNED),
    **_left(S.DISPATCHED, S.SIGNED),
}
"""From the report to the department that takes it on, and out of its hands again."""

_FOLLOW_UP: Moves = {
    (S.HANDLED, A.CHECK, True): Move(S.CHECKED),
    (S.HANDLED, A.CHECK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.CALL_BACK, True): Move(S.CALLED_BACK),
    (S.CHECKED, A.CALL_BACK, True): Move(S.CALLED_BACK),
    (S.HANDLED, A.CALL_BACK, False): Move(S.SIGNED, undone=True),
    (S.CHECKED, A.CALL_BACK, False): Move(S.SIGNED, undone=True),
    (S.CALLED_BACK, A.EVALUATE, None): Move(S.EVALUATED),
    (S.EVALUATED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
}
"""A failed check or an unresolved call-back sends the case back to its department."""

FIVE_STEPS: Moves = {
    **_PUSHED,
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
    **_FOLLOW_UP,
}
"""发现上报 → 分类推送 → 协调处理 → 跟踪回访 → 评价结案: nothing closes without call-back and
evaluation."""

FILED_STEPS: Moves = {
    (S.REPORTED, A.VERIFY, True): Move(S.VERIFIED),
    (S.REPORTED, A.VERIFY, False): Move(S.REJECTED),
    (S.REPORTED, A.FILE, None): Move(S.FILED),
    (S.VERIFIED, A.FILE, None): Move(S.FILED),
    (S.VERIFIED, A.REJECT, None): Move(S.REJECTED),
    (S.FILED, A.DISPATCH, None): Move(S.DISPATCHED),
    **FIVE_STEPS,
}
"""With 核实 and 立案 before the dispatch; filed_at is the filing's instant."""
del FILED_STEPS[S.REPORTED, A.DISPATCH, None]

SUPERVISION: Moves = {
    **_PUSHED,
    (S.DISPATCHED, A.HANDLE, None): Move(S.HANDLED),
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
    (S.HANDLED, A.CHECK, True): Move(S.CHECKED),
    (S.HANDLED, A.CHECK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.CHECKED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
}
"""发现 → 通报 → 纠改 → [核查] → 办结: what supervision finds is told to a department, which puts it
right."""

FOUR_WORDS: Moves = {**SUPERVISION, (S.REPORTED, A.HANDLE, None): Move(S.HANDLED)}
"""发现 → 上报 → 处置 → 解决: who finds a small matter may handle it at once (自行处置)."""

MEDIATION: Moves = {
    **_PUSHED,
    (S.SIGNED, A.MEDIATE, True): Move(S.HANDLED),
    (S.SIGNED, A.MEDIATE, False): Move(S.SIGNED),
    (S.HANDLED, A.CALL_BACK, True): Move(S.CALLED_BACK),
    (S.HANDLED, A.CALL_BACK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.CALLED_BACK, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
}
"""矛盾纠纷调解: settled by a mediation that succeeds; one that fails may be repeated."""

OPINION: Moves = {
    **_PUSHED,
    **{
        (state, A.DECIDE, outcome): Move(S.DECIDED)
        for state in (S.REPORTED, S.DISPATCHED, S.SIGNED)
        for outcome in (Outcome.ADOPTED, Outcome.DECLINED)
    },
    **{
        (state, A.CLOSE, None): Move(S.CLOSED)
        for state in (S.REPORTED, S.DISPATCHED, S.SIGNED, S.DECIDED)
    },
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
}
"""收集 → [派遣 → 签收] → [采纳或未采纳] → 办结: what asks for no decision is answered, and closed
without one."""

CONSULTATION: Moves = {
    (S.REPORTED, A.REJECT, None): Move(S.REJECTED),
    (S.REPORTED, A.CONSULT, None): Move(S.CONSULTED),
    (S.CONSULTED, A.CONSULT, None): Move(S.CONSULTED),
    (S.CONSULTED, A.DECIDE, Outcome.VOTED): Move(S.DECIDED),
    (S.CONSULTED, A.DECIDE, Outcome.IMPLEMENTED): Move(S.DECIDED),
    (S.CONSULTED, A.CLOSE, None): Move(S.CLOSED),
    (S.DECIDED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.CONSULTED, undone=True),
}
"""提出 → 协商会 → 议决(交付表决或直接实施) → 办结: no decision without a session; a topic may be
left undecided."""

RISK: Moves = {
    **_PUSHED,
    **{(state, A.GUARD, None): Move(S.GUARDED) for state in (S.REPORTED, *AT_WORK)},
    **_left(S.GUARDED),
    (S.GUARDED, A.HANDLE, None): Move(S.HANDLED),
    (S.HANDLED, A.CHECK, True): Move(S.CHECKED),
    (S.HANDLED, A.CHECK, False): Move(S.GUARDED, undone=True),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.CHECKED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.GUARDED, undone=True),
}
"""发现 → [交办] → 包保 → 化解 → [核查] → 销号: nothing is resolved that nobody guards; what comes
back is guarded as before."""

VOLUNTEER: Moves = {
    **_PUSHED,
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
    (S.HANDLED, A.CALL_BACK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.EVALUATE, None): Move(S.EVALUATED),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.EVALUATED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
}
"""点单 → 派单 → 接单 → 服务 → [评价] → 办结: nobody takes an order that was not dispatched; one
that is given back (退单) is dispatched again."""

TICKET: Moves = {
    (S.OPEN, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.OPEN, undone=True),
}
"""A ticket of another system: open, closed."""

MOVES: dict[str, Moves] = {
    "five_steps": FIVE_STEPS,
    "filed_steps": FILED_STEPS,
    "four_words": FOUR_WORDS,
    "mediation": MEDIATION,
    "opinion": OPINION,
    "consultation": CONSULTATION,
    "risk": RISK,
    "supervision": SUPERVISION,
    "volunteer": VOLUNTEER,
    "ticket": TICKET,
}

FLOW_OF = dict.fromkeys(MOVES, Flow.CASE) | {
    "opinion": Flow.OPINION,
    "consultation": Flow.CONSULTATION,
    "risk": Flow.RISK,
    "supervision": Flow.SUPERVISION,
    "volunteer": Flow.VOLUNTEER,
}
"""The flow to which a lifecycle belongs."""

FILES = frozenset({"filed_steps"})
"""Lifecycles in which a case is filed by an act; in all others by its report."""


def merges(lifecycle: str) -> bool:
    """Whether reports of this lifecycle may be one case: those of cases, but no other system's
    tickets."""
    return lifecycle != "ticket" and FLOW_OF[lifecycle] is Flow.CASE


ORDER = {kind: rank for rank, kind in enumerate(ActKind)}
"""Acts of one instant are folded in the order of the lifecycle's moves."""

ANSWERED_IN: dict[ActKind, str] = {
    **dict.fromkeys((A.VERIFY, A.RETURN, A.MEDIATE, A.CHECK), "passed"),
    A.CALL_BACK: "resolved",
    A.DECIDE: "outcome",
}
"""The field of an act that holds its yes or no, or its outcome, where its move depends on one."""


def answer(act: Act) -> Answer:
    """The yes or no, or the outcome, on which the move depends, where it depends on one."""
    field = ANSWERED_IN.get(act.act)
    found: Answer = getattr(act, field) if field else None
    return found


def pushed(lifecycle: str) -> bool:
    """Whether a case of it goes to its department as soon as it is filed; a topic of consultation
    stays with those who raise it, and where people file they dispatch, too."""
    return (S.REPORTED, A.DISPATCH, None) in MOVES[lifecycle]


def missing(act: Act) -> list[str]:
    """The fields that an act of this kind needs and does not carry."""
    needs = NEEDS.get(act.act, ())
    if act.act is ActKind.EXTEND and act.passed:
        needs = ("until",)
    return [name for name in needs if getattr(act, name) in (None, ())]
