"""How far guesses agree with people's labels, on rows few enough to count by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.agreement import Judged, agreement, curve, threshold_for
from tests.strategies import LAWS

ROWS = [
    Judged("a", "a", 0.9),
    Judged("a", "b", 0.6),
    Judged("b", "b", 0.8),
    Judged("c", "b", 0.3),
]


def test_all_figures_of_four_rows() -> None:
    found = agreement(ROWS, 0.6)
    assert (found.rows, found.accuracy, found.coverage) == (4, 0.5, 0.75)
    assert found.accuracy_decided == pytest.approx(2 / 3)
    a, b, c = (found.per_class[label] for label in "abc")
    assert (a.precision, a.recall, a.f1, a.n) == (1, 0.5, pytest.approx(2 / 3), 2)
    assert (b.precision, b.recall, b.f1, b.n) == (pytest.approx(1 / 3), 1, 0.5, 1)
    assert (c.precision, c.recall, c.f1, c.n) == (0, 0, 0, 1)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0.5) / 3)
    assert found.confusion == {"a": {"a": 1, "b": 1}, "b": {"b": 1}, "c": {"b": 1}}


def test_nothing_decided_is_no_accuracy_and_nothing_to_compare_is_an_error() -> None:
    found = agreement(ROWS, 0.95)
    assert (found.coverage, found.accuracy_decided) == (0, None)
    with pytest.raises(ValueError, match="nothing"):
        agreement([], 0.5)


def test_the_curve_goes_from_the_surest_to_all_in_hundredths() -> None:
    points = curve(ROWS)
    assert [point.coverage for point in points] == [step / 100 for step in range(1, 101)]
    assert (points[0].threshold, points[0].accuracy) == (0.9, 1)
    assert (points[49].threshold, points[49].accuracy) == (0.8, 1)
    assert (points[99].threshold, points[99].accuracy) == (0.3, 0.5)


def test_a_threshold_takes_in_as_much_as_the_wanted_accuracy_allows() -> None:
    assert threshold_for(ROWS, 0.97) == 0.8
    assert threshold_for(ROWS, 0.6) == 0.6
    assert threshold_for(ROWS[1:2], 0.6) is None


judged = st.builds(
    Judged, st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from([0.5, 0.6, 0.7, 1.0])
)


@LAWS
@given(st.lists(judged, min_size=1, max_size=30), st.sampled_from([0.5, 0.8, 1.0]))
def test_what_the_threshold_promises_holds_of_what_is_decided_by_it(
    rows: list[Judged], wanted: float
) -> None:
    """Rows of one probability are decided together, so none is left out to flatter it."""
    threshold = threshold_for(rows, wanted)
    lower = [row.probability for row in rows if threshold is None or row.probability < threshold]
    if threshold is not None:
        assert (agreement(rows, threshold).accuracy_decided or 0) >= wanted
    for other in lower:
        assert (agreement(rows, other).accuracy_decided or 0) < wanted
