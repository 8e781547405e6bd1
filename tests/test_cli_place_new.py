"""A new place from a few answers: written once, read as every command reads it, and run."""

import io
import json
from functools import partial
from pathlib import Path

import pytest

from streams.demoplan import plan
from streams.entry.newplace import LIFECYCLES
from streams.entry.simulate import Kind, simulate
from tests.commands import Run, runner

AREAS = ("--area", "north 北街道: n1 桥头社区, n2 塘尾村", "--area", "south 南街道：s1 西坡社区")
NAMES = ("--name", "芦岸镇", "--name-en", "Reedbank")
MATTERS = ("--matter", "lamp 路灯不亮: 路灯不亮、路灯损坏", "--matter", "reeds 芦苇倒伏")
DEPARTMENTS = ("--department", "office 镇办公室", "--department", "streets 街面队: lamp")
WHOLE = (*NAMES, *AREAS, *MATTERS, *DEPARTMENTS, "--limit", "3 working days")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Call `gridloop place new reedbank` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return partial(runner(monkeypatch, capsys, "place"), "new", "reedbank")


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_a_place_of_any_lifecycle_is_written_and_can_be_simulated(run: Run, lifecycle: str) -> None:
    code, out, _ = run(*WHOLE, "--lifecycle", lifecycle, "--source", "hotline", "--json")
    said = json.loads(out)
    assert (code, said["place"], said["folder"]) == (0, "reedbank", "reedbank")
    assert {str(path) for path in Path("reedbank").rglob("*.yaml")} == {*said["files"]}
    assert said["next"] == "gridloop demo --place reedbank --folder reedbank"

    day = plan("reedbank", 3, 20, 0, None, Path("reedbank"))
    rules = day.rules
    assert (rules.lifecycle, rules.default_department) == (lifecycle, "office")
    assert [rules.matters["lamp"].words, rules.matters["reeds"].words] == [
        ("路灯不亮", "路灯损坏"),
        ("芦苇倒伏",),
    ]
    assert rules.areas["s1"].parent == "south"
    assert [(duty.matter, duty.lead) for duty in rules.duties] == [("lamp", "streets")]
    items = [*simulate(rules, 3, 20, body=day.body)]
    assert sum(item.kind is Kind.REPORT for item in items) == 20
    assert any(item.kind is Kind.ACT for item in items)


def test_it_asks_for_what_no_option_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        *("芦岸镇", "Reedbank", "four_words", ""),
        *("north 北街道: n1 桥头社区", ""),
        *("lamp 路灯不亮", ""),
        *("office 镇办公室", "streets 街面队: lamp", ""),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(answers) + "\n"))
    code, out, _ = run()
    assert code == 0, out
    rules = plan("reedbank", 0, 1, 0, None, Path("reedbank")).rules
    assert (rules.name_zh, rules.lifecycle, rules.limits) == ("芦岸镇", "four_words", ())
    assert [*rules.departments] == ["office", "streets"]


def test_nothing_is_written_over(run: Run) -> None:
    assert run(*WHOLE, "--json")[0] == 0
    before = {path: path.read_bytes() for path in Path("reedbank").rglob("*.yaml")}
    code, _, err = run(*WHOLE, "--lifecycle", "four_words", "--json")
    assert (code, "is there already" in err) == (2, True)
    assert {path: path.read_bytes() for path in Path("reedbank").rglob("*.yaml")} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--name is missing"),
        ((*WHOLE, "--matter", "lamp"), "'lamp' is not written as"),
        ((*WHOLE, "--lifecycle", "sixth_sense"), "reedbank/place.yaml"),
        ((*WHOLE, "--department", "fire 消防: dragons"), "no such matter or category: 'dragons'"),
        ((*WHOLE, "--limit", "soon"), "reedbank/limits.yaml"),
        ((*WHOLE, "--source", "pigeon"), "reedbank/demo/day.yaml"),
    ],
)
def test_a_wrong_answer_is_named_and_leaves_nothing(run: Run, words: tuple[str, ...], said: str):
    code, out, err = run(*words, "--json")
    assert (code, out) == (2, "")
    assert said in err
    assert [*Path().iterdir()] == []
