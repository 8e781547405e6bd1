"""Defects of peers that a case's fold must not have; the whole list is in docs/peers.md."""

import re
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from streams.core.case import Story
from streams.core.casebook import Group, let_out, opened, tell
from streams.core.events import ActKind, ReferenceKind
from streams.core.fold import fold
from streams.core.results import FactKind
from tests.case_inputs import act, at, document, report, rulebook, whole_life

A = ActKind
RULES = rulebook()
PEERS = Path(__file__).parents[2] / "docs" / "peers.md"


def due_h(story: Story) -> float:
    """The deadline in hours after the report."""
    assert story.case.deadline is not None
    return (story.case.deadline - at(0)) / timedelta(hours=1)


def test_t4_returning_dispatching_and_pausing_lose_no_minute_and_add_none() -> None:
    """A peer restarts or copies the step by branch: after this walk its clock begins at hour 4,
    so that 24 hours end at 28, or with its pause at 27. Here: 24 and the pause's own 3 hours."""
    acts = [
        act(A.PAUSE, 1, passed=True),
        act(A.RESUME, 4),
        act(A.RETURN, 4.1),
        act(A.DISPATCH, 4.2, department="d0"),
        act(A.EXTEND, 4.3, passed=False, until=at(50)),
    ]
    assert due_h(fold(report(), acts, RULES)) == 24 + 3


def test_t13_one_tick_lets_out_every_breach_that_is_due() -> None:
    """A peer looks at a hundred tickets a run: of 1,000 that are late it would name 100."""
    late = 0
    for number in range(1000):
        kept = opened(f"here/a1/{number}", report(), at(0))
        late += len(let_out(kept, tell(Group(kept), RULES), at(25), at(25)))
    assert late == 1000


def test_t15_a_later_change_of_department_forgets_no_pause() -> None:
    """A peer's new assignment forgets earlier pauses: due at 24. Here the three hours stay."""
    acts = [act(A.PAUSE, 1, passed=True, until=at(4)), act(A.DISPATCH, 5, department="d0")]
    assert due_h(fold(report(), acts, RULES)) == 27


def test_t16_a_later_limit_leaves_older_cases_as_they_were_and_can_be_replayed() -> None:
    """A peer recomputes with today's limit (2 hours) and finds the past late."""
    shorter = {"limits": [{"id": "l1", "matter": "m1", "limit": "2 hours"}]}
    later = replace(document(ReferenceKind.LIMITS, shorter, "2"), valid_from=at(10))
    book = RULES.with_change(later)
    assert due_h(fold(report(), whole_life(9), book)) == 24
    assert due_h(fold(report(when=at(11)), [], book)) == 11 + 2


def test_t18_a_breach_is_dated_by_its_deadline_whoever_looks_and_whenever() -> None:
    """A peer judges at the moment a button is pressed: pressed a day later, it is a day later."""
    kept = opened("here/a1/1", report(), at(0))
    story = tell(Group(kept), RULES)
    soon, late = (let_out(kept, story, at(when), at(0))[0] for when in (24.01, 5000))
    assert soon == late
    assert soon.occurred_at == at(24)


def test_t19_a_repeated_act_is_a_fact_of_its_own() -> None:
    """A peer overwrites the earlier alert; here both supervisions stay."""
    acts = [act(A.SUPERVISE, 1, "first"), act(A.SUPERVISE, 2, "second")]
    told = [t.at for t in fold(report(), acts, RULES).facts if t.kind is FactKind.CASE_SUPERVISED]
    assert told == [at(1), at(2)]


def test_t20_a_reopened_case_runs_on_a_clock_of_its_own() -> None:
    """A peer's second life keeps the first one's time-out: due at 24, so late when it begins."""
    story = fold(report(), [*whole_life(), act(A.REOPEN, 30)], RULES)
    assert due_h(story) == 54
    assert [t.at for t in story.facts if t.kind is FactKind.DEADLINE_BREACHED] == []


def test_every_defect_of_the_list_has_a_test_that_exists() -> None:
    """The list names them; a test that is renamed must be renamed there."""
    rows = re.findall(r"^\| (T\d+) \|.*\| `([\w/.]+)::(\w+)` \|$", PEERS.read_text("utf-8"), re.M)
    assert [name for name, _, _ in rows] == [f"T{n}" for n in range(1, 23)]
    for _, file, name in rows:
        source = (PEERS.parents[1] / file).read_text("utf-8")
        assert re.search(rf"^(async )?def {name}\(", source, re.M), (file, name)
