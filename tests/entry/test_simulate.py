"""The simulated day: repeatable to the byte, well formed, within its day, and with a story."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.classify import Classifier
from streams.core.codec import Envelope, decode, decode_data
from streams.core.events import Act, ActKind, PatrolReport
from streams.core.lifecycle import FIVE_STEPS, CaseState, answer, missing
from streams.core.record import Record
from streams.core.refusal import Reason, Refused
from streams.core.topics import ACTS, REPORTS
from streams.entry.dayfile import Channel, DayBody
from streams.entry.simulate import Day, Kind, Simulated, as_of, day_of, simulate
from streams.entry.simulate_calls import simulate_calls
from streams.entry.simulate_poison import REASONS
from tests.entry.town import RULES

SEED = 7
GOOD = {Kind.REPORT, Kind.ACT, Kind.REPEAT}


@cache
def a_day() -> list[Simulated]:
    return list(simulate(RULES, SEED, 600, poison=16))


@cache
def a_busy_day() -> list[Simulated]:
    return list(simulate(RULES, 11, 1500))


def envelope(item: Simulated, offset: int = 0) -> Envelope:
    """What intake reads of a simulated record."""
    return decode(Record(item.topic, 0, offset, 0, item.key, item.value, item.headers))


def reports(items: list[Simulated]) -> list[Envelope]:
    return [envelope(item) for item in items if item.kind is Kind.REPORT]


def acts(items: list[Simulated]) -> list[tuple[datetime, Act]]:
    """Every act and when it was, in the order of occurrence."""
    found = [envelope(item) for item in items if item.kind is Kind.ACT]
    pairs = [(one.time, decode_data(one)) for one in found]
    return sorted(
        ((at, act) for at, act in pairs if isinstance(act, Act)), key=lambda pair: pair[0]
    )


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(0, 5))
def test_the_same_seed_gives_the_same_bytes(seed: int, count: int, poison: int):
    first = list(simulate(RULES, seed, count, poison=poison))
    assert first == list(simulate(RULES, seed, count, poison=poison))


def test_another_seed_is_another_day():
    assert day_of(0) == day_of(365) == date(2025, 1, 1)
    assert day_of(364) == date(2025, 12, 31)
    ours = {record.id for record in reports(a_day())}
    assert len(ours) == 600
    senders = {record.sender for record in reports(list(simulate(RULES, SEED + 365, 50)))}
    assert not senders & {record.sender for record in reports(a_day())}


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_there_are_as_many_distinct_reports_as_asked_for(seed: int, count: int):
    found = reports(list(simulate(RULES, seed, count, poison=3)))
    assert len({(one.sender, one.id) for one in found}) == len(found) == count


def test_records_come_in_the_order_of_their_sending_and_within_the_day():
    items = a_day()
    day = Day.of(SEED, RULES.zone)
    assert day.start == datetime(2025, 1, 7, 16, tzinfo=UTC)
    assert as_of(RULES, SEED) == day.end == day.start + timedelta(days=1)
    times = [item.at for item in items]
    assert times == sorted(times)
    assert all(day.start <= item.occurred_at <= item.at < day.end for item in items)


def test_every_record_but_poison_is_well_formed():
    for item in a_day():
        if item.kind in GOOD:
            read = envelope(item)
            data = decode_data(read)
            assert read.time == item.occurred_at
            assert data.place == RULES.place
            if isinstance(data, Act):
                assert not missing(data)


def test_all_four_channels_report_each_on_its_topic():
    topics = Counter(item.topic for item in a_day() if item.kind is Kind.REPORT)
    assert set(topics) == {topic.name for topic in REPORTS}
    assert topics.most_common(1)[0][0].endswith("hotline.v1")


def test_acts_are_about_reports_of_this_day_and_come_after_them():
    known = {(one.sender, one.id): one.time for one in reports(a_day())}
    for at, act in acts(a_day()):
        assert act.ticket is not None
        assert act.case is None
        assert known[act.ticket.sender, act.ticket.id] < at


def test_an_act_shares_the_key_of_its_report():
    keys = {item.key for item in a_day() if item.kind is Kind.REPORT}
    assert {item.key for item in a_day() if item.topic == ACTS.name} <= keys


def test_every_life_goes_the_way_of_the_five_steps():
    """No act is one that the lifecycle would refuse; what a camera found is looked at first."""
    found = ((one.id, decode_data(one)) for one in reports(a_busy_day()))
    state = {
        id: CaseState.REPORTED
        for id, data in found
        if isinstance(data, PatrolReport) and not data.confirmed
    }
    for _, act in acts(a_busy_day()):
        assert act.ticket is not None
        before = state.get(act.ticket.id, CaseState.DISPATCHED)
        if act.act is ActKind.VOID:
            state[act.ticket.id] = CaseState.VOID
            continue
        if act.act is ActKind.VERIFY:
            assert before is CaseState.REPORTED
            state[act.ticket.id] = CaseState.DISPATCHED if act.passed else CaseState.REJECTED
            continue
        state[act.ticket.id] = FIVE_STEPS[before, act.act, answer(act)].to
    ends = Counter(state.values())
    assert ends[CaseState.CLOSED] > 750
    assert ends[CaseState.VOID] > 0
    assert len(ends) > 4


def test_a_day_has_every_turn_that_a_case_can_take():
    turns = Counter((act.act, answer(act)) for _, act in acts(a_busy_day()))
    wanted = {
        *{(ActKind.RETURN, None), (ActKind.DISPATCH, None), (ActKind.REOPEN, None)},
        *{(ActKind.VERIFY, True), (ActKind.VERIFY, False)},
        *{(ActKind.CHECK, False), (ActKind.CALL_BACK, False), (ActKind.VOID, None)},
    }
    assert wanted <= set(turns)


def test_some_cases_are_closed_after_their_limit():
    """Fire hazards have two hours; about one in four takes longer."""
    items = a_busy_day()
    classifier = Classifier.of(RULES)
    fires = {}
    for one in reports(items):
        data = decode_data(one)
        if classifier.classify(data.text, data.matter).matter == "fire":
            fires[one.id] = one.time
    took = [
        at - fires[act.ticket.id]
        for at, act in acts(items)
        if act.act is ActKind.CLOSE and act.ticket and act.ticket.id in fires
    ]
    late = sum(one > timedelta(hours=2) for one in took) / len(took)
    assert 0.1 < late < 0.4


def test_most_texts_tell_their_matter_and_some_do_not():
    classifier = Classifier.of(RULES)
    found = [classifier.classify(decode_data(one).text).matter for one in reports(a_day())]
    unclear = found.count(None) / len(found)
    assert 0.02 < unclear < 0.12
    assert set(found) == {None, *RULES.matters}


def test_some_reports_come_from_no_known_area():
    areas = Counter(decode_data(one).area in RULES.areas for one in reports(a_day()))
    assert 0 < areas[False] < 0.1 * areas.total()


def test_requesters_are_invented():
    people = [getattr(decode_data(one), "requester", None) for one in reports(a_day())]
    named = [who for who in people if who is not None]
    assert named
    assert all("某" in (who.name or "") for who in named)
    assert all((who.phone or "").startswith("13800000") for who in named)


def test_repeats_are_the_same_bytes_once_more():
    sent = {
        (item.topic, item.key, item.value, item.headers) for item in a_day() if item.kind in GOOD
    }
    repeats = [item for item in a_day() if item.kind is Kind.REPEAT]
    assert repeats
    originals = sum(item.kind in {Kind.REPORT, Kind.ACT} for item in a_day())
    assert len(sent) == originals


def test_some_reports_are_sent_hours_after_they_happened():
    delays = [item.at - item.occurred_at for item in a_day() if item.kind is Kind.REPORT]
    assert max(delays) > timedelta(hours=1)
    assert sum(delay < timedelta(minutes=1) for delay in delays) > 0.9 * len(delays)


def test_each_poisoned_record_has_bytes_of_its_own_and_a_reason():
    spoilt = [item for item in a_day() if item.kind is Kind.POISON]
    assert len({item.value + repr(item.headers).encode() for item in spoilt}) == len(spoilt) == 16
    assert {item.topic for item in spoilt} <= {topic.name for topic in REPORTS}
    reasons = Counter(map(reason_of, spoilt))
    left_to_later_stages = reasons.pop(None)
    assert set(reasons) == set(REASONS) - {Reason.UNKNOWN_PLACE, Reason.IDENTITY_REUSED}
    assert left_to_later_stages == 4


def reason_of(item: Simulated) -> Reason | None:
    try:
        decode_data(envelope(item))
    except Refused as refused:
        return refused.reason
    return None


def test_poison_takes_the_identity_of_a_report_that_was_sent_before():
    sent: dict[tuple[str, str], str] = {}
    taken = 0
    for item in a_day():
        if item.kind is Kind.POISON and reason_of(item) is not None:
            continue
        one = envelope(item)
        if item.kind is Kind.POISON and one.id.startswith("POISON") is False:
            assert sent[one.sender, one.id] != one.sha256
            taken += 1
        sent.setdefault((one.sender, one.id), one.sha256)
    assert taken == 2


def test_what_is_another_systems_affair_is_not_simulated():
    tickets = msgspec.structs.replace(RULES, lifecycle="ticket")
    with pytest.raises(ValueError, match="another system's affair"):
        simulate(tickets, SEED, 1)


@pytest.mark.parametrize("count", [0, 1])
def test_a_day_may_be_all_but_empty(count: int):
    assert len(reports(list(simulate(RULES, 3, count)))) == count


def test_most_calls_are_answered_at_once_some_late_and_some_never():
    items = simulate_calls(RULES, SEED)
    assert [item.at for item in items] == sorted(item.at for item in items)
    assert all(as_of(RULES, SEED) > item.at > item.occurred_at for item in items)
    told = [(decode_data(envelope(item)).answered_at, item.occurred_at) for item in items]
    rang = [answered - offered for answered, offered in told if answered is not None]
    soon = sum(one <= timedelta(seconds=15) for one in rang)
    assert len(items) / 2 < soon < len(rang) < len(items)
    assert (
        simulate_calls(RULES, SEED, DayBody(channels=(Channel(source="patrol", weight=1),))) == []
    )
