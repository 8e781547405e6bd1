"""The bucket: what it lets through in any time, and what a debt costs."""

from hypothesis import given
from hypothesis import strategies as st

from streams.entry.gateway_limit import Bucket

pauses = st.lists(st.floats(0, 20), max_size=60)


@given(pauses, st.floats(0.1, 50), st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate_since(
    pauses: list[float], rate: float, burst: int
) -> None:
    """And who is told to wait may come after that wait."""
    bucket, now, taken = Bucket(rate, burst), 1_000.0, 0
    for pause in pauses:
        now += pause
        wait = bucket.wait(now)
        if not wait:
            bucket.take(1, now)
            taken += 1
        else:
            assert bucket.wait(now + wait + 1e-6) == 0.0
    assert taken <= burst + rate * sum(pauses) + 1e-6


def test_a_fresh_bucket_is_full_and_fills_up_no_further() -> None:
    bucket = Bucket(1.0, 3)
    assert bucket.wait(0.0) == 0.0
    for now in (10_000.0, 10_000.0, 10_000.0):
        assert bucket.wait(now) == 0.0
        bucket.take(1, now)
    assert bucket.wait(10_000.0) == 1.0


def test_what_was_taken_above_the_burst_is_paid_by_waiting() -> None:
    bucket = Bucket(2.0, 4)
    bucket.take(10, 0.0)
    assert bucket.wait(0.0) == 3.5
    assert bucket.wait(3.5) == 0.0


def test_a_clock_that_goes_back_fills_nothing() -> None:
    bucket = Bucket(1.0, 1)
    bucket.take(1, 100.0)
    assert bucket.wait(50.0) == 1.0
