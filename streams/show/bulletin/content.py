"""What stands in a bulletin: the figures of `gridloop rates` for a period and the one before.

本期 in the period · 存量 standing · 排名 ranking · 超期 overdue · 停滞 stuck · 热点 hot matters
存疑 closings to be looked at · 更正 what the bulletin before would say now
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from streams.core.figures import Row
from streams.core.figures_sql import params_of
from streams.core.instants import aware
from streams.core.ledgers_sql import source
from streams.core.period import Period, PeriodKind
from streams.core.place import PlaceRules
from streams.core.predicates import sql_of
from streams.core.query import Query
from streams.core.ranking import LEAST, ranked
from streams.core.registry import FIGURES, PLAIN, Ledger
from streams.core.scoring import Weights
from streams.show.bulletin.amends import amends
from streams.show.bulletin.sheet import (
    Bulletin,
    Cell,
    Column,
    Length,
    Section,
    cell_of,
    changed,
)
from streams.show.figures import Answers, ask
from streams.show.suspicious import REASONS, counts, suspicious

TITLES = {
    PeriodKind.DAY: ("日调度", "Daily dispatch"),
    PeriodKind.WEEK: ("周例会", "Weekly meeting"),
    PeriodKind.TEN_DAYS: ("旬调度", "Ten-day dispatch"),
    PeriodKind.MONTH: ("月通报", "Monthly bulletin"),
}
IN_PERIOD = (
    *("report_count", "case_count", "closed_count", "handling_rate", "completion_rate"),
    *("closure_rate", "on_time_closure_rate", "dispatch_return_rate", "rework_rate"),
    *("resolution_rate", "satisfaction_rate", "closing_time_p50", "suspicious_closure_count"),
)
STANDING = ("backlog", "backlog_overdue", "stuck_count", "backlog_age_p50")
RANKED = "on_time_closure_rate"
HOTTEST = 10
UNCLASSIFIED = "未分类 unclassified"


class Asked(msgspec.Struct, frozen=True):
    """A bulletin's questions: the store, the place's rules at A, the period as asked for, and the
    same of the period before; lists hold at most so many rows."""

    store: Answers
    rules: PlaceRules
    period: Period
    now: Query
    before: Query
    most: int

    def standing(self, **more: Any) -> Query:
        """Of all cases, whenever they were filed."""
        return msgspec.structs.replace(self.now, from_=None, to=None, **more)

    def rows(self, sql: str, query: Query) -> Sequence[Sequence[Any]]:
        """The rows of one more statement about that query's cases."""
        return self.store.query(sql, params_of(query))

    def names(self, field: str) -> Callable[[str | None], Cell]:
        """What a field's codes are called at the place."""
        listed: Mapping[str, Any] = {
            "department": self.rules.departments,
            "street": self.rules.areas,
            "area": self.rules.areas,
            "matter": self.rules.matters,
        }[field]
        return lambda code: listed[code].name if code is not None and code in listed else code

    def short(self, case_id: str) -> str:
        """A case id without the place that it begins with: `gridloop case` takes the end of one."""
        return case_id.removeprefix(f"{self.rules.place}/")


def bulletin(
    store: Answers,
    rules: PlaceRules,
    period: Period,
    *,
    as_of: datetime,
    known_at: datetime,
    weights: dict[str, Weights],
    most: int,
) -> Bulletin:
    """The bulletin of a period of a place, as of A (its end, or now while it runs)."""
    now = _query(rules.place, period, as_of, known_at, weights)
    before = _query(rules.place, period.before, period.start, known_at, weights)
    asked = Asked(store, rules, period, now, before, most)
    zh, en = TITLES[period.kind]
    return Bulletin(
        zh=zh,
        en=en,
        place=rules.place,
        name_zh=rules.name_zh,
        name_en=rules.name_en,
        period=period,
        as_of=as_of,
        known_at=known_at,
        sections=[
            _in_period(asked),
            _standing(asked),
            *(_ranking(asked, field) for field in ("department", "street")),
            _overdue(asked),
            _stuck(asked),
            _hot(asked),
            _suspicious(asked),
            amends(store, msgspec.structs.replace(before, figures=PLAIN), most),
        ],
        notes=list(rules.assumed),
    )


def _query(
    place: str, period: Period, as_of: datetime, known_at: datetime, weights: dict[str, Weights]
) -> Query:
    return Query(
        as_of=as_of,
        known_at=known_at,
        from_=period.start,
        to=period.end,
        place=place,
        zone=period.zone,
        weights=weights,
    )


# --- figures -------------------------------------------------------------------------------------

_FIGURES = (
    Column("指标", "figure"),
    Column("本期", "now", number=True),
    Column("分子", "numerator", number=True),
    Column("分母", "denominator", number=True),
    Column("上期", "before", number=True),
    Column("变化", "change", number=True),
)
_POINTS = "率的变化为百分点 · changes of rates are in percentage points"


def _in_period(asked: Asked) -> Section:
    rows = _figures(asked.store, IN_PERIOD, asked.now, asked.before)
    return Section(
        id="period", zh="本期指标", en="In the period", columns=_FIGURES, rows=rows, note=_POINTS
    )


def _standing(asked: Asked) -> Section:
    before = msgspec.structs.replace(asked.before, from_=None, to=None)
    rows = _figures(asked.store, STANDING, asked.standing(), before)
    zh, en = "存量(不论何时立案)", "Standing, whenever filed"
    return Section(id="standing", zh=zh, en=en, columns=_FIGURES, rows=rows)


def _figures(
    store: Answers, names: tuple[str, ...], now: Query, before: Query
) -> list[tuple[Cell, ...]]:
    """Each with what it is made of, and its change against the period before."""
    total, was = (
        ask(store, msgspec.structs.replace(query, figures=names))[0].figures
        for query in (now, before)
    )
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        figure, value = FIGURES[name], total[name]
        cell, last = cell_of(value), cell_of(was[name])
        parts = (value.numerator, value.denominator)
        rows.append((f"{figure.zh} {figure.en}", cell, *parts, last, changed(cell, last)))
    return rows


def _ranking(asked: Asked, field: str) -> Section:
    figures = (RANKED, "completion_rate", "case_count")
    rows = ask(asked.store, msgspec.structs.replace(asked.now, by=(field,), figures=figures))
    name = asked.names(field)
    told: list[tuple[Cell, ...]] = [
        (
            *(one.place, name(one.row.by[field]), cell_of(one.row.figures[RANKED])),
            *(one.n, None if one.bound is None else round(100 * one.bound, 2)),
            *(cell_of(one.row.figures[each]) for each in figures[1:]),
        )
        for one in ranked(rows, RANKED)
    ]
    zh, en = {"department": ("部门", "department"), "street": ("镇街", "street")}[field]
    columns = (
        Column("名次", "rank", number=True),
        Column(zh, en),
        Column(FIGURES[RANKED].zh, FIGURES[RANKED].en, number=True),
        Column("应结案", "due", number=True),
        Column("下限%", "lower bound", number=True),
        Column(FIGURES["completion_rate"].zh, FIGURES["completion_rate"].en, number=True),
        Column(FIGURES["case_count"].zh, FIGURES["case_count"].en, number=True),
    )
    note = (
        f"按 Wilson 95% 置信下限排名，应结案不足 {LEAST} 件者不排名"
        f" · ranked by the Wilson lower bound; fewer than {LEAST} due cases are not ranked"
    )
    return Section(
        id=f"rank-{field}",
        zh=f"排名：{zh}",
        en=f"Ranking by {en}",
        columns=columns,
        rows=told,
        note=note,
        bar=2,
    )


# --- lists ---------------------------------------------------------------------------------------

_CASE = (Column("案件", "case"), Column("部门", "department"), Column("事项", "matter"))


def _overdue(asked: Asked) -> Section:
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


def _stuck(asked: Asked) -> Section:
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
    table, _ = source(ledger, query, ())
    return list(
        asked.rows(
            f"SELECT case_id, department, matter, {', '.join(fields)}"
            f" FROM (SELECT * FROM {table}) WHERE {sql_of(part)} ORDER BY {order}, case_id",
            query,
        )
    )


def _case(asked: Asked, row: Sequence[Any]) -> tuple[Cell, ...]:
    return asked.short(row[0]), asked.names("department")(row[1]), asked.names("matter")(row[2])


def _since(asked: Asked, at: datetime) -> Length:
    return Length((asked.now.as_of - aware(at)).total_seconds())


def _list(section: Section, most: int) -> Section:
    """A list's first rows; how many there are in all is always said."""
    shown = min(len(section.rows), most)
    said = f"共 {len(section.rows)} 项，列 {shown} 项 · {len(section.rows)} in all, {shown} listed"
    note = f"{said}。{section.note}" if section.note else said
    return msgspec.structs.replace(section, rows=section.rows[:shown], note=note)


def _hot(asked: Asked) -> Section:
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
        told.append((name(matter) or UNCLASSIFIED, count, last, changed(count, last), *rest))
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


def _suspicious(asked: Asked) -> Section:
    found = suspicious(asked.store, asked.now, asked.rules.closures)
    department = asked.names("department")
    told: list[tuple[Cell, ...]] = [
        (
            *(asked.short(one.case_id), REASONS[one.reason], department(one.department), one.actor),
            *(one.at, one.minutes),
        )
        for one in found
    ]
    columns = (
        *(Column("案件", "case"), Column("原因", "why"), Column("部门", "department")),
        Column("经办", "who, as a code"),
        Column("时刻", "at", number=True),
        Column("分钟", "minutes", number=True),
    )
    many = "，".join(f"{REASONS[reason]} {n}" for reason, n in counts(found).items())
    note = f"{many}。仅供核实，不作定性 · to be looked at, proof of nothing"
    section = Section(
        id="suspicious",
        zh="存疑结案",
        en="Closings to be looked at",
        columns=columns,
        rows=told,
        note=note,
    )
    return _list(section, asked.most)
