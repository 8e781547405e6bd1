"""Publish: good lines go to the topic of their type as they are, bad ones are told and not sent."""

import json
from typing import Any

import pytest

from streams.core.codec import DOOR, decode, decode_data, encode_structured
from streams.core.events import Act, ActKind, HotlineReport, TicketRef
from streams.core.home import ticket_key
from streams.core.refusal import Reason
from streams.entry.publish import PublishResult, publish_lines
from streams.entry.simulate import Day, Kind, simulate
from tests.entry.ledgers import Ledger
from tests.entry.town import RULES

AT = Day.of(7, RULES.zone).start
REPORT = HotlineReport(place="cloudbrook", text="路灯不亮")
LINE = encode_structured("gridloop.report.hotline.v1", "/line", "R-1", AT, REPORT)


def published(*lines: bytes | str) -> tuple[PublishResult, Ledger]:
    ledger = Ledger()
    return publish_lines(lines, ledger), ledger


def changed(**change: Any) -> bytes:
    """The good line with some attributes changed; None takes one away."""
    event = json.loads(LINE) | change
    return json.dumps({k: v for k, v in event.items() if v is not None}).encode()


def test_a_good_line_is_sent_as_the_bytes_it_came_in():
    result, ledger = published(LINE)
    (record,) = ledger.records
    assert (result.read, result.published, result.refused) == (1, 1, [])
    assert (record.topic, record.key) == (
        DOOR["gridloop.report.hotline.v1"].name,
        ticket_key("/line", "R-1"),
    )
    assert record.value == LINE
    assert decode_data(decode(record)) == REPORT
    assert ledger.flushed == 1


def test_blank_lines_and_line_ends_are_no_part_of_an_event():
    result, ledger = published(b"\n", LINE + b"\r\n", "  ", LINE.decode() + "\n")
    assert (result.read, result.published) == (2, 2)
    assert [record.value for record in ledger.records] == [LINE, LINE]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", Reason.NOT_JSON),
        (b"[]", Reason.NOT_CLOUDEVENT),
        (b"\xff\xfe", Reason.NOT_JSON),
        (changed(id=None), Reason.NOT_CLOUDEVENT),
        (changed(type="gridloop.report.pigeon.v1"), Reason.UNKNOWN_TYPE),
        (changed(type="gridloop.fact.v1"), Reason.UNKNOWN_TYPE),
        (changed(time="2025-01-08T09:00:00"), Reason.NO_OFFSET),
        (changed(data={"place": "cloudbrook"}), Reason.INVALID),
        (changed(data={"place": "cloudbrook", "text": "x", "colour": "red"}), Reason.INVALID),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_others_are_sent(line: bytes, reason: Reason):
    result, ledger = published(LINE, b"", line, LINE)
    assert (result.read, result.published) == (3, 2)
    assert [(refusal.line, refusal.reason) for refusal in result.refused] == [(3, reason)]
    assert len(ledger.records) == 2


@pytest.mark.parametrize(
    "act",
    [
        Act(place="cloudbrook", act=ActKind.SIGN),
        Act(place="cloudbrook", act=ActKind.CHECK, ticket=TicketRef("/line", "R-1")),
        Act(place="cloudbrook", act=ActKind.DISPATCH, case="cloudbrook/e-01/0123456789abcdef"),
    ],
)
def test_an_act_that_lacks_what_its_kind_needs_is_not_sent(act: Act):
    result, ledger = published(encode_structured("gridloop.act.v1", "/desk", "A-1", AT, act))
    assert [refusal.reason for refusal in result.refused] == [Reason.ACT_INCOMPLETE]
    assert not ledger.records


def test_every_type_goes_through_its_own_door():
    """A whole simulated day, written as lines, arrives where it would have come from."""
    items = [item for item in simulate(RULES, 7, 60) if item.kind in {Kind.REPORT, Kind.ACT}]
    lines = []
    for item in items:
        ledger = Ledger()
        ledger.send(item.topic, item.key, item.value, item.headers)
        one = decode(ledger.records[0])
        data = decode_data(one)
        lines.append(encode_structured(one.type, one.sender, one.id, one.time, data))
    result, ledger = published(*lines)
    assert result.refused == []
    assert [record.topic for record in ledger.records] == [item.topic for item in items]


def test_progress_ends_with_all_lines():
    told: list[tuple[int, int, int]] = []
    publish_lines([LINE] * 1200 + [b"{"], Ledger(), lambda *counts: told.append(counts))
    assert told == [(500, 500, 0), (1000, 1000, 0), (1201, 1200, 1)]
