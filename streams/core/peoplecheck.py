"""A place's documents about its people, checked: each row names what its document has."""

from collections.abc import Iterator

from streams.core.events import ActKind, RoundKind
from streams.core.listed import twice, unknown
from streams.core.peopledocs import CardsBody, PointsBody, PostsBody, Staffing
from streams.core.personal import numbers_in
from streams.core.registry import FIGURES, Unit


def people_problems(body: PointsBody | PostsBody | CardsBody) -> Iterator[str]:
    """What is wrong with a document of points, posts or score cards; a sentence each."""
    match body:
        case PointsBody():
            yield from _points(body)
        case PostsBody():
            yield from _posts(body)
        case CardsBody():
            yield from _cards(body)


def _points(body: PointsBody) -> Iterator[str]:
    accounts = [one.id for one in body.accounts]
    yield from twice("accounts", accounts)
    rules = [*(rule.id for rule in body.reports), *(rule.id for rule in body.rounds)]
    yield from twice("rules", rules)
    yield from twice("stars", ((one.account, one.stars) for one in body.stars))
    for part in ("reports", "rounds", "stars"):
        named = (row.account for row in getattr(body, part))
        yield from unknown(part, named, accounts, "account")
    for at, rule in enumerate(body.rounds):
        if RoundKind.AWARD in rule.kinds:
            yield f"$.rounds[{at}]: an award brings its own points"
        if RoundKind.DECLARATION in rule.kinds:
            yield f"$.rounds[{at}]: who declares is the subject; nobody makes a declaration"
    for account in accounts:
        steps = sorted((one.stars, one.at_least) for one in body.stars if one.account == account)
        needed = [least for _, least in steps]
        if needed != sorted(set(needed)):
            yield f"$.stars: of {account!r} more stars do not need more points"


def _posts(body: PostsBody) -> Iterator[str]:
    roles = [role.id for role in body.roles]
    yield from twice("roles", roles)
    yield from twice("postings", body.postings)
    yield from twice("staffing", (one.id for one in body.staffing))
    yield from twice("powers", (one.id for one in body.powers))
    yield from unknown("postings", (one.role for one in body.postings), roles, "role")
    for part in ("staffing", "powers"):
        named = (role for row in getattr(body, part) for role in row.roles)
        yield from unknown(part, named, roles, "role")
    for at, one in enumerate(body.postings):
        if numbers_in(one.person, {}):
            yield f"$.postings[{at}].person: a phone or ID number; a person is a code or a token"
        if one.area is not None and one.grid is not None:
            yield f"$.postings[{at}]: is in a grid or in an area, not in both"
        if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
            yield f"$.postings[{at}].valid_to: {one.person!r} ends before it begins"
    for at, asked in enumerate(body.staffing):
        yield from (f"$.staffing[{at}]: {why}" for why in _staffing(asked))
    for at, power in enumerate(body.powers):
        if ActKind.IMPORT_ROW in power.acts:
            yield f"$.powers[{at}]: a row of another system's file has no actor"
        if power.whistle is not None and set(power.acts) != {ActKind.CONVENE}:
            yield f"$.powers[{at}]: only `convene` blows a whistle"


def _cards(body: CardsBody) -> Iterator[str]:
    rates = [name for name, figure in FIGURES.items() if figure.unit is Unit.RATE]
    yield from twice("cards", (card.id for card in body.cards))
    for at, card in enumerate(body.cards):
        where = f"cards[{at}]"
        yield from unknown(f"{where}.rates", (one.figure for one in card.rates), rates, "rate")
        yield from twice(f"{where}.rates", (one.figure for one in card.rates))
        yield from twice(f"{where}.points", (one.account for one in card.points))
        steps = [one.at_least for one in sorted(card.stars, key=lambda one: one.stars)]
        if steps != sorted(set(steps)):
            yield f"$.{where}.stars: more stars do not need more marks"
        if not card.rates and not card.points:
            yield f"$.{where}: scores nothing"
        if card.points and card.of != "person":
            yield f"$.{where}: a {card.of} has no points"
        if card.level is not None and card.of != "area":
            yield f"$.{where}: a level has areas; a {card.of} has none"
        if card.points and card.mode is not None:
            yield f"$.{where}: points are of no mode"
        if bool(card.roles) != (card.of == "person"):
            yield f"$.{where}: persons are those in `roles`, nobody else has any"


def _staffing(asked: Staffing) -> Iterator[str]:
    if (asked.each == "areas") != (asked.level is not None):
        yield "areas are those of a `level`, grids have none"
    if asked.at_most is not None and asked.at_most < asked.at_least:
        yield f"at most {asked.at_most}, but at least {asked.at_least}"
