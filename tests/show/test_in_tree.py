"""What a command may ask of an area tree: its levels and areas, and what imported tickets said."""

from collections.abc import Iterator

import pytest

from streams.cli_query import in_tree
from streams.core.accepted import Origin, ReferenceChange
from streams.core.figures import Query
from streams.core.place import reference_id
from streams.demoplan import documents_of
from streams.errors import WrongUse
from streams.joined import Joined
from streams.keep.tables import REFERENCE_DOCUMENTS, REPORTS
from streams.where import Addresses
from streams.wire.clickhouse import Warehouse
from tests.figure_rows import FILED, report
from tests.show.engine_rows import keep

pytestmark = pytest.mark.engine

PLACE = "erqi"
ASKED = Query(as_of=FILED, place=PLACE, by=("area",))


@pytest.fixture(scope="module")
def at(warehouse: Warehouse) -> Iterator[Joined]:
    """Erqi's documents, and a ticket of another system's area."""
    changes = [
        ReferenceChange(
            sender="/test",
            id=reference_id(one),
            sha256="0",
            reference=one,
            origin=Origin("", 0, n),
        )
        for n, one in enumerate(documents_of(PLACE))
    ]
    keep(warehouse, REFERENCE_DOCUMENTS, changes)
    keep(warehouse, REPORTS, [report(place=PLACE, lineage=[("", "旧片区")])])
    yield Joined(Addresses("", ""), warehouse)
    for table in (REFERENCE_DOCUMENTS, REPORTS):
        warehouse.execute(f"TRUNCATE TABLE {table.name}")


@pytest.mark.parametrize("within", ["410103-s01", "410103-s01-c01-g01", "旧片区"])
def test_a_level_and_an_area_of_the_tree_and_a_tickets_own_area_may_be_asked(
    at: Joined, within: str
) -> None:
    asked = in_tree(at, ASKED, "community", within)
    assert (asked.at_level, asked.inside) == ("community", within)


@pytest.mark.parametrize(
    ("query", "level", "within", "said"),
    [
        (ASKED, "town", None, "from the root down: district, street, community, grid, building"),
        (ASKED, None, "410103-s1", "nearest: 410103-s01 "),
        (ASKED, None, "福华街", "nearest: 410103-s03 福华街街道"),
        (ASKED, None, "?", "none is like it"),
        (Query(as_of=FILED, place=PLACE), "street", None, "ask for both"),
        (Query(as_of=FILED, by=("area",)), "street", None, "name it with --place"),
        (Query(as_of=FILED, place="nowhere", by=("area",)), "street", None, "there are: erqi"),
    ],
)
def test_of_others_it_is_said_which_there_are(
    at: Joined, query: Query, level: str | None, within: str | None, said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        in_tree(at, query, level, within)
