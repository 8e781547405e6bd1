"""The way through, in memory: nothing lost, nothing twice, and no order or cut that matters."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - a seeded shuffle repeats itself

import msgspec
import pytest

from streams.core.accepted import AcceptedReport, Origin, ReferenceChange, Tick
from streams.core.codec import encode_binary, encode_json
from streams.core.events import (
    INFINITY,
    Act,
    ActKind,
    HotlineReport,
    PatrolReport,
    Reference,
    ReferenceKind,
    Requester,
    TicketRef,
)
from streams.core.home import ticket_key
from streams.core.privacy import Tokeniser
from streams.core.record import Out, Record
from streams.core.results import CaseRecord, DeadLetter, Fact
from streams.core.topics import (
    ACTS,
    CASES,
    DEAD_LETTERS,
    FACTS,
    HOTLINE,
    INTAKE,
    PATROL,
    TICKETS,
    TICKS,
)
from streams.flow import casework
from streams.flow.intake import Door
from streams.flow.letters import LETTER
from streams.flow.tickets import Tickets
from streams.wire.seal import Seal
from tests.flow.memory_chain import (
    ARRIVAL_MS,
    BOOK,
    DOOR,
    KEY,
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
DAY = sent(day(seed=60, reports=40, poison=8))
DAY_START = datetime(2025, 3, 1, 16, 0, tzinfo=UTC)
"""Midnight of the simulated day, 2025-01-01 and 60 days, in Asia/Shanghai."""


def letters(outs: Iterable[Out]) -> list[DeadLetter]:
    found = [out for out in outs if out.topic == DEAD_LETTERS.name]
    return [msgspec.json.decode(dict(out.headers)[LETTER], type=DeadLetter) for out in found]


def standing(outs: Iterable[Out]) -> tuple[object, object]:
    """Known-now spans and standing facts, without revisions and knowledge times."""
    spans: dict[tuple[object, ...], tuple[object, ...]] = {}
    facts: dict[str, Fact] = {}
    for out in outs:
        if out.topic == CASES.name:
            for s in msgspec.json.decode(out.value or b"", type=CaseRecord).spans:
                row = (s.known_to, s.to_at, s.state, s.closed_at, s.handled_at, s.deadline)
                spans[s.case_id, s.from_at, s.known_from] = (*row, s.department, s.void)
        elif out.topic == FACTS.name:
            fact = msgspec.json.decode(out.value or b"", type=Fact)
            facts[fact.fact_id] = fact
    now = {(key[0], key[1], *row[1:]) for key, row in spans.items() if row[0] == INFINITY}
    told = {(f.fact_id, f.kind, f.occurred_at) for f in facts.values() if not f.withdrawn}
    return now, told


def report(name: str, text: str = "路灯不亮", **more: object) -> Record:
    data = HotlineReport(place="dongguan", text=text, **more)  # type: ignore[arg-type]
    headers, value = encode_binary("gridloop.report.hotline.v1", SENDER, name, NINE, data)
    return Record(HOTLINE.name, 0, 0, ARRIVAL_MS, None, value, headers)


def seen(name: str, camera: str) -> Record:
    data = PatrolReport(place="dongguan", text="占道经营", camera=camera, camera_class=1)
    headers, value = encode_binary("gridloop.report.patrol.v1", "/dongguan/video", name, NINE, data)
    return Record(PATROL.name, 0, 0, ARRIVAL_MS, None, value, headers)


def act(name: str, ticket: str, kind: ActKind = ActKind.SIGN, **more: object) -> Record:
    data = Act(place="dongguan", act=kind, ticket=TicketRef(SENDER, ticket), **more)  # type: ignore[arg-type]
    at = NINE + timedelta(hours=1)
    headers, value = encode_binary("gridloop.act.v1", SENDER, name, at, data)
    return Record(ACTS.name, 0, 0, ARRIVAL_MS, None, value, headers)


def through_tickets(records: Sequence[Record], state: MemoryState, at_ms: int) -> list[Out]:
    first = run(DOOR.step, records, whole, MemoryState())
    log = appended(first, TICKETS.name, at_ms)
    return run(Tickets(lambda: BOOK).step, log, one_by_one, state)


# --- order, cuts, repeats ------------------------------------------------------------------


def test_how_the_log_is_cut_into_chunks_changes_no_row_and_no_fact() -> None:
    everything, _ = chain(DAY, whole)
    singly, _ = chain(DAY, one_by_one)
    assert sorted(map(repr, everything)) == sorted(map(repr, singly))


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_repeated_delivery_ends_in_the_same_rows(seed: int) -> None:
    shuffled = [*DAY, *DAY[: len(DAY) // 2]]
    Random(seed).shuffle(shuffled)
    assert standing(chain(shuffled)[0]) == standing(chain(DAY)[0])


def test_a_chunk_that_comes_again_after_a_crash_sends_the_very_same() -> None:
    log = appended(chain(DAY)[0], INTAKE.name)
    state = MemoryState()
    run(casework.step, [*references(), *log[:100]], whole, state)
    before = dict(state.values)
    crashed = casework.step(log[100:200], state)  # sent, but its state was never kept
    again = MemoryState()
    again.values = before
    assert list(casework.step(log[100:200], again).outs) == list(crashed.outs)


def changed_limits(offset: int, valid_from: datetime) -> Record:
    """Every matter of the place in two hours, and two to sign, from that instant on."""
    limits = [
        {"id": "X1", "matter": "*", "limit": "2 hours"},
        {"id": "X2", "matter": "*", "limit": "2 hours", "clock": "sign"},
    ]
    document = Reference(
        place="dongguan",
        kind=ReferenceKind.LIMITS,
        version="9999.1",
        valid_from=valid_from,
        body={"limits": limits},
    )
    change = ReferenceChange(
        sender="/here", id="x", sha256="", reference=document, origin=Origin("any", 0, 0)
    )
    return Record(INTAKE.name, 0, offset, ARRIVAL_MS + offset, None, encode_json(change))


@pytest.mark.parametrize("at_hour", [-24 * 300, 4, 12])
def test_a_change_of_rules_comes_to_the_same_early_or_late_and_after_a_restart(
    at_hour: int,
) -> None:
    """It acts on what happened from its day on, whenever it arrives, in memory or not."""
    log = appended(chain(DAY)[0], INTAKE.name)
    valid_from = DAY_START + timedelta(hours=at_hour)
    early = [*references(), changed_limits(-1, valid_from), *log]
    first = standing(run(casework.step, early, whole, MemoryState()))

    ends = []
    for forgets in (False, True):
        state = MemoryState()
        outs = run(casework.step, [*references(), *log], whole, state)
        if forgets:
            state.memo.clear()
        outs += run(casework.step, [changed_limits(len(log), valid_from)], whole, state)
        ends.append(standing(outs))
    assert ends == [first, first]


def test_what_is_let_out_by_ticks_does_not_depend_on_when_they_come() -> None:
    """Breaches are dated by their deadlines; another clock only says them sooner or later."""
    log = [*references(), *appended(chain(DAY)[0], INTAKE.name)]
    end = tick(1, NINE + timedelta(days=400))

    def with_ticks(*places: int) -> tuple[object, object]:
        mixed = list(log)
        for n, place in enumerate(sorted(places, reverse=True)):
            mixed.insert(place, tick(place, NINE + timedelta(days=60 * (len(places) - n))))
        return standing(run(casework.step, [*mixed, end], one_by_one, MemoryState()))

    assert with_ticks() == with_ticks(20, 90, 200)
    assert any(kind == "deadline_breached" for _, kind, _ in with_ticks()[1])  # type: ignore[attr-defined]


def tick(offset: int, at: datetime) -> Record:
    value = encode_json(Tick("dongguan", at))
    return Record(TICKS.name, 0, offset, ARRIVAL_MS, b"dongguan", value)


# --- refusals ---------------------------------------------------------------------------------


def test_every_source_record_is_passed_on_or_refused_with_its_own_bytes() -> None:
    outs = run(DOOR.step, DAY, whole, MemoryState())
    refused = [out for out in outs if out.topic == DEAD_LETTERS.name]
    assert len(outs) == len(DAY)
    assert refused
    by_place = {(r.topic, r.partition, r.offset): r for r in DAY}
    for out, letter in zip(refused, letters(outs), strict=True):
        original = by_place[letter.topic, letter.partition, letter.offset]
        opened = Seal(KEY).open(out.value or b"")
        assert (opened.value, opened.headers) == (original.value, original.headers)


def test_one_identity_with_other_content_is_refused_and_the_first_stands() -> None:
    state = MemoryState()
    outs = through_tickets(
        [report("r1"), report("r1"), report("r1", "井盖破了")], state, ARRIVAL_MS
    )
    assert len([out for out in outs if out.topic == INTAKE.name]) == 1
    assert [letter.reason for letter in letters(outs)] == ["identity_reused"]


def test_an_act_whose_identity_was_used_for_another_is_refused_at_its_case() -> None:
    acts = [act("a1", "r1"), act("a1", "r1", ActKind.VOID)]
    outs, _ = chain([report("r1"), *acts])
    assert [(letter.reason, letter.stage) for letter in letters(outs)] == [
        ("identity_reused", "casework")
    ]


def test_an_act_without_what_its_kind_needs_is_refused() -> None:
    outs, _ = chain([report("r1"), act("a1", "r1", ActKind.CHECK)])
    assert [letter.reason for letter in letters(outs)] == ["act_incomplete"]


def test_a_finding_of_a_camera_that_is_not_registered_is_refused() -> None:
    """And one of a registered camera lies where that looks; without a list every camera counts."""
    book = BOOK.with_change(
        Reference(
            place="dongguan",
            kind=ReferenceKind.CAMERAS,
            version="1",
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
            body={"cameras": [{"code": "cam-1", "area": "441900-t01-c01"}]},
        )
    )
    door = Door(lambda: book, Tokeniser(KEY), Seal(KEY).close)
    log = [seen("p1", "cam-1"), seen("p2", "cam-2")]
    outs = run(door.step, log, whole, MemoryState())
    assert [letter.reason for letter in letters(outs)] == ["unknown_camera"]
    (out,) = (out for out in outs if out.topic == TICKETS.name)
    taken = msgspec.json.decode(out.value or b"", type=AcceptedReport)
    assert (taken.id, taken.area) == ("p1", "441900-t01-c01")
    anyhow = run(DOOR.step, log, whole, MemoryState())
    assert not letters(anyhow)


# --- waiting ---------------------------------------------------------------------------------


def test_an_act_before_its_report_waits_and_is_taken_up() -> None:
    early, _ = chain([act("a1", "r1"), report("r1")])
    timely, _ = chain([report("r1"), act("a1", "r1")])
    assert standing(early) == standing(timely)
    assert letters(early) == []


def test_after_the_patience_it_is_listed_and_a_late_report_withdraws_the_listing() -> None:
    state, week = MemoryState(), 7 * 86_400_000
    assert letters(through_tickets([act("a1", "r1")], state, ARRIVAL_MS)) == []
    later = through_tickets([report("other")], state, ARRIVAL_MS + week + 1000)
    assert [(one.reason, one.withdrawn) for one in letters(later)] == [("report_missing", False)]
    came = through_tickets([report("r1")], state, ARRIVAL_MS + 2 * week)
    assert [(one.reason, one.withdrawn) for one in letters(came)] == [("report_missing", True)]
    assert letters(came)[0].letter_id == letters(later)[0].letter_id
    assert len([out for out in came if out.topic == INTAKE.name]) == 2


def test_an_act_that_names_a_case_waits_for_it_too() -> None:
    outs, _ = chain([report("r1")])
    (case,) = {out.key.decode() for out in outs if out.topic == CASES.name and out.key}
    at = NINE + timedelta(hours=1)
    data = Act(place="dongguan", act=ActKind.SIGN, case=case)
    headers, value = encode_binary("gridloop.act.v1", SENDER, "a1", at, data)
    by_case = Record(ACTS.name, 0, 0, ARRIVAL_MS, None, value, headers)
    assert standing(chain([by_case, report("r1")])[0]) == standing(
        chain([report("r1"), by_case])[0]
    )


# --- persons ----------------------------------------------------------------------------------


def test_behind_the_door_no_name_and_no_number_stands_in_clear() -> None:
    who = Requester(name="李某某", phone="13800000123", id_number="11010519491231002X")
    text = "李某某来电13800000123，证件11010519491231002X，反映路灯不亮"
    outs, state = chain([report("r1", text, requester=who)])
    behind = b"".join([*(out.value or b"" for out in outs), *state.values.values()])
    for secret in ("李某某", "13800000123", "11010519491231002X"):
        assert secret.encode() not in behind
    assert ticket_key(SENDER, "r1")


# --- sizes ----------------------------------------------------------------------------------


def test_a_record_too_large_to_carry_is_refused_and_its_beginning_kept() -> None:
    """A compressed batch may hold fifty megabytes of blanks; its letter must still be written."""
    huge = Record(HOTLINE.name, 0, 0, ARRIVAL_MS, None, b" " * (5 << 20), ())
    (out,) = run(DOOR.step, [huge], whole, MemoryState())
    assert [letter.reason for letter in letters([out])] == ["too_large"]
    assert len(out.value or b"") < 2 << 20
    heads = (("x", b"h" * (2 << 20)),)
    (out,) = run(
        DOOR.step, [msgspec.structs.replace(report("r1"), headers=heads)], whole, MemoryState()
    )
    assert [letter.reason for letter in letters([out])] == ["too_large"]
    assert len(out.value or b"") < 2 << 20


def test_a_case_takes_no_more_acts_than_any_case_has() -> None:
    acts = [act(f"a{n}", "r1", ActKind.EVALUATE) for n in range(505)]
    for delivered in ([report("r1"), *acts], [*acts, report("r1")]):
        refused = letters(chain(delivered)[0])
        assert [letter.reason for letter in refused] == ["too_many_acts"] * 5
