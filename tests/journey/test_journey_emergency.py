"""平急转换 in Jianghai, as its profile has it: a street turns to emergency while all goes on."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - a seeded shuffle repeats itself
from typing import Any

import msgspec
import pytest

from streams.entry.places import place_dir, read_place
from tests.journey.harbour import act, alarms_standing, event, reference, report, ticks
from tests.journey.recount import Case, Report, answered, gaps, rows
from tests.journey.recount_rules import Rules
from tests.journey.system import System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE, AGAIN = "jianghai-drill", "jianghai-again"
RULES = Rules("jianghai")
MONDAY = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
SWITCHED = datetime.fromisoformat("2026-03-03T10:00:00+08:00")
BACK = datetime.fromisoformat("2026-03-05T10:00:00+08:00")
AS_OF = datetime.fromisoformat("2026-03-15T00:00:00+08:00")
STREET = "440704-s01"
AREAS = ("440704-s01-c01", "440704-s02-c03", "440704-s01-c02-g03", "440704-s02-c04-g07")
NEEDY = [
    one
    for one in RULES.ledger
    if one["area"].startswith(STREET)
    and not {"special_groups", "needy_groups"}.isdisjoint(one["groups"])
]
VISITED = NEEDY[::2]
CHECKED = "ent-sample-01"


def hours(n: float) -> datetime:
    return MONDAY + timedelta(hours=n)


def closed_after(n: int) -> int | None:
    """Two of three are closed, some of them within a day, some within five working days."""
    return (None, 20, 60)[n % 3]


REPORTED = {n: (hours(2 * n), AREAS[n % len(AREAS)]) for n in range(60)}


def lives(place: str) -> list[dict[str, Any]]:
    """Everything that is reported and done with, and the round that found something wrong."""
    told = []
    for n, (at, area) in REPORTED.items():
        ticket = f"P{n:02d}"
        told.append(report(place, ticket, at.isoformat(), "发现问题：路面破损", area=area))
        if (after := closed_after(n)) is not None:
            done = at + timedelta(hours=after)
            told.append(act(place, ticket, "handle", done.isoformat(), actor="desk"))
            told.append(act(place, ticket, "close", (done + timedelta(minutes=5)).isoformat()))
    failed = {"result": "failed", "text": "安全生产隐患：消防通道堵塞"}
    return [
        *told,
        made(place, "enterprise_check", CHECKED, f"{STREET}-c01-g01", hours(30), **failed),
        *(
            made(place, "visit", one["code"], one["area"], SWITCHED + timedelta(hours=5))
            for one in VISITED
        ),
    ]


def made(
    place: str, kind: str, subject: str, area: str, at: datetime, **more: Any
) -> dict[str, Any]:
    data = {
        "place": place,
        "kind": kind,
        "area": area,
        "subject": subject,
        "started_at": at.isoformat(),
        **more,
    }
    return event("round", f"/{place}/rounds", f"{kind}-{subject}", at.isoformat(), data)


def modes(place: str, version: str, mode: str, since: datetime) -> dict[str, Any]:
    body = {"modes": [{"area": "440704", "mode": "normal"}, {"area": STREET, "mode": mode}]}
    return reference(place, "modes", body, version, since.isoformat())


def card(mode: str) -> dict[str, Any]:
    rates = [{"figure": "completion_rate", "weight": 1}]
    return {"id": mode, "name": mode, "name_en": mode, "of": "street", "rates": rates, "mode": mode}


def founding(place: str) -> list[dict[str, Any]]:
    """Jianghai's own documents under another id, and a score card for each mode."""
    shipped = read_place(place_dir("jianghai"), place=place)
    documents = [msgspec.to_builtins(one) for one in shipped]
    cards = {"cards": [card("normal"), card("emergency")]}
    return [
        *(
            reference(place, one["kind"], one["body"], one["version"], one["valid_from"])
            for one in documents
        ),
        reference(place, "cards", cards),
    ]


def between(events: Iterable[dict[str, Any]], begin: datetime, end: datetime) -> Any:
    return [one for one in events if begin <= datetime.fromisoformat(one["time"]) < end]


SWITCH = ("2026.2", "emergency", SWITCHED)
SWITCH_BACK = ("2026.3", "normal", BACK)


@pytest.fixture(scope="module")
def place(system: System) -> str:
    """The place lives on while it is switched, and switched back; the clock goes with it."""
    system.publish(founding(PLACE))
    told = lives(PLACE)
    ticks(system, PLACE, MONDAY)
    system.publish([*between(told, MONDAY, SWITCHED), modes(PLACE, *SWITCH)])
    ticks(system, PLACE, SWITCHED + timedelta(hours=1))
    raised = {one["code"] for one in NEEDY}
    assert until(lambda: standing(system, "task_raised") == raised, "the tasks have been raised")
    system.publish([*between(told, SWITCHED, BACK), modes(PLACE, *SWITCH_BACK)])
    system.publish(between(told, BACK, AS_OF + timedelta(days=9)))
    return PLACE


def mode_at(at: datetime, area: str) -> str:
    return "emergency" if SWITCHED <= at < BACK and area.startswith(STREET) else "normal"


def counted() -> list[Case]:
    """Every case as it stands at the end, worked out by hand."""
    cases = []
    for n, (at, area) in REPORTED.items():
        after, mode = closed_after(n), mode_at(at, area)
        closed_at = None if after is None else at + timedelta(hours=after, minutes=5)
        over = closed_at is not None and closed_at < AS_OF
        cases.append(
            Case(
                filed_at=at,
                source="hotline",
                department=None,
                deadline=RULES.deadline("grid_event", at, mode),
                closed_at=closed_at if over else None,
                is_closed=over,
                handled=over,
                mode=mode,
                street=area[: len(STREET)],
            )
        )
    checked = hours(30)
    deadline = RULES.deadline("work_safety", checked, "emergency")
    found = Case(checked, "check", None, deadline, mode="emergency", street=STREET)
    return [*cases, found]


def asked(system: System, place: str) -> Any:
    return system.rates("--place", place, "--by", "mode", "--as-of", AS_OF.isoformat())


@pytest.fixture(scope="module")
def figures(place: str, system: System) -> Any:
    """Those of the place, by mode."""
    return asked(system, place)


def test_both_rule_sets_stand_in_the_figures_and_equal_a_recount(figures: Any) -> None:
    """EMG-01, EMG-05: cases of before and of the other street keep five working days; those filed
    in the emergency have 24 hours; the failed check of an enterprise is one of them."""
    cases = counted()
    reports = [Report(one.filed_at, one.source) for one in cases]
    told = answered(figures)
    assert gaps(told, rows(cases, reports, AS_OF, "mode")) == []
    emergency = told[(("mode", "emergency"),)]["on_time_closure_rate"]
    normal = told[(("mode", "normal"),)]["on_time_closure_rate"]
    assert 0 < emergency["numerator"] < emergency["denominator"]
    assert normal["denominator"] > 0
    assert emergency["value"] < normal["value"]


def test_nothing_is_lost_by_a_switch_and_a_replay_says_the_same(
    place: str, system: System, figures: Any
) -> None:
    """All at once, shuffled, every record twice, with both switches known beforehand."""
    said = system.json("verify", "--place", place, "--json")
    assert (said["cases"], said["differences"]) == (len(REPORTED) + 1, [])
    refused = system.ask("SELECT count() FROM dead_letters FINAL WHERE place = %(p)s", p=place)
    assert refused[0][0] == 0
    again = [*lives(AGAIN), *lives(AGAIN)]
    Random(3).shuffle(again)
    both = [modes(AGAIN, *SWITCH), modes(AGAIN, *SWITCH_BACK)]
    system.publish([*founding(AGAIN), *both])
    system.publish(again)
    assert asked(system, AGAIN)["rows"] == figures["rows"]


def rounds(system: System, at: datetime, *words: str) -> Any:
    window = ("--from", "2026-03-02", "--as-of", at.isoformat())
    return system.json("rounds", "--place", PLACE, "--kind", "visit", *window, *words, "--json")


def whom(slots: Iterable[dict[str, Any]]) -> set[str]:
    return {one["subject"] for one in slots if one["schedule"] == "W2"}


def test_the_switch_asks_for_everybody_on_the_ledger_there_and_lists_who_is_overdue(
    place: str, system: System
) -> None:
    """EMG-03: open for a day, then overdue; told apart by mode."""
    everybody, visited = ({one["code"] for one in some} for some in (NEEDY, VISITED))
    during = rounds(system, SWITCHED + timedelta(hours=6))
    assert whom(during["open"]) == everybody - visited
    (deadline,) = {one["to"] for one in during["open"] if one["schedule"] == "W2"}
    assert datetime.fromisoformat(deadline) == SWITCHED + timedelta(hours=24)
    late = rounds(system, SWITCHED + timedelta(hours=30), "--by", "mode")
    assert whom(late["missed"]) == whom(late["overdue"]) == everybody - visited
    (row,) = late["rows"]
    assert row["by"] == {"mode": "emergency"}
    assert (row["done"], row["expected"]) == (len(visited), len(everybody))


def test_what_was_not_done_in_time_is_told_by_alarm(place: str, system: System) -> None:
    """A visit took its task back; the others are missed once their day is over."""
    undone = {one["code"] for one in NEEDY} - {one["code"] for one in VISITED}
    assert until(lambda: standing(system, "task_raised") == undone, "done tasks are taken back")
    ticks(system, PLACE, SWITCHED + timedelta(hours=25))
    assert until(lambda: standing(system, "round_missed") == undone, "missed tasks are told")


def standing(system: System, kind: str) -> set[str]:
    """Of whom an alarm of this kind stands at last."""
    told = alarms_standing(system, PLACE)
    return {one["detail"]["subject"] for one in told if one["kind"] == kind}


def test_scores_are_kept_for_each_mode(place: str, system: System) -> None:
    """EMG-14: a street's completion rate, of the cases of one mode alone."""
    for mode in ("normal", "emergency"):
        words = ("--place", place, "--card", mode, "--as-of", AS_OF.isoformat(), "--json")
        told = {one["street"]: one["inputs"][0] for one in system.json("scores", *words)["scores"]}
        mine = [case for case in counted() if case.mode == mode]
        assert {street: (one["numerator"], one["denominator"]) for street, one in told.items()} == {
            street: (
                sum(case.is_closed for case in mine if case.street == street),
                sum(case.street == street for case in mine),
            )
            for street in {case.street for case in mine}
        }


def test_base_data_are_told_grid_by_grid(place: str, system: System) -> None:
    """EMG-15: nothing of Jianghai's is on file, which fails the check."""
    ran = system.run("base-data", "--place", place, "--json")
    told = json.loads(ran.out)
    enterprises = [one for one in RULES.ledger if "enterprises" in one["groups"]]
    grids = [grid for area in RULES.areas.values() for grid in area.get("grids", ())]
    asked_for = 5 * len(grids) + len(enterprises)
    assert ran.code == 1
    assert told["completeness"] == {"value": 0.0, "numerator": 0, "denominator": asked_for}
    assert [one["grid"] for one in told["grids"]] == grids
    assert f"{asked_for}项未采集" in ran.err
