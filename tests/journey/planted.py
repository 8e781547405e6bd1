"""A thousand invented persons whose data are planted, and where they are looked for afterwards."""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from random import Random  # noqa: TID251 - seeded, it repeats itself

import msgspec
from ahocorasick_rs import AhoCorasick

from streams.config import Settings
from streams.core.topics import ALL, DOORS, Topic
from streams.where import read_key
from tests.core.test_privacy import WIDE, id_15, id_18, landline, mobile, spaced
from tests.journey.system import System

SURNAMES = ["欧阳", "司徒", "端木", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐"]
GIVEN = tuple("試䥽鱻麤龘靐齉爩灪龗籱麣鸞驫纞虋讟钃厵癵")
"""Letters that nobody's name and no other text of the system has: whoever finds one finds ours."""

BETWEEN = re.compile(r"(?<=\d)[ \u3000\-—·.]{1,3}(?=[\dXx])")


class Person(msgspec.Struct, frozen=True):
    """One person: some data stand in named fields alone, some in texts alone, the name in both."""

    number: int
    name: str
    phone: str
    id_number: str
    told_phone: str
    told_id: str


def people(count: int, seed: int) -> list[Person]:
    """So many persons, no two of whom share anything."""
    rng = Random(seed)
    pairs = [a + b for a in GIVEN for b in GIVEN if a != b]
    names = [surname + given for surname in SURNAMES for given in pairs]
    rng.shuffle(names)
    return [
        Person(
            number,
            names[number],
            mobile(rng),
            id_18(rng),
            mobile(rng) if number % 4 else landline(rng),
            id_18(rng) if number % 3 else id_15(rng),
        )
        for number in range(count)
    ]


def spelled(rng: Random, number: str) -> str:
    """A number as people write it: spaced, with the country's code, in full width, as an X."""
    cuts = {11: (3, 7), 12: (4, 8), 15: (6, 12), 18: (6, 14)}[len(number)]
    if rng.random() < 0.5:
        number = spaced(number, *cuts, by=rng.choice((" ", "-", "－", "·", "\u3000")))
    if number.startswith("1") and len(number) <= 13 and rng.random() < 0.3:
        number = rng.choice(("+86 ", "86-", "0086")) + number
    return number.translate(WIDE) if rng.random() < 0.3 else number


def text_about(rng: Random, one: Person) -> str:
    """A complaint in which the person's own numbers and name stand."""
    phone, id_number = spelled(rng, one.told_phone), spelled(rng, one.told_id)
    return rng.choice(
        (
            f"{one.name}反映街灯不亮，请回电{phone}，身份证{id_number}",
            f"垃圾乱堆。联系人{one.name}（{phone}），证件号：{id_number}。",
            f"{phone}{one.name}来电，堤坝渗水，证号{id_number}，请尽快",
        )
    )


class Places(msgspec.Struct, frozen=True):
    """Where something was found: of each planted value the places that hold it."""

    found: dict[str, set[str]]

    def of(self, values: Iterable[str]) -> dict[str, set[str]]:
        """Those of the values that were found anywhere, and where."""
        return {value: self.found[value] for value in values if value in self.found}


def look_for(
    values: Iterable[str], texts: Iterable[tuple[str, str]]
) -> tuple[Places, dict[str, int]]:
    """Look for the values in texts by place; also how many characters each place had.

    Numbers are found as they are, and with what people put between digits taken away.
    """
    wanted = sorted(set(values))
    automaton = AhoCorasick(wanted)
    found: dict[str, set[str]] = {}
    searched: dict[str, int] = {}
    for where, text in texts:
        searched[where] = searched.get(where, 0) + len(text)
        normal = BETWEEN.sub("", unicodedata.normalize("NFKC", text))
        for form in {text, normal}:
            for index, _, _ in automaton.find_matches_as_indexes(form, overlapping=True):
                found.setdefault(wanted[index], set()).add(where)
    return Places(found), searched


def records(system: System, topics: Iterable[Topic]) -> Iterator[tuple[str, str]]:
    """(topic, text) of each record: key, value and headers."""
    for topic in topics:
        for record in system.read(topic):
            parts = [record.key, record.value, *(value for _, value in record.headers)]
            yield topic.name, _text(b"\n".join(part or b"" for part in parts))


def behind(system: System) -> Iterator[tuple[str, str]]:
    """(place, text) of all that stands behind intake: topics, tables, logs, the workers' state."""
    yield from records(system, [topic for topic in ALL if topic not in DOORS])
    tables = "SELECT name FROM system.tables WHERE database = currentDatabase()"
    for (table,) in system.ask(tables):
        for row in system.ask(f"SELECT * FROM {table}"):
            yield f"table {table}", "\n".join(map(str, row))
    for folder in (system.home.logs, system.home.state):
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield f"{folder.name}/{file.name}", _text(file.read_bytes())


def key_as_written(system: System) -> list[str]:
    """The key of tokens and seals in each form in which somebody might have written it down."""
    key = read_key(Settings(home=str(system.home.root)))
    return [_text(key), key.hex(), base64.b64encode(key).decode()]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
