"""Published numbers beside what their replay comes to in the warehouse."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table

from streams.core.checkdocs import CheckBody, CheckRow, Replay, RoundsReplay
from streams.core.checks import (
    AREA_COUNT,
    PER_DAY,
    ROUNDS_MADE,
    SLOTS_DONE,
    Check,
    Stated,
    by_id,
    judge,
    per_day,
)
from streams.core.events import INFINITY
from streams.core.figures import Query, Value
from streams.core.lifecycle import FLOW_OF
from streams.core.place import Constant, PlaceRules, Rulebook, lifecycle_of, lineage
from streams.core.registry import FIGURES, Unit
from streams.core.roundfigures import RoundQuery
from streams.show.figures import Answers, ask
from streams.show.rates import NOTHING
from streams.show.rounds import ask_rounds

BOUNDS = {"exact": "", "at_least": "≥", "about": "≈"}


def ask_checks(
    store: Answers, book: Rulebook, place: str, body: CheckBody, numbers: Sequence[Stated]
) -> list[Check]:
    """Each number beside the figure of its replay, as of the end of the replay's window."""
    asking = _Asking(store, book, place, body)
    return [judge(one, *asking.answers(one)) for one in numbers]


class _Asking:
    """Asks the warehouse for the figures of replays."""

    def __init__(self, store: Answers, book: Rulebook, place: str, body: CheckBody) -> None:
        self._store, self._book, self._place = store, book, place
        self._replays = by_id(body)

    def answers(self, one: Stated) -> tuple[Value, Value | None]:
        """The figure of the replay, and that of its baseline where there is one."""
        if one.figure == AREA_COUNT:
            return self._areas(one.row), None
        now = self._answer(one, one.row.replay or "")
        return now, self._answer(one, one.row.against) if one.row.against else None

    def _answer(self, one: Stated, name: str) -> Value:
        replay = self._replays[name]
        if isinstance(replay, RoundsReplay):
            return self._rounds(one.figure, replay)
        rules = self._rules(replay)
        matter = rules.matters[replay.about]
        by = {"matter": replay.about, **one.row.cut}
        query = Query(
            as_of=replay.to,
            from_=replay.from_,
            to=replay.to,
            place=self._place,
            flow=FLOW_OF[lifecycle_of(rules, matter.code, matter.category)],
            by=tuple(by),
            figures=(one.figure,),
            zone=rules.zone,
        )
        found = (row.figures[one.figure] for row in ask(self._store, query) if row.by == by)
        return next(found, _none(one.figure))

    def _rules(self, replay: Replay | RoundsReplay) -> PlaceRules:
        rules = self._book.at(self._place, replay.from_)
        if rules is None:
            raise LookupError(f"{self._place} has no rules at {replay.from_.isoformat()}")
        return rules

    def _rounds(self, figure: str, replay: RoundsReplay) -> Value:
        query = RoundQuery(
            place=self._place,
            zone=self._rules(replay).zone,
            since=replay.from_,
            as_of=replay.to,
            by=("schedule", "subject") if figure in PER_DAY else ("schedule",),
        )
        told = ask_rounds(self._store, self._book, query, INFINITY)
        if figure == ROUNDS_MADE:
            kind = replay.kind.value if replay.kind is not None else ""
            return Value(sum(told.made.get(kind, {}).values()))
        rows = [row for row in told.rows if row.by["schedule"] == replay.schedule]
        if figure in PER_DAY:
            return per_day(figure, rows, (replay.to - replay.from_).days)
        if not rows:
            return Value(None, 0, 0)
        return Value(rows[0].done) if figure == SLOTS_DONE else rows[0].figures[figure]

    def _areas(self, row: CheckRow) -> Value:
        """How many areas of a level lie in an area, in the tree as it was published."""
        rules = self._book.at(self._place, INFINITY)
        if rules is None:
            return Value(None)
        level, inside = row.cut.get("level"), row.cut.get("area")
        found = (
            area.code
            for area in rules.areas.values()
            if area.level == level and area.code != rules.fallback_area
        )
        return Value(sum(inside is None or inside in lineage(rules, code) for code in found))


def _none(figure: str) -> Value:
    """What is said of a combination that does not occur: a count of none is 0."""
    return Value(0) if FIGURES[figure].unit is Unit.COUNT else Value(None, 0, 0)


# --- words ----------------------------------------------------------------------------------------


def checks_json(
    place: str, checks: Sequence[Check], constants: Sequence[Constant], assumed: Sequence[str]
) -> dict[str, Any]:
    """The contract of `place check --json`."""
    return {
        "place": place,
        "checks": msgspec.to_builtins(checks),
        "constants": msgspec.to_builtins(constants),
        "assumed": list(assumed),
    }


def checks_table(checks: Sequence[Check]) -> Table:
    """A line for each published number."""
    table = Table(title="公布数据核对 published figures")
    for name in ("核对 check", "公布 published", "重演 replayed", "分子/分母 of"):
        table.add_column(name, justify="left" if name.startswith("核对") else "right")
    table.add_column("相符 holds")
    for one in checks:
        made = NOTHING if one.numerator is None else f"{one.numerator}/{one.denominator}"
        published = f"{BOUNDS[one.bound]}{one.published}"
        replayed = NOTHING if one.replayed is None else str(one.replayed)
        holds = "是 yes" if one.holds else "[red]否 no[/red]"
        table.add_row(f"{one.zh} {one.en}", published, replayed, made, holds)
    return table
