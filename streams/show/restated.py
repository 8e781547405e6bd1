"""更正 · figures as they were known then beside what is known now, and the inputs known only since.

What moved a case is every fact of it that became known, was told otherwise or was taken back since.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.core.figures import Answers, Row, asked_ledgers, assemble, uncut_query
from streams.core.figures_sql import params_of
from streams.core.instants import aware
from streams.core.predicates import AS_OF, INSTANT, instant_text
from streams.core.query import Query
from streams.core.registry import FIGURES, Ledger
from streams.core.restating import Change, Moved, difference, ledgers_of, moved, moves_sql, summed
from streams.core.results import FactKind
from streams.show.casewords import FACTS
from streams.show.figures import Answers as Store
from streams.show.figures import ask
from streams.show.rates import NOTHING, figures_json, heading, local_text, shown

CASES_AT_ONCE = 1000


class Because(msgspec.Struct, frozen=True):
    """A fact known only since, and the input that led to it; a withdrawn one was disproved."""

    kind: str
    occurred_at: datetime
    known_at: datetime
    withdrawn: bool
    sender: str
    input_id: str


class Pair(msgspec.Struct, frozen=True):
    """A combination's figures then and now."""

    by: dict[str, str | None]
    then: Row
    now: Row


class Restatement(msgspec.Struct, frozen=True):
    """The total first, then every combination; each case that moved; and why, by case."""

    then: Query
    now: Query
    rows: list[Pair]
    moves: list[Moved]
    because: dict[str, list[Because]]

    @property
    def adds_up(self) -> bool:
        """Whether what single cases changed is what the figures changed by, in total and in each
        combination. Never otherwise, unless the store was written to while it was asked."""
        return all(
            summed(self.of(pair), pair.now.figures) == difference(pair.then, pair.now)
            for pair in self.rows
        )

    def of(self, pair: Pair) -> list[Moved]:
        """The moves within a combination; of the total all of them."""
        return [one for one in self.moves if not pair.by or one.by == pair.by]


def restated(store: Store, then: Query, now: Query) -> Restatement:
    """The same question (counts and rates only) at two K, and all that lies between the answers."""
    moves = [
        one
        for ledger in ledgers_of(now)
        for one in moved(now, ledger, store.query(*moves_sql(then, now, ledger)))
    ]
    rows = list(_paired(now, ask(store, then), ask(store, now)))
    cases = sorted({one.case_id for one in moves})
    return Restatement(then, now, rows, moves, dict(_because(store, then, now, cases)))


def _paired(query: Query, then: Sequence[Row], now: Sequence[Row]) -> Iterator[Pair]:
    """Every combination that occurs in either; what has no row there is nothing."""
    nothing: dict[Ledger, Answers] = {one: {} for one in asked_ledgers(query) if query.cuts(one)}
    empty = assemble(uncut_query(query), {}, nothing)[0]
    was, is_ = ({(*row.by.items(),): row for row in rows} for rows in (then, now))
    for key in dict.fromkeys([*is_, *was]):
        yield Pair(dict(key), was.get(key, empty), is_.get(key, empty))


def _because(
    store: Store, then: Query, now: Query, cases: Sequence[str]
) -> Iterator[tuple[str, list[Because]]]:
    sql = (
        "SELECT case_id, kind, occurred_at, ingested_at, withdrawn, sender, input_id"
        f" FROM facts FINAL WHERE case_id IN %(cases)s AND ingested_at >= {INSTANT.format('then')}"
        f" AND ingested_at < {INSTANT.format('known_at')} AND occurred_at < {AS_OF}"
        " AND input_id != '' ORDER BY case_id, ingested_at, occurred_at, kind"
    )
    params = {**params_of(now), "then": instant_text(then.known_at)}
    for first in range(0, len(cases), CASES_AT_ONCE):
        some = tuple(cases[first : first + CASES_AT_ONCE])
        found = store.query(sql, {**params, "cases": some})
        for case_id, facts in groupby(found, key=lambda row: str(row[0])):
            yield case_id, [_fact(fact[1:]) for fact in facts]


def _fact(row: Sequence[Any]) -> Because:
    kind, *instants, gone, sender, id_ = row
    at, known = map(aware, instants)
    return Because(kind, at, known, bool(gone), sender, id_)


# --- in words ------------------------------------------------------------------------------------


def restated_json(found: Restatement) -> dict[str, Any]:
    """Figures then, now and their difference; then each case with what it changed and why."""
    zone = found.now.zone
    return {
        "as_of": local_text(found.now.as_of, zone),
        "known_at": local_text(found.then.known_at, zone),
        "now_known_at": local_text(found.now.known_at, zone),
        "flow": found.now.flow.value,
        "rows": [
            {
                "by": pair.by,
                "then": figures_json(pair.then.figures),
                "now": figures_json(pair.now.figures),
                "difference": _changes_json(difference(pair.then, pair.now)),
            }
            for pair in found.rows
        ],
        "cases": [
            {
                "case_id": case_id,
                "moves": [{"by": one.by, "figures": _changes_json(one.figures)} for one in moves],
                "because": [_because_json(one, zone) for one in found.because.get(case_id, ())],
            }
            for case_id, moves in by_case(found.moves).items()
        ],
    }


def by_case(moves: Iterable[Moved]) -> dict[str, list[Moved]]:
    """The moves of each case."""
    found: dict[str, list[Moved]] = {}
    for one in moves:
        found.setdefault(one.case_id, []).append(one)
    return dict(sorted(found.items()))


def _changes_json(changes: Mapping[str, Change]) -> dict[str, dict[str, int]]:
    return {
        name: {"value": change.numerator}
        if change.denominator is None
        else {"numerator": change.numerator, "denominator": change.denominator}
        for name, change in changes.items()
    }


def _because_json(one: Because, zone: str) -> dict[str, Any]:
    instants = {name: local_text(getattr(one, name), zone) for name in ("occurred_at", "known_at")}
    return {**msgspec.to_builtins(one), **instants}


def change_text(change: Change) -> str:
    """`+1`; of a rate the numerator's and the denominator's: `+1/+2`."""
    top = f"{change.numerator:+d}"
    return top if change.denominator is None else f"{top}/{change.denominator:+d}"


def how_text(one: Because) -> str:
    """In which way it came to light."""
    if one.withdrawn:
        return "撤回 withdrawn"
    if one.kind in {FactKind.REPORT_ACCEPTED, FactKind.REPORT_LINKED}:
        return "迟到的上报 late report"
    return "迟到的动作 late act"


def because_text(one: Because, zone: str) -> str:
    """One input in words: what, when it was, since when it is known."""
    at, known = (local_text(when, zone) for when in (one.occurred_at, one.known_at))
    return f"{how_text(one)}: {FACTS[one.kind]} {one.kind} {at} → {known} ({one.input_id})"


def restated_page(found: Restatement, most: int) -> RenderableType:
    """The same for people: what changed, then at most so many cases, with how many there are."""
    cases = by_case(found.moves)
    lines: list[RenderableType] = [_changed(found)]
    lines.append(Text(f"{len(cases)} 个案件变动 · cases moved, {min(most, len(cases))} shown"))
    for case_id, moves in list(cases.items())[:most]:
        told = "; ".join(
            f"{_where(one.by)}{FIGURES[name].zh} {name} {change_text(change)}"
            for one in moves
            for name, change in one.figures.items()
        )
        lines.append(Text(f"\n{case_id}  {told}"))
        for why in found.because.get(case_id, ()):
            lines.append(Text(f"  {because_text(why, found.now.zone)}"))
    return Group(*lines)


def _where(by: Mapping[str, str | None]) -> str:
    return "".join(f"{value or NOTHING} " for value in by.values())


def _changed(found: Restatement) -> Table:
    table = Table(title="更正 · restated", title_justify="left")
    for field in found.now.by:
        table.add_column(heading(field, found.now))
    for name in ("指标 figure", "当时 then", "现在 now", "差 difference"):
        table.add_column(name, justify="left" if name.startswith("指标") else "right")
    for pair in found.rows:
        cut = [pair.by.get(field) or NOTHING for field in found.now.by]
        for name, change in difference(pair.then, pair.now).items():
            if pair.by and change.nothing:
                continue
            figure, was, is_ = FIGURES[name], pair.then.figures[name], pair.now.figures[name]
            words = (f"{figure.zh} {name}", shown(was), shown(is_), change_text(change))
            table.add_row(*(cut if pair.by else ["合计 total", *cut[1:]] if cut else []), *words)
    return table
