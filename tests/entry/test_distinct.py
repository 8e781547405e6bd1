"""Counting identities on disk: the same as in memory, however many at once."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.entry.distinct import Distinct, Known


@given(st.lists(st.text("ab", max_size=2), max_size=40), st.integers(1, 5))
def test_they_are_counted_as_a_set_would(identities: list[str], at_once: int):
    found, lines = Distinct(), defaultdict[str, list[int]](list)
    for line, identity in enumerate(identities, 1):
        found.add(identity, line)
        lines[identity].append(line)
    again = sorted(at[:3] for at in lines.values() if len(at) > 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.entry.distinct.AT_ONCE", at_once)
        assert found.count() == len(lines)
        repeats = found.repeats(2)
    assert (repeats.count, repeats.examples) == (len(again), again[:2])


@given(st.sets(st.text(max_size=3)), st.text(max_size=3))
def test_what_is_known_is_known(identities: set[str], other: str):
    known = Known(identities)
    assert all(one in known for one in identities)
    assert (other in known) == (other in identities)
