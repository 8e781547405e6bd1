"""`gridloop responsibility lint` as a person calls it: what it says, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.entry.places import place_dir
from tests.commands import Run, runner

SHIPPED = place_dir("dongguan") / "responsibility.yaml"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Call the command with these words: exit code, standard output, standard error."""
    monkeypatch.setenv("GRIDLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return runner(monkeypatch, capsys, "responsibility")


@pytest.fixture
def proposed(tmp_path: Path) -> Callable[..., str]:
    """The shipped list with some words changed, as a file of its own."""

    def write(*changes: tuple[str, str]) -> str:
        text = SHIPPED.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "proposed.yaml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def kinds(out: str) -> set[tuple[str, tuple[str, ...]]]:
    said: Any = json.loads(out)
    return {(one["kind"], tuple(one["rows"])) for one in said["findings"]}


def test_the_shipped_list_has_no_errors_and_says_what_only_the_default_takes(run: Run) -> None:
    code, out, _ = run("lint", "--json", "--at", "2026-06-01")
    said = json.loads(out)
    assert (code, said["place"], said["counts"]["error"]) == (0, "dongguan", 0)
    assert said["at"] == "2026-06-01T00:00:00+08:00"
    assert ("gap", ("opinion",)) in kinds(out)
    assert all(one["zh"] and one["en"] for one in said["findings"])


def test_a_table_is_for_people_chinese_first(run: Run) -> None:
    code, out, _ = run("lint")
    assert code == 0
    assert "事项“意见建议”：全域没有责任条目，只由兜底部门接办" in out


def test_planted_errors_end_with_exit_one_and_stand_in_the_json_alone(
    run: Run, proposed: Callable[..., str]
) -> None:
    path = proposed(
        ("{id: D19, matter: public_order,", "{id: D19, matter: pigeons,"),
        ("{id: D32, matter: noise, lead: ecology,", "{id: D32, matter: noise, lead: water,"),
        (
            "    - {id: D33,",
            "    - {id: D320, matter: noise, lead: ecology}\n    - {id: D33,",
        ),
    )
    code, out, told = run("lint", "--list", path, "--json")
    assert code == 1
    assert {("unknown_code", ("D19",)), ("overlap", ("D32", "D320"))} <= kinds(out)
    assert "2 errors" in told


def test_a_list_is_examined_from_its_own_beginning_on(
    run: Run, proposed: Callable[..., str]
) -> None:
    dated = 'basis: 假定, valid_from: "2290-01-01T00:00:00+08:00"}'
    path = proposed(("basis: 假定}", dated), ("2000-01-01T00", "2290-01-01T00"))
    assert run("lint", "--list", path)[0] == 0
    code, out, _ = run("lint", "--list", path, "--at", "2289-12-31", "--json")
    assert code == 0
    assert ("not_yet_valid", ("D01",)) in kinds(out)
    assert ("gap", ("fire_hazard",)) not in kinds(run("lint", "--list", path, "--json")[1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lint", "--place", "atlantis"), "no profile of 'atlantis'"),
        (("lint", "--place", "imported"), "no responsibility list"),
        (("lint", "--list", "nothing.yaml"), "nothing.yaml"),
        (("lint", "--list", str(SHIPPED.parent / "limits.yaml")), "not 'responsibility'"),
        (("lint", "--at", "yesterday"), "2026-02-14"),
        (("lint", "--at", "1999-12-31"), "no profile"),
        (("what-if", "nothing.yaml"), "nothing.yaml"),
        (("what-if", str(SHIPPED), "--from", "soon"), "2026-02-14"),
    ],
)
def test_what_cannot_be_read_ends_with_exit_two_and_one_sentence(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    code, out, said = run(*words)
    assert (code, out) == (2, "")
    assert told in said


def test_a_row_of_an_unknown_department_is_named_by_file_and_field(
    run: Run, proposed: Callable[..., str]
) -> None:
    path = proposed(("matter: noise, lead: ecology,", "matter: noise, lead: nobody,"))
    code, _, told = run("lint", "--list", path)
    assert code == 2
    assert "proposed.yaml" in told
    assert "no such department: 'nobody'" in told


@pytest.mark.parametrize("words", [("what-if", str(SHIPPED)), ("returns", "--json")])
def test_without_a_running_system_it_ends_with_exit_three(run: Run, words: tuple[str, ...]) -> None:
    code, out, told = run(*words)
    assert (code, out) == (3, "")
    assert "gridloop up" in told


def test_each_list_is_told_with_the_level_that_owns_it(run: Run) -> None:
    """ADM-12: those of the district, those of the townships."""
    code, out, _ = run("lists", "--place", "daguan", "--json")
    told = {(one["kind"], one["level"]) for one in json.loads(out)["lists"]}
    assert (code, len(told)) == (0, 4)
    _, out, _ = run("lists", "--place", "daguan", "--level", "street", "--json")
    assert [one["id"] for one in json.loads(out)["lists"]] == ["QL2", "ZR2"]
    assert "区级权力清单" in run("lists", "--place", "daguan")[1]
    assert "没有清单" in run("lists")[1]
    code, _, said = run("lists", "--place", "daguan", "--level", "province")
    assert (code, "district" in said) == (2, True)


@pytest.mark.parametrize("command", ["lint", "what-if", "returns", "lists"])
def test_help_brings_examples(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"gridloop responsibility {command}" in out
