"""Contracts: the JSON Schemas (2020-12) of what comes in or goes out, exported from the nouns."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import msgspec

from streams.core.codec import DATA, OUTGOING
from streams.core.fieldwords import FIELD_WORDS

Schema = dict[str, Any]

INSTANT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": "([Zz]|[+-][0-9]{2}:[0-9]{2})$",
}
"""A validator that takes formats for remarks must still see a missing offset."""

TITLES = {"fact": "事实", "case": "案件"}
"""What goes out says in Chinese what it is; what comes in does so at the noun itself."""


def names() -> dict[str, type[msgspec.Struct]]:
    """All contracts by name: 'report.gridworker', 'act', 'fact', …"""
    return {kind[len("gridloop.") : -len(".v1")]: noun for kind, noun in (DATA | OUTGOING).items()}


def schema(name: str) -> Schema:
    """The JSON Schema of one contract, version 1."""
    noun = names()[name]
    made = msgspec.json.schema(noun)
    parts: dict[str, Schema] = made["$defs"]
    for kind in _nouns(noun):
        _describe(kind, parts[kind.__name__])
    root = parts.pop(noun.__name__)
    if name in TITLES:
        root["description"] = f"{TITLES[name]} · {root['description']}"
    root |= {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gridloop:schema:{name}:v1",
        "title": root["description"].partition(" · ")[0],
    }
    return root | ({"$defs": parts} if parts else {})


def text(name: str) -> str:
    """The schema as it stands in its file: sorted, indented, Chinese readable."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def export(folder: Path) -> list[Path]:
    """Write every contract to <folder>/<name>/v1.json; answers what was written."""
    files = [folder / path for path in _files()]
    for file, content in zip(files, _files().values(), strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return files


def check(folder: Path) -> list[str]:
    """What differs between the files in the folder and the nouns, one sentence each; or nothing."""
    expected = _files()
    found = {file.relative_to(folder).as_posix() for file in folder.glob("**/*.json")}
    missing = [f"{path}: missing" for path in expected if path not in found]
    extra = [f"{path}: no such contract" for path in sorted(found) if path not in expected]
    stale = [
        f"{path}: differs from the nouns"
        for path in expected
        if path in found and (folder / path).read_text(encoding="utf-8") != expected[path]
    ]
    return missing + extra + stale


def _files() -> dict[str, str]:
    return {f"{name}/v1.json": text(name) for name in sorted(names())}


def _nouns(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The noun and every noun inside it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from _nouns(field.type)
    for part in get_args(kind):
        yield from _nouns(part)


def _describe(kind: type[msgspec.Struct], part: Schema) -> None:
    part["additionalProperties"] = False
    for field in msgspec.structs.fields(kind):
        made: Schema = part["properties"][field.encode_name]
        if _is_instant(field.type):
            _as_instant(made)
        # A reference may have neighbours since 2019-09: the words stand beside it.
        made["description"] = FIELD_WORDS.get(field.encode_name, field.encode_name)


def _is_instant(kind: Any) -> bool:
    return kind is datetime or any(_is_instant(part) for part in get_args(kind))


def _as_instant(made: Schema) -> None:
    for branch in made.get("anyOf", [made]):
        if branch.get("type") == "string":
            branch.pop("description", None)
            branch.update(INSTANT)
