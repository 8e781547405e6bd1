"""A trained model at work: a text's probability for each label, and the words that decided."""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.core.modeldocs import Block, TrainedModel
from streams.core.ngrams import letters, runs, runs_of

NAMED = 5
"""How many words an explanation names."""
WARM = 0.25
"""A letter belongs to a word that decided if it did at least this share of what the most did."""
MOST_BYTES = 64 << 20
"""What a block may unpack to: far more than any record holds, far less than memory."""

Numbers = NDArray[np.float32]
Rows = NDArray[np.intp]


class BadModel(ValueError):
    """This document is no model: its parts do not fit together."""


class Guess(msgspec.Struct, frozen=True):
    """The label that a model holds likeliest, its probability (0 to 1), and whether that is
    enough to decide."""

    label: str
    probability: float
    sure: bool


class Word(msgspec.Struct, frozen=True):
    """A word that spoke for a label, and how much of what decided it did (0 to 1)."""

    text: str
    share: float


class _Part(msgspec.Struct, frozen=True, eq=False):
    """A block, unpacked: `weights` by run and label, `idf` by run."""

    columns: tuple[int, ...]
    longest: int
    index: Mapping[str, int]
    idf: Numbers
    weights: Numbers


class Model(msgspec.Struct, frozen=True, eq=False):
    """A model that is ready for use; immutable, so that all threads may share it."""

    version: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    threshold: float
    document: TrainedModel
    parts: tuple[_Part, ...]

    @staticmethod
    def of(document: TrainedModel, threshold: float | None = None) -> "Model":
        """The model of a document, with its own threshold or this one; BadModel."""
        model = _unpacked(msgspec.json.encode(document))
        return model if threshold is None else msgspec.structs.replace(model, threshold=threshold)

    def guess(self, texts: Sequence[str]) -> Guess:
        """The likeliest label of a text: one value a column, or a single one for all of them."""
        likely = self.probabilities(texts)
        best = int(likely.argmax())
        probability = float(likely[best])
        return Guess(self.labels[best], probability, probability >= self.threshold)

    def probabilities(self, texts: Sequence[str]) -> Numbers:
        """By label, in the order of `labels`; they add up to 1."""
        scores = self.scores(texts) * self.document.sharpness
        powers = np.exp(scores - scores.max())
        likely: Numbers = powers / powers.sum()
        return likely

    def scores(self, texts: Sequence[str]) -> Numbers:
        """How much speaks for each label, before it is a probability."""
        read = self._read(texts)
        scores: Numbers = np.array(self.document.bias, dtype=np.float32)
        for part in self.parts:
            rows, _, values = _values(part, read)
            scores = scores + values @ part.weights[rows]
        return scores

    def words(self, texts: Sequence[str], label: str) -> list[Word]:
        """The words that spoke most for a label, against the likeliest of the others.

        What a run of letters did is shared out among its letters; a word is letters side by side
        that did much.
        """
        read = self._read(texts)
        chosen = self.labels.index(label)
        scores = self.scores(texts)
        scores[chosen] = -np.inf
        against = int(scores.argmax())
        warmth = {text: np.zeros(len(text), dtype=np.float32) for text in read}
        for part in self.parts:
            _warm(part, read, part.weights[:, chosen] - part.weights[:, against], warmth)
        return _named(warmth)

    def _read(self, texts: Sequence[str]) -> tuple[str, ...]:
        if len(texts) == 1:
            texts = [texts[0]] * len(self.columns)
        if len(texts) != len(self.columns):
            raise ValueError(f"{len(texts)} texts for the columns {', '.join(self.columns)}")
        return tuple(map(letters, texts))


def version_of(document: TrainedModel) -> str:
    """The hash of all that a model says, but for its version: 12 hex digits."""
    bare = msgspec.structs.replace(document, version="")
    return sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()[:12]


@lru_cache(maxsize=8)
def _unpacked(written: bytes) -> Model:
    """Unpacked once for each content: all partitions of a worker have the same rules."""
    document = msgspec.json.decode(written, type=TrainedModel)
    if document.version != version_of(document):
        raise BadModel("its content is not what its version says: it was changed after training")
    for name in ("steps", "bias"):
        if len(getattr(document, name)) != len(document.labels):
            raise BadModel(f"{name}: one for each label")
    parts = tuple(_part(block, document) for block in document.blocks)
    return Model(
        document.version,
        document.columns,
        document.labels,
        document.threshold,
        document,
        parts,
    )


def _part(block: Block, document: TrainedModel) -> _Part:
    if max(block.columns) >= len(document.columns):
        raise BadModel("a block reads a column that there is not")
    try:
        read = _unzipped(block.runs).decode().split("\n")
        found = np.frombuffer(_unzipped(block.found), dtype="<u4")
    except ValueError as error:
        raise BadModel(f"a block cannot be read: {error}") from error
    weights = np.frombuffer(_unzipped(block.weights), dtype=np.int8)
    if len(found) != len(read) or len(weights) != len(read) * len(document.labels):
        raise BadModel("a block's runs, counts and weights are not equally many")
    steps = np.array(document.steps, dtype=np.float32)
    return _Part(
        block.columns,
        block.longest,
        {run: at for at, run in enumerate(read)},
        idf_of(found, document.trained.rows),
        weights.reshape(len(read), -1).astype(np.float32) * steps,
    )


def idf_of(found: NDArray[Any], rows: int) -> Numbers:
    """How telling a run is that this many of the rows have, as scikit-learn's smooth idf."""
    return (np.log((1 + rows) / (1 + found.astype(np.float64))) + 1).astype(np.float32)


def _unzipped(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        bare = unpacker.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise BadModel(f"a block cannot be unpacked: {error}") from error
    if not unpacker.eof:
        raise BadModel("a block is cut off, or unpacks to too much")
    return bare


# --- one text ------------------------------------------------------------------------------------


def _values(part: _Part, read: Sequence[str]) -> tuple[Rows, Numbers, Numbers]:
    """The runs that the text has, by row; how often; and their values: (1 + ln count) x idf, of
    length 1 together."""
    counts = Counter(map(part.index.get, runs_of(_texts(part, read), part.longest)))
    del counts[None]
    rows = np.fromiter(counts, dtype=np.intp, count=len(counts))
    times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    values = (1 + np.log(times)) * part.idf[rows]
    length = np.sqrt(values @ values)
    return rows, times, values / length if length else values


def _texts(part: _Part, read: Sequence[str]) -> list[str]:
    """What stands in a part's columns; what stands in several is read once."""
    return list(dict.fromkeys(read[column] for column in part.columns))


def _warm(
    part: _Part, read: Sequence[str], weights: Numbers, warmth: Mapping[str, Numbers]
) -> None:
    """Add what each run did to the letters at which it stands."""
    rows, times, values = _values(part, read)
    each = dict(zip(rows.tolist(), (values * weights[rows] / times).tolist(), strict=True))
    for text in _texts(part, read):
        found = map(part.index.get, runs(text, part.longest))
        did = np.fromiter((each.get(row, 0.0) for row in found), dtype=np.float32)
        for length in range(1, min(part.longest, len(text)) + 1):
            many = len(text) - length + 1
            for letter in range(length):
                warmth[text][letter : letter + many] += did[:many] / length
            did = did[many:]


def _named(warmth: Mapping[str, Numbers]) -> list[Word]:
    """The warmest words, the warmest first."""
    most = max((float(heat.max()) for heat in warmth.values() if len(heat)), default=0.0)
    if most <= 0:
        return []
    found: dict[str, float] = {}
    for text, heat in warmth.items():
        for start, end in _stretches(text, heat, most * WARM):
            found[text[start:end]] = found.get(text[start:end], 0.0) + float(heat[start:end].sum())
    total = sum(found.values())
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:NAMED]
    return [Word(word, warm / total) for word, warm in ranked]


def _stretches(text: str, heat: Numbers, least: float) -> Iterator[tuple[int, int]]:
    """Where letters (no signs) that are at least so warm stand side by side: from, before."""
    start = None
    for at, letter in enumerate(text):
        warm = heat[at] >= least and letter.isalnum()
        if warm and start is None:
            start = at
        elif not warm and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(text)
