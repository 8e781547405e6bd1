"""Commands that ask: rates, case, deadline, verify."""

import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console

from streams.cli_options import JSON, AsOf, KnownAt, Level, Place, Within, print_json
from streams.cli_query import in_tree, question
from streams.core.calendar import Calendar, parse_calendar
from streams.core.clock import BadLimit, deadline_json, parse_limit
from streams.core.derivation import derive
from streams.core.events import INFINITY
from streams.core.figures import Query
from streams.core.lifecycle import Flow
from streams.core.limits import calendar_of
from streams.core.place import ClockName, PlaceRules, Rulebook
from streams.core.ranking import LEAST, ranked
from streams.core.registry import FIGURES, PLAIN, USUAL, Unit
from streams.entry.places import CALENDARS, SHIPPED, shipped_book
from streams.errors import CheckFailed, WrongUse
from streams.joined import Joined, settings
from streams.show import rates as shown
from streams.show.apart import cases_apart
from streams.show.cases import case_json, case_text, find_case
from streams.show.figures import ask, place_now
from streams.show.verify import to_json as verdict_json
from streams.show.verify import verify as compare


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=RATES_EXAMPLES)(rates)
    app.command()(case)
    app.command()(deadline)
    app.command()(verify)


RATES_EXAMPLES = """
Examples:

`gridloop rates --place dongguan --by department`

`gridloop rates --place erqi --by area --level community --within 410103-s01`

`gridloop rates --place dongguan --flow opinion --by outcome`

`gridloop rates --place jianghai --by reporter_kind,channel --figure report_count,response_rate`

`gridloop rates --place dongguan --figure timeliness,duration --by ten-days`

`gridloop rates --place dongguan --by department --figure on_time_closure_rate --rank`

`gridloop rates --place imported --as-of 2018-07-01 --figure completion_rate --format json`
"""


def rates(
    place: Place = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="立案起 · filed from, inclusive.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="立案止 · filed before.")] = None,
    by: Annotated[
        str | None, typer.Option(help="维度 · fields, comma-separated: department,source,…")
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option(
            help="指标 · ids of figures or families, comma-separated, or all; default the usual."
        ),
    ] = None,
    level: Level = None,
    within: Within = None,
    flow: Annotated[Flow, typer.Option(help="流 · whose figures; no two flows mix.")] = Flow.CASE,
    format: Annotated[str, typer.Option(help="table, json or csv.")] = "table",
    rank: Annotated[
        bool, typer.Option("--rank", help="排名 · by the Wilson lower bound of the first figure.")
    ] = False,
    min_n: Annotated[
        int, typer.Option(min=1, help="排名所需最少件数 · cases that a rank takes.")
    ] = LEAST,
) -> None:
    """结案率等指标 · figures, as of any instant and as known at any instant."""
    if format not in {"table", "json", "csv"}:
        raise WrongUse(f"--format is table, json or csv, not {format!r}")
    tabled = format == "table"  # a table with every rate's raw twin is too wide to read
    fields = shown.parse_fields(by) if by else ()
    figures = shown.parse_figures(figure, raw=not tabled) if figure else PLAIN if tabled else USUAL
    if rank:
        _rankable(fields, figure, figures[0], format)
    at = Joined.of(settings())
    query = question(at, place, as_of=as_of, known_at=known_at, from_=from_, to=to)
    query = replace(
        query,
        flow=flow,
        by=fields,
        figures=figures,
        zones=at.zones() if place is None else {},
        weights=at.weights(place, query.as_of),
    )
    query = in_tree(at, query, level, within)
    rows = ask(at.store, query)
    known = query.known_at if known_at else datetime.now(UTC)  # noqa: TID251 - K of now
    if rank:
        order = ranked(rows, figures[0], min_n)
        if format == "json":
            print_json(shown.ranks_json(rows[0], order, query, known, query.zone))
        else:
            Console().print(shown.ranks_table(rows[0], order, query))
    elif format == "json":
        print_json(shown.to_json(rows, query, known, query.zone))
    elif format == "csv":
        sys.stdout.write(shown.to_csv(rows, query.by, query.figures))
    else:
        Console().print(shown.to_table(rows, query))


def _rankable(fields: tuple[str, ...], named: str | None, figure: str, format: str) -> None:
    """Refuse what has no order that would be fair."""
    if not fields or named is None:
        raise WrongUse("--rank needs --by and --figure, as --by department --figure closure_rate")
    if FIGURES[figure].unit is not Unit.RATE:
        raise WrongUse(f"--rank orders rates; {figure} is a {FIGURES[figure].unit.value}")
    if format == "csv":
        raise WrongUse("--rank is shown as table or json")


def case(
    id: Annotated[str, typer.Argument(help="案件编号 · a case id, or the end of one.")],
    json_: JSON = False,
) -> None:
    """一个案件的来龙去脉 · a case's timeline, reports, routing, and why this deadline."""
    at = Joined.of(settings())
    found = find_case(at.store, id)
    if found is None:
        raise WrongUse(f"no case {id!r}; `gridloop rates` counts cases, facts name their ids")
    place = found.snapshot.place
    now = place_now(at.store, place, datetime.now(UTC))  # noqa: TID251 - a command's own now
    rules = at.book(place).at(place, now)
    said = case_json(found, at.zone(place), at.calendars(place), rules, now)
    if json_:
        print_json(said)
    else:
        sys.stdout.write(case_text(said))


def _lasting(book: Rulebook, place: str) -> PlaceRules:
    """The rules that hold after all that the profile has: a deadline needs no running system."""
    rules = book.at(place, INFINITY)
    if rules is None:
        raise WrongUse(f"the profile of {place!r} has never begun")
    return rules


def _shipped_calendar(id: str) -> Calendar:
    path = SHIPPED / CALENDARS / f"{id}.json"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.json")))
        raise WrongUse(f"no calendar {id!r}; there are: {known}")
    return parse_calendar(json.loads(path.read_text("utf-8")))


def _calendar(rules: PlaceRules, department: str | None) -> Calendar:
    """The place's calendar, or the one on which the department's own work is timed."""
    if department is not None and department not in rules.departments:
        known = ", ".join(rules.departments) or "none"
        raise WrongUse(f"{rules.place!r} has no department {department!r}; there are: {known}")
    named = calendar_of(rules, ClockName.HANDLE, department)
    found = rules.calendars.get(named or "")
    if found is None:
        raise WrongUse(f"the profile of {rules.place!r} has no calendar; name one with --calendar")
    return found


def deadline(
    from_: Annotated[str, typer.Option("--from", help="起 · an instant or a local date.")],
    limit: Annotated[str, typer.Option(help='时限 · "5 working days", "24 hours", 5个工作日.')],
    place: Annotated[str, typer.Option(help="地方 · whose zone and calendar.")] = "dongguan",
    calendar: Annotated[str | None, typer.Option(help="日历 · another calendar's id.")] = None,
    department: Annotated[
        str | None, typer.Option(help="部门 · on whose own calendar, if it has one.")
    ] = None,
    json_: JSON = False,
) -> None:
    """时限何时届满 · when a limit runs out, and the derivation of it."""
    if calendar is not None and department is not None:
        raise WrongUse("name a --calendar or a --department, not both")
    book = shipped_book(place)
    zone = _lasting(book, place).zone
    start = shown.parse_when(from_, zone)
    rules = book.at(place, start) or _lasting(book, place)
    chosen = _calendar(rules, department) if calendar is None else _shipped_calendar(calendar)
    try:
        result = derive(start, parse_limit(limit), chosen)
    except BadLimit as why:
        raise WrongUse(str(why)) from why
    said = deadline_json(result, zone)
    if json_:
        print_json(said)
        return
    console = Console()
    console.print(f"届满 deadline  [bold]{said['deadline']}[/bold]  ({said['working_seconds']} s)")
    console.print(f"日历 calendar  {said['calendar']} {said['calendar_version']}")
    for line in said["derivation"]:
        span = f"{line['from']} → {line['to']}"
        console.print(f"  {span}  {line['counted_seconds']:>8} s  {line['why']}", soft_wrap=True)


def verify(place: Place = None, json_: JSON = False) -> None:
    """流等于批 · recompute every figure from the log and compare with what is shown."""
    at = Joined.of(settings())
    known = datetime.now(UTC)  # noqa: TID251 - A and K are fixed at the start
    now = place_now(at.store, place, known)
    query = Query(
        as_of=now,
        known_at=INFINITY,
        place=place,
        figures=tuple(FIGURES),
        zone=at.zone(place),
        zones=at.zones() if place is None else {},
        weights=at.weights(place, now),
    )
    ends = at.drain()
    query = msgspec.structs.replace(query, known_at=known)
    verdict = compare(
        lambda: at.replay(ends),
        lambda asked: ask(at.store, asked),
        query,
        partial(cases_apart, at.store),
    )
    said = verdict_json(verdict, query.zone)
    if json_:
        print_json(said)
    else:
        Console().print(
            f"案件 cases {said['cases']}, 不一致 differences {len(said['differences'])}"
        )
        for gap in said["differences"][:20]:
            Console().print(gap)
        for case in said["apart"][:20]:
            Console().print(f"案件 case  {case}", soft_wrap=True)
    if not verdict.holds:
        raise CheckFailed(
            "nothing was compared: the log holds no case"
            if verdict.cases == 0
            else f"{len(verdict.differences)} figures differ between stream and recount,"
            f" by {len(verdict.apart)} cases: {', '.join(verdict.apart[:3])}"
        )
