"""Every figure, of a town where all that can be timed is, beside a recount by hand."""

from collections import Counter
from datetime import datetime, timedelta
from math import fsum
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.journey.harbour import act, event, report
from tests.journey.recount import Rows, answered, gaps, rows
from tests.journey.recount_desk import MORNING
from tests.journey.recount_nouns import Call
from tests.journey.recount_town import (
    PLACE,
    WEIGHTS,
    cases_of,
    documents,
    lives,
    reports_of,
)
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

SEED, MANY = 7, 120
MACHINES = (
    *("false_merge_rate", "missed_merge_rate", "video_precision", "abstain_rate"),
    *("recurrence_rate", "missed_report_rate"),
)
"""What a town has none of without rules of merging and cameras, whose words say every
matter, and that says of none whether a patrol can see it."""
SOON, LATE, AFTERWARDS = 20.0, 66.0, 24 * 60.0
"""Hours after the first morning: in the middle of it, near its end, and long after."""


RANG = ((2.0, 7), (3.0, 15), (21.0, 16), (22.0, None), (70.0, 5))
"""Calls at the town's hotline: at which hour, and answered after how many seconds."""


def day(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


@pytest.fixture(scope="module")
def town(system: System) -> str:
    """The town with all that ever happens there; published backwards."""
    system.publish(documents())
    system.publish([one for life in lives(SEED, MANY, AFTERWARDS) for one in reversed(life.events)])
    system.publish([*map(_call, range(len(RANG)))])
    return PLACE


def calls() -> list[Call]:
    return [
        Call(day(at), None if rang is None else day(at) + timedelta(seconds=rang))
        for at, rang in RANG
    ]


def _call(n: int) -> dict[str, Any]:
    one = calls()[n]
    said = {} if one.answered_at is None else {"answered_at": one.answered_at.isoformat()}
    at = one.offered_at.isoformat()
    return event("call", "/harbour/telephone", f"T{n}", at, {"place": PLACE, **said})


def asked(system: System, until: float, by: str | None, *words: str) -> Rows:
    at = ("--place", PLACE, "--as-of", day(until).isoformat(), "--figure", "all")
    return answered(system.rates(*at, *(("--by", by) if by else ()), *words))


def recounted(until: float, by: str | None, within: tuple[float, float] | None = None) -> Rows:
    """By hand, with the score by the town's own weights."""
    told = lives(SEED, MANY, until)
    window = within and (day(within[0]), day(within[1]))
    counted = rows(cases_of(told, until), reports_of(told), day(until), by, window, calls=calls())
    for figures in counted.values():
        shares = [(figures[name]["value"], weight) for name, weight in WEIGHTS.items()]
        known = all(share is not None for share, _ in shares)
        score = fsum(share * weight for share, weight in shares) if known else None
        figures["swift_response_score"] = {"value": score}
    return counted


@pytest.mark.parametrize("until", [SOON, LATE, AFTERWARDS])
@pytest.mark.parametrize("by", [None, "department"])
def test_every_figure_equals_an_independent_recount(
    town: str, system: System, until: float, by: str | None
) -> None:
    """As of three instants, in total and by department."""
    assert gaps(asked(system, until, by), recounted(until, by)) == []


def test_a_window_counts_what_is_filed_begun_or_carried_over_in_it(
    town: str, system: System
) -> None:
    """Cases filed before it and still open then are carried over into it."""
    window = ("--from", day(SOON).isoformat(), "--to", day(LATE).isoformat())
    counted = recounted(LATE, None, (SOON, LATE))
    assert counted[()]["carried_count"]["value"] > 0
    assert gaps(asked(system, LATE, None, *window), counted) == []


def test_no_figure_goes_unproved(town: str, system: System) -> None:
    """Each rate is of something and counts something, each duration is of something."""
    told = {**asked(system, LATE, None)[()]}
    after = asked(system, AFTERWARDS, None)[()]
    empty = {name for name in told if not _says(told[name]) and not _says(after[name])}
    assert empty <= {
        *("deadline_unknown", "carried_count", "backlog_resolution_rate"),
        "backlog_resolution_rate_raw",
        *("direct_handling_rate", "direct_handling_rate_raw"),  # all sign here
        *("merge_rate", "merge_rate_raw"),  # nobody reports another's problem here
        *(f"{name}{raw}" for name in MACHINES for raw in ("", "_raw")),
    }


def _says(figure: dict[str, Any]) -> bool:
    return bool(figure["value"])


def test_stream_and_batch_agree_on_every_figure(town: str, system: System) -> None:
    said = system.json("verify", "--place", PLACE, "--json")
    assert (said["differences"], said["cases"]) == ([], MANY)
    assert len(said["figures"]) > 100


def test_a_fault_in_one_stored_row_is_told_by_its_case(town: str, system: System) -> None:
    """A flag is turned, and turned back, as the next recount finds."""
    where = "case_spans FINAL WHERE place = %(place)s"
    ((case,),) = system.ask(f"SELECT min(case_id) FROM {where}", place=PLACE)
    turned = "SELECT * REPLACE(NOT excluded AS excluded, revision + 1 AS revision)"
    turn = f"INSERT INTO case_spans {turned} FROM {where} AND case_id = %(case)s"
    system.ask(turn, place=PLACE, case=case)
    done = system.run("verify", "--place", PLACE, "--json")
    assert done.code == 1
    said = msgspec.json.decode(done.out)
    assert said["apart"] == [case]
    assert said["differences"]
    assert case in done.err
    system.ask(turn, place=PLACE, case=case)


def test_what_was_known_before_a_late_act_is_still_told(town: str, system: System) -> None:
    """A return that comes to light later changes the past, and what was known of it stays."""
    system.publish([report(PLACE, "L1", day(1).isoformat())])
    before = system.json("verify", "--place", PLACE, "--json")
    words = ("--place", PLACE, "--as-of", day(LATE).isoformat(), "--figure", "quality")
    known = system.rates(*words)
    late = act(PLACE, "L1", "return", day(2).isoformat())
    system.publish([late])
    then = system.rates(*words, "--known-at", known["known_at"])
    now = system.rates(*words)
    assert then["rows"] == known["rows"]
    rate = "dispatch_return_rate"
    figures = (known["rows"][0]["figures"][rate], now["rows"][0]["figures"][rate])
    assert figures[1]["numerator"] == figures[0]["numerator"] + 1
    assert (before["cases"], before["apart"]) == (MANY + 1, [])
    said = system.json("restated", "--known-at", known["known_at"], "--json", *words)
    (moved,) = said["cases"]
    assert said["rows"][0]["difference"][rate] == {"numerator": 1, "denominator": 0}
    moves = [one["figures"] for one in moved["moves"] if rate in one["figures"]]
    assert moves == [{rate: {"numerator": 1, "denominator": 0}}]
    assert {why["input_id"] for why in moved["because"]} == {late["id"]}


def test_closings_to_be_looked_at_are_those_of_a_recount(town: str, system: System) -> None:
    told = lives(SEED, MANY, LATE)
    counted = Counter(
        step.result for life in told for step in life.case.steps if step.kind == "doubt"
    )
    at = ("--place", PLACE, "--as-of", day(LATE).isoformat())
    said = system.json("suspicious", *at, "--json")
    assert {why: n for why, n in said["counts"].items() if n} == counted
    assert set(counted) == {"hasty", "last_minute"}


@pytest.mark.parametrize("ending", [".md", ".html", ".xlsx"])
def test_a_bulletin_is_written_as_its_name_ends(
    town: str, system: System, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"bulletin{ending}"
    words = ("--period", "week", "--date", "2026-03-04", "--place", PLACE, "--out", str(out))
    system.run("bulletin", *words).check()
    begins = {".md": "# 雾港周例会 2026-W10".encode(), ".html": b"<!DOCTYPE html>", ".xlsx": b"PK"}
    assert out.read_bytes().startswith(begins[ending])


@pytest.mark.parametrize(
    "words",
    [
        ("bulletin", "--period", "week", "--out", "week.pdf"),
        ("bulletin", "--period", "day", "--date", "2099-01-01"),
        ("bulletin", "--period", "day", "--place", "nowhere"),
        ("restated", "--known-at", "2099-01-01"),
        ("restated", "--known-at", "2026-03-01", "--figure", "closing_time_p50"),
    ],
)
def test_what_cannot_be_told_is_said(town: str, system: System, words: tuple[str, ...]) -> None:
    done = system.run(*words)
    assert (done.code, done.out) == (2, "")


def test_departments_are_ranked_by_what_they_surely_are(town: str, system: System) -> None:
    words = ("--by", "department", "--figure", "closure_rate", "--rank", "--min-n", "15")
    said = system.rates("--place", PLACE, "--as-of", day(AFTERWARDS).isoformat(), *words)
    ranks = [row["rank"] for row in said["rows"][1:]]
    placed = [rank["lower_bound"] for rank in ranks if rank["place"] is not None]
    assert placed == sorted(placed, reverse=True)
    assert all((rank["place"] is not None) == (rank["n"] >= 15) for rank in ranks)
