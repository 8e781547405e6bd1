"""更正 · what the bulletin of the period before said when it was due, and what it would say now."""

from collections.abc import Iterable

import msgspec

from streams.core.query import Query
from streams.core.registry import FIGURES
from streams.core.restating import difference
from streams.show.bulletin.sheet import Cell, Column, Section, cell_of, short, text
from streams.show.casewords import FACTS
from streams.show.figures import Answers, ask
from streams.show.restated import Because, by_case, change_text, how_text, restated

CAUSES = 3
"""So many inputs are told of a case; `gridloop restated` tells all."""
_COLUMNS = (
    Column("指标或案件", "figure or case"),
    Column("当时", "then", number=True),
    Column("现在", "now", number=True),
    Column("差", "difference"),
    Column("缘由", "why"),
)
_PARTS = (
    "率的差为分子/分母；箭头前为发生时间，后为入库时间"
    " · of rates: numerator/denominator; when it was → since when it is known"
)
_NONE = "上期指标无变动 · no figure of the period before has changed"
_UNKNOWN = (
    "上期数据均在期末之后入库，其时无可公布"
    " · all of the period before was taken in after its end; nothing could have been shown"
)


def amends(store: Answers, now: Query, most: int) -> Section:
    """Of the query's period, as of its end: as known at its end, beside what is known now."""
    then = msgspec.structs.replace(now, known_at=now.as_of)
    early = msgspec.structs.replace(then, figures=("report_count", "case_count"))
    if not any(value.value for value in ask(store, early)[0].figures.values()):
        return _section([], _UNKNOWN)
    found = restated(store, then, now)
    (total,) = found.rows
    rows: list[tuple[Cell, ...]] = []
    for name, change in difference(total.then, total.now).items():
        if not change.nothing:
            was, is_ = (cell_of(row.figures[name]) for row in (total.then, total.now))
            rows.append((f"{FIGURES[name].zh} {FIGURES[name].en}", was, is_, change_text(change)))
    cases = by_case(found.moves)
    for case_id, moves in list(cases.items())[:most]:
        told = "; ".join(
            f"{FIGURES[name].zh} {change_text(change)}"
            for one in moves
            for name, change in one.figures.items()
        )
        why = _why(found.because.get(case_id, ()), now.zone)
        rows.append((short(case_id), None, None, told, why))
    said = f"{len(cases)} 个案件变动，列 {min(len(cases), most)} 个 · cases moved。{_PARTS}"
    return _section([(*row, None)[:5] for row in rows], said if rows else _NONE)


def _why(because: Iterable[Because], zone: str) -> str:
    """Each input once: what came of it, when that was, and since when it is known."""
    told: dict[tuple[str, ...], list[str]] = {}
    for one in because:
        at, known = (text(when, zone) for when in (one.occurred_at, one.known_at))
        facts = told.setdefault((how_text(one), one.input_id, at, known), [])
        if (name := FACTS[one.kind]) not in facts:
            facts.append(name)
    shown = [
        f"{how} {whose}：{'、'.join(facts)} {at} → {known}"
        for (how, whose, at, known), facts in list(told.items())[:CAUSES]
    ]
    return "；".join([*shown, *([f"等 {len(told)} 项 in all"] if len(told) > CAUSES else [])])


def _section(rows: list[tuple[Cell, ...]], note: str) -> Section:
    title = ("上期更正", "Restatements of the period before")
    return Section(id="restated", zh=title[0], en=title[1], columns=_COLUMNS, rows=rows, note=note)
