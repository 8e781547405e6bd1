"""The gate's rules by themselves: which row judges a look, quiet hours, precision, runs."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.accepted import AcceptedReport
from streams.core.case import Story
from streams.core.events import ActKind, ReferenceKind, Urgency
from streams.core.fold import fold
from streams.core.gate import rule_of
from streams.core.looks import Gate, Look
from streams.core.place import Rulebook
from streams.core.reading import Reading
from streams.core.refusal import Refused
from streams.core.results import FactKind
from streams.core.verdicts import Verdict, Verdicts
from tests.case_inputs import LIMITS, MORNING, PLACE, act, at, document, report, rulebook

EYE = ("C1", "litter")
ONCE: dict[str, Any] = {
    "shown": 1,
    "of": 1,
    "minutes": 5,
    "precision_from": 0.8,
    "judged_from": 5,
}


def finding(**more: Any) -> AcceptedReport:
    """What a camera found and nobody has confirmed."""
    usual = {"source": "patrol", "camera": "C1", "algorithm": "litter", "camera_class": 1}
    return report(**{**usual, "unconfirmed": True, **more})


def book(gate: dict[str, Any] | None = None, **place: Any) -> Rulebook:
    found = rulebook() if not place else _rulebook(place)
    return found.with_change(document(ReferenceKind.GATE, gate)) if gate else found


def _rulebook(place: dict[str, Any]) -> Rulebook:
    return rulebook().with_change(document(ReferenceKind.PLACE, PLACE | place, "2"))


def told(story: Story, kind: FactKind) -> list[dict[str, Any]]:
    return [fact.detail for fact in story.facts if fact.kind is kind]


def judged(right: int, wrong: int, seed: AcceptedReport, rules: Rulebook) -> Story:
    """A finding's story where people had said so much of those before it."""
    return fold(seed, [], rules, reading=Reading("x", "x", judged=(right, wrong)))


def test_the_most_particular_row_judges() -> None:
    rows = [
        {"matter": "*", "clear_after": 1},
        {"matter": "c1", "clear_after": 2},
        {"matter": "m1", "camera_class": 1, "clear_after": 3},
        {"matter": "m1", "algorithm": "litter", "clear_after": 4},
        {"matter": "m1", "algorithm": "litter", "camera_class": 2, "clear_after": 5},
    ]
    rules = book({"rows": rows}).at("here", MORNING)
    assert rules is not None

    def found(matter: str | None, algorithm: str, camera_class: int) -> int | None:
        row = rule_of(rules, matter, Look(MORNING, ("C1", algorithm), camera_class, found=True))
        return row.clear_after if row else None

    assert found("m1", "litter", 1) == 4
    assert found("m1", "litter", 2) == 5
    assert found("m1", "smoke", 1) == 3
    assert found("m1", "smoke", 2) == 2
    assert found("m2", "litter", 1) == 2
    assert found(None, "litter", 1) == 1


def test_a_sentinels_finding_passes_by_itself_only_where_the_area_is_in_emergency() -> None:
    """EMG-12: a registered device of its own kind; a camera there goes on waiting."""
    rows = [
        {"matter": "m1", "clear_after": 1},
        {"matter": "*", "device": "sentinel", "mode": "emergency", "persistence": ONCE},
    ]
    devices = [{"code": "C1", "area": "a1", "device": "sentinel"}, {"code": "C2", "area": "a1"}]
    found = book({"rows": rows}).with_change(document(ReferenceKind.CAMERAS, {"cameras": devices}))
    turned = {"modes": [{"area": "a1", "mode": "emergency", "kind": "epidemic"}]}
    emergency = found.with_change(document(ReferenceKind.MODES, turned))
    assert judged(5, 0, finding(), found).case.waits
    assert judged(5, 0, finding(), emergency).case.filed_at == MORNING
    assert judged(5, 0, finding(camera="C2"), emergency).case.waits


def test_without_a_document_a_person_confirms_first() -> None:
    story = judged(1000, 0, finding(), book())
    assert story.case.waits
    assert story.case.filed_at is None
    assert told(story, FactKind.FINDING_HELD) == [{"why": ["待人工确认"]}]


@pytest.mark.parametrize(
    ("right", "wrong", "passes"),
    [(4, 0, False), (4, 1, True), (8, 2, True), (7, 2, False), (0, 5, False)],
)
def test_one_look_may_do_where_the_algorithm_has_mostly_been_right(
    right: int, wrong: int, passes: bool
) -> None:
    story = judged(right, wrong, finding(), book({"rows": [{"matter": "*", "persistence": ONCE}]}))
    assert story.case.waits is not passes
    assert (story.case.filed_at == MORNING) is passes


@pytest.mark.parametrize(
    ("begins", "ends", "waits"),
    [
        ("08:00", "10:00", True),
        ("09:00", "09:01", True),
        ("08:00", "09:00", False),
        ("22:00", "09:01", True),
        ("22:00", "09:00", False),
    ],
)
def test_quiet_hours_are_the_places_and_may_go_over_midnight(
    begins: str, ends: str, waits: bool
) -> None:
    row = {"matter": "*", "persistence": ONCE, "quiet": [{"begins": begins, "ends": ends}]}
    assert judged(9, 0, finding(), book({"rows": [row]})).case.waits is waits


def test_where_people_file_a_person_verifies_and_files() -> None:
    filed = fold(
        finding(lifecycle="filed_steps"),
        [act(ActKind.VERIFY, 1, passed=True), act(ActKind.FILE, 2)],
        book(),
    )
    assert (filed.case.state, filed.case.filed_at) == ("filed", at(2))
    limited = {"limits": [{"id": "l9", "matter": "*", "limit": "10 hours", "clock": "confirm"}]}
    for first in (act(ActKind.VERIFY, 1, passed=True), act(ActKind.FILE, 1)):
        told_in_time = fold(finding(lifecycle="filed_steps"), [first], rulebook(limits=limited))
        assert told_in_time.pending == ()
    itself = book({"rows": [{"matter": "*", "persistence": ONCE}]})
    passed = judged(9, 0, finding(lifecycle="filed_steps"), itself)
    assert (passed.case.state, passed.case.filed_at) == ("verified", None)


def test_a_place_may_limit_how_long_a_finding_waits() -> None:
    limit = {"id": "l9", "matter": "*", "limit": "10 hours", "clock": "confirm"}
    rules = rulebook(limits={"limits": [*LIMITS["limits"], limit]})
    waiting = fold(finding(), [], rules)
    assert waiting.pending == (at(10),)
    confirmed = fold(finding(), [act(ActKind.VERIFY, 2, passed=True)], rules)
    assert confirmed.pending == (at(26),)
    (clock, _) = sorted(confirmed.case.clocks, key=lambda one: one.name)
    assert (clock.name, clock.stopped_at) == ("confirm", at(2))


def test_a_grade_may_be_given_with_the_confirmation() -> None:
    story = fold(finding(), [act(ActKind.VERIFY, 1, passed=True, urgency=Urgency.URGENT)], book())
    assert story.case.marks == ("urgency:urgent",)


def test_a_rule_that_asks_for_the_impossible_is_refused() -> None:
    with pytest.raises(Refused, match="2 of 1"):
        book({"rows": [{"matter": "*", "persistence": ONCE | {"shown": 2}}]})
    work = {
        "id": "W",
        "valid_from": "2025-01-02T00:00:00+08:00",
        "valid_to": "2025-01-01T00:00:00+08:00",
        "reason": "施工",
    }
    with pytest.raises(Refused, match="ends before it begins"):
        book({"works": [work]})
    with pytest.raises(Refused, match="stands twice"):
        book({"rows": [{"matter": "*"}, {"matter": "*", "clear_after": 2}]})


looks = st.lists(st.tuples(st.booleans(), st.sampled_from([EYE, ("C2", "")])), max_size=12)


@given(looks)
def test_a_clear_run_ends_with_the_last_finding_of_its_eye(seen: list[Any]) -> None:
    gate = Gate(waits=True)
    for n, (found, eye) in enumerate(seen):
        gate = gate.saw(Look(MORNING + timedelta(minutes=n), eye, None, found=found))
    mine = "".join("x" if found else "-" for found, eye in seen if eye == EYE)
    assert gate.clear_run(EYE) == len(mine) - len(mine.rstrip("-"))
    assert gate.eyes == {eye for found, eye in seen if found}


words = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from("abc"), st.booleans()), max_size=10, unique=True
)


@given(words, st.integers(0, 7), st.randoms(use_true_random=False))
def test_precision_is_the_last_word_on_each_finding_before_an_instant(
    said: list[Any], asked: int, order: Any
) -> None:
    verdicts = [
        Verdict(at(hours), "/desk", f"{n:02}", name, right)
        for n, (hours, name, right) in enumerate(said)
    ]
    shuffled = list(verdicts)
    order.shuffle(shuffled)
    known = Verdicts()
    for one in shuffled:
        known.take(EYE, one)
        known.before(EYE, at(asked))
    last = {one.name: one.confirmed for one in sorted(verdicts) if one.at < at(asked)}
    right = sum(last.values())
    assert known.before(EYE, at(asked)) == (right, len(last) - right)
    assert known.before(("C2", ""), at(asked)) == (0, 0)
