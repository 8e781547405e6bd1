"""Commands for the responsibility list: lint it, try another on past cases, judge returns."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.cli_options import JSON, print_json
from streams.core.place import PlaceRules, Rulebook, with_list
from streams.core.placecheck import read_body
from streams.core.placedocs import ResponsibilityBody
from streams.core.placetogether import levels_of
from streams.core.responsibility import Severity, lint, lists_of
from streams.core.whatif import Proposal, what_if
from streams.entry.places import read_document, shipped_book
from streams.errors import CheckFailed, WrongUse
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.show.figures import place_now
from streams.show.rates import local_text, parse_when
from streams.show.responsibility import (
    findings_json,
    findings_table,
    lists_json,
    lists_table,
    past_cases,
    trial_json,
    trial_tables,
)
from streams.show.returns import past_returns, returns_json, returns_table

LINT_EXAMPLES = """
Examples:

`gridloop responsibility lint`

`gridloop responsibility lint --place dongguan --list proposed.yaml --at 2026-09-01`
"""

WHAT_IF_EXAMPLES = """
Examples:

`gridloop responsibility what-if proposed.yaml --from 2026-06-01 --to 2026-07-01`

`gridloop responsibility what-if proposed.yaml --place dongguan --json`
"""

RETURNS_EXAMPLES = """
Examples:

`gridloop responsibility returns --from 2026-06-01 --to 2026-07-01`

`gridloop responsibility returns --department urban_management --json`
"""

LISTS_EXAMPLES = """
Examples:

`gridloop responsibility lists --place daguan`

`gridloop responsibility lists --place daguan --level street --json`
"""

Whose = Annotated[str, typer.Option("--place", help="地方 · whose matters, areas and rules.")]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    lists = typer.Typer(help="责任清单 · who leads in which matter.", no_args_is_help=True)
    lists.command("lint", epilog=LINT_EXAMPLES)(lint_list)
    lists.command("what-if", epilog=WHAT_IF_EXAMPLES)(try_list)
    lists.command("returns", epilog=RETURNS_EXAMPLES)(judge_returns)
    lists.command("lists", epilog=LISTS_EXAMPLES)(show_lists)
    app.add_typer(lists, name="responsibility")


def lint_list(
    place: Whose = "dongguan",
    at: Annotated[
        str | None,
        typer.Option(help="何时 · an instant or a local date; default now, or when --list begins."),
    ] = None,
    list_: Annotated[
        Path | None, typer.Option("--list", help="另一清单 · another responsibility.yaml.")
    ] = None,
    json_: JSON = False,
) -> None:
    """检查清单 · gaps, overlaps, circles, expired, early and idle rows; exit 1: errors found."""
    book = shipped_book(place)
    proposal = _proposal(list_, place) if list_ is not None else None
    now = datetime.now(UTC)  # noqa: TID251 - a command's own now
    if at is not None:
        when = parse_when(at, _zone(book, place))
    else:
        when = now if proposal is None else max(now, proposal.begins)
    rules = _rules(book, place, when, proposal)
    findings = lint(rules, when)
    if json_:
        print_json(findings_json(rules, when, findings))
    elif findings:
        Console().print(findings_table(findings))
    else:
        Console().print("没有发现问题 · nothing found")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        raise CheckFailed(f"清单有{errors}处错误 · the responsibility list has {errors} errors")


def try_list(
    list_: Annotated[
        Path, typer.Argument(metavar="LIST", help="拟议清单 · a responsibility.yaml.")
    ],
    place: Whose = "dongguan",
    from_: Annotated[
        str | None, typer.Option("--from", help="立案起 · filed from, inclusive.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="立案止 · filed before.")] = None,
    json_: JSON = False,
) -> None:
    """假如换一份清单 · another list on past cases: whose cases would move, and the rates then."""
    book = shipped_book(place)
    proposal = _proposal(list_, place)
    zone = _zone(book, place)
    since = parse_when(from_, zone) if from_ else None
    until = parse_when(to, zone) if to else None
    store = Joined.of(settings()).store
    now = place_now(store, place, datetime.now(UTC))  # noqa: TID251 - a command's own now
    found = what_if(past_cases(store, place, now, since, until), book, place, proposal)
    if json_:
        print_json(trial_json(found, place, proposal.version, local_text(now, zone)))
        return
    for part in trial_tables(found):
        Console().print(part, highlight=False, soft_wrap=isinstance(part, str))


def judge_returns(
    place: Whose = "dongguan",
    department: Annotated[
        str | None, typer.Option(help="部门 · of one department; default all.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="退单起 · returned from, inclusive.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="退单止 · returned before.")] = None,
    json_: JSON = False,
) -> None:
    """退单 · each department's returns: who was right in the end, what they cost, ping-pong."""
    at = Joined.of(settings())
    zone = at.zone(place)
    since = parse_when(from_, zone) if from_ else None
    until = parse_when(to, zone) if to else None
    found = past_returns(at.store, place, since, until, department)
    if json_:
        print_json(returns_json(place, found, zone))
    elif found:
        Console().print(returns_table(found))
    else:
        Console().print("没有退单 · no returns")


def show_lists(
    place: Whose = "dongguan",
    level: Annotated[
        str | None, typer.Option(help="层级 · of one level of the area tree; default all.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="何时 · an instant or a local date; default now.")
    ] = None,
    json_: JSON = False,
) -> None:
    """权力清单、责任清单 · the place's lists, which level owns each, how many rows stand on it."""
    book = shipped_book(place)
    now = datetime.now(UTC)  # noqa: TID251 - a command's own now
    when = parse_when(at, _zone(book, place)) if at is not None else now
    rules = _rules(book, place, when, None)
    if level is not None and level not in (levels := levels_of(rules)):
        raise WrongUse(f"{place!r} has no level {level!r}; from the root down: {', '.join(levels)}")
    found = lists_of(rules, level)
    if json_:
        print_json(lists_json(rules, when, found))
    elif found:
        Console().print(lists_table(rules, found))
    else:
        Console().print("没有清单 · no lists")


def _zone(book: Rulebook, place: str) -> str:
    last = book.at(place, datetime.max.replace(tzinfo=UTC))
    return last.zone if last is not None else DEFAULT_ZONE


def _proposal(path: Path, place: str) -> Proposal:
    document = read_document(path, place)
    body = read_body(document)
    if not isinstance(body, ResponsibilityBody):
        raise WrongUse(f"{path}: is of kind {document.kind.value!r}, not 'responsibility'")
    return Proposal(body, document.version, document.valid_from)


def _rules(book: Rulebook, place: str, at: datetime, proposal: Proposal | None) -> PlaceRules:
    rules = book.at(place, at)
    if rules is None:
        raise WrongUse(f"no profile of {place!r} was in force at {at.isoformat()}")
    if proposal is not None:
        return with_list(rules, proposal.body, proposal.version)
    if not rules.departments:
        raise WrongUse(f"{place!r} has no responsibility list then: name one with --list")
    return rules
