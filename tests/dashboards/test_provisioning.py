"""What Grafana is provisioned with (L6): alert rules run on the engine, routes find receivers."""

import re
from datetime import timedelta
from typing import Any

import pytest
import yaml

from dashboards.build import BOARDS, ROOT
from dashboards.pen import uid
from dashboards.words import Lang
from streams.core.figures import Query, compute
from streams.wire.clickhouse import Warehouse
from tests.dashboards.macros import Range, expanded
from tests.dashboards.seed import RANGE
from tests.figure_rows import Book

PROVISIONING = ROOT / "infra" / "grafana" / "provisioning"


def read(path: str) -> dict[str, Any]:
    """A provisioning file."""
    told: dict[str, Any] = yaml.safe_load((PROVISIONING / path).read_text("utf-8"))
    assert told["apiVersion"] == 1
    return told


RULES = [one for group in read("alerting/rules.yaml")["groups"] for one in group["rules"]]


@pytest.mark.engine
@pytest.mark.parametrize("rule", RULES, ids=lambda one: one["uid"])
def test_a_rules_query_runs_and_gives_numbers(store: Warehouse, rule: dict[str, Any]) -> None:
    asked, *_ = rule["data"]
    back = timedelta(seconds=asked["relativeTimeRange"]["from"])
    text = expanded(asked["model"]["rawSql"], Range(RANGE.until - back, RANGE.until), {})
    found = store.query_columns(text)
    assert found.names[-1] == "value"
    assert found.types[-1] in {"Float64", "Nullable(Float64)"}


@pytest.mark.engine
def test_a_figures_rule_asks_for_the_registrys_figure_of_each_place(
    store: Warehouse, rows: Book
) -> None:
    (rule,) = (one for one in RULES if one["uid"] == "gridloop-overdue-rate")
    asked, *_ = rule["data"]
    back = timedelta(seconds=asked["relativeTimeRange"]["from"])
    text = expanded(asked["model"]["rawSql"], Range(RANGE.until - back, RANGE.until), {})
    query = Query(
        as_of=RANGE.until,
        from_=RANGE.until - back,
        to=RANGE.until,
        by=("place",),
        figures=("overdue_rate",),
    )
    wanted = {
        row.by["place"]: pytest.approx(row.figures["overdue_rate"].value)
        for row in compute(rows.spans, rows.reports, query, rows.steps, rows.calls)[1:]
        if row.figures["overdue_rate"].value is not None
    }
    assert dict(store.query(text)) == wanted
    assert len(wanted) > 1


def test_a_dollar_stands_only_where_grafana_leaves_it_alone() -> None:
    """Anywhere but in a query's model it would put its environment in the name's place."""
    for rule in RULES:
        asked, *_ = rule["data"]
        assert "$" not in re.sub(r"(?<!\$)\$__(from|to)Time_ms", "", asked["model"]["rawSql"])
        assert "$" not in str({**rule, "data": ()})


def test_every_variable_of_the_files_is_set_in_compose_to_something() -> None:
    """A contact point without an address keeps Grafana from starting."""
    compose = yaml.safe_load((ROOT / "infra" / "compose" / "compose.yaml").read_text("utf-8"))
    given = compose["services"]["grafana"]["environment"]
    texts = [path.read_text("utf-8") for path in PROVISIONING.rglob("*.yaml")]
    named = {name for text in texts for name in re.findall(r"\$(GRIDLOOP_\w+)", text)}
    assert len(named) > 5
    for name in named:
        assert given[name], name
        assert not given[name].endswith(":-}"), name


def test_rules_are_whole() -> None:
    boards = {uid(one.id, Lang.ZH) for one in BOARDS}
    sources = {one["uid"] for one in read("datasources/gridloop.yaml")["datasources"]}
    assert len({one["uid"] for one in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["condition"] in {one["refId"] for one in rule["data"]}
        assert rule["dashboardUid"] in boards
        assert {one["datasourceUid"] for one in rule["data"]} <= sources | {"__expr__"}
        assert re.search(r"[一-鿿]", rule["annotations"]["summary"])
    assert "Alerting" in {one["noDataState"] for one in RULES}


def test_every_rule_is_routed_to_a_receiver_that_there_is() -> None:
    told = read("alerting/contacts.yaml")
    receivers = {one["name"]: one["receivers"] for one in told["contactPoints"]}
    assert {one["type"] for own in receivers.values() for one in own} == {"wecom", "dingding"}
    (policy,) = told["policies"]
    for rule in RULES:
        taken = [one["receiver"] for one in policy["routes"] if _matches(one, rule["labels"])]
        assert taken, rule["uid"]
        assert set(taken) <= set(receivers)
        assert ("gridloop-dingding" in taken) == (rule["labels"]["severity"] == "critical")


def _matches(route: dict[str, Any], labels: dict[str, str]) -> bool:
    return all(labels.get(name) == value for name, _, value in route["object_matchers"])


def test_nothing_secret_stands_in_the_files() -> None:
    for path in PROVISIONING.rglob("*.yaml"):
        for line in path.read_text("utf-8").splitlines():
            if re.match(r"\s*(password|url|host|username):", line):
                assert "$GRIDLOOP_GRAFANA_" in line, line
