"""What the definition of a figure is made of: unit, ledger, family, numerator, denominator."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    COUNT = "count"
    RATE = "rate"
    DURATION = "duration"
    """Seconds of elapsed time."""
    SCORE = "score"


class Ledger(StrEnum):
    """台账 · what is counted; and by which instant a row falls into [from, to)."""

    REPORTS = "reports"  # 上报件: reported in it
    CASES = "cases"  # 案件: filed in it
    CARRIED = "carried"  # 结转案件: filed before it, and not closed for good by then
    STEPS = "steps"  # 环节: begun in it
    DESK = "desk"  # 受理环节: verifications and filings, begun in it
    CALLS = "calls"  # 呼入电话: offered in it
    SLOTS = "slots"  # 应巡: begun in it, and over


COHORT = "filed"
COHORTS: dict[Ledger, tuple[str, ...]] = {
    **dict.fromkeys(Ledger, (COHORT,)),
    Ledger.DESK: ("not_void_but_rejected",),
    Ledger.REPORTS: (),
    Ledger.CALLS: (),
    Ledger.SLOTS: (),
}
"""What holds of the cases of all figures of a ledger: they are filed. What comes before the filing
is asked of every case that is not void; one rejected at its verification was to be verified, too.
Reports count whatever became of their case; calls and slots are of none."""


STEP_LEDGERS = frozenset({Ledger.STEPS, Ledger.DESK})
"""Ledgers that count steps."""


class Family(StrEnum):
    """类 · figures that are asked for together."""

    INTAKE = "intake"  # 上报与立案
    CLOSURE = "closure"  # 办结
    TIMELINESS = "timeliness"  # 时效
    QUALITY = "quality"  # 质量
    HOTLINE = "hotline"  # 回访与三率
    JOINT = "joint"  # 协同
    DURATION = "duration"  # 时长
    ROUNDS = "rounds"  # 巡查与在岗


Part = tuple[str, ...]
"""Named predicates that all hold of a row; counting those rows makes a part of a figure."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure's definition; a change of its meaning raises `version`.

    A count has a numerator only. A rate's numerator repeats its denominator's predicates, so it
    can never exceed it; the rate is NULL where the denominator is 0. A duration is the `stat` of
    what `measure` says of the rows of its denominator, NULL where there are none. A score is the
    sum of other figures by the place's weights, NULL without these. A rate of slots is the share
    of its `measure` that was done. The `usual` ones are answered where none is named.
    """

    id: str
    zh: str
    en: str
    unit: Unit
    ledger: Ledger = Ledger.CASES
    family: Family = Family.CLOSURE
    numerator: Part = ()
    denominator: Part | None = None
    measure: str = ""
    stat: str = ""
    usual: bool = False
    version: int = 1

    @property
    def sides(self) -> tuple[Part, ...]:
        """The parts whose sizes make it up."""
        denominator = () if self.denominator is None else (self.denominator,)
        return denominator if self.measure else (self.numerator, *denominator)


def count(
    name: str, zh: str, en: str, *having: str, ledger: Ledger = Ledger.CASES, usual: bool = False
) -> tuple[Figure]:
    """How many rows these hold of."""
    return (
        Figure(
            id=name, zh=zh, en=en, unit=Unit.COUNT, ledger=ledger, numerator=having, usual=usual
        ),
    )


def single(
    name: str,
    zh: str,
    en: str,
    numerator: Part,
    denominator: Part,
    *,
    ledger: Ledger,
    measure: str = "",
    usual: bool = False,
) -> tuple[Figure]:
    """A rate of what no dispute excludes: it has no twin."""
    return (
        Figure(
            id=name,
            zh=zh,
            en=en,
            unit=Unit.RATE,
            ledger=ledger,
            numerator=numerator,
            denominator=denominator,
            measure=measure,
            usual=usual,
        ),
    )


def rate(
    name: str,
    zh: str,
    en: str,
    *,
    having: Part,
    among: Part = (),
    ledger: Ledger = Ledger.CASES,
    usual: bool = False,
) -> tuple[Figure, Figure]:
    """A rate without excluded cases, and its twin with them in."""
    adjusted = ("not_excluded", *among)
    (net,) = single(name, zh, en, (*adjusted, *having), adjusted, ledger=ledger, usual=usual)
    raw = msgspec.structs.replace(
        net,
        id=f"{name}_raw",
        zh=f"{zh}(含剔除)",
        en=f"{en}, excluded cases in",
        numerator=(*among, *having),
        denominator=among,
    )
    return net, raw


def due(
    name: str,
    zh: str,
    en: str,
    kind: str,
    *,
    having: str = "in_time",
    ledger: Ledger = Ledger.STEPS,
) -> tuple[Figure, Figure]:
    """A rate of the timed steps of a kind that were done, or ran out with it undone."""
    among = (kind, "limited", "step_due")
    return rate(name, zh, en, having=(having,), among=among, ledger=ledger)


_STATS = {
    "mean": ("平均", "mean"),
    "p50": ("中位", "median"),
    "p90": ("九成位", "90th percentile"),
    "p99": ("九九成位", "99th percentile"),
}


def durations(
    name: str, zh: str, en: str, measure: str, *stats: str, among: Part, ledger: Ledger
) -> tuple[Figure, ...]:
    """How long it took: a figure for each statistic."""
    return tuple(
        Figure(
            id=f"{name}_{stat}",
            zh=f"{_STATS[stat][0]}{zh}",
            en=f"{en}, {_STATS[stat][1]}",
            unit=Unit.DURATION,
            ledger=ledger,
            denominator=among,
            measure=measure,
            stat=stat,
        )
        for stat in stats
    )


def score(name: str, zh: str, en: str) -> tuple[Figure]:
    """A weighted sum of other figures."""
    return (Figure(id=name, zh=zh, en=en, unit=Unit.SCORE),)


def of(family: Family, *groups: Iterable[Figure]) -> tuple[Figure, ...]:
    """These figures as a family."""
    return tuple(
        msgspec.structs.replace(figure, family=family) for group in groups for figure in group
    )
