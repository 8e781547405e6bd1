"""Import: one report and one act for each row, and a second import that changes nothing."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.codec import decode, decode_data
from streams.core.events import Act, ActKind, ImportedReport, TicketRef
from streams.core.home import ticket_key
from streams.core.topics import ACTS, HOTLINE
from streams.entry.distinct import Known
from streams.entry.imports import import_file, latest_time, survey
from streams.entry.mapping import parse_mapping
from streams.entry.rows import Row
from streams.entry.tally import Progress
from tests.entry.ledgers import Ledger

MAPPING = parse_mapping("""
place: millbrook
timezone: Europe/London
time_formats: ["%Y-%m-%d %H:%M"]
columns: {ticket: Id, reported_at: Created, closed_at: Closed, status: Status, source: Channel}
status: {Closed: closed, Open: open}
source: {Phone: hotline, App: citizen}
""")
HEAD = "Id,Created,Closed,Status,Channel\n"
FIRST = HEAD + (
    "T-1,2019-02-03 10:00,2019-02-03 11:00,Closed,Phone\n"
    "T-2,2019-02-03 10:05,,Open,App\n"
    "T-3,1900-01-01 00:00,,Open,App\n"
    ",2019-02-03 10:05,,Open,App\n"
    "T-4,2019-02-04 09:00,,Waiting,Letter\n"
)
NEWER = FIRST.replace("T-2,2019-02-03 10:05,,Open", "T-2,2019-02-03 10:05,2019-02-05 08:00,Closed")


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(text, "utf-8")
    return path


def imported(tmp_path: Path, text: str) -> Ledger:
    ledger = Ledger()
    import_file(file(tmp_path, text), MAPPING, ledger)
    return ledger


def test_each_row_becomes_one_report_and_one_act(tmp_path: Path):
    records = imported(tmp_path, FIRST).records
    assert [record.topic for record in records] == [HOTLINE.name, ACTS.name] * 3
    assert {record.key for record in records[:2]} == {ticket_key("import/millbrook", "T-1")}
    report, act = map(decode, records[:2])
    reported_at = datetime(2019, 2, 3, 10, tzinfo=UTC)
    assert (report.type, report.sender, report.id) == (
        *("gridloop.report.imported.v1", "import/millbrook", "T-1"),
    )
    assert report.time == reported_at
    assert decode_data(report) == ImportedReport(place="millbrook", reported_at=reported_at)
    data = decode_data(act)
    assert isinstance(data, Act)
    assert (data.act, data.ticket) == (ActKind.IMPORT_ROW, TicketRef("import/millbrook", "T-1"))
    assert data.row is not None
    assert data.row.reported_at == reported_at
    assert act.id.startswith("T-1-")


def test_an_act_is_dated_by_its_export(tmp_path: Path):
    """By default that is the latest reported or closed time in the file."""
    path = file(tmp_path, FIRST)
    assert latest_time(path, MAPPING) == datetime(2019, 2, 4, 9, tzinfo=UTC)
    assert latest_time(file(tmp_path, NEWER), MAPPING) == datetime(2019, 2, 5, 8, tzinfo=UTC)
    given, ledger = datetime(2019, 3, 1, tzinfo=UTC), Ledger()
    done = import_file(path, MAPPING, ledger, exported_at=given)
    assert done.exported_at == given
    assert {decode(record).time for record in ledger.records[1::2]} == {given}


def test_a_time_after_now_does_not_date_an_export(tmp_path: Path):
    text = FIRST + "T-5,2019-02-03 10:00,2099-01-01 00:00,Closed,Phone\n"
    path, now = file(tmp_path, text), datetime(2019, 6, 1, tzinfo=UTC)
    assert latest_time(path, MAPPING, now) == datetime(2019, 2, 4, 9, tzinfo=UTC)
    assert latest_time(path, MAPPING) == datetime(2099, 1, 1, tzinfo=UTC)


def test_a_closing_in_the_year_9999_never_dates_an_export(tmp_path: Path):
    """The door would refuse every act of the file."""
    path = file(tmp_path, FIRST + "T-5,2019-02-03 10:00,9999-12-31 00:00,Open,Phone\n")
    assert latest_time(path, MAPPING) == datetime(2019, 2, 4, 9, tzinfo=UTC)


def test_importing_twice_sends_the_same_bytes_twice(tmp_path: Path):
    assert imported(tmp_path, FIRST).records == imported(tmp_path, FIRST).records


def test_the_order_of_rows_changes_no_record(tmp_path: Path):
    lines = FIRST.splitlines(keepends=True)
    turned = "".join([lines[0], *reversed(lines[1:])])
    assert imported(tmp_path, FIRST).contents() == imported(tmp_path, turned).contents()


def test_an_unchanged_row_of_a_newer_export_is_the_same_content(tmp_path: Path):
    """Same identity, same SHA-256: a repeat. Only the changed row is new."""
    first, newer = imported(tmp_path, FIRST), imported(tmp_path, NEWER)

    def contents(ledger: Ledger) -> set[tuple[str, str, str]]:
        found = map(decode, ledger.records)
        return {(envelope.sender, envelope.id, envelope.sha256) for envelope in found}

    new = contents(newer) - contents(first)
    assert len(new) == 1
    assert next(iter(new))[1].startswith("T-2-")
    identities = {(sender, id) for sender, id, _ in contents(first) | contents(newer)}
    assert len(identities) == len(contents(first) | contents(newer))


def test_two_rows_of_one_ticket_are_one_report_and_two_acts(tmp_path: Path):
    text = FIRST + "T-1,2019-02-03 10:00,2019-02-03 12:30,Closed,Phone\n"
    records = imported(tmp_path, text).records
    about = [decode(record) for record in records if record.key.endswith(b"T-1")]
    assert len({(e.id, e.sha256) for e in about if e.type.startswith("gridloop.report")}) == 1
    assert len({e.id for e in about if e.type == "gridloop.act.v1"}) == 2


def test_another_place_may_be_named(tmp_path: Path):
    ledger = Ledger()
    import_file(file(tmp_path, FIRST), MAPPING, ledger, place="elsewhere")
    envelopes = list(map(decode, ledger.records))
    assert {envelope.sender for envelope in envelopes} == {"import/elsewhere"}
    places = {decode_data(envelope).place for envelope in envelopes}
    assert places == {"elsewhere"}


def test_a_survey_counts_all_and_sends_nothing(tmp_path: Path):
    found = survey(file(tmp_path, FIRST), MAPPING)
    assert (found.rows, found.refused) == (5, 2)
    assert found.refused_by_reason == {"bad_time": 1, "row_unreadable": 1}
    assert [(item.line, item.reason.value) for item in found.examples] == [
        *[(4, "bad_time"), (5, "row_unreadable")],
    ]
    assert found.statuses == {"open": 2, "closed": 1}
    assert found.defaults == {
        "closed_at": {"": 2},
        "status": {"Waiting": 1},
        "source": {"Letter": 1},
    }
    assert found.first_reported_at == datetime(2019, 2, 3, 10, tzinfo=UTC)
    assert found.last_reported_at == found.latest_at == datetime(2019, 2, 4, 9, tzinfo=UTC)
    assert msgspec.json.decode(msgspec.json.encode(found))["rows"] == 5


def test_an_import_finds_what_its_survey_found(tmp_path: Path):
    path, ledger, rows = file(tmp_path, FIRST), Ledger(), list[Row]()
    done = import_file(path, MAPPING, ledger, on_row=rows.append)
    assert [row.act_id for row in rows if isinstance(row, Row)] == [
        decode(one).id for one in ledger.records[1::2]
    ]
    assert done.survey == survey(path, MAPPING)
    assert done.sent == len(ledger.records) == ledger.flushed == 6


class Killed(Exception):
    """What ends an import in the middle."""


class Mortal(Ledger):
    """A broker that is reached for so many records only."""

    def __init__(self, records: int) -> None:
        super().__init__()
        self._left = records

    def send(self, *given: Any, **more: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise Killed
        super().send(*given, **more)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 80), st.sets(st.integers(0, 39)))
def test_an_import_that_was_killed_goes_on_where_the_store_is(sent: int, lost: set[int]):
    """Nothing is lost and nothing doubled, though some of what was sent did not get there."""
    lines = [f"T-{n // 2},2019-02-03 10:00,,Open,{n}\n" for n in range(40)]
    with TemporaryDirectory() as folder:
        path = file(Path(folder), HEAD + "".join(lines))
        whole, first, second = Ledger(), Mortal(sent), Ledger()
        import_file(path, MAPPING, whole)
        with suppress(Killed):
            import_file(path, MAPPING, first)
        acts = [decode(one).id for one in first.records if one.topic == ACTS.name]
        stored = Known(act for n, act in enumerate(acts) if n not in lost)
        done = import_file(path, MAPPING, second, stored=stored)
    assert first.contents() | second.contents() == whole.contents()
    again = {decode(one).id for one in second.records if one.topic == ACTS.name}
    assert not any(act in stored for act in again)
    assert done.new == len(again)
    assert done.survey.acts == 20


def test_progress_is_told_on_the_way_and_at_the_end(tmp_path: Path):
    rows = "".join(f"T-{n},2019-02-03 10:00,,Open,App\n" for n in range(2500))
    path, told = file(tmp_path, HEAD + rows), list[Progress]()
    import_file(path, MAPPING, Ledger(), on_progress=told.append)
    assert [progress.rows for progress in told] == [1000, 2000, 2500]
    size = path.stat().st_size
    assert told[-1] == Progress(2500, 0, size, size)


def test_what_a_tally_lists_is_bounded(tmp_path: Path):
    rows = "".join(f"T-{n},2019-02-03 10:00,never {n},Open,App\n" for n in range(300))
    found = survey(file(tmp_path, HEAD + rows), MAPPING)
    assert len(found.defaults["closed_at"]) == 201
    assert sum(found.defaults["closed_at"].values()) == 300


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        survey(tmp_path / "none.csv", MAPPING)
