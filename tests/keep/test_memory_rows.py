"""Records to rows: every field has a column, and what is not ours to keep leaves no row."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.core import topics
from streams.core.accepted import AcceptedReport, AcceptedRound, Origin, ReferenceChange
from streams.core.events import INFINITY, Reference, ReferenceKind, Round, RoundKind
from streams.core.record import Record
from streams.keep.rows import TOPICS, Batch, Unreadable
from streams.keep.tables import (
    CASE_SPANS,
    CASES,
    CLOCKS,
    DEAD_LETTERS,
    FACTS,
    LOOKS,
    REFERENCE_DOCUMENTS,
    REPORTS,
    ROUNDS,
    TABLES,
    Table,
    instants,
    micros,
)
from tests.keep.records import T0, case, fact, letter, record, tick

HOTLINE = Origin(topics.HOTLINE.name, 2, 5)


def rows_of(batch: Batch, table: Table) -> list[dict[str, object]]:
    values = zip(*batch.columns(table), strict=True)
    return [dict(zip(table.names, row, strict=True)) for row in values]


def batch_of(*records: Record) -> Batch:
    batch = Batch()
    for one in records:
        batch.add(one)
    return batch


def a_report() -> AcceptedReport:
    return AcceptedReport(
        sender="/here/hotline", id="r1", sha256="0" * 64, place="here", home="here/a1",
        occurred_at=T0, source="hotline", origin=HOTLINE,
    )  # fmt: skip


def a_round() -> AcceptedRound:
    made = Round(place="here", kind=RoundKind.PATROL, area="a1", started_at=T0)
    return AcceptedRound(
        sender="/here/gps", id="g1", sha256="2" * 64, home="here/a1", occurred_at=T0, round=made,
        origin=Origin(topics.ROUNDS.name, 1, 9),
    )  # fmt: skip


def a_document() -> ReferenceChange:
    reference = Reference(
        place="here", kind=ReferenceKind.LIMITS, version="2025", valid_from=T0, body={"市容": 1}
    )
    origin = Origin(topics.REFERENCE.name, 0, 1)
    return ReferenceChange(sender="/here/org", id="l1", sha256="3" * 64, reference=reference,
                           origin=origin)  # fmt: skip


def test_a_case_record_becomes_its_snapshot_its_spans_and_its_reports() -> None:
    batch = batch_of(record(topics.CASES, case(4, revision=7), offset=11, partition=3))
    (snapshot,) = rows_of(batch, CASES)
    spans, (report,) = rows_of(batch, CASE_SPANS), rows_of(batch, REPORTS)
    assert snapshot["case_id"] == report["case_id"] == "here/a1/4"
    assert snapshot["clocks"] == '[{"limit":"24 hours"}]'
    assert snapshot["tasks"] == "[]"
    assert [span["known_to"] for span in spans] == [
        micros(T0 + timedelta(seconds=7)),
        micros(INFINITY),
    ]
    assert (report["origin_topic"], report["origin_partition"], report["origin_offset"]) == (
        topics.HOTLINE.name,
        3,
        4,
    )
    for row in (snapshot, *spans, report):
        assert (row["topic"], row["partition"], row["offset"]) == (topics.CASES.name, 3, 11)


def test_chinese_stays_readable_in_json_text() -> None:
    batch = batch_of(record(topics.FACTS, fact(1)), record(topics.INTAKE, a_document()))
    assert rows_of(batch, FACTS)[0]["detail"] == '{"依据":"责任清单"}'
    assert rows_of(batch, REFERENCE_DOCUMENTS)[0]["body"] == '{"市容":1}'


def test_a_fact_without_detail_has_an_empty_object() -> None:
    short = msgspec.to_builtins(fact(1))
    del short["detail"], short["withdrawn"]
    (row,) = rows_of(batch_of(record(topics.FACTS, short)), FACTS)
    assert row["detail"] == "{}"
    assert row["withdrawn"] is False


def test_a_letter_is_listed_with_its_own_place_and_that_of_the_refused_input() -> None:
    batch = batch_of(record(topics.DEAD_LETTERS, letter(5), offset=8, partition=2))
    (row,) = rows_of(batch, DEAD_LETTERS)
    assert (row["topic"], row["partition"], row["offset"]) == (topics.ACTS.name, 1, 5)
    assert row["letter_topic"] == topics.DEAD_LETTERS.name
    assert (row["letter_partition"], row["letter_offset"]) == (2, 8)
    assert b"sealed" not in msgspec.json.encode(row)


def test_rounds_and_documents_come_from_the_intake_log_with_the_time_of_their_arrival() -> None:
    batch = batch_of(
        record(topics.INTAKE, a_round(), offset=3), record(topics.INTAKE, a_document(), offset=4)
    )
    (made,), (document,) = rows_of(batch, ROUNDS), rows_of(batch, REFERENCE_DOCUMENTS)
    assert (made["place"], made["kind"], made["origin_offset"]) == ("here", "patrol", 9)
    assert made["ingested_at"] == 1_741_000_000_003_000
    assert (document["version"], document["valid_from"]) == ("2025", micros(T0))


def test_of_a_documents_copies_in_every_partition_one_is_kept() -> None:
    copies = [record(topics.INTAKE, a_document(), partition=n) for n in range(12)]
    assert batch_of(*copies).rows == 1


def test_reports_on_the_intake_log_leave_no_row() -> None:
    """They come back from casework as a case's record, with what became of them."""
    batch = batch_of(record(topics.INTAKE, a_report()))
    assert (batch.records, batch.rows) == (1, 0)


def test_a_clear_look_is_kept_as_a_look_and_never_as_a_report() -> None:
    look = msgspec.structs.replace(
        a_report(), source="patrol", camera="C1", camera_class=2, algorithm="litter", clear=True
    )
    batch = batch_of(record(topics.INTAKE, look, offset=4))
    (row,) = rows_of(batch, LOOKS)
    assert (row["id"], row["camera"], row["algorithm"]) == ("r1", "C1", "litter")
    assert (row["occurred_at"], row["offset"], row["origin_offset"]) == (micros(T0), 4, 5)
    assert batch.rows == 1


def test_a_tick_moves_a_clock() -> None:
    (row,) = rows_of(batch_of(tick(2)), CLOCKS)
    assert (row["place"], row["at"]) == ("here", micros(T0 + timedelta(hours=2)))


def test_columns_are_new_lists_at_each_call() -> None:
    """A driver may write over what it is given; the next try must find the rows as they were."""
    batch = batch_of(record(topics.FACTS, fact(1)))
    first = batch.columns(FACTS)
    for column in first:
        column[0] = None
    assert None not in [column[0] for column in batch.columns(FACTS)][:9]


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
def test_what_cannot_be_read_is_said_with_its_place_and_leaves_no_row(topic: str) -> None:
    batch = Batch()
    for value in (b"", b"{", b'{"type":"other"}', b"[]", None):
        with pytest.raises(Unreadable, match=f"{topic} 1 2"):
            batch.add(Record(topic, 1, 2, 0, None, value))
    assert (batch.records, batch.rows) == (0, 0)


def test_a_topic_that_is_not_read_here_is_refused() -> None:
    with pytest.raises(Unreadable):
        Batch().add(record(topics.HOTLINE, fact(1)))


def test_instants_beyond_the_stores_range_stand_at_its_border() -> None:
    """A due date of the year 9999 is accepted as given: its row must not stop the sink."""
    far = [datetime(9999, 12, 31, tzinfo=UTC), None, datetime(1, 1, 1, tzinfo=UTC), T0]
    border = datetime(2299, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    first = datetime(1900, 1, 1, tzinfo=UTC)
    assert instants(far) == [micros(border), None, micros(first), micros(T0)]
    assert instants([INFINITY]) == [micros(INFINITY)]


def test_microseconds_are_exact_over_the_whole_range() -> None:
    for year in (1900, 1969, 1970, 2025, 2255, 2299):
        instant = datetime(year, 6, 1, 3, 4, 5, 999999, tzinfo=UTC)
        assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros(instant)) == instant


def test_no_table_has_two_columns_of_one_name() -> None:
    for table in TABLES:
        assert len(set(table.names)) == len(table.names)
