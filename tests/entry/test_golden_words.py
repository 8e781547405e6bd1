"""The words of the five documents: each gets its one code, and a department of its place."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from streams.core.classify import Classifier
from streams.core.place import PlaceRules
from streams.core.route import route
from streams.entry.places import shipped_book, shipped_places
from streams.entry.yamlfile import load_yaml

NOW = datetime(2025, 6, 1, tzinfo=UTC)
PLACES = [place for place in shipped_places() if place != "imported"]
MESSAGES = ("{}", "网格巡查时发现{}，请尽快处理。", "群众来电反映:{}", "今天上午有人来说{}的事。")
GOLDEN: Any = load_yaml(Path(__file__).with_name("golden_words.yaml"))


@cache
def shipped(place: str) -> PlaceRules:
    rules = shipped_book(place).at(place, NOW)
    assert rules is not None
    return rules


@pytest.mark.parametrize("row", GOLDEN)
def test_a_message_with_a_quoted_word_gets_that_one_code_and_a_department(row: str) -> None:
    for place, words in GOLDEN[row].items():
        rules = shipped(place)
        sorter = Classifier.of(rules)
        found = {
            word: {sorter.classify(message.format(word)).matter for message in MESSAGES}
            for word in words
        }
        assert found == {word: {code} for word, code in words.items()}
        led = {route(rules, code, rules.fallback_area).lead for code in words.values()}
        assert led <= set(rules.departments)


@pytest.mark.parametrize("place", PLACES)
def test_every_quote_of_a_place_is_told_and_nothing_else_is(place: str) -> None:
    told = {
        word: code for places in GOLDEN.values() for word, code in places.get(place, {}).items()
    }
    matters = shipped(place).matters.values()
    assert told == {quote: one.code for one in matters for quote in one.quotes}


@pytest.mark.parametrize("place", [place for place in PLACES if place != "dongguan"])
def test_no_matter_stands_there_that_the_document_does_not_name(place: str) -> None:
    """Dongguan's list also has matters of every city, and says that they are assumed."""
    assert all(one.quotes for one in shipped(place).matters.values())
