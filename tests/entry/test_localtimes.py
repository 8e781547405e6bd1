"""Local times of a file: formats as strptime's, hours that are missing or come twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.core.events import INFINITY
from streams.entry.localtimes import EARLIEST, LocalTimes, time_reader

NEW_YORK = ZoneInfo("America/New_York")
FORM = "%m/%d/%Y %I:%M:%S %p"
TIMES = LocalTimes([FORM, "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%d %b %Y"], NEW_YORK)

moments = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)).map(  # noqa: DTZ001 - local
    lambda at: at.replace(microsecond=0)
)


def test_an_hour_that_does_not_exist_is_moved_one_hour_later():
    """On 2018-03-11 New York's clocks went from 02:00 to 03:00."""
    assert TIMES.read("03/11/2018 02:30:00 AM") == datetime(2018, 3, 11, 7, 30, tzinfo=UTC)
    assert TIMES.read("03/11/2018 03:30:00 AM") == datetime(2018, 3, 11, 7, 30, tzinfo=UTC)
    assert TIMES.read("03/11/2018 01:59:59 AM") == datetime(2018, 3, 11, 6, 59, 59, tzinfo=UTC)


def test_an_hour_that_exists_twice_means_the_earlier():
    """On 2018-11-04 New York's clocks went from 02:00 back to 01:00."""
    assert TIMES.read("11/04/2018 01:30:00 AM") == datetime(2018, 11, 4, 5, 30, tzinfo=UTC)
    assert TIMES.read("11/04/2018 02:30:00 AM") == datetime(2018, 11, 4, 7, 30, tzinfo=UTC)


def test_each_format_is_tried():
    assert TIMES.read("2018-07-01 09:05") == datetime(2018, 7, 1, 13, 5, tzinfo=UTC)
    assert TIMES.read("1 Jul 2018") == datetime(2018, 7, 1, 4, tzinfo=UTC)
    assert TIMES.read("yesterday") is None
    assert TIMES.read("02/30/2018 01:00:00 AM") is None
    assert TIMES.read("") is None


def test_an_offset_in_the_text_wins_over_the_zone():
    assert TIMES.read("2018-07-01T09:05:00+0800") == datetime(2018, 7, 1, 1, 5, tzinfo=UTC)


def test_what_no_store_can_hold_becomes_the_bound():
    """Files say 'never' by a year 9999, and 'nothing' by a year 1."""
    assert TIMES.read("12/31/9999 11:59:59 PM") == INFINITY
    assert TIMES.read("01/01/0001 12:00:00 AM") == EARLIEST


@given(moments)
@example(datetime(2018, 3, 11, 2, 59, 59))  # noqa: DTZ001 - local
@example(datetime(2018, 11, 4, 1, 0))  # noqa: DTZ001 - local
@example(datetime(2012, 11, 4, 1, 0, fold=1))  # noqa: DTZ001 - local
def test_a_time_is_the_zone_s_own_answer_for_its_earlier_meaning(local: datetime):
    there = local.replace(tzinfo=NEW_YORK, fold=0)
    exists = there.astimezone(UTC).astimezone(NEW_YORK).replace(tzinfo=None) == local
    meant = there if exists else there + timedelta(hours=1)
    assert TIMES.read(local.strftime(FORM)) == meant.astimezone(UTC)


@given(moments, st.sampled_from([FORM, "%Y/%m/%d %H:%M:%S", "%d.%m.%Y", "%Y年%m月%d日 %H时%M分"]))
def test_the_fast_readers_read_what_strptime_reads(local: datetime, form: str):
    text = local.strftime(form)
    assert time_reader(form)(text) == datetime.strptime(text, form)  # noqa: DTZ007 - local


@given(st.text("0123456789/: apm-", max_size=22))
def test_the_fast_readers_refuse_what_strptime_refuses(text: str):
    for form in (FORM, "%Y-%m-%d %H:%M"):
        try:
            expected = datetime.strptime(text, form)  # noqa: DTZ007 - local
        except ValueError:
            with pytest.raises(ValueError, match=r"time|format"):
                time_reader(form)(text)
        else:
            assert time_reader(form)(text) == expected


@given(moments, st.sampled_from(["Asia/Shanghai", "Europe/London", "Australia/Lord_Howe"]))
def test_reading_half_by_half_is_reading_the_whole(local: datetime, zone: str):
    """Days of one offset are remembered; no answer depends on it."""
    text = local.strftime(FORM)
    halves = LocalTimes([FORM], ZoneInfo(zone))
    wholes = LocalTimes(["%j", FORM], ZoneInfo(zone))  # a first format that does not part in halves
    assert halves.read(text) == wholes.read(text)
