"""`gridloop classifier` as a person calls it: train, evaluate, explain, and what goes wrong."""

import json
from pathlib import Path

import pytest

from tests.commands import Run, runner
from tests.entry.tickets_labelled import tickets, write

BOTH = ("--text-column", "标题", "--text-column", "内容", "--label-column", "事项")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys, "classifier")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tickets to learn from, and some that are held out."""
    path = tmp_path_factory.mktemp("classifier")
    rows = tickets()
    write(path / "t.csv", rows[::2], "gb18030")
    write(path / "held.csv", rows[1::2])
    return path


@pytest.fixture
def model(folder: Path, call: Run) -> str:
    path = folder / "m.json"
    if not path.exists():
        code, out, err = call("train", "--labels", str(folder / "t.csv"), *BOTH, "--out", str(path))
        assert (code, err) == (0, "")
        assert "48 rows, 3 labels" in out
    return str(path)


def test_evaluate_gives_the_json_that_others_rely_on(model: str, folder: Path, call: Run) -> None:
    held = ("--labels", str(folder / "held.csv"), "--json")
    code, out, _ = call("evaluate", "--model", model, *held, *BOTH)
    told = json.loads(out)
    assert code == 0
    assert set(told) == {
        *("rows", "accuracy", "macro_f1", "threshold", "coverage", "accuracy_decided"),
        *("curve", "per_class", "confusion"),
    }
    assert told["rows"] == 48
    assert told["accuracy"] > 0.9
    assert [point["coverage"] for point in told["curve"]] == [n / 100 for n in range(1, 101)]
    assert set(told["curve"][0]) == {"threshold", "coverage", "accuracy"}
    assert set(told["per_class"]["噪音"]) == {"precision", "recall", "f1", "n"}
    assert told["curve"][-1]["accuracy"] == told["accuracy"]


def test_columns_go_by_name_one_column_is_read_for_all_and_a_threshold_may_be_given(
    model: str, folder: Path, call: Run
) -> None:
    base = ("evaluate", "--model", model, "--labels", str(folder / "held.csv"), "--json")
    swapped = ("--text-column", "内容", "--text-column", "标题", "--label-column", "事项")
    assert call(*base, *BOTH)[1] == call(*base, *swapped)[1]
    body = json.loads(call(*base, *swapped[:2], *swapped[4:], "--threshold", "0")[1])
    assert (body["coverage"], body["threshold"]) == (1, 0)
    assert body["accuracy_decided"] == body["accuracy"] > 0.8


def test_evaluate_shows_totals_curve_labels_and_confusion_to_people(
    model: str, folder: Path, call: Run
) -> None:
    code, out, _ = call("evaluate", "--model", model, "--labels", str(folder / "held.csv"), *BOTH)
    assert code == 0
    assert all(word in out for word in ("accuracy", "macro-F1", "coverage", "混淆矩阵", "噪音"))


def test_explain_names_the_words_that_decided(model: str, call: Run) -> None:
    code, out, _ = call("explain", "--model", model, "工厂拖欠工资，求帮助", "--json")
    told = json.loads(out)
    assert (code, told["label"]) == (0, "工资")
    assert any("工资" in word["text"] for word in told["words"])
    assert sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    code, out, _ = call("explain", "--model", model, "夜间施工", "施工噪音很大")
    assert out.startswith("噪音")
    assert told["version"] in out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("explain", "一", "二", "三"), "one text, or one for each of: 标题, 内容"),
        (("evaluate", *BOTH, "--text-column", "x"), "name as many with --text-column"),
        (("evaluate", *BOTH[:4], "--label-column", "类"), "'类' is not among the headings"),
    ],
)
def test_wrong_use_says_what_to_write(
    words: tuple[str, ...], why: str, model: str, folder: Path, call: Run
) -> None:
    command, *more = words
    held = ("--labels", str(folder / "held.csv")) if command == "evaluate" else ()
    code, _, err = call(command, "--model", model, *held, *more)
    assert code == 2
    assert why in err


def test_rows_that_are_left_out_are_told_and_too_few_are_refused(
    folder: Path, tmp_path: Path, call: Run
) -> None:
    some = write(tmp_path / "few.csv", [*tickets()[:30], *tickets()[-3:], *tickets()[40:42]])
    code, _, err = call("train", "--labels", str(some), *BOTH, "--out", str(tmp_path / "m.json"))
    assert code == 2
    assert "two labels with at least 5 rows each are needed; found: 工资 33, 噪音 2" in err
    assert not (tmp_path / "m.json").exists()
    rare = write(tmp_path / "rare.csv", [*tickets()[:60], *tickets()[60:63]])
    code, _, err = call("train", "--labels", str(rare), *BOTH, "--out", str(tmp_path / "m.json"))
    assert code == 0
    assert "3 rows 类的行数太少 of a label with too few rows" in err
