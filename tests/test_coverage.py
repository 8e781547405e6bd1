"""The pages about coverage: each requirement once, nothing claimed that is not there."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.entry.yamlfile import load_yaml

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "coverage.md"
PAGES = ROOT / "docs" / "coverage"
GROUPS = {
    **{"SRC": 32, "ORG": 32, "ROL": 37, "CAT": 74, "DEP": 31, "ADM": 13, "RTE": 32, "TIM": 18},
    **{"EVA": 27, "VOL": 19, "EMG": 15, "ENT": 8, "MED": 10, "VID": 7, "PLT": 20, "PRV": 6},
    **{"CTX": 7, "FIG": 29},
}
"""How many things the documents ask for, by subject: 417 in all."""
STATUSES = ("rule", "data", "constant", "later", "none")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)(\[[^`]+\])?`")
LINES = re.compile(r"`(schemas/places/[\w/]+\.yaml)`((?: `[\w-]+`)+)")


class Row(NamedTuple):
    """One line of the tables."""

    id: str
    asked: str
    status: str
    by: str


def rows() -> list[Row]:
    """All requirements, in the order of the pages."""
    lines = [line for group in GROUPS for line in page(group) if re.match(r"\| [A-Z]+-\d+ ", line)]
    return [Row(*(cell.strip() for cell in line.strip().strip("|").split("|"))) for line in lines]


def page(group: str) -> list[str]:
    return (PAGES / f"{group}.md").read_text("utf-8").splitlines()


def having(pattern: re.Pattern[str]) -> list[object]:
    return [pytest.param(row, id=row.id) for row in rows() if pattern.search(row.by)]


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


def named_lines(row: Row) -> Iterator[tuple[Path, set[str]]]:
    """Each file of a place that the row names, with the ids that it names of it."""
    for file, ids in LINES.findall(row.by):
        yield ROOT / file, set(re.findall(r"[\w-]+", ids))


def test_every_requirement_stands_there_once_and_in_order() -> None:
    """`pytest -s` shows how many rows are of each status."""
    wanted = [f"{group}-{n:02d}" for group, last in GROUPS.items() for n in range(1, last + 1)]
    assert [row.id for row in rows()] == wanted
    assert len(wanted) == 417
    counted = Counter((row.id[:3], row.status) for row in rows())
    print("", "     " + "".join(f"{status:>10}" for status in STATUSES), sep="\n")
    for group in GROUPS:
        print(f"{group:5}" + "".join(f"{counted[group, status]:10}" for status in STATUSES))
    every = Counter(row.status for row in rows())
    print("all  " + "".join(f"{every[status]:10}" for status in STATUSES))


def test_the_index_leads_to_every_page_and_to_no_other() -> None:
    listed = re.findall(r"\]\(coverage/(\w+)\.md\)", INDEX.read_text("utf-8"))
    assert listed == [*GROUPS]
    assert {path.stem for path in PAGES.iterdir()} == {*GROUPS}


def test_the_index_says_what_every_status_means() -> None:
    assert re.findall(r"^\| `(\w+)`", INDEX.read_text("utf-8"), re.M) == [*STATUSES]


def test_every_row_says_what_is_asked_in_chinese_and_english_and_is_of_one_status() -> None:
    for row in rows():
        zh, _, en = row.asked.partition(" · ")
        assert re.search(r"[\u4e00-\u9fff]", zh), row
        assert 0 < len(en.split()) <= 12, row
        assert row.status in STATUSES, row
        assert row.by, row


def test_every_row_names_what_its_status_promises() -> None:
    """A rule its tests, data and constants their lines; what is not carried names no test."""
    for row in rows():
        if row.status == "rule":
            assert TEST.search(row.by), row
        elif row.status in ("data", "constant"):
            assert LINES.search(row.by), row
        else:
            assert "::" not in row.by, row
            assert "in part:" not in row.by, row


@pytest.mark.parametrize("row", having(re.compile("::")))
def test_a_named_test_exists(row: Row) -> None:
    named = TEST.findall(row.by)
    assert row.by.count("::") == len(named)
    for file, name, _ in named:
        assert name in functions(ROOT / file), (file, name)


def test_a_named_case_of_a_test_exists() -> None:
    """As pytest itself collects it."""
    named = {(file, name + case) for row in rows() for file, name, case in TEST.findall(row.by)}
    cases = {f"{file}::{name}" for file, name in named if name.endswith("]")}
    files = sorted({case.partition("::")[0] for case in cases})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:xdist", *files]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert cases
    assert cases - set(told.stdout.splitlines()) == set()


@pytest.mark.parametrize("row", having(LINES))
def test_a_named_line_of_a_profile_stands_in_its_file(row: Row) -> None:
    for path, ids in named_lines(row):
        listed = lines_of(path)
        assert ids <= frozenset().union(*listed.values())
        if row.status == "constant":
            assert ids <= listed["constants"]
