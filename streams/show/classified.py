"""What said the matters of a place's reports, how far they have moved since a model was trained,
and what people said where it could not."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TextIO

import msgspec
from rich.table import Table

from streams.core.case import UNCLASSIFIED
from streams.core.drift import MOVED, STEADY, Drift, drift
from streams.core.figures import Value
from streams.core.modeldocs import ClassifierBody
from streams.core.predicates import INSTANT, instant_text
from streams.core.query import REPLAY, Query
from streams.core.registry import FIGURES
from streams.show.exporter import Metrics
from streams.show.figures import Answers, ask
from streams.show.rates import figures_json
from streams.show.responsibility import Streams

WINDOW = timedelta(days=28)
"""The reports that are compared with those of training: whole weeks, so that no day weighs more."""
NOBODY = "nobody"
LAYERS = {
    "sender": "来件 sender",
    "terms": "词 terms",
    "model": "模型 model",
    NOBODY: "待人工 nobody",
}
SHOWN = 60
"""Letters of a text that are shown."""
EXAMPLE = ("text", "matter", "machine", "case", "at", "actor")
"""The headings of an example: `classifier train` reads the first two."""


RATES = ("classify_accuracy", "abstain_rate")
"""What the machine's part in it is worth: figures of the registry."""


class Store(Streams, Answers, Protocol):
    """Asked for rows, and for figures."""


class Layers(msgspec.Struct, frozen=True):
    """How many reports each layer classified, and by matter; the model's drift where there is
    one; of cases' reports the figures `RATES`."""

    by_layer: dict[str, int]
    by_matter: dict[str, int]
    model: str | None
    drift: Drift | None
    rates: dict[str, Value]

    @property
    def reports(self) -> int:
        """All of them."""
        return sum(self.by_layer.values())


def layers(store: Store, place: str, from_: datetime, to: datetime) -> Layers:
    """A place's reports that occurred in [from_, to); imported tickets bring their own matters."""
    by_layer, by_matter = Counter(dict.fromkeys(LAYERS, 0)), Counter[str]()
    for layer, matter, count in store.stream(
        "SELECT coalesce(classified_by, if(matter IS NULL, 'nobody', 'terms')), matter, count()"
        " FROM reports FINAL WHERE place = %(place)s AND source != 'imported'"
        " AND home NOT LIKE concat(%(place)s, '/import-%%')"
        f" AND occurred_at >= {INSTANT.format('from')} AND occurred_at < {INSTANT.format('to')}"
        " GROUP BY 1, 2",
        {"place": place, "from": instant_text(from_), "to": instant_text(to)},
    ):
        by_layer[layer] += count
        if matter is not None:
            by_matter[matter] += count
    body = _model_of(store, place, to)
    moved = None if body is None else drift(_trained(body), by_matter)
    version = None if body is None else body.model.version
    query = Query(as_of=to, from_=from_, to=to, place=place, figures=RATES)
    (total,) = ask(store, query)
    return Layers(dict(by_layer), dict(sorted(by_matter.items())), version, moved, total.figures)


def _model_of(store: Streams, place: str, at: datetime) -> ClassifierBody | None:
    for (body,) in store.stream(
        "SELECT body FROM reference_documents FINAL WHERE place = %(place)s"
        f" AND kind = 'classifier' AND valid_from <= {INSTANT.format('at')}"
        " ORDER BY valid_from DESC, version DESC LIMIT 1",
        {"place": place, "at": instant_text(at)},
    ):
        return msgspec.json.decode(body, type=ClassifierBody)
    return None


def _trained(body: ClassifierBody) -> Counter[str]:
    """The rows of training by matter: several labels may mean one."""
    found = Counter[str]()
    for label, rows in body.model.trained.by_label.items():
        found[body.matters.get(label, label)] += rows
    return found


# --- metrics -----------------------------------------------------------------------------------


def gauge_layers(metrics: Metrics, place: str, found: Layers) -> None:
    """Say it to Prometheus."""
    for layer, count in found.by_layer.items():
        metrics.gauge("classified_reports", count, place=place, layer=layer)
    abstained = found.rates["abstain_rate"].value
    if abstained is not None:
        metrics.gauge("classified_abstained_ratio", abstained, place=place)
    if found.drift is not None:
        metrics.gauge("classified_drift", found.drift.index, place=place)
        for matter, one in found.drift.by_matter.items():
            metrics.gauge("classified_matter_drift", one.index, place=place, matter=matter)


def places_of(store: Streams) -> list[str]:
    """The places that have a profile; replays are none."""
    sql = (
        "SELECT DISTINCT place FROM reference_documents WHERE kind = 'place'"
        f" AND NOT endsWith(place, '{REPLAY}') ORDER BY place"
    )
    return [str(place) for (place,) in store.stream(sql, {})]


# --- in words ----------------------------------------------------------------------------------


def layers_json(place: str, found: Layers) -> dict[str, Any]:
    """The same as one JSON value."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    return {"place": place, "reports": found.reports, **told, "rates": figures_json(found.rates)}


def layers_parts(found: Layers) -> Iterator[str | Table]:
    """The same for people."""
    table = Table(title=f"{found.reports} 件上报由谁分类 · what said the matter")
    table.add_column("层 layer")
    table.add_column("件数 reports", justify="right")
    table.add_column("占比 share", justify="right")
    for layer, count in found.by_layer.items():
        share = f"{count / found.reports:.1%}" if found.reports else "–"
        table.add_row(LAYERS.get(layer, layer), str(count), share)
    yield table
    for name, rate in found.rates.items():
        share = "–" if rate.value is None else f"{rate.value:.1%}"
        yield f"{FIGURES[name].zh} {name} {share} ({rate.numerator}/{rate.denominator})"
    if found.drift is None:
        yield "没有模型 · no model: docs/classifier.md"
        return
    yield f"漂移 drift (PSI) {found.drift.index:.3f}: {_judgement(found.drift.index)}"
    yield _moved(found.drift)


def _judgement(index: float) -> str:
    if index < STEADY:
        return "稳定 steady"
    return "明显变化，应重新训练 moved: train anew" if index > MOVED else "有所变化 moving"


def _moved(found: Drift) -> Table:
    table = Table(title=f"与训练时相比 · since training, {found.reports} reports")
    table.add_column("事项 matter")
    for name in ("训练时 trained", "现在 now", "PSI"):
        table.add_column(name, justify="right")
    for matter, one in sorted(found.by_matter.items(), key=lambda item: -item[1].index):
        table.add_row(matter, f"{one.trained:.1%}", f"{one.now:.1%}", f"{one.index:.3f}")
    return table


_FIRST_REPORT = (
    "SELECT case_id, text, matter, why, occurred_at FROM reports FINAL WHERE place = %(place)s"
    " ORDER BY occurred_at, id LIMIT 1 BY case_id"
)
"""Of each case the report with which it began: others may have been merged into it."""


# --- whom a person must name -------------------------------------------------------------------


def waiting(store: Streams, place: str) -> list[dict[str, Any]]:
    """待人工分类 · the open cases that nobody could classify, the oldest first, and why not."""
    rows = store.stream(
        "SELECT c.case_id, r.occurred_at, c.area, c.text, r.why"
        " FROM (SELECT case_id, area, text FROM cases FINAL WHERE place = %(place)s"
        " AND has(marks, %(mark)s) AND NOT void AND state != 'closed') AS c"
        f" INNER JOIN ({_FIRST_REPORT}) AS r ON r.case_id = c.case_id"
        " ORDER BY r.occurred_at, c.case_id",
        {"place": place, "mark": UNCLASSIFIED},
    )
    return [
        {"case": case, "at": at.isoformat(), "area": area, "text": text, "why": why[-1]}
        for case, at, area, text, why in rows
    ]


def waiting_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The same for people."""
    table = Table(title=f"{len(rows)} 件待人工分类 · cases that a person must classify")
    for name in ("案件 case", "内容 text", "依据 why"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["case"], row["text"][:SHOWN], row["why"])
    return table


# --- examples ----------------------------------------------------------------------------------


def examples(store: Streams, place: str) -> Iterator[dict[str, str]]:
    """What people said of matters, one row a case by its last word, as examples to learn from: the
    text as it is stored (without personal data), and the matter."""
    for case, text, machine, detail, at, actor in store.stream(
        "SELECT r.case_id, r.text, r.matter, f.detail, f.last_at, f.actor"
        " FROM (SELECT case_id, argMax(detail, (occurred_at, fact_id)) AS detail,"
        " argMax(actor, (occurred_at, fact_id)) AS actor, max(occurred_at) AS last_at"
        " FROM facts FINAL WHERE place = %(place)s AND kind = 'case_classified' AND NOT withdrawn"
        " GROUP BY case_id) AS f"
        f" INNER JOIN ({_FIRST_REPORT}) AS r"
        " ON r.case_id = f.case_id ORDER BY f.last_at, r.case_id",
        {"place": place},
    ):
        named: Mapping[str, str] = msgspec.json.decode(detail)
        row = (text, named["to"], machine or "", case, at.isoformat(), actor or "")
        yield dict(zip(EXAMPLE, row, strict=True))


def write_examples(file: TextIO, rows: Iterator[dict[str, str]]) -> int:
    """Write examples as CSV; how many they were."""
    writer = csv.DictWriter(file, EXAMPLE)
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return count
