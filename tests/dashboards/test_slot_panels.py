"""Panels of slots show what `gridloop rounds` says, to the last digit."""

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.core.events import INFINITY
from streams.core.roundfigures import RoundQuery, RoundRow
from streams.joined import Joined
from streams.show.rounds import ask_rounds
from streams.where import Addresses
from streams.wire.clickhouse import Warehouse
from tests.dashboards.macros import expanded
from tests.dashboards.reading import board, chosen, panels
from tests.dashboards.seed import PLACE, RANGE, STREET
from tests.figure_rows import DAY, FILED

pytestmark = pytest.mark.engine

ZONE = "Asia/Shanghai"
PANELS = {
    "Asked for and done": (),
    "Coverage, frequency, duty, cameras by day": ("day",),
    "By schedule": ("schedule",),
    "By area, the lowest first": ("area",),
}


def rounds(store: Warehouse, known_at: datetime, **more: Any) -> list[RoundRow]:
    """As the command answers them."""
    query = RoundQuery(place=PLACE, zone=ZONE, since=RANGE.since, as_of=RANGE.until, **more)
    book = Joined(Addresses("", ""), store).book(PLACE)
    return ask_rounds(store, book, query, known_at).rows


@pytest.mark.parametrize("known_at", [INFINITY, FILED + DAY])
@pytest.mark.parametrize("title", PANELS)
def test_a_panel_of_slots_shows_what_the_command_says(
    store: Warehouse, title: str, known_at: datetime
) -> None:
    by, told = PANELS[title], board("en", "grids")
    (panel,) = (one for one in panels(told) if one["title"] == title)
    known = "" if known_at == INFINITY else known_at.astimezone(UTC).isoformat()
    text = expanded(panel["targets"][0]["rawSql"], RANGE, chosen(told, known_at=known))
    found = store.query_columns(text)
    plain = {row.by[by[0]] if by else None: row for row in rounds(store, known_at, by=by)}
    shown = [dict(zip(found.names, row, strict=True)) for row in zip(*found.values, strict=True)]
    assert len(shown) == len(plain) > 0
    assert any(row.done for row in plain.values())
    for one in shown:
        code = one.get("code", f"{one['time']:%Y-%m-%d}" if "time" in one else None)
        row = plain[code]
        for name, value in row.figures.items():
            assert one.get(name, value.value) == value.value, (title, code, name)
        assert one.get("expected", row.expected) == row.expected
        assert one.get("done", row.done) == row.done
    if "code" in found.names:
        shares = [one["done"] / one["expected"] for one in shown]
        assert shares == sorted(shares)
        assert all(one["name"] != one["code"] for one in shown)


def test_panels_of_slots_are_narrowed_down_by_street_and_grid(store: Warehouse) -> None:
    told = board("en", "grids")
    (panel,) = (one for one in panels(told) if one["title"] == "By area, the lowest first")
    narrowed = chosen(told, street=[STREET], grid=[f"{STREET}-c01-g01"])

    def areas(**values: Any) -> set[str]:
        text = expanded(panel["targets"][0]["rawSql"], RANGE, chosen(told, **values))
        return set(store.query_columns(text).values[0])

    own = {row.by["area"] for row in rounds(store, INFINITY, by=("area",), inside=STREET)}
    assert areas(street=[STREET]) == own < areas()
    assert areas(grid=["nowhere"]) == set()
    assert narrowed["grid"]
