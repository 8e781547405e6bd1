"""A model made by hand, for tests: a few words, each speaking for one label."""

import zlib
from collections.abc import Mapping

import msgspec
import numpy as np

from streams.core.model import version_of
from streams.core.modeldocs import Block, TrainedModel, Training

ROWS = 10


def hand_model(
    words: Mapping[str, str], *, columns: tuple[str, ...] = ("text",), threshold: float = 0.8
) -> TrainedModel:
    """Each word is worth 1 for its label; a text without any is worth nothing for all alike."""
    labels = tuple(sorted(set(words.values())))
    weights = np.array([[127 * (words[run] == label) for label in labels] for run in words])
    block = Block(
        columns=tuple(range(len(columns))),
        longest=max(map(len, words)),
        runs=zlib.compress("\n".join(words).encode()),
        found=zlib.compress(np.full(len(words), 2, dtype="<u4").tobytes()),
        weights=zlib.compress(weights.astype(np.int8).tobytes()),
    )
    bare = TrainedModel(
        version="",
        columns=columns,
        labels=labels,
        blocks=(block,),
        steps=(1 / 127,) * len(labels),
        bias=(0.0,) * len(labels),
        sharpness=4.0,
        threshold=threshold,
        trained=Training(
            rows=ROWS,
            by_label={label: ROWS // len(labels) for label in labels},
            folds=5,
            accuracy=0.9,
            macro_f1=0.9,
            coverage=0.8,
            accuracy_decided=0.97,
        ),
    )
    return msgspec.structs.replace(bare, version=version_of(bare))
