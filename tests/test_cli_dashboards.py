"""gridloop dashboards: what it says of stale boards, and where the library is not there."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboards import build
from streams.cli import app
from streams.errors import CheckFailed, WrongUse

RUN = CliRunner()


def test_the_committed_boards_are_those_of_the_code() -> None:
    done = RUN.invoke(app, ["dashboards", "check", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {"boards": len(build.BOARDS), "stale": []},
    )


def test_a_changed_and_a_left_over_board_are_named_and_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "JSON", tmp_path / "json")
    monkeypatch.setattr(build, "RULES", tmp_path / "rules.yaml")
    first = json.loads(RUN.invoke(app, ["dashboards", "build", "--json"]).stdout)
    assert len(first["changed"]) == 2 * len(build.BOARDS) + 1
    (tmp_path / "json" / "zh" / "overview.json").write_text("{}")
    (tmp_path / "json" / "zh" / "gone.json").write_text("{}")
    stale = RUN.invoke(app, ["dashboards", "check", "--json"])
    assert isinstance(stale.exception, CheckFailed)
    assert json.loads(stale.stdout)["stale"] == ["json/zh/gone.json", "json/zh/overview.json"]
    again = json.loads(RUN.invoke(app, ["dashboards", "build", "--json"]).stdout)
    assert again["changed"] == ["json/zh/gone.json", "json/zh/overview.json"]
    assert RUN.invoke(app, ["dashboards", "check"]).exit_code == 0


def test_without_the_library_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "dashboards.build", None)
    monkeypatch.delattr("dashboards.build", raising=False)
    told = RUN.invoke(app, ["dashboards", "build"])
    assert isinstance(told.exception, WrongUse)
    assert "--group dev" in str(told.exception)
