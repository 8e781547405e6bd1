"""An invented town's export of its tickets: ordinary rows, and everything that files get wrong."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

MAPPING = """\
place: riverton
timezone: America/New_York
encoding: utf-8
time_formats: ["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M"]
columns:
  {ticket: No, reported_at: Opened, closed_at: Done, due_at: Due, status: State,
   source: Way, department: Office, matter: Kind, area: Ward, text: Words}
status:
  {Done: closed, Done (same as another): closed_duplicate, Passed on: closed_transferred,
   Withdrawn: cancelled, Open: open, New: open}
source: {Telephone: hotline, Site: citizen, Staff: gridworker}
defaults: {source: hotline, area: unknown, status: open}
merge: false
"""
HEADINGS = (
    "No",
    "Opened",
    "Unused",
    "Done",
    "Due",
    "State",
    "Way",
    "Office",
    "Kind",
    "Ward",
    "Words",
)
OFFICES = ("Roads", "Water", "Lights", "公园处", "")
STATES = ("Done", "Done", "Done", "Open", "Passed on", "New", "Done (same as another)", "Done")
WAYS = ("Telephone", "Site", "Staff", "Pigeon")
FIRST_DAY = datetime(2018, 1, 8, 9)  # noqa: DTZ001 - written as the town's clocks show it
ORDINARY = 150

Cells = dict[str, str]


def rows() -> list[Cells]:
    """The town's first export."""
    return [*(_ordinary(n) for n in range(ORDINARY)), *odd()]


def _ordinary(n: int) -> Cells:
    opened = FIRST_DAY + timedelta(hours=7 * n, minutes=n)
    due = opened + timedelta(days=1 + n % 9)
    state = STATES[n % len(STATES)]
    done = opened + timedelta(hours=3 + 11 * n % 190) if "Open" not in state else None
    return row(
        f"R-{n:04d}",
        opened=_written(opened),
        done=_written(done) if done and n % 17 else "",
        due=_written(due) if n % 6 else "",
        state=state,
        way=WAYS[n % len(WAYS)],
        office=OFFICES[n % len(OFFICES)],
    )


def row(
    number: str,
    *,
    opened: str = "03/05/2018 10:00:00 AM",
    done: str = "",
    due: str = "03/07/2018 10:00:00 AM",
    state: str = "Open",
    way: str = "Site",
    office: str = "Roads",
    words: str = "a hole in the road",
) -> Cells:
    """One row's cells under the headings."""
    cells = (number, opened, "-", done, due, state, way, office, "Hole", "Ward 1", words)
    return dict(zip(HEADINGS, cells, strict=True))


def odd() -> list[Cells]:
    """One row for each thing that is wrong, or looks so."""
    noon, evening = "03/05/2018 12:00:00 PM", "03/05/2018 06:00:00 PM"
    return [
        row("O-before", done="03/05/2018 08:00:00 AM", state="Done"),
        row("O-due-before", due="03/01/2018 10:00:00 AM", done=noon, state="Done"),
        row("O-due-far", due="01/01/2087 12:00:00 AM", done=noon, state="Done"),
        row("O-due-never", due="12/31/9999 12:00:00 AM", done=noon, state="Done"),
        row("O-no-time", state="Done"),
        row("O-open-with-time", done=noon),
        row("O-withdrawn", done=noon, state="Withdrawn"),
        row("O-state", done=noon, state="On hold"),
        row("O-no-state", done=noon, state=""),
        row("O-gap", opened="03/11/2018 02:30:00 AM", due="03/11/2018 03:30:00 AM"),
        row(
            "O-twice", opened="11/04/2018 01:30:00 AM", done="11/04/2018 01:30:00 AM", state="Done"
        ),
        row(" O-spaces ", done=f"  {noon} ", state=" Done ", way=" Staff ", office="  Water  "),
        row("O-words", words='said "come", twice,\nand left'),
        row("O-repeat", done=noon, state="Done"),
        row("O-repeat", done=noon, state="Done"),
        row("O-told-twice", done=noon, state="Done"),
        row("O-told-twice", done=noon, state="Done", words="a hole, and water in it"),
        row("O-not-a-time", done="yesterday", state="Done"),
        row("O-to-the-second", done=evening, due=evening, state="Done"),
        row("O-a-second-late", done="03/05/2018 06:00:01 PM", due=evening, state="Done"),
        row("O-future", done="06/01/2091 09:00:00 AM", state="Done"),
        row("O-other-form", opened="2018-03-05 10:00", done="2018-03-06 10:00", state="Done"),
        row(""),
        row("O-bad-time", opened="13/13/2018 10:00:00 AM"),
        row("O-blank-time", opened=""),
        row("O-long-ago", opened="01/01/1601 12:00:00 AM"),
    ]


def newer(before: list[Cells]) -> list[Cells]:
    """A later export: some rows closed at another time or withdrawn, some gone, one new."""
    changed = []
    for at, cells in enumerate(before[:ORDINARY]):
        told: Cells = {}
        if at % 11 == 3:
            told = {"State": "Done", "Done": "05/01/2018 09:00:00 AM"}
        elif at % 13 == 5:
            told = {"State": "Withdrawn"}
        elif at % 29 == 7:
            told = {"Office": "Harbour", "Way": "Staff"}
        if at % 31:
            changed.append(cells | told)
    return [*changed, row("R-new", done="03/06/2018 10:00:00 AM", state="Done", office="Harbour")]


def write(path: Path, cells: list[Cells], *, cut_off: bool = False) -> Path:
    """As such files come: a byte order mark, line ends of two bytes; perhaps a row cut off."""
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\r\n")
        writer.writerow(HEADINGS)
        writer.writerows([one[name] for name in HEADINGS] for one in cells)
        if cut_off:
            lines.write("O-cut,03/05/2018 10:00:00 AM,-\r\n")
    return path


def _written(at: datetime) -> str:
    return at.strftime("%m/%d/%Y %I:%M:%S %p")
