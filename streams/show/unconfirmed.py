"""What only cameras have found: the cases that wait for a person to confirm them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from streams.core.case import UNCONFIRMED
from streams.show.responsibility import Streams

SHOWN = 60
"""Letters of a text that are shown."""


def waiting(store: Streams, place: str) -> list[dict[str, Any]]:
    """待人工确认 · the cases that wait, the longest first; why by the last finding of each."""
    rows = store.stream(
        "SELECT c.case_id, f.since, c.area, c.matter, c.text, c.report_count, f.detail"
        " FROM (SELECT case_id, area, matter, text, report_count FROM cases FINAL"
        " WHERE place = %(place)s AND has(marks, %(mark)s)) AS c"
        " INNER JOIN (SELECT case_id, min(occurred_at) AS since,"
        " argMax(detail, (occurred_at, fact_id)) AS detail FROM facts FINAL"
        " WHERE place = %(place)s AND kind = 'finding_held' AND NOT withdrawn"
        " GROUP BY case_id) AS f ON f.case_id = c.case_id ORDER BY f.since, c.case_id",
        {"place": place, "mark": UNCONFIRMED},
    )
    return [
        {
            "case": case,
            "since": since.isoformat(),
            "area": area,
            "matter": matter,
            "text": text,
            "findings": findings,
            "why": json.loads(detail)["why"],
        }
        for case, since, area, matter, text, findings, detail in rows
    ]


def waiting_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The same for people."""
    table = Table(title=f"{len(rows)} 件待人工确认 · findings that a person must confirm")
    for name in ("案件 case", "发现 since", "次数 findings", "内容 text", "依据 why"):
        table.add_column(name, overflow="fold")
    for row in rows:
        count, why = str(row["findings"]), "；".join(row["why"])
        table.add_row(row["case"], row["since"], count, row["text"][:SHOWN], why)
    return table
