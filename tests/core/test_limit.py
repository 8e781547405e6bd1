"""How a time limit is written: in either language, or refused by name."""

import pytest

from streams.core.clock import BadLimit, Limit, Unit, parse_limit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5 working days", Limit(5, Unit.WORKING_DAYS)),
        ("1 working day", Limit(1, Unit.WORKING_DAYS)),
        ("24 hours", Limit(24, Unit.HOURS)),
        ("1 hour", Limit(1, Unit.HOURS)),
        ("1 day", Limit(1, Unit.DAYS)),
        ("  2  Working   Hours ", Limit(2, Unit.WORKING_HOURS)),
        ("1 working hour", Limit(1, Unit.WORKING_HOURS)),
        ("5个工作日", Limit(5, Unit.WORKING_DAYS)),
        ("5 工作日", Limit(5, Unit.WORKING_DAYS)),
        ("24小时", Limit(24, Unit.HOURS)),
        ("24个小时", Limit(24, Unit.HOURS)),
        ("3天", Limit(3, Unit.DAYS)),
        ("3日", Limit(3, Unit.DAYS)),
        ("15个自然日", Limit(15, Unit.DAYS)),
        ("4个工作小时", Limit(4, Unit.WORKING_HOURS)),
        ("４个工作时", Limit(4, Unit.WORKING_HOURS)),
        ("9999 days", Limit(9999, Unit.DAYS)),
        ("same day", Limit(1, Unit.SAME_DAY)),
        ("Same_Day", Limit(1, Unit.SAME_DAY)),
        (" 当日 ", Limit(1, Unit.SAME_DAY)),
        ("当天", Limit(1, Unit.SAME_DAY)),
    ],
)
def test_a_limit_reads_in_either_language(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit
    assert parse_limit(str(limit)) == limit
    assert parse_limit(limit.zh) == limit


@pytest.mark.parametrize(
    "text",
    [
        *["", "5", "days", "0 days", "-1 days", "1.5 hours", "5 weeks", "10000 days", "五个工作日"],
        *["5 working", "working days 5", "5 days 3 hours", "5 个", "1e3 days", "5 workingdays"],
        *["1 same day", "当日办结"],
    ],
)
def test_what_is_no_limit_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadLimit, match="no time limit"):
        parse_limit(text)
