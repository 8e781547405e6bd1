"""Figures in words: the contract's JSON, CSV for a spreadsheet, a table for people."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from streams.core.events import INFINITY
from streams.core.figures import FIELDS, Query, Row, Value, compute
from streams.core.lifecycle import Flow
from streams.core.ranking import ranked
from streams.core.registry import FIGURES, PLAIN, USUAL, Family
from streams.show.rates import (
    FAMILY_NAMES,
    FIELD_NAMES,
    FLOW_NAMES,
    Unreadable,
    lasting,
    parse_fields,
    parse_figures,
    parse_when,
    percent,
    ranks_json,
    ranks_table,
    shown,
    to_csv,
    to_json,
    to_table,
)
from tests.figure_rows import DAY, FILED, closed, report, span

ZONE = "Asia/Shanghai"


def asked(*by: str, figures: tuple[str, ...] = USUAL, flow: Flow = Flow.CASE) -> Query:
    return Query(as_of=FILED + 30 * DAY, by=by, figures=figures, flow=flow)


def rows(*by: str, figures: tuple[str, ...] = USUAL) -> list[Row]:
    query = asked(*by, figures=figures)
    return compute([closed("1", DAY), span("2", area=None)], [report()], query)


# --- instants ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2026-02-14", ZONE, datetime(2026, 2, 13, 16, tzinfo=UTC)),
        ("2026-02-14", "America/New_York", datetime(2026, 2, 14, 5, tzinfo=UTC)),
        ("2026-02-14T08:00:00+08:00", "America/New_York", datetime(2026, 2, 14, tzinfo=UTC)),
        ("2026-02-14T00:00:00Z", ZONE, datetime(2026, 2, 14, tzinfo=UTC)),
        (" 2026-02-14T00:00:00.000001Z ", ZONE, datetime(2026, 2, 14, 0, 0, 0, 1, tzinfo=UTC)),
        # Midnight did not exist in São Paulo that day, and came twice in Havana.
        ("2018-11-04", "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("2025-11-02", "America/Havana", datetime(2025, 11, 2, 4, tzinfo=UTC)),
    ],
)
def test_an_instant_or_a_local_date_is_read(text: str, zone: str, at: datetime) -> None:
    assert parse_when(text, zone) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-14T08:00:00", "20260214", "2026-W07-6", "14/02/2026"]
)
def test_anything_else_is_refused_and_the_message_shows_what_to_write(text: str) -> None:
    with pytest.raises(Unreadable, match=r"2026-02-14T08:00:00\+08:00"):
        parse_when(text, ZONE)


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "0001-01-01T00:00:00+14:00"])
def test_a_year_that_no_store_can_hold_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="1900"):
        parse_when(text, ZONE)


def test_fields_and_figures_are_read_from_a_list_with_commas() -> None:
    assert parse_fields("department, day,department") == ("department", "day")
    assert parse_figures("closure_rate") == ("closure_rate",)
    for text in ("", ",", "ward"):
        with pytest.raises(Unreadable, match="place, source"):
            parse_fields(text)
    with pytest.raises(Unreadable, match="report_count, case_count"):
        parse_figures("closure_rate,closing_rate")
    with pytest.raises(Unreadable, match="gridloop rounds --figure on_duty_rate"):
        parse_figures("closure_rate,on_duty_rate")


# --- JSON and CSV --------------------------------------------------------------------------------


def test_the_json_is_the_contracts() -> None:
    known_at = datetime(2026, 3, 17, tzinfo=UTC)
    figures = ("case_count", "completion_rate", "on_time_of_closed_rate")
    query = asked("area", figures=figures)
    assert to_json(rows("area", figures=figures), query, known_at, ZONE) == {
        "as_of": "2026-03-16T09:00:00+08:00",
        "known_at": "2026-03-17T08:00:00+08:00",
        "flow": "case",
        "rows": [
            {
                "by": {},
                "figures": {
                    "case_count": {"value": 2},
                    "completion_rate": {"value": 0.5, "numerator": 1, "denominator": 2},
                    "on_time_of_closed_rate": {"value": 1.0, "numerator": 1, "denominator": 1},
                },
            },
            {
                "by": {"area": "a"},
                "figures": {
                    "case_count": {"value": 1},
                    "completion_rate": {"value": 1.0, "numerator": 1, "denominator": 1},
                    "on_time_of_closed_rate": {"value": 1.0, "numerator": 1, "denominator": 1},
                },
            },
            {
                "by": {"area": None},
                "figures": {
                    "case_count": {"value": 1},
                    "completion_rate": {"value": 0.0, "numerator": 0, "denominator": 1},
                    "on_time_of_closed_rate": {"value": None, "numerator": 0, "denominator": 0},
                },
            },
        ],
    }


def test_every_figure_can_be_written_as_json() -> None:
    query = asked("department", figures=tuple(FIGURES))
    value = to_json(rows("department", figures=tuple(FIGURES)), query, INFINITY, ZONE)
    assert json.loads(json.dumps(value, ensure_ascii=False)) == value
    assert value["rows"][1]["figures"]["report_count"] == {"value": None}


def test_csv_has_one_column_for_a_count_and_three_for_a_rate() -> None:
    figures = ("case_count", "closure_rate")
    text = to_csv(rows("area", figures=figures), ("area",), figures)
    assert list(csv.reader(io.StringIO(text))) == [
        [
            "area",
            "case_count",
            "closure_rate",
            "closure_rate_numerator",
            "closure_rate_denominator",
        ],
        ["", "2", "0.5", "1", "2"],
        ["a", "1", "1.0", "1", "1"],
        ["", "1", "0.0", "0", "1"],
    ]


def test_a_duration_has_its_seconds_and_how_many_it_is_of() -> None:
    figures = ("closing_time_p50", "swift_response_score")
    query = asked(figures=figures)
    (row,) = to_json(rows(figures=figures), query, INFINITY, ZONE)["rows"]
    assert row["figures"] == {
        "closing_time_p50": {"value": 86400.0, "numerator": None, "denominator": 1},
        "swift_response_score": {"value": None},
    }
    text = to_csv(rows(figures=figures), (), figures)
    assert text.splitlines()[1] == "86400.0,,1,"


def test_a_family_stands_for_its_figures_and_all_for_every_one() -> None:
    assert parse_figures("all") == tuple(FIGURES)
    joint = parse_figures("joint")
    assert "arrival_on_time_rate" in joint
    assert parse_figures("whistle_count,joint") == ("whistle_count", *joint[1:])
    plain = parse_figures("closure,closure_rate_raw", raw=False)
    assert [name for name in plain if name.endswith("_raw")] == ["closure_rate_raw"]
    with pytest.raises(Unreadable, match="duration, all"):
        parse_figures("joints")


def test_every_family_has_a_bilingual_name() -> None:
    assert {*FAMILY_NAMES} == {*Family}
    assert all(" · " in name for name in FAMILY_NAMES.values())


def test_ranks_stand_beside_their_rows_and_those_too_few_come_last_without_one() -> None:
    cases = [closed(f"a{n}", DAY, area="a") for n in range(9)]
    cases += [span(f"a{n}", area="a") for n in range(9, 20)] + [closed("b", DAY, area="b")]
    cases += [closed(f"c{n}", DAY, area="c") for n in range(20)]
    query = asked("area", figures=("completion_rate",))
    total, *cut = compute(cases, [], query)
    order = ranked(cut, "completion_rate")
    said = ranks_json(total, order, query, INFINITY, ZONE)["rows"]
    assert [row["by"].get("area") for row in said] == [None, "c", "a", "b"]
    assert [row["rank"]["place"] for row in said[1:]] == [1, 2, None]
    assert said[3]["rank"]["n"] == 1
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as told:
        console.print(ranks_table(total, order, query))
    lines = [line for line in told.get().splitlines() if "%" in line]
    assert [line.split("│")[1].strip() for line in lines] == ["", "1", "2", "–"]


# --- people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (911, 972, "93.72%"),
        (737, 972, "75.82%"),
        (902, 956, "94.35%"),
        (9, 16, "56.25%"),
        (4_259_700, 4_479_900, "95.08%"),
        (1, 800, "0.13%"),  # exactly 0.125: the nearest float, formatted, says 0.12
        (1, 32, "3.13%"),
        (0, 7, "0.00%"),
        (7, 7, "100.00%"),
        (1, 30_000, "0.00%"),
    ],
)
def test_a_share_is_rounded_half_up_from_the_exact_fraction(
    numerator: int, denominator: int, text: str
) -> None:
    assert percent(numerator, denominator) == text


@pytest.mark.parametrize(("decimals", "text"), [(0, "13%"), (1, "12.5%"), (3, "12.500%")])
def test_a_share_is_shown_with_as_many_decimals_as_asked(decimals: int, text: str) -> None:
    assert percent(1, 8, decimals) == text


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 4))
def test_a_shown_share_is_at_most_half_a_last_digit_away(n: int, d: int, decimals: int) -> None:
    n = min(n, d)
    gap = Fraction(percent(n, d, decimals)[:-1]) - Fraction(n, d) * 100
    half = Fraction(1, 2 * 10**decimals)
    assert -half < gap <= half


def test_null_is_a_dash_and_still_shows_its_numbers() -> None:
    assert shown(Value(None)) == "–"
    assert shown(Value(None, 0, 0)) == "– 0/0"
    assert shown(Value(0)) == "0"
    assert shown(Value(0.5, 1, 2)) == "50.00% 1/2"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.25s"),
        (59.0, "59s"),
        (3600.0, "01:00"),
        (93_900.0, "1d02:05"),
        (86_399.0, "1d00:00"),
        (-7200.0, "-02:00"),
    ],
)
def test_a_length_of_time_is_days_hours_and_minutes(seconds: float, text: str) -> None:
    assert lasting(seconds) == text
    assert shown(Value(seconds, None, 3)) == f"{text} n=3"


def test_a_duration_of_nothing_is_a_dash() -> None:
    assert shown(Value(None, None, 0)) == "– n=0"


def text_of(rows: list[Row], query: Query) -> str:
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as told:
        console.print(to_table(rows, query))
    return told.get()


def test_the_uncut_table_has_a_line_for_each_figure_chinese_first() -> None:
    text = text_of(rows(), asked(figures=PLAIN))
    assert "按期结案率 on-time closure rate" in text
    assert "50.00% 1/2" in text
    assert len([line for line in text.splitlines() if " rate" in line]) == 5 - 1


def test_the_cut_table_begins_with_the_total_and_shows_the_missing_as_a_dash() -> None:
    lines = text_of(rows("area"), asked("area", figures=("closure_rate",))).splitlines()
    body = [line for line in lines if "%" in line or "–" in line]
    assert "合计 total" in body[0]
    assert "│ a " in body[1]
    assert "│ – " in body[2]
    assert any("结案率" in line for line in lines)


def test_a_table_says_of_which_flow_it_is() -> None:
    assert text_of(rows(), asked(figures=PLAIN)).startswith("案件 case")
    opinions = asked("outcome", flow=Flow.OPINION)
    assert text_of(compute([], [], opinions), opinions).startswith("意见建议 opinion")
    assert set(FLOW_NAMES) == set(Flow)


def test_an_answer_says_on_which_level_it_is_summed_up_and_within_what() -> None:
    plain = asked("area", figures=("closure_rate",))
    narrowed = msgspec.structs.replace(plain, at_level="street", inside="t01")
    text = text_of(rows("area"), narrowed)
    assert "范围 within t01" in text
    assert "片区 area: street" in text
    told = to_json([], narrowed, FILED, ZONE)
    assert (told["level"], told["within"]) == ("street", "t01")


def test_every_field_has_a_bilingual_name() -> None:
    assert set(FIELD_NAMES) == set(FIELDS)
    assert all(name.endswith(field) for field, name in FIELD_NAMES.items())


def test_an_instant_keeps_its_microseconds_in_json() -> None:
    at = FILED + timedelta(microseconds=5)
    assert to_json([], Query(as_of=at), at, ZONE)["as_of"] == "2026-02-14T09:00:00.000005+08:00"
