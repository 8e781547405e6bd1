"""What said the matters, how far they moved, what people said: asked of the real engine."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from prometheus_client import generate_latest

from infra.embedded.engine import running_engine
from streams.core.accepted import Origin, ReferenceChange
from streams.core.events import Reference, ReferenceKind
from streams.core.figures import Value
from streams.core.results import Fact, FactKind
from streams.keep.migrations import migrate
from streams.keep.tables import CASES, FACTS, REFERENCE_DOCUMENTS, REPORTS
from streams.show.classified import (
    RATES,
    examples,
    gauge_layers,
    layers,
    layers_json,
    layers_parts,
    places_of,
    waiting,
    waiting_table,
    write_examples,
)
from streams.show.exporter import Metrics
from streams.wire.clickhouse import Warehouse
from tests.figure_rows import report
from tests.keep.records import case
from tests.models import hand_model
from tests.show.engine_rows import keep

pytestmark = pytest.mark.engine

DAY = datetime(2025, 6, 2, 4, tzinfo=UTC)
MODEL = hand_model({"吵": "noise", "水": "water"})
WHY = ["片区如来件", "没有命中任何词：未分类，待人工判断"]
ORIGIN = Origin("gridloop.reference.v1", 0, 0)


def named(case: str, to: str, hours: float, **more: object) -> Fact:
    """What a person said of a case's matter."""
    usual = {"place": "here", "home": "here/a1", "kind": FactKind.CASE_CLASSIFIED, "actor": "desk"}
    at = DAY + timedelta(hours=hours)
    return Fact(
        fact_id=f"{case}-{hours}",
        case_id=case,
        occurred_at=at,
        ingested_at=at,
        revision=1,
        detail={"to": to},
        **(usual | more),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A place with a model: four reports, one a day late, and what two cases were called."""
    with running_engine(tmp_path_factory.mktemp("classified")) as engine:
        migrate(engine.address)
        store = Warehouse(engine.address)
        body = {"model": msgspec.to_builtins(MODEL), "matters": {"water": "flood"}}
        documents = [
            Reference(place="here", kind=kind, version="1", valid_from=DAY, body=content)
            for kind, content in (
                (ReferenceKind.PLACE, {}),
                (ReferenceKind.CLASSIFIER, body),
            )
        ]
        keep(
            store,
            REFERENCE_DOCUMENTS,
            [
                ReferenceChange(
                    sender="/p", id=one.kind.value, sha256="0", reference=one, origin=ORIGIN
                )
                for one in documents
            ],
        )
        usual = {"place": "here", "home": "here/a1", "occurred_at": DAY, "category": None}
        keep(
            store,
            REPORTS,
            [
                report(
                    "1", **usual, case_id="c1", matter="noise", classified_by="model", text="吵"
                ),
                report("2", **usual, case_id="c2", matter=None, text="某事", why=WHY),
                report("3", **usual, case_id="c3", matter="flood", classified_by="terms"),
                report("4", **usual, case_id="c4", matter="noise", classified_by="terms"),
                report("5", **(usual | {"occurred_at": DAY + timedelta(days=1)}), matter="noise"),
                report("6", **(usual | {"home": "here/import-01"}), matter="noise"),
            ],
        )
        said = [
            named("c1", "flood", 1),
            named("c1", "noise", 2),
            named("c2", "flood", 3),
            named("c3", "noise", 4, withdrawn=True),
        ]
        keep(store, FACTS, list(said))
        yield store
        store.close()


def test_reports_are_counted_by_layer_and_compared_with_training(store: Warehouse) -> None:
    found = layers(store, "here", DAY, DAY + timedelta(hours=1))
    assert found.by_layer == {"sender": 0, "terms": 2, "model": 1, "nobody": 1}
    assert found.by_matter == {"flood": 1, "noise": 2}
    assert found.rates["abstain_rate"] == Value(0.25, 1, 4)
    assert found.model == MODEL.version
    assert found.drift is not None
    assert (set(found.drift.by_matter), found.drift.reports) == ({"noise", "flood"}, 3)
    assert layers_json("here", found)["drift"]["index"] == found.drift.index
    assert any("PSI" in str(part) for part in layers_parts(found))


def test_a_place_without_model_or_reports_has_neither_drift_nor_rate(store: Warehouse) -> None:
    found = layers(store, "there", DAY, DAY + timedelta(hours=1))
    assert (found.reports, found.model, found.drift) == (0, None, None)
    assert found.rates == dict.fromkeys(RATES, Value(None, 0, 0))
    assert any("no model" in str(part) for part in layers_parts(found))


def test_the_figures_are_metrics(store: Warehouse) -> None:
    assert places_of(store) == ["here"]
    metrics = Metrics()
    gauge_layers(metrics, "here", layers(store, "here", DAY, DAY + timedelta(hours=1)))
    said = generate_latest(metrics.registry).decode()
    assert 'gridloop_classified_reports{layer="nobody",place="here"} 1.0' in said
    assert 'gridloop_classified_abstained_ratio{place="here"} 0.25' in said
    assert 'gridloop_classified_matter_drift{matter="flood",place="here"}' in said


def test_open_cases_that_nobody_could_classify_wait_for_a_person(store: Warehouse) -> None:
    record = case(2, 1).snapshot
    marked = [
        msgspec.structs.replace(record, case_id=id_, marks=["unclassified"], state=state)
        for id_, state in (("c2", "dispatched"), ("c4", "closed"))
    ]
    keep(store, CASES, [*marked, msgspec.structs.replace(record, case_id="c1")])
    (row,) = waiting(store, "here")
    assert (row["case"], row["why"]) == ("c2", "没有命中任何词：未分类，待人工判断")
    assert waiting_table([row]).row_count == 1


def test_what_people_said_last_is_an_example_with_what_the_machine_had_said(
    store: Warehouse,
) -> None:
    file = io.StringIO()
    assert write_examples(file, examples(store, "here")) == 2
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert [(row["text"], row["matter"], row["machine"], row["case"]) for row in rows] == [
        ("吵", "noise", "noise", "c1"),
        ("某事", "flood", "", "c2"),
    ]
    assert rows[0]["actor"] == "desk"
