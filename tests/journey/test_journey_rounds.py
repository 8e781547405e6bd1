"""Rounds in a running system: coverage, overdue visits, a failed check, alarms taken back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from streams.core.events import INFINITY
from streams.core.roundfigures import RoundQuery
from streams.core.slotfigures import SLOT_FIGURES
from streams.core.slots_sql import params_of, slots_sql
from tests.journey.harbour import alarms_standing, event, founding, reference, ticks
from tests.journey.system import System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "rope-walk"
DAY = datetime.fromisoformat("2026-03-02T00:00:00+08:00")
QUAYS = ("quay-01", "quay-02", "quay-03")
WINDOW = ("--place", PLACE, "--from", "2026-03-02", "--as-of", "2026-03-04")


def plan(id: str, kind: str, subjects: dict[str, Any], **cadence: Any) -> dict[str, Any]:
    given = {"id": id, "kind": kind, "name": id, "name_en": id}
    return {**given, "subjects": subjects, "cadence": {"every": "day", **cadence}}


PLANS = [
    plan("P", "patrol", {"each": "areas", "level": "community"}),
    plan("V", "visit", {"each": "codes", "codes": ["k-1", "k-2"], "area": "quay-01"}),
    plan("D", "duty", {"each": "codes", "codes": ["gate"], "area": "quay-02"}),
]


def made(id: str, kind: str, hours: float, lasting: float = 0.5, **more: Any) -> dict[str, Any]:
    """A round so many hours after the first day's beginning."""
    begun = DAY + timedelta(hours=hours)
    end = begun + timedelta(hours=lasting)
    data = {
        "place": PLACE,
        "kind": kind,
        "area": "quay-01",
        "started_at": begun.isoformat(),
        "ended_at": end.isoformat(),
        **more,
    }
    return event("round", f"/{PLACE}/rounds", id, begun.isoformat(), data)


ROUNDS = [
    made("1", "patrol", 9),
    made("2", "patrol", 10, area="quay-02"),
    made("3", "patrol", 30, area="quay-03"),
    made("4", "patrol", 31, area="quay-03"),
    made("5", "visit", 12, subject="k-1"),
    made("6", "visit", 36, subject="k-1"),
    made("7", "visit", 40, subject="k-2", result="offline"),
    made("8", "duty", 0, 20, subject="gate", worker="w-1", area="quay-02"),
    made("9", "duty", 22, 26, subject="gate", worker="w-2", area="quay-02"),
    made("10", "meeting", 9, subject="nobody-asked"),
]
FAILED = made(
    "11", "enterprise_check", 11, subject="ent-1", result="failed", text="街灯不亮，电线裸露。"
)


READING = event(
    *("reading", f"/{PLACE}/sensors", "S-1", (DAY + timedelta(hours=9)).isoformat()),
    {"place": PLACE, "area": "quay-01", "device": "tide-1", "reading": 2.75, "unit": "m"},
)


@pytest.fixture(scope="module")
def place(system: System) -> str:
    """The place, its schedules, and two days of rounds; each record twice."""
    system.publish([*founding(PLACE), reference(PLACE, "schedules", {"schedules": PLANS})])
    ticks(system, PLACE, DAY + timedelta(hours=1))
    system.publish([*ROUNDS, *ROUNDS, FAILED, FAILED, READING, READING])
    return PLACE


def shares(told: Any, figure: str) -> dict[str, tuple[int, int]]:
    return {
        row["by"]["schedule"]: (
            row["figures"][figure]["numerator"],
            row["figures"][figure]["denominator"],
        )
        for row in told["rows"]
    }


def test_coverage_is_what_a_recount_of_the_events_says(place: str, system: System) -> None:
    """Quays patrolled, by day; minutes at the gate, one by one; no schedule is asked."""
    told = system.json("rounds", *WINDOW, "--json")
    seen = {
        (one["data"]["area"], one["data"]["started_at"][:10])
        for one in ROUNDS
        if one["data"]["kind"] == "patrol"
    }
    there = {
        minute
        for one in ROUNDS
        if one["data"]["kind"] == "duty"
        for minute in range(2 * 24 * 60)
        if one["data"]["started_at"]
        <= (DAY + timedelta(minutes=minute)).isoformat()
        < one["data"]["ended_at"]
    }
    assert shares(told, "coverage") == {"P": (len(seen), 2 * len(QUAYS)), "V": (2, 4), "D": (0, 0)}
    of_patrols = {"P": (len(seen), 2 * len(QUAYS)), "V": (0, 0), "D": (0, 0)}
    assert shares(told, "patrol_coverage_area") == of_patrols
    assert shares(told, "patrol_frequency_rate") == of_patrols
    assert shares(told, "on_duty_rate")["D"] == (len(there), 2 * 24 * 60)
    assert [slot["subject"] for slot in told["overdue"]] == ["quay-01", "quay-02", "k-2"]
    gaps = [gap["from"][11:16] for one in told["missed"] for gap in one["gaps"]]
    assert gaps == ["20:00"]
    assert told["unplanned"] == 2
    assert told["rounds"]["reading"] == {"ok": 1}
    assert told["rounds"]["visit"] == {"ok": 2, "offline": 1}
    in_words = system.run("rounds", *WINDOW, "--missed", "--overdue").check().out
    assert "gate  03-02 20:00 → 03-02 22:00" in in_words
    assert "3/6" in in_words


def test_nothing_was_known_before_it_came(place: str, system: System) -> None:
    told = system.json("rounds", *WINDOW, "--known-at", "2026-03-04", "--json")
    assert shares(told, "coverage")["P"] in {(0, 6), (3, 6)}
    long_ago = system.json("rounds", *WINDOW, "--known-at", "2001-01-01", "--json")
    assert shares(long_ago, "coverage")["P"] == (0, 6)


def test_what_a_sensor_read_is_kept(place: str, system: System) -> None:
    found = system.ask(
        "SELECT subject, reading, unit FROM rounds FINAL"
        " WHERE place = %(place)s AND kind = 'reading'",
        place=place,
    )
    assert found == [("tide-1", 2.75, "m")]


def test_a_failed_check_is_one_case_by_a_source_of_its_own(place: str, system: System) -> None:
    told = system.rates("--place", place, "--by", "source", "--as-of", "2026-03-04")
    by_source = {row["by"].get("source"): row["figures"]["case_count"] for row in told["rows"]}
    assert by_source == {None: {"value": 1}, "check": {"value": 1}}
    ((case_id, department),) = system.ask(
        "SELECT case_id, department FROM cases FINAL WHERE place = %(place)s", place=place
    )
    assert department == "lamp-works"
    assert "ent-1 街灯不亮" in system.run("case", case_id).check().out
    said = system.json("verify", "--place", place, "--json")
    assert (said["cases"], said["differences"]) == (1, [])


def test_what_was_missed_is_told_and_a_late_round_takes_it_back(place: str, system: System) -> None:
    """In the end the alarms that stand are the slots that were missed; and the rows that are kept
    of slots, asked by SQL, say what the command says, before and after."""
    ticks(system, PLACE, DAY + timedelta(days=2))
    missed = {(one["subject"], one["to"]) for one in told_missed(system)}
    assert until(lambda: standing(system) == missed, "the missed slots have been told")
    told = told_shares(system)
    assert until(lambda: kept_shares(system) == told, "the slots are rows")

    system.publish([made("12", "patrol", 40, area="quay-02")])
    after = {(one["subject"], one["to"]) for one in told_missed(system)}
    assert after == missed - {("quay-02", "2026-03-04T00:00:00+08:00")}
    assert until(lambda: standing(system) == after, "the alarm has been taken back")
    now_told = told_shares(system)
    assert now_told != told
    assert until(lambda: kept_shares(system) == now_told, "the late round is in the rows")


def told_shares(system: System) -> dict[str, tuple[Any, ...]]:
    """By schedule: slots, those done in full, and both sides of every figure."""
    return {
        row["by"]["schedule"]: (
            *(row["expected"], row["done"]),
            *((one["numerator"], one["denominator"]) for one in row["figures"].values()),
        )
        for row in system.json("rounds", *WINDOW, "--json")["rows"]
    }


def kept_shares(system: System) -> dict[str, tuple[Any, ...]]:
    """The same of the rows."""
    query = RoundQuery(place=PLACE, zone="Asia/Shanghai", since=DAY, as_of=DAY + timedelta(days=2))
    text = slots_sql(("schedule",), SLOT_FIGURES, parts=True)
    return {id: tuple(told) for id, *told in system.ask(text, **params_of(query, INFINITY))}


def told_missed(system: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = system.json("rounds", *WINDOW, "--json")["missed"]
    return found


def standing(system: System) -> set[tuple[str, str]]:
    """Of whom, and of when, it is told that a round was missed."""
    return {
        (one["detail"]["subject"], _local(one["at"]))
        for one in alarms_standing(system, PLACE)
        if one["kind"].endswith("_missed")
    }


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(DAY.tzinfo).isoformat()
