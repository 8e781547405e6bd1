"""A model at work: what it reads, how sure it is, which words it names, what it refuses."""

import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.model import BadModel, Model, Word, version_of
from streams.core.ngrams import letters, runs
from tests.models import hand_model
from tests.strategies import LAWS

WORDS = {"欠薪": "wages", "工资": "wages", "噪音": "noise", "施工": "noise"}
MODEL = Model.of(hand_model(WORDS))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ＡＢ 区１２号\n噪音！", "ab区号噪音!"),
        ("电话〔电话:a1b2c3〕，工资", "电话,工资"),
        ("138 0013 8000", ""),
    ],
)
def test_digits_tokens_and_white_space_are_left_out(text: str, read: str) -> None:
    """What tells one person or house from another is no sign of a matter."""
    assert letters(text) == read


@LAWS
@given(st.text(max_size=12), st.integers(1, 4))
def test_the_runs_of_a_text_are_all_its_substrings_of_these_lengths(
    text: str, longest: int
) -> None:
    wanted = [text[at : at + n] for n in range(1, longest + 1) for at in range(len(text) - n + 1)]
    assert runs(text, longest) == wanted


def test_the_word_that_a_text_has_decides() -> None:
    guess = MODEL.guess(["老板欠薪三个月"])
    assert (guess.label, guess.sure) == ("wages", True)
    assert guess.probability == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-6)


def test_a_text_of_which_it_knows_nothing_is_even_and_so_not_sure() -> None:
    guess = MODEL.guess(["今天天气不错"])
    assert (guess.probability, guess.sure) == (0.5, False)


def test_another_threshold_may_be_chosen() -> None:
    assert not Model.of(MODEL.document, 0.99).guess(["老板欠薪"]).sure


def test_the_words_that_decided_are_named_with_their_share() -> None:
    """Letters that did it side by side are one word; what spoke against is not named."""
    assert MODEL.words(["拖欠工资，拒发工资，夜间施工"], "wages") == [Word("工资", 1.0)]
    named = MODEL.words(["欠薪；工资"], "wages")
    assert {word.text for word in named} == {"欠薪", "工资"}
    assert sum(word.share for word in named) == pytest.approx(1)


def test_one_text_is_read_for_all_columns_and_only_once() -> None:
    model = Model.of(hand_model(WORDS, columns=("title", "body")))
    both = model.probabilities(["欠薪", "欠薪"])
    assert model.probabilities(["欠薪"]).tolist() == both.tolist()
    with pytest.raises(ValueError, match="title, body"):
        model.guess(["一", "二", "三"])


@LAWS
@given(st.lists(st.sampled_from([*WORDS, "，", "7", "Ａ"]), max_size=9).map("".join))
def test_probabilities_add_up_and_do_not_depend_on_width_or_numbers(text: str) -> None:
    likely = MODEL.probabilities([text])
    assert float(likely.sum()) == pytest.approx(1, abs=1e-6)
    assert MODEL.probabilities([f"１２{text} 3"]).tolist() == likely.tolist()
    assert MODEL.words([text], "noise") == MODEL.words([f"{text}９"], "noise")


def _again(document: object, **more: object) -> object:
    changed = msgspec.structs.replace(document, **more)  # type: ignore[type-var]
    return msgspec.structs.replace(changed, version=version_of(changed))  # type: ignore[arg-type]


BLOCK = MODEL.document.blocks[0]
BROKEN = {
    "changed after training": msgspec.structs.replace(MODEL.document, threshold=0.1),
    "one for each label": _again(MODEL.document, bias=(0.0,)),
    "a column that there is not": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, columns=(3,)),)
    ),
    "not equally many": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, found=zlib.compress(b"\0" * 4)),)
    ),
    "cannot be read": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, found=zlib.compress(b"\0")),)
    ),
    "codec can't decode": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, runs=zlib.compress(b"\xff")),)
    ),
    "cannot be unpacked": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, weights=b"none"),)
    ),
    "cut off": _again(
        MODEL.document, blocks=(msgspec.structs.replace(BLOCK, runs=BLOCK.runs[:-4]),)
    ),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_document_whose_parts_do_not_fit_is_no_model(why: str) -> None:
    with pytest.raises(BadModel, match=why):
        Model.of(BROKEN[why])  # type: ignore[arg-type]
