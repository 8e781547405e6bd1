"""What another list would move, in words; and the question that is asked for past cases."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from streams.core.figures import Value
from streams.core.whatif import Account, Move, WhatIf
from streams.show.responsibility import NOTE, past_cases, trial_json, trial_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FOUND = WhatIf(
    cases=13,
    stayed=1,
    by_hand=2,
    moves=[*(Move(f"h/{n}", "city", "town") for n in range(11)), Move("h/x", None, "city")],
    accounts=[
        Account(
            "city",
            (12, 2),
            {
                "completion_rate": (Value(0.5, 6, 12), Value(1.0, 2, 2)),
                "on_time_of_closed_rate": (Value(None, 0, 0), Value(None, 0, 0)),
            },
        )
    ],
)


def test_the_json_has_every_case_and_says_that_outcomes_stay() -> None:
    said = trial_json(FOUND, "some", "2", "2026-06-01T08:00:00+08:00")
    assert (said["cases"], said["moved"], said["stayed"], said["by_hand"]) == (13, 12, 1, 2)
    assert said["pairs"] == [
        {"from": "city", "to": "town", "cases": 11},
        {"from": None, "to": "city", "cases": 1},
    ]
    assert said["moves"][-1] == {"case_id": "h/x", "from": None, "to": "city"}
    (city,) = said["departments"]
    assert city["cases"] == {"before": 12, "after": 2}
    assert city["figures"]["completion_rate"] == {
        "before": {"value": 0.5, "numerator": 6, "denominator": 12},
        "after": {"value": 1.0, "numerator": 2, "denominator": 2},
    }
    assert "结果保持原样" in said["note"]


def test_people_see_pairs_the_first_moves_and_the_rates_before_and_after() -> None:
    console = Console(width=160, record=True, file=None, force_terminal=False)
    with console.capture() as caught:
        for part in trial_tables(FOUND):
            console.print(part, soft_wrap=isinstance(part, str))
    text = caught.get()
    for words in ("变动 moved 12", "50.00% 6/12 → 100.00% 2/2", "h/9", "其余 2 件", NOTE):
        assert words in text
    assert "h/x" not in text


class Store:
    """Answers with one row, and remembers what was asked."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.row, self.sql, self.params = row, "", dict[str, Any]()

    def stream(self, sql: str, params: dict[str, Any]) -> Iterator[Sequence[Any]]:
        self.sql, self.params = sql, params
        yield self.row


def test_past_cases_come_with_the_conditions_that_hold_of_them() -> None:
    store = Store(("h/1", "vending", None, NOW, "city", 1, 1, 0, 1))
    (one,) = past_cases(store, "some", NOW, NOW)
    assert (one.case_id, one.matter, one.area, one.department) == ("h/1", "vending", None, "city")
    assert one.holding == {"closed", "not_excluded", "with_deadline"}
    assert store.params == {
        **{"place": "some", "as_of": "2026-06-01 00:00:00.000000"},
        **{"from": "2026-06-01 00:00:00.000000", "flow": "case"},
    }
    assert "FROM cases FINAL" in store.sql
    assert "%(to)s" not in store.sql
