"""Base data put into words: what lies in each grid, how complete it is, what is not on file."""

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
                "groups": one.groups,
                "workers": one.workers,
                "from_elsewhere": one.from_elsewhere,
                "completeness": _json(one.completeness),
                "lacks": [{"of": lack.of, "item": lack.item} for lack in one.lacks],
            }
            for one in data
        ],
    }


def base_data_table(rules: PlaceRules, data: Sequence[GridData]) -> Table:
    """One line for each grid, and the whole at the end."""
    table = Table()
    for name in ("网格 grid", "所在片区 area", "类别 groups"):
        table.add_column(name)
    for name in ("台账 entries", "务工 workers", "完整度 completeness"):
        table.add_column(name, justify="right")
    names = {group.id: group.name for group in rules.base_data.groups}
    for one in data:
        groups = " ".join(f"{names[group]}{n}" for group, n in one.groups.items())
        workers = f"{one.workers}({one.from_elsewhere})" if one.from_elsewhere else str(one.workers)
        where = (one.grid or NOTHING, rules.areas[one.area].name, groups)
        table.add_row(*where, str(one.entries), workers, shown(one.completeness))
    table.add_section()
    sums = (sum(one.entries for one in data), sum(one.workers for one in data))
    table.add_row("合计 whole", "", "", *map(str, sums), shown(whole(data)))
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
