"""积分 · the ledger of points: what was awarded, and what rules give for reports and rounds.

An entry is never changed: what is taken back is an entry of its own, so a balance is their sum.
Entries of rules derive from their cause, as do their ids: what becomes known later restates them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from streams.core.events import Round, RoundKind, RoundResult
from streams.core.peopledocs import PointsBody, ReportRule, RoundRule
from streams.core.place import Rulebook
from streams.core.query import local_day


class Standing(msgspec.Struct, frozen=True):
    """How a case stood from `since` on."""

    since: datetime
    filed: bool
    handled: bool
    closed: bool
    void: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A report, and how its case stood, from its beginning on."""

    sender: str
    id: str
    at: datetime
    source: str
    matter: str | None
    category: str | None
    case_id: str
    requester: str | None
    reporter: str | None
    standings: tuple[Standing, ...]


class Deed(msgspec.Struct, frozen=True):
    """A round with its identity."""

    sender: str
    id: str
    round: Round


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """记分 · one entry: of a rule, or (None) an award with its reason. `sender` and `input` are the
    identity of its cause, a report or a round."""

    id: str
    at: datetime
    person: str
    account: str
    points: int
    rule: str | None
    sender: str
    input: str
    case_id: str | None = None
    reason: str | None = None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """余额 · of one person's account: all ever given and taken, and since the window began."""

    person: str
    account: str
    points: int
    given: int
    taken: int
    stars: int | None = None


def entries(
    book: Rulebook, place: str, claims: Iterable[Claim], deeds: Iterable[Deed], as_of: datetime
) -> list[Entry]:
    """The ledger of a place up to an instant, in the order in which it came about."""
    found = [*_of_reports(book, place, claims), *_of_rounds(book, place, deeds)]
    return sorted((one for one in found if one.at < as_of), key=lambda one: (one.at, one.id))


def balances(ledger: Sequence[Entry], since: datetime, points: PointsBody | None) -> list[Balance]:
    """Every person's accounts, by account, the most points first; `stars` of the rules given."""
    total: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for one in ledger:
        whose = (one.account, one.person)
        total[whose] += one.points
        if one.at >= since:
            (given if one.points > 0 else taken)[whose] += abs(one.points)
    ordered = sorted(total, key=lambda whose: (whose[0], -total[whose], whose[1]))
    return [
        Balance(
            person=person,
            account=account,
            points=total[account, person],
            given=given[account, person],
            taken=taken[account, person],
            stars=stars(points, account, total[account, person]),
        )
        for account, person in ordered
    ]


def stars(points: PointsBody | None, account: str, balance: int) -> int | None:
    """星级 · the most stars that so many points are worth; None where the place has no such rule
    of the account, 0 where they are worth none."""
    steps = [one for one in (points.stars if points is not None else ()) if one.account == account]
    if not steps:
        return None
    return max((one.stars for one in steps if balance >= one.at_least), default=0)


# --- reports ------------------------------------------------------------------------------------


def _of_reports(book: Rulebook, place: str, claims: Iterable[Claim]) -> Iterator[Entry]:
    paid: set[tuple[str, str]] = set()
    for claim in sorted(claims, key=lambda one: (one.at, one.sender, one.id)):
        rules = book.at(place, claim.at)
        for rule in rules.points.reports if rules is not None and rules.points is not None else ():
            person = claim.requester if rule.to == "requester" else claim.reporter
            if person is None or not _meant(rule, claim) or (rule.id, claim.case_id) in paid:
                continue
            if rule.once_a_case:
                paid.add((rule.id, claim.case_id))
            yield from _turns(rule, claim, person)


def _meant(rule: ReportRule, claim: Claim) -> bool:
    about = {claim.matter, claim.category}
    sourced = not rule.sources or claim.source in rule.sources
    return sourced and (not rule.matters or not about.isdisjoint(rule.matters))


def _turns(rule: ReportRule, claim: Claim, person: str) -> Iterator[Entry]:
    """Given when the case first stands so, taken back when it does so no more, given again."""
    held, turn = False, 0
    for standing in claim.standings:
        now = not standing.void and bool(getattr(standing, rule.when))
        if now is held:
            continue
        held, turn = now, turn + 1
        yield Entry(
            id=f"{rule.id}:{claim.sender}:{claim.id}:{turn}",
            # A case stands as it does from its first instant on, never before its report.
            at=max(standing.since, claim.at),
            person=person,
            account=rule.account,
            points=rule.points if now else -rule.points,
            rule=rule.id,
            sender=claim.sender,
            input=claim.id,
            case_id=claim.case_id,
        )


# --- rounds -------------------------------------------------------------------------------------


def _of_rounds(book: Rulebook, place: str, deeds: Iterable[Deed]) -> Iterator[Entry]:
    counted: Counter[tuple[str, str, str]] = Counter()
    for deed in sorted(deeds, key=lambda one: (one.round.started_at, one.sender, one.id)):
        made = deed.round
        rules = book.at(place, made.started_at)
        if made.worker is None or made.result is RoundResult.OFFLINE or rules is None:
            continue
        if made.kind is RoundKind.AWARD and made.account is not None:
            yield _entry(deed, made.worker, made.account, made.points or 0, None)
        for rule in rules.points.rounds if rules.points is not None else ():
            if made.kind not in rule.kinds or (rule.scenes and made.scene not in rule.scenes):
                continue
            day = (rule.id, made.worker, local_day("day", made.started_at, rules.zone))
            counted[day] += 1
            if rule.most_a_day is None or counted[day] <= rule.most_a_day:
                yield _entry(deed, made.worker, rule.account, rule.points, rule)


def _entry(deed: Deed, person: str, account: str, points: int, rule: RoundRule | None) -> Entry:
    name = f"{rule.id}:{deed.sender}:{deed.id}" if rule else f"{deed.sender}:{deed.id}"
    return Entry(
        id=name,
        at=deed.round.started_at,
        person=person,
        account=account,
        points=points,
        rule=rule.id if rule else None,
        sender=deed.sender,
        input=deed.id,
        reason=None if rule else deed.round.text,
    )
