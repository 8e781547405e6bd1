"""The numbers that the five places state: each can be read off the words that are quoted for it."""

import re
from datetime import UTC, datetime
from math import isclose

import pytest

from streams.entry.places import shipped_book, shipped_places

NOW = datetime(2025, 6, 1, tzinfo=UTC)
PLACES = [place for place in shipped_places() if place != "imported"]

SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}
NUMERALS = {
    **{"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7},
    **{"十八": 18, "八成": 80, "九成": 90, "百余": 100, "近千": 1000},
}


def readings(source: str) -> set[float]:
    """All numbers that a quotation can mean: its figures, its numerals, the digits of a label as
    “135”, and how many things it lists."""
    quoted = source.partition(":")[2]
    figures = re.findall(r"(\d+(?:\.\d+)?)[余多]?([万亿]?)", quoted)
    label = re.search(r"“(\d+)”", quoted)
    return {
        *(float(figure) * SCALES[scale] for figure, scale in figures),
        *(number for numeral, number in NUMERALS.items() if numeral in quoted),
        *(float(digit) for digit in (label[1] if label else "")),
        quoted.count("、") + 1,
        quoted.count("「"),
    }


@pytest.mark.parametrize("place", PLACES)
def test_every_stated_number_can_be_read_off_its_quotation(place: str) -> None:
    rules = shipped_book(place).at(place, NOW)
    assert rules is not None
    assert rules.constants
    astray = [
        (one.id, one.value, one.source)
        for one in (*rules.constants, *rules.published)
        if not any(isclose(abs(one.value), read) for read in readings(one.source))
    ]
    assert astray == []
