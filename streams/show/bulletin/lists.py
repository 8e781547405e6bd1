"""A bulletin's lists: 超期 overdue, 停滞 stuck, 热点事项 hot matters, 存疑结案 to be looked at."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from streams.core.figures import Row
from streams.core.instants import aware
from streams.core.ledgers_sql import source
from streams.core.predicates import sql_of
from streams.core.registry import Ledger
from streams.show.bulletin.asked import Asked
from streams.show.bulletin.sheet import Cell, Column, Length, Section, cell_of, changed, short
from streams.show.figures import ask
from streams.show.suspicious import REASONS, counts, suspicious

HOTTEST = 10
NONE = "无 · none"

_CASE = (Column("案件", "case"), Column("部门", "department"), Column("事项", "matter"))


def overdue_list(asked: Asked) -> Section:
    rows = _listed(asked, Ledger.CASES, ("open", "overdue"), ("area", "deadline"), "deadline")
    area = asked.names("area")
    told: list[tuple[Cell, ...]] = [
        (*_case(asked, row), area(row[3]), aware(row[4]), _since(asked, row[4])) for row in rows
    ]
    columns = (
        *(*_CASE, Column("社区/村", "area")),
        Column("截止时间", "deadline", number=True),
        Column("已超", "overdue by", number=True),
    )
    section = Section(
        id="overdue", zh="超期未结", en="Open and overdue", columns=columns, rows=told
    )
    return _list(section, asked.most)


def stuck_list(asked: Asked) -> Section:
    parts = ("stuck", "running", "ran_out")
    rows = _listed(asked, Ledger.STEPS, parts, ("at", "due"), "at")
    told: list[tuple[Cell, ...]] = [
        (*_case(asked, row), aware(row[3]), _since(asked, row[3])) for row in rows
    ]
    columns = (
        *_CASE,
        Column("最近推进", "last moved", number=True),
        Column("已停滞", "not moved for", number=True),
    )
    section = Section(id="stuck", zh="停滞(中梗阻)", en="Stuck", columns=columns, rows=told)
    return _list(section, asked.most)


def _listed(
    asked: Asked, ledger: Ledger, part: tuple[str, ...], fields: tuple[str, ...], order: str
) -> list[Sequence[Any]]:
    """Case, department, matter and these fields of every row of which these conditions hold."""
    query = asked.standing()
    table, _ = source(ledger, query, (), columns=("matter", *fields))
    return list(
        asked.rows(
            f"SELECT case_id, department, matter, {', '.join(fields)}"
            f" FROM (SELECT * FROM {table}) WHERE {sql_of(part)} ORDER BY {order}, case_id",
            query,
        )
    )


def _case(asked: Asked, row: Sequence[Any]) -> tuple[Cell, ...]:
    return short(row[0]), asked.names("department")(row[1]), asked.names("matter")(row[2])


def _since(asked: Asked, at: datetime) -> Length:
    return Length((asked.now.as_of - aware(at)).total_seconds())


def _list(section: Section, most: int) -> Section:
    """A list's first rows; how many there are in all is always said."""
    many, shown = len(section.rows), min(len(section.rows), most)
    said = f"共 {many} 项，列 {shown} 项 · {many} in all, {shown} listed" if many else NONE
    note = f"{said}。{section.note}" if section.note else said
    return msgspec.structs.replace(section, rows=section.rows[:shown], note=note)


def hot_list(asked: Asked) -> Section:
    figures = ("report_count", "case_count", "completion_rate")
    now, was = (
        _by_matter(ask(asked.store, msgspec.structs.replace(q, by=("matter",), figures=figures)))
        for q in (asked.now, asked.before)
    )
    name = asked.names("matter")
    told: list[tuple[Cell, ...]] = []
    for matter, row in now.items():
        count = cell_of(row.figures["report_count"])
        last = cell_of(was[matter].figures["report_count"]) if matter in was else 0
        rest = (cell_of(row.figures[each]) for each in figures[1:])
        told.append((name(matter), count, last, changed(count, last), *rest))
    told.sort(key=lambda row: (-_whole(row[1]), str(row[0])))
    columns = (
        Column("事项", "matter"),
        Column("本期上报", "reports", number=True),
        Column("上期", "before", number=True),
        Column("变化", "change", number=True),
        Column("立案数", "cases filed", number=True),
        Column("办结率", "completion rate", number=True),
    )
    section = Section(id="hot", zh="热点事项", en="Hot matters", columns=columns, rows=told)
    return _list(section, HOTTEST)


def _by_matter(rows: Iterable[Row]) -> dict[str | None, Row]:
    return {row.by["matter"]: row for row in rows if row.by}


def _whole(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


_NOT_LOOKED_FOR = (
    "该地未定存疑门槛，未作查找 · the place has no thresholds, so nothing was looked for"
)


def suspicious_list(asked: Asked) -> Section:
    found = suspicious(asked.store, asked.now, asked.rules.closures)
    department = asked.names("department")
    told: list[tuple[Cell, ...]] = [
        (
            *(short(one.case_id), REASONS[one.reason], department(one.department), one.actor),
            *(one.at, None if one.minutes is None else Length(60 * one.minutes)),
        )
        for one in found
    ]
    columns = (
        *(Column("案件", "case"), Column("原因", "why"), Column("部门", "department")),
        Column("经办", "who, as a code"),
        Column("时刻", "at", number=True),
        Column("间隔", "interval", number=True),
    )
    many = "，".join(f"{REASONS[reason]} {n}" for reason, n in counts(found).items() if n)
    note = f"{many}。仅供核实，不作定性 · to be looked at, proof of nothing"
    if not found:
        note = "" if asked.rules.closures.looked_for else _NOT_LOOKED_FOR
    section = Section(
        id="suspicious",
        zh="存疑结案",
        en="Closings to be looked at",
        columns=columns,
        rows=told,
        note=note,
    )
    return _list(section, asked.most)
