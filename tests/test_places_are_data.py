"""A difference between places is data: no code of ours asks which place it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from streams.entry.places import place_dir, shipped_places

STREAMS = Path(__file__).parents[1] / "streams"
GENERIC = "imported"
"""Belongs to no place: the profile that `gridloop import` gives to whoever has none."""

PLACES = {place for place in shipped_places() if place != GENERIC}


def names() -> set[str]:
    """What the places are called: their ids, and their names without province, city or district."""
    found = set(PLACES)
    for place in PLACES:
        body = yaml.safe_load((place_dir(place) / "place.yaml").read_text("utf-8"))["body"]
        found.add(re.sub(r"^.+市(?=.+区)|[市区]$", "", body["name_zh"]))
        found.add(body["name_en"].split(",")[0].removesuffix(" District").casefold())
    return found


NAMES = names()


def test_the_names_are_those_of_the_five_places() -> None:
    assert {"dongguan", "东莞", "思明", "二七", "江海", "大观"} <= NAMES
    assert len(NAMES) == 10


def test_no_code_names_a_place() -> None:
    """But for what the commands show as examples, and whose day or figures they take unasked."""
    assert [found for path in STREAMS.rglob("*.py") for found in named_in(path)] == []


def named_in(path: Path) -> list[tuple[str, int, str]]:
    """Each string of the code that holds the name of a place: file, line, words."""
    tree = ast.parse(path.read_text("utf-8"))
    spared = {id(node) for node in _spared(tree)}
    return [
        (path.name, node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in spared and _names_one(node.value)
    ]


def _spared(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                yield docstring
            case ast.FunctionDef():
                yield from (one for one in (*node.args.defaults, *node.args.kw_defaults) if one)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as examples):
                if name.endswith("EXAMPLES"):
                    yield examples


def _names_one(text: str) -> bool:
    return any(
        re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", text.casefold()) for name in NAMES
    )


@pytest.mark.parametrize(
    "code",
    [
        'if rules.place == "dongguan": pass',
        'match place:\n    case "erqi": pass',
        'TABLE = {"jianghai": 1}',
        'name = "江门市江海区"',
        'def f(place): return place in ("daguan", "siming")',
    ],
)
def test_what_would_name_one_is_found(code: str, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(code, "utf-8")
    assert named_in(tmp_path / "one.py")
