"""What has ever happened to a case, as words that its spans carry and figures ask for."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec.structs import replace

from streams.core.case import Case, Told
from streams.core.events import Circle
from streams.core.lifecycle import CaseState
from streams.core.results import FactKind


class Happened(StrEnum):
    """曾有 · once it has happened to a case, it has, whatever comes later."""

    NOT_ADMITTED = "not_admitted"  # 不予准入
    RETURNED = "returned"  # 退单
    REDIRECTED = "redirected"  # 改派: dispatched again
    RAISED = "raised"  # 提级
    WHISTLED = "whistled"  # 吹哨
    EXTENDED = "extended"  # 延期获准
    PAUSED = "paused"  # 挂账获准
    SUPERVISED = "supervised"  # 督办
    HANDLED_DIRECTLY = "handled_directly"  # 直接办结: no department had to sign for it
    REWORKED = "reworked"  # 返工
    CALLED_BACK = "called_back"  # 回访
    REOPENED = "reopened"  # 重开
    DISPUTED = "disputed"  # 申诉
    DOUBTED = "doubted"  # 存疑结案
    COFUNDED = "cofunded"  # 共筹结案: who shares its costs was told as it closed
    COFUNDED_NEIGHBOUR = "cofunded_neighbour"  # in 邻里圈
    COFUNDED_MERCHANT = "cofunded_merchant"  # in 商户圈
    COFUNDED_UNIT = "cofunded_unit"  # in 单位圈


COFUNDED: Mapping[str | None, Happened] = {
    None: Happened.COFUNDED,
    Circle.NEIGHBOUR: Happened.COFUNDED_NEIGHBOUR,
    Circle.MERCHANT: Happened.COFUNDED_MERCHANT,
    Circle.UNIT: Happened.COFUNDED_UNIT,
}
"""共筹结案 · by the circle that settled it, where one was named."""

_TOLD = {
    FactKind.DISPATCH_RETURNED: Happened.RETURNED,
    FactKind.LEVEL_RAISED: Happened.RAISED,
    FactKind.WHISTLE_BLOWN: Happened.WHISTLED,
    FactKind.EXTENSION_DECIDED: Happened.EXTENDED,
    FactKind.PAUSE_DECIDED: Happened.PAUSED,
    FactKind.CASE_SUPERVISED: Happened.SUPERVISED,
    FactKind.REWORK_ORDERED: Happened.REWORKED,
    FactKind.CALLBACK_MADE: Happened.CALLED_BACK,
    FactKind.CASE_REOPENED: Happened.REOPENED,
    FactKind.DISPUTE_FILED: Happened.DISPUTED,
    FactKind.CLOSURE_DOUBTED: Happened.DOUBTED,
}
_DONE = frozenset({FactKind.CASE_HANDLED, FactKind.OUTCOME_DECIDED})
_UNSIGNED = frozenset({CaseState.REPORTED, CaseState.DISPATCHED})


def noted(before: Case, after: Case, facts: Iterable[Told]) -> Case:
    """The case with what these facts, told on the way from `before`, say has happened to it."""
    fresh = {word for fact in facts if (word := _word(before, fact))} - {*after.happened}
    return replace(after, happened=tuple(sorted({*after.happened, *fresh}))) if fresh else after


def _word(before: Case, fact: Told) -> Happened | None:
    if fact.detail.get("granted") is False:
        return None
    if fact.kind is FactKind.CASE_DISPATCHED and before.dispatched_at is not None:
        return Happened.REDIRECTED
    if fact.kind in _DONE and before.state in _UNSIGNED:
        return Happened.HANDLED_DIRECTLY
    if fact.kind is FactKind.CASE_CLOSED and "shares" in fact.detail:
        return COFUNDED[fact.detail.get("circle")]
    return _TOLD.get(fact.kind)
