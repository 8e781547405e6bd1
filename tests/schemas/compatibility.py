"""The compatibility gate: whatever the old contract takes, the new one must take as well.

jsonsubschema knows JSON Schema draft 4; `plain` brings ours down to it. Words (titles, defaults,
formats) say nothing about what is taken and go; references are put in place; an empty `required`
is left out; a tuple's items are named as there. Two limits: a changed `format` passes unseen, which is why every instant of ours has a
pattern too; and patterns are compared as text, since deciding which of two takes more can run
without end. A field's pattern may stay or go; any other one counts as taking less.
"""

import warnings
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

WORDS = frozenset({"title", "description", "default", "format", "$id", "$schema", "$defs"})


def takes_all_of(new: Schema, old: Schema) -> bool:
    """True where every document that the old contract takes is taken by the new one."""
    before, after = plain(old), plain(new)
    was = dict(_patterns(before))
    if any(pattern not in ("", was.get(path, pattern)) for path, pattern in _patterns(after)):
        return False
    with warnings.catch_warnings():
        # The library leans on modules whose own house-keeping warns.
        warnings.simplefilter("ignore")
        from jsonsubschema import isSubschema  # noqa: PLC0415 - slow to load, used here only

        return bool(isSubschema(_without_patterns(before), _without_patterns(after)))


def plain(schema: Schema) -> Schema:
    """The same contract without references and words."""
    return dict(_plain(schema, schema.get("$defs", {})))


def _plain(part: Any, defs: Schema) -> Any:
    if isinstance(part, list):
        return [_plain(item, defs) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _plain(defs[part["$ref"].rpartition("/")[2]], defs)
    kept = {key: value for key, value in part.items() if key not in WORDS and value != []}
    fields = {name: _plain(field, defs) for name, field in kept.pop("properties", {}).items()}
    rest = {key: _plain(value, defs) for key, value in kept.items()}
    if "prefixItems" in rest:
        rest |= {"additionalItems": rest.pop("items", True), "items": rest.pop("prefixItems")}
    return rest | ({"properties": fields} if fields else {})


def _patterns(part: Schema, path: str = "$") -> Iterator[tuple[str, str]]:
    """Each field's path and pattern; it makes no difference whether the field may be null."""
    branches = [part, *part.get("anyOf", [])]
    yield path, next((branch["pattern"] for branch in branches if "pattern" in branch), "")
    for branch in branches:
        for name, field in branch.get("properties", {}).items():
            yield from _patterns(field, f"{path}.{name}")
        if isinstance(branch.get("items"), dict):
            yield from _patterns(branch["items"], f"{path}[]")


def _without_patterns(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_patterns(item) for item in part]
    if not isinstance(part, dict):
        return part
    fields = {name: _without_patterns(field) for name, field in part.get("properties", {}).items()}
    rest = {k: _without_patterns(v) for k, v in part.items() if k not in ("pattern", "properties")}
    return rest | ({"properties": fields} if fields else {})
