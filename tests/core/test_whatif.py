"""Another list on past cases: what moves moves once, and nothing is lost on the way."""

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.core.events import Reference, ReferenceKind
from streams.core.place import Duty, Rulebook
from streams.core.placedocs import ResponsibilityBody
from streams.core.registry import FIGURES
from streams.core.whatif import COMPARED, PastCase, Proposal, WhatIf, parts, what_if
from tests.core.duties import AREAS, EARLIER, LATER, MATTERS, NAMES, NOW, duties, rules

OLD = (Duty("D1", "vending", "city"), Duty("D2", "noise", "police"))
CLOSED = frozenset({"not_excluded", "closed", "with_deadline", "on_time"})
LATE = CLOSED - {"on_time"}
OPEN = frozenset({"not_excluded", "with_deadline"})


def listed(*rows: Duty) -> ResponsibilityBody:
    return ResponsibilityBody(
        departments=tuple(rules().departments.values()), default_department="desk", duties=rows
    )


def book(*rows: Duty) -> Rulebook:
    profile = {
        **{"name_zh": "某市", "name_en": "Somewhere", "zone": "Asia/Shanghai"},
        **{"lifecycle": "five_steps", "fallback_area": "c"},
    }
    categories = [{"code": code, "name": code, "name_en": code} for code in ("order", "quiet")]
    bodies = {
        ReferenceKind.PLACE: profile,
        ReferenceKind.AREAS: {"areas": msgspec.to_builtins(AREAS)},
        ReferenceKind.MATTERS: {
            "categories": categories,
            "matters": msgspec.to_builtins(MATTERS),
        },
        ReferenceKind.RESPONSIBILITY: msgspec.to_builtins(listed(*rows)),
    }
    found = Rulebook()
    for kind, body in bodies.items():
        found = found.with_change(
            Reference(place="some", kind=kind, version="1", valid_from=EARLIER, body=body)
        )
    return found


def case(
    name: str,
    matter: str | None = "vending",
    department: str | None = "city",
    holding: frozenset[str] = CLOSED,
) -> PastCase:
    return PastCase(
        case_id=name,
        matter=matter,
        area="c-1-1",
        filed_at=NOW,
        department=department,
        holding=holding,
    )


def tried(*cases: PastCase, by: tuple[Duty, ...]) -> WhatIf:
    return what_if(cases, book(*OLD), "some", Proposal(listed(*by), "2", EARLIER))


NEW = (Duty("D1", "vending", "town"), OLD[1])


def test_a_case_moves_where_the_lists_differ_and_its_outcome_goes_with_it() -> None:
    found = tried(case("1"), case("2", holding=LATE), case("3", "noise", "police", OPEN), by=NEW)
    assert (found.cases, len(found.moves), found.stayed, found.by_hand) == (3, 2, 1, 0)
    assert found.pairs == [("city", "town", 2)]
    assert [(one.case_id, one.before, one.after) for one in found.moves] == [
        ("1", "city", "town"),
        ("2", "city", "town"),
    ]
    accounts = {one.department: one for one in found.accounts}
    assert accounts["city"].cases == (2, 0)
    assert accounts["town"].cases == (0, 2)
    was, would = accounts["town"].figures["on_time_of_closed_rate"]
    assert (was.value, was.numerator, was.denominator) == (None, 0, 0)
    assert (would.value, would.numerator, would.denominator) == (0.5, 1, 2)
    was, would = accounts["police"].figures["completion_rate"]
    assert (was.value, was.denominator) == (would.value, would.denominator) == (0.0, 1)


def test_the_same_list_moves_nothing_not_even_what_was_dispatched_by_hand() -> None:
    """What nobody leads, as after a return, was dispatched to nobody by hand."""
    found = tried(case("1"), case("2", department="police"), case("3", None, None), by=OLD)
    assert (found.moves, found.stayed, found.by_hand) == ([], 3, 1)


def test_a_list_that_names_whom_a_person_had_chosen_moves_nothing() -> None:
    found = tried(case("1", department="town"), by=NEW)
    assert (found.moves, found.stayed, found.by_hand) == ([], 1, 1)


def test_a_list_that_is_still_to_come_is_read_as_it_will_begin() -> None:
    later = (Duty("D1", "vending", "town", valid_from=LATER),)
    found = what_if([case("1")], book(*OLD), "some", Proposal(listed(*later), "2", LATER))
    assert found.pairs == [("city", "town", 1)]
    early = what_if([case("1")], book(*OLD), "some", Proposal(listed(*later), "2", EARLIER))
    assert early.pairs == [("city", "desk", 1)]


def test_a_case_of_a_day_without_rules_stays() -> None:
    before = msgspec.structs.replace(case("1"), filed_at=EARLIER - timedelta(days=1))
    assert tried(before, by=NEW).moves == []


holdings = st.frozensets(st.sampled_from(sorted(CLOSED)))
departments = st.none() | st.sampled_from(sorted(NAMES))
cases = st.lists(
    st.builds(
        PastCase,
        case_id=st.uuids().map(str),
        matter=st.none() | st.sampled_from([matter.code for matter in MATTERS]),
        area=st.none() | st.sampled_from([area.code for area in AREAS]),
        filed_at=st.sampled_from([EARLIER, NOW, LATER]),
        department=departments,
        holding=holdings,
        first=departments,
    ),
    unique_by=lambda one: one.case_id,
    max_size=20,
)


def real(rows: list[Duty]) -> tuple[Duty, ...]:
    """Those that a document may hold: a row that ends before it begins is refused when read."""
    return tuple(
        row
        for row in rows
        if row.valid_from is None or row.valid_to is None or row.valid_from < row.valid_to
    )


@given(cases, duties(), duties())
def test_moved_and_stayed_are_all_and_no_case_is_lost_or_counted_twice(
    past: list[PastCase], old: list[Duty], new: list[Duty]
) -> None:
    proposal = Proposal(listed(*real(new)), "2", EARLIER)
    found = what_if(iter(past), book(*real(old)), "some", proposal)
    assert len(found.moves) + found.stayed == found.cases == len(past)
    assert sum(cases for _, _, cases in found.pairs) == len(found.moves)
    assert all(one.before != one.after for one in found.moves)
    for side in (0, 1):
        assert sum(one.cases[side] for one in found.accounts) == len(past)
        for name in COMPARED:
            sides = [one.figures[name][side] for one in found.accounts]
            for value, part in (
                (sum(one.numerator or 0 for one in sides), FIGURES[name].numerator),
                (sum(one.denominator or 0 for one in sides), FIGURES[name].denominator or ()),
            ):
                assert part in parts()
                assert value == sum(one.holding.issuperset(part) for one in past)


@given(cases, duties())
def test_a_list_beside_itself_moves_nothing(past: list[PastCase], rows: list[Duty]) -> None:
    same = real(rows)
    found = what_if(past, book(*same), "some", Proposal(listed(*same), "1", EARLIER))
    assert found.moves == []
    assert all(one.cases[0] == one.cases[1] for one in found.accounts)
