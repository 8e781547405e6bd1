"""A city's own file: its figures are a plain recount's, twice is once, a newer export restates."""

import csv
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.entry.files import KINDS
from tests.journey import riverton
from tests.journey.large_import import LargeImport, killed_and_resumed
from tests.journey.recount import FIGURES, Rows, answered, gaps, rows
from tests.journey.recount_tickets import Ticket, cases_at, read_file, reports_of
from tests.journey.system import ROOT, System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "riverton"
LATE = datetime.fromisoformat("2024-01-01T00:00:00-05:00")
MIDDLE = datetime.fromisoformat("2018-02-03T15:00:00-05:00")
CUTS = (None, "department", "source")
COUNTED = (*("rows", "new", "reports", "acts", "refused"), "refused_by_reason")

KINDS_MAPPING = """
place: kindred
timezone: Asia/Shanghai
time_formats: ["%Y-%m-%d %H:%M"]
columns: {ticket: 单号, reported_at: 上报, department: 部门}
"""

Tickets = dict[str, Ticket]


def figures(
    system: System, as_of: datetime, by: str | None = None, place: str = PLACE, *more: str
) -> Rows:
    """What `rates` answers of the imported place."""
    cut = ("--by", by) if by else ()
    words = ("--place", place, "--as-of", as_of.isoformat(), "--figure", ",".join(FIGURES))
    return answered(system.rates(*words, *cut, *more))


def counted(tickets: Tickets, as_of: datetime, by: str | None = None) -> Rows:
    """The same, counted from the file."""
    return rows(cases_at(tickets, as_of), reports_of(tickets), as_of, by)


def assert_counted(
    system: System, tickets: Tickets, as_of: datetime, cuts: Sequence[str | None], *more: str
) -> None:
    """Every figure in these cuts is that of a plain recount."""
    for by in cuts:
        found = gaps(figures(system, as_of, by, PLACE, *more), counted(tickets, as_of, by))
        assert found == [], by


class Town:
    """The town's two exports; both are imported by the tests below, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.mapping = folder / "riverton.yaml"
        self.mapping.write_text(riverton.MAPPING, "utf-8")
        before = riverton.rows()
        self.old_path = riverton.write(folder / "old.csv", before, cut_off=True)
        self.new_path = riverton.write(folder / "new.csv", riverton.newer(before))
        self.old = read_file(self.old_path, self.mapping)
        self.new = read_file(self.new_path, self.mapping)

    def load(self, system: System, path: Path, *words: str) -> dict[str, Any]:
        """Import one of them; what the command counted."""
        said: dict[str, Any] = system.json(
            "import", str(path), "--mapping", str(self.mapping), "--json", *words
        )
        assert said.pop("seconds") >= 0
        return said


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Its files on disk."""
    return Town(tmp_path_factory.mktemp("riverton"))


def test_an_export_becomes_the_figures_of_a_plain_recount(town: Town, system: System) -> None:
    """Whatever is odd about its rows; a second run finds nothing new and changes nothing; a newer
    export restates, and what was known before it can still be asked."""
    old = town.old
    said = town.load(system, town.old_path)
    expected = (old.rows, old.distinct, len(old.tickets), old.distinct, sum(old.refused.values()))
    assert said == dict(zip(COUNTED, (*expected, old.refused), strict=True))
    assert said["refused_by_reason"] == {"row_unreadable": 3, "bad_time": 2}
    assert_counted(system, old.tickets, LATE, CUTS)
    assert_counted(system, old.tickets, MIDDLE, ("department",))

    kept = _stored(system)
    again = town.load(system, town.old_path)
    assert again == said | {"new": 0}
    assert _stored(system) == kept

    known = _last_known(system)
    later = town.load(system, town.new_path, "--exported-at", "2024-02-01T00:00:00-05:00")
    assert 0 < later["new"] < later["rows"] == town.new.rows
    together = {**old.tickets, **town.new.tickets}
    assert_counted(system, together, LATE, CUTS)
    assert_counted(system, together, MIDDLE, (None,))
    assert counted(together, LATE) != counted(old.tickets, LATE)

    before = ("--known-at", known.isoformat())
    assert_counted(system, old.tickets, LATE, CUTS, *before)
    assert_counted(system, old.tickets, MIDDLE, (None,), *before)
    said = system.json("verify", "--place", PLACE, "--json")
    assert said["differences"] == []


def _stored(system: System) -> list[int]:
    tables = ("reports", "cases", "case_spans", "facts")
    count = "SELECT count() FROM {} FINAL WHERE place = %(place)s"
    return [system.ask(count.format(table), place=PLACE)[0][0] for table in tables]


def _last_known(system: System, place: str = PLACE) -> datetime:
    """Just after the last that is known of the place now."""
    ((at,),) = system.ask("SELECT max(ingested_at) FROM facts WHERE place = %(p)s", p=place)
    last: datetime = at.replace(tzinfo=LATE.tzinfo) if at.tzinfo is None else at
    return last + timedelta(milliseconds=1)


def test_a_dry_run_tells_all_of_it_and_sends_nothing(town: Town, system: System) -> None:
    """The same rows and refusals, with the lines that are wrong; nothing is stored."""
    before = system.ask("SELECT count() FROM facts")
    words = ("import", str(town.old_path), "--mapping", str(town.mapping), "--dry-run", "--json")
    said = system.json(*words)
    assert (said["rows"], said["refused_by_reason"]) == (town.old.rows, dict(town.old.refused))
    assert system.ask("SELECT count() FROM facts") == before


def test_a_killed_import_goes_on_where_it_was(system: System, tmp_path: Path) -> None:
    """The short cut of the soak test with a million rows."""
    large = LargeImport(tmp_path, "longford", rows=6_000)
    first, second = killed_and_resumed(system, large)
    print(first, second, sep="\n")
    assert large.run(system).sent == 0


def test_files_of_every_kind_come_to_the_same_cases(system: System, tmp_path: Path) -> None:
    """The second kind adds nothing to the first, nor does the third; refused rows are mended."""
    mapping = tmp_path / "kinds.yaml"
    mapping.write_text(KINDS_MAPPING, "utf-8")
    rows = [(f"K-{n}", "2025-03-05 10:00", "城管") for n in range(40)]
    rows += [("K-40", "1900-01-01 00:00", "城管")]
    new = []
    for name, write in KINDS.items():
        path = write(tmp_path / name, ("单号", "上报", "部门"), rows)
        kept = tmp_path / "to-mend.csv"
        words = ("import", str(path), "--mapping", str(mapping), "--refused", str(kept), "--json")
        said = system.json(*words)
        assert (said["rows"], said["refused_by_reason"]) == (41, {"bad_time": 1})
        new.append(said["new"])
    assert new == [40, 0, 0, 0]
    text = kept.read_text("utf-8-sig").replace("1900-01-01 00:00", "2025-03-06 10:00")
    kept.write_text(text, "utf-8")
    said = system.json("import", str(kept), "--mapping", str(mapping), "--json")
    assert (said["rows"], said["new"], said["refused"]) == (1, 1, 0)
    assert system.ask("SELECT count() FROM cases FINAL WHERE place = 'kindred'")[0][0] == 41


class Export:
    """A Baltimore-like file, which this project does not carry, and a changed copy of it."""

    mapping = ROOT / "schemas" / "mappings" / "baltimore.yaml"
    later = "2024-02-01T00:00:00-05:00"

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.copy = path, folder / "changed.csv"
        self._write_copy()
        self.old, self.new = (read_file(one, self.mapping) for one in (self.path, self.copy))

    def _write_copy(self) -> None:
        """Every 7th row is closed at another time, every 11th was withdrawn."""
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            cells = list(reader)
        for row in cells[::7]:
            row.update(SRStatus="Closed", CloseDate="07/15/2018 09:00:00 AM")
        for row in cells[::11]:
            row["SRStatus"] = "Cancelled"
        with self.copy.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, reader.fieldnames or ())
            writer.writeheader()
            writer.writerows(cells)

    def load(self, system: System, path: Path, *words: str) -> dict[str, Any]:
        """Import one of them; what the command counted."""
        given = ("import", str(path), "--mapping", str(self.mapping), "--json", *words)
        said: dict[str, Any] = system.json(*given)
        return said

    def assert_counted(self, system: System, tickets: Tickets, *more: str) -> None:
        """Now and in the middle of the file's span, in total and by department."""
        for as_of in (LATE, datetime.fromisoformat("2018-07-01T00:00:00-04:00")):
            for by in (None, "department"):
                told = figures(system, as_of, by, "imported", *more)
                assert gaps(told, counted(tickets, as_of, by)) == []


def test_a_real_export_becomes_the_figures_of_a_plain_recount(
    system: System, tmp_path: Path
) -> None:
    """A second run changes nothing; a changed copy restates, and before it all is as it was."""
    sample = os.environ.get("GRIDLOOP_SAMPLE")
    if not sample:
        pytest.skip("GRIDLOOP_SAMPLE names no file: a CSV export of Baltimore's 311 tickets")
    export = Export(Path(sample), tmp_path)
    said = export.load(system, export.path)
    assert (said["rows"], said["reports"]) == (export.old.rows, len(export.old.tickets))
    export.assert_counted(system, export.old.tickets)
    assert export.load(system, export.path)["new"] == 0

    known = _last_known(system, "imported")
    said = export.load(system, export.copy, "--exported-at", export.later)
    assert 0 < said["new"] < said["rows"]
    export.assert_counted(system, export.new.tickets)
    export.assert_counted(system, export.old.tickets, "--known-at", known.isoformat())
    assert counted(export.new.tickets, LATE) != counted(export.old.tickets, LATE)
