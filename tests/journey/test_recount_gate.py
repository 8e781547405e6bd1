"""The recount's gate beside the product's, on days of cameras: written apart, they agree."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random  # noqa: TID251 - seeded, it repeats itself
from typing import Any

import msgspec
import pytest

from streams.core.codec import encode_binary
from streams.core.events import Act, ActKind, GridworkerReport, PatrolReport, TicketRef
from streams.core.record import Record
from streams.core.results import CaseRecord, Snapshot
from streams.core.topics import ACTS, CASES, GRIDWORKER, PATROL
from tests.flow.memory_chain import ARRIVAL_MS, chain
from tests.journey.recount_day import NEVER, lives_at
from tests.journey.recount_published import published
from tests.journey.recount_rules import Rules

PLACE, DESK, CAMERAS = "dongguan", "/dongguan/desk", "/dongguan/video"
DAY = datetime(2025, 6, 2, tzinfo=UTC)
KINDS = {PatrolReport: "report.patrol", GridworkerReport: "report.gridworker", Act: "act"}
TOPICS = {PatrolReport: PATROL, GridworkerReport: GRIDWORKER, Act: ACTS}


def camera_day(seed: int) -> list[Record]:
    """Rubbish on three cameras of one community: found, found again, judged, reported by others."""
    rng, offsets, records = Random(seed), count(), []

    def send(sender: str, id: str, at: datetime, data: Any) -> None:
        headers, value = encode_binary(f"gridloop.{KINDS[type(data)]}.v1", sender, id, at, data)
        topic = TOPICS[type(data)].name
        records.append(Record(topic, 0, next(offsets), ARRIVAL_MS, None, value, headers))

    common: dict[str, Any] = {"place": PLACE, "area": area(), "text": "有暴露垃圾"}
    for burst in range(60):
        # Farther apart than reports of one case.
        at, right = DAY + timedelta(days=3 * burst, minutes=rng.randrange(900)), rng.random() < 0.96
        camera, sure = f"cam-{rng.randrange(2)}", rng.random() < 0.05
        looked = at + timedelta(minutes=rng.choice([1, 10, 50]))
        for n in range(rng.randrange(1, 7)):
            said = {"camera": camera, "camera_class": 1, "algorithm": "rubbish"}
            id = f"F{burst}-{n}"
            send(CAMERAS, id, at, PatrolReport(**common, **said, confirmed=sure and n == 2))
            if n in {0, 1, 4}:
                ticket = TicketRef(CAMERAS, id)
                verified = Act(place=PLACE, act=ActKind.VERIFY, ticket=ticket, passed=right)
                send(DESK, f"V{id}", max(looked, at + timedelta(seconds=30)), verified)
            at += timedelta(minutes=rng.choice([1, 2, 4, 9]))
        if rng.random() < 0.1:
            worker = GridworkerReport(**common, reporter="w1")
            send("/dongguan/grid", f"G{burst}", at, worker)
    return records


def area() -> str:
    """A community of the place."""
    rules = Rules(PLACE)
    return next(code for code, one in rules.areas.items() if one["level"] == "community")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_recount_and_the_gate_agree_on_what_is_filed_and_when(seed: int) -> None:
    records = camera_day(seed)
    outs, _ = chain(records)
    cases: dict[str, Snapshot] = {}
    passed = 0
    for out in outs:
        if out.topic == CASES.name:
            told = msgspec.json.decode(out.value or b"", type=CaseRecord).snapshot
            cases[told.case_id] = told
        passed += b'"by":"persistence"' in (out.value or b"")
    found = Counter(
        (case.filed_at or NEVER, case.department, case.void, case.report_count)
        for case in cases.values()
        if case.merged_into is None
    )
    lives = lives_at(published(records, PLACE), Rules(PLACE), NEVER)
    counted = Counter(
        (life.case.filed_at, life.case.department, life.case.void, len(life.reports))
        for life in lives
    )
    assert passed > 0
    assert any(filed is NEVER for filed, *_ in counted)
    assert found == counted
