"""From codes to an area: what is known, what is finer, and where everything else goes."""

from streams.core.locate import locate
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
    found = locate(RULES, "4419-1-1", None)
    assert (found.area, found.street, found.located) == ("4419-1-1", "4419-1", True)
    assert found.why == ["按片区代码定位：一社区(4419-1-1)"]


def test_a_full_width_code_is_the_same_code() -> None:
    assert locate(RULES, "４４１９-1-1", None).area == "4419-1-1"


def test_a_listed_grid_says_its_area_even_where_its_code_does_not() -> None:
    found = locate(RULES, None, "旧网格9")
    assert (found.area, found.grid, found.located) == ("4419-1-1", "旧网格9", True)


def test_an_unlisted_grid_lies_in_the_area_with_which_its_code_begins() -> None:
    found = locate(RULES, None, "4419-1-2-g77")
    assert found.area == "4419-1-2"
    assert "网格“4419-1-2-g77”未登记，按代码前缀归入二社区(4419-1-2)" in found.why
    assert locate(RULES, None, "441900003001017").area == "441900003001"


def test_part_of_a_code_is_no_prefix() -> None:
    assert locate(RULES, None, "4419-1-22").area == "4419-1"


def test_the_root_alone_is_no_location_for_a_grid() -> None:
    assert not locate(RULES, None, "4419-9-9").located


def test_a_finer_grid_goes_before_the_street_that_holds_it() -> None:
    assert locate(RULES, "4419-1", "4419-1-2-g1").area == "4419-1-2"


def test_where_area_and_grid_disagree_the_area_stands_and_the_reason_says_so() -> None:
    found = locate(RULES, "4419-1-1", "4419-1-2-g1")
    assert found.area == "4419-1-1"
    assert found.grid == "4419-1-2-g1"
    assert found.why[-1] == "网格与片区不一致，以片区一社区(4419-1-1)为准"


def test_an_unknown_area_is_made_good_by_the_grid() -> None:
    found = locate(RULES, "9999", "4419-1-1-g1")
    assert (found.area, found.located) == ("4419-1-1", True)
    assert "片区代码“9999”不在本地清单" in found.why


def test_what_cannot_be_located_goes_to_the_fallback_area_and_is_marked() -> None:
    for area, grid in ((None, None), ("9999", None), (None, "9999-g1"), ("9999", "9999-g1")):
        found = locate(RULES, area, grid)
        assert (found.area, found.street, found.located) == ("4419-x", None, False)
        assert found.grid == grid
        assert found.why[-1] == "无法定位，归入位置不明(4419-x)"


def test_a_place_without_areas_sends_everything_to_its_fallback() -> None:
    bare = PlaceRules(
        place="imported", zone="UTC", name_zh="导入", name_en="Imported", lifecycle="ticket"
    )
    found = locate(bare, "anything", None)
    assert (found.area, found.located) == ("unknown", False)
