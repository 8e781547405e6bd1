"""A file of tickets counted by hand: read with the csv module, in the mapping's own words."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.journey.recount_nouns import Case, Report

CLOSED = {"closed", "closed_duplicate", "closed_transferred"}


@dataclass(frozen=True)
class Ticket:
    """One row of the file."""

    reported_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    status: str
    source: str
    department: str | None


@dataclass
class File:
    """All rows: by ticket, of rows with one number the last; and those that cannot be used."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    rows: int = 0
    distinct: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def read_file(path: Path, mapping: Path) -> File:
    """Read a file as its mapping says."""
    # Every word as it is written: `No` is a heading, not a lie.
    words = yaml.load(mapping.read_text("utf-8"), yaml.BaseLoader)
    found = File()
    with path.open(encoding="utf-8-sig", newline="") as lines:
        headings, *rows = csv.reader(lines)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        found.rows += 1
        cells = dict(zip(headings, row, strict=False))
        number = cells.get(words["columns"]["ticket"], "").strip()
        reason = _why_not(row, headings, number, cells, words)
        if reason is not None:
            found.refused[reason] += 1
            continue
        found.tickets[number] = _ticket(cells, words)
        seen.add(tuple(cells[name].strip() for name in words["columns"].values()))
    found.distinct = len(seen)
    return found


def _why_not(
    row: list[str], headings: list[str], number: str, cells: dict[str, str], words: dict[str, Any]
) -> str | None:
    reported = cells.get(words["columns"]["reported_at"], "").strip()
    if len(row) != len(headings) or not number or not reported:
        return "row_unreadable"
    at = _time(reported, words)
    return "bad_time" if at is None or at.year < 1970 else None


def _ticket(cells: dict[str, str], words: dict[str, Any]) -> Ticket:
    columns, defaults = words["columns"], words.get("defaults", {})

    def cell(name: str) -> str:
        return cells[columns[name]].strip() if name in columns else ""

    reported_at = _time(cell("reported_at"), words)
    assert reported_at is not None
    source = words["source"].get(cell("source")) if "source" in words else cell("source")
    return Ticket(
        reported_at=reported_at,
        closed_at=_time(cell("closed_at"), words),
        due_at=_time(cell("due_at"), words),
        status=words["status"].get(cell("status"), defaults.get("status", "open")),
        source=source or defaults.get("source", "hotline"),
        department=cell("department") or defaults.get("department"),
    )


def _time(text: str, words: dict[str, Any]) -> datetime | None:
    """An hour that is left out is moved on by one; of an hour that comes twice, the first."""
    for form in words["time_formats"]:
        try:
            local = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the file's own zone
        except ValueError:
            continue
        if local.year == 9999:  # never; beyond what any store holds
            return datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC)
        return local.replace(tzinfo=ZoneInfo(words["timezone"]), fold=0).astimezone(UTC)
    return None


def cases_at(tickets: dict[str, Ticket], as_of: datetime) -> list[Case]:
    """Each ticket as it stood at that instant; a closing takes effect when it was reported."""
    found = []
    for one in tickets.values():
        at = one.closed_at if one.status in CLOSED else None
        closed = at is not None and max(at, one.reported_at) < as_of
        found.append(
            Case(
                filed_at=one.reported_at,
                source=one.source,
                department=one.department,
                deadline=one.due_at,
                handled=closed,
                closed_at=one.closed_at,
                is_closed=closed,
                void=one.status == "cancelled",
            )
        )
    return found


def reports_of(tickets: dict[str, Ticket]) -> list[Report]:
    """Each ticket is one report, also one that was cancelled."""
    return [
        Report(one.reported_at, one.source, void=one.status == "cancelled")
        for one in tickets.values()
    ]
