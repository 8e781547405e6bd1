"""The words of the board that the registries have: each in Chinese and English."""

from collections.abc import Mapping

from streams.core.registry import FIGURES
from streams.show.casewords import (
    CLOCKS,
    DETAILS,
    FACTS,
    LIGHTS,
    MARKS,
    OUTCOMES,
    REASONS,
    REFUSALS,
    SATISFACTIONS,
    STATES,
)
from streams.show.live import SOURCES
from streams.show.rates import FIELD_NAMES, FLOW_NAMES
from streams.show.returns import VERDICTS

Words = dict[str, list[str]]


def words() -> dict[str, Words]:
    """By what they are of, then by code."""
    return {
        "figure": {id: [one.zh, one.en] for id, one in FIGURES.items()},
        "field": _parted(FIELD_NAMES),
        "flow": _parted({flow.value: said for flow, said in FLOW_NAMES.items()}),
        "source": _parted(SOURCES),
        "light": _parted(LIGHTS) | {"none": ["无时限", "no limit"]},
        "verdict": _parted({verdict.value: said for verdict, said in VERDICTS.items()}),
        **{
            of: {code: [zh, code.replace("_", " ")] for code, zh in table.items()}
            for of, table in _CHINESE.items()
        },
    }


_CHINESE: Mapping[str, Mapping[str, str]] = {
    "clock": CLOCKS,
    "fact": FACTS,
    "detail": DETAILS,
    "mark": MARKS,
    "outcome": OUTCOMES,
    "reason": REASONS,
    "refusal": REFUSALS,
    "satisfaction": SATISFACTIONS,
    "state": STATES,
}
"""Whose English word is the code itself."""


def _parted(said: Mapping[str, str]) -> Words:
    """Of "部门 department" the one and the other."""
    return {code: list(both.split(" ", 1)) for code, both in said.items()}
