"""A MODEL file: one JSON document, read with its faults named and written whole or not at all."""

from pathlib import Path

import msgspec

from streams.core.model import BadModel, Model
from streams.core.modeldocs import TrainedModel
from streams.core.refusal import Reason, Refused


def read_model(path: Path, threshold: float | None = None) -> Model:
    """The model of a file, with its own threshold or this one; Refused where it is none."""
    try:
        return Model.of(msgspec.json.decode(path.read_bytes(), type=TrainedModel), threshold)
    except (msgspec.DecodeError, UnicodeDecodeError, BadModel) as error:
        raise Refused(Reason.INVALID, f"{path}: no model of `classifier train`: {error}") from error


def write_model(path: Path, document: TrainedModel) -> None:
    """Write a model; what stood there is replaced at once."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(msgspec.json.encode(document) + b"\n")
    part.replace(path)
