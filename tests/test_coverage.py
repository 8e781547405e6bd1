"""The page about coverage: each requirement once, nothing claimed that is not there."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.entry.yamlfile import load_yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "coverage.md").read_text("utf-8")
GROUPS = {"RTE": 32, "ADM": 13, "TIM": 18, "EVA": 27, "EMG": 15, "MED": 10, "DEP": 31}
STATUSES = ("rule", "data", "constant", "later", "none")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LINE = re.compile(r"`(schemas/places/[\w/]+\.yaml)`((?: `\w+`)+)")


class Row(NamedTuple):
    """One line of the tables."""

    id: str
    asked: str
    status: str
    by: str


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows() -> list[Row]:
    """All requirements, in the order of the page."""
    return [Row(*cells(line)) for line in PAGE.splitlines() if re.match(r"\| [A-Z]+-\d+ ", line)]


def having(*statuses: str) -> list[object]:
    return [pytest.param(row, id=row.id) for row in rows() if row.status in statuses]


@cache
def functions(path: Path) -> frozenset[str]:
    found = re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text("utf-8"), re.M)
    return frozenset(found)


@cache
def lines_of(path: Path) -> dict[str, frozenset[str]]:
    """The ids and codes in each list of a place's document, by the list's name."""
    document = load_yaml(path)
    assert isinstance(document, dict)
    lists = {name: rows for name, rows in document["body"].items() if isinstance(rows, list)}
    return {
        name: frozenset(
            str(row.get("id", row.get("code"))) for row in rows if isinstance(row, dict)
        )
        for name, rows in lists.items()
    }


def test_every_requirement_stands_there_once_and_in_order() -> None:
    wanted = [f"{group}-{n:02d}" for group, last in GROUPS.items() for n in range(1, last + 1)]
    assert [row.id for row in rows()] == wanted


def test_every_row_says_what_is_asked_in_chinese_and_english_and_is_of_one_status() -> None:
    for row in rows():
        zh, _, en = row.asked.partition(" · ")
        assert re.search(r"[\u4e00-\u9fff]", zh), row
        assert 0 < len(en.split()) <= 12, row
        assert row.status in STATUSES, row
        assert row.by, row


@pytest.mark.parametrize("row", having("rule"))
def test_a_rule_names_tests_that_exist(row: Row) -> None:
    named = TEST.findall(row.by)
    assert named
    assert row.by.count("::") == len(named)
    for file, name in named:
        assert name in functions(ROOT / file), (file, name)


@pytest.mark.parametrize("row", having("data", "constant"))
def test_a_line_of_a_profile_stands_in_its_file(row: Row) -> None:
    named = LINE.match(row.by)
    assert named is not None
    found = lines_of(ROOT / named[1])
    constants = found.get("constants", frozenset())
    listed = constants if row.status == "constant" else frozenset().union(*found.values())
    assert set(re.findall(r"\w+", named[2])) <= listed


def test_what_is_not_carried_names_no_test() -> None:
    """Whoever carries such a row changes its status too."""
    assert [row.id for row in rows() if row.status in ("later", "none") and "::" in row.by] == []


def test_the_counts_of_the_intro_are_those_of_the_tables() -> None:
    intro = PAGE.split("\n## ", 1)[0]
    told = {one[0].strip("`"): one[2:] for one in map(cells, re.findall(r"^\|.*", intro, re.M))}
    counted = Counter((row.id[:3], row.status) for row in rows())
    assert told["status"] == [*GROUPS, "all"]
    for status in STATUSES:
        each = [counted[group, status] for group in GROUPS]
        assert told[status] == [str(n) for n in (*each, sum(each))], status
    assert told["all"] == [str(n) for n in (*GROUPS.values(), sum(GROUPS.values()))]
