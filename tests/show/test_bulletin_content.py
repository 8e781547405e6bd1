"""What stands in a bulletin is what the figures' own readers say; lists say how long they are."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook

from streams.core.events import INFINITY
from streams.core.period import PeriodKind, period_of
from streams.core.query import Query
from streams.core.registry import FIGURES, Unit
from streams.core.results import Fact, FactKind
from streams.entry.places import shipped_book
from streams.keep.tables import FACTS
from streams.show.bulletin.content import IN_PERIOD, bulletin
from streams.show.bulletin.markdown import markdown
from streams.show.bulletin.page import page
from streams.show.bulletin.sheet import Bulletin, Section
from streams.show.bulletin.workbook import HEAD, workbook
from streams.show.figures import ask
from streams.show.rates import shown
from streams.show.suspicious import Doubt, suspicious
from streams.wire.clickhouse import Warehouse
from tests.figure_rows import DAY, FILED, KNOWN, closed, report, span, step
from tests.show.engine_rows import fill, keep

pytestmark = pytest.mark.engine

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TODAY = date(2026, 2, 14)
LATER = FILED + 3 * DAY
HASTE = {"hasty_minutes": 5, "again_days": 15, "bulk_cases": 3, "bulk_minutes": 5}


def fact(case_id: str, kind: FactKind, at: datetime, **more: Any) -> Fact:
    usual: dict[str, Any] = {"home": "dongguan/a", "ingested_at": KNOWN, "revision": 1}
    told = usual | {"sender": "line", "input_id": f"{kind}-{at}"} | more
    return Fact(
        fact_id=f"{case_id}{kind}{at}",
        case_id=case_id,
        place=case_id.partition("/")[0],
        kind=kind,
        occurred_at=at,
        **told,
    )


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> Warehouse:
    """Two places alike: 25 closed cases, one of them known late, 40 overdue ones, one that is
    stuck; three closed by one hand, one hastily, and one reported again."""
    spans, reports, steps, facts = [], [], [], []
    for place in ("dongguan", "jianghai"):
        for n in range(25):
            late = {"known_from": LATER} if n == 0 else {}
            made = closed(f"{place}/a/c{n}", HOUR, place=place, department="water", **late)
            spans.append(made)
            steps.append(step("closing", made.case_id, place=place, at=FILED + HOUR + n * MINUTE))
        spans += [
            span(
                f"{place}/a/o{n:02}",
                place=place,
                deadline=FILED + n * MINUTE,
                department="d1" if n < 35 else "few",
            )
            for n in range(40)
        ]
        reports += [
            report(f"{place}{n}", place=place, case_id=f"{place}/a/c{n}", matter="flood")
            for n in range(25)
        ]
        steps.append(
            step("stuck", f"{place}/a/o01", place=place, due=FILED + HOUR, department="water")
        )
        hasty = FILED + HOUR + MINUTE
        steps.append(step("doubt", f"{place}/a/c1", place=place, at=hasty, result="hasty"))
        said = {"reason": "hasty", "minutes": 1.0}
        facts.append(
            fact(f"{place}/a/c1", FactKind.CLOSURE_DOUBTED, hasty, actor="t-1", detail=said)
        )
        facts += [
            fact(f"{place}/a/c{n}", FactKind.CASE_CLOSED, FILED + HOUR + n * MINUTE, actor="t-2")
            for n in (5, 6, 7, 20)
        ]
        again = {"detail": {"case": f"{place}/a/c9"}}
        facts.append(fact(f"{place}/a/o03", FactKind.CASE_REREPORTED, FILED + 3 * HOUR, **again))
        facts.append(fact(f"{place}/a/c0", FactKind.CASE_CLOSED, FILED + HOUR, ingested_at=LATER))
    fill(warehouse, spans, reports, steps)
    warehouse.execute("TRUNCATE TABLE facts")
    keep(warehouse, FACTS, facts)
    return warehouse


def told(
    store: Warehouse, kind: PeriodKind, place: str, day: date = TODAY, most: int = 30
) -> Bulletin:
    rules = shipped_book(place).at(place, INFINITY)
    assert rules is not None
    rules = msgspec.structs.replace(rules, closures=msgspec.convert(HASTE, type(rules.closures)))
    period = period_of(kind, day, rules.zone)
    known = datetime(2026, 4, 1, tzinfo=UTC)
    return bulletin(store, rules, period, as_of=period.end, known_at=known, weights={}, most=most)


def section(of: Bulletin, id_: str) -> Section:
    return next(one for one in of.sections if one.id == id_)


NAMES = {"dongguan": "东莞市", "jianghai": "江门市江海区"}
TITLES = {
    PeriodKind.DAY: ("日调度", "2026年2月14日(星期六)"),
    PeriodKind.WEEK: ("周例会", "2026年第7周"),
    PeriodKind.TEN_DAYS: ("旬调度", "2026年2月中旬"),
    PeriodKind.MONTH: ("月通报", "2026年2月"),
}


@pytest.mark.parametrize("place", NAMES)
@pytest.mark.parametrize("kind", PeriodKind)
def test_a_bulletin_says_what_the_figures_say(
    stored: Warehouse, place: str, kind: PeriodKind
) -> None:
    made = told(stored, kind, place)
    at, (zh, days) = made.period, TITLES[kind]
    query = Query(
        as_of=at.end, from_=at.start, to=at.end, place=place, zone=at.zone, figures=IN_PERIOD
    )
    before = msgspec.structs.replace(query, as_of=at.start, from_=at.before.start, to=at.start)
    total, was = (ask(stored, one)[0].figures for one in (query, before))
    assert total["case_count"].value == 65
    (rows, table), markup = _tables(markdown(made)), page(made)
    book = load_workbook(io.BytesIO(workbook(made)))
    assert book.sheetnames[0] == "本期指标"
    assert len(book.sheetnames) == len(made.sections) + 1
    for name, row, (_, *fields) in zip(
        IN_PERIOD, rows, book["本期指标"].iter_rows(min_row=HEAD + 1), strict=True
    ):
        now, last = (shown(one[name]).split(" ")[0].replace("d", "天") for one in (total, was))
        assert (row[1], row[4]) == (now, last), name
        assert all(f">{cell}</td>" in markup for cell in row), name
        if FIGURES[name].unit is Unit.COUNT:
            change = (total[name].value or 0) - (was[name].value or 0)
            assert (fields[0].value, fields[4].value) == (total[name].value, change)
        elif FIGURES[name].unit is Unit.RATE:
            assert fields[0].value == pytest.approx(total[name].value)
    assert table == len(made.sections) - _empty(made)
    assert f"# {NAMES[place]}{zh} {at.name}\n" in markdown(made)
    assert f"<h1>{NAMES[place]}{zh}</h1>" in markup
    assert f"<p>{days}" in markup


def _tables(said: str) -> tuple[list[list[str]], int]:
    """The rows of the first table of a bulletin in Markdown, and how many tables there are."""
    sections = [part.splitlines() for part in said.split("\n## ")[1:]]
    tables = [[one for one in lines if one.startswith("| ")] for lines in sections]
    rows = [[cell.strip() for cell in one.split("|")[1:-1]] for one in tables[0][2:]]
    return rows, sum(1 for table in tables if table)


def _empty(made: Bulletin) -> int:
    return sum(1 for one in made.sections if not one.rows)


def test_lists_say_how_long_they_are_and_hold_the_longest_overdue_first(
    stored: Warehouse,
) -> None:
    made = told(stored, PeriodKind.WEEK, "dongguan")
    overdue = section(made, "overdue")
    assert len(overdue.rows) == 30
    assert overdue.note.startswith("共 40 项，列 30 项 · 40 in all")
    assert [row[0] for row in overdue.rows[:2]] == ["o00", "o01"]
    standing = {str(row[0]).split()[0]: row[1] for row in section(made, "standing").rows}
    assert standing["超期未结"] == 40
    assert [row[0] for row in section(made, "stuck").rows] == ["o01"]
    assert section(made, "hot").rows[0][:3] == ("flood", 25, 0)


def test_too_few_are_not_ranked(stored: Warehouse) -> None:
    rows = section(told(stored, PeriodKind.DAY, "dongguan"), "rank-department").rows
    assert [row[:2] + row[3:4] for row in rows] == [
        (1, "市水务局", 25),
        (2, "d1", 35),
        (None, "few", 5),
    ]


def test_closings_are_listed_with_why_and_by_which_hand(stored: Warehouse) -> None:
    rules = msgspec.convert(HASTE, type(shipped_book("dongguan").at("dongguan", INFINITY).closures))  # type: ignore[union-attr]
    query = Query(as_of=FILED + DAY, place="dongguan")
    found = suspicious(stored, query, rules)
    assert {(one.reason, one.case_id[-2:], one.actor) for one in found} == {
        (Doubt.HASTY, "c1", "t-1"),
        *((Doubt.BULK, f"c{n}", "t-2") for n in (5, 6, 7)),
        (Doubt.REREPORTED, "c9", None),
    }
    (again,) = [one for one in found if one.reason is Doubt.REREPORTED]
    assert (again.minutes, again.again) == (111, "dongguan/a/o03")
    before = msgspec.structs.replace(query, known_at=KNOWN)
    assert suspicious(stored, before, rules) == []


def test_the_bulletin_before_is_restated_by_what_came_since(stored: Warehouse) -> None:
    """One closed case was known only after the day's end; on the next day's bulletin it is told."""
    rows = section(told(stored, PeriodKind.DAY, "dongguan", TODAY + DAY), "restated").rows
    changed = {str(row[0]).split()[0]: row[1:4] for row in rows[:-1]}
    assert changed["立案数"] == (64, 65, "+1")
    case, _, _, _, why = rows[-1]
    assert case == "c0"
    assert "迟到的动作 late act" in str(why)
    assert "结案" in str(why)


def test_where_nothing_was_known_in_time_that_is_said(stored: Warehouse) -> None:
    amended = section(told(stored, PeriodKind.MONTH, "dongguan"), "restated")
    assert (amended.rows, amended.note[:4]) == ([], "上期数据")
