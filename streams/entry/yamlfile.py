"""YAML files without YAML's surprises: no dates, no yes and no, and no key twice."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from streams.core.refusal import Reason, Refused

_CLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]

_PLAIN = (
    ("null", r"null|~|", ("n", "~", "")),
    ("bool", r"true|false", ("t", "f")),
    ("int", r"-?(?:0|[1-9][0-9]*)", tuple("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?", tuple("-0123456789")),
)
"""What an unquoted word may mean besides itself: (tag, pattern, first letters), as in JSON."""


def _resolvers() -> _Resolvers:
    found: _Resolvers = {}
    for tag, pattern, letters in _PLAIN:
        for letter in letters:
            rule = (f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"))
            found.setdefault(letter, []).append(rule)
    return found


class _Loader(_CLoader):  # type: ignore[misc]  # the C loader is there only where libyaml is
    yaml_implicit_resolvers: ClassVar[_Resolvers] = _resolvers()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the constructor below says so, with the line
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def load_yaml(path: Path) -> object:
    """The value of a YAML file in UTF-8, or Refused(invalid) naming the file and the line."""
    try:
        # The loader descends from YAML's safe one: it builds no objects.
        return yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
