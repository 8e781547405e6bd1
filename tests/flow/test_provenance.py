"""Who reported, by which port, of which kind, in what kind of grid: from the door to the rows."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from streams.core.codec import DATA, DOOR, encode_binary
from streams.core.events import CitizenReport, GridworkerReport, HotlineReport, PatrolReport
from streams.core.provenance import PROVENANCE, provenance_of
from streams.core.record import Record
from streams.core.results import CaseRecord
from streams.core.topics import CASES, DEAD_LETTERS
from tests.flow.memory_chain import ARRIVAL_MS, chain

AT = datetime(2025, 3, 2, 19, 0, tzinfo=UTC)
"""Three in the morning of a Monday, by the place's clock."""

SAID: dict[str, Any] = {"place": "dongguan", "area": "441900-t08-c01", "text": "路口占道经营"}
STAFF = {**SAID, "reporter": "p-1"}
KINDS = {noun: kind for kind, noun in DATA.items()}


def sent(data: Any) -> Record:
    kind = KINDS[type(data)]
    headers, value = encode_binary(kind, "/dongguan/test", "T1", AT, data)
    return Record(DOOR[kind].name, 0, 0, ARRIVAL_MS, None, value, headers)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (GridworkerReport(**STAFF), ("gridworker", None, None)),
        (
            GridworkerReport(**STAFF, reporter_kind="unit_leader", channel="wechat_group"),
            ("unit_leader", "wechat_group", None),
        ),
        (GridworkerReport(**STAFF, reporter_kind="inspector"), ("inspector", None, None)),
        (GridworkerReport(**STAFF, reporter_kind="village_staff"), ("village_staff", None, None)),
        (HotlineReport(**SAID, line="12355"), ("public", "12355", None)),
        (
            CitizenReport(**SAID, channel="粤平安", kind="hazard"),
            ("public", "粤平安", "hazard"),
        ),
        (CitizenReport(**SAID, channel="night_interview"), ("public", "night_interview", None)),
        (PatrolReport(**SAID, camera="c-1", camera_class=1, confirmed=True), (None, None, None)),
    ],
)
def test_a_case_and_its_report_keep_who_told_it_and_how(
    data: Any, told: tuple[str | None, ...]
) -> None:
    """SRC-02, SRC-03, SRC-04, SRC-20, SRC-24: all accepted, at night too, and told apart."""
    (record,) = records([sent(data)])
    rows = [record.snapshot, *record.spans, *record.reports]
    assert [provenance_of(row) for row in rows] == [
        dict(zip(PROVENANCE, (*told, None, None), strict=True))
    ] * 3


@pytest.mark.parametrize(
    ("grid", "kind"), [("441900-t08-c01-g03", "enterprise"), ("441900-t08-c01-g01", None)]
)
def test_a_case_belongs_to_the_enterprise_grid_in_which_it_lies(
    grid: str, kind: str | None
) -> None:
    """ENT-02."""
    (record,) = records([sent(GridworkerReport(**STAFF, grid=grid))])
    assert {record.snapshot.grid_kind, *(one.grid_kind for one in record.spans)} == {kind}


@pytest.mark.parametrize(
    "channel", ["13800138000", "tel13800138000", "138-0013-8000", "li si", "", "x" * 65]
)
def test_a_channel_has_no_room_for_a_number(channel: str) -> None:
    data = msgspec.structs.replace(CitizenReport(**SAID), channel=channel)
    outs, _ = chain([sent(data)])
    assert [out.topic for out in outs] == [DEAD_LETTERS.name]


def records(told: list[Record]) -> list[CaseRecord]:
    outs, _ = chain(told)
    values = (out.value or b"" for out in outs if out.topic == CASES.name)
    return [msgspec.json.decode(value, type=CaseRecord) for value in values]
