"""A place in which one category is opinions, one matter a risk, and all else cases."""

from typing import Any

import pytest

from tests.journey.harbour import act, founding, report
from tests.journey.recount import answered
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "ferry-quarter"
NIGHT = "2026-03-03T00:00:00+08:00"
OWNERS = {"area": "quay-02", "department": "night-watch"}
ONES = {"cadres": ["cadre-07"], "task_force": "tf-3", "ledger": "l-14", "accountability": "r-2"}


def on_the_day(hour: int) -> str:
    return f"2026-03-02T{hour:02d}:00:00+08:00"


def events() -> list[dict[str, Any]]:
    """Three cases, one of them handled; two opinions, one adopted; a risk that is half guarded."""
    words = [("C1", "街灯不亮"), ("C2", "街灯不亮"), ("C3", "街灯不亮")]
    words += [("O1", "垃圾乱堆"), ("O2", "垃圾乱堆"), ("R1", "堤坝渗水")]
    guard = {**OWNERS, "guard": ONES}
    return [
        *(report(PLACE, id, on_the_day(9), text) for id, text in words),
        act(PLACE, "C1", "sign", on_the_day(10)),
        act(PLACE, "C1", "handle", on_the_day(11)),
        act(PLACE, "O1", "decide", on_the_day(10), outcome="adopted"),
        act(PLACE, "O1", "close", on_the_day(11)),
        act(PLACE, "R1", "guard", on_the_day(10), **guard),
    ]


@pytest.fixture(scope="module")
def place(system: System) -> str:
    """The place, with all that happened there."""
    system.publish(founding(PLACE, lifecycles={"streets": "opinion", "dyke": "risk"}))
    system.publish(events())
    return PLACE


def counts(system: System, *words: str) -> dict[Any, tuple[Any, ...]]:
    """Reports, cases and closed ones, by the values of the cut."""
    told = answered(system.rates("--place", PLACE, "--as-of", NIGHT, *words))
    names = ("report_count", "case_count", "closed_count")
    return {
        tuple(value for _, value in cut): tuple(figures[name]["value"] for name in names)
        for cut, figures in told.items()
    }


def test_no_figure_of_one_flow_holds_what_is_of_another(place: str, system: System) -> None:
    """Each its own, and no flow at all is all of them."""
    assert counts(system) == {(): (3, 3, 0)}
    assert counts(system, "--flow", "opinion", "--by", "outcome") == {
        (): (2, 2, 1),
        ("adopted",): (None, 1, 1),
        (None,): (None, 1, 0),
    }
    assert counts(system, "--flow", "risk", "--by", "department") == {
        (): (1, 1, 0),
        ("harbour-desk",): (None, 1, 0),
    }
    assert counts(system, "--flow", "consultation") == {(): (0, 0, 0)}
    assert system.rates("--place", place, "--flow", "risk")["flow"] == "risk"


def test_a_guarding_that_lacks_its_plan_is_refused_and_a_whole_one_changes_hands(
    place: str, system: System
) -> None:
    """The refusal stays in sight, with what is missing."""
    whole = act(PLACE, "R1", "guard", on_the_day(12), **OWNERS, guard={**ONES, "plan": "p-14"})
    system.publish([whole | {"id": "R1-guard-again"}])
    ((case_id,),) = system.ask(
        "SELECT case_id FROM cases FINAL WHERE place = %(place)s AND flow = 'risk'", place=place
    )
    told = system.json("case", case_id, "--json")
    assert (told["flow"], told["state"], told["department"]) == ("risk", "guarded", "night-watch")
    refused = [one["detail"] for one in told["timeline"] if one["kind"] == "act_refused"]
    assert refused == [{"act": "guard", "reason": "guard_incomplete:plan"}]
    text = system.run("case", case_id).check().out
    assert "风险 risk" in text
    assert "包保 risk_guarded  night-watch  属地稳控 area=quay-02" in text


def test_every_flow_is_the_same_in_the_recount_of_the_log(place: str, system: System) -> None:
    said = system.json("verify", "--place", place, "--json")
    assert (said["cases"], said["differences"]) == (6, [])
