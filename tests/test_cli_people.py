"""The command that checks a file of posts beforehand: what it finds, and how it ends."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.core.place import PlaceRules
from streams.entry.places import place_dir, shipped_book
from tests.commands import Run, runner
from tests.core.round_inputs import local

SHIPPED = place_dir("jianghai") / "posts.yaml"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Call the command with these words: exit code, standard output, standard error."""
    monkeypatch.setenv("GRIDLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return partial(runner(monkeypatch, capsys, "staffing"), "--place", "jianghai")


def jianghai() -> PlaceRules:
    rules = shipped_book("jianghai").at("jianghai", local("06-01"))
    assert rules is not None
    return rules


def posts(folder: Path, postings: list[dict[str, Any]]) -> str:
    """Jianghai's own file with these postings."""
    document = yaml.safe_load(SHIPPED.read_text("utf-8"))
    document["body"]["postings"] = postings
    path = folder / "posts.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return str(path)


def filled(*without: str) -> list[dict[str, Any]]:
    grids = [grid for area in jianghai().areas.values() for grid in area.grids]
    return [
        {"person": f"{grid}-{n}", "role": "full_time_worker", "grid": grid}
        for grid in grids
        for n in (1, 2)
        if n == 1 or grid not in without
    ]


def test_a_file_in_which_every_grid_has_its_two_is_in_order(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("--posts", posts(tmp_path, filled()))
    assert code == 0
    assert "均已配备 · all are staffed" in out


def test_a_grid_that_lacks_one_is_named_and_the_check_fails(run: Run, tmp_path: Path) -> None:
    grid = filled()[0]["grid"]
    code, out, err = run("--posts", posts(tmp_path, filled(grid)), "--json")
    (short,) = json.loads(out)["short"]
    assert (code, short["where"], short["found"], short["at_least"]) == (1, grid, 1, 2)
    assert "1 are not staffed as asked" in err
    assert "一格两员" in run("--posts", posts(tmp_path, filled(grid)))[1]


def test_a_file_that_names_what_the_place_has_not_is_wrong_use(run: Run, tmp_path: Path) -> None:
    wrong = [{"person": "p-1", "role": "unit_leader", "area": "nowhere"}]
    code, _, err = run("--posts", posts(tmp_path, wrong))
    assert code == 2
    assert "no such area: 'nowhere'" in err
    code, _, err = run("--posts", str(SHIPPED.parent / "limits.yaml"))
    assert code == 2
    assert "not 'posts'" in err
