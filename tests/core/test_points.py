"""The ledger of points: every entry has a cause, nothing is overwritten, a balance is a sum."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.events import Reference, ReferenceKind, RoundResult
from streams.core.place import Rulebook
from streams.core.points import Balance, Claim, Deed, Entry, Standing, balances, entries, stars
from streams.core.refusal import Refused
from tests.case_inputs import document
from tests.core.people_inputs import POINTS
from tests.core.round_inputs import book, local, made

NEVER = local("12-31")


def place(**changed: Any) -> Rulebook:
    return book(more=(document(ReferenceKind.POINTS, POINTS | changed),))


BOOK = place()


def claim(name: str = "r1", *standings: tuple[str, str], **more: Any) -> Claim:
    """A citizen's report, and from when on its case stood how: words of its standing."""
    given = {"source": "citizen", "requester": "t-1", "reporter": None, "matter": "litter"} | more
    return Claim(
        sender="/app",
        id=name,
        at=given.pop("at", local("03-01")),
        category="c1",
        case_id=given.pop("case", "here/v1/1"),
        standings=tuple(
            Standing(
                since=local(since),
                **{w: w in how for w in ("filed", "handled", "closed", "void")},
            )
            for since, how in standings
        ),
        **given,
    )


def deed(name: str, start: str, kind: str = "check_in", **more: Any) -> Deed:
    return Deed("/posts", name, made(start, kind, **({"worker": "w-1"} | more)))


def ledger(*causes: Claim | Deed, rules: Rulebook = BOOK, as_of: datetime = NEVER) -> list[Entry]:
    claims = [one for one in causes if isinstance(one, Claim)]
    return entries(rules, "here", claims, [c for c in causes if isinstance(c, Deed)], as_of)


def points(found: list[Entry]) -> list[int]:
    return [one.points for one in found]


# --- reports -----------------------------------------------------------------------------------


def test_a_citizens_report_is_rewarded_once_its_case_is_closed() -> None:
    told = claim("r1", ("03-01", "filed"), ("03-02", "filed handled closed"))
    (entry,) = ledger(told)
    assert (entry.person, entry.account, entry.points) == ("t-1", "home", 20)
    assert (entry.at, entry.rule, entry.case_id) == (local("03-02"), "R1", "here/v1/1")
    assert ledger(told, as_of=local("03-02")) == []


def test_what_is_undone_is_taken_back_by_an_entry_of_its_own_and_given_again() -> None:
    """Reopened, closed anew, at last found void: four entries, and a balance at any instant."""
    told = claim(
        "r1",
        ("03-01", "filed"),
        ("03-02", "filed closed"),
        ("03-03", "filed"),
        ("03-04", "filed closed"),
        ("03-05", "filed closed void"),
    )
    found = ledger(told)
    assert points(found) == [20, -20, 20, -20]
    assert [one.id for one in found] == [f"R1:/app:r1:{n}" for n in (1, 2, 3, 4)]
    for day, balance in (("03-03", 20), ("03-04", 0), ("03-05", 20), ("03-06", 0)):
        assert sum(points(ledger(told, as_of=local(day)))) == balance


def test_of_several_reports_of_one_case_the_first_is_rewarded() -> None:
    closed = ("03-02", "filed closed")
    second = claim("a", closed, requester="t-2", at=local("03-01 10:00"))
    assert [one.person for one in ledger(second, claim("b", closed))] == ["t-1"]
    each = [POINTS["reports"][0] | {"once_a_case": False}]
    both = ledger(second, claim("b", closed), rules=place(reports=each))
    assert {one.person for one in both} == {"t-1", "t-2"}


@pytest.mark.parametrize(
    "other", [{"source": "hotline"}, {"requester": None}, {"at": local("03-01"), "void": True}]
)
def test_no_other_report_is(other: dict[str, Any]) -> None:
    how = "filed closed void" if other.pop("void", False) else "filed closed"
    assert ledger(claim("r1", ("03-02", how), **other)) == []


@pytest.mark.parametrize(("about", "found"), [(["litter"], 1), (["c1"], 1), (["noise"], 0)])
def test_a_rule_may_be_about_some_matters_and_reward_staff(about: list[str], found: int) -> None:
    rule = POINTS["reports"][0] | {"matters": about, "to": "reporter", "when": "filed"}
    told = claim("r1", ("03-01", "filed"), reporter="gw-1")
    rules = book(more=(document(ReferenceKind.POINTS, POINTS | {"reports": [rule]}),))
    assert [one.person for one in ledger(told, rules=rules)] == ["gw-1"] * found


# --- rounds ------------------------------------------------------------------------------------


def test_double_reporting_earns_points_on_two_accounts_so_often_a_day() -> None:
    made = [deed(f"{n}", f"03-03 {8 + n:02d}:00", scene="home") for n in range(3)]
    found = ledger(*made, deed("w", "03-03 12:00", scene="work"), deed("x", "03-03", scene="other"))
    assert [(one.account, one.input) for one in found] == [
        ("home", "0"), ("home", "1"), ("work", "w"),
    ]  # fmt: skip
    assert points(ledger(*made, deed("n", "03-04", scene="home"))) == [5, 5, 5]


def test_nobody_is_rewarded_for_what_could_not_be_done_or_by_whom_is_not_known() -> None:
    offline = deed("1", "03-03", scene="home", result=RoundResult.OFFLINE)
    assert ledger(offline, deed("2", "03-03", scene="home", worker=None)) == []


def test_an_award_and_its_reversal_are_two_entries() -> None:
    award = deed("a1", "03-03", "award", account="work", points=50, text="见义勇为")
    wrong = deed("a2", "03-04", "award", account="work", points=-50, text="记错，冲正a1")
    assert [(one.points, one.reason) for one in ledger(award, wrong)] == [
        (50, "见义勇为"),
        (-50, "记错，冲正a1"),
    ]
    (balance,) = balances(ledger(award, wrong), local("03-04"), None)
    assert balance == Balance(person="w-1", account="work", points=0, given=0, taken=50)


def test_the_rules_are_those_of_the_day_of_the_cause() -> None:
    """A rule that is raised changes nothing that was earned before."""
    dearer = [rule | {"points": 9} for rule in POINTS["rounds"]]
    later = Reference(
        place="here",
        kind=ReferenceKind.POINTS,
        version="2",
        valid_from=local("03-04"),
        body=POINTS | {"rounds": dearer},
    )
    made = deed("1", "03-03", scene="home"), deed("2", "03-04", scene="home")
    assert points(ledger(*made, rules=BOOK.with_change(later))) == [5, 9]


def test_without_a_document_nothing_is_earned() -> None:
    told = claim("r1", ("03-02", "filed closed"))
    assert ledger(told, deed("1", "03-03", scene="home"), rules=book()) == []


# --- laws --------------------------------------------------------------------------------------

HOURS = st.integers(0, 24 * 20)
deeds = st.lists(
    st.tuples(HOURS, st.sampled_from(["w-1", "w-2"]), st.sampled_from(["home", "work"])),
    max_size=12,
)


@given(deeds, st.data(), HOURS)
def test_balances_are_sums_of_any_order_of_arrival(
    drawn: list[tuple[int, str, str]], data: st.DataObject, until: int
) -> None:
    """Recounted by hand: each worker's check-ins of a day, two of which count."""
    causes = [
        deed(f"{n:02d}", f"03-{1 + hour // 24:02d} {hour % 24:02d}:00", worker=who, scene=where)
        for n, (hour, who, where) in enumerate(drawn)
    ]
    as_of = local(f"03-{1 + until // 24:02d} {until % 24:02d}:00")
    found = ledger(*causes, as_of=as_of)
    shuffled = data.draw(st.permutations(causes))
    assert ledger(*shuffled, as_of=as_of) == found
    assert len({one.id for one in found}) == len(found)
    told = {(one.person, one.account): one.points for one in balances(found, as_of, None)}
    recounted: dict[tuple[str, str], int] = {}
    for day in {hour // 24 for hour, _, _ in drawn}:
        for who, where in {(who, where) for _, who, where in drawn}:
            n = sum(
                (hour // 24, w, a) == (day, who, where) and hour < until for hour, w, a in drawn
            )
            if n:
                recounted[who, where] = recounted.get((who, where), 0) + 5 * min(n, 2)
    assert told == recounted


def test_stars_are_those_that_the_balance_is_worth() -> None:
    body = BOOK.at("here", NEVER)
    assert body is not None
    worth = [stars(body.points, "home", balance) for balance in (-5, 9, 10, 29, 30, 500)]
    assert worth == [0, 0, 1, 1, 2, 2]
    assert stars(body.points, "work", 500) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"accounts": [*POINTS["accounts"], POINTS["accounts"][0]]}, "'home' stands twice"),
        ({"rounds": [POINTS["rounds"][0] | {"id": "R1"}]}, "'R1' stands twice"),
        ({"rounds": [POINTS["rounds"][0] | {"account": "none"}]}, "no such account: 'none'"),
        ({"rounds": [POINTS["rounds"][0] | {"kinds": ["award"]}]}, "brings its own points"),
        ({"rounds": [POINTS["rounds"][0] | {"kinds": ["declaration"]}]}, "nobody makes"),
        ({"stars": [POINTS["stars"][1], POINTS["stars"][0] | {"at_least": 40}]}, "more stars"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        place(**changed)
