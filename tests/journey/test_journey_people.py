"""People in a running system: points by rule and by hand, posts that stand empty, powers."""

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.journey.harbour import act, event, founding, reference, report
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "sail-loft"
REWARD, CHECK_IN, MOST_A_DAY = 20, 5, 1
POINTS = {
    "accounts": [
        {"id": "civic", "name": "公众积分", "name_en": "Civic"},
        {"id": "home", "name": "居住地积分", "name_en": "Home"},
    ],
    "reports": [
        {
            "id": "R1",
            "name": "上报奖励",
            "name_en": "Reward",
            "account": "civic",
            "points": REWARD,
            "when": "closed",
            "sources": ["hotline"],
        }
    ],
    "rounds": [
        {
            "id": "C1",
            "name": "双报到",
            "name_en": "Check-in",
            "account": "home",
            "points": CHECK_IN,
            "kinds": ["check_in"],
            "most_a_day": MOST_A_DAY,
        }
    ],
    "stars": [{"account": "home", "at_least": 10, "stars": 1}],
}
POSTS = {
    "roles": [{"id": "station", "name": "站长", "name_en": "Station head"}],
    "postings": [{"person": "st-1", "role": "station", "area": "quay-01"}],
    "powers": [{"id": "P1", "acts": ["convene"], "roles": ["station"]}],
    "staffing": [
        {
            "id": "S1",
            "name": "一站一长",
            "name_en": "One head each",
            "roles": ["station"],
            "each": "areas",
            "level": "community",
        }
    ],
}

CARDS = {
    "cards": [
        {
            "id": "head",
            "name": "站长考核",
            "name_en": "Heads",
            "of": "person",
            "roles": ["station"],
            "rates": [{"figure": "completion_rate", "weight": 0.9}],
            "points": [{"account": "home", "each": 1, "most": 10}],
            "stars": [{"at_least": 60, "stars": 3}],
        }
    ]
}


def on(day: int, hour: int) -> str:
    return f"2026-03-{day:02d}T{hour:02d}:00:00+08:00"


def life(ticket: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """A report by a phone of its own, handled and closed the day after."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("sign", {}),
        ("handle", {"actor": "desk"}),
        ("call_back", {"resolved": True}),
        ("evaluate", {}),
        ("close", {}),
    ]
    asked = {"requester": {"phone": f"138000000{ticket[1:]}"}}
    return [
        report(PLACE, ticket, on(2, 9), **asked),
        *(act(PLACE, ticket, kind, on(3, 9 + n), **said) for n, (kind, said) in enumerate(steps)),
        *more,
    ]


def made(id: str, kind: str, at: str, **more: Any) -> dict[str, Any]:
    data = {"place": PLACE, "kind": kind, "area": "quay-01", "started_at": at, **more}
    return event("round", f"/{PLACE}/rounds", id, at, data)


CLOSED = [*life("C01"), *life("C02")]
VOIDED = life("C03", act(PLACE, "C03", "void", on(5, 9)))
OPEN = [report(PLACE, "C04", on(2, 9), requester={"phone": "13800000004"})]
ROUNDS = [
    made("1", "check_in", on(2, 9), worker="m-1"),
    made("2", "check_in", on(2, 19), worker="m-1"),
    made("3", "check_in", on(3, 9), worker="m-1"),
    made("4", "check_in", on(3, 9), worker="m-2"),
    made("5", "award", on(4, 9), worker="m-2", account="home", points=30, text="见义勇为"),
    made("6", "award", on(5, 9), worker="m-2", account="home", points=-30, text="记错，冲正5"),
    made("8", "check_in", on(4, 9), worker="st-1"),
    made("7", "declaration", on(4, 9), subject="tok-1", scene="leave"),
]
REFUSED = made("9", "award", on(4, 9), worker="m-2", account="none", points=1, text="误")
WHISTLE = {"departments": ["night-watch"], "whistle": "everyday"}
WHISTLES = [
    act(PLACE, "C04", "convene", on(3, 9), actor="clerk", **WHISTLE),
    act(PLACE, "C04", "convene", on(3, 10), actor="st-1", **WHISTLE) | {"id": "C04-again"},
]
WINDOW = ("--place", PLACE, "--from", "2026-03-01")


@pytest.fixture(scope="module")
def place(system: System) -> str:
    """The place, its people's documents, and four days; each record twice."""
    system.publish(
        [
            *founding(PLACE),
            reference(PLACE, "points", POINTS),
            reference(PLACE, "posts", POSTS),
            reference(PLACE, "cards", CARDS),
        ]
    )
    told = [*CLOSED, *VOIDED, *OPEN, *ROUNDS, *WHISTLES]
    system.publish([*told, *told, REFUSED])
    return PLACE


def points(system: System, *words: str) -> Any:
    return system.json("points", *WINDOW, *words, "--json")


def by_account(told: Any) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for one in told["balances"]:
        found[one["account"]].append(one["points"])
    return dict(found)


def test_balances_are_what_a_recount_of_the_events_says(place: str, system: System) -> None:
    """Closed reports not void; days on which somebody checked in; awards as they are."""
    told = points(system, "--as-of", "2026-03-06")
    void = {one["data"]["ticket"]["id"] for one in VOIDED if one["data"].get("act") == "void"}
    closed = {
        one["data"]["ticket"]["id"]
        for one in [*CLOSED, *VOIDED]
        if one["data"].get("act") == "close"
    }
    homes: dict[str, int] = defaultdict(int)
    days = {
        (one["data"]["worker"], one["data"]["started_at"][:10])
        for one in ROUNDS
        if one["data"]["kind"] == "check_in"
    }
    for who, _ in days:
        homes[who] += CHECK_IN
    for one in ROUNDS:
        if one["data"]["kind"] == "award":
            homes[one["data"]["worker"]] += one["data"]["points"]
    rewards = [REWARD] * len(closed - void) + [0] * len(void)
    assert by_account(told) == {"civic": rewards, "home": sorted(homes.values(), reverse=True)}
    assert sum(one["points"] for one in told["entries"]) == sum(rewards) + sum(homes.values())
    assert "13800000" not in json.dumps(told)
    stars = {one["person"]: one["stars"] for one in told["balances"] if one["account"] == "home"}
    assert stars == {"m-1": 1, "m-2": 0, "st-1": 0}
    in_words = system.run("points", *WINDOW, "--as-of", "2026-03-06", "--entries").check().out
    assert "居住地积分" in in_words
    assert "见义勇为" in in_words


def test_what_was_taken_back_later_still_stood_then(place: str, system: System) -> None:
    before = by_account(points(system, "--as-of", "2026-03-05"))
    assert before == {"civic": [REWARD] * 3, "home": [30 + CHECK_IN, 2 * CHECK_IN, CHECK_IN]}
    one = points(system, "--as-of", "2026-03-06", "--person", "m-2", "--account", "home")
    assert [entry["points"] for entry in one["entries"]] == [CHECK_IN, 30, -30]
    unknown = points(system, "--as-of", "2026-03-06", "--known-at", "2001-01-01")
    assert (unknown["balances"], unknown["entries"]) == ([], [])


def test_an_award_on_an_account_that_is_not_kept_is_a_dead_letter(
    place: str, system: System
) -> None:
    reasons = system.ask(
        "SELECT reason FROM dead_letters FINAL WHERE place = %(place)s", place=place
    )
    assert reasons == [("unknown_account",)]


def test_who_has_no_power_to_whistle_is_refused_and_the_station_is_not(
    place: str, system: System
) -> None:
    told = system.ask(
        "SELECT kind, actor, JSONExtractString(detail, 'reason') FROM facts FINAL"
        " WHERE place = %(place)s AND kind IN ('act_refused', 'whistle_blown') AND NOT withdrawn"
        " ORDER BY kind",
        place=place,
    )
    assert told == [("act_refused", "clerk", "no_power"), ("whistle_blown", "st-1", "")]
    said = system.json("verify", "--place", place, "--json")
    assert said["differences"] == []


def test_a_case_names_who_is_posted_where_it_lies(place: str, system: System) -> None:
    (case_id,) = system.ask(
        "SELECT case_id FROM cases FINAL WHERE place = %(place)s AND area = 'quay-01' LIMIT 1",
        place=place,
    )[0]
    (told,) = system.json("case", case_id, "--json")["posted"]
    assert (told["person"], told["role"], told["area"]) == ("st-1", "station", "quay-01")
    assert "站长 Station head  st-1  quay-01" in system.run("case", case_id).out


def test_a_declaration_opens_no_case_and_is_missed_by_nobody(place: str, system: System) -> None:
    told = system.rates("--place", place, "--as-of", "2026-03-04T12:00:00+08:00")
    assert told["rows"][0]["figures"]["case_count"] == {"value": 4}
    rounds = system.json("rounds", *WINDOW, "--as-of", "2026-03-06", "--json")
    assert rounds["rounds"]["declaration"] == {"ok": 1}
    assert (rounds["missed"], rounds["overdue"]) == ([], [])
    assert rounds["unplanned"] == sum(one["data"]["kind"] == "check_in" for one in ROUNDS)


def test_posts_that_stand_empty_are_told_and_fail_the_check(place: str, system: System) -> None:
    ran = system.run("staffing", "--place", place, "--json")
    assert ran.code == 1
    said = json.loads(ran.out)
    assert said["asked"] == 3  # nobody is asked for at quay-00, where the unlocated stand
    assert [one["where"] for one in said["short"]] == ["quay-02", "quay-03"]
    assert "一站一长" in system.run("staffing", "--place", place).out
    assert system.run("staffing", "--place", "nowhere").code == 2


def test_a_score_shows_the_cases_and_points_that_it_is_made_of(place: str, system: System) -> None:
    """At the head's quay two of three cases that are not void are closed; one check-in."""
    words = ("scores", *WINDOW, "--as-of", "2026-03-06", "--card")
    told = system.json(*words, "head", "--json")
    (one,) = told["scores"]
    assert (one["person"], one["where"], one["marks"], one["stars"]) == ("st-1", "quay-01", 65.0, 3)
    assert [(i["id"], i["numerator"], i["denominator"]) for i in one["inputs"]] == [
        ("completion_rate", 2, 3),
        ("home", CHECK_IN, None),
    ]
    assert "站长考核" in system.run(*words, "head").check().out
    missing = system.run(*words, "nobody")
    assert (missing.code, "head" in missing.err) == (2, True)
