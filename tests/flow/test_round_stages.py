"""Rounds through the stages: one partition a place, a failed check opens a case, alarms go out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from streams.core.accepted import AcceptedReport, AcceptedRound, Tick
from streams.core.codec import encode_binary, encode_json
from streams.core.events import Reference, ReferenceKind, Round, RoundKind, RoundResult
from streams.core.record import Out, Record
from streams.core.results import CaseRecord, DeadLetter
from streams.core.sensors import SensorReading
from streams.core.topics import (
    ALARMS,
    CASES,
    DEAD_LETTERS,
    INTAKE,
    READINGS,
    ROUNDS,
    TICKETS,
    TICKS,
)
from streams.core.watch import watch_partition
from streams.flow import casework
from streams.flow.intake import Door
from streams.flow.letters import LETTER
from streams.wire.seal import Seal
from tests.flow.memory_chain import (
    ARRIVAL_MS,
    BOOK,
    DOOR,
    KEY,
    MemoryState,
    appended,
    chain,
    references,
    run,
    whole,
)

NINE = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
MIDNIGHT = datetime(2025, 3, 3, 16, 0, tzinfo=UTC)
"""The end of 2025-03-03 in Asia/Shanghai."""

GRID = "441900-t01-c01-g01"


def made(name: str, kind: RoundKind = RoundKind.PATROL, **more: Any) -> Record:
    """One round as its upstream publishes it."""
    given = {"area": "441900-t01-c01", "started_at": NINE} | more
    data = Round(place="dongguan", kind=kind, **given)
    headers, value = encode_binary("gridloop.round.v1", "/dongguan/rounds", name, NINE, data)
    return Record(ROUNDS.name, 0, 0, ARRIVAL_MS, None, value, headers)


def refused(outs: list[Out]) -> list[str]:
    found = (dict(out.headers)[LETTER] for out in outs if out.topic == DEAD_LETTERS.name)
    return [msgspec.json.decode(one, type=DeadLetter).reason for one in found]


def accepted(outs: list[Out]) -> list[AcceptedRound]:
    values = (out.value or b"" for out in outs if out.topic == INTAKE.name)
    found = (msgspec.json.decode(v, type=AcceptedRound | AcceptedReport) for v in values)
    return [one for one in found if isinstance(one, AcceptedRound)]


def test_all_rounds_of_a_place_meet_in_one_partition_with_their_area_found() -> None:
    outs = run(DOOR.step, [made("1", grid=GRID), made("2", area="nowhere")], whole, MemoryState())
    assert {out.partition for out in outs} == {watch_partition("dongguan")}
    assert [one.round.area for one in accepted(outs)] == ["441900-t01-c01", "441900-unlocated"]
    assert next(one.home for one in accepted(outs)) == "dongguan/441900-t01-c01"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"ended_at": NINE - timedelta(minutes=1)}, "bad_time"),
        ({"started_at": datetime(2190, 1, 1, tzinfo=UTC)}, "bad_time"),
        ({"ended_at": datetime(2190, 1, 1, tzinfo=UTC)}, "bad_time"),
        ({"result": RoundResult.FAILED}, "round_incomplete"),
    ],
)
def test_a_round_that_cannot_have_been_is_refused(more: dict[str, Any], reason: str) -> None:
    outs = run(DOOR.step, [made("1", **more)], whole, MemoryState())
    assert refused(outs) == [reason]
    assert accepted(outs) == []


POINTS = Reference(
    place="dongguan",
    kind=ReferenceKind.POINTS,
    version="1",
    valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    body={"accounts": [{"id": "civic", "name": "积分", "name_en": "Points"}]},
)
AWARD = {"worker": "p-7", "account": "civic", "points": 5, "text": "见义勇为"}


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        (RoundKind.AWARD, AWARD | {"account": "other"}, "unknown_account"),
        (RoundKind.AWARD, AWARD | {"points": 0}, "round_incomplete"),
        (RoundKind.AWARD, AWARD | {"text": None}, "round_incomplete"),
        (RoundKind.AWARD, AWARD | {"worker": None}, "round_incomplete"),
        (RoundKind.PATROL, {"points": 5}, "round_impossible"),
        (RoundKind.DECLARATION, {"result": RoundResult.FAILED, "text": "未报"}, "round_impossible"),
        (RoundKind.ACTIVITY, {"result": RoundResult.FAILED, "text": "故障"}, "round_impossible"),
        (RoundKind.READING, {"subject": "wl-1"}, "round_incomplete"),
        (RoundKind.READING, {"reading": 0.5}, "round_incomplete"),
        (RoundKind.PATROL, {"reading": 0.5}, "round_impossible"),
    ],
)
def test_points_on_no_account_and_a_declaration_that_failed_are_refused(
    kind: RoundKind, more: dict[str, Any], reason: str
) -> None:
    door = Door(lambda: BOOK.with_change(POINTS), DOOR.tokens, Seal(KEY).close)
    outs = run(door.step, [made("1", kind, **more)], whole, MemoryState())
    assert refused(outs) == [reason]
    assert accepted(outs) == []


def test_an_award_goes_through_and_where_no_account_is_kept_none_does() -> None:
    door = Door(lambda: BOOK.with_change(POINTS), DOOR.tokens, Seal(KEY).close)
    (one,) = accepted(run(door.step, [made("1", RoundKind.AWARD, **AWARD)], whole, MemoryState()))
    assert (one.round.worker, one.round.account, one.round.points) == ("p-7", "civic", 5)
    outs = run(DOOR.step, [made("1", RoundKind.AWARD, **AWARD)], whole, MemoryState())
    assert refused(outs) == ["unknown_account"]


def test_declarations_and_handheld_scenes_open_no_case_and_no_number_stays_in_clear() -> None:
    """Whoever declares by phone number is a token."""
    told = [
        made("1", RoundKind.DECLARATION, subject="13800138000", scene="leave"),
        made("2", RoundKind.ACTIVITY, worker="gw-1", scene="learning"),
    ]
    outs, _ = chain(told)
    assert snapshots(outs) == []
    assert refused(outs) == []
    subjects = [one.round.subject for one in accepted(run(DOOR.step, told, whole, MemoryState()))]
    assert "13800138000" not in subjects
    assert subjects[1:] == [None]


def test_a_sensors_reading_is_kept_opens_no_case_and_raises_no_alarm() -> None:
    """SRC-25: by a door of its own; zero is a reading too."""
    said = {"place": "dongguan", "area": "441900-t01-c01", "device": "wl-1"}
    data = [SensorReading(**said, reading=0), SensorReading(**said, reading=7.5, unit="m")]
    told = [
        Record(
            READINGS.name,
            *(0, n, ARRIVAL_MS, None),
            *encode_binary("gridloop.reading.v1", "/sensors", str(n), NINE, one)[::-1],
        )
        for n, one in enumerate(data)
    ]
    outs, _ = chain(told)
    assert {out.topic for out in outs} == {INTAKE.name}
    kept = [one.round for one in accepted(outs)]
    assert [(one.kind, one.subject, one.reading, one.unit) for one in kept] == [
        (RoundKind.READING, "wl-1", 0, None),
        (RoundKind.READING, "wl-1", 7.5, "m"),
    ]
    assert {one.started_at for one in kept} == {NINE}


def test_a_video_round_of_a_camera_that_is_not_registered_is_refused() -> None:
    book = BOOK.with_change(
        Reference(
            place="dongguan",
            kind=ReferenceKind.CAMERAS,
            version="1",
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
            body={"cameras": [{"code": "cam-1", "area": "441900-t02-c01"}]},
        )
    )
    door = Door(lambda: book, DOOR.tokens, Seal(KEY).close)
    rounds = [
        made("1", RoundKind.VIDEO, subject="cam-1", area="441900-t02"),
        made("2", RoundKind.VIDEO, subject="cam-2"),
        made("3", RoundKind.VISIT, subject="p-2"),
    ]
    outs = run(door.step, rounds, whole, MemoryState())
    assert refused(outs) == ["unknown_camera"]
    assert [one.round.area for one in accepted(outs)] == ["441900-t02-c01", "441900-t01-c01"]


def failed(name: str = "E1", **more: Any) -> Record:
    said = {"text": "仓库消防通道堵塞，联系人电话13800138000。", "subject": "ent-17"} | more
    return made(
        name,
        RoundKind.ENTERPRISE_CHECK,
        result=RoundResult.FAILED,
        worker="gw-3",
        **said,
    )


def snapshots(outs: list[Out]) -> list[CaseRecord]:
    values = (out.value or b"" for out in outs if out.topic == CASES.name)
    return [msgspec.json.decode(value, type=CaseRecord) for value in values]


def test_a_failed_check_opens_one_case_however_often_it_comes() -> None:
    """Under the round's own identity, by the source `check`, and with no number left in clear."""
    outs, _ = chain([failed(), failed(), made("E2", RoundKind.ENTERPRISE_CHECK, subject="ent-18")])
    (record,) = snapshots(outs)
    (report,) = record.reports
    assert (report.sender, report.id, report.source) == ("/dongguan/rounds", "E1", "check")
    assert report.reporter_kind is None
    assert report.origin.topic == ROUNDS.name
    assert "ent-17" in report.text
    assert "13800138000" not in report.text
    assert record.snapshot.matter == "fire_hazard"
    assert record.snapshot.department is not None
    rounds = accepted(outs)
    assert {one.id for one in rounds} == {"E1", "E2"}
    assert all("13800138000" not in (one.round.text or "") for one in rounds)


def test_who_checked_may_not_handle_what_the_check_found_where_the_place_separates_them() -> None:
    outs, _ = chain([failed()])
    (out,) = [one for one in outs if one.topic == TICKETS.name]
    report = msgspec.json.decode(out.value or b"", type=AcceptedReport)
    assert report.reporter == "gw-3"


def test_a_number_in_place_of_a_code_is_left_nowhere_in_clear() -> None:
    """Neither of who made the round nor of whom it was: not in the round, not in its report."""
    number = "13800138000"
    outs, _ = chain([made("V1", RoundKind.VISIT, subject=number, worker=number, text="独居老人摔倒",
                          result=RoundResult.FAILED)])  # fmt: skip
    assert snapshots(outs)
    assert all(number.encode() not in (out.value or b"") for out in outs)


def test_a_failed_check_that_comes_with_other_words_is_refused_and_the_first_stands() -> None:
    outs, _ = chain([failed(), failed(text="另有说法。")])
    assert refused(outs) == ["identity_reused"]
    (record,) = snapshots(outs)
    assert "消防通道" in record.snapshot.text


# --- alarms ---------------------------------------------------------------------------------------


def tick(at: datetime, partition: int) -> Record:
    return Record(TICKS.name, partition, 0, ARRIVAL_MS, b"", encode_json(Tick("dongguan", at)))


def alarms(outs: list[Out]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(out.value or b"") for out in outs if out.topic == ALARMS.name]


def test_ticks_tell_what_was_missed_in_the_one_partition_that_watches_the_place() -> None:
    """And a crash in between tells it again under the same ids, byte for byte."""
    mine = watch_partition("dongguan")
    patrolled = run(DOOR.step, [made("1", grid=GRID)], whole, MemoryState())
    log = appended(patrolled, INTAKE.name)
    ticks = [MIDNIGHT - timedelta(hours=1), MIDNIGHT + timedelta(minutes=30)]

    def told(partition: int) -> list[Out]:
        state = MemoryState()
        run(casework.step, [*references(), *log], whole, state)
        run(casework.step, [tick(ticks[0], partition)], whole, state)
        again = MemoryState()
        again.values = dict(state.values)
        once = run(casework.step, [tick(ticks[1], partition)], whole, state)
        assert run(casework.step, [tick(ticks[1], partition)], whole, again) == once
        assert run(casework.step, [tick(ticks[1], partition)], whole, state) == []
        return once

    found = [one for one in alarms(told(mine)) if one["kind"] == "round_missed"]
    patrols = {one["detail"]["subject"] for one in found if one["detail"]["schedule"] == "P1"}
    assert len(patrols) == 71
    assert GRID not in patrols
    assert {one["at"] for one in found} == {"2025-03-03T16:00:00Z"}
    assert alarms(told((mine + 1) % 12)) == []


def test_rounds_pass_tickets_by_and_leave_no_case() -> None:
    outs, _ = chain([made("1", grid=GRID)])
    assert snapshots(outs) == []
    assert not [out for out in outs if out.topic == TICKETS.name]
