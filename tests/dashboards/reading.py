"""Boards as plain JSON, and what a board's variables hold when it is opened."""

import json
from collections.abc import Iterator
from typing import Any

from dashboards.build import BOARDS, JSON
from dashboards.words import Lang
from tests.dashboards.macros import Variables
from tests.dashboards.seed import CASE, PLACE

NAMES = [(lang.value, board.id) for lang in Lang for board in BOARDS]


def board(lang: str, name: str) -> dict[str, Any]:
    """A committed board."""
    told: dict[str, Any] = json.loads((JSON / lang / f"{name}.json").read_text("utf-8"))
    return told


def panels(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Its panels, without the rows that title them."""
    return [one for one in told["panels"] if one["type"] != "row"]


def statements(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every ClickHouse target of its panels and annotations, with what it is called."""
    for panel in panels(told):
        for target in panel["targets"]:
            if "rawSql" in target:
                yield panel["title"], target
    for note in told["annotations"]["list"]:
        yield note["name"], note["target"]


def variables(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Its variables."""
    found: list[dict[str, Any]] = told["templating"]["list"]
    return found


def chosen(told: dict[str, Any], **values: str | list[str]) -> Variables:
    """All of the place; what is given, instead."""
    usual: dict[str, str | list[str]] = {
        "place": PLACE,
        "zone": "Asia/Shanghai",
        "known_at": "",
        "figure": "closure_rate",
        "flow": "case",
        "case": CASE,
    }
    names = {one["name"] for one in variables(told)}
    every = {one["name"]: list[str]() for one in variables(told) if one.get("multi")}
    return {name: value for name, value in {**usual, **every, **values}.items() if name in names}
