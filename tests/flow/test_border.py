"""Two reports of one problem on either side of a border, from the door to the case."""

from streams.core.codec import encode_binary
from streams.core.events import Crs, GridworkerReport, Point, ReferenceKind
from streams.core.home import case_id
from streams.core.place import Rulebook
from streams.core.privacy import Tokeniser
from streams.core.record import Record
from streams.core.topics import GRIDWORKER, INTAKE, TICKETS
from streams.flow import casework
from streams.flow.intake import Door
from streams.flow.tickets import Tickets
from streams.wire.seal import Seal
from tests.case_inputs import AREAS, MATTERS, PLACE, at, document
from tests.flow.memory_chain import ARRIVAL_MS, KEY, MemoryState, appended, run, whole
from tests.flow.merging_world import LAT, LON, MERGING, METRE, changes, log, standing

GRID = 0.01
"""Degrees: two square grids, the border between them at LON."""


def square(code: str, west: float) -> dict[str, object]:
    south, north = LAT - GRID, LAT + GRID
    ring = [[west, south], [west + GRID, south], [west + GRID, north], [west, north]]
    return {"code": code, "ring": ring}


PARENT = AREAS["areas"][0]
DOCUMENTS = [
    document(ReferenceKind.PLACE, PLACE),
    document(
        ReferenceKind.AREAS,
        {
            "areas": [
                PARENT,
                *(
                    {
                        "code": c,
                        "name": c,
                        "level": "community",
                        "parent": "a0",
                        "grids": [f"{c}-g"],
                    }
                    for c in ("west", "east")
                ),
            ]
        },
    ),
    document(ReferenceKind.MATTERS, MATTERS),
    document(ReferenceKind.GRIDS, {"grids": [square("west-g", LON - GRID), square("east-g", LON)]}),
    document(ReferenceKind.MERGING, MERGING),
]


def seen(number: int, name: str, metres_east: float) -> Record:
    data = GridworkerReport(
        place="here",
        text="垃圾没人清",
        reporter="w1",
        point=Point(LAT, LON + metres_east * METRE, Crs.WGS84),
    )
    headers, value = encode_binary("gridloop.report.gridworker.v1", "/gw", name, at(number), data)
    return Record(GRIDWORKER.name, 0, number, ARRIVAL_MS, None, value, headers)


def test_a_report_across_the_border_is_proposed_to_a_person() -> None:
    book = Rulebook()
    for one in DOCUMENTS:
        book = book.with_change(one)
    door = Door(lambda: book, Tokeniser(KEY), Seal(KEY).close)
    first = run(
        door.step, [seen(1, "a", -20), seen(2, "b", 20), seen(3, "c", 400)], whole, MemoryState()
    )
    second = run(Tickets(lambda: book).step, appended(first, TICKETS.name), whole, MemoryState())
    state = MemoryState()
    run(casework.step, log(changes(DOCUMENTS), -10), whole, state)
    found = standing(run(casework.step, appended(second, INTAKE.name), whole, state))
    assert found.groups == {frozenset("a"), frozenset("b"), frozenset("c")}
    (proposed,) = found.told("twin_proposed")
    assert proposed[0] == case_id("here/east", "/gw", "b")
    assert case_id("here/west", "/gw", "a") in proposed[4]
    assert "跨片区" in proposed[4]
