"""Posts that stand empty, put into words: a table and JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from streams.core.place import PlaceRules
from streams.core.posts import Short
from streams.show.rates import local_text


def staffing_json(
    rules: PlaceRules, at: datetime, asked: int, short: Sequence[Short]
) -> dict[str, Any]:
    """How many grids and areas were looked at, and each in which a rule is not kept."""
    return {
        "place": rules.place,
        "at": local_text(at, rules.zone),
        "asked": asked,
        "short": [
            {
                "staffing": one.staffing.id,
                "where": one.where,
                "area": one.area,
                "found": one.found,
                "at_least": one.staffing.at_least,
                "at_most": one.staffing.at_most,
            }
            for one in short
        ],
    }


def staffing_table(rules: PlaceRules, short: Sequence[Short]) -> Table:
    """One line for each grid or area with too few, or too many."""
    table = Table()
    for name in ("规则 rule", "网格/片区 where", "所在片区 area", "在岗 posted", "应有 asked"):
        table.add_column(name)
    for one in short:
        most = one.staffing.at_most
        asked = f"≥{one.staffing.at_least}" + ("" if most is None else f", ≤{most}")
        area = rules.areas[one.area].name
        rule = f"{one.staffing.id} {one.staffing.name}"
        table.add_row(rule, one.where, area, str(one.found), asked)
    return table
