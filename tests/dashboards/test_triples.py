"""A figure four ways: plain Python, the store, a Grafana panel, the board; to the last digit."""

from datetime import UTC, datetime
from functools import cache
from random import Random  # noqa: TID251 - seeded, it repeats itself
from typing import Any, NamedTuple

import pytest

from dashboards import sql
from streams.core.events import INFINITY
from streams.core.figures import Query, Row, compute
from streams.core.figures_sql import sql as sql_of
from streams.core.place import Rulebook
from streams.core.query import FIELDS, not_of
from streams.core.registry import FIGURES, PLAIN, Ledger, Unit
from streams.show.board.picture import _ALL, _LATEST, LATELY, TABLES, picture
from streams.show.board.profiles import Profile
from streams.show.board.view import View
from streams.show.figures import ask
from streams.wire.clickhouse import Warehouse
from tests.dashboards.macros import Range, expanded
from tests.dashboards.seed import HOUR, PLACE, RANGE
from tests.figure_rows import KNOWN, Book

pytestmark = pytest.mark.engine

TRIPLES, INSTANTS = 200, 12
ZONE = "Asia/Shanghai"
PROFILE = Profile(ZONE, {}, [PLACE, PLACE], {}, None, Rulebook())
DRAWN = tuple(name for name in FIELDS if name not in {"week", "ten-days", "month"})
"""What boards cut by: of lengths of time the day alone."""
CUTS = {ledger: tuple(name for name in DRAWN if name not in not_of(ledger)) for ledger in Ledger}


class Triple(NamedTuple):
    """A figure, a cut (None: the total) and an instant: the window's begin, A and K."""

    figure: str
    by: str | None
    since: datetime
    as_of: datetime
    known_at: datetime


def triples(seed: int) -> list[Triple]:
    """Half of them of the figures that the board shows, cut as it cuts them."""
    rng = Random(seed)
    others = [name for name, one in FIGURES.items() if one.unit is not Unit.SCORE]
    instants = []
    for _ in range(INSTANTS):
        since = RANGE.since + rng.randrange(6 * 24) * HOUR
        as_of = since + rng.randrange(1, 7 * 24) * HOUR
        known = rng.choice((INFINITY, KNOWN + rng.randrange(6 * 24) * HOUR))
        instants.append((since, as_of, known))
    drawn = []
    for n in range(TRIPLES):
        by = rng.choice((None, *(TABLES if n % 2 else DRAWN)))
        figure = rng.choice(shown_by(by) if n % 2 else others)
        by = by if by in CUTS[FIGURES[figure].ledger] else None
        drawn.append(Triple(figure, by, *rng.choice(instants)))
    return drawn


def query(one: Triple) -> Query:
    return Query(
        as_of=one.as_of,
        known_at=one.known_at,
        from_=one.since,
        place=PLACE,
        by=() if one.by is None else (one.by,),
        figures=(one.figure,),
        zone=ZONE,
    )


def by_code(rows: list[Row], one: Triple) -> dict[Any, Any]:
    """The figure's value for each code of the cut; the total under None where nothing is cut."""
    told = rows if one.by is None else rows[1:]
    return {row.by.get(one.by or ""): row.figures[one.figure].value for row in told}


def of_a_panel(store: Warehouse, one: Triple) -> dict[Any, Any]:
    by = () if one.by is None else (one.by,)
    text = sql.figures_sql((one.figure,), by=by, filters=())
    known = "" if one.known_at == INFINITY else one.known_at.astimezone(UTC).isoformat()
    chosen = {"place": PLACE, "zone": ZONE, "known_at": known}
    rows = store.query(expanded(text, Range(one.since, one.as_of), chosen))
    return {row[0] if by else None: row[-1] for row in rows}


def shown_by(by: str | None) -> tuple[str, ...]:
    """What the board shows in total, or cut by a field."""
    if by is None:
        return PLAIN
    cases = tuple(name for name in PLAIN if FIGURES[name].ledger is not Ledger.REPORTS)
    return cases if by in TABLES else ()


def of_the_board(shown: dict[str, Any], one: Triple) -> dict[Any, Any]:
    if one.by is None:
        return {None: shown["total"][one.figure]["value"]}
    rows = (row for row in shown["by"][one.by] if row["figures"])
    return {row["code"]: row["figures"][one.figure]["value"] for row in rows}


def assert_alike(shown: dict[Any, Any], plain: dict[Any, Any], one: Triple) -> None:
    """A screen may leave out a code of which there is nothing to say."""
    assert {code: shown.get(code) for code, value in plain.items() if code in shown or value} == {
        code: value for code, value in plain.items() if code in shown or value
    }, one
    assert shown.keys() <= plain.keys(), one


def test_two_hundred_figures_cuts_and_instants_are_told_alike_four_ways(
    store: Warehouse, rows: Book
) -> None:
    @cache
    def board(since: datetime, as_of: datetime, known_at: datetime) -> dict[str, Any]:
        known = "" if known_at == INFINITY else known_at.isoformat()
        instants = {"from_": since.isoformat(), "as_of": as_of.isoformat(), "known_at": known}
        return picture(store, PROFILE, View(place=PLACE, **instants), as_of)

    drawn, on_the_board, told = triples(2026), 0, 0
    for one in drawn:
        plain = by_code(compute(rows.spans, rows.reports, query(one), rows.steps, rows.calls), one)
        assert by_code(ask(store, query(one)), one) == plain, one
        assert_alike(of_a_panel(store, one), plain, one)
        if one.figure in shown_by(one.by):
            assert_alike(of_the_board(board(*one[2:]), one), plain, one)
            on_the_board += 1
        told += sum(bool(value) for value in plain.values())
    assert len(set(drawn)) > TRIPLES * 0.8
    assert on_the_board >= TRIPLES // 2
    assert told > TRIPLES


def test_the_latest_facts_are_the_same_whether_looked_for_near_the_end_or_among_all(
    store: Warehouse,
) -> None:
    """Whatever was moved or withdrawn, here mostly to earlier: then too few are found."""
    rng = Random(9)
    moved = [*rng.choices(range(400), k=600), *rng.choices(range(200), k=200)]
    told = [
        (f"f{n % 200}", f"c{n % 40}", "elsewhere", "case_filed", RANGE.since + HOUR * when, n)
        for n, when in enumerate(moved)
    ]
    names = ("fact_id", "case_id", "place", "kind", "occurred_at", "revision")
    for first in range(0, 800, 200):  # of one insert the store keeps the last versions only
        some = [*zip(*told[first : first + 200], strict=True)]
        some += [[rng.random() < 0.3 for _ in range(200)], [KNOWN] * 200]
        store.insert_columns("facts", (*names, "withdrawn", "ingested_at"), some)
    full = 0
    for hours in range(20, 420, 20):
        asked = Query(as_of=RANGE.since + HOUR * hours, place="elsewhere", figures=PLAIN)
        near, among = (store.query(text, sql_of(asked).params) for text in (_LATEST, _ALL))
        assert near == among[: len(near)]
        full += len(near) == LATELY
    assert 5 < full < 15
