"""The desk verifies, files and sends out by the clock; and how long it took in working time."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from streams.core.case import ActInput, Story
from streams.core.conditions import MICROSECOND
from streams.core.events import ActKind, ReferenceKind
from streams.core.fold import fold
from streams.core.outcome import World
from streams.core.place import Rulebook
from streams.core.results import FactKind, StepRow
from streams.core.steps import Step, steps_of
from tests.case_inputs import act, at, document, report, rulebook, whole_life
from tests.core.test_department_calendars import NIGHT, town
from tests.core.test_figures_further import told
from tests.core.test_gate import ONCE, finding, judged
from tests.figure_rows import DAY, FILED, step

A = ActKind
HOURS = {"overall": 24, "verify": 2, "file": 3, "dispatch": 1, "confirm": 4}
DESK = ("verify", "file", "dispatching")
FIGURES = {
    "verify": "on_time_verification_rate",
    "file": "on_time_filing_rate",
    "dispatching": "on_time_dispatch_rate",
}


def limits(*clocks: str) -> Rulebook:
    rows = [
        {"id": clock, "matter": "*", "limit": f"{HOURS[clock]} hours", "clock": clock}
        for clock in clocks
    ]
    return rulebook(limits={"limits": rows})


RULES = limits(*HOURS)


def life(*acts: ActInput, rules: Rulebook = RULES, lifecycle: str = "filed_steps") -> Story:
    return fold(report(lifecycle=lifecycle), list(acts), rules)


def steps(story: Story, *kinds: str, rules: Rulebook = RULES) -> list[Step]:
    found = steps_of(story, World(report(), rules))
    return [one for one in found if one.kind in kinds]


def timed(story: Story, rules: Rulebook = RULES) -> list[tuple[Any, ...]]:
    """Steps of the desk as hours: begun, due, done, how."""

    def hours(when: Any) -> float | None:
        return None if when is None else (when - at(0)) / timedelta(hours=1)

    return [
        (one.kind, hours(one.at), hours(one.due), hours(one.done), one.result)
        for one in steps(story, *DESK, rules=rules)
    ]


# --- the clocks ----------------------------------------------------------------------------------


def test_each_step_of_the_desk_is_timed_from_the_one_before() -> None:
    acts = [act(A.VERIFY, 1, passed=True), act(A.FILE, 3), act(A.DISPATCH, 5, department="d1")]
    assert timed(life(*acts)) == [
        ("verify", 0, 2, 1, "done"),
        ("file", 1, 4, 3, "done"),
        ("dispatching", 3, 4, 5, "done"),
    ]


def test_what_comes_back_is_to_be_sent_out_again_in_any_lifecycle() -> None:
    acts = [act(A.RETURN, 2), act(A.DISPATCH, 2.5, department="d7")]
    assert timed(life(*acts, lifecycle="five_steps")) == [("dispatching", 2, 3, 2.5, "done")]


@pytest.mark.parametrize("lifecycle", ["five_steps", "four_words", "consultation", "risk"])
def test_where_nobody_files_nothing_is_to_be_verified_or_filed(lifecycle: str) -> None:
    assert timed(life(lifecycle=lifecycle)) == []


def test_where_nobody_must_verify_the_filing_is_timed_from_the_report() -> None:
    """And from the verification, if there is one all the same."""
    rules = limits("overall", "file")
    assert timed(life(act(A.FILE, 2), rules=rules), rules) == [("file", 0, 3, 2, "done")]
    verified = [act(A.VERIFY, 2, passed=True), act(A.FILE, 4)]
    assert timed(life(*verified, rules=rules), rules) == [
        ("file", 0, 3, 2, "over"),
        ("file", 2, 5, 4, "done"),
    ]


@pytest.mark.parametrize(
    ("last", "how"),
    [
        (act(A.VERIFY, 1, passed=False), "done"),
        (act(A.REJECT, 1, reason="重复"), "done"),
        (act(A.FILE, 1), "over"),
        (act(A.VOID, 1), "over"),
    ],
)
def test_a_verification_is_done_by_its_answer_whatever_that_is(last: ActInput, how: str) -> None:
    assert timed(life(last))[0] == ("verify", 0, 2, 1, how)


def test_what_nobody_looks_into_breaches_though_it_has_no_department() -> None:
    story = life()
    assert story.pending == (at(2),)
    late = life(act(A.VERIFY, 3, passed=True))
    (breach,) = [fact for fact in late.facts if fact.kind is FactKind.DEADLINE_BREACHED]
    assert (breach.at, breach.detail, breach.department) == (at(2), {"clock": "verify"}, None)


def test_a_cameras_finding_is_confirmed_and_then_to_be_filed() -> None:
    """Its confirmation has a clock of its own; once it is through, it counts as verified."""
    gate = {"rows": [{"matter": "*", "persistence": ONCE}]}
    waits = fold(finding(lifecycle="filed_steps"), [], RULES)
    assert [clock.name for clock in waits.case.clocks] == ["confirm"]
    rules = RULES.with_change(document(ReferenceKind.GATE, gate))
    through = judged(9, 1, finding(lifecycle="filed_steps"), rules)
    assert through.case.state.value == "verified"
    assert timed(through) == [("file", 0, 3, None, None)]


# --- their figures -------------------------------------------------------------------------------


WAITS: dict[str, Any] = {"filed_at": None}
SOON = FILED + timedelta(hours=3)
REJECTED = WAITS | {"void_at": SOON, "rejected_at": SOON}
VOID = {"void_at": SOON}


def due(kind: str, done: float | None, how: str | None = "done", **case: Any) -> StepRow:
    """Due after two hours; done, or not, so many hours after it began."""
    hour = timedelta(hours=1)
    ended = None if done is None else FILED + done * hour
    own = {"due": FILED + 2 * hour, "done": ended, "result": how if ended else None}
    return step(kind, department=None, **own, **case)


def counts(kind: str, *rows: StepRow, **query: Any) -> tuple[int | None, int | None]:
    numbered = [replace(row, n=n) for n, row in enumerate(rows)]
    figure = told(FIGURES[kind], [], numbered, **query)
    return figure.numerator, figure.denominator


@pytest.mark.parametrize("kind", ["verify", "file"])
def test_verifications_and_filings_count_whether_or_not_the_case_was_ever_filed(kind: str) -> None:
    rows = [due(kind, 1), due(kind, 1, **REJECTED), due(kind, None, **WAITS), due(kind, 1, **VOID)]
    assert counts(kind, *rows) == (2, 3), "what ran out is not hidden, what is void is out"
    assert counts(kind, *rows, as_of=SOON) == (3, 4), "it was not void then"
    assert counts(kind, *rows, as_of=FILED + timedelta(hours=2)) == (3, 3), "not yet run out"
    sent = [replace(row, kind="dispatching") for row in rows]
    assert counts("dispatching", *sent) == (1, 1), "of filed cases alone"


def test_what_was_overtaken_in_time_was_not_to_be_done() -> None:
    """A case that is rejected before its filing fell due counts for the verification alone."""
    assert counts("verify", due("verify", 1, **REJECTED)) == (1, 1)
    assert counts("file", due("file", 1.5, "over", **REJECTED)) == (0, 0)
    assert counts("file", due("file", 3, "over", **REJECTED)) == (0, 1)


# --- in working time -----------------------------------------------------------------------------


def hours_of(found: list[Step]) -> list[float | None]:
    hour = timedelta(hours=1) // MICROSECOND
    return [None if one.worked is None else one.worked / hour for one in found]


def test_handling_is_measured_by_the_hours_of_whoever_has_it_without_pauses() -> None:
    """From Monday 09:00 to Tuesday 09:00: seven office hours, or four at night."""
    acts = [act(A.SIGN, 1), act(A.HANDLE, 24)]
    for rules, worked in ((RULES, 7), (town(NIGHT), 4), (town(), None)):
        story = life(*acts, rules=rules, lifecycle="five_steps")
        assert hours_of(steps(story, "dispatch", rules=rules)) == [worked]
    pause = act(A.PAUSE, 2, passed=True, until=at(6))  # 11:00 to 15:00, two of them open
    story = life(*acts, pause, lifecycle="five_steps")
    assert hours_of(steps(story, "dispatch")) == [5]


def test_a_year_without_a_calendar_leaves_working_time_unknown() -> None:
    far = report(when=at(24 * 365 * 20), lifecycle="five_steps")
    acts = [act(A.SIGN, 24 * 365 * 20 + 1), act(A.HANDLE, 24 * 365 * 20 + 2)]
    found = steps(fold(far, acts, RULES), "dispatch")
    assert [(one.result, one.worked) for one in found] == [("done", None)]


def test_a_pause_is_over_when_it_ends_is_ended_or_the_case_is_closed() -> None:
    for last, end in ((None, 6), (act(A.RESUME, 2.5), 2.5)):
        asked = act(A.PAUSE, 2, passed=True, until=at(6))
        (pause,) = steps(life(asked, *filter(None, [last]), lifecycle="five_steps"), "pause")
        assert (pause.at, pause.done, pause.department) == (at(2), at(end), "d1")
    closed = life(act(A.PAUSE, 0.5, passed=True), *whole_life(), lifecycle="five_steps")
    (pause,) = steps(closed, "pause")
    assert (pause.done, hours_of([pause])) == (at(6), [3.5])
    (open_end,) = steps(life(act(A.PAUSE, 1, passed=True), lifecycle="five_steps"), "pause")
    assert (open_end.done, open_end.result, open_end.worked) == (None, None, None)


def test_an_extension_is_as_long_as_the_deadline_moved() -> None:
    """Each from the deadline that it found; one that is refused gives nothing."""
    acts = [act(A.EXTEND, n, passed=True, until=at(24 + 24 * n)) for n in (1, 2)]
    acts += [act(A.EXTEND, 3, passed=False)]
    found = steps(life(*acts, lifecycle="five_steps"), "extension")
    assert [(one.at, one.due, one.done) for one in found] == [
        (at(1), at(24), at(48)),
        (at(2), at(48), at(72)),
    ]
    assert hours_of(found) == [7, 7]


def test_lengths_are_means_of_what_was_granted_to_cases_that_count() -> None:
    day = DAY // MICROSECOND
    more = [
        step("extension", n=n, due=FILED, done=FILED + n * DAY, result="done", worked=n * day // 3)
        for n in (1, 2)
    ]
    unknown = step("extension", n=3, due=FILED, done=FILED + 6 * DAY, result="done")
    assert told("extension_length_mean", None, [*more, unknown]).value == 3 * 86_400
    assert told("extension_length_working_mean", None, [*more, unknown]).value == 43_200
    out = [replace(one, excluded_at=FILED) for one in more]
    assert told("extension_length_mean", None, out).denominator == 0
    running = step("pause", done=FILED + 90 * DAY, result="done", worked=day)
    assert told("suspension_length_mean", None, [running]).denominator == 0
