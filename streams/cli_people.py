"""Commands about people: the ledger of points, score cards, which posts stand empty."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from streams.cli_options import JSON, AsOf, KnownAt, print_json
from streams.core.events import INFINITY
from streams.core.peopledocs import PostsBody
from streams.core.place import PlaceRules, Rulebook
from streams.core.placecheck import read_body
from streams.core.placetogether import dangling
from streams.core.posts import asked_count, shortages
from streams.entry.places import read_document, shipped_book
from streams.errors import CheckFailed, WrongUse
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.show.figures import place_now
from streams.show.points import PointsQuery, ask_points, balance_table, entry_lines, points_json
from streams.show.rates import parse_when
from streams.show.scores import ask_scores, scores_json, scores_table
from streams.show.staffing import staffing_json, staffing_table

POINTS_EXAMPLES = """
Examples:

`gridloop points --place riverton`

`gridloop points --place riverton --person p-7 --from 2026-01-01 --entries`

`gridloop points --place riverton --as-of 2026-07-01 --known-at 2026-07-01 --json`
"""

SCORES_EXAMPLES = """
Examples:

`gridloop scores --place riverton --card worker`

`gridloop scores --place riverton --card department --from 2026-01-01 --as-of 2027-01-01 --json`
"""

STAFFING_EXAMPLES = """
Examples:

`gridloop staffing --place jianghai`

`gridloop staffing --place jianghai --posts posts.yaml --at 2026-09-01 --json`
"""


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=POINTS_EXAMPLES)(points)
    app.command(epilog=SCORES_EXAMPLES)(scores)
    app.command(epilog=STAFFING_EXAMPLES)(staffing)


def points(
    place: Annotated[str, typer.Option(help="地方 · whose points.")],
    person: Annotated[str | None, typer.Option(help="人员 · of one person's code.")] = None,
    account: Annotated[str | None, typer.Option(help="账户 · of one account.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="起 · given and taken from here on; default the year's first."),
    ] = None,
    entries: Annotated[
        bool, typer.Option("--entries", help="明细 · list the entries since then.")
    ] = False,
    json_: JSON = False,
) -> None:
    """积分 · each person's points: balance, given, taken, stars; every entry with its cause."""
    at = Joined.of(settings())
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    book, query = at.published(place), _query(at, place, (from_, as_of, known_at), wall)
    query = msgspec.structs.replace(query, person=person, account=account)
    told = ask_points(at.store, book, query)
    if json_:
        print_json(points_json(told, query, query.known_at if known_at else wall))
        return
    rules = book.at(place, query.as_of)
    console = Console()
    console.print(balance_table(told, rules.points if rules is not None else None))
    for line in entry_lines(told, query.zone) if entries else ():
        console.print(line, highlight=False, soft_wrap=True)


def scores(
    place: Annotated[str, typer.Option(help="地方 · whose card.")],
    card: Annotated[str, typer.Option(help="考核表 · the id of a card of its document.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="起 · what is from here on; default the year's first."),
    ] = None,
    json_: JSON = False,
) -> None:
    """考核 · scores of persons, departments or grids, with what each is made of, and stars."""
    at = Joined.of(settings())
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    book, query = at.published(place), _query(at, place, (from_, as_of, known_at), wall)
    # The weights are those of the window's last instant: a year's card, not the next one's.
    rules = book.at(place, query.as_of - query.as_of.resolution)
    if rules is None or card not in rules.cards:
        known = ", ".join(rules.cards if rules is not None else ()) or "none"
        raise WrongUse(f"{place!r} has no card {card!r} then; there are: {known}")
    found = ask_scores(at.store, book, rules, rules.cards[card], query)
    if json_:
        print_json(scores_json(rules.cards[card], rules.versions["cards"], found, query))
    else:
        Console().print(scores_table(rules.cards[card], found))


def staffing(
    place: Annotated[str, typer.Option(help="地方 · whose posts.")],
    at: Annotated[
        str | None, typer.Option(help="何时 · an instant or a local date; default now.")
    ] = None,
    posts: Annotated[
        Path | None,
        typer.Option(help="另一文件 · a posts.yaml instead, with the shipped profile; no service."),
    ] = None,
    json_: JSON = False,
) -> None:
    """岗位配备 · grids and areas with too few posted, or too many; exit 1: there are some."""
    if posts is None:
        book, body = Joined.of(settings()).published(place), None
    else:
        book, body = shipped_book(place), _proposed(posts, place)
    rules, when = _with_posts(book, place, at, body)
    short = list(shortages(rules, when))
    if json_:
        print_json(staffing_json(rules, when, asked_count(rules), short))
    elif short:
        Console().print(staffing_table(rules, short))
    else:
        Console().print(f"{asked_count(rules)}处均已配备 · all are staffed")
    if short:
        raise CheckFailed(f"{len(short)}处未按规定配备 · {len(short)} are not staffed as asked")


def _query(
    at: Joined, place: str, ends: tuple[str | None, str | None, str | None], wall: datetime
) -> PointsQuery:
    """The window and the knowledge that --from, --as-of and --known-at name."""
    zone = at.zone(place)
    from_, as_of, known_at = (parse_when(end, zone) if end else None for end in ends)
    until = as_of or place_now(at.store, place, wall)
    since = from_ or _year_of(until, zone)
    return PointsQuery(
        place=place, zone=zone, since=since, as_of=until, known_at=known_at or INFINITY
    )


def _proposed(path: Path, place: str) -> PostsBody:
    document = read_document(path, place)
    body = read_body(document)
    if not isinstance(body, PostsBody):
        raise WrongUse(f"{path}: is of kind {document.kind.value!r}, not 'posts'")
    return body


def _with_posts(
    book: Rulebook, place: str, at: str | None, body: PostsBody | None
) -> tuple[PlaceRules, datetime]:
    """The place's rules then, with this document in place of its own, if one is proposed."""
    last = book.at(place, INFINITY)
    zone = last.zone if last is not None else DEFAULT_ZONE
    wall = datetime.now(UTC)  # noqa: TID251 - a command's own now
    when = parse_when(at, zone) if at is not None else wall
    rules = book.at(place, when)
    if rules is not None and body is not None:
        rules = msgspec.structs.replace(rules, posts=body)
        if wrong := dangling(rules):
            raise WrongUse("; ".join(wrong[:5]))
    if rules is None or rules.posts is None:
        told = when.isoformat()
        raise WrongUse(f"{place!r} has no document of posts at {told}: name one with --posts")
    return rules, when


def _year_of(until: datetime, zone: str) -> datetime:
    """The first of the local year that ends with this instant, or in which it lies."""
    last = (until - datetime.resolution).astimezone(ZoneInfo(zone))
    first = last.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.astimezone(UTC)
