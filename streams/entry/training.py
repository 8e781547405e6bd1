"""Training a model on labelled tickets, with what it is worth on tickets that it has not seen.

Chosen by five-fold cross-validation on 457 real messages with title and body. What helped: features
of its own for a short column beside those of all columns together, digits left out, labels
weighted alike. What did not: the words of a segmenter, naive Bayes weights, logistic regression.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedGroupKFold

from streams.core.agreement import Agreement, Judged, agreement, threshold_for
from streams.core.model import version_of
from streams.core.modeldocs import Block, TrainedModel, Training
from streams.core.ngrams import letters
from streams.core.refusal import Reason, Refused
from streams.entry.corpus import Corpus, Fitted, Floats, Rows, Texts, by_block
from streams.entry.labelled import Labelled, Sheaf

FOLDS = 5
FEWEST = FOLDS
"""A label with fewer rows than folds cannot be learnt, nor what is said of it be checked."""
LONGEST = (2, 3)
"""The longest runs of all columns together: the second where it is better beyond chance."""
WANTED = 0.97
"""How often the model should be right where it decides."""
SUREST = 0.5
"""Where that cannot be reached: it decides on this share of the rows, the surest."""
INT8 = 127
DECIMALS = 4

Say = Callable[[str], None]


class _Tried(msgspec.Struct, frozen=True):
    """A corpus that was cross-validated: each row's scores unseen, and whether they are right."""

    corpus: Corpus
    scores: Floats
    right: NDArray[np.bool_]


def usable(rows: Sequence[Labelled]) -> Sheaf:
    """The rows that can be learnt from; Refused where they do not have two labels at least."""
    written = [row for row in rows if any(map(letters, row.texts))]
    counts = Counter(row.label for row in written)
    known = tuple(row for row in written if counts[row.label] >= FEWEST)
    if len({row.label for row in known}) < 2:
        said = ", ".join(f"{label} {count}" for label, count in counts.most_common(5))
        raise Refused(
            Reason.INVALID, f"two labels with at least {FEWEST} rows each are needed; found: {said}"
        )
    left_out = {"no_text": len(rows) - len(written), "rare": len(written) - len(known)}
    return Sheaf(known, left_out)


def train(
    rows: Sequence[Labelled], columns: Sequence[str], say: Say = lambda _: None
) -> TrainedModel:
    """A model of usable rows; the same rows make the same model."""
    labels = sorted({row.label for row in rows})
    truth = np.array([labels.index(row.label) for row in rows])
    texts = [tuple(map(letters, row.texts)) for row in rows]
    folds = _folds(texts, truth)
    corpus = Corpus(texts, truth, max(LONGEST))
    best = _chosen(_tried(corpus.shortened(longest), folds, say) for longest in LONGEST)
    sharpness = _sharpness(best.scores, truth)
    judged = _judged(_softmax(best.scores * sharpness), truth, labels)
    found = agreement(judged, _threshold(judged))
    say("全部样本训练 · training on all rows")
    fitted = best.corpus.fit(np.arange(len(rows)))
    steps, blocks = _blocks(best.corpus, fitted)
    document = TrainedModel(
        version="",
        columns=tuple(columns),
        labels=tuple(labels),
        blocks=blocks,
        steps=tuple(map(float, steps)),
        bias=tuple(map(float, fitted.bias)),
        sharpness=sharpness,
        threshold=found.threshold,
        trained=_training(found, Counter(row.label for row in rows)),
    )
    return msgspec.structs.replace(document, version=version_of(document))


def _training(found: Agreement, by_label: Counter[str]) -> Training:
    decided = found.accuracy_decided
    return Training(
        rows=found.rows,
        by_label=dict(sorted(by_label.items())),
        folds=FOLDS,
        accuracy=round(found.accuracy, DECIMALS),
        macro_f1=round(found.macro_f1, DECIMALS),
        coverage=round(found.coverage, DECIMALS),
        accuracy_decided=None if decided is None else round(decided, DECIMALS),
    )


# --- cross-validation ---------------------------------------------------------------------------


def _folds(texts: Texts, truth: Rows) -> list[Any]:
    """Five parts with like shares of each label; texts that are alike stay in one part."""
    alike = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    return list(parts.split(np.zeros(len(truth)), truth, [alike[text] for text in texts]))


def _tried(corpus: Corpus, folds: list[Any], say: Say) -> _Tried:
    """Each row's scores by a machine that was fitted without it."""
    scores = np.zeros((len(corpus.truth), corpus.labels))
    for number, (seen, unseen) in enumerate(folds, 1):
        say(f"交叉验证 · cross-validation: {corpus.longest} letters, {number}/{FOLDS}")
        scores[unseen] = corpus.scores(corpus.fit(seen), unseen, len(seen))
    # A label that no row of a fold's other parts has: as unlikely as anything was.
    scores = np.maximum(scores, scores[np.isfinite(scores)].min())
    return _Tried(corpus, scores, scores.argmax(axis=1) == corpus.truth)


def _chosen(tried: Iterable[_Tried]) -> _Tried:
    """The first, unless a later one is right more often, and by more than chance explains: of the
    rows about which only one of the two is right, by more than their number's square root."""
    best, *others = tried
    for one in others:
        gained, lost = (one.right & ~best.right).sum(), (best.right & ~one.right).sum()
        if gained - lost > np.sqrt(gained + lost):
            best = one
    return best


# --- what the scores mean ---------------------------------------------------------------------


def _sharpness(scores: Floats, truth: Rows) -> float:
    """The factor by which the softmax of unseen scores is likeliest to be the truth (temperature
    scaling): one number, so that it cannot overfit and no order changes."""

    def surprise(power: float) -> float:
        likely = _softmax(scores * np.exp(power))
        return -float(np.log(likely[np.arange(len(truth)), truth] + 1e-12).mean())

    found = minimize_scalar(surprise, bounds=(-3, 4), method="bounded")
    return round(float(np.exp(found.x)), DECIMALS)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely: Floats = powers / powers.sum(axis=1, keepdims=True)
    return likely


def _judged(likely: Floats, truth: Rows, labels: Sequence[str]) -> list[Judged]:
    best = likely.argmax(axis=1)
    return [
        Judged(labels[true], labels[guess], float(row[guess]))
        for true, guess, row in zip(truth, best, likely, strict=True)
    ]


def _threshold(judged: Sequence[Judged]) -> float:
    found = threshold_for(judged, WANTED)
    if found is None:
        ranked = sorted((row.probability for row in judged), reverse=True)
        found = ranked[int(len(ranked) * SUREST)]
    return round(found, DECIMALS)


# --- the document -----------------------------------------------------------------------------


def _blocks(corpus: Corpus, fitted: Fitted) -> tuple[Floats, tuple[Block, ...]]:
    """The step of each label's weights, and the blocks with their weights in these steps."""
    steps = np.abs(fitted.weights).max(axis=1) / INT8
    steps[steps == 0] = 1.0
    weights = np.round(fitted.weights / steps[:, None])
    blocks = tuple(
        Block(
            columns=columns,
            longest=longest,
            runs=_packed("\n".join(names[kept]).encode()),
            found=_packed(found.astype("<u4").tobytes()),
            weights=_packed(part.T.astype(np.int8).tobytes()),
        )
        for (columns, longest), names, kept, found, part in zip(
            corpus.blocks,
            corpus.names,
            fitted.kept,
            fitted.found,
            by_block(weights, fitted),
            strict=True,
        )
    )
    return steps, blocks


def _packed(bare: bytes) -> bytes:
    return zlib.compress(bare, 9)
