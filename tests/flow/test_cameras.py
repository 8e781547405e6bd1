"""The camera gate on the stream: what a camera found waits until it has passed."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random  # noqa: TID251 - a seeded shuffle repeats itself
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.codec import encode_binary
from streams.core.events import ActKind, PatrolReport
from streams.core.notices import ReplyStatus
from streams.core.record import Record
from streams.core.results import CaseRecord, DeadLetter
from streams.core.topics import CASES, DEAD_LETTERS, INTAKE, PATROL
from streams.flow import casework
from streams.keep.rows import Batch
from streams.keep.tables import LOOKS, REPORTS
from tests.case_inputs import at
from tests.flow.camera_world import (
    GATE,
    MINUTE,
    PERSISTENCE,
    ROW,
    clear,
    found,
    learnt,
    state_of,
    verify,
)
from tests.flow.memory_chain import ARRIVAL_MS, chain, one_by_one, run
from tests.flow.merging_world import (
    MERGING,
    Input,
    act,
    begun,
    changes,
    documents,
    ended,
    id_of,
    life,
    log,
    merge,
    report,
    split,
    standing,
)
from tests.strategies import LAWS

THREE = [found("a", 0), found("b", 10 * MINUTE), found("c", 20 * MINUTE)]


def why(found: tuple[Any, ...]) -> str:
    """What a fact says, in one string."""
    return str(found[4])


def test_a_finding_that_nobody_confirmed_waits_and_is_filed_when_somebody_does() -> None:
    waiting = ended([found("a", 0)])
    case = waiting.cases[id_of("a")]
    assert (case.state, case.filed_at, case.department) == ("reported", None, None)
    assert case.marks == ["unconfirmed"]
    assert not case.clocks
    assert not waiting.told("case_filed")
    (held,) = waiting.told("finding_held")
    assert "待人工确认" in why(held)

    passed = ended([found("a", 0), verify("a", 2, True)])
    case = passed.cases[id_of("a")]
    assert (case.state, case.filed_at, case.department) == ("dispatched", at(2), "d1")
    assert case.deadline == at(26)
    assert case.marks == []
    assert "person" in why(passed.told("finding_passed")[0])
    assert passed.replies["a"][-1].status is ReplyStatus.DISPATCHED

    rejected = ended([found("a", 0), verify("a", 2, False)])
    case = rejected.cases[id_of("a")]
    assert (case.state, case.void, case.filed_at) == ("rejected", True, None)
    assert rejected.replies["a"][-1].status is ReplyStatus.NOT_ADMITTED


def test_what_waits_can_be_confirmed_or_given_up_and_nothing_else() -> None:
    sent = ended([found("a", 0), act(ActKind.DISPATCH, 1, "a", department="d1")])
    assert state_of(sent, "a") == "reported"
    assert "unconfirmed" in why(sent.told("act_refused")[0])
    assert state_of(ended([found("a", 0), act(ActKind.VOID, 1, "a")]), "a") == "void"
    told_off = act(ActKind.REJECT, 1, "a", reason="重复")
    assert state_of(ended([found("a", 0), told_off]), "a") == "rejected"


def test_another_channel_passes_it_whatever_the_camera_is_worth() -> None:
    other = ended([found("a", 0), report("b", 1, 0), found("c", 2)])
    assert other.groups == {frozenset("abc")}
    case = other.cases[id_of("a")]
    assert (case.state, case.filed_at, case.report_count) == ("dispatched", at(1), 3)
    assert "channel" in why(other.told("finding_passed")[0])
    confirmed = found("b", 1, unconfirmed=False)
    assert ended([found("a", 0), confirmed]).cases[id_of("a")].filed_at == at(1)
    # A citizen who was first needs no camera's leave.
    assert ended([report("b", -1, 0), found("a", 0)]).cases[id_of("b")].filed_at == at(-1)


def test_it_passes_by_itself_where_it_lasts_and_the_algorithm_was_right_before() -> None:
    lasting = ended([*learnt(3, 1), *THREE], gate=GATE)
    case = lasting.cases[id_of("a")]
    assert (case.state, case.filed_at) == ("dispatched", at(20 * MINUTE))
    (passed,) = (fact for fact in lasting.told("finding_passed") if fact[0] == id_of("a"))
    for said in ("第3/5次", "持续20分钟", "算法准确率0.75（3/4）"):
        assert said in why(passed)
    for short in (
        [*learnt(3, 1), *THREE[:2]],  # not often enough
        [*learnt(3, 2), *THREE],  # wrong too often
        [*learnt(1, 0), *THREE],  # judged too seldom
        [*learnt(4, 0, "C2"), *THREE],  # another camera was right
        [*learnt(3, 1), *(found(n, k * 2 * MINUTE) for k, n in enumerate("abc"))],  # too briefly
    ):
        assert state_of(ended(short, gate=GATE), "a") == "reported"


def test_clear_looks_between_findings_count_against_them() -> None:
    flapping: list[Input] = [found("a", 0)]
    for n, name in enumerate("bcdefghi", start=1):
        flapping.append(found(name, n * 4 * MINUTE) if n % 4 == 0 else clear(name, n * 4 * MINUTE))
    rows = [ROW | {"clear_after": None}]
    assert state_of(ended([*learnt(4, 0), *flapping], gate={"rows": rows}), "a") == "reported"
    shown = [one for one in flapping if one.unconfirmed]  # type: ignore[union-attr]
    assert state_of(ended([*learnt(4, 0), *shown], gate={"rows": rows}), "a") == "dispatched"


def test_in_quiet_hours_only_people_pass_it() -> None:
    quiet = [{"begins": "08:00", "ends": "10:00"}]
    gate = {"rows": [ROW | {"quiet": quiet}]}
    held = ended([*learnt(3, 1), *THREE], gate=gate)
    assert state_of(held, "a") == "reported"
    assert any("静默时段" in why(fact) for fact in held.told("finding_held"))
    assert state_of(ended([*learnt(3, 1), *THREE, found("d", 1.01)], gate=gate), "a") == (
        "dispatched"
    )
    assert state_of(ended([*THREE, verify("a", 0.5, True)], gate=gate), "a") == "dispatched"


def test_a_rule_may_be_one_algorithms_or_one_classes() -> None:
    own = ROW | {
        "algorithm": "litter",
        "persistence": PERSISTENCE | {"shown": 1, "dwell_minutes": 0},
    }
    gate = {
        "rows": [ROW | {"persistence": None}, ROW | {"camera_class": 1, "persistence": None}, own]
    }
    assert state_of(ended([*learnt(2, 0), found("a", 0)], gate=gate), "a") == "dispatched"
    other = [
        found("x", -99, algorithm="smoke"),
        verify("x", -98, True),
        found("a", 0, algorithm="smoke"),
    ]
    assert state_of(ended(other, gate=gate), "a") == "reported"


def test_clear_looks_in_a_row_void_what_nobody_confirmed() -> None:
    gone = ended([found("a", 0), clear("b", 1), clear("c", 2)], gate=GATE)
    case = gone.cases[id_of("a")]
    assert (case.state, case.void, case.report_count) == ("void", True, 1)
    assert gone.reports.keys() == {"a"}
    (voided,) = gone.told("case_voided")
    assert (voided[2], voided[3]) == (at(2), "c")
    assert "camera_clear" in why(voided)
    assert len(gone.told("camera_clear")) == 1
    for still in (
        [found("a", 0), clear("b", 1)],
        [found("a", 0), clear("b", 1), found("c", 2), clear("d", 3)],
        [found("a", 0), clear("b", 1, "C2"), clear("c", 2, "C2")],
        [found("a", 0), clear("b", 1, matter="m2"), clear("c", 2, matter="m2")],
        [found("a", 0), clear("b", -2), clear("c", -1)],
    ):
        assert state_of(ended(still, gate=GATE), "a") == "reported"
    again = ended([found("a", 0), clear("b", 1), clear("c", 2), found("d", 3)], gate=GATE)
    assert state_of(again, "d") == "reported"


def test_a_clear_look_on_a_case_that_is_worked_on_is_told_and_closes_nothing() -> None:
    inputs = [found("a", 0), verify("a", 1, True), clear("b", 2), clear("c", 3)]
    told = ended(inputs, gate=GATE)
    assert state_of(told, "a") == "dispatched"
    assert [(fact[0], fact[2]) for fact in told.told("camera_clear")] == [(id_of("a"), at(2))]
    assert id_of("b") not in told.cases


def test_planned_work_holds_findings_back_and_still_hears_that_it_is_over() -> None:
    work = {
        "id": "W1",
        "valid_from": at(-1).isoformat(),
        "valid_to": at(0.5).isoformat(),
        "matters": ["m1"],
        "reason": "道路施工",
    }
    gate = {"rows": [ROW], "works": [work]}
    held = ended([*learnt(3, 1), *THREE], gate=gate)
    case = held.cases[id_of("a")]
    assert (case.state, case.marks) == ("reported", ["planned_work:W1", "unconfirmed"])
    assert {
        "道路施工" in why(one) for one in held.told("finding_held") if one[0] == id_of("a")
    } == {True}
    assert state_of(ended([*THREE, verify("a", 0.4, True)], gate=gate), "a") == "dispatched"
    recovered = [*THREE, clear("d", 0.4), clear("e", 0.45)]
    assert state_of(ended(recovered, gate=gate), "a") == "void"
    # What was found in the work does not count once it is over.
    after = [*learnt(3, 1), *THREE, found("d", 0.6), found("e", 0.7)]
    assert state_of(ended(after, gate=gate), "a") == "reported"
    assert state_of(ended([*after, found("f", 0.8)], gate=gate), "a") == "dispatched"


def test_a_person_may_still_look_into_what_passed_by_itself() -> None:
    wrong = ended([*learnt(3, 1), *THREE, verify("a", 2, False), found("d", 60)], gate=GATE)
    assert state_of(wrong, "a") == "rejected"
    assert wrong.cases[id_of("a")].void
    right = ended([*learnt(3, 1), *THREE, verify("a", 2, True)], gate=GATE)
    assert state_of(right, "a") == "dispatched"


def test_what_nobody_confirmed_reopens_no_case() -> None:
    rows = [MERGING["rows"][0] | {"reopen_hours": 4}]
    inputs = [report("a", 0), *life("a", 0), found("b", 8)]
    again = ended(inputs, merging=MERGING | {"rows": rows})
    assert state_of(again, "a") == "closed"
    assert state_of(again, "b") == "reported"


def test_an_act_on_a_clear_look_is_refused_whenever_it_comes() -> None:
    for inputs in (
        [clear("a", 0), verify("a", 1, True)],
        [verify("a", 1, True), clear("a", 0)],
    ):
        outs = run(casework.step, log(inputs), one_by_one, begun())
        (letter,) = (out for out in outs if out.topic == DEAD_LETTERS.name)
        listing = next(text for name, text in letter.headers if name == "gridloop.letter")
        assert msgspec.json.decode(listing, type=DeadLetter).reason == "unknown_case"


def sent(id: str, minutes: int, **said: Any) -> Record:
    """What a camera of Dongguan sends, as it stands on its topic."""
    data = PatrolReport(
        place="dongguan",
        area="441900-t08-c01",
        text="有暴露垃圾",
        camera="C1",
        camera_class=2,
        algorithm="litter",
        **said,
    )
    when = at(0) + timedelta(minutes=minutes)
    headers, value = encode_binary("gridloop.report.patrol.v1", "/video", id, when, data)
    return Record(PATROL.name, 0, minutes, ARRIVAL_MS, None, value, headers)


def test_through_all_stages_a_clear_look_is_stored_as_a_look_and_counts_as_no_report() -> None:
    looks = [sent(f"L{n}", 10 * n, clear=True) for n in (1, 2, 3)]
    outs, _ = chain([sent("F1", 0), *looks, looks[0]])
    batch = Batch()
    log = [out for out in outs if out.topic in {INTAKE.name, CASES.name}]
    for offset, out in enumerate(log):
        batch.add(Record(out.topic, 0, offset, ARRIVAL_MS, out.key, out.value, out.headers))
    assert (batch.count(LOOKS), batch.count(REPORTS)) == (3, 1)
    told = msgspec.json.decode(
        next(out.value or b"" for out in reversed(log) if out.topic == CASES.name), type=CaseRecord
    )
    assert (told.snapshot.state, told.snapshot.report_count) == ("void", 1)
    assert not any(out.topic == DEAD_LETTERS.name for out in outs)


def test_a_gate_that_comes_late_is_applied_to_what_it_was_in_force_for() -> None:
    inputs = [*learnt(3, 1), *THREE, clear("d", 1), found("e", 2)]
    state = begun()
    outs = run(casework.step, log(inputs), one_by_one, state)
    late = changes(documents(gate=GATE)[-1:])
    outs += run(casework.step, log(late, len(inputs)), one_by_one, state)
    assert standing(outs).rows == ended(inputs, gate=GATE).rows


# --- laws ---------------------------------------------------------------------------------------

NAMES = "abcdefgh"
MINUTES = [0.0, 5, 10, 15, 30, 60, 90, 3000]
seen = st.lists(
    st.tuples(
        st.sampled_from(["found", "found", "found", "clear", "confirmed", "citizen"]),
        st.sampled_from(MINUTES),
        st.sampled_from(["C1", "C1", "C2"]),
        st.sampled_from(["m1", "m1", "m2"]),
    ),
    min_size=2,
    max_size=len(NAMES),
)
words = st.lists(
    st.tuples(
        st.sampled_from(["right", "wrong", "void", "merge", "split", "life"]),
        st.integers(0, 7),
        st.integers(0, 7),
        st.sampled_from([1.0, 12, 20, 70, 3001]),
    ),
    max_size=5,
)
GATES: list[dict[str, Any] | None] = [
    None,
    {
        "rows": [
            ROW
            | {
                "persistence": PERSISTENCE
                | {"shown": 2, "of": 3, "dwell_minutes": 5, "judged_from": 1, "precision_from": 0.5}
            }
        ],
        "works": [
            {
                "id": "W1",
                "valid_from": at(0).isoformat(),
                "valid_to": at(0.2).isoformat(),
                "cameras": ["C2"],
                "reason": "施工",
            }
        ],
    },
]


def _inputs(rows: Sequence[Any], said: Sequence[Any]) -> list[Input]:
    names = NAMES[: len(rows)]
    made: list[Input] = []
    looks: set[str] = set()
    for name, (kind, minutes, camera, matter) in zip(names, rows, strict=True):
        hours = minutes * MINUTE
        if kind == "citizen":
            made.append(report(name, hours, 0, matter))
        elif kind == "clear":
            looks.add(name)
            made.append(clear(name, hours, camera, matter=matter))
        else:
            sure = kind == "confirmed"
            made.append(found(name, hours, camera, matter=matter, unconfirmed=not sure))
    for kind, one, other, minutes in said:
        which, hours = names[one % len(names)], minutes * MINUTE
        if kind in {"right", "wrong"}:
            made.append(verify(which, hours, kind == "right"))
        elif kind == "void":
            made.append(act(ActKind.VOID, hours, which))
        elif kind == "life":
            made += life(which, hours)
        elif not looks & {which, names[other % len(names)]}:
            decide = merge if kind == "merge" else split
            made.append(decide(which, names[other % len(names)], hours))
    unique = {(one.sender, one.id): one for one in made}
    return list(unique.values())


@pytest.mark.parametrize("gate", GATES, ids=["people only", "by itself too"])
@given(seen, words, st.integers(0, 1000))
@LAWS
def test_the_order_of_arrival_does_not_matter(
    gate: dict[str, Any] | None, rows: Any, said: Any, seed: int
) -> None:
    inputs = _inputs(rows, said)
    shuffled = list(inputs)
    Random(seed).shuffle(shuffled)
    late = ended(shuffled, cut=one_by_one, gate=gate)
    assert late.rows == ended(inputs, gate=gate).rows


@given(seen, words)
@LAWS
def test_nothing_hangs_on_what_is_remembered_between_chunks(rows: Any, said: Any) -> None:
    inputs, gate = _inputs(rows, said), GATES[1]
    state, outs = begun(gate=gate), []
    for record in log(inputs):
        decision = casework.step([record], state)
        state.keep(decision)
        state.memo = {"book": state.memo["book"]}
        outs += decision.outs
    assert standing(outs).rows == ended(inputs, gate=gate).rows


@given(seen, words)
@LAWS
def test_no_department_has_what_only_cameras_have_found_and_nobody_let_pass(
    rows: Any, said: Any
) -> None:
    """Without a gate document: filed means that a person, or another channel, has said so."""
    after = ended(_inputs(rows, said))
    by_people = {fact[0] for fact in after.told("finding_passed")}
    for case in after.cases.values():
        held = any(f[0] == case.case_id for f in after.told("finding_held"))
        if held and case.case_id not in by_people:
            assert case.filed_at is None
            assert case.department is None
