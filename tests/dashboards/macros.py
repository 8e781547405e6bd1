"""What the ClickHouse plugin and Grafana do to a statement before it is sent: the macros of the
plugin's macros.go that boards use, and variables in the format that these ask for."""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

Variables = Mapping[str, str | list[str]]
"""Chosen values; a list where several may be chosen, empty for all."""


class Range(msgspec.Struct, frozen=True):
    """The time range of a board."""

    since: datetime
    until: datetime


class Unknown(Exception):
    """A macro or variable that nothing stands for: Grafana would send it as it is."""


def expanded(sql: str, span: Range, chosen: Variables) -> str:
    """The statement as it reaches the server."""
    text = _all_chosen(sql, chosen)
    for name, at in (("from", span.since), ("to", span.until)):
        millis = round(at.timestamp() * 1000)
        text = text.replace(f"$__{name}Time_ms", f"fromUnixTimestamp64Milli({millis})")
    text = re.sub(r"\$\{(\w+):sqlstring\}", lambda found: _quoted(found[1], chosen), text)
    if left := re.findall(r"\$[_{\w]\S*", text):
        raise Unknown(", ".join(left))
    return text


def _quoted(name: str, chosen: Variables) -> str:
    if name not in chosen:
        raise Unknown(name)
    values = [chosen[name]] if isinstance(chosen[name], str) else chosen[name]
    return ",".join("'" + str(value).replace("'", "''") + "'" for value in values)


def _all_chosen(text: str, chosen: Variables) -> str:
    """`$__conditionalAll(condition, $variable)`: 1=1 where all is chosen, else the condition."""
    start = text.find("$__conditionalAll(")
    if start < 0:
        return text
    end = depth = commas = 0
    for end in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        commas += depth == 1 and text[end] == ","
        if not depth:
            break
    if commas != 1:  # the plugin takes two arguments, and else lets the macro stand
        raise Unknown(text[start : end + 1])
    condition, _, name = text[text.index("(", start) + 1 : end].rpartition(", $")
    if name not in chosen:
        raise Unknown(name)
    kept = condition if chosen[name] else "1=1"
    return text[:start] + kept + _all_chosen(text[end + 1 :], chosen)
