"""What a demo says before anything starts."""

import pytest

from streams.demo import check_place
from streams.errors import WrongUse


def test_a_place_that_cannot_be_simulated_is_refused_by_name() -> None:
    check_place("dongguan")
    with pytest.raises(WrongUse, match="'imported' cannot be simulated yet"):
        check_place("imported")
