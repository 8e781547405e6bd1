"""A place's check file read: `check/replays.yaml` in its folder; a mistake is named."""

import json
from pathlib import Path
from typing import Any

import msgspec

from streams.core.checkdocs import CheckBody
from streams.core.checks import problems
from streams.core.place import PlaceRules
from streams.core.refusal import Reason, Refused
from streams.entry.yamlfile import load_yaml

FILE = Path("check") / "replays.yaml"


def read_checks(folder: Path, rules: PlaceRules) -> CheckBody:
    """How the figures of a place's folder are replayed, or Refused(invalid) with what is wrong."""
    path = folder / FILE
    if not path.is_file():
        raise Refused(Reason.INVALID, f"{path}: no such file; without it there is nothing to check")
    try:
        body = msgspec.convert(load_yaml(path), CheckBody)
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
    numbers = {one.id for one in rules.published} | {one.id for one in rules.constants}
    wrong = list(problems(body, numbers, {one.id: one.kind for one in rules.schedules}))
    if wrong:
        raise Refused(Reason.INVALID, f"{path}: {'; '.join(wrong[:5])}")
    return body


def check_schema() -> dict[str, Any]:
    """The JSON Schema of a check file, from the type that reads it."""
    schema: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.json.schema(CheckBody)))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "公布数据的重演与核对 · how a place's published figures are replayed"
    return schema
