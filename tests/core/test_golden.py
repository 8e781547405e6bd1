"""Published figures of other cities come out again (with Tianmen's: test_figures)."""

from datetime import timedelta

import pytest

from streams.core.figures import Query, Row, Value, compute
from streams.core.ranking import ranked, wilson
from streams.core.registry import FIGURES
from streams.core.scoring import Points, Weight, worth
from tests.figure_rows import DAY, FILED, Book, closed, counted, span, step

SATISFACTION = Points(full=25, anchor=98, per_point=0.5, least=12.5)
ON_TIME = Points(full=20, anchor=95, per_point=1)


def test_lianyungang_received_what_came_and_what_was_carried_over() -> None:
    """September 2020: 78,589 of the month and 4,629 from before; 41,489 answered at once."""
    old, new = FILED - 40 * DAY, FILED
    spans = [
        closed(
            f"p/a/{n}",
            DAY,
            filed_at=old if n < 4629 else new,
            from_at=FILED,
            happened=["handled_directly"] if n < 41_489 else [],
        )
        for n in range(83_218)
    ]
    month = Query(as_of=FILED + 30 * DAY, from_=FILED, figures=("case_count", "carried_count"))
    (told,) = compute(spans, [], month)
    assert told.figures == {"case_count": Value(78_589), "carried_count": Value(4_629)}
    ever = Query(as_of=FILED + 30 * DAY, figures=("direct_handling_rate",))
    (told,) = compute(spans, [], ever)
    assert told.figures["direct_handling_rate"] == Value(41_489 / 83_218, 41_489, 83_218)
    assert 83_218 - 41_489 == 41_729


@pytest.mark.parametrize(
    ("rule", "numerator", "denominator", "points"),
    [
        (SATISFACTION, 75, 100, 13.5),
        (SATISFACTION, 5, 6, 17.67),
        (SATISFACTION, 7, 8, 19.75),
        (SATISFACTION, 5, 7, 12.5),
        (SATISFACTION, 1, 2, 12.5),
        (SATISFACTION, 99, 100, 25),
        (ON_TIME, 8982, 10_000, 14.82),
        (ON_TIME, 0, 10, 0),
    ],
)
def test_lianyungangs_points_come_out_again(
    rule: Weight, numerator: int, denominator: int, points: float
) -> None:
    """17.67 only from 5/6 itself: from the rounded 83.33 % it would be 17.665."""
    assert round(worth(numerator, denominator, rule), 2) == points


def test_daying_counted_506_sheets_of_five_types() -> None:
    types = {"a": 460, "b": 38, "c": 3, "d": 4, "e": 1}
    spans = [span(f"{t}{n}", category=t) for t, most in types.items() for n in range(most)]
    query = Query(as_of=FILED + DAY, by=("category",), figures=("case_count",))
    total, *cut = compute(spans, [], query)
    assert total.figures["case_count"] == Value(506)
    assert {row.by["category"]: row.figures["case_count"].value for row in cut} == types


def test_closings_within_ten_minutes_are_told_as_los_angeles_graffiti_were() -> None:
    """145,157 of 321,423 in 2019, that is 45.16 %."""
    minute = timedelta(minutes=1)
    spans = [closed(f"c{n}", 9 * minute if n < 4516 else 11 * minute) for n in range(10_000)]
    spans[0] = closed("c0", 10 * minute)
    (told,) = compute(spans, [], Query(as_of=FILED + DAY, figures=("hasty_closure_rate",)))
    assert told.figures["hasty_closure_rate"] == Value(0.4516, 4516, 10_000)
    assert round(145_157 / 321_423, 4) == 0.4516


# --- scores --------------------------------------------------------------------------------------

THREE: dict[str, Weight] = {
    "response_rate": 0.3,
    "resolution_rate": 0.35,
    "satisfaction_rate": 0.35,
}


def three_rates(weights: dict[str, dict[str, Weight]], *left_out: str) -> Value:
    """1 of 2 answered in time, 1 of 1 resolved, 1 of 2 satisfied."""
    moment = {"at": FILED + DAY, "done": FILED + DAY}
    steps = [
        step("contact", n=1, due=FILED + DAY, done=FILED + DAY, result="done"),
        step("contact", n=2, due=FILED + DAY),
        step("call_back", n=1, result="resolved", **moment),
        step("rating", n=1, result="satisfied", **moment),
        step("rating", n=2, result="dissatisfied", **moment),
    ]
    book = Book([span()], [], [one for one in steps if one.kind not in left_out])
    asked = Query(as_of=FILED + 9 * DAY, figures=("swift_response_score",), weights=weights)
    return counted(book, asked)[0].figures["swift_response_score"]


def test_the_score_of_the_three_rates_is_their_weighted_sum() -> None:
    told = three_rates({"swift_response_score": THREE})
    assert told.value == pytest.approx(0.3 * 0.5 + 0.35 * 1 + 0.35 * 0.5)


def test_a_score_is_null_without_weights_and_where_one_of_its_rates_is() -> None:
    """No city's weights are shipped: how Beijing weighs them is not published."""
    assert three_rates({}) == Value(None)
    assert three_rates({"swift_response_score": THREE}, "call_back") == Value(None)


# --- ranking -------------------------------------------------------------------------------------


def row(name: str, numerator: int, denominator: int) -> Row:
    share = numerator / denominator if denominator else None
    return Row({"department": name}, {"closure_rate": Value(share, numerator, denominator)})


def test_one_case_of_one_does_not_win_and_few_cases_are_not_ranked() -> None:
    """A peer's first place went to one case, solved in four minutes (fixmystreet 1957)."""
    rows = [row("one", 1, 1), row("good", 98, 100), row("best", 990, 1000), row("none", 0, 0)]
    told = [(one.row.by["department"], one.place) for one in ranked(rows, "closure_rate")]
    assert told == [("best", 1), ("good", 2), ("one", None), ("none", None)]
    told = [(o.row.by["department"], o.place) for o in ranked(rows, "closure_rate", least=1)]
    assert told == [("best", 1), ("good", 2), ("one", 3), ("none", None)]


def test_equal_ones_share_a_place() -> None:
    rows = [row("b", 20, 40), row("a", 20, 40), row("c", 10, 40)]
    assert [one.place for one in ranked(rows, "closure_rate")] == [1, 1, 3]


@pytest.mark.parametrize(
    ("numerator", "denominator", "bound"),
    [(1, 1, 0.2065), (10, 10, 0.7225), (5, 10, 0.2366), (0, 10, 0.0), (95, 100, 0.8882)],
)
def test_wilsons_lower_bound_is_the_published_one(
    numerator: int, denominator: int, bound: float
) -> None:
    """As in R's `prop.test` without continuity correction."""
    assert wilson(numerator, denominator) == pytest.approx(bound, abs=5e-5)


def test_every_share_of_a_score_is_a_rate() -> None:
    assert all(FIGURES[name].denominator is not None for name in THREE)
