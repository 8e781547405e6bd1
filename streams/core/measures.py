"""What a duration figure measures on a counted row: from when to when, in elapsed time (24×7); or
the working time that the row itself tells."""

from datetime import datetime
from typing import Any

import msgspec

from streams.core.conditions import AS_OF, MICROSECOND, elapsed_sql


class Measure(msgspec.Struct, frozen=True):
    """From one field's instant to another's, to A where no end is named; or, where `told` names a
    field, the microseconds that it holds."""

    zh: str
    en: str
    start: str = ""
    end: str | None = None
    told: str = ""

    def of(self, row: Any, at: datetime) -> int:
        """In microseconds; what it reads is there wherever the figure's conditions hold."""
        if self.told:
            length: int = getattr(row, self.told)
            return length
        first: datetime = getattr(row, self.start)
        last: datetime = getattr(row, self.end) if self.end else at
        return (last - first) // MICROSECOND

    @property
    def sql(self) -> str:
        """The same as an expression."""
        return self.told or elapsed_sql(self.start, self.end or AS_OF)


MEASURES = {
    "filing_to_closing": Measure("立案至结案", "filing to closing", "filed_at", "closed_at"),
    "filing_to_now": Measure("立案至 A", "filing to A", "filed_at"),
    "begin_to_end": Measure("环节开始至结束", "a step's beginning to its end", "at", "done"),
    "event_to_log": Measure("上报至入库", "report to log", "occurred_at", "ingested_at"),
    "granted": Measure(
        "原时限至新时限", "the deadline that it moved to the new one", "due", "done"
    ),
    "worked": Measure(
        "其工作时间:按其时限的工作日历,扣除挂账",
        "its working time: on the calendar of its clock, pauses left out",
        told="worked",
    ),
}


RANKS = (50, 90, 99)


class Measured(msgspec.Struct, frozen=True):
    """What is known of the measured rows: how many; their sum, median, 90th and 99th percentile in
    microseconds. A percentile is the nearest rank: of n sorted values the ⌈p·n⌉-th."""

    n: int
    total: int
    p50: int
    p90: int
    p99: int

    def seconds(self, stat: str) -> float | None:
        """`mean`, `p50`, `p90` or `p99` in seconds; None of nothing."""
        if not self.n:
            return None
        if stat == "mean":
            return float(self.total) / (self.n * 1_000_000)
        return float(getattr(self, stat)) / 1_000_000


def measured(values: list[int]) -> Measured:
    """Microseconds, taken together."""
    ordered, n = sorted(values), len(values)
    if not n:
        return Measured(0, 0, 0, 0, 0)
    return Measured(n, sum(ordered), *(ordered[(n * p + 99) // 100 - 1] for p in RANKS))


def measured_sql(measure: Measure, condition: str, name: str) -> str:
    """The same as one expression; `name` is given to the sorted values within."""
    total = f"ifNull(sumIf(toInt128({measure.sql}), {condition}), 0)"
    ranks = ", ".join(_ranked_sql(name, p) for p in RANKS)
    return f"tuple(length({_sorted_sql(measure, condition, name)}), {total}, {ranks})"


def stat_sql(measure: Measure, condition: str, stat: str, name: str) -> str:
    """One statistic of it alone, rounded as `Measured.seconds` does it; NULL of nothing."""
    if stat == "mean":
        total = f"toFloat64(sumIf(toInt128({measure.sql}), {condition}))"
        return f"{total} / (nullIf(countIf({condition}), 0) * 1000000)"
    ranked = _ranked_sql(name, int(stat.removeprefix("p")))
    return f"if(empty({_sorted_sql(measure, condition, name)}), NULL, {ranked} / 1000000)"


def _sorted_sql(measure: Measure, condition: str, name: str) -> str:
    return f"arraySort(groupArrayIf({measure.sql}, {condition})) AS {name}"


def _ranked_sql(name: str, p: int) -> str:
    return f"{name}[intDiv(length({name}) * {p} + 99, 100)]"
