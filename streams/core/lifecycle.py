"""The lifecycles as tables: which act moves a case from which state to which, and in which step."""

from enum import StrEnum

import msgspec

from streams.core.events import Act, ActKind


class CaseState(StrEnum):
    """案件状态 · where a case stands."""

    REPORTED = "reported"  # 已上报
    VERIFIED = "verified"  # 已核实
    FILED = "filed"  # 已立案
    DISPATCHED = "dispatched"  # 已派遣
    SIGNED = "signed"  # 已签收
    RETURNED = "returned"  # 已退单
    HANDLED = "handled"  # 已处置
    CHECKED = "checked"  # 已核查
    CALLED_BACK = "called_back"  # 已回访
    EVALUATED = "evaluated"  # 已评价
    OPEN = "open"
    CLOSED = "closed"  # 已结案
    REJECTED = "rejected"  # 不予受理
    VOID = "void"  # 已作废


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
    CaseState.HANDLED: CaseStep.HANDLE,
    CaseState.CHECKED: CaseStep.FOLLOW_UP,
    CaseState.CALLED_BACK: CaseStep.FOLLOW_UP,
    CaseState.EVALUATED: CaseStep.CLOSE,
    CaseState.CLOSED: CaseStep.CLOSE,
    CaseState.REJECTED: CaseStep.CLOSE,
    CaseState.VOID: CaseStep.CLOSE,
}

MOST_ACTS = 500
"""More acts than any case has: beyond it a case would grow without end."""

ENDED = frozenset({CaseState.CLOSED, CaseState.REJECTED, CaseState.VOID})
"""States in which no clock runs."""

NEEDS: dict[ActKind, tuple[str, ...]] = {
    ActKind.VERIFY: ("passed",),
    ActKind.REJECT: ("reason",),
    ActKind.DISPATCH: ("department",),
    ActKind.HAND_DOWN: ("area",),
    ActKind.CONVENE: ("departments", "whistle"),
    ActKind.ARRIVE: ("department",),
    ActKind.FINISH: ("department",),
    ActKind.MEDIATE: ("passed",),
    ActKind.CHECK: ("passed",),
    ActKind.CALL_BACK: ("resolved",),
    ActKind.IMPORT_ROW: ("row", "ticket"),
}
"""What an act of a kind must carry; without it the act is refused at the door."""


class Move(msgspec.Struct, frozen=True):
    """Where an act leads; `undone` moves take the case back, so it no longer counts as handled."""

    to: CaseState
    undone: bool = False


Moves = dict[tuple[CaseState, ActKind, bool | None], Move]
S, A = CaseState, ActKind
AT_WORK = (S.DISPATCHED, S.SIGNED)
"""A department has it and has not handled it."""


_LEFT: Moves = {
    (state, kind, passed): move
    for state in AT_WORK
    for kind, passed, move in (
        (A.RETURN, None, Move(S.RETURNED, undone=True)),
        (A.RETURN, True, Move(S.RETURNED, undone=True)),
        (A.ESCALATE, None, Move(S.DISPATCHED)),
        (A.HAND_DOWN, None, Move(S.DISPATCHED)),
    )
}
"""How a case leaves the department that has it: 退单 (with `passed` it was approved, without it the
place asks for no approval), or on another level where somebody else leads."""

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
    (S.REPORTED, A.REJECT, None): Move(S.REJECTED),
    (S.REPORTED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.RETURNED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.SIGN, None): Move(S.SIGNED),
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
    **_LEFT,
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

FOUR_WORDS: Moves = {
    (S.REPORTED, A.REJECT, None): Move(S.REJECTED),
    (S.REPORTED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.RETURNED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.SIGN, None): Move(S.SIGNED),
    (S.REPORTED, A.HANDLE, None): Move(S.HANDLED),
    (S.DISPATCHED, A.HANDLE, None): Move(S.HANDLED),
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
    (S.HANDLED, A.CHECK, True): Move(S.CHECKED),
    (S.HANDLED, A.CHECK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.CHECKED, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
    **_LEFT,
}
"""发现 → 上报 → 处置 → 解决: who finds a small matter may handle it at once (自行处置)."""

MEDIATION: Moves = {
    (S.REPORTED, A.REJECT, None): Move(S.REJECTED),
    (S.REPORTED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.RETURNED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.SIGN, None): Move(S.SIGNED),
    (S.SIGNED, A.MEDIATE, True): Move(S.HANDLED),
    (S.SIGNED, A.MEDIATE, False): Move(S.SIGNED),
    (S.HANDLED, A.CALL_BACK, True): Move(S.CALLED_BACK),
    (S.HANDLED, A.CALL_BACK, False): Move(S.SIGNED, undone=True),
    (S.HANDLED, A.CLOSE, None): Move(S.CLOSED),
    (S.CALLED_BACK, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.DISPATCHED, undone=True),
    **_LEFT,
}
"""矛盾纠纷调解: settled by a mediation that succeeds; one that fails may be repeated."""

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
    "ticket": TICKET,
}

FILES = frozenset({"filed_steps"})
"""Lifecycles in which a case is filed by an act; in all others by its report."""

ORDER = {kind: rank for rank, kind in enumerate(ActKind)}
"""Acts of one instant are folded in the order of the lifecycle's moves."""

_ANSWERS = frozenset({A.VERIFY, A.RETURN, A.MEDIATE, A.CHECK})


def answer(act: Act) -> bool | None:
    """The yes or no on which the move depends, where it depends on one."""
    if act.act in _ANSWERS:
        return act.passed
    if act.act is ActKind.CALL_BACK:
        return act.resolved
    return None


def missing(act: Act) -> list[str]:
    """The fields that an act of this kind needs and does not carry."""
    needs = NEEDS.get(act.act, ())
    if act.act is ActKind.EXTEND and act.passed:
        needs = ("until",)
    return [name for name in needs if getattr(act, name) in (None, ())]
