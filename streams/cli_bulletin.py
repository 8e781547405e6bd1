"""Commands that report: bulletin, restated, suspicious."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from streams.cli_options import JSON, AsOf, KnownAt, Level, Place, Within, print_json
from streams.cli_query import in_tree, question
from streams.core.lifecycle import Flow
from streams.core.period import PeriodKind, period_of
from streams.core.place import PlaceRules
from streams.core.query import Query
from streams.core.registry import FIGURES, PLAIN
from streams.core.restating import explained
from streams.errors import CheckFailed, WrongUse
from streams.joined import Joined, settings
from streams.show import rates as shown
from streams.show.figures import place_now
from streams.show.restated import restated as compare
from streams.show.restated import restated_json, restated_page
from streams.show.suspicious import suspicious as look
from streams.show.suspicious import suspicious_json, suspicious_table

MOST = 30
"""So many rows of a list are written for people."""
MOST_IN_A_BOOK = 5000
FORMATS = (".md", ".html", ".xlsx")

Whose = Annotated[str, typer.Option("--place", help="地方 · a place's id.")]
From = Annotated[str | None, typer.Option("--from", help="起 · from, inclusive.")]
To = Annotated[str | None, typer.Option(help="止 · before.")]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=BULLETIN_EXAMPLES)(bulletin)
    app.command(epilog=RESTATED_EXAMPLES)(restated)
    app.command(epilog=SUSPICIOUS_EXAMPLES)(suspicious)


BULLETIN_EXAMPLES = """
Examples:

`gridloop bulletin --period day --place dongguan`

`gridloop bulletin --period week --date 2026-02-14 --out week.html` (prints on A4)

`gridloop bulletin --period month --date 2026-02-01 --out february.xlsx`
"""


def bulletin(
    period: Annotated[PeriodKind, typer.Option(help="周期 · 日调度、周例会、旬调度、月通报.")],
    date_: Annotated[
        str | None,
        typer.Option("--date", help="日期 · a day of the period; default today at the place."),
    ] = None,
    place: Whose = "dongguan",
    out: Annotated[
        Path | None, typer.Option(help="文件 · .md, .html or .xlsx; without it Markdown.")
    ] = None,
    known_at: KnownAt = None,
) -> None:
    """通报 · the bulletin of a period: the figures of `rates`, lists, and what was restated."""
    # The writers take as long to import as all else together.
    from streams.show.bulletin.content import bulletin as written  # noqa: PLC0415 - see above
    from streams.show.bulletin.markdown import markdown  # noqa: PLC0415 - see above

    ending = ".md" if out is None else out.suffix.lower()
    if ending not in FORMATS:
        raise WrongUse(f"--out {out}: the file's name must end in {', '.join(FORMATS)}")
    at = Joined.of(settings())
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    zone = at.zone(place)
    now = place_now(at.store, place, wall)
    day = _day(date_) if date_ else now.astimezone(ZoneInfo(zone)).date()
    chosen = period_of(period, day, zone)
    if chosen.start >= now:
        raise WrongUse(f"--date {day}: {chosen.name} 尚未开始 · has not begun at {place}")
    as_of = min(chosen.end, now)
    told = written(
        at.store,
        _rules(at, place, as_of),
        chosen,
        as_of=as_of,
        known_at=shown.parse_when(known_at, zone) if known_at else wall,
        weights=at.weights(place, as_of),
        most=MOST_IN_A_BOOK if ending == ".xlsx" else MOST,
    )
    if out is None:
        sys.stdout.write(markdown(told))
        return
    if ending == ".xlsx":
        from streams.show.bulletin.workbook import workbook  # noqa: PLC0415 - see above

        out.write_bytes(workbook(told))
    elif ending == ".html":
        from streams.show.bulletin.page import page  # noqa: PLC0415 - see above

        out.write_text(page(told), "utf-8")
    else:
        out.write_text(markdown(told), "utf-8")
    Console().print(f"{told.name_zh}{told.zh} {chosen.name} → {out}", highlight=False)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"--date {text!r}: 请写 2026-02-14 · write a date so") from None


def _rules(at: Joined, place: str, when: datetime) -> PlaceRules:
    rules = at.book(place).at(place, when)
    if rules is None:
        raise WrongUse(f"{place!r}: 没有发布过该地资料 · no profile of it was published")
    return rules


RESTATED_EXAMPLES = """
Examples:

`gridloop restated --known-at 2026-02-14T18:00:00+08:00 --place dongguan`

`gridloop restated --known-at 2026-03-01 --as-of 2026-03-01 --from 2026-02-01 --by department`
"""


def restated(
    known_at: Annotated[
        str, typer.Option(help="当时 · as known then: an instant or a local date.")
    ],
    as_of: AsOf = None,
    place: Place = None,
    from_: From = None,
    to: To = None,
    by: Annotated[str | None, typer.Option(help="维度 · fields, comma-separated.")] = None,
    figure: Annotated[
        str | None, typer.Option(help="指标 · counts and rates, comma-separated.")
    ] = None,
    level: Level = None,
    within: Within = None,
    flow: Annotated[Flow, typer.Option(help="流 · whose figures.")] = Flow.CASE,
    cases: Annotated[int, typer.Option(min=0, help="列出案件数 · cases listed.")] = MOST,
    json_: JSON = False,
) -> None:
    """更正 · what a screen showed then and what is known now, explained case by case."""
    at = Joined.of(settings())
    zone = at.zone(place)
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    then = shown.parse_when(known_at, zone)
    if then > wall:
        raise WrongUse(f"--known-at {known_at}: 尚未到来 · lies in the future")
    when = shown.parse_when(as_of, zone) if as_of else min(then, place_now(at.store, place, wall))
    now = Query(
        as_of=when,
        known_at=wall,
        from_=shown.parse_when(from_, zone) if from_ else None,
        to=shown.parse_when(to, zone) if to else None,
        place=place,
        flow=flow,
        by=shown.parse_fields(by) if by else (),
        figures=_explained(figure),
        zone=zone,
        zones=at.zones() if place is None else {},
    )
    now = in_tree(at, now, level, within)
    found = compare(at.store, msgspec.structs.replace(now, known_at=then), now)
    if not found.adds_up:
        raise CheckFailed("查询期间数据有变，请重试 · the store changed meanwhile: ask again")
    if json_:
        print_json(restated_json(found))
    else:
        Console().print(restated_page(found, cases), soft_wrap=True)


def _explained(named: str | None) -> tuple[str, ...]:
    figures = shown.parse_figures(named, raw=False) if named else PLAIN
    told = tuple(name for name in figures if explained(FIGURES[name]))
    others = [name for name in figures if name not in told and named and name in named.split(",")]
    if others or not told:
        raise WrongUse(
            f"{', '.join(others)}: only counts and rates of cases are explained case by case"
        )
    return told


SUSPICIOUS_EXAMPLES = """
Examples:

`gridloop suspicious --place dongguan --from 2026-02-01 --to 2026-03-01`

`gridloop suspicious --place dongguan --json`
"""


def suspicious(
    place: Whose = "dongguan",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    from_: From = None,
    to: To = None,
    json_: JSON = False,
) -> None:
    """存疑结案 · closings that somebody should look at, and why; proof of nothing."""
    at = Joined.of(settings())
    query = question(at, place, as_of=as_of, known_at=known_at, from_=from_, to=to)
    rules = _rules(at, place, query.as_of).closures
    found = look(at.store, query, rules)
    if json_:
        known = query.known_at if known_at else datetime.now(UTC)  # noqa: TID251 - K of now
        print_json(suspicious_json(found, query, rules, known))
    else:
        Console().print(suspicious_table(found, query.zone), highlight=False, markup=False)
