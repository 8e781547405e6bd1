"""How often the machine was wrong, by (A, K): what people split, merged, judged and classified."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import pytest

from streams.core.events import INFINITY, ActKind
from streams.core.figures import Query, Value, compute
from streams.core.results import CaseRecord
from streams.core.topics import CASES
from streams.flow import casework
from tests.case_inputs import at
from tests.flow.camera_world import GATE, found, verify
from tests.flow.memory_chain import ARRIVAL_MS, one_by_one, run
from tests.flow.merging_world import Input, act, begun, log, merge, report, split

EVER = at(10_000)
FALSE, MISSED = "false_merge_rate", "missed_merge_rate"


def known_at(inputs: Sequence[Input], n: int) -> datetime:
    """The instant before the n-th of the inputs was known."""
    arrived = datetime.fromtimestamp((ARRIVAL_MS + n) / 1000, tz=at(0).tzinfo)
    return arrived - timedelta(microseconds=1) if n < len(inputs) else INFINITY


def told(
    inputs: Sequence[Input],
    *figures: str,
    as_of: datetime = EVER,
    known: int | None = None,
    by: tuple[str, ...] = (),
) -> list[dict[str, Value]]:
    """These figures of a home with all these inputs, as of an instant, as it was known before the
    `known`-th of them: the total, then each cut."""
    records = [
        msgspec.json.decode(out.value or b"", type=CaseRecord)
        for out in run(casework.step, log(inputs), one_by_one, begun(gate=GATE))
        if out.topic == CASES.name
    ]
    rows = compute(
        [one for record in records for one in record.spans],
        [one for record in records for one in record.reports],
        Query(
            as_of=as_of,
            known_at=INFINITY if known is None else known_at(inputs, known),
            figures=figures,
            by=by,
        ),
    )
    return [row.figures for row in rows]


def one(inputs: Sequence[Input], figure: str, **asked: object) -> tuple[int | None, int | None]:
    """A rate's numerator and denominator."""
    value = told(inputs, figure, **asked)[0][figure]  # type: ignore[arg-type]
    return value.numerator, value.denominator


LINKED = [report("a", 0), report("b", 1, 10), report("c", 2, 20)]
APART = [report("a", 0), report("b", 1, 400), report("c", 2, 900)]


def test_what_people_split_was_merged_wrongly_from_then_on() -> None:
    inputs = [*LINKED, split("a", "b", 5)]
    assert one(LINKED, FALSE) == (0, 2)
    assert one(inputs, FALSE) == (1, 2)
    assert one(inputs, FALSE, as_of=at(5)) == (0, 2)
    assert one(inputs, FALSE, known=3) == (0, 2)
    assert one(inputs, MISSED) == (0, 1)


def test_what_people_merge_was_wrongly_kept_apart_from_then_on() -> None:
    inputs = [*APART, merge("c", "a", 5)]
    assert one(APART, MISSED) == (0, 3)
    assert one(inputs, MISSED) == (1, 3)
    assert one(inputs, MISSED, as_of=at(5)) == (0, 3)
    assert one(inputs, MISSED, known=3) == (0, 3)
    assert one(inputs, FALSE) == (0, 0)


def test_a_report_is_one_with_another_once_the_last_decision_between_them_is_made() -> None:
    """b and c, then c and a: b came to a's case by the second decision only."""
    inputs = [*APART, merge("c", "b", 5), merge("c", "a", 9)]
    assert [one(inputs, MISSED, as_of=at(hours))[0] for hours in (5, 6, 10)] == [0, 1, 2]


def test_of_two_decisions_about_one_pair_the_last_one_counts() -> None:
    again = [*LINKED, split("a", "b", 5), merge("b", "a", 7)]
    assert one(again, FALSE) == (0, 2)
    assert one([*again, split("a", "b", 9)], FALSE, as_of=at(10)) == (1, 2)


def test_a_person_who_says_what_the_machine_said_has_found_no_fault() -> None:
    assert one([*LINKED, merge("b", "a", 5)], FALSE) == (0, 2)
    assert one([*APART, split("a", "b", 5)], MISSED) == (0, 3)


def test_what_the_machine_asked_a_person_about_is_neither() -> None:
    """Likely, but not sure: near in time and place, of an unknown matter."""
    asked = [report("a", 0), report("b", 1, 30, matter=None)]
    assert one([*asked, merge("b", "a", 5)], MISSED) == (0, 1)
    assert one(asked, FALSE) == (0, 0)


def test_where_nothing_is_merged_by_score_neither_says_anything() -> None:
    other = [report("a", 0, lifecycle="opinion")]
    assert told(other, FALSE)[0][FALSE] == Value(None, 0, 0)


FINDINGS = [
    *(found("a", 0), found("b", 1, "C2", algorithm="stall"), found("c", 2, "C3")),
    *(verify("a", 5, True), verify("b", 6, False), verify("a", 9, False)),
]


def test_a_camera_is_as_precise_as_people_say() -> None:
    """Each finding that was judged, by the last word on it."""
    assert one(FINDINGS[:5], "video_precision") == (1, 2)
    assert one(FINDINGS, "video_precision") == (0, 2)
    assert one(FINDINGS[:5], "video_precision", as_of=at(6)) == (1, 1)
    assert one(FINDINGS[:5], "video_precision", known=4) == (1, 1)


def test_precision_is_told_by_camera_and_algorithm() -> None:
    rows = told(FINDINGS[:5], "video_precision", "case_count", by=("camera", "algorithm"))
    cut = [(row["video_precision"].numerator, row["video_precision"].denominator) for row in rows]
    assert cut[:3] == [(1, 2), (1, 1), (0, 1)]
    assert rows[1]["case_count"] == Value(None)


def test_a_word_on_a_report_that_joined_another_case_is_heard() -> None:
    seen = [found("a", 0), found("b", 0.1)]
    assert one(seen, FALSE) == (0, 1)
    assert one([*seen, verify("b", 1, True)], "video_precision") == (1, 1)


MATTERS = [
    report("a", 0, classified_by="terms"),
    report("b", 1, 400, classified_by="model"),
    report("c", 2, 900, matter=None),
    report("d", 3, 1500, classified_by="sender"),
    act(ActKind.CLASSIFY, 5, "a", matter="m2"),
]


def test_a_matter_that_people_changed_was_classified_wrongly() -> None:
    assert one(MATTERS, "classify_accuracy") == (1, 2)
    assert one(MATTERS, "classify_accuracy", as_of=at(5)) == (2, 2)
    assert one(MATTERS, "classify_accuracy", known=4) == (2, 2)


@pytest.mark.parametrize("hours", [4, 10])
def test_the_machine_abstains_where_it_was_asked_and_could_not_say(hours: float) -> None:
    assert one(MATTERS, "abstain_rate", as_of=at(hours)) == (1, 3)
