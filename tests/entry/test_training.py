"""Training: what is learnt, that use says what scikit-learn says, and what a model may not hold."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from streams.core.codec import MAX_BYTES
from streams.core.model import Model
from streams.core.modeldocs import TrainedModel
from streams.core.ngrams import letters, runs_of
from streams.core.refusal import Refused
from streams.entry import corpus, training
from streams.entry.labelled import Labelled, read_labelled
from streams.entry.modelfile import read_model, write_model
from streams.entry.training import train, usable
from tests.entry.tickets_labelled import tickets, write

COLUMNS = ("标题", "内容")
ROWS = tickets()
MODEL = Model.of(train(ROWS, COLUMNS))


def names(model: TrainedModel) -> set[str]:
    return {run for part in Model.of(model).parts for run in part.index}


def test_the_same_rows_make_the_same_model_and_it_survives_its_file(tmp_path: Path) -> None:
    write_model(tmp_path / "m.json", train(ROWS, COLUMNS))
    assert read_model(tmp_path / "m.json").document == MODEL.document
    assert train([*ROWS[:-1], Labelled(("改", "改了"), "工资")], COLUMNS).version != MODEL.version


def test_what_it_has_learnt_decides_texts_that_it_has_not_seen() -> None:
    assert MODEL.guess(["工厂拖欠工资，求帮助"]).label == "工资"
    assert MODEL.guess(["半夜施工", "电钻声音很吵，睡不着"]).label == "噪音"
    assert MODEL.document.trained.rows == len(ROWS)
    assert sum(MODEL.document.trained.by_label.values()) == len(ROWS)


def test_use_says_what_scikit_learn_says_of_every_row() -> None:
    """Its own pipeline, fitted to the same rows: scores apart by no more than the steps of int8."""
    blocks = []
    for block in MODEL.document.blocks:
        reader = TfidfVectorizer(
            analyzer=lambda texts, n=block.longest: runs_of(texts, n), min_df=2, sublinear_tf=True
        )
        read = [[letters(row.texts[column]) for column in block.columns] for row in ROWS]
        blocks.append(reader.fit_transform(read))
    values = np.hstack([block.toarray() for block in blocks])
    machine = LinearSVC(class_weight="balanced", tol=corpus.EXACT, random_state=0)
    wanted = machine.fit(values, [row.label for row in ROWS]).decision_function(values)
    assert list(machine.classes_) == list(MODEL.labels)
    found = np.array([MODEL.scores(row.texts) for row in ROWS])
    assert np.abs(found - wanted).max() < 0.03
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).all()


def test_two_labels_are_two_sides_of_one_machine() -> None:
    two = [row for row in ROWS if row.label != "积水"]
    model = Model.of(train(two, COLUMNS))
    scores = model.scores(two[0].texts)
    assert scores[0] == pytest.approx(-scores[1], abs=1e-4)
    assert model.guess(["半夜施工噪音大"]).label == "噪音"


def test_no_digit_and_nothing_that_only_one_row_has_is_in_a_model() -> None:
    """A name or a number of one person stands in one row, mostly."""
    secret = Labelled(("投诉", "我叫欧阳翠花，电话13800138000，拖欠工资不发"), "工资")
    runs = names(train([*ROWS, secret], COLUMNS))
    assert "工资" in runs
    assert not any(run.strip("0123456789") != run for run in runs)
    assert not {"欧", "欧阳", "翠", "翠花"} & runs


def test_a_model_has_room_in_a_reference_record_however_much_it_has_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The runs that weigh most are kept, and fitted again."""
    monkeypatch.setattr(corpus, "ROOM", 1500)
    small = train(ROWS, COLUMNS)
    assert 0 < len(names(small)) <= 1500 / 7.5
    assert Model.of(small).guess(["工厂拖欠工资，求帮助"]).label == "工资"
    assert corpus.ROOM * 4 / 3 < MAX_BYTES


def test_the_longer_runs_are_taken_only_where_they_are_better_beyond_chance() -> None:
    right = np.array([True] * 60 + [False] * 40)
    short = training._Tried(None, np.zeros(0), right)  # type: ignore[arg-type] # not looked at
    by_chance = training._Tried(None, np.zeros(0), np.roll(right, 1) | right)  # type: ignore[arg-type]
    better = training._Tried(None, np.zeros(0), np.arange(100) < 70)  # type: ignore[arg-type]
    assert training._chosen([short, by_chance]) is short
    assert training._chosen([short, better]) is better


def test_the_threshold_falls_back_to_the_surest_half_where_it_cannot_keep_its_promise() -> None:
    """Whether a text's two halves are both even or both odd no sum of weights can tell."""
    blind = [
        Labelled(row.texts, "单" if (at + at // 6) % 2 else "双") for at, row in enumerate(ROWS)
    ]
    told = train(blind, COLUMNS).trained
    assert told.coverage == pytest.approx(0.5, abs=0.05)
    assert told.accuracy_decided is not None
    assert told.accuracy_decided < training.WANTED


def test_rare_labels_and_blank_texts_are_left_out_and_counted() -> None:
    blank, rare = Labelled(("", " 12 "), "工资"), Labelled(("奇", "奇怪的事"), "其他")
    known = usable([*ROWS, blank, rare, rare])
    assert (len(known.rows), known.left_out) == (len(ROWS), {"no_text": 1, "rare": 2})
    with pytest.raises(Refused, match="two labels with at least 5 rows"):
        usable([row for row in ROWS if row.label == "噪音"])


def test_texts_with_nothing_in_common_are_refused() -> None:
    odd = [Labelled((chr(0x4E00 + at),), "单" if at % 2 else "双") for at in range(20)]
    with pytest.raises(Refused, match="nothing in common"):
        train(odd, ("内容",))


def test_a_column_that_tells_nothing_does_no_harm() -> None:
    model = Model.of(train([Labelled(("", row.texts[1]), row.label) for row in ROWS], COLUMNS))
    assert [block.columns for block in model.document.blocks] == [(0, 1)]
    assert model.guess(["拖欠工资不发"]).label == "工资"


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_a_file_is_read_in_either_encoding_with_breaks_in_its_cells(
    encoding: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "t.csv", ROWS, encoding)
    sheaf = read_labelled(path, ("内容", "标题"), "事项")
    assert [row.label for row in sheaf.rows] == [row.label for row in ROWS]
    assert sheaf.rows[0].texts[1] == ROWS[0].texts[0]
    assert sheaf.left_out == {}


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("标题,事项\n甲,\n\n乙\n丙,噪音\n", "utf-8")
    sheaf = read_labelled(path, ("标题",), "事项")
    assert sheaf.rows == (Labelled(("丙",), "噪音"),)
    assert sheaf.left_out == {"no_label": 1, "unreadable": 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a,b\n1,2\n", "'事项' is not among the headings: a, b"),
        ("事项,事项\n".encode(), "stands twice"),
        (b"PK\x03\x04", "save it as CSV"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(Refused, match=why):
        read_labelled(tmp_path / "t.csv", (), "事项")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"version": "x"}'])
def test_a_file_that_is_no_model_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(content)
    with pytest.raises(Refused, match=r"m\.json: no model"):
        read_model(tmp_path / "m.json")


def test_a_model_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    changed = msgspec.structs.replace(MODEL.document, threshold=0.5)
    (tmp_path / "m.json").write_bytes(msgspec.json.encode(changed))
    with pytest.raises(Refused, match="changed after training"):
        read_model(tmp_path / "m.json")
