"""The examples in schemas/examples, each a whole Kafka record written as JSON."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec

from streams.core.record import Record

ROOT = Path(__file__).parents[2] / "schemas"


class Example(msgspec.Struct, frozen=True):
    """One file: `reason` is empty for a good one."""

    path: Path
    contract: str
    reason: str
    document: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.contract}/{self.path.stem}"

    def record(self) -> Record:
        """The record as it would be read from Kafka."""
        headers = tuple((k, v.encode()) for k, v in self.document["headers"].items())
        return Record(self.document["topic"], 0, 0, 0, None, self.value(), headers)

    def value(self) -> bytes | None:
        """The record's bytes: a text stands for itself, any other JSON for its encoding."""
        if "value_base64" in self.document:
            return base64.b64decode(self.document["value_base64"])
        value = self.document["value"]
        if isinstance(value, str):
            return value.encode()
        return None if value is None else json.dumps(value, ensure_ascii=False).encode()


def _read(path: Path) -> Example:
    verdict, reason = [*path.stem.split("-", 2), ""][:2]
    assert verdict in ("good", "bad"), path
    document = json.loads(path.read_text("utf-8"))
    return Example(path, path.parent.name, reason if verdict == "bad" else "", document)


ALL = [_read(path) for path in sorted((ROOT / "examples").glob("*/*.json"))]
GOOD = [example for example in ALL if not example.reason]
BAD = [example for example in ALL if example.reason]
