"""What a demo simulates: the day of a place, laid out; and whether this home may hold it."""

from pathlib import Path

import msgspec

from streams.core.events import Reference, ReferenceKind
from streams.core.place import PlaceRules, Rulebook
from streams.entry.dayfile import DayBody, read_day
from streams.entry.places import place_dir, read_place
from streams.entry.simulate_day import DAYS, Day, day_of
from streams.entry.simulate_shares import USUAL
from streams.errors import WrongUse
from streams.wire.clickhouse import Warehouse


class Plan(msgspec.Struct, frozen=True):
    """What is to be simulated; with no speed it goes as fast as it can."""

    place: str
    seed: int
    reports: int
    poison: int
    speed: float | None
    book: Rulebook
    rules: PlaceRules
    day: Day
    body: DayBody


def plan(  # noqa: PLR0917 - as the options of the command
    place: str,
    seed: int,
    reports: int,
    poison: int,
    speed: float | None,
    folder: Path | None = None,
) -> Plan:
    """Lay out the day of this seed, of a shipped place or of a folder. WrongUse where the place has
    no rules then, Refused where its folder is at fault."""
    documents = documents_of(place, folder)
    book = Rulebook.of(documents)
    zone = next(d.body["zone"] for d in documents if d.kind is ReferenceKind.PLACE)
    day = Day.of(seed, zone)
    rules = book.at(place, day.start)
    if rules is None or not rules.areas:
        raise WrongUse(f"the profile of {place!r} has nothing to simulate on {day.date}")
    body = read_day(folder or place_dir(place), rules) or USUAL
    return Plan(place, seed, reports, poison, speed, book, rules, day, body)


def documents_of(place: str, folder: Path | None = None) -> list[Reference]:
    """The documents of a shipped place, or of a folder read as that place. Refused where there is
    none or it is at fault, WrongUse where no day of it can be simulated."""
    documents = read_place(folder or place_dir(place), place=place)
    for document in documents:
        if document.kind is ReferenceKind.PLACE and document.body["lifecycle"] == "ticket":
            raise WrongUse(
                f"{place!r} cannot be simulated: what follows its reports is another system's"
                " affair (lifecycle: ticket)"
            )
    return documents


# --- may it run in this home? ---------------------------------------------------------------


def senders_like(place: str, seed: int) -> str:
    """The pattern of a demo's senders; who is not called so is somebody's real sender."""
    return f"/{place}/%/demo-{seed}"


def seeds_there(store: Warehouse, place: str) -> set[int]:
    """The seeds whose days this home holds. WrongUse where the place holds real reports."""
    rows = store.query(
        "SELECT DISTINCT sender FROM reports WHERE place = %(place)s", {"place": place}
    )
    seeds = set()
    for (sender,) in rows:
        head, _, seed = str(sender).rpartition("/demo-")
        if not head or not seed.isdigit():
            raise WrongUse(
                f"{place!r} holds real reports here ({sender}): a demo would mix with them; "
                "set GRIDLOOP_HOME to another folder"
            )
        seeds.add(int(seed))
    return seeds


def check_home(store: Warehouse, place: str, seed: int) -> None:
    """WrongUse where another seed's demo has the same day already."""
    for other in seeds_there(store, place):
        if other != seed and other % DAYS == seed % DAYS:
            raise WrongUse(
                f"{place!r} holds seed {other}'s demo of {day_of(seed)} here: "
                "choose another --seed, or set GRIDLOOP_HOME to another folder"
            )


def next_seed(store: Warehouse, place: str) -> int:
    """The first seed whose day this home does not hold: each demo shows a day that is new."""
    taken = {seed % DAYS for seed in seeds_there(store, place)}
    return next(seed for seed in range(DAYS + 1) if seed not in taken)
