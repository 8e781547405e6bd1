"""Outbound: the very examples of the docs, run against the real topics of a place's few cases."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.case_inputs import CALENDAR
from tests.journey.harbour import act, founding, reference, report
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE, LAMPS, STREETS = "outpost", "outpost-lamps", "outpost-streets"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
DAY = "2026-03-03"


def documents() -> list[dict[str, Any]]:
    """The place: lamps in five years, rubbish within a day; its departments are nobody else's."""
    responsibility = {
        "departments": [{"id": one, "name": one, "name_en": one} for one in (LAMPS, STREETS)],
        "default_department": LAMPS,
        "duties": [
            {"id": "d1", "matter": "lamp", "lead": LAMPS},
            {"id": "d2", "matter": "rubbish", "lead": STREETS},
        ],
    }
    limits = [
        {"id": "l1", "matter": "lamp", "limit": "2000 days"},
        {"id": "l2", "matter": "rubbish", "limit": "24 hours"},
    ]
    return [
        *founding(PLACE)[:3],
        reference(PLACE, "responsibility", responsibility),
        reference(PLACE, "calendar", CALENDAR),
        reference(PLACE, "limits", {"limits": limits}),
    ]


def at(hour: int) -> str:
    return f"{DAY}T{hour:02}:00:00+08:00"


def acts() -> list[dict[str, Any]]:
    """r1 is closed, r2 done badly, r3 and r5 go to another department, r4 is signed too late."""
    return [
        act(PLACE, "r1", "sign", at(10)),
        act(PLACE, "r1", "handle", at(11)),
        act(PLACE, "r1", "check", at(12), passed=True),
        act(PLACE, "r1", "call_back", at(13), resolved=True, satisfaction="satisfied"),
        act(PLACE, "r1", "evaluate", at(14)),
        act(PLACE, "r1", "close", at(15)),
        act(PLACE, "r2", "sign", at(10)),
        act(PLACE, "r2", "handle", at(11)),
        act(PLACE, "r2", "check", at(12), passed=False, reason="灯仍不亮"),
        act(PLACE, "r3", "dispatch", at(10), department=STREETS),
        act(PLACE, "r4", "sign", "2026-03-09T10:00:00+08:00"),
        act(PLACE, "r5", "dispatch", at(12), department=STREETS),
    ]


PROGRAMS = {
    "lamps": ("department_desk", "--department", LAMPS),
    "streets": ("department_desk", "--department", STREETS),
    "tickets": ("ticket_status", "--sender", f"/{PLACE}/hotline"),
    "alarms": ("duty_officer", "--place", PLACE),
}


def run(system: System, folder: Path, *names: str) -> dict[str, list[str]]:
    """Run examples, side by side, to the end of what is there; what each prints, by line."""
    running = {}
    for name in names:
        file, *words = PROGRAMS[name]
        command = [sys.executable, str(EXAMPLES / f"{file}.py"), *words, "--until-idle"]
        command += ["--kafka", system.joined.where.kafka, "--store", str(folder / f"{name}.db")]
        running[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        printed = {name: one.communicate(timeout=60)[0] for name, one in running.items()}
    finally:
        for one in running.values():
            one.kill()
            one.wait()
    assert not any(one.returncode for one in running.values())
    return {name: out.splitlines() for name, out in printed.items()}


def test_the_examples_of_the_docs_tell_what_happened_once_each(
    system: System, tmp_path: Path
) -> None:
    system.publish(documents())
    lamps = [report(PLACE, f"r{n}", at(9)) for n in (1, 2, 3, 5)]
    system.publish([*lamps, report(PLACE, "r4", at(9), "垃圾乱堆")])
    system.publish(acts())
    # r5 was void before it went to another department: that dispatch is disproved.
    system.publish([act(PLACE, "r5", "void", at(11), reason="重复")])

    found = run(system, tmp_path, *PROGRAMS)
    asked = "SELECT id, case_id FROM reports FINAL WHERE place = %(place)s"
    cases = {str(id): str(case) for id, case in system.ask(asked, place=PLACE)}
    by_case = {
        ticket: [line.split()[0] for line in found["lamps"] if case in line]
        for ticket, case in cases.items()
    }
    assert by_case == {
        "r1": ["dispatched"],
        "r2": ["dispatched", "rework"],
        "r3": ["dispatched", "recalled"],
        "r4": [],
        "r5": ["dispatched", "recalled"],
    }
    streets = [line.split()[:2] for line in found["streets"][:-1]]
    assert sorted(streets) == sorted(
        [
            ["dispatched", cases["r3"]],
            ["dispatched", cases["r4"]],
            ["dispatched", cases["r5"]],
            ["withdrawn", cases["r5"]],
        ]
    )
    assert found["streets"][-1] == "to do: 2"
    last = {line.split()[0]: line.split()[1].rstrip(",") for line in found["tickets"]}
    assert last == {
        "r1": "closed",
        "r2": "dispatched",
        "r3": "dispatched",
        "r4": "dispatched",
        "r5": "void",
    }
    (alarm,) = found["alarms"]
    assert alarm.startswith(f"deadline_breached quay-01 {cases['r4']} at 2026-03-04T01:00:00Z")

    again = run(system, tmp_path, "streets")  # its offsets and its list are where they were
    assert again["streets"] == ["to do: 2"]
