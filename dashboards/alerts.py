"""Alert rules on the figures of all places, one alert a place; as Grafana provisions them.

A rule has no variables and no board's range: it looks back by itself, and its place is a label.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import yaml

from dashboards import sql
from dashboards.pen import uid
from dashboards.query import CLICKHOUSE, PLUGIN
from dashboards.words import Lang, Say
from streams.core.registry import FIGURES

STORE = "gridloop-clickhouse"
FOLDER = Say("网格闭环告警", "Gridloop alerts")
DAY = 86_400
EXPRESSION = "__expr__"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: fires for a place once `value` is `beyond` the threshold for so long."""

    id: str
    title: Say
    said: Say
    text: str
    """A SELECT of `place` and `value`."""
    beyond: str
    threshold: float
    board: str
    severity: str = "warning"
    lasting: str = "10m"
    looks_back: int = DAY
    nothing: str = "OK"
    """What it means when nothing comes: OK, or Alerting for a heartbeat."""


def figure(name: str, beyond: str, threshold: float, board: str, *, days: int = 30) -> Rule:
    """A rule on a figure of each place, over what was filed in so many days."""
    told = sql.figures_sql((name,), by=("place",), filters=(), one_place=False)
    one = FIGURES[name]
    sign = {"gt": "高于", "lt": "低于"}[beyond]
    sense = {"gt": "above", "lt": "below"}[beyond]
    return Rule(
        id=name.replace("_", "-"),
        title=Say(f"{one.zh}{sign} {threshold:g}", f"{one.en} {sense} {threshold:g}"),
        said=Say(
            f"{{{{ .Labels.place }}}} 近 {days} 天{one.zh} {{{{ .Values.B.Value }}}}",
            f"{{{{ .Labels.place }}}}: {one.en} of {days} days is {{{{ .Values.B.Value }}}}",
        ),
        text=_all_known(
            f"SELECT cut_0 AS place, toFloat64({name}) AS value FROM ({told})"
            f" WHERE {name} IS NOT NULL"
        ),
        beyond=beyond,
        threshold=threshold,
        board=board,
        looks_back=days * DAY,
    )


def _all_known(text: str) -> str:
    """With everything known, and days of the zone that boards show."""
    return text.replace("${known_at:sqlstring}", "''").replace(sql.ZONE, "'Asia/Shanghai'")


RULES = (
    figure("on_time_closure_rate", "lt", 0.8, "timeliness"),
    figure("overdue_rate", "gt", 0.2, "timeliness"),
    figure("deadline_unknown", "gt", 0, "timeliness"),
    figure("hasty_closure_rate", "gt", 0.2, "matters"),
    Rule(
        id="dead-letters",
        title=Say("一小时内死信多", "Many dead letters within an hour"),
        said=Say(
            "{{ .Labels.place }} 被拒 {{ .Values.B.Value }} 条;gridloop dead-letters list",
            "{{ .Labels.place }}: {{ .Values.B.Value }} inputs refused; gridloop dead-letters list",
        ),
        text=(
            "SELECT place, toFloat64(count()) AS value FROM dead_letters FINAL WHERE NOT withdrawn"
            f" AND refused_at >= {sql.BEGIN} AND refused_at < {sql.AS_OF} GROUP BY place"
        ),
        beyond="gt",
        threshold=10,
        board="pipeline",
        looks_back=3600,
    ),
    Rule(
        id="nothing-stored",
        title=Say("久未入库", "Nothing stored for long"),
        said=Say(
            "已 {{ .Values.B.Value }} 秒没有输入入库",
            "Nothing has been stored for {{ .Values.B.Value }} seconds",
        ),
        text=(
            "SELECT toFloat64(dateDiff('second', max(ingested_at), now64(6))) AS value FROM facts"
        ),
        beyond="gt",
        threshold=3600,
        board="pipeline",
        severity="critical",
        nothing="Alerting",
    ),
)


def rules_yaml() -> str:
    """The provisioning file. Grafana puts its environment in place of each `$name`, but for what a
    rule asks, which it sends as it stands: nothing else has a `$`, and templates begin with a dot.
    """
    rules = [_rule(one) for one in RULES]
    group = {"orgId": 1, "name": "gridloop", "folder": FOLDER.zh, "interval": "1m", "rules": rules}
    told = yaml.safe_dump(
        {"apiVersion": 1, "groups": [group]}, allow_unicode=True, sort_keys=False, width=1000
    )
    return _HEAD + told


_HEAD = "# 由 gridloop dashboards build 生成,请勿手改 · generated, not to be edited by hand\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "uid": f"gridloop-{rule.id}",
        "title": f"{rule.title.zh} · {rule.title.en}",
        "condition": "C",
        "data": list(_queries(rule)),
        "dashboardUid": uid(rule.board, Lang.ZH),
        "noDataState": rule.nothing,
        "execErrState": "Error",
        "for": rule.lasting,
        "labels": {"severity": rule.severity, "team": "gridloop"},
        "annotations": {
            "summary": f"{rule.title.zh} · {rule.title.en}",
            "description": f"{rule.said.zh}\n{rule.said.en}",
        },
    }


def _queries(rule: Rule) -> Iterable[dict[str, Any]]:
    asked = {"refId": "A", "rawSql": rule.text, "editorType": "sql", "pluginVersion": PLUGIN}
    yield {
        "refId": "A",
        "datasourceUid": STORE,
        "queryType": "table",
        "relativeTimeRange": {"from": rule.looks_back, "to": 0},
        "model": {
            **asked,
            "queryType": "table",
            "format": 1,
            "datasource": {"type": CLICKHOUSE, "uid": STORE},
        },
    }
    yield _expression("B", {"type": "reduce", "expression": "A", "reducer": "last"})
    beyond = {"evaluator": {"type": rule.beyond, "params": [rule.threshold]}}
    yield _expression("C", {"type": "threshold", "expression": "B", "conditions": [beyond]})


def _expression(ref_id: str, model: dict[str, Any]) -> dict[str, Any]:
    return {
        "refId": ref_id,
        "datasourceUid": EXPRESSION,
        "model": {
            "refId": ref_id,
            **model,
            "datasource": {"type": EXPRESSION, "uid": EXPRESSION},
        },
    }
