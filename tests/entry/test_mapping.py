"""The mapping file: what it takes, and how it says what it cannot take."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from streams.core.events import RowStatus
from streams.entry.mapping import MappingError, mapping_schema, parse_mapping, read_mapping

ROOT = Path(__file__).parents[2] / "schemas" / "mappings"

LEAST = """
place: millbrook
timezone: Europe/London
time_formats: ["%d/%m/%Y %H:%M"]
columns: {ticket: Ref, reported_at: Logged}
"""
FULL = """
place: imported
timezone: America/New_York
encoding: utf-8
time_formats: ["%m/%d/%Y %I:%M:%S %p"]
columns: {ticket: Id, reported_at: Created, due_at: Due, closed_at: Closed, status: Status,
          department: Agency, matter: Type, area: District, source: Channel, text: Title,
          lat: Lat, lon: Lon}
status: {Closed: closed, "Closed (Duplicate)": closed_duplicate, Cancelled: cancelled, Open: open}
source: {Phone: hotline, App: citizen, Internal: gridworker}
defaults: {source: hotline, area: unknown, status: open}
merge: false
"""


def test_only_ticket_and_reporting_time_are_required():
    mapping = parse_mapping(LEAST)
    assert (mapping.encoding, mapping.format, mapping.sheet) == (None, None, None)
    assert (mapping.merge, mapping.status, mapping.department) == (False, None, None)
    assert mapping.defaults.source == "hotline"
    assert mapping.defaults.status is RowStatus.OPEN


def test_a_full_mapping_is_read_as_it_is_documented():
    mapping = parse_mapping(FULL)
    assert mapping.columns.due_at == "Due"
    assert mapping.status == {
        "Closed": RowStatus.CLOSED,
        "Closed (Duplicate)": RowStatus.CLOSED_DUPLICATE,
        "Cancelled": RowStatus.CANCELLED,
        "Open": RowStatus.OPEN,
    }
    assert mapping.defaults.area == "unknown"


def test_words_of_the_file_stay_as_they_are_written():
    """YAML would make a truth of No, and an eight of 010."""
    mapping = parse_mapping(LEAST + 'status: {No: open, 010: closed, "1": cancelled}\n')
    assert mapping.status is not None
    assert list(mapping.status) == ["No", "010", "1"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("colour: red", "unknown field `colour`"),
        ("columns: {ticket: Ref, reported_at: Logged, shape: X}", "`shape` - at `$.columns`"),
        ("columns: {ticket: Ref}", "`reported_at` - at `$.columns`"),
        ("defaults: {ticket: none}", "`ticket` - at `$.defaults`"),
        ("defaults: {reported_at: 01/01/2020 10:00}", "`reported_at` - at `$.defaults`"),
        ("defaults: {status: shut}", "shut"),
        ("status: {Done: finished}", "status 'Done': 'finished' is not one of open, closed"),
        ("encoding: latin-1", "latin-1"),
        ("timezone: Mars/Olympus", "no such zone: 'Mars/Olympus'"),
        ("time_formats: []", "time_formats"),
        ("merge: true", "never merged"),
        ("place: mill brook", "$.place"),
        ("place: [", "YAML"),
    ],
)
def test_a_mistake_is_named(change: str, said: str):
    key = change.partition(":")[0]
    kept = "\n".join(line for line in LEAST.splitlines() if not line.startswith(f"{key}:"))
    with pytest.raises(MappingError) as caught:
        parse_mapping(f"{kept}\n{change}\n")
    assert said in str(caught.value)


def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(MappingError, match="'Open' stands twice"):
        parse_mapping(LEAST + "status: {Open: open, Open: closed}\n")


def test_a_missing_file_and_a_wrong_one_are_named(tmp_path: Path):
    with pytest.raises(MappingError, match=r"none\.yaml"):
        read_mapping(tmp_path / "none.yaml")
    path = tmp_path / "odd.yaml"
    path.write_bytes("place: 东".encode("gb18030"))
    with pytest.raises(MappingError, match=r"odd\.yaml.*UTF-8"):
        read_mapping(path)


def test_every_shipped_mapping_can_be_used():
    shipped = sorted(ROOT.glob("*.yaml"))
    assert shipped
    schema = jsonschema_rs.validator_for(mapping_schema())
    for path in shipped:
        read_mapping(path)
        assert schema.is_valid(yaml.safe_load(path.read_text("utf-8"))), path


def test_the_schema_that_is_shipped_is_the_one_that_is_checked():
    shipped = json.loads((ROOT / "mapping.schema.json").read_text("utf-8"))
    assert shipped == mapping_schema()
