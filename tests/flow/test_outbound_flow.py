"""Notices on their way out: from what upstreams wrote to the topics that others read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from streams.core.accepted import AcceptedAct, AcceptedReport, ReferenceChange, Tick
from streams.core.codec import (
    decode,
    decode_accepted,
    decode_outgoing,
    encode_binary,
    encode_json,
)
from streams.core.events import Act, ActKind, HotlineReport, TicketRef
from streams.core.notices import Alarm, Dispatch, Notice, Reply
from streams.core.record import Out, Record
from streams.core.results import Fact, FactKind
from streams.core.topics import (
    ACTS,
    ALARMS,
    DISPATCHES,
    FACTS,
    HOTLINE,
    INTAKE,
    REPLIES,
    TICKS,
)
from streams.flow import casework
from tests.flow.memory_chain import (
    ARRIVAL_MS,
    MemoryState,
    appended,
    chain,
    day,
    one_by_one,
    references,
    run,
    sent,
    whole,
)

NINE = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
SENDER = "/dongguan/12345"
KINDS = {DISPATCHES.name: Dispatch, REPLIES.name: Reply, ALARMS.name: Alarm}
DAY = sent(day(seed=61, reports=40))


def report(name: str, text: str = "路灯不亮") -> Record:
    data = HotlineReport(place="dongguan", text=text)
    headers, value = encode_binary("gridloop.report.hotline.v1", SENDER, name, NINE, data)
    return Record(HOTLINE.name, 0, 0, ARRIVAL_MS, None, value, headers)


def act(name: str, ticket: str, kind: ActKind, hours: float) -> Record:
    data = Act(place="dongguan", act=kind, ticket=TicketRef(SENDER, ticket))
    at = NINE + timedelta(hours=hours)
    headers, value = encode_binary("gridloop.act.v1", SENDER, name, at, data)
    return Record(ACTS.name, 0, 0, ARRIVAL_MS, None, value, headers)


def tick(offset: int, at: datetime) -> Record:
    return Record(TICKS.name, 0, offset, ARRIVAL_MS, b"dongguan", encode_json(Tick("dongguan", at)))


def carried(out: Out) -> Notice:
    """What a notice's record says to anybody who reads CloudEvents."""
    envelope = decode(Record(out.topic, 0, 0, 0, out.key, out.value, out.headers))
    notice = decode_outgoing(envelope)
    assert isinstance(notice, KINDS[out.topic])
    assert (envelope.sender, envelope.id) == ("/gridloop/casework", notice.id)
    assert envelope.type == f"gridloop.{type(notice).__name__.lower()}.v1"
    return notice


def notices(outs: Iterable[Out]) -> list[Out]:
    return [out for out in outs if out.topic in KINDS]


def of_day(*ticks: Record) -> list[Record]:
    return [*references(), *appended(chain(DAY)[0], INTAKE.name), *ticks]


def test_notices_are_cloudevents_keyed_by_whom_they_concern() -> None:
    outs, _ = chain(
        [report("r1"), act("a1", "r1", ActKind.SIGN, 1), act("a2", "r1", ActKind.HANDLE, 2)]
    )
    told = [(out.topic, out.key, carried(out)) for out in notices(outs)]
    assert [(topic, key) for topic, key, _ in told] == [
        (DISPATCHES.name, told[0][1]),
        (REPLIES.name, SENDER.encode()),
        (REPLIES.name, SENDER.encode()),
    ]
    dispatch, first, last = (notice for _, _, notice in told)
    assert isinstance(dispatch, Dispatch)
    assert dispatch.department.encode() == told[0][1]
    assert dispatch.text == "路灯不亮"
    assert isinstance(first, Reply)
    assert isinstance(last, Reply)
    assert (first.status, last.status) == ("dispatched", "handled")
    assert first.ticket == TicketRef(SENDER, "r1")


def test_every_notice_of_a_day_can_be_read_and_every_report_gets_a_reply() -> None:
    outs = run(casework.step, of_day(tick(1, NINE + timedelta(days=400))), whole, MemoryState())
    told = [carried(out) for out in notices(outs)]
    replied = {one.ticket for one in told if isinstance(one, Reply)}
    facts = [msgspec.json.decode(o.value or b"", type=Fact) for o in outs if o.topic == FACTS.name]
    reports = {
        TicketRef(fact.sender, fact.input_id)
        for fact in facts
        if fact.kind in {FactKind.REPORT_ACCEPTED, FactKind.REPORT_LINKED}
    }
    assert replied == reports
    assert any(isinstance(one, Alarm) for one in told)


def test_how_the_log_is_cut_changes_no_notice() -> None:
    log = of_day(tick(1, NINE + timedelta(days=60)), tick(2, NINE + timedelta(days=400)))
    singly = run(casework.step, log, one_by_one, MemoryState())
    assert notices(run(casework.step, log, whole, MemoryState())) == notices(singly)


def test_a_chunk_that_comes_again_after_a_crash_tells_the_very_same() -> None:
    log = of_day()
    state = MemoryState()
    run(casework.step, log[:100], whole, state)
    crashed = casework.step(log[100:200], state)  # sent, but its state was never kept
    again = MemoryState()
    again.values = dict(state.values)
    assert notices(crashed.outs)
    assert notices(casework.step(log[100:200], again).outs) == notices(crashed.outs)


def test_a_tick_raises_each_alarm_once_also_after_a_restart() -> None:
    """A restarted worker lets out its breaches again, for the ledger; nobody is woken again."""
    state = MemoryState()
    run(casework.step, of_day(), whole, state)
    late = NINE + timedelta(days=400)
    raised = run(casework.step, [tick(1, late)], whole, state)
    assert any(out.topic == ALARMS.name for out in raised)
    restarted = MemoryState()
    restarted.values = dict(state.values)
    again = run(casework.step, [tick(2, late + timedelta(hours=1))], whole, restarted)
    assert not notices(again)


def test_a_breach_told_by_a_revision_is_not_raised_by_the_next_tick_as_well() -> None:
    state = MemoryState()
    late = NINE + timedelta(days=400)
    run(casework.step, [*references(), tick(1, late)], whole, state)
    outs, _ = chain([report("r1", "路口暴露垃圾")])
    told = run(casework.step, appended(outs, INTAKE.name), whole, state)
    assert [out.topic for out in told].count(ALARMS.name) == 1
    assert not notices(run(casework.step, [tick(2, late + timedelta(hours=1))], whole, state))


@pytest.mark.parametrize(
    ("place", "lifecycle"), [("dongguan~check", "five_steps"), ("dongguan", "ticket")]
)
def test_replays_and_imports_are_folded_and_tell_nobody(place: str, lifecycle: str) -> None:
    """Only the log knows: the records are those of the day, of another place or lifecycle."""
    decoded = [(one, decode_accepted(one.value or b"")) for one in of_day()]
    other = [
        replace(record, value=encode_json(_moved(accepted, place, lifecycle)))
        for record, accepted in decoded
    ]
    outs = run(casework.step, other, whole, MemoryState())
    assert any(out.topic == FACTS.name for out in outs)
    assert not notices(outs)


def _moved(accepted: object, place: str, lifecycle: str) -> object:
    match accepted:
        case AcceptedReport():
            home = accepted.home.replace("dongguan", place)
            return replace(accepted, place=place, home=home, lifecycle=lifecycle)
        case AcceptedAct():
            return replace(accepted, case_id=accepted.case_id.replace("dongguan", place))
        case ReferenceChange():
            return replace(accepted, reference=replace(accepted.reference, place=place))
    return accepted
