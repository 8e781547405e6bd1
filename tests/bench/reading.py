"""What it costs to say what a text is about: by words, by a model, and at the door."""

import time
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from streams.core.classify import Classifier
from streams.core.codec import encode_binary
from streams.core.events import HotlineReport, Reference, ReferenceKind
from streams.core.model import Model, version_of
from streams.core.modeldocs import Block, TrainedModel
from streams.core.ngrams import letters, runs
from streams.core.place import Rulebook
from streams.core.privacy import Tokeniser
from streams.core.record import Record
from streams.core.topics import HOTLINE
from streams.entry.places import shipped_book
from streams.flow.intake import Door
from streams.wire.seal import Seal
from tests.flow.memory_chain import MemoryState
from tests.models import hand_model

LENGTHS = (20, 100, 400)
ROUNDS, TEXTS = 7, 300
REPORTS = 1_000
ONE_IN = 10
"""One report in so many has no word, so that the model is asked."""

PLACE, KEY = "dongguan", b"k" * 32
WORD = "占道经营"
PLAIN = (
    "今天早上经过东边那条巷子的时候看到还是老样子，前几天跟社区说过也没有人来看，"
    "附近的老人和小孩每天都要从那里走，大家都觉得很不方便，希望能安排人员到现场看一下，谢谢。"
)
"""A text without any of the place's words."""


class Speed(msgspec.Struct, frozen=True):
    """Texts a second and core, of a length in letters; `named` with the words that decided."""

    letters: int
    terms: float
    model: float
    named: float


class Reading(msgspec.Struct, frozen=True):
    """By length; and CPU microseconds of a report at the door, with words only and with a model
    for one in ten."""

    speeds: list[Speed]
    door_terms: float
    door_model: float

    @property
    def ratio(self) -> float:
        """How much dearer the door is with a model."""
        return round(self.door_model / self.door_terms, 2)


def cost_of_reading() -> Reading:
    """Measure on one core; nothing else runs in this process."""
    book = shipped_book(PLACE)
    rules = book.at(PLACE, datetime.now(UTC))  # noqa: TID251 - the rules in force today
    assert rules is not None
    document = heavy_model(sorted(rules.matters))
    model, sorter = Model.of(document), Classifier.of(rules)
    assert sorter.classify(PLAIN).matter is None
    speeds = []
    for length in LENGTHS:
        texts = [(WORD + PLAIN * 5)[at % 5 : at % 5 + length] for at in range(TEXTS)]
        speeds.append(
            Speed(
                length,
                *(
                    round(1e6 / _micros(texts, read))
                    for read in (
                        sorter.classify,
                        lambda text: model.guess((text,)),
                        lambda text: model.words((text,), model.labels[0]),
                    )
                ),
            )
        )
    since = datetime(2020, 1, 1, tzinfo=UTC)
    use = Reference(
        place=PLACE,
        kind=ReferenceKind.CLASSIFIER,
        version="1",
        valid_from=since,
        body={"model": msgspec.to_builtins(document)},
    )
    return Reading(speeds, _door(book), _door(book.with_change(use)))


def heavy_model(labels: Sequence[str]) -> TrainedModel:
    """A model that knows every run of the text, for each of a place's matters: the dearest case."""
    known = list(dict.fromkeys(runs(letters(PLAIN), 3)))
    weights = np.arange(len(known) * len(labels)) % 127
    packed = zlib.compress(weights.astype(np.int8).tobytes())
    bare = msgspec.structs.replace(
        hand_model(dict.fromkeys(known, "x") | {"无": "y"}),
        labels=tuple(labels),
        blocks=(
            Block(
                columns=(0,),
                longest=3,
                runs=zlib.compress("\n".join(known).encode()),
                found=zlib.compress(np.full(len(known), 2, dtype="<u4").tobytes()),
                weights=packed,
            ),
        ),
        steps=(0.01,) * len(labels),
        bias=(0.0,) * len(labels),
        threshold=0.0,
    )
    return msgspec.structs.replace(bare, version=version_of(bare))


def _door(book: Rulebook) -> float:
    """CPU microseconds a report, the best of some rounds."""
    door = Door(lambda: book, Tokeniser(KEY), Seal(KEY).close)
    records = [_record(at) for at in range(REPORTS)]
    state = MemoryState()
    return _micros([records], lambda some: door.step(some, state)) / REPORTS


def _record(at: int) -> Record:
    now = datetime(2025, 6, 2, 4, tzinfo=UTC)
    text = PLAIN if at % ONE_IN == 0 else WORD + PLAIN
    report = HotlineReport(place=PLACE, text=text)
    headers, value = encode_binary("gridloop.report.hotline.v1", "/bench", f"r{at}", now, report)
    return Record(HOTLINE.name, 0, at, int(now.timestamp() * 1000), None, value, headers)


def _micros(given: Sequence[object], read: Callable[..., object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time_ns()
        for one in given:
            read(one)
        best = min(best, (time.thread_time_ns() - start) / 1000 / len(given))
    return round(best, 2)
