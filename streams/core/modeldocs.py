"""A trained model as a document: what stands in a MODEL file, and how a place uses one."""

from typing import Annotated

from msgspec import Meta, field

from streams.core.events import Code, Contract, Label, Note

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]


class Block(Contract, frozen=True, kw_only=True):
    """特征块 · the runs of letters that are read from some columns together, and their weights.

    All three fields of bytes are zlib: `runs` UTF-8, one a line; `found` how many training rows
    have each run, uint32; `weights` int8 by run and then label, in steps of the model's `steps`.
    Numbers are little-endian.
    """

    columns: Annotated[tuple[Count, ...], Meta(min_length=1)]
    longest: Annotated[int, Meta(ge=1, le=8)]
    runs: bytes
    found: bytes
    weights: bytes


class Training(Contract, frozen=True, kw_only=True):
    """训练记录 · what a model was trained on, and how far it was right about rows that it had not
    seen (cross-validation over `folds`): by its best guess, and at its threshold."""

    rows: Count
    by_label: dict[Label, Count]
    folds: Count
    accuracy: Share
    macro_f1: Share
    coverage: Share
    accuracy_decided: Share | None


class TrainedModel(Contract, frozen=True, kw_only=True):
    """分类模型 · a linear model of runs of letters; all that use needs, and nothing of the rows.

    A label's score is its `bias` and the blocks' weights; its probability the softmax of all
    scores times `sharpness`. Below `threshold` the model abstains (弃权). `version` is the hash of
    everything else.
    """

    version: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")]
    columns: Annotated[tuple[Label, ...], Meta(min_length=1)]
    labels: Annotated[tuple[Label, ...], Meta(min_length=2)]
    blocks: Annotated[tuple[Block, ...], Meta(min_length=1)]
    steps: tuple[float, ...]
    bias: tuple[float, ...]
    sharpness: float
    threshold: Share
    trained: Training


class ClassifierBody(Contract, frozen=True, kw_only=True):
    """分类模型的使用 · which model decides where the place's words do not.

    `matters` says which matter a label means, where the label is not the matter's code;
    `threshold` replaces the model's own.
    """

    model: TrainedModel
    matters: Annotated[dict[Label, Code], Meta(description="类与事项")] = field(
        default_factory=dict
    )
    threshold: Share | None = None
    assumed: tuple[Note, ...] = ()
