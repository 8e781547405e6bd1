"""What stands in a bulletin: the figures of `gridloop rates` for a period and the one before.

本期 in the period · 存量 standing · 排名 ranking · 超期 overdue · 停滞 stuck · 热点 hot matters
存疑 closings to be looked at · 更正 what the bulletin before would say now
"""

from datetime import datetime

import msgspec

from streams.core.period import Period, PeriodKind
from streams.core.place import PlaceRules
from streams.core.query import Query
from streams.core.ranking import LEAST, ranked
from streams.core.registry import FIGURES, PLAIN
from streams.core.scoring import Weights
from streams.show.bulletin.amends import amends
from streams.show.bulletin.asked import Asked
from streams.show.bulletin.lists import NONE, hot_list, overdue_list, stuck_list, suspicious_list
from streams.show.bulletin.sheet import Bound, Bulletin, Cell, Column, Section, cell_of, changed
from streams.show.figures import Answers, ask

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
            overdue_list(asked),
            stuck_list(asked),
            hot_list(asked),
            suspicious_list(asked),
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
            *(one.n, None if one.bound is None else Bound(one.bound)),
            *(cell_of(one.row.figures[each]) for each in figures[1:]),
        )
        for one in ranked(rows, RANKED)
    ]
    none = "" if told else f"{NONE}。"
    zh, en = {"department": ("部门", "department"), "street": ("镇街", "street")}[field]
    columns = (
        Column("名次", "rank", number=True),
        Column(zh, en),
        Column(FIGURES[RANKED].zh, FIGURES[RANKED].en, number=True),
        Column("应结案", "due", number=True),
        Column("置信下限", "lower bound", number=True),
        Column(FIGURES["completion_rate"].zh, FIGURES["completion_rate"].en, number=True),
        Column(FIGURES["case_count"].zh, FIGURES["case_count"].en, number=True),
    )
    note = (
        f"{none}按 Wilson 95% 置信下限排名，应结案不足 {LEAST} 件者不排名"
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
