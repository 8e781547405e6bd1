"""Calls at the hotline's desk: kept as they are told, of nobody, and never a case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from streams.core.calls import HotlineCall, call_row
from streams.core.codec import encode_binary
from streams.core.record import Out, Record
from streams.core.results import CallRow, DeadLetter
from streams.core.topics import CALLS, DEAD_LETTERS, INTAKE
from streams.core.watch import watch_partition
from streams.flow.letters import LETTER
from tests.flow.memory_chain import ARRIVAL_MS, DOOR, MemoryState, chain, run, whole

NINE = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
ARRIVED = datetime.fromtimestamp(ARRIVAL_MS // 1000, UTC)


def call(name: str, **more: Any) -> Record:
    """One call as the telephone system publishes it."""
    data = HotlineCall(place="dongguan", **more)
    headers, value = encode_binary("gridloop.call.v1", "/dongguan/telephone", name, NINE, data)
    return Record(CALLS.name, 0, 0, ARRIVAL_MS, None, value, headers)


def kept(outs: list[Out]) -> list[CallRow]:
    assert {out.topic for out in outs} == {INTAKE.name}
    found = [
        call_row(Record(out.topic, 0, n, ARRIVAL_MS, out.key, out.value))
        for n, out in enumerate(outs)
    ]
    return [one for one in found if one is not None]


def test_a_call_is_kept_opens_no_case_and_where_no_area_is_told_it_lies_in_none() -> None:
    answered, ended = NINE + timedelta(seconds=7), NINE + timedelta(minutes=3)
    told = [
        call("1", answered_at=answered, ended_at=ended, line="12345", area="441900-t01-c01"),
        call("2"),
    ]
    outs, _ = chain(told)
    one, two = kept(outs)
    assert (one.offered_at, one.answered_at, one.ended_at) == (NINE, answered, ended)
    assert (one.channel, one.area, one.ingested_at) == ("12345", "441900-t01-c01", ARRIVED)
    assert ("street", one.street) in one.lineage
    assert (two.answered_at, two.area, two.street, two.lineage) == (None, None, None, [])
    assert {out.partition for out in outs} == {watch_partition("dongguan")}


@pytest.mark.parametrize(
    "more",
    [
        {"answered_at": NINE - timedelta(microseconds=1)},
        {"ended_at": NINE - timedelta(microseconds=1)},
        {"answered_at": NINE + timedelta(minutes=2), "ended_at": NINE + timedelta(minutes=1)},
        {"answered_at": datetime(2190, 1, 1, tzinfo=UTC)},
        {"ended_at": datetime(2190, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_call_whose_times_cannot_be_is_refused(more: dict[str, Any]) -> None:
    (out,) = run(DOOR.step, [call("1", **more)], whole, MemoryState())
    assert out.topic == DEAD_LETTERS.name
    assert msgspec.json.decode(dict(out.headers)[LETTER], type=DeadLetter).reason == "bad_time"
