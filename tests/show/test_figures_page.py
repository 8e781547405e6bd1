"""The page of figures says what the registry says."""

from pathlib import Path

from streams.core.registry import FIGURES
from streams.core.slotfigures import SLOT_FIGURES
from streams.show.figures_page import figures_page

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"


def test_the_committed_page_is_what_the_registry_writes() -> None:
    """To renew it: python -m streams.show.figures_page > docs/figures.md"""
    assert PAGE.read_text(encoding="utf-8") == figures_page()


def test_every_figure_has_one_line() -> None:
    lines = figures_page().splitlines()
    for figure in (*FIGURES.values(), *SLOT_FIGURES.values()):
        assert sum(line.startswith(f"| `{figure.id}` | {figure.zh} |") for line in lines) == 1
