"""The rules of Prometheus and the routes of Alertmanager, checked and tried by their own tools."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup

from streams.cli import MODULES, commands_of
from streams.show.exporter import COUNTERS, GAUGES, PREFIX
from tests.tools import amtool, promtool, run

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "infra" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = PROMETHEUS / "tests" / "alerts.yml"
ROUTES = ROOT / "infra" / "alertmanager" / "alertmanager.yml"
RUNBOOKS = ROOT / "docs" / "runbooks"
AT_NIGHT = "(../operations.md#在夜里-at-night)"


def all_rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [rule for rule in all_rules() if "alert" in rule]


@promtool
def test_promtool_takes_the_rules_and_the_configuration() -> None:
    code, said = run("promtool", "check", "rules", "--lint-fatal", *RULES)
    assert code == 0, said
    code, said = run("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    assert code == 0, said


@promtool
def test_each_alert_is_quiet_and_then_fires() -> None:
    """By promtool, on series that say what goes wrong."""
    code, said = run("promtool", "test", "rules", TESTS)
    assert code == 0, said
    tried: dict[bool, set[str]] = {True: set(), False: set()}
    for one in yaml.safe_load(TESTS.read_text())["tests"]:
        for asked in one["promql_expr_test"]:
            tried[bool(asked["exp_samples"])].update(re.findall(r'name="(\w+)"', asked["expr"]))
    assert tried[True] == tried[False] == {rule["alert"] for rule in ALERTS}


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    """What it means, what to look at, what to do."""
    for rule in ALERTS:
        page = ROOT / rule["annotations"]["runbook_url"]
        headings = re.findall(r"^## (\S+)", page.read_text(), re.MULTILINE)
        assert headings == ["含义", "查看", "处理"], page
        assert rule["labels"]["severity"] in ("page", "ticket")
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_says_to_type_is_a_command_and_a_log_that_there_are(page: Path) -> None:
    text = page.read_text("utf-8")
    typed = re.findall(r"^gridloop (.+?)(?:;|\s+#|$)|`gridloop (.+?)`", text, re.MULTILINE)
    assert typed or page.stem == "GridloopPartDown"
    for words in (shlex.split(block or inline) for block, inline in typed):
        known = commands_of(MODULES[words[0]])[words[0]]
        if isinstance(known, TyperGroup):
            known = known.commands[words[1]]
        options = {option for param in known.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= options, words
    for log in re.findall(r"logs/([\w-]+)\.log", text):
        assert log in {"kafka", "clickhouse", "work-0", "sink", "clock", "board", "PART"}, log
    assert AT_NIGHT in text


def test_pages_lead_to_where_it_says_what_to_type_in_containers() -> None:
    told = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert "### 在夜里 At night" in told


def test_each_metric_of_a_rule_is_exported() -> None:
    """With each label that the rule asks it for."""
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    ours = {PREFIX + name: labels for name, (_, labels) in {**COUNTERS, **GAUGES}.items()}
    for rule in all_rules():
        asked = re.findall(r"[\w:]*gridloop_\w+(?::\w+)*", rule["expr"])
        assert asked or rule["expr"].startswith("up")
        for name in asked:
            assert name in ours or name in recorded, name
        for name, label in re.findall(r"(gridloop_\w+)\{(\w+)", rule["expr"]):
            assert label in ours[name], name


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=page", "alertname=GridloopVerifyGap"], "duty"),
        (["severity=ticket", "alertname=GridloopVerifyStale"], "tickets"),
        (["alertname=Another"], "tickets"),
    ],
)
@amtool
def test_routes_lead_to_whom_they_should(labels: list[str], receiver: str) -> None:
    code, said = run("amtool", "check-config", ROUTES)
    assert code == 0, said
    verify = f"--verify.receivers={receiver}"
    code, said = run(
        "amtool", "config", "routes", "test", f"--config.file={ROUTES}", verify, *labels
    )
    assert code == 0, said


def test_no_alert_is_kept_quiet_by_one_that_is_not_there() -> None:
    """The names in the inhibitions are alerts."""
    said = ROUTES.read_text()
    assert set(re.findall(r"Gridloop\w+", said)) <= {rule["alert"] for rule in ALERTS}
