"""One case's walk through everything that may happen to it, as `gridloop case` tells it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journey.harbour import act, founding, reference, report
from tests.journey.system import ROOT, System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "hill-quarter"
CALENDAR = ROOT / "schemas" / "places" / "_calendars" / "cn-office.json"
LIMITS = {
    "limits": [
        {"id": "l1", "matter": "lamp", "limit": "2 working days"},
        {"id": "l2", "matter": "*", "limit": "30 hours", "clock": "sign"},
        {"id": "l3", "matter": "*", "limit": "1 hour", "clock": "arrive"},
    ]
}


def on(day: int, clock: str) -> str:
    """A local time in March 2026, as an event writes it; the 2nd is a Monday."""
    return f"2026-03-{day:02d}T{clock}:00+08:00"


def walk() -> list[dict[str, Any]]:
    """A whistle over three departments; a return, a pause, an extension, a rework, a dispute."""

    def did(kind: str, time: str, **more: Any) -> dict[str, Any]:
        made = act(PLACE, "W1", kind, time, **more)
        return made | {"id": f"W1-{kind}-{time}"}

    called = ["night-watch", "street-care", "lamp-works"]
    return [
        did("sign", on(2, "09:30"), actor="lw-1"),
        did("return", on(2, "10:00"), reason="不归我管"),
        did("dispatch", on(2, "10:30"), department="street-care"),
        did("sign", on(2, "11:00"), actor="sc-1"),
        did("pause", on(2, "11:30"), passed=True, reason="等配件"),
        did("resume", on(3, "10:30")),
        did("convene", on(3, "14:00"), departments=called, whistle="key_task", closing="all"),
        did("arrive", on(3, "14:20"), department="night-watch"),
        did("arrive", on(3, "14:50"), department="lamp-works"),
        did("arrive", on(3, "15:30"), department="street-care"),
        did("handle", on(3, "15:40")),
        *(did("finish", on(3, f"16:0{n}"), department=one) for n, one in enumerate(called)),
        did("extend", on(4, "09:00"), passed=True, until=on(9, "17:00"), reason="下雨"),
        did("handle", on(4, "10:00")),
        did("check", on(4, "11:00"), passed=False),
        did("handle", on(5, "10:00")),
        did("check", on(5, "11:00"), passed=True),
        did("call_back", on(5, "15:00"), resolved=True, satisfaction="satisfied"),
        did("evaluate", on(5, "15:30")),
        did("close", on(5, "16:00")),
        did("dispute", on(6, "09:00"), reason="停电所致"),
        did("dispute", on(6, "17:00"), passed=True),
    ]


@pytest.fixture(scope="module")
def case_id(system: System) -> str:
    """The walked case."""
    calendar = json.loads(Path(CALENDAR).read_text("utf-8"))
    documents = [reference(PLACE, "limits", LIMITS), reference(PLACE, "calendar", calendar)]
    system.publish([*founding(PLACE), *documents])
    system.publish([report(PLACE, "W1", on(2, "09:00")), *reversed(walk())])
    ((found,),) = system.ask("SELECT case_id FROM cases FINAL WHERE place = %(p)s", p=PLACE)
    return str(found)


def test_the_walk_is_told_whole_with_every_clock_and_every_refusal(
    case_id: str, system: System
) -> None:
    """Published in the wrong order, told in the right one: what seemed wrong then is withdrawn."""
    told = system.json("case", case_id, "--json")
    assert told["state"] == "closed"
    assert told["department"] == "street-care"
    standing = [one for one in told["timeline"] if not one["withdrawn"]]
    refused = [one["detail"] for one in standing if one["kind"] == "act_refused"]
    assert refused == [{"act": "handle", "reason": "tasks_open"}]
    kinds = {one["kind"] for one in standing}
    assert {
        *("dispatch_returned", "pause_decided", "pause_ended", "whistle_blown"),
        *("extension_decided", "rework_ordered", "dispute_decided", "case_excluded"),
    } <= kinds

    overall = told["clocks"][0]
    # 2 working days from Monday 09:00 end on Wednesday 09:00; the pause took 6 working hours
    (pause,) = overall["pauses"]
    assert pause["due"] == on(4, "09:00")
    assert datetime.fromisoformat(pause["to_at"]) - datetime.fromisoformat(
        pause["from_at"]
    ) == timedelta(hours=23)
    more = {"at": on(4, "09:00"), "until": on(9, "17:00"), "due": on(4, "17:00")}
    assert overall["extensions"] == [more]
    assert (overall["deadline"], overall["light"]) == (on(9, "17:00"), "stopped")
    assert overall["derived"] == on(4, "09:00")
    late = [one for one in standing if one["kind"] == "deadline_breached"]
    assert [(one["department"], one["detail"]) for one in late] == [
        ("street-care", {"clock": "arrive:street-care"})
    ]


def test_who_was_right_to_return_it_is_told_of_the_case_and_of_the_department(
    case_id: str, system: System
) -> None:
    """The lamp works gave it back after an hour of office time; street care handled it."""
    (own,) = system.json("case", case_id, "--json")["returns"]
    said = (own["department"], own["verdict"], own["minutes"], own["came_back"])
    assert said == ("lamp-works", "right", 60, False)
    words = ("responsibility", "returns", "--place", PLACE, "--json")
    told = system.json(*words)
    assert told["returns"] == [own]
    (account,) = told["departments"]
    assert (account["department"], account["right"], account["median"]) == ("lamp-works", 1, 60)
    assert system.json(*words, "--department", "street-care")["returns"] == []
    assert system.json(*words, "--from", on(2, "10:01"))["returns"] == []
    assert system.json(*words, "--to", on(2, "10:01"))["returns"] == [own]


def test_people_read_it_in_chinese_and_english(case_id: str, system: System) -> None:
    """The same, line by line."""
    text = system.run("case", case_id).check().out
    for said in ("总时限 overall", "挂账 paused", "延期 extended", "吹哨 whistle_blown"):
        assert said in text
    assert "动作不成立 act_refused（吹哨的部门尚未办结）" in text
    assert "退得有理 right" in text
    assert "报到时限（street-care） arrive:street-care" in text


def test_the_excluded_case_stays_in_the_counts_and_leaves_the_rates(
    case_id: str, system: System
) -> None:
    """Raw, it is one closed on time of one."""
    words = ("--place", PLACE, "--as-of", on(7, "00:00"))
    (total, *_) = system.rates(*words)["rows"]
    figures = total["figures"]
    assert figures["closed_count"]["value"] == 1
    assert figures["on_time_closure_rate"]["denominator"] == 0
    assert figures["on_time_closure_rate_raw"]["numerator"] == 1
