"""The nouns of steps: of which kind, how one ends, one as it is and as it is kept."""

from datetime import datetime
from enum import StrEnum

import msgspec


class StepKind(StrEnum):
    """环节种类 · what kind of step."""

    VERIFY = "verify"  # 核实
    FILE = "file"  # 立案
    DISPATCHING = "dispatching"  # 派遣: sending it out, timed
    DISPATCH = "dispatch"  # 交办: a department has it, by dispatch, reopening or rework
    SIGN = "sign"  # 签收
    HANDLE = "handle"  # 处置
    CHECK = "check"  # 核查
    CONTACT = "contact"  # 首次联系
    WHISTLE = "whistle"  # 吹哨
    ARRIVE = "arrive"  # 报到
    STUCK = "stuck"  # 停滞
    REWORK = "rework"  # 返工
    CALL_BACK = "call_back"  # 回访
    RATING = "rating"  # 满意度评价
    CLOSING = "closing"  # 结案, until it is reopened
    DOUBT = "doubt"  # 存疑结案, and why
    PAUSE = "pause"  # 挂账, granted
    EXTENSION = "extension"  # 延期, granted: from the deadline that it found to the new one
    RECURRENCE = "recurrence"  # 复发观察: after a closing, until the matter is back


class Ending(StrEnum):
    """如何结束 · how a step ended, where no other word says it (a whistle's kind, a rating)."""

    DONE = "done"  # by what it was for
    RETURNED = "returned"  # 退单
    MOVED = "moved"  # 改派
    OVER = "over"  # the case went on, or ended, without it
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    REOPENED = "reopened"
    RECURRED = "recurred"  # a new case of the same matter near by


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step: `n` is its number among the case's steps of its kind, `due` None without a limit,
    `done` None while it runs. What takes no time is done as it begins. `worked` are microseconds of
    working time, of 交办, 挂账 and 延期 where a calendar tells them."""

    kind: str
    n: int
    department: str | None
    at: datetime
    due: datetime | None = None
    done: datetime | None = None
    result: str | None = None
    worked: int | None = None


class KeptStep(msgspec.Struct, frozen=True, array_like=True):
    """A step that is true as known now, known since `known_from`."""

    step: Step
    known_from: datetime
