"""The committed boards stand up to what Grafana and its linter ask of them (L1, L2, L4, L5)."""

import json
import re
from itertools import combinations
from typing import Any

import promql_parser
import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.build import BOARDS, JSON, stale
from dashboards.overview import AMONG
from dashboards.query import CLICKHOUSE
from dashboards.sql import BEHIND
from dashboards.words import REPORTERS, SOURCES, Lang, Say, meaning_of, name_of
from streams.core.events import ReporterKind
from streams.core.provenance import PUBLIC
from streams.core.registry import FIGURES
from streams.show.exporter import COUNTERS, GAUGES, PREFIX
from tests.dashboards.reading import NAMES, board, panels, statements, variables

UIDS = {board(lang, name)["uid"]: (lang, name) for lang, name in NAMES}
UNITS = {
    *("short", "none", "percentunit", "s", "ops", "rowsps", "dateTimeAsIso"),
}
"""Units that boards use, each one of Grafana's."""
COUNTED = {**{name: name for name in BEHIND}, **AMONG}
"""Columns that count cases, and the figure among whose cases these are listed."""
EVERY = pytest.mark.parametrize(("lang", "name"), NAMES)


def test_what_is_committed_is_what_the_code_draws() -> None:
    assert stale() == []
    assert len(list(JSON.rglob("*.json"))) == len(BOARDS) * len(Lang)


def test_every_kind_of_reporter_has_a_name() -> None:
    assert {*REPORTERS} == {*ReporterKind, PUBLIC}


def test_every_board_has_an_id_of_its_own() -> None:
    assert len(UIDS) == len(NAMES)
    assert all(len(uid) <= 40 for uid in UIDS)


@EVERY
def test_a_board_is_read_back_by_the_library_as_it_was_written(lang: str, name: str) -> None:
    plugins.register_default_plugins()
    told = board(lang, name)
    again = json.loads(json.dumps(Dashboard.from_json(told), cls=JSONEncoder))
    assert again == told


@EVERY
def test_panels_have_ids_of_their_own_and_lie_side_by_side(lang: str, name: str) -> None:
    told = board(lang, name)
    assert len({one["id"] for one in told["panels"]}) == len(told["panels"])
    places = [one["gridPos"] for one in told["panels"]]
    assert all(at["x"] >= 0 and at["x"] + at["w"] <= 24 for at in places)
    assert not [(a, b) for a, b in combinations(places, 2) if _overlap(a, b)]


def _overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or below)


@EVERY
def test_every_link_leads_to_a_board_of_the_language_and_to_variables_that_it_has(
    lang: str, name: str
) -> None:
    text = json.dumps(board(lang, name))
    own = {one["name"] for one in variables(board(lang, name))}
    links = re.findall(r'"url": "(/d/[^"]+)"', text)
    for link in links:
        path, _, query = link.partition("?")
        target = UIDS[path.removeprefix("/d/")]
        assert target[0] == lang
        there = {one["name"] for one in variables(board(*target))}
        assert set(re.findall(r"var-(\w+)=", query)) <= there, link
        assert set(re.findall(r"\$\{(\w+):queryparam\}", query)) <= own, link


@EVERY
def test_every_cell_of_a_figure_leads_to_what_it_counts(lang: str, name: str) -> None:
    for panel in panels(board(lang, name)):
        texts = [one["rawSql"] for one in panel["targets"] if "rawSql" in one]
        flows = {flow for text in texts for flow in re.findall(r"flow = '(\w+)'", text)}
        leading = led(panel)
        for column in leading.keys() & COUNTED:
            (flow,) = flows or {"case"}
            asked = f"var-flow={flow}&var-figure={COUNTED[column]}"
            assert asked in leading[column], (panel["title"], column)


@EVERY
def test_the_lines_of_a_panel_are_of_one_unit(lang: str, name: str) -> None:
    for panel in panels(board(lang, name)):
        if panel["type"] == "timeseries":
            units = {FIGURES[column].unit for column in led(panel) if column in FIGURES}
            assert len(units) <= 1, panel["title"]


def test_a_line_of_a_source_or_a_kind_of_reporter_leads_to_its_own_reports() -> None:
    told = {one["title"]: led(one) for one in panels(board("en", "sources"))}
    for title, cut, words in (
        ("Reports by day", "source", SOURCES),
        ("Reports by day and kind of reporter", "reporter_kind", REPORTERS),
        ("Filed and not voided: how precise video is", "source", SOURCES),
    ):
        assert told[title].keys() == words.keys()
        for code, link in told[title].items():
            assert f"var-{cut}={code}&" in link


def led(panel: dict[str, Any]) -> dict[str, str]:
    """Where each column that a panel words leads to."""
    found = {}
    for rule in panel["fieldConfig"]["overrides"]:
        links = [one["value"] for one in rule["properties"] if one["id"] == "links"]
        found[rule["matcher"]["options"]] = links[0][0]["url"] if links else ""
    return found


@EVERY
def test_every_panel_is_titled_described_measured_and_asks_something(lang: str, name: str) -> None:
    told = board(lang, name)
    for panel in panels(told):
        assert panel["title"], panel["id"]
        assert panel["description"], panel["title"]
        assert panel["targets"], panel["title"]
        asked = {panel["fieldConfig"]["defaults"].get("unit"), *_overridden(panel, "unit")} - {None}
        assert asked <= UNITS, panel["title"]
        if panel["type"] in {"stat", "timeseries", "gauge"} and panel["title"] != "每小时死信":
            assert asked, panel["title"]


def _overridden(panel: dict[str, Any], what: str) -> set[str]:
    rules = [one for rule in panel["fieldConfig"]["overrides"] for one in rule["properties"]]
    return {one["value"] for one in rules if one["id"] == what}


@EVERY
def test_a_board_is_read_only_and_asks_its_variables_anew(lang: str, name: str) -> None:
    told = board(lang, name)
    assert told["editable"] is False
    assert told["timezone"] == "Asia/Shanghai"
    asked = [one for one in variables(told) if one["type"] == "query"]
    assert {one["refresh"] for one in asked} <= {2}
    assert {"datasource", "place", "zone", "known_at"} <= {one["name"] for one in variables(told)}


@EVERY
def test_no_data_source_is_wired_in(lang: str, name: str) -> None:
    """As the plugin's own test asserts of its boards."""
    found = re.findall(r'"uid": "([^"]*)"', json.dumps(board(lang, name)["panels"]))
    assert {"${datasource}"} <= set(found) <= {"${datasource}", "${metrics}"}
    types = {one["query"] for one in variables(board(lang, name)) if one["type"] == "datasource"}
    assert types <= {CLICKHOUSE, "prometheus"}


@EVERY
def test_what_a_person_writes_reaches_sql_only_as_a_quoted_text(lang: str, name: str) -> None:
    told = board(lang, name)
    own = {one["name"] for one in variables(told)}
    texts = [target["rawSql"] for _, target in statements(told)]
    texts += [one["query"] for one in variables(told) if one["type"] == "query"]
    for text in texts:
        quoted = set(re.findall(r"\$\{(\w+):sqlstring\}", text))
        bare = set(re.findall(r"\$(?!__)\{?(\w+)(?!\w*:sqlstring)\b", text)) - quoted
        assert quoted <= own
        assert not bare, bare


def test_every_promql_parses_and_names_metrics_that_there_are() -> None:
    known = {PREFIX + name for name in (*COUNTERS, *GAUGES)}
    asked = [
        target["expr"]
        for lang, name in NAMES
        for panel in panels(board(lang, name))
        for target in panel["targets"]
        if "expr" in target
    ]
    assert asked
    for text in asked:
        expression = re.sub(r"\$__(rate_interval|interval|range)", "5m", text)
        promql_parser.parse(expression)
        named = set(re.findall(rf"\b{PREFIX}\w+", expression))
        assert named, expression
        assert named <= known
    with pytest.raises(ValueError, match="unclosed"):
        promql_parser.parse("sum by (hop (rate(x[5m]))")


def test_a_figure_is_called_and_explained_by_the_registry() -> None:
    for name, figure in FIGURES.items():
        assert name_of(figure) == Say(figure.zh, figure.en)
        said = meaning_of((name,))
        assert (figure.zh in said.zh, figure.en in said.en) == (True, True)
    told = json.dumps(board("zh", "overview"), ensure_ascii=False)
    assert "按期结案率" in told
    assert "on-time closure rate" not in told
