"""From codes to an area: what is known, what is finer, and where everything else goes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prcoords import wgs_bd, wgs_gcj

from streams.core.events import Crs, Point
from streams.core.gridcode import BadGridCode, parse
from streams.core.gridmap import faults
from streams.core.locate import Whereabouts, locate
from streams.core.mapdocs import Camera, GridsBody, GridShape, PlaceName
from streams.core.place import Area, PlaceRules

AREAS = (
    Area("4419", "市", "city"),
    Area("4419-1", "一街", "street", "4419"),
    Area("4419-1-1", "一社区", "community", "4419-1", grids=("4419-1-1-g1", "旧网格9")),
    Area("4419-1-2", "二社区", "community", "4419-1", grids=("4419-1-2-g1",)),
    Area("4419-x", "位置不明", "community", "4419"),
    Area("441900003001", "数字社区", "community", "4419-1"),
)
RULES = PlaceRules(
    place="some",
    zone="Asia/Shanghai",
    name_zh="某市",
    name_en="Somewhere",
    lifecycle="five_steps",
    areas={area.code: area for area in AREAS},
    fallback_area="4419-x",
)


def test_a_known_area_is_taken_with_its_street() -> None:
    found = locate(RULES, Whereabouts("4419-1-1", None))
    assert (found.area, found.street, found.located) == ("4419-1-1", "4419-1", True)
    assert found.why == ["按片区代码定位：一社区(4419-1-1)"]


def test_a_full_width_code_is_the_same_code() -> None:
    assert locate(RULES, Whereabouts("４４１９-1-1", None)).area == "4419-1-1"


def test_a_listed_grid_says_its_area_even_where_its_code_does_not() -> None:
    found = locate(RULES, Whereabouts(None, "旧网格9"))
    assert (found.area, found.grid, found.located) == ("4419-1-1", "旧网格9", True)


def test_an_unlisted_grid_lies_in_the_area_with_which_its_code_begins() -> None:
    found = locate(RULES, Whereabouts(None, "4419-1-2-g77"))
    assert found.area == "4419-1-2"
    assert "网格“4419-1-2-g77”未登记，按代码前缀归入二社区(4419-1-2)" in found.why
    assert locate(RULES, Whereabouts(None, "441900003001017")).area == "441900003001"


def test_part_of_a_code_is_no_prefix() -> None:
    assert locate(RULES, Whereabouts(None, "4419-1-22")).area == "4419-1"


def test_the_root_alone_is_no_location_for_a_grid() -> None:
    assert not locate(RULES, Whereabouts(None, "4419-9-9")).located


def test_a_finer_grid_goes_before_the_street_that_holds_it() -> None:
    assert locate(RULES, Whereabouts("4419-1", "4419-1-2-g1")).area == "4419-1-2"


def test_where_area_and_grid_disagree_the_area_stands_and_the_reason_says_so() -> None:
    found = locate(RULES, Whereabouts("4419-1-1", "4419-1-2-g1"))
    assert found.area == "4419-1-1"
    assert found.grid == "4419-1-2-g1"
    assert found.why[-1] == "网格与片区不一致，以片区一社区(4419-1-1)为准"


def test_an_unknown_area_is_made_good_by_the_grid() -> None:
    found = locate(RULES, Whereabouts("9999", "4419-1-1-g1"))
    assert (found.area, found.located) == ("4419-1-1", True)
    assert "片区代码“9999”不在本地清单" in found.why


def test_what_cannot_be_located_goes_to_the_fallback_area_and_is_marked() -> None:
    for area, grid in ((None, None), ("9999", None), (None, "9999-g1"), ("9999", "9999-g1")):
        found = locate(RULES, Whereabouts(area, grid))
        assert (found.area, found.street, found.located) == ("4419-x", None, False)
        assert found.grid == grid
        assert found.why[-1] == "无法定位，归入位置不明(4419-x)"


def test_a_place_without_areas_sends_everything_to_its_fallback() -> None:
    bare = PlaceRules(
        place="imported", zone="UTC", name_zh="导入", name_en="Imported", lifecycle="ticket"
    )
    found = locate(bare, Whereabouts("anything", None))
    assert (found.area, found.located) == ("unknown", False)


# --- points, cameras, names ---------------------------------------------------------------------


def square(code: str, west: float) -> GridShape:
    """A grid of a hundredth of a degree each way."""
    east, south, north = west + 0.01, 23.0, 23.01
    return GridShape(code, ((west, south), (east, south), (east, north), (west, north)))


SQUARES = GridsBody(grids=(square("4419-1-1-g1", 113.0), square("4419-1-2-g1", 113.01)))
DRAWN = replace(
    RULES,
    shapes=SQUARES,
    names=(
        PlaceName("东门市场", "4419-1-1"),
        PlaceName("新村", "4419-1-1"),
        PlaceName("新村", "4419-1-2"),
    ),
)


def at(lon: float, lat: float, crs: Crs = Crs.WGS84) -> Point:
    return Point(lat, lon, crs)


def test_a_point_lies_in_the_area_of_its_grid() -> None:
    found = locate(DRAWN, Whereabouts(point=at(113.005, 23.005)))
    assert (found.area, found.grid, found.located) == ("4419-1-1", "4419-1-1-g1", True)
    assert found.why[-1] == "坐标(WGS-84)落在网格“4419-1-1-g1”，属于一社区(4419-1-1)"


def test_a_point_outside_every_grid_says_nothing() -> None:
    found = locate(DRAWN, Whereabouts(point=at(114.0, 23.005)))
    assert (found.area, found.located) == ("4419-x", False)
    assert "坐标(WGS-84)不在任何网格内" in found.why


def test_a_point_on_a_shared_border_lies_in_one_grid_always_the_same() -> None:
    turned = replace(DRAWN, shapes=replace(SQUARES, grids=SQUARES.grids[::-1]))
    spot = Whereabouts(point=at(113.01, 23.005))
    assert locate(DRAWN, spot).grid == locate(turned, spot).grid == "4419-1-1-g1"


def test_a_point_of_another_datum_is_moved_before_it_is_compared() -> None:
    """The golden point of the datum's own tables: half a kilometre away it is another grid."""
    spot = wgs_gcj((23.005, 113.0098))
    assert locate(DRAWN, Whereabouts(point=at(spot.lon, spot.lat))).grid == "4419-1-2-g1"
    moved = locate(DRAWN, Whereabouts(point=at(spot.lon, spot.lat, Crs.GCJ02)))
    assert moved.grid == "4419-1-1-g1"
    spot = wgs_bd((23.005, 113.0098))
    assert locate(DRAWN, Whereabouts(point=at(spot.lon, spot.lat, Crs.BD09))).grid == moved.grid


def test_a_point_makes_a_street_finer_but_never_overrules_a_code() -> None:
    here = at(113.015, 23.005)
    finer = locate(DRAWN, Whereabouts("4419-1", point=here))
    assert (finer.area, finer.grid) == ("4419-1-2", "4419-1-2-g1")
    other = locate(DRAWN, Whereabouts("4419-1-1", point=here))
    assert (other.area, other.grid) == ("4419-1-1", None)
    assert other.why[-1] == "坐标与片区不一致，以片区一社区(4419-1-1)为准"


@pytest.mark.parametrize(
    "camera",
    [
        Camera("c1", area="4419-1-2"),
        Camera("c1", grid="4419-1-2-g1"),
        Camera("c1", point=at(113.015, 23.005)),
    ],
)
def test_a_camera_says_where_it_looks(camera: Camera) -> None:
    found = locate(DRAWN, Whereabouts(camera=camera))
    assert (found.area, found.located) == ("4419-1-2", True)


def test_a_name_in_the_text_locates_where_nothing_else_does() -> None:
    found = locate(DRAWN, Whereabouts(text="东门市场门口有人占道经营"))
    assert (found.area, found.located) == ("4419-1-1", True)
    assert found.why[-1] == "按地名“东门市场”定位：一社区(4419-1-1)"
    coded = locate(DRAWN, Whereabouts("4419-1-2", text="东门市场门口"))
    assert coded.area == "4419-1-2"


def test_names_of_areas_count_and_the_finest_that_all_of_them_allow_is_taken() -> None:
    assert locate(DRAWN, Whereabouts(text="一街路灯不亮")).area == "4419-1"
    assert locate(DRAWN, Whereabouts(text="一街东门市场路灯不亮")).area == "4419-1-1"
    assert locate(DRAWN, Whereabouts(text="一社区新村三栋")).area == "4419-1-1"


def test_names_that_contradict_one_another_locate_nothing() -> None:
    for text in ("新村路灯不亮", "东门市场到二社区的路上"):
        found = locate(DRAWN, Whereabouts(text=text))
        assert (found.area, found.located) == ("4419-x", False)
        assert any("所指不一" in why for why in found.why)


@given(st.floats(112.99, 113.03), st.floats(22.99, 23.02))
def test_a_point_lies_in_one_grid_exactly_where_a_shape_holds_it(lon: float, lat: float) -> None:
    """Against a check of corners that knows nothing of trees."""
    west = 113.0 <= lon <= 113.01 and 23.0 <= lat <= 23.01
    east = 113.01 <= lon <= 113.02 and 23.0 <= lat <= 23.01
    inside = "4419-1-1-g1" if west else "4419-1-2-g1" if east else None
    assert locate(DRAWN, Whereabouts(point=at(lon, lat))).grid == inside


def test_shapes_that_overlap_or_cross_themselves_are_named() -> None:
    bow = GridShape("bow", ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)))
    two = square("two", 113.005)
    found = dict(faults(GridsBody(grids=(*SQUARES.grids, bow, two))))
    assert set(found) == {"bow", "two"}
    assert "Self-intersection" in found["bow"]
    assert found["two"].startswith("overlaps 4419-1-")
    assert not list(faults(SQUARES))


# --- the standard's codes -----------------------------------------------------------------------

CODE = "00000044190000300117"


def test_a_code_of_the_standard_is_read_in_its_parts() -> None:
    """CJ/T 349: 6 object, 6 county, 3 street, 3 community, 2 grid."""
    found = parse(CODE)
    assert (found.subject, found.county, found.street) == ("000000", "441900", "003")
    assert (found.community, found.grid) == ("001", "17")
    assert found.areas() == ("44190000300117", "441900003001", "441900003", "441900")
    assert parse("００００００" + CODE[6:]) == found


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (CODE[:-1], "has 19"),
        (CODE + "0", "has 21"),
        (CODE[:-1] + "x", "digits only"),
        ("000000" + "99" + CODE[8:], "no such province: 99"),
        ("000000" + "440000" + CODE[12:], "no county: 440000"),
        (CODE[:12] + "000" + CODE[15:], "street"),
        (CODE[:15] + "000" + CODE[18:], "community"),
        (CODE[:18] + "00", "grid"),
    ],
)
def test_a_code_that_the_standard_does_not_know_is_refused(code: str, said: str) -> None:
    with pytest.raises(BadGridCode, match=said):
        parse(code)


@given(st.text(max_size=24))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(BadGridCode):
        assert len(parse(text).place_code) == 14


def test_a_code_of_the_standard_locates_by_its_community() -> None:
    found = locate(RULES, Whereabouts(grid="030301" + CODE[6:]))
    assert (found.area, found.located) == ("441900003001", True)
    assert found.why[-1].endswith("按 CJ/T 349 编码归入数字社区(441900003001)")
