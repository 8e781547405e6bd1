"""The registry of figures: each defined once: what it counts, over what, what it leaves out."""

from enum import StrEnum

import msgspec

COHORT = "filed"
"""Every figure of the case ledger is about filed cases."""


class Unit(StrEnum):
    COUNT = "count"
    RATE = "rate"


class Ledger(StrEnum):
    """台账 · the two ledgers: reports (上报件) and cases (案件)."""

    REPORTS = "reports"
    CASES = "cases"


Part = tuple[str, ...]
"""Named predicates that all hold of a filed case; counting those cases makes a part of a figure."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure's definition; a change of its meaning raises `version`.

    A count has a numerator only. A rate's numerator repeats its denominator's predicates, so it
    can never exceed it; the rate is NULL where the denominator is 0. `needs` names data that no
    place can give yet: such a figure is NULL.
    """

    id: str
    zh: str
    en: str
    unit: Unit
    ledger: Ledger = Ledger.CASES
    numerator: Part = ()
    denominator: Part | None = None
    needs: str = ""
    version: int = 1


def _count(name: str, zh: str, en: str, *having: str) -> tuple[Figure]:
    return (Figure(id=name, zh=zh, en=en, unit=Unit.COUNT, numerator=having),)


def _rate(
    name: str, zh: str, en: str, *, having: Part, among: Part, needs: str = ""
) -> tuple[Figure, Figure]:
    """A rate without excluded cases, and its twin with them in."""
    adjusted = ("not_excluded", *among)
    rate = Figure(
        id=name,
        zh=zh,
        en=en,
        unit=Unit.RATE,
        numerator=(*adjusted, *having),
        denominator=adjusted,
        needs=needs,
    )
    raw = msgspec.structs.replace(
        rate,
        id=f"{name}_raw",
        zh=f"{zh}(含剔除)",
        en=f"{en}, excluded cases in",
        numerator=(*among, *having),
        denominator=among,
    )
    return rate, raw


def _later(name: str, zh: str, en: str, needs: str) -> tuple[Figure, Figure]:
    return _rate(name, zh, en, having=(), among=("unavailable",), needs=needs)


_REPORT_COUNT = Figure(
    id="report_count", zh="上报数", en="reports", unit=Unit.COUNT, ledger=Ledger.REPORTS
)

_ALL: tuple[Figure, ...] = (
    _REPORT_COUNT,
    *_count("case_count", "立案数", "cases filed"),
    *_count("dispatched_count", "派遣(通报)数", "cases sent to a department", "dispatched"),
    *_count("closed_count", "结案数", "cases closed", "closed"),
    *_count("backlog", "在办", "open cases", "open"),
    *_count("backlog_overdue", "超期未结", "open and overdue", "open", "overdue"),
    *_count("deadline_unknown", "时限未知", "deadline unknown", "deadline_unknown"),
    *_rate("handling_rate", "处置率", "handling rate", having=("handled",), among=()),
    *_rate("completion_rate", "办结率", "completion rate", having=("closed",), among=()),
    *_rate("closure_rate", "结案率", "closure rate", having=("closed",), among=("due",)),
    *_rate(
        *("on_time_closure_rate", "按期结案率", "on-time closure rate"),
        having=("on_time",),
        among=("due", "deadline_known"),
    ),
    *_rate(
        *("on_time_of_closed_rate", "已结按期率", "on time among closed"),
        having=("on_time",),
        among=("closed", "with_deadline"),
    ),
    *_later(
        "handling_rate_due",
        "处置率(应处置)",
        "handling rate of due",
        "各环节时限 · limits per step",
    ),
    *_later("response_rate", "响应率", "response rate", "响应时限 · response limits"),
    *_later("resolution_rate", "解决率", "resolution rate", "回访口径 · callback rules"),
    *_later("satisfaction_rate", "满意率", "satisfaction rate", "回访口径 · callback rules"),
)

FIGURES: dict[str, Figure] = {figure.id: figure for figure in _ALL}

USUAL = tuple(figure.id for figure in _ALL if not figure.needs)
"""What is shown where no figure is named: all that can be counted."""

PLAIN = tuple(name for name in USUAL if not name.endswith("_raw"))
"""What a person is shown at first: without the twins that keep excluded cases in."""
