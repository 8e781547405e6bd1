"""Labelled tickets as counts of runs of letters, and a linear SVM fitted to some of them."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from streams.core.model import idf_of
from streams.core.ngrams import runs_of
from streams.core.refusal import Reason, Refused

REPEATED = 2
"""A run that only one row has says nothing of others, and may be part of somebody's name."""
OWN_LONGEST = 3
"""The longest runs of a short column's own features."""
ROOM = 720_000
"""Bytes of features: in base64 and with all else they fit a reference record of 1 MiB."""
EXACT = 0.01
"""How exact a fit is: weights differ from the limit by a fiftieth of a step of int8."""
TRIED = 4
"""Of how many times the runs that there is room for the weightiest are kept."""
SIDE_BYTES = 4.5
"""What a run's letters and count take, packed."""

Matrix = Any
"""A sparse matrix of scipy's, a row a ticket."""
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Texts = Sequence[tuple[str, ...]]
"""Each ticket's columns, as `letters` gives them."""


Reads = tuple[tuple[int, ...], int]
"""What a block reads: its columns, and its longest runs."""


class Fitted(msgspec.Struct, frozen=True):
    """A fitted SVM: by block the runs that it `kept` and how many tickets of its training have
    each, then the weights by label and run (of all blocks), and the bias by label."""

    kept: list[Rows]
    found: list[Rows]
    weights: Floats
    bias: Floats


class Corpus:
    """All tickets: one matrix of counts for each block, and the names of its columns."""

    def __init__(self, texts: Texts, truth: Rows, longest: int) -> None:
        self.truth = truth
        self.labels = int(truth.max()) + 1
        self.columns = len(texts[0])
        self.longest = longest
        self.blocks: list[Reads] = []
        self.names: list[NDArray[np.str_]] = []
        self._counts: list[Matrix] = []
        for columns, most in blocks_of(texts, longest):
            counter = CountVectorizer(analyzer=partial(runs_of, longest=most), min_df=REPEATED)
            # What stands in several columns is read once, as in use.
            read = [dict.fromkeys(row[column] for column in columns) for row in texts]
            try:
                counts = counter.fit_transform(read)
            except ValueError:  # no run is repeated: the column tells nothing
                continue
            self._add((columns, most), counts.astype(np.float64), counter.get_feature_names_out())
        if not self.blocks:
            raise Refused(Reason.INVALID, "the texts have nothing in common: nothing can be learnt")

    def _add(self, reads: Reads, counts: Matrix, names: NDArray[np.str_]) -> None:
        self.blocks.append(reads)
        self._counts.append(counts)
        self.names.append(names)

    def shortened(self, longest: int) -> "Corpus":
        """The same tickets, with runs of all columns together only up to this length."""
        other = copy(self)
        other.longest, other.blocks, other.names, other._counts = longest, [], [], []
        for (columns, own), counts, names in zip(
            self.blocks, self._counts, self.names, strict=True
        ):
            most = longest if len(columns) == self.columns else own
            short = np.array([len(name) <= most for name in names])
            other._add((columns, most), counts[:, short], names[short])
        return other

    def fit(self, rows: Rows) -> Fitted:
        """Fit to some tickets; where that keeps too many runs, again with those that weigh most."""
        found = [
            np.bincount(counts[rows].indices, minlength=counts.shape[1]) for counts in self._counts
        ]
        most = int(ROOM / (self.labels + SIDE_BYTES))
        least_often = _least_often(found, TRIED * most)
        tried = [np.flatnonzero(times >= least_often) for times in found]
        fitted = self._fit(rows, found, tried)
        weight = np.abs(fitted.weights).max(axis=0)
        if len(weight) <= most:
            return fitted
        least = np.sort(weight)[-most]
        parts = by_block(weight, fitted)
        kept = [one[part >= least] for one, part in zip(fitted.kept, parts, strict=True)]
        return self._fit(rows, found, kept)

    def _fit(self, rows: Rows, found: list[Rows], kept: list[Rows]) -> Fitted:
        found = [times[one] for times, one in zip(found, kept, strict=True)]
        weights = np.zeros((self.labels, sum(map(len, kept))))
        bias = np.full(self.labels, -np.inf)
        machine = LinearSVC(class_weight="balanced", tol=EXACT, random_state=0)
        machine.fit(self._values(rows, len(rows), found, kept), self.truth[rows])
        sides, shift = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:  # one machine for both: what speaks against the first
            sides, shift = np.vstack([-sides, sides]), np.hstack([-shift, shift])
        weights[machine.classes_], bias[machine.classes_] = sides, shift
        return Fitted(kept, found, weights, bias)

    def scores(self, fitted: Fitted, rows: Rows, trained: int) -> Floats:
        """The scores of some tickets by a machine that was fitted to so many."""
        values = self._values(rows, trained, fitted.found, fitted.kept)
        scores: Floats = values @ fitted.weights.T + fitted.bias
        return scores

    def _values(self, rows: Rows, trained: int, found: list[Rows], kept: list[Rows]) -> Matrix:
        """The tickets as a model reads them: (1 + ln count) x idf, each block of length 1."""
        blocks = []
        for counts, times, one in zip(self._counts, found, kept, strict=True):
            block = counts[rows][:, one].tocsr()
            block.data = 1 + np.log(block.data)
            blocks.append(normalize(block @ sparse.diags_array(idf_of(times, trained))))
        return sparse.hstack(blocks, format="csr")


def _least_often(found: list[Rows], most: int) -> int:
    """How many tickets must have a run, so that not many more runs than can be kept are tried."""
    times = np.sort(np.concatenate(found))[::-1]
    return REPEATED if len(times) <= most else max(REPEATED, int(times[most]) + 1)


def by_block(values: Floats, fitted: Fitted) -> list[Floats]:
    """What stands side by side for all runs (in the last axis), cut into the blocks."""
    return np.split(values, np.cumsum([len(one) for one in fitted.kept])[:-1], axis=-1)


def blocks_of(texts: Texts, longest: int) -> list[Reads]:
    """Each column but the longest by itself, and all of them together: columns, longest runs."""
    lengths = [sum(len(row[at]) for row in texts) for at in range(len(texts[0]))]
    body = max(range(len(lengths)), key=lengths.__getitem__)
    own = [((at,), OWN_LONGEST) for at in range(len(lengths)) if at != body]
    return [*own, (tuple(range(len(lengths))), longest)]
