"""The population stability index, by hand."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.drift import drift
from tests.strategies import LAWS


def test_the_index_of_two_matters_that_change_places() -> None:
    found = drift({"a": 89, "b": 9}, {"a": 9, "b": 89})
    shares = (89.5 / 99, 9.5 / 99)
    assert found.by_matter["a"].trained == pytest.approx(shares[0])
    assert found.by_matter["a"].now == pytest.approx(shares[1])
    assert found.index == pytest.approx(2 * (shares[1] - shares[0]) * log(shares[1] / shares[0]))
    assert found.reports == 98


def test_what_a_model_does_not_know_is_not_its_drift() -> None:
    assert drift({"a": 5, "b": 5}, {"a": 5, "b": 5, "c": 90}).index == 0
    assert drift({"a": 50, "b": 50}, {}).index == 0


counts = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 500), min_size=2)


@LAWS
@given(counts, counts)
def test_it_is_never_negative_and_is_the_sum_of_its_parts(
    trained: dict[str, int], now: dict[str, int]
) -> None:
    found = drift(trained, now)
    assert found.index >= 0
    assert all(one.index >= 0 for one in found.by_matter.values())
    assert found.index == pytest.approx(sum(one.index for one in found.by_matter.values()))
