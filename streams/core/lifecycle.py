"""The lifecycles as tables: which act moves a case from which state to which, and in which step."""

from enum import StrEnum

import msgspec

from streams.core.events import Act, ActKind


class CaseState(StrEnum):
    """案件状态 · where a case stands."""

    REPORTED = "reported"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    HANDLED = "handled"
    CHECKED = "checked"
    CALLED_BACK = "called_back"
    EVALUATED = "evaluated"
    OPEN = "open"
    CLOSED = "closed"
    VOID = "void"


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
    CaseState.DISPATCHED: CaseStep.PUSH,
    CaseState.RETURNED: CaseStep.PUSH,
    CaseState.SIGNED: CaseStep.HANDLE,
    CaseState.HANDLED: CaseStep.HANDLE,
    CaseState.CHECKED: CaseStep.FOLLOW_UP,
    CaseState.CALLED_BACK: CaseStep.FOLLOW_UP,
    CaseState.EVALUATED: CaseStep.CLOSE,
    CaseState.CLOSED: CaseStep.CLOSE,
    CaseState.VOID: CaseStep.CLOSE,
}

MOST_ACTS = 500
"""More acts than any case has: beyond it a case would grow without end."""

ENDED = frozenset({CaseState.CLOSED, CaseState.VOID})
"""States in which no deadline runs."""

NEEDS: dict[ActKind, tuple[str, ...]] = {
    ActKind.DISPATCH: ("department",),
    ActKind.EXTEND: ("until", "passed"),
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

FIVE_STEPS: Moves = {
    (S.REPORTED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.RETURNED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.DISPATCH, None): Move(S.DISPATCHED),
    (S.DISPATCHED, A.SIGN, None): Move(S.SIGNED),
    (S.DISPATCHED, A.RETURN, None): Move(S.RETURNED, undone=True),
    (S.SIGNED, A.RETURN, None): Move(S.RETURNED, undone=True),
    (S.SIGNED, A.HANDLE, None): Move(S.HANDLED),
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
"""发现上报 → 分类推送 → 协调处理 → 跟踪回访 → 评价结案: nothing closes without call-back and
evaluation; a failed check or an unresolved call-back sends the case back to its department."""

TICKET: Moves = {
    (S.OPEN, A.CLOSE, None): Move(S.CLOSED),
    (S.CLOSED, A.REOPEN, None): Move(S.OPEN, undone=True),
}
"""A ticket of another system: open, closed."""

MOVES: dict[str, Moves] = {"five_steps": FIVE_STEPS, "ticket": TICKET}

ORDER = {kind: rank for rank, kind in enumerate(ActKind)}
"""Acts of one instant are folded in the order of the lifecycle's moves."""


def answer(act: Act) -> bool | None:
    """The yes or no on which the move depends, where it depends on one."""
    if act.act is ActKind.CHECK:
        return act.passed
    if act.act is ActKind.CALL_BACK:
        return act.resolved
    return None


def missing(act: Act) -> list[str]:
    """The fields that an act of this kind needs and does not carry."""
    return [name for name in NEEDS.get(act.act, ()) if getattr(act, name) is None]
