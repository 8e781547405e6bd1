"""Settings: read from GRIDLOOP_ names only, and a misspelt one stops the start by its name."""

import pytest

from streams.config import BadSetting, Settings


def test_only_our_names_are_read() -> None:
    read = Settings.read({"GRIDLOOP_KAFKA": "k:9092", "PATH": "/bin"})
    assert (read.kafka, read.clickhouse) == ("k:9092", "")


def test_a_number_is_read_as_one() -> None:
    assert Settings.read({"GRIDLOOP_METRICS_PORT": "9100"}).metrics_port == 9100


@pytest.mark.parametrize("environ", [{"GRIDLOOP_KAFKAA": "x"}, {"GRIDLOOP_METRICS_PORT": "many"}])
def test_a_name_that_is_none_of_ours_or_a_value_that_is_none_stops_the_start(environ) -> None:
    with pytest.raises(BadSetting, match="GRIDLOOP_KAFKA"):
        Settings.read(environ)
