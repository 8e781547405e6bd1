"""Levels of the area tree: where something lies on each, and figures that are summed up on them."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from streams.core.accepted import AcceptedReport
from streams.core.casebook import Known, Revision, opened
from streams.core.events import INFINITY
from streams.core.figures import Query, Value
from streams.core.levels import Lineage, as_given, on_level
from streams.core.locate import Whereabouts, locate
from streams.core.place import PlaceRules
from streams.core.placetogether import levels_of
from streams.core.registry import FIGURES
from streams.core.spans import KeptSpan
from streams.entry.places import shipped_book
from tests.case_inputs import report as accepted
from tests.case_inputs import revised, row, rulebook
from tests.figure_rows import (
    DAY,
    FILED,
    LEVELS,
    Book,
    closed,
    counted,
    ledgers,
    queries,
    report,
    span,
    step,
)

AFTER = FILED + 30 * DAY
BOOK = rulebook()


def rules_of(place: str) -> PlaceRules:
    found = shipped_book(place).at(place, INFINITY)
    assert found is not None
    return found


def first(seed: AcceptedReport, *rows: object) -> Revision:
    kept = replace(opened("here/a1/1", seed, seed.occurred_at), acts=tuple(rows))
    return revised(kept, None, BOOK, Known(seed.occurred_at, 1, None))


# --- where something lies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "area", "grid", "told"),
    [
        (
            *("jianghai", "440704-s01-c01-g01-u1", "440704-s01-c01-g01"),
            ("unit", "grid", "community", "street", "district"),
        ),
        ("jianghai", "440704-s01", None, ("street", "district")),
        (
            *("dongguan", "441900-t01-c01", "441900-t01-c01-g02"),
            ("grid", "community", "street", "city"),
        ),
        ("dongguan", "441900-t01-c01", "nowhere", ("community", "street", "city")),
    ],
)
def test_a_report_lies_in_one_area_of_every_level_from_its_own_up(
    place: str, area: str, grid: str | None, told: tuple[str, ...]
) -> None:
    found = locate(rules_of(place), Whereabouts(area, grid))
    assert tuple(level for level, _ in found.lineage) == told
    assert found.lineage[-1][1] == next(iter(rules_of(place).areas))
    assert on_level(found.lineage, "street") == found.street


def test_levels_are_told_from_the_root_down() -> None:
    assert levels_of(rules_of("erqi")) == ("district", "street", "community", "grid", "building")
    assert levels_of(rules_of("siming")) == ("district", "street", "community", "grid")
    assert levels_of(replace(rules_of("siming"), areas={})) == ()


def test_a_case_and_its_reports_lie_where_the_tree_had_them_as_they_came() -> None:
    lineage = (("community", "a1"), ("district", "a0"))
    made = first(accepted(lineage=lineage)).record
    assert [one.lineage for one in (*made.spans, *made.reports)] == [[*lineage]] * 2


@pytest.mark.parametrize(
    ("street", "area", "told"),
    [
        (None, "a1", (("community", "a1"), ("district", "a0"))),
        ("W1", "North", (("", "North"), ("street", "W1"))),
        ("W1", "W1", (("street", "W1"),)),
        (None, None, ()),
    ],
)
def test_an_imported_ticket_lies_where_the_tree_has_its_area_or_as_its_row_says(
    street: str | None, area: str | None, told: Lineage
) -> None:
    """A newer row moves it, and what was known before stays."""
    seed = accepted(None, lifecycle="ticket")
    before = first(replace(seed, area=None), row(0, street="W0"))
    kept = replace(before.kept, acts=(*before.kept.acts, row(1, street=street, area=area)))
    after = revised(kept, before.story, BOOK, Known(seed.occurred_at + DAY, 2, None)).record
    was, now = after.spans
    assert (was.lineage, was.known_to) == ([("street", "W0")], now.known_from)
    assert now.lineage == after.reports[0].lineage == [*told]


def test_what_was_kept_before_levels_were_told_is_read_and_stands_as_given() -> None:
    """A kept span of a home of before has one value less; its report no lineage."""
    made = first(accepted())
    assert made.record.spans[0].lineage == [*as_given(None, "a1")]
    values = msgspec.to_builtins(made.kept.spans[0])
    assert msgspec.convert(values[:-1], KeptSpan) == made.kept.spans[0]


# --- figures -------------------------------------------------------------------------------------

OF = {
    "1": [("community", "a"), ("street", "s"), ("city", "c")],
    "2": [("community", "b"), ("street", "s"), ("city", "c")],
    "3": [("street", "镇"), ("city", "c")],
    "4": [("city", "c")],
}
"""Cases that lie in communities, in a street of which no more is known, and in the city."""


def town() -> Book:
    spans = [closed("1", DAY, lineage=OF["1"])]
    spans += [span(id_, lineage=OF[id_]) for id_ in ("2", "3", "4")]
    spans += [span(f"2{n}", lineage=OF["2"]) for n in range(8)]
    steps = [step("rework", one.case_id) for one in spans]
    return Book(spans, [report(id_, lineage=lies) for id_, lies in OF.items()], steps)


def cut(figure: str, level: str, **more: object) -> dict[str | None, Value]:
    query = Query(as_of=AFTER, by=("area",), at_level=level, figures=(figure,), **more)  # type: ignore[arg-type]
    return {one.by["area"]: one.figures[figure] for one in counted(town(), query)[1:]}


def test_what_lies_above_a_level_is_told_of_no_area_of_it() -> None:
    assert cut("case_count", "city") == {"c": Value(12)}
    assert cut("case_count", "street") == {"s": Value(10), "镇": Value(1), None: Value(1)}
    assert cut("rework_count", "community") == {"a": Value(1), "b": Value(9), None: Value(2)}
    assert cut("report_count", "street") == {"s": Value(2), "镇": Value(1), None: Value(1)}


def test_a_streets_rate_is_of_its_cases_and_no_mean_of_its_communities_rates() -> None:
    apart = cut("completion_rate", "community", inside="s")
    assert apart == {"a": Value(1.0, 1, 1), "b": Value(0.0, 0, 9)}
    assert cut("completion_rate", "street")["s"] == Value(1 / 10, 1, 10)


def test_only_what_lies_in_an_area_or_below_it_is_counted() -> None:
    def total(inside: str) -> Value:
        query = Query(as_of=AFTER, inside=inside, figures=("case_count",))
        return counted(town(), query)[0].figures["case_count"]

    assert [total(code) for code in ("c", "s", "b", "nowhere")] == [*map(Value, (12, 10, 9, 0))]


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(ledgers(), queries())
def test_an_areas_row_on_its_level_is_all_that_lies_in_it(rows: Book, query: Query) -> None:
    """Of every ledger; a median of a level is of its cases as well."""
    asked = replace(query, by=("area",), inside=None, figures=tuple(FIGURES))
    for level, codes in LEVELS.items():
        told = {
            one.by.get("area"): one.figures
            for one in counted(rows, replace(asked, at_level=level))[1:]
        }
        assert {*told} <= {None, *codes}
        for code in codes:
            within = counted(rows, replace(asked, by=(), inside=code))[0].figures
            if code in told:
                assert told[code] == within
            else:
                assert not any(value.value or value.denominator for value in within.values())
