"""Slots as rows of a real engine: what is kept of them answers every figure as `overview` does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.accepted import AcceptedRound, Origin
from streams.core.events import INFINITY
from streams.core.place import Rulebook
from streams.core.roundfigures import RoundQuery, overview
from streams.core.slotfigures import SLOT_FIGURES
from streams.core.slots_sql import params_of, slots_sql
from streams.keep.slotkeeper import SlotKeeper
from streams.keep.tables import MADE, REFERENCE_DOCUMENTS, ROUNDS, micros
from streams.wire.clickhouse import Later, Warehouse
from tests.core.round_inputs import book, local, made, schedule
from tests.core.slot_inputs import BEGUN, INSTANTS, Made, changing
from tests.core.slot_inputs import ROUNDS as DRAWN
from tests.keep.warehouses import RealWarehouse

pytestmark = pytest.mark.engine

CUTS: tuple[tuple[str, ...], ...] = (
    ("schedule",),
    ("area",),
    ("street", "mode"),
    ("day", "kind"),
    ("subject", "scene"),
    ("ten-days",),
)
END = BEGUN + timedelta(days=6)
POSTS = {"each": "codes", "codes": ["p1", "p2"], "area": "v1"}


class Kept:
    """A place on a real engine, and who keeps its slots."""

    def __init__(self, store: RealWarehouse, rules: Rulebook, now: datetime = END) -> None:
        self.store, self.rules, self.now = store, rules, now
        self.known: list[Made] = []
        for table in (ROUNDS, REFERENCE_DOCUMENTS, *MADE):
            store.execute(f"TRUNCATE TABLE {table.name}")
        self.keeper = self.another()
        self.publish("1")

    def another(self) -> SlotKeeper:
        """As after a restart."""
        return SlotKeeper(self.store, lambda place: self.rules, lambda place: self.now)

    def publish(self, version: str) -> None:
        """Documents have come; which ones, the book says."""
        self.store.execute(
            "INSERT INTO reference_documents (id, place, kind, version, sha256)"
            f" VALUES ('{version}', 'here', 'schedules', '{version}', '{version}')"
        )

    def make(self, rounds: Sequence[Made]) -> None:
        """Store these rounds."""
        rows = [
            AcceptedRound(
                sender="app",
                id=str(len(self.known) + n),
                sha256="0",
                home="here/v1",
                occurred_at=one.started_at,
                round=one,
                origin=Origin("t", 0, n),
            )
            for n, (one, _) in enumerate(rounds)
        ]
        carried = [(micros(at), "t", 0, len(self.known) + n) for n, (_, at) in enumerate(rounds)]
        self.store.insert_columns(ROUNDS.name, ROUNDS.names, ROUNDS.turned(rows, carried))
        self.known += rounds

    def compare(self, since: datetime, as_of: datetime, k: datetime) -> int:
        """Every cut by SQL is that of Python; how many rows they have."""
        rows = 0
        tree = ({}, {"at_level": "village"}, {"at_level": "street", "inside": "v1"})
        for n, by in enumerate(CUTS):
            where = tree[n % 3 if by == ("area",) else 0]
            query = RoundQuery(
                place="here", zone="Asia/Shanghai", since=since, as_of=as_of, by=by, **where
            )
            told = overview(self.rules, [one for one, at in self.known if at < k], query).rows
            text = slots_sql(
                *(by, SLOT_FIGURES),
                at_level=query.at_level is not None,
                inside=query.inside is not None,
                parts=True,
            )
            width = len(by)
            found = {
                row[:width]: row[width:] for row in self.store.query(text, params_of(query, k))
            }
            plain = {
                tuple(row.by.values()): (
                    *(row.expected, row.done),
                    *((one.numerator, one.denominator) for one in row.figures.values()),
                )
                for row in told
            }
            assert found == plain, by
            rows += len(told)
        return rows

    def rows(self) -> list[tuple[object, ...]]:
        """All that stands, revisions in."""
        return self.store.query("SELECT * FROM slots FINAL ORDER BY ALL")


INSTANTS_OF = st.tuples(st.integers(0, 48), INSTANTS, INSTANTS)
"""Hours from the beginning, A, K."""


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DRAWN, st.integers(0, 30), INSTANTS_OF)
def test_sql_says_what_python_says_whenever_rounds_come(
    real: RealWarehouse, known: list[Made], cut: int, asked: tuple[int, datetime, datetime]
) -> None:
    """Some of them are there as the place's slots are first made, the others come later."""
    hours, as_of, k = asked
    known = [(made("03-01", grid="g1"), BEGUN), *sorted(known, key=lambda one: one[1])]
    place = Kept(real, changing())
    place.now = BEGUN + timedelta(days=2)
    place.make(known[: 1 + cut])
    place.keeper.bring()
    place.make(known[1 + cut :])
    place.now = END
    place.another().bring()
    since = BEGUN + timedelta(hours=hours)
    place.compare(since, as_of, k)
    assert place.compare(since, END, INFINITY) > 0


def test_a_late_round_changes_its_slots_from_its_arrival_on(real: RealWarehouse) -> None:
    """Of a slot that is over, of one that runs, and of a duty that it covers in part."""
    duty = schedule("duty", "hour", id="D", count=6, subjects=POSTS)
    place = Kept(real, book(schedule(), schedule(every="week", id="W"), duty))
    place.make([(made("03-03 08:00", grid="g1"), local("03-03 09:00"))])
    place.keeper.bring()
    before, arrived = place.rows(), local("03-06 12:00")
    late = made("03-04 08:00", "duty", hours=3, subject="p1", worker="w1")
    place.make([(made("03-05 08:00", grid="g2"), arrived), (late, arrived)])
    place.keeper.bring()
    assert len(place.rows()) == len(before) + 3
    place.compare(BEGUN, END, INFINITY)
    place.compare(BEGUN, END, arrived)
    # Another broker leads now, whose clock is a little behind.
    place.make([(made("03-05 09:00", grid="g3"), arrived - timedelta(seconds=3))])
    place.keeper.bring()
    place.compare(BEGUN, END, INFINITY)
    place.now = END + timedelta(days=7)
    place.keeper.bring()
    place.compare(BEGUN, place.now, INFINITY)


def test_other_documents_make_a_place_s_slots_anew_and_what_they_drop_is_gone(
    real: RealWarehouse,
) -> None:
    """A crash between rows and mark writes nothing twice; a second look at the same, nothing."""
    same = schedule("meeting", id="S3", subjects=POSTS)
    place = Kept(real, book(schedule(), schedule("visit", id="S2", subjects=POSTS), same))
    place.make([(made("03-03 08:00", grid="g1"), local("03-03 09:00"))])
    place.keeper.bring()
    assert place.compare(BEGUN, END, INFINITY) > 0
    first = place.rows()
    real.execute("TRUNCATE TABLE slots_kept")
    place.another().bring()
    assert place.rows() == first

    weekly = schedule("visit", "week", id="S2", subjects=POSTS)
    place.rules = book(schedule(at_least=2), weekly, same)
    place.publish("2")
    place.keeper.bring()
    assert place.compare(BEGUN, END, INFINITY) > 0
    changed = place.rows()
    assert real.query(
        "SELECT schedule, groupUniqArray((gone, revision)) FROM slots FINAL"
        " WHERE toDayOfWeek(begun_at, 0, 'Asia/Shanghai') > 1 GROUP BY schedule ORDER BY schedule"
    ) == [("S1", [(False, 2)]), ("S2", [(True, 2)]), ("S3", [(False, 1)])]
    place.keeper.bring()
    assert place.rows() == changed


def test_a_round_of_an_earlier_month_reaches_back_and_a_place_without_rounds_has_no_slots(
    real: RealWarehouse,
) -> None:
    place = Kept(real, book(schedule()))
    place.keeper.bring()
    assert place.rows() == []
    place.make([(made("03-03 08:00", grid="g1"), local("03-03 09:00"))])
    place.keeper.bring()
    place.make([(made("02-11 08:00", grid="g2"), local("03-03 10:00"))])
    place.keeper.bring()
    assert place.compare(local("02-01"), END, INFINITY) > 0
    assert place.compare(local("02-01"), END, local("03-03 10:00")) > 0


def test_a_store_that_is_away_and_a_place_that_cannot_be_read_stop_nobody(
    real: RealWarehouse,
) -> None:
    place = Kept(real, book(schedule()))
    place.make([(made("03-03 08:00", grid="g1"), local("03-03 09:00"))])

    def broken(place: str) -> Rulebook:
        raise ValueError(place)

    SlotKeeper(real, broken, lambda place: END).bring()
    assert place.rows() == []
    told: dict[str, float] = {}
    SlotKeeper(real, lambda name: place.rules, lambda name: END, told.__setitem__).bring()
    assert told == {"here": 0.0}
    assert place.compare(BEGUN, END, INFINITY) > 0
    with pytest.raises(Later):
        SlotKeeper(Warehouse("127.0.0.1:9"), broken, lambda place: END).bring()
