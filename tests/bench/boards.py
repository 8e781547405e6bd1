"""python -m tests.bench.boards: every panel's query time on a store of so many cases; and how long
the own board reads for its first page, by window.

A year of one place is written by the engine itself: nearly all of it merged, and on top of that
what the last five batches left: cases of the last ten days, and a few that are older. Beside the
time stands what of it the engine computed, on all cores together: on a busy machine the rest
was waiting. Nothing is asserted: figures are for readers.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from dashboards.build import BOARDS
from infra.embedded.engine import running_engine
from streams.core.place import Rulebook
from streams.keep.migrations import migrate
from streams.show.board.picture import picture
from streams.show.board.profiles import Profile
from streams.show.board.view import ALL, MONTH, TODAY, WEEK, View
from streams.wire.clickhouse import Warehouse
from tests.dashboards.macros import Range, expanded
from tests.dashboards.reading import board, chosen, statements
from tests.dashboards.seed import PLACE, documents

END = datetime(2026, 2, 14, tzinfo=UTC)
RANGE = Range(END - timedelta(days=30), END)
FRESH = 1_000
"""Cases in each of the last batches."""
OLDER = 3
"""Cases of any month in the last one."""
YEAR, TEN_DAYS = 31_536_000, 864_000
"""In seconds."""

_CASE = f"""
    SELECT number AS n, sipHash64(number) AS h,
        ['350203-s01', '350203-s02'][h % 2 + 1] AS street,
        concat(street, '-c0', toString(intDiv(h, 2) % 3 + 1)) AS area,
        concat(area, '-g0', toString(intDiv(h, 6) % 3 + 1)) AS grid,
        concat('{PLACE}/', area, '/', lower(leftPad(hex(h), 16, '0'))) AS case_id,
        toDateTime64({END.timestamp()}, 6, 'UTC') - toIntervalSecond(h % {{span}}) AS filed,
        filed - INTERVAL 1 MINUTE AS reported_at,
        filed + toIntervalSecond(600 + intDiv(h, 7) % {TEN_DAYS}) AS over,
        filed + INTERVAL 7 DAY AS due, h % 5 != 0 AS closed,
        concat('d', toString(intDiv(h, 11) % 20)) AS department,
        ['hotline', 'patrol', 'gridworker', 'citizen'][intDiv(h, 13) % 4 + 1] AS source,
        ['no_mask', 'gathering', 'dispute', 'suggestion'][intDiv(h, 17) % 4 + 1] AS matter,
        ['epidemic_control', 'disputes', 'opinions'][intDiv(h, 17) % 3 + 1] AS category,
        toDateTime64('2299-12-31 23:59:59', 6, 'UTC') AS forever
    FROM numbers({{first}}, {{many}})"""

_FIELDS = "place, flow, department, source, street, area, grid, category, matter"
_VALUES = f"'{PLACE}', 'case', department, source, street, area, grid, category, matter"
_OWN = "place, flow, source, street, area, grid, category, matter"
_OWN_VALUES = f"'{PLACE}', 'case', source, street, area, grid, category, matter"

TABLES = {
    "case_spans": (
        f"case_id, {_FIELDS}, reported_at, from_at, to_at, known_from, known_to, state, step,"
        " filed_at, handled_at, closed_at, void, excluded, deadline, deadline_kind, happened,"
        " revision",
        f"case_id, {_VALUES}, reported_at, part.1, part.2, filed, forever, part.3, 'push',"
        " filed, if(part.3 = 'closed', over, NULL), if(part.3 = 'closed', over, NULL), h % 97 = 0,"
        " h % 89 = 0, due, 'fixed', if(h % 3 = 0, ['returned'], []), 1",
        "arrayJoin(if(closed, [(filed, filed + INTERVAL 5 MINUTE, 'dispatched'),"
        " (filed + INTERVAL 5 MINUTE, over, 'signed'), (over, forever, 'closed')],"
        " [(filed, forever, 'dispatched')])) AS part",
    ),
    "cases": (
        f"case_id, {_FIELDS}, home, lifecycle, state, step, filed_at, closed_at, deadline,"
        " deadline_kind, text, report_count, routing, ingested_at, revision",
        f"case_id, {_VALUES}, concat('{PLACE}/', area), 'four_words', if(closed, 'closed',"
        " 'dispatched'), 'push', filed, if(closed, over, NULL), due, 'fixed', '路口积水', 1,"
        " ['责任清单第1条'], filed, 1",
        "1 AS part",
    ),
    "reports": (
        f"case_id, {_OWN}, sender, id, home, reported_at, opened, occurred_at, ingested_at,"
        " text, requester, revision",
        f"case_id, {_OWN_VALUES}, 'line/12345', toString(n), concat('{PLACE}/', area),"
        " reported_at, true, reported_at, filed, '路口积水', if(source IN ('hotline', 'citizen')"
        " AND intDiv(h, 19) % 5 < 3, concat('r', toString(h % 300000)), NULL), 1",
        "1 AS part",
    ),
    "case_steps": (
        "case_id, place, flow, reported_at, department, kind, n, at, due, done, result, worked,"
        " filed_at, void_at, excluded_at, known_from, known_to, revision",
        f"case_id, '{PLACE}', 'case', reported_at, department, part, 1, filed,"
        " filed + INTERVAL 1 DAY, if(closed, over, NULL), if(closed, 'done', NULL),"
        " if(closed, toInt64(h % 10000000000), NULL), filed, if(h % 97 = 0, filed, NULL),"
        " if(h % 89 = 0, filed, NULL), filed, forever, 1",
        "arrayJoin(['dispatch', 'sign', 'handle']) AS part",
    ),
    "facts": (
        "fact_id, case_id, place, home, kind, occurred_at, ingested_at, revision, department,"
        " detail",
        f"concat(case_id, part), case_id, '{PLACE}', concat('{PLACE}/', area), part, filed, filed,"
        " 1, department, '{}'",
        "arrayJoin(['case_filed', 'case_dispatched', if(h % 50 = 0, 'deadline_breached',"
        " 'dispatch_signed'), if(h % 500 = 0, 'hotspot_found', 'case_closed')]) AS part",
    ),
    "rounds": (
        "sender, id, place, home, kind, area, grid, worker, occurred_at, started_at, ended_at,"
        " result, found, points, ingested_at",
        f"'line/12345', toString(n), '{PLACE}', concat('{PLACE}/', area), part, area, grid,"
        " concat('w', toString(h % 200)), reported_at, reported_at, filed, if(h % 9 = 0, 'found',"
        " 'ok'), if(h % 9 = 0, [toString(n)], []), if(part = 'award', 1, NULL), filed",
        "if(h % 50 = 0, 'award', ['patrol', 'video', 'duty'][h % 3 + 1]) AS part",
    ),
    "slots": (
        "place, schedule, kind, subject, street, area, lineage, mode, begun_at, over_at, of_camera,"
        " asked, visits, planned_us, uncovered_us, known_from, known_to, revision",
        f"'{PLACE}', part, ['patrol', 'video', 'duty'][h % 3 + 1], toString(n), street, area,"
        " [('', grid), ('community', area), ('street', street)], 'normal',"
        " toStartOfHour(reported_at), toStartOfHour(reported_at) + INTERVAL 1 HOUR, part = 'V1', 1,"
        " h % 10 != 0, 3600000000, if(part = 'D1', h % 600 * 1000000, 0),"
        " toDateTime64('1900-01-01 00:00:00', 6, 'UTC'), forever, 1",
        "['P1', 'V1', 'D1'][h % 3 + 1] AS part",
    ),
    "calls": (
        "sender, id, place, offered_at, answered_at, channel, street, area, ingested_at",
        f"'line/12345', toString(n), '{PLACE}', reported_at, if(h % 20 = 0, NULL, reported_at +"
        " toIntervalSecond(h % 25)), '12345', street, area, filed",
        "1 AS part",
    ),
}
"""Of each table: its columns, their values, and what makes several rows of a case, or none."""


def main() -> int:
    """Fill a store, ask every board, print what it took."""
    given = _options()
    say = Console(stderr=True, highlight=False).print
    with (
        TemporaryDirectory(prefix="gridloop-boards-") as folder,
        running_engine(Path(folder), given.memory_mb) as engine,
    ):
        migrate(engine.address)
        warehouse = Warehouse(engine.address)
        fill(warehouse, given.cases)
        told = warehouse.query(
            "SELECT table, sum(rows), count() FROM system.parts WHERE active AND database ="
            " 'gridloop' GROUP BY table ORDER BY table"
        )
        say("; ".join(f"{name}: {rows} rows in {parts} parts" for name, rows, parts in told))
        found = []
        for one in measured(warehouse, given.rounds):
            say(f"{one.board} · {one.panel}: {one.p95_ms:.0f} ms, computed {one.computed_ms:.0f}")
            found.append(one)
        warehouse.close()
    if given.json:
        print(json.dumps([one._asdict() for one in found], ensure_ascii=False))
    else:
        Console().print(_table(found))
    return 0


def fill(warehouse: Warehouse, cases: int) -> None:
    """A year of the place; merged, but for the last few thousand cases."""
    documents(warehouse)
    for first in range(0, cases, 250_000):
        _write(warehouse, first, min(250_000, cases - first), YEAR)
    for table in TABLES:
        warehouse.execute(f"OPTIMIZE TABLE {table} FINAL")
    for n in range(5):
        _write(warehouse, cases + n * FRESH, FRESH, TEN_DAYS)
    _write(warehouse, cases + 5 * FRESH, OLDER, YEAR)


def _write(warehouse: Warehouse, first: int, many: int, span: int) -> None:
    """So many cases, filed within so many seconds before the end."""
    for table, (names, values, part) in TABLES.items():
        rows = f"SELECT *, {part} FROM ({_CASE.format(first=first, many=many, span=span)})"
        text = f"INSERT INTO {table} ({names}) SELECT {values} FROM ({rows})"
        warehouse.execute(text, settings={"max_insert_threads": 1, "max_threads": 1})


class Took(NamedTuple):
    """Of one panel, in milliseconds: the median and the 95th percentile, and the median of what was
    computed."""

    board: str
    panel: str
    p50_ms: float
    p95_ms: float
    computed_ms: float


def measured(warehouse: Warehouse, rounds: int) -> Iterator[Took]:
    """Every panel of every board, and what boards share once; then the own board's page. The first
    run of each warms the cache and is not counted."""
    (engine,) = psutil.Process().children()
    asked: set[str] = set()
    for one in BOARDS:
        told = board("en", one.id)
        for title, target in statements(told):
            text = expanded(target["rawSql"], RANGE, chosen(told))
            if text in asked:
                continue
            asked.add(text)
            yield _took(one.id, title, engine, partial(warehouse.query, text), rounds)
    profile = Profile("Asia/Shanghai", {}, [PLACE, PLACE], {}, None, Rulebook())
    for window in (TODAY, WEEK, MONTH, ALL):
        page = partial(picture, warehouse, profile, View(place=PLACE, window=window), END)
        yield _took("own board", window, engine, page, rounds)


def _took(
    board: str, panel: str, engine: psutil.Process, ask: Callable[[], object], rounds: int
) -> Took:
    runs = [_ran(engine, ask) for _ in range(rounds + 1)][1:]
    cut = quantiles([wall for wall, _ in runs], n=20, method="inclusive")
    return Took(board, panel, cut[9], cut[18], median(cpu for _, cpu in runs))


def _ran(engine: psutil.Process, ask: Callable[[], object]) -> tuple[float, float]:
    worked, begun = sum(engine.cpu_times()[:2]), perf_counter()
    ask()
    wall = perf_counter() - begun
    return 1000 * wall, 1000 * (sum(engine.cpu_times()[:2]) - worked)


def _table(found: Sequence[Took]) -> Table:
    table = Table("board", "panel")
    for name in ("p50 ms", "p95 ms", "computed ms"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(*one[:2], *(f"{value:.0f}" for value in one[2:]))
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.boards")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--memory-mb", type=int, default=1800)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
