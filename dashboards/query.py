"""What a panel asks: SQL of the ClickHouse data source, or PromQL; and which data source that is.

No data source is wired in: a board's variables choose them.
"""

from typing import Any

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models.common import DataSourceRef

CLICKHOUSE = "grafana-clickhouse-datasource"
PLUGIN = "4.20.0"
STORE = DataSourceRef(type_val=CLICKHOUSE, uid="${datasource}")
METRICS = DataSourceRef(type_val="prometheus", uid="${metrics}")
TABLE, SERIES = 1, 0
"""The plugin's numbers of formats."""


class Sql(variants.Dataquery):
    """A statement as the ClickHouse plugin keeps it."""

    def __init__(self, ref_id: str, sql: str, format_: int = TABLE) -> None:
        self.ref_id, self.sql, self.format = ref_id, sql, format_

    def to_json(self) -> dict[str, Any]:
        """As it stands in a board."""
        return {
            "refId": self.ref_id,
            "datasource": STORE,
            "pluginVersion": PLUGIN,
            "editorType": "sql",
            "rawSql": self.sql,
            "queryType": "table" if self.format == TABLE else "timeseries",
            "format": self.format,
        }


class Asked(cogbuilder.Builder[variants.Dataquery]):
    """The builder of a statement that is already whole."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def build(self) -> variants.Dataquery:
        """The statement."""
        return self._sql


def promql(ref_id: str, expression: str, legend: str) -> prometheus.Dataquery:
    """An expression over the range, each series called by `legend`."""
    asked = prometheus.Dataquery().ref_id(ref_id).expr(expression).legend_format(legend)
    return asked.range().datasource(METRICS)
