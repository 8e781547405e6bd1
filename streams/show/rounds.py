"""Rounds asked of the warehouse and put into words: coverage, what was missed, what is overdue."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from streams.core.coverage import Judged
from streams.core.events import RoundKind, RoundResult
from streams.core.figuredef import Family
from streams.core.figures import Value
from streams.core.place import PlaceRules, Rulebook
from streams.core.predicates import instant_text
from streams.core.roundfigures import FIELDS, Overview, RoundQuery, RoundRow, overview
from streams.core.rounds_sql import KNOWN, round_of
from streams.core.slotfigures import SLOT_FIGURES, USUAL_OF_SLOTS
from streams.core.slots import Slot
from streams.show.figures import Answers
from streams.show.rates import EVERYTHING, NOTHING, listed, local_text, shown

KINDS = {
    RoundKind.PATROL: "巡查 patrol",
    RoundKind.VIDEO: "视频巡查 video",
    RoundKind.DUTY: "值班在岗 duty",
    RoundKind.SCREENING: "排查 screening",
    RoundKind.ENTERPRISE_CHECK: "企业检查 enterprise check",
    RoundKind.VISIT: "走访 visit",
    RoundKind.SUPERVISION: "督导 supervision",
    RoundKind.MEETING: "会议调度 meeting",
    RoundKind.SERVICE: "服务 service",
    RoundKind.TASK: "任务 task",
    RoundKind.CHECK_IN: "报到 check-in",
    RoundKind.ACTIVITY: "终端活动 activity",
    RoundKind.DECLARATION: "自愿报备 declaration",
    RoundKind.AWARD: "记分 award",
    RoundKind.READING: "读数 reading",
}
RESULTS = {
    RoundResult.OK: "正常 ok",
    RoundResult.FOUND: "发现问题 found",
    RoundResult.FAILED: "不合格 failed",
    RoundResult.OFFLINE: "离线 offline",
}
CUTS = {
    "kind": "种类 kind",
    "schedule": "计划 schedule",
    "street": "镇街 street",
    "area": "社区/村 area",
    "subject": "对象 subject",
    "scene": "场景 scene",
    "mode": "平急 mode",
    "day": "日 day",
    "week": "周 week",
    "ten-days": "旬 ten days",
    "month": "月 month",
}
MOST_LINES = 40
"""So many lines of a list are shown to people; the JSON has all."""


def ask_rounds(store: Answers, book: Rulebook, query: RoundQuery, known_at: datetime) -> Overview:
    """What the warehouse holds of a place's rounds, set against its schedules."""
    ends = {"as_of": query.as_of, "since": query.since, "known_at": known_at}
    params = {"place": query.place} | {name: instant_text(at) for name, at in ends.items()}
    rounds = [round_of(query.place, *row) for row in store.query(KNOWN, params)]
    return overview(book, rounds, query)


def parse_cut(text: str) -> tuple[str, ...]:
    """Fields to cut rounds by, comma-separated, each once."""
    return listed(text, FIELDS, "维度", "fields")


def parse_kinds(text: str) -> frozenset[RoundKind]:
    """Kinds of rounds, comma-separated."""
    return frozenset(map(RoundKind, listed(text, tuple(RoundKind), "种类", "kinds")))


def parse_figures(text: str) -> tuple[str, ...]:
    """Ids of figures of slots, comma-separated, each once; their family's name or `all` for every
    one."""
    groups = dict.fromkeys((Family.ROUNDS.value, EVERYTHING), tuple(SLOT_FIGURES))
    named = listed(text, (*SLOT_FIGURES, *groups), "指标", "figures")
    return tuple(dict.fromkeys(id_ for name in named for id_ in groups.get(name, (name,))))


# --- for machines -------------------------------------------------------------------------------


def rounds_json(told: Overview, query: RoundQuery, known_at: datetime) -> dict[str, Any]:
    """The whole answer; a share with its numerator and denominator, in minutes for duties."""
    return {
        "place": query.place,
        "from": local_text(query.since, query.zone),
        "as_of": local_text(query.as_of, query.zone),
        "known_at": local_text(known_at, query.zone),
        "rows": [row_json(row) for row in told.rows],
        "missed": [missed_json(one, query.zone) for one in told.missed],
        "overdue": [slot_json(slot, query.zone) for slot in told.overdue],
        "running": told.running,
        "open": [slot_json(slot, query.zone) for slot in told.open],
        "rounds": told.made,
        "unplanned": told.unplanned,
    }


def row_json(row: RoundRow) -> dict[str, Any]:
    """One row; a figure that says nothing of its kind has a denominator of 0."""
    return {
        "by": row.by,
        "expected": row.expected,
        "done": row.done,
        "figures": {name: _value_json(value) for name, value in row.figures.items()},
    }


def _value_json(value: Value) -> dict[str, Any]:
    return {
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
    }


def slot_json(slot: Slot, zone: str) -> dict[str, Any]:
    """One slot: which schedule, of whom or what, from when to when."""
    return {
        "schedule": slot.schedule.id,
        "kind": slot.schedule.kind.value,
        "subject": slot.subject.code,
        "scene": slot.subject.scene,
        "area": slot.subject.area,
        "from": local_text(slot.window.start, zone),
        "to": local_text(slot.window.end, zone),
    }


def missed_json(one: Judged, zone: str) -> dict[str, Any]:
    """A slot that was missed: how often it was done all the same; of a duty its gaps."""
    gaps = [
        {"from": local_text(gap.start, zone), "to": local_text(gap.end, zone)} for gap in one.gaps
    ]
    return slot_json(one.slot, zone) | {
        "visits": one.visits,
        "at_least": one.slot.schedule.at_least,
        "gaps": gaps,
    }


# --- for people ---------------------------------------------------------------------------------


def coverage_table(
    rows: Sequence[RoundRow],
    by: Sequence[str],
    rules: PlaceRules | None,
    figures: Sequence[str] = USUAL_OF_SLOTS,
) -> Table:
    """One line for each combination; no column for a figure that says nothing of any of them."""
    telling = [id for id in figures if any(row.figures[id].denominator for row in rows)]
    table = Table()
    for name in by:
        table.add_column(CUTS[name])
    for name in ("应 expected", "足 done", *map(_label, telling)):
        table.add_column(name, justify="right")
    names = _names(rules)
    for row in rows:
        cut = (_named(names, name, row.by[name]) for name in by)
        values = (_shown(row.figures[id]) for id in telling)
        table.add_row(*cut, str(row.expected), str(row.done), *values)
    return table


def _label(id: str) -> str:
    return f"{SLOT_FIGURES[id].zh} {SLOT_FIGURES[id].en}"


def _named(names: Mapping[tuple[str, str], str], field: str, code: str | None) -> str:
    return NOTHING if code is None else names.get((field, code), code)


def _names(rules: PlaceRules | None) -> Mapping[tuple[str, str], str]:
    kinds = {("kind", kind.value): name for kind, name in KINDS.items()}
    if rules is None:
        return kinds
    plans = {("schedule", one.id): f"{one.id} {one.name}" for one in rules.schedules}
    areas = {
        (field, one.code): one.name for one in rules.areas.values() for field in ("area", "street")
    }
    return kinds | plans | areas


def _shown(value: Value) -> str:
    return shown(value) if value.denominator else NOTHING


def slot_lines(title: str, found: Sequence[Slot | Judged], zone: str) -> Iterator[str]:
    """A list of slots, one a line; of a duty with the times at which it stood empty."""
    yield f"{title}: {len(found)}"
    for one in found[:MOST_LINES]:
        slot, gaps = (one.slot, one.gaps) if isinstance(one, Judged) else (one, ())
        windows = gaps or (slot.window,)
        times = ", ".join(f"{_short(at.start, zone)} → {_short(at.end, zone)}" for at in windows)
        whom = " ".join(filter(None, (slot.subject.code, slot.subject.scene)))
        yield f"  {slot.schedule.id} {slot.schedule.name}  {whom}  {times}"
    if len(found) > MOST_LINES:
        yield f"  … --json {len(found) - MOST_LINES}"


def _short(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


def made_line(told: Overview) -> str:
    """How many rounds were made, by kind and result; and what no schedule had asked for."""
    parts = [
        f"{KINDS[RoundKind(kind)]}: "
        + ", ".join(f"{RESULTS[RoundResult(result)]} {n}" for result, n in results.items())
        for kind, results in told.made.items()
    ]
    plan = f"计划外 unplanned {told.unplanned}, 未到期 running {told.running}"
    return "; ".join([*parts, plan])
