"""`gridloop place check`: a place's published figures, replayed through broker and engine."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import msgspec

from streams.core.checkdocs import CheckBody
from streams.core.checks import Check, Stated, stated
from streams.core.events import INFINITY, Reference
from streams.core.place import Constant, PlaceRules, Rulebook
from streams.core.replays import inputs, replay_place, replay_rules, replay_sender
from streams.entry.checkfile import read_checks
from streams.entry.places import place_dir, read_place
from streams.entry.replaying import send_replay
from streams.errors import WrongUse
from streams.joined import Joined
from streams.reference import publish_documents
from streams.show.placecheck import ask_checks
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Publisher

_SENDERS = (
    "SELECT DISTINCT sender FROM (SELECT sender FROM reports WHERE place = %(place)s"
    " UNION ALL SELECT sender FROM rounds WHERE place = %(place)s)"
)


class Plan(msgspec.Struct, frozen=True):
    """What is to be replayed, under which rules, and what must come of it."""

    place: str
    sender: str
    rules: PlaceRules
    documents: list[Reference]
    book: Rulebook
    body: CheckBody
    numbers: list[Stated]

    @property
    def constants(self) -> list[Constant]:
        """What the place states and no replay yields."""
        checked = {one.id for one in self.numbers}
        return [one for one in self.rules.constants if one.id not in checked]

    @property
    def assumed(self) -> tuple[str, ...]:
        """What the place's documents leave open, and what the replays add to it."""
        return (*self.rules.assumed, *self.body.assumed)


class Outcome(msgspec.Struct, frozen=True):
    """What a replay came to."""

    sent: int
    seconds: float
    checks: list[Check]


def plan(place: str, folder: Path | None = None) -> Plan:
    """Lay out the replay of a shipped place, or of a folder. Refused where one is at fault."""
    folder = folder or place_dir(place)
    rules = _latest(Rulebook.of(read_place(folder, place=place)), place)
    body = read_checks(folder, rules)
    replayed = replay_place(place)
    documents = replay_rules(read_place(folder, place=replayed), body)
    sender = replay_sender(place, body, documents)
    numbers = stated(body, rules.published, rules.constants)
    return Plan(replayed, sender, rules, documents, Rulebook.of(documents), body, numbers)


def _latest(book: Rulebook, place: str) -> PlaceRules:
    rules = book.at(place, INFINITY)
    if rules is None:
        raise WrongUse(f"{place!r} has no profile")
    return rules


def run(at: Joined, the_plan: Plan, tell: Callable[[str], None] = lambda text: None) -> Outcome:
    """Publish the rules, send the replay, wait until it is stored, and ask the figures."""
    began = monotonic()
    _check_home(at.store, the_plan)
    publish_documents(at.where.kafka, the_plan.documents)
    at.drain()
    with Publisher(at.where.kafka) as publisher:
        sent = send_replay(
            publisher,
            inputs(the_plan.book, the_plan.place, the_plan.sender, the_plan.body),
            the_plan.sender,
            tell=lambda count: tell(f"已发送 sent {count}"),
        )
    at.drain(lambda left: tell(f"在途 in flight {left}"))
    book = at.book(the_plan.place)
    checks = ask_checks(at.store, book, the_plan.place, the_plan.body, the_plan.numbers)
    return Outcome(sent, monotonic() - began, checks)


def _check_home(store: Warehouse, the_plan: Plan) -> None:
    """WrongUse where this home holds another replay of the place: the two would be counted as
    one."""
    rows = store.query(_SENDERS, {"place": the_plan.place})
    if any(sender != the_plan.sender for (sender,) in rows):
        raise WrongUse(
            f"this home holds a replay of {the_plan.place!r} from other rules or other counts;"
            " check in a home of its own (GRIDLOOP_HOME), or wipe this one: gridloop down --purge"
        )
