"""A place at work: rules that change, acts that come too early, identities used twice, names."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from streams.core.record import Record
from streams.core.topics import (
    ALARMS,
    CASES,
    CASEWORK_STATE,
    CITIZEN,
    DEAD_LETTERS,
    DISPATCHES,
    FACTS,
    HOTLINE,
    INTAKE,
    REPLIES,
    TICKETS,
    TICKETS_STATE,
)
from tests.journey import harbour
from tests.journey.harbour import act, duties, event, founding, reference, report
from tests.journey.recount import answered
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "fog-harbour"
NAME, PHONE, ID = "欧阳试某", "13912345678", "990000190001011234"
BEHIND_THE_DOOR = (
    *(TICKETS, INTAKE, FACTS, CASES, DISPATCHES, REPLIES, ALARMS),
    *(TICKETS_STATE, CASEWORK_STATE, DEAD_LETTERS),
)


def on_the_day(clock: str) -> str:
    """An instant of the day on which all of this happens, as an event writes it."""
    return f"2026-03-02T{clock}:00+08:00"


@pytest.fixture(scope="module")
def place(system: System) -> str:
    """A place that is founded by events; no other test writes to it."""
    system.publish(founding(PLACE))
    return PLACE


def case_of(system: System, ticket: str) -> str:
    """The id of the case of a ticket."""
    found = system.ask(
        "SELECT case_id FROM reports FINAL WHERE place = %(place)s AND id = %(id)s",
        place=PLACE,
        id=ticket,
    )
    assert len(found) == 1, (ticket, found)
    return str(found[0][0])


def leads(system: System) -> dict[str, str | None]:
    """Who leads in the case of each ticket."""
    rows = system.ask(
        "SELECT r.id, c.department FROM reports r FINAL JOIN cases c FINAL USING case_id"
        " WHERE r.place = %(place)s",
        place=PLACE,
    )
    return {str(id): department for id, department in rows}


def test_a_change_of_duties_acts_on_later_reports_only(place: str, system: System) -> None:
    """Later by its own day: a report from before the change goes the old way, however late."""
    system.publish([report(place, "D1", on_the_day("09:00"))])
    change = reference(place, "responsibility", duties("night-watch"), "2", on_the_day("10:00"))
    system.publish([change])
    system.publish(
        [report(place, "D2", on_the_day("11:00")), report(place, "D3", on_the_day("09:30"))]
    )

    way = leads(system)
    assert [way[ticket] for ticket in ("D1", "D2", "D3")] == [
        "lamp-works",
        "night-watch",
        "lamp-works",
    ]
    told = system.json("case", case_of(system, "D2"), "--json")
    assert "night-watch" in "".join(told["routing"])
    shown = answered(system.rates("--place", place, "--by", "department"))
    assert shown[("department", "night-watch"),]["case_count"]["value"] == 1


def test_an_act_that_comes_before_its_report_waits_for_it(place: str, system: System) -> None:
    """It makes no case and is no dead letter; with the report the case is where the acts say."""
    early = [
        act(place, "E1", "handle", on_the_day("12:20"), actor="lamplighter-01"),
        act(place, "E1", "sign", on_the_day("12:10")),
    ]
    system.publish(early)
    waiting = {"sender": f"/{place}/desk", "like": "E1-%"}
    for table in ("facts", "dead_letters"):
        query = f"SELECT count() FROM {table} WHERE sender = %(sender)s AND input_id LIKE %(like)s"
        assert system.ask(query, **waiting)[0][0] == 0, table

    system.publish([report(place, "E1", on_the_day("12:00"))])
    told = system.json("case", case_of(system, "E1"), "--json")
    assert told["state"] == "handled"
    times = [datetime.fromisoformat(line["occurred_at"]) for line in told["timeline"]]
    assert times == sorted(times)
    assert datetime.fromisoformat(on_the_day("12:20")) in times


def test_an_identity_used_for_other_content_is_refused_and_shown(
    place: str, system: System
) -> None:
    """The first content stands; the second is listed with its reason, and kept as it came."""
    system.publish([report(place, "I1", on_the_day("13:00"))])
    before = answered(system.rates("--place", place))
    system.publish([report(place, "I1", on_the_day("13:00"), "垃圾乱堆")])

    assert leads(system)["I1"] == "night-watch"
    after = answered(system.rates("--place", place))
    assert after == before
    listed = system.json("dead-letters", "list", "--reason", "identity_reused", "--json")
    (letter,) = [one for one in listed if one["place"] == place]
    assert (letter["sender"], letter["input_id"]) == (f"/{place}/hotline", "I1")
    shown = system.json("dead-letters", "show", letter["letter_id"], "--json")
    assert shown["topic"] == HOTLINE.name
    assert "垃圾乱堆" in shown["value"]


def test_no_name_and_no_number_is_kept_in_clear(place: str, system: System) -> None:
    """Behind the door there are tokens: on every topic, in every table, in every log."""
    who = {"name": NAME, "phone": PHONE, "id_number": ID}
    words = f"街灯不亮，联系人{NAME}，电话 139-1234-5678，证件{ID}"
    system.publish(
        [
            report(place, "P1", on_the_day("14:00"), words, requester=who, address=NAME),
            act(place, "P1", "return", on_the_day("14:10"), reason=f"请致电{PHONE}"),
        ]
    )
    spoilt = report(place, "P2", on_the_day("14:00"), words, requester={**who, "mood": PHONE})
    unknown = event("report.pigeon", f"/{place}/loft", "P3", on_the_day("14:00"), who)
    _publish_unchecked(system, [spoilt, unknown])

    needles = {NAME, PHONE, "139-1234-5678", ID, *_persons(system)}
    pattern = re.compile(b"|".join(re.escape(needle.encode()) for needle in sorted(needles)))
    assert any(pattern.search(record.value or b"") for record in system.read(HOTLINE))
    for where, blob in _kept(system):
        assert pattern.search(blob) is None, f"{where}: {pattern.findall(blob)[:3]!r}"


def _publish_unchecked(system: System, events: list[dict[str, object]]) -> None:
    """As an upstream with a client of its own: nothing looks at it before intake does."""
    harbour.send_raw(system, HOTLINE.name, events)
    system.joined.drain()


def _persons(system: System) -> Iterator[str]:
    """Every name and number that some upstream wrote into the source topics."""
    for record in system.read(HOTLINE, CITIZEN):
        yield from re.findall(r'"(?:name|phone|id_number)":\s*"([^"]{2,})"', _text(record))


def _text(record: Record) -> str:
    return (record.value or b"").decode(errors="replace")


def _kept(system: System) -> Iterator[tuple[str, bytes]]:
    for record in system.read(*BEHIND_THE_DOOR):
        headers = b"".join(value for _, value in record.headers)
        yield record.topic, b"".join((record.key or b"", record.value or b"", headers))
    for (table,) in system.ask("SELECT name FROM system.tables WHERE database = 'gridloop'"):
        for row in system.ask(f"SELECT * FROM {table}"):
            yield table, repr(row).encode()
    for log in system.home.logs.iterdir():
        yield log.name, log.read_bytes()
    for kept in (path for path in system.home.state.rglob("*") if path.is_file()):
        yield kept.name, kept.read_bytes()
