"""更正 · what the bulletin of the period before said when it was due, and what it would say now."""

import msgspec

from streams.core.query import Query
from streams.core.registry import FIGURES
from streams.core.restating import difference
from streams.show.bulletin.sheet import Cell, Column, Section, cell_of, short
from streams.show.figures import Answers, ask
from streams.show.restated import because_text, by_case, change_text, restated

_COLUMNS = (
    Column("指标或案件", "figure or case"),
    Column("当时", "then", number=True),
    Column("现在", "now", number=True),
    Column("差", "difference", number=True),
    Column("缘由", "why"),
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
        why = "; ".join(because_text(one, now.zone) for one in found.because.get(case_id, ()))
        rows.append((short(case_id), None, None, told, why))
    said = f"{len(cases)} 个案件变动，列 {min(len(cases), most)} 个 · cases moved"
    return _section([(*row, None)[:5] for row in rows], said if rows else _NONE)


def _section(rows: list[tuple[Cell, ...]], note: str) -> Section:
    title = ("上期更正", "Restatements of the period before")
    return Section(id="restated", zh=title[0], en=title[1], columns=_COLUMNS, rows=rows, note=note)
