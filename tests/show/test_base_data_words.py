"""Base data in words and in JSON: every grid, the whole, and what is not on file."""

import io
from datetime import UTC, datetime

from rich.console import Console

from streams.core.completeness import base_data_of
from streams.core.events import ReferenceKind
from streams.show.completeness import base_data_json, base_data_table, lack_lines
from tests.case_inputs import document
from tests.core.round_inputs import LEDGER, book

NOW = datetime(2025, 3, 3, tzinfo=UTC)
RULES = book(more=(document(ReferenceKind.BASE_DATA, LEDGER),)).at("here", NOW)
assert RULES is not None
DATA = base_data_of(RULES)


def test_each_grid_and_the_whole_are_told() -> None:
    console = Console(file=io.StringIO(), width=160)
    console.print(base_data_table(RULES, DATA))
    told = console.file.getvalue()
    assert "甲村" in told
    assert "困难群体1 企业1" in told
    assert "2/3" in told
    assert "2/6" in told


def test_what_is_not_on_file_is_listed_by_whom_it_lacks() -> None:
    assert list(lack_lines(RULES, DATA)) == [
        "  g1  ent-1  licence 证照",
        "  g2  g2  people 人",
        "  g3  g3  people 人",
        "  –  tok-2  contact 帮扶联系人",
    ]


def test_the_json_has_every_share_with_what_it_is_made_of() -> None:
    said = base_data_json(RULES, NOW, DATA)
    assert (said["place"], said["version"], said["at"][:10]) == ("here", "1", "2025-03-03")
    assert said["completeness"] == {"value": 2 / 6, "numerator": 2, "denominator": 6}
    assert said["grids"][0]["lacks"] == [{"of": "ent-1", "item": "licence"}]
    assert said["grids"][0]["groups"] == {"needy": 1, "enterprises": 1}
    assert said["grids"][3]["grid"] is None
