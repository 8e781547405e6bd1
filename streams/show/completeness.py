"""Base data put into words: how complete those of each grid are, and what is not on file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from streams.core.completeness import GridData, whole
from streams.core.figures import Value
from streams.core.place import PlaceRules
from streams.show.rates import NOTHING, local_text, shown


def base_data_json(rules: PlaceRules, at: datetime, data: Sequence[GridData]) -> dict[str, Any]:
    """The place's whole, and each grid with what is not on file."""
    return {
        "place": rules.place,
        "at": local_text(at, rules.zone),
        "version": rules.versions["base_data"],
        "completeness": _json(whole(data)),
        "grids": [
            {
                "grid": one.grid,
                "area": one.area,
                "entries": one.entries,
                "completeness": _json(one.completeness),
                "lacks": [{"of": lack.of, "item": lack.item} for lack in one.lacks],
            }
            for one in data
        ],
    }


def base_data_table(rules: PlaceRules, data: Sequence[GridData]) -> Table:
    """One line for each grid, and the whole at the end."""
    table = Table()
    for name in ("网格 grid", "所在片区 area"):
        table.add_column(name)
    for name in ("台账 entries", "完整度 completeness"):
        table.add_column(name, justify="right")
    for one in data:
        area = rules.areas[one.area].name
        table.add_row(one.grid or NOTHING, area, str(one.entries), shown(one.completeness))
    table.add_section()
    entries = sum(one.entries for one in data)
    table.add_row("合计 whole", "", str(entries), shown(whole(data)))
    return table


def lack_lines(rules: PlaceRules, data: Sequence[GridData]) -> Iterator[str]:
    """Each item that is not on file, one a line."""
    names = {item.id: item.name for item in rules.base_data.items}
    for one in data:
        for lack in one.lacks:
            yield f"  {one.grid or NOTHING}  {lack.of}  {lack.item} {names[lack.item]}"


def _json(value: Value) -> dict[str, Any]:
    return {
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
    }
