"""What people said of cameras' findings, and how often an algorithm was right on a camera.

A verdict is a person's `verify`, whatever becomes of the case; of two about one finding the later
one counts. It teaches what comes after it, and nothing before.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput
from streams.core.events import ActKind
from streams.core.looks import Eye
from streams.core.reading import NEVER_JUDGED, Judged


class Verdict(NamedTuple):
    """核实 · what a person said of the finding `name`: so it is, or not."""

    at: datetime
    sender: str
    id: str
    name: str
    confirmed: bool


def verdict(name: str, found: AcceptedReport, act: ActInput) -> Verdict | None:
    """What the act says of the finding that it names; None for any other act or report."""
    if not found.unconfirmed or act.act.act is not ActKind.VERIFY or act.act.passed is None:
        return None
    return Verdict(act.occurred_at, act.sender, act.id, name, act.act.passed)


def last_verdict(name: str, found: AcceptedReport, acts: Iterable[ActInput]) -> Verdict | None:
    """The one that counts of all that the acts say of a finding since it was made."""
    said = (verdict(name, found, act) for act in acts if act.occurred_at >= found.occurred_at)
    return max((one for one in said if one is not None), default=None)


class Verdicts:
    """All verdicts of a home, by eye."""

    def __init__(self) -> None:
        self._said: dict[Eye, list[Verdict]] = defaultdict(list)
        self._counts: dict[Eye, list[tuple[datetime, Judged]]] = {}

    def take(self, eye: Eye, verdict: Verdict) -> None:
        """Take one in."""
        self._said[eye].append(verdict)
        self._counts.pop(eye, None)

    def before(self, eye: Eye, at: datetime) -> Judged:
        """How many findings of this eye had been confirmed before an instant, and rejected."""
        if eye not in self._said:
            return NEVER_JUDGED
        counts = self._counts.get(eye)
        if counts is None:
            counts = self._counts[eye] = _counted(self._said[eye])
        found = bisect_left(counts, at, key=itemgetter(0))
        return counts[found - 1][1] if found else NEVER_JUDGED


def _counted(said: list[Verdict]) -> list[tuple[datetime, Judged]]:
    """After each verdict, in their order, how many findings stood as confirmed, and rejected."""
    stands: dict[str, bool] = {}
    counts: list[tuple[datetime, Judged]] = []
    confirmed = 0
    for one in sorted(said):
        confirmed += one.confirmed - stands.get(one.name, False)
        stands[one.name] = one.confirmed
        counts.append((one.at, (confirmed, len(stands) - confirmed)))
    return counts
