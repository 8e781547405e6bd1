"""The responsibility list put into words: what lint found, and what another list would move."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from rich.table import Table

from streams.core.figures import Value
from streams.core.figures_sql import IN_COHORT, OF_FLOW
from streams.core.lifecycle import Flow
from streams.core.place import PlaceRules
from streams.core.placedocs import OwnedList
from streams.core.predicates import INSTANT, instant_text, sql_of
from streams.core.registry import FIGURES
from streams.core.responsibility import Finding, Severity
from streams.core.whatif import COMPARED, NOTE_EN, NOTE_ZH, PastCase, WhatIf, parts
from streams.show.rates import NOTHING, local_text, shown

NOTE = f"{NOTE_ZH} · {NOTE_EN}"
FIRST_MOVES = 10
"""So many moved cases are shown to people; the JSON has all."""

SEVERITIES = {
    Severity.ERROR: "[red]错误 error[/red]",
    Severity.WARNING: "[yellow]警告 warning[/yellow]",
    Severity.NOTE: "提示 note",
}


class Streams(Protocol):
    """Whatever answers SQL row after row: the wire's Warehouse."""

    def stream(self, sql: str, params: dict[str, Any]) -> Iterator[Sequence[Any]]:
        """The rows of one statement; `%(name)s` in it stands for a parameter."""


# --- lint ---------------------------------------------------------------------------------------


def findings_json(rules: PlaceRules, at: datetime, findings: Sequence[Finding]) -> dict[str, Any]:
    """The place, the version of its list, how many of each severity, and each finding."""
    return {
        "place": rules.place,
        "list": rules.versions.get("responsibility"),
        "at": local_text(at, rules.zone),
        "counts": {one.value: sum(f.severity is one for f in findings) for one in Severity},
        "findings": [
            {
                "kind": finding.kind.value,
                "severity": finding.severity.value,
                "rows": list(finding.rows),
                "zh": finding.zh,
                "en": finding.en,
            }
            for finding in findings
        ],
    }


def findings_table(findings: Sequence[Finding]) -> Table:
    """One row for each finding, in both languages."""
    table = _table("轻重 severity", "类别 kind", "说明 finding")
    for one in findings:
        table.add_row(SEVERITIES[one.severity], one.kind.value, f"{one.zh}\n{one.en}")
    return table


# --- lists and their owners ---------------------------------------------------------------------

LISTS = {"power": "权力清单 power", "responsibility": "责任清单 responsibility"}


def lists_json(
    rules: PlaceRules, at: datetime, found: Sequence[tuple[OwnedList, int]]
) -> dict[str, Any]:
    """Each list with the level that owns it, and how many duties stand on it."""
    return {
        "place": rules.place,
        "at": local_text(at, rules.zone),
        "lists": [msgspec.to_builtins(one) | {"duties": rows} for one, rows in found],
    }


def lists_table(rules: PlaceRules, found: Sequence[tuple[OwnedList, int]]) -> Table:
    """One row for each list."""
    table = _table("清单 list", "种类 kind", "归属层级 level", "条目 duties", "来源 source")
    for one, rows in found:
        table.add_row(f"{one.id} {one.name}", LISTS[one.kind], one.level, str(rows), one.source)
    return table


# --- what if ------------------------------------------------------------------------------------


def past_cases(
    store: Streams,
    place: str,
    now: datetime,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> Iterator[PastCase]:
    """A place's cases filed in [from_, to), as they stand, with what holds of each at `now`; of the
    flow of cases only, as the rates that are compared."""
    tests = sorted({name for part in parts() for name in part})
    ends = {"from": from_, "to": to, "as_of": now}
    where = ["place = %(place)s", OF_FLOW, IN_COHORT]
    where += [f"filed_at >= {INSTANT.format('from')}"] if from_ is not None else []
    where += [f"filed_at < {INSTANT.format('to')}"] if to is not None else []
    held = ", ".join(f"({sql_of((name,))}) AS holds_{name}" for name in tests)
    sql = (
        f"SELECT case_id, matter, area, filed_at, department, {held}"
        f" FROM cases FINAL WHERE {' AND '.join(where)} ORDER BY case_id"
    )
    params = {name: instant_text(end) for name, end in ends.items() if end is not None}
    for case_id, matter, area, filed_at, department, *holds in store.stream(
        sql, {"place": place, "flow": Flow.CASE.value, **params}
    ):
        yield PastCase(
            case_id=case_id,
            matter=matter,
            area=area,
            filed_at=filed_at,
            department=department,
            holding=frozenset(name for name, held in zip(tests, holds, strict=True) if held),
        )


def trial_json(found: WhatIf, place: str, version: str, as_of: str) -> dict[str, Any]:
    """Counts, pairs of departments, each department's account, and every case that moves."""
    return {
        "place": place,
        "list": version,
        "as_of": as_of,
        "note": NOTE,
        "cases": found.cases,
        "moved": len(found.moves),
        "stayed": found.stayed,
        "by_hand": found.by_hand,
        "pairs": [{"from": a, "to": b, "cases": cases} for a, b, cases in found.pairs],
        "departments": [
            {
                "department": one.department,
                "cases": {"before": one.cases[0], "after": one.cases[1]},
                "figures": {
                    name: {"before": _plain(before), "after": _plain(after)}
                    for name, (before, after) in one.figures.items()
                },
            }
            for one in found.accounts
        ],
        "moves": [{"case_id": m.case_id, "from": m.before, "to": m.after} for m in found.moves],
    }


def _plain(value: Value) -> dict[str, int | float | None]:
    return {
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
    }


def trial_tables(found: WhatIf) -> Iterator[Table | str]:
    """The same for people, as far as it fits a screen."""
    yield (
        f"案件 cases {found.cases}，变动 moved {len(found.moves)}，不变 stayed {found.stayed}，"
        f"人工改派 led by another than their list says {found.by_hand}"
    )
    if found.moves:
        yield _pairs(found)
        yield _moves(found)
    yield _accounts(found)
    yield NOTE


def _pairs(found: WhatIf) -> Table:
    table = _table("原牵头 from", "改由 to", "案件 cases")
    for before, after, cases in found.pairs:
        table.add_row(before or NOTHING, after or NOTHING, str(cases))
    return table


def _moves(found: WhatIf) -> Table:
    table = _table("案件 case", "原牵头 from", "改由 to")
    for move in found.moves[:FIRST_MOVES]:
        table.add_row(move.case_id, move.before or NOTHING, move.after or NOTHING)
    if len(found.moves) > FIRST_MOVES:
        table.add_row(f"… 其余 {len(found.moves) - FIRST_MOVES} 件见 the rest: --json", "", "")
    return table


def _accounts(found: WhatIf) -> Table:
    names = [f"{FIGURES[name].zh}\n{FIGURES[name].en}" for name in COMPARED]
    table = _table("牵头部门 department", "案件 cases", *names)
    for one in found.accounts:
        figures = [one.figures[name] for name in COMPARED]
        table.add_row(
            one.department or NOTHING,
            f"{one.cases[0]} → {one.cases[1]}",
            *(f"{shown(before)} → {shown(after)}" for before, after in figures),
        )
    return table


def _table(*names: str) -> Table:
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    return table
