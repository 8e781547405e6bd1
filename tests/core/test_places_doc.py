"""The pages about places, rounds and people: every document that they show can be read."""

import re
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from streams.core.events import Reference, ReferenceKind
from streams.core.placecheck import read_body

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("places.md", "rounds.md", "people.md", "emergency.md")
PAGES = "".join((DOCS / name).read_text("utf-8") for name in NAMES)
SHOWN = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGES, re.DOTALL)]


@pytest.mark.parametrize("shown", SHOWN, ids=[f"{one['kind']}-{one['version']}" for one in SHOWN])
def test_what_the_page_shows_is_a_document(shown: dict) -> None:
    kind = ReferenceKind(shown["kind"])
    since = datetime.fromisoformat(shown["valid_from"])
    read_body(
        Reference(
            place="some",
            kind=kind,
            version=shown["version"],
            valid_from=since,
            body=shown["body"],
        )
    )
