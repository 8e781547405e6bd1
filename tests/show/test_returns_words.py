"""Returns in words: of a window by department, and of one case."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from streams.core.returns import Verdict
from streams.show.returns import (
    past_returns,
    returned_lines,
    returns_json,
    returns_of,
    returns_table,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
"""12:00 in Shanghai."""


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def fact(case: str, kind: str, at: float, department: str, **detail: Any) -> tuple[Any, ...]:
    return case, kind, hours(at), department, json.dumps(detail)


FACTS = [
    fact("h/1", "case_dispatched", 0, "city"),
    fact("h/1", "dispatch_returned", 1, "city", minutes=60.0),
    fact("h/1", "case_dispatched", 2, "town"),
    fact("h/1", "case_handled", 4, "town"),
    fact("h/2", "dispatch_returned", 1, "city", minutes=30.0),
    fact("h/2", "case_dispatched", 2, "city"),
    fact("h/2", "dispatch_returned", 5, "city", minutes=7.5),
]


class Store:
    """Answers with the ledger's rows, and remembers what was asked."""

    def __init__(self) -> None:
        self.sql, self.params = "", dict[str, Any]()

    def stream(self, sql: str, params: dict[str, Any]) -> Iterator[Sequence[Any]]:
        self.sql, self.params = sql, params
        yield from FACTS


def test_returns_of_a_window_are_told_by_department() -> None:
    """Judged by all that happened to their cases, also after the window."""
    store = Store()
    found = past_returns(store, "some", hours(0), hours(5), None)
    said = returns_json("some", found, "Asia/Shanghai")
    assert said["departments"] == [
        {
            **{"department": "city", "returns": 2, "right": 1, "wrong": 0, "open": 1},
            **{"minutes": 90.0, "median": 45.0, "ping_pong": 1},
        }
    ]
    assert said["returns"][0] == {
        **{"case_id": "h/1", "department": "city", "at": "2026-06-01T13:00:00+08:00"},
        **{"minutes": 60.0, "verdict": "right", "came_back": False},
    }
    assert (store.params["from"], store.params["to"]) == (
        "2026-06-01 04:00:00.000000",
        "2026-06-01 09:00:00.000000",
    )
    assert past_returns(store, "some", None, None, "town") == []
    assert "%(from)s" not in store.sql


def test_people_see_each_departments_account() -> None:
    console = Console(width=160)
    with console.capture() as caught:
        console.print(returns_table(past_returns(Store(), "some", None, None, None)))
    row = next(line for line in caught.get().splitlines() if "city" in line)
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert cells == ["city", "3", "1", "0", "2", "97.5", "30", "1"]


def test_the_returns_of_one_case_leave_out_what_was_withdrawn() -> None:
    names = ("kind", "occurred_at", "department", "detail")
    facts = [dict(zip(names, one[1:], strict=True)) | {"withdrawn": False} for one in FACTS[:4]]
    (right,) = returns_of("h/1", facts)
    assert right.verdict is Verdict.RIGHT
    facts[-1]["withdrawn"] = True
    (open_,) = returns_of("h/1", facts)
    assert open_.verdict is Verdict.OPEN
    told = returns_json("some", [open_], "Asia/Shanghai")["returns"]
    assert list(returned_lines(told)) == [
        "  2026-06-01T13:00:00+08:00  city  60 min  未定 open",
    ]
