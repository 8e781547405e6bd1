"""The command `gridloop rounds`: what was done of what a place's schedules ask for."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from streams.cli_options import JSON, AsOf, KnownAt, Level, Within, print_json
from streams.cli_query import in_tree
from streams.core.events import INFINITY, RoundKind
from streams.core.roundfigures import RoundQuery
from streams.core.slotfigures import SLOT_FIGURES, USUAL_OF_SLOTS
from streams.joined import Joined, settings
from streams.show.figures import place_now
from streams.show.rates import parse_when
from streams.show.rounds import (
    ask_rounds,
    coverage_table,
    made_line,
    parse_cut,
    parse_figures,
    parse_kinds,
    rounds_json,
    slot_lines,
)

EXAMPLES = """
Examples:

`gridloop rounds --place erqi --kind patrol --by area`

`gridloop rounds --place jianghai --kind patrol --by area --level street`

`gridloop rounds --place daguan --kind screening --by ten-days --from 2026-03-01`

`gridloop rounds --place jianghai --figure patrol_coverage_area,on_duty_rate --by day`

`gridloop rounds --place jianghai --overdue --json`

`gridloop rounds --place jianghai --kind visit --by mode,area --open`
"""


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command(epilog=EXAMPLES)(rounds)


def rounds(
    place: Annotated[str, typer.Option(help="地方 · whose rounds.")] = "dongguan",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="起 · slots from here on; default the month's first."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="种类 · kinds, comma-separated: patrol,video,duty,…")
    ] = None,
    by: Annotated[
        str, typer.Option(help="维度 · fields, comma-separated: kind,schedule,area,ten-days,…")
    ] = "kind,schedule",
    figure: Annotated[
        str | None,
        typer.Option(help="指标 · figures, comma-separated; default the usual, in JSON all."),
    ] = None,
    level: Level = None,
    within: Within = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="漏巡缺岗 · list what was missed, with the gaps.")
    ] = False,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="逾期 · list whom nobody has been to since.")
    ] = False,
    open_: Annotated[
        bool, typer.Option("--open", help="待办 · list what is asked for now, and until when.")
    ] = False,
    json_: JSON = False,
) -> None:
    """巡查、值班、走访等 · rounds done of those asked for: coverage, gaps, what is overdue."""
    fields = parse_cut(by)
    kinds = parse_kinds(kind) if kind else frozenset(RoundKind)
    usual = tuple(SLOT_FIGURES) if json_ else USUAL_OF_SLOTS
    figures = parse_figures(figure) if figure else usual
    at = Joined.of(settings())
    book, zone = at.published(place), at.zone(place)
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    until = parse_when(as_of, zone) if as_of else place_now(at.store, place, wall)
    query = RoundQuery(
        place=place,
        zone=zone,
        since=parse_when(from_, zone) if from_ else _month_before(until, zone),
        as_of=until,
        kinds=kinds,
        by=fields,
        figures=figures,
    )
    query = in_tree(at, query, level, within)
    known_by = parse_when(known_at, zone) if known_at else INFINITY
    told = ask_rounds(at.store, book, query, known_by)
    if json_:
        print_json(rounds_json(told, query, known_by if known_at else wall))
        return
    console = Console()
    console.print(coverage_table(told.rows, fields, book.at(place, until), figures))
    lines: list[str] = []
    if missed:
        lines += slot_lines("漏巡缺岗 missed", told.missed, zone)
    if overdue:
        lines += slot_lines("逾期 overdue", told.overdue, zone)
    if open_:
        lines += slot_lines("待办 open", told.open, zone)
    for line in [*lines, made_line(told)]:
        console.print(line, highlight=False, soft_wrap=True)


def _month_before(until: datetime, zone: str) -> datetime:
    """The first of the local month that ends with this instant, or in which it lies."""
    last = (until - datetime.resolution).astimezone(ZoneInfo(zone))
    return last.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
