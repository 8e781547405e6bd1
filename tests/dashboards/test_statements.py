"""Every statement of every board runs on the real engine over a seeded day (L3); what a panel of
figures shows are the registry's figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from dashboards import sql
from dashboards.build import BOARDS
from dashboards.pen import Panel, Pen
from dashboards.words import Lang, Say
from streams.core.figures import Query, Value, compute
from streams.core.lifecycle import Flow
from streams.core.ranking import LEAST, ranked, wilson, wilson_sql
from streams.core.registry import FIGURES, PLAIN, Ledger
from streams.core.results import RANK, FactKind
from streams.wire.clickhouse import Columns, Warehouse
from tests.dashboards.macros import Variables, expanded
from tests.dashboards.reading import NAMES, board, chosen, panels, statements, variables
from tests.dashboards.seed import CASE, PLACE, RANGE, SEEDED, STREET
from tests.figure_rows import DAY, KNOWN, Book

pytestmark = pytest.mark.engine
SHANGHAI = ZoneInfo("Asia/Shanghai")
EMPTY = {
    *("Cases carried over", "结转案件", "Cases", "案件", "Steps", "环节", "Reports", "上报件"),
    *("Verifications and filings", "核实与立案", "Calls", "呼入电话"),
}
"""Lists of which the one of the chosen figure's ledger has rows."""


Answer = tuple[Columns, list[tuple[Any, ...]]]


def ran(store: Warehouse, text: str, told: Variables) -> Answer:
    """The answer to a statement; what many boards ask is asked once."""
    statement = expanded(text, RANGE, told)
    if statement not in ANSWERS:
        found = store.query_columns(statement)
        ANSWERS[statement] = found, list(zip(*found.values, strict=True))
    return ANSWERS[statement]


ANSWERS: dict[str, Answer] = {}


@pytest.mark.parametrize(("lang", "name"), NAMES)
def test_every_panel_and_annotation_runs_and_shows_something(
    store: Warehouse, lang: str, name: str
) -> None:
    told = board(lang, name)
    for title, target in statements(told):
        found, rows = ran(store, target["rawSql"], chosen(told))
        if target["format"] == 0:
            assert (found.names[0], found.types[0][:8]) == ("time", "DateTime"), title
        assert rows or title in EMPTY, title


@pytest.mark.parametrize(("lang", "name"), NAMES)
def test_every_variable_is_asked_for_and_offers_something(
    store: Warehouse, lang: str, name: str
) -> None:
    told = board(lang, name)
    for one in variables(told):
        if one["type"] == "query":
            assert ran(store, one["query"], chosen(told))[1], one["name"]


@pytest.mark.parametrize(("lang", "name"), NAMES)
def test_the_columns_that_a_panel_words_are_there(store: Warehouse, lang: str, name: str) -> None:
    """A wording of a column that is not there would be silently without effect."""
    told = board(lang, name)
    for panel in panels(told):
        for target in (one for one in panel["targets"] if one.get("format") == 1):
            found, _ = ran(store, target["rawSql"], chosen(told))
            worded = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
            assert worded <= set(found.names), panel["title"]


@pytest.mark.parametrize("name", [one.id for one in BOARDS])
def test_a_narrowed_board_still_runs_whatever_is_written_into_it(
    store: Warehouse, name: str
) -> None:
    told = board("zh", name)
    some = {one["name"]: ["甲'乙", "') OR 1=1 --"] for one in variables(told) if one.get("multi")}
    for _, target in statements(told):
        ran(store, target["rawSql"], chosen(told, known_at="2026-02-15 12:00", **some))


@pytest.mark.parametrize("lang", list(Lang))
def test_variables_show_names_beside_codes_and_narrow_one_another(
    store: Warehouse, lang: Lang
) -> None:
    told = board(lang, "overview")
    asked = {one["name"]: one["query"] for one in variables(told) if one["type"] == "query"}
    found = {name: ran(store, text, chosen(told))[1] for name, text in asked.items()}
    assert found["zone"] == [("Asia/Shanghai",)]
    streets = {Lang.ZH: "滨海街道", Lang.EN: "Binhai Subdistrict"}
    assert (STREET, streets[lang]) in found["street"]
    assert dict(found["source"])["hotline"] == {Lang.ZH: "热线", Lang.EN: "Hotline"}[lang]
    everywhere = {code for code, *_ in found["area"]}
    within = ran(store, asked["area"], chosen(told, street=[STREET]))[1]
    assert {code for code, *_ in within} == {f"{STREET}-c0{n}" for n in (1, 2, 3)} < everywhere
    grids = ran(store, asked["grid"], chosen(told, area=[f"{STREET}-c01"]))[1]
    assert len(grids) == 3 < len(found["grid"])


# --- the registry's figures ----------------------------------------------------------------------


class Noted(msgspec.Struct, frozen=True):
    """A panel of figures, and what was asked of the registry for it."""

    title: str
    text: str
    figures: tuple[str, ...]
    by: tuple[str, ...] = ()
    flow: Flow = Flow.CASE
    windowed: bool = True


NOTED: list[Noted] = []


class Noting(Pen, frozen=True):
    """A pen that writes down which figures it draws."""

    def stat(self, title: Say, figures: tuple[str, ...], **how: Any) -> Panel:
        return self._noted(super().stat(title, figures, **how), figures, (), how)

    def trend(self, title: Say, figures: tuple[str, ...], **how: Any) -> Panel:
        by = ("day", how["cut"]) if how.get("cut") else ("day",)
        return self._noted(super().trend(title, figures, **how), figures, by, how)

    def figures(self, title: Say, field: str, figures: tuple[str, ...], **how: Any) -> Panel:
        return self._noted(super().figures(title, field, figures, **how), figures, (field,), how)

    def _noted(
        self, panel: Panel, figures: tuple[str, ...], by: tuple[str, ...], how: Mapping[str, Any]
    ) -> Panel:
        built = panel.build()
        kept = {name: how[name] for name in ("flow", "windowed") if name in how}
        NOTED.append(Noted(built.title, built.targets[0].sql, figures, by, **kept))
        return panel


def noted() -> list[Noted]:
    """Every panel of figures, once."""
    for one in BOARDS:
        for section in one.sections:
            list(section.draw(Noting(Lang.EN, one.narrowed_by)))
    return list(dict.fromkeys(NOTED))


TOLD = {
    "place": PLACE,
    "zone": "Asia/Shanghai",
    "flow": "case",
    **{name: list[str]() for name in (*sql.FILTERS, "department")},
}


@pytest.mark.parametrize("known_at", [None, KNOWN + DAY], ids=["all known", "known then"])
@pytest.mark.parametrize("panel", noted(), ids=lambda one: one.title)
def test_a_panel_of_figures_shows_what_the_registry_says(
    store: Warehouse, rows: Book, panel: Noted, known_at: datetime | None
) -> None:
    query = Query(
        as_of=RANGE.until,
        from_=RANGE.since if panel.windowed else None,
        to=RANGE.until if panel.windowed else None,
        place=PLACE,
        flow=panel.flow,
        by=panel.by,
        figures=panel.figures,
    )
    if known_at is not None:
        query = msgspec.structs.replace(query, known_at=known_at)
    shown = "" if known_at is None else known_at.astimezone(SHANGHAI).isoformat()
    found, told = ran(store, panel.text, {**TOLD, "known_at": shown})
    answers = compute(rows.spans, rows.reports, query, rows.steps, rows.calls)
    wanted = {tuple(row.by.values()): row for row in answers if bool(row.by) == bool(panel.by)}
    seen = {_key(panel, found, row): row for row in told}
    assert len(seen) == len(told)
    for key, row in wanted.items():
        for name in panel.figures:
            value = row.figures[name].value
            if key not in seen:
                assert not value, (name, key)
            else:
                assert seen[key][found.names.index(name)] == pytest.approx(value), (name, key)
    assert set(seen) <= set(wanted)


def _key(panel: Noted, found: Columns, row: Sequence[Any]) -> tuple[str | None, ...]:
    if panel.by[:1] == ("day",):
        day = row[0].replace(tzinfo=row[0].tzinfo or UTC).astimezone(SHANGHAI).date().isoformat()
        return (day, *((None if row[1] == "–" else row[1],) if len(panel.by) > 1 else ()))
    return tuple(row[found.names.index("code")] for _ in panel.by)


@pytest.mark.parametrize("field", ["street", "grid", "matter"])
def test_a_filter_leaves_what_a_cut_shows_for_its_code(
    store: Warehouse, rows: Book, field: str
) -> None:
    figures = (*PLAIN, "valid_report_rate", "on_time_signing_rate", "closing_time_p50")
    query = Query(as_of=RANGE.until, place=PLACE, by=(field,), figures=figures)
    row = compute(rows.spans, rows.reports, query, rows.steps, rows.calls)[1]
    code = row.by[field]
    assert code is not None
    text = sql.figures_sql(figures, windowed=False)
    found, ((*values,),) = ran(store, text, {**TOLD, "known_at": "", field: [code]})
    told = dict(zip(found.names, values, strict=True))
    assert told == {name: pytest.approx(row.figures[name].value) for name in figures}


STORED = tuple(ledger for ledger in Ledger if ledger is not Ledger.SLOTS)
"""Slots come from documents: no statement is about them."""

SOME = (*sql.BEHIND[3::4], "on_time_filing_rate")
"""Of the many figures every fourth, and one more, so that each ledger has some."""


@pytest.mark.parametrize(("flow", "figures"), [(Flow.CASE, SOME), (Flow.RISK, ("case_count",))])
def test_the_rows_behind_a_figure_are_as_many_as_it_counts(
    store: Warehouse, rows: Book, flow: Flow, figures: tuple[str, ...]
) -> None:
    """What a cell leads to."""
    window = {"as_of": RANGE.until, "from_": RANGE.since, "to": RANGE.until}
    query = Query(**window, place=PLACE, flow=flow, figures=figures)
    (total,) = compute(rows.spans, rows.reports, query, rows.steps, rows.calls)
    assert any(_size(value) for value in total.figures.values())
    for name in figures:
        value, ledger = total.figures[name], FIGURES[name].ledger
        text = sql.behind(ledger, ["place"], sql.had(ledger, sql.FILTERS))
        chosen = {**TOLD, "known_at": "", "flow": flow.value, "figure": name}
        _, told = ran(store, text, chosen)
        assert len(told) == _size(value), name
        if value.numerator is not None:
            assert sum(bool(row[-1]) for row in told) == value.numerator, name


def test_these_are_of_every_ledger() -> None:
    assert {FIGURES[name].ledger for name in SOME} == {*STORED}


@pytest.mark.parametrize("ledger", STORED)
def test_no_row_of_another_ledger_stands_behind_a_figure(store: Warehouse, ledger: Ledger) -> None:
    other = next(name for name in sql.BEHIND if FIGURES[name].ledger is not ledger)
    text = sql.behind(ledger, ["place"], sql.had(ledger, sql.FILTERS))
    assert ran(store, text, {**TOLD, "known_at": "", "figure": other})[1] == []


def _size(value: Value) -> int:
    size = value.value if value.denominator is None else value.denominator
    assert isinstance(size, int)
    return size


def test_the_fair_ranking_is_that_of_the_rates(store: Warehouse, rows: Book) -> None:
    (panel,) = (one for one in noted() if one.title == "A fair ranking")
    name, *_ = panel.figures
    query = Query(
        as_of=RANGE.until,
        from_=RANGE.since,
        to=RANGE.until,
        place=PLACE,
        by=("department",),
        figures=(name,),
    )
    order = ranked(compute(rows.spans, rows.reports, query, rows.steps, rows.calls), name, LEAST)
    found, told = ran(store, panel.text, {**TOLD, "known_at": ""})
    n, standing = found.names.index(f"{name}_n"), found.names.index("standing")
    bound = found.names.index("bound")
    seen = {row[0]: row for row in told}
    for one in order:
        row = seen[one.row.by["department"]]
        assert (row[n], row[standing] or None) == (one.n, one.place)
        assert row[bound] == (None if one.place is None else pytest.approx(one.bound))
    assert any(one.place for one in order)


def test_wilsons_bound_is_the_same_in_both_forms(store: Warehouse) -> None:
    for numerator, n in ((0, 1), (1, 1), (19, 20), (500, 1000)):
        ((value,),) = store.query(f"SELECT {wilson_sql(f'toFloat64({numerator / n})', str(n))}")
        assert value == pytest.approx(wilson(numerator, n), abs=1e-12)


def test_a_case_is_told_whole(store: Warehouse) -> None:
    told = board("en", "case")
    shown = {title: ran(store, one["rawSql"], chosen(told))[1] for title, one in statements(told)}
    assert shown["How it stands"][0][0] == CASE
    assert shown["Why it was routed so"] == [("责任清单第1条",)]
    assert shown["Why this deadline"][0][3] == "5 working days"
    ordered = [(row[0], RANK[FactKind(row[1])]) for row in shown["Timeline"]]
    assert ordered == sorted(ordered)
    assert len(ordered) == len(SEEDED) > len({at for at, _ in ordered})


def test_time_left_and_coverage_count_every_case_and_grid(store: Warehouse, rows: Book) -> None:
    query = Query(as_of=RANGE.until, place=PLACE, figures=("backlog", "backlog_overdue"))
    (total,) = compute(rows.spans, rows.reports, query, rows.steps, rows.calls)
    overview = dict(statements(board("en", "overview")))
    _, ((overdue, *rest),) = ran(
        store, overview["Open cases by time left"]["rawSql"], chosen(board("en", "overview"))
    )
    assert overdue == total.figures["backlog_overdue"].value
    assert overdue + sum(rest) == total.figures["backlog"].value
    grids = dict(statements(board("en", "grids")))
    _, (covered,) = ran(store, grids["Grids covered"]["rawSql"], chosen(board("en", "grids")))
    assert covered == (18, 2, pytest.approx(2 / 18))


def test_what_a_round_found_stands_beside_the_case_of_its_report(store: Warehouse) -> None:
    told = board("en", "grids")
    text = next(one["rawSql"] for title, one in statements(told) if title == "What rounds found")
    found, rows = ran(store, text, chosen(told))
    listed = [dict(zip(found.names, row, strict=True)) for row in rows]
    kept = dict(
        store.query(
            "SELECT id, case_id FROM reports FINAL WHERE place = %(place)s", {"place": PLACE}
        )
    )
    assert {one["id"]: one["case_id"] for one in listed} == {
        one["id"]: kept[one["id"]] or None for one in listed
    }
    assert any(one["case_id"] for one in listed)
