"""All reports of one home that may be merged, in event time: found by matter, person, spot, camera.

Every list stands in the order of the reports, so what came before one of them is a slice.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from streams.core.bonds import Bond, Bonds
from streams.core.looks import Eye
from streams.core.reading import Judged, Reading
from streams.core.twins import Sighting
from streams.core.verdicts import Verdict, Verdicts

Order = tuple[datetime, str, str]
Closing = tuple[datetime, datetime, str]
"""When a case was closed, until when is looked whether its matter is back, and its name."""
ByMatter = Mapping[str | None, Sequence[Sighting]]
MatterSpot = tuple[str, str]
"""A matter, and the spot that its words name, or its grid."""


class Neighbourhood:
    """The reports of a home, what each was read as, and what people decided and said of them."""

    def __init__(self) -> None:
        self.readings: dict[str, Reading] = {}
        self.by_matter: defaultdict[str | None, list[Sighting]] = defaultdict(list)
        self.visiting: defaultdict[str | None, list[Sighting]] = defaultdict(list)
        self._sightings: dict[str, Sighting] = {}
        self._visitors: dict[str, Sighting] = {}
        self._order: list[Sighting] = []
        self._by_requester: dict[str, list[Sighting]] = defaultdict(list)
        self._by_spot: dict[MatterSpot, list[Sighting]] = defaultdict(list)
        self._by_eye: dict[Eye, list[Sighting]] = defaultdict(list)
        self._verdicts = Verdicts()
        self._bonds = Bonds()
        self._members: dict[str, set[str]] = defaultdict(set)
        self._closings: defaultdict[str | None, list[Closing]] = defaultdict(list)
        self._closed: dict[str, list[Closing]] = {}
        self._longest = timedelta()

    def __len__(self) -> int:
        return len(self._order) + len(self._visitors)

    # --- taking in ---

    def welcome(self, visitor: Sighting) -> None:
        """Take in a report of another home that is near the border: others are compared with it."""
        self._visitors[visitor.name] = visitor
        insort(self.visiting[visitor.matter], visitor, key=_order)

    def add(self, report: Sighting, reading: Reading | None = None) -> None:
        """Take a report in; with its reading where it was read before."""
        self._sightings[report.name] = report
        insort(self._order, report, key=_order)
        if reading is not None:
            self.read_as(report.name, reading)
        if report.clear:
            return
        if report.eye is not None:
            insort(self._by_eye[report.eye], report, key=_order)
        insort(self.by_matter[report.matter], report, key=_order)
        if report.requester is not None:
            insort(self._by_requester[report.requester], report, key=_order)
        for spot in spots(report):
            insort(self._by_spot[spot], report, key=_order)

    def bind(self, bond: Bond) -> None:
        """Take in what a person decided."""
        self._bonds.take(bond)

    def judge(self, verdict: Verdict) -> None:
        """Take in what a person said of a finding."""
        found = self._sightings[verdict.name]
        if found.eye is not None and found.at <= verdict.at:
            self._verdicts.take(found.eye, verdict)

    def read_as(self, name: str, reading: Reading) -> None:
        """What a report is read as from now on."""
        old = self.readings.get(name)
        if old is not None:
            self._members[old.lead].discard(name)
        self.readings[name] = reading
        self._members[reading.lead].add(name)

    def look_after(self, name: str, closings: Iterable[tuple[datetime, datetime]]) -> None:
        """All closings of a case, each with until when is looked whether its matter is back."""
        held = self._closings[self._sightings[name].matter]
        for gone in self._closed.pop(name, ()):
            held.remove(gone)
        for at, until in closings:
            insort(held, (at, until, name))
            self._closed.setdefault(name, []).append((at, until, name))
            self._longest = max(self._longest, until - at)

    # --- one report and its case ---

    def sighting(self, name: str) -> Sighting | None:
        """The report of this name, where it is of this home or visits it."""
        return self._sightings.get(name) or self._visitors.get(name)

    def members(self, lead: str) -> tuple[str, ...]:
        """The reports of a case but for its lead, in their order."""
        ordered = sorted((self._sightings[name] for name in self._members[lead]), key=_order)
        return tuple(report.name for report in ordered if report.name != lead)

    def members_before(self, lead: str, report: Sighting) -> list[Sighting]:
        """The reports of a case that stand before this one, in no order."""
        members = (self._sightings[name] for name in self._members[lead])
        return [member for member in members if member.order < report.order]

    def together(self, name: str) -> set[str]:
        """The report, and all whose case it shares, or that people have decided on with it."""
        lead = self.readings[name].lead if name in self.readings else name
        return {name, *self._members[lead], *self._bonds.of(name), *self.bound(name)}

    def bound(self, name: str) -> Mapping[str, datetime]:
        """The report and all that people's decisions make one with it, each with since when."""
        return self._bonds.together(name, self._sightings)

    def first_bound(self, name: str) -> Sighting:
        """The first of these."""
        return min((self._sightings[one] for one in self.bound(name)), key=_order)

    def bound_since(self, report: Sighting) -> datetime | None:
        """When people first made the report one with one before it; None where they never did."""
        bound = self.bound(report.name).items()
        return min(
            (at for name, at in bound if self._sightings[name].order < report.order), default=None
        )

    def kept_apart(self, report: Sighting) -> Mapping[str, datetime]:
        """The cases before this report that people have said are another problem, each with when
        they first did."""
        leads: dict[str, datetime] = {}
        for name, at in self._bonds.apart(report.name):
            other = self._sightings.get(name)
            if other is not None and other.order < report.order:
                lead = self.readings[name].lead
                leads[lead] = min(leads.get(lead, at), at)
        return leads

    # --- in time ---

    def since(self, since: datetime) -> Sequence[Sighting]:
        """All reports since an instant, in their order."""
        return self._order[bisect_left(self._order, since, key=_at) :]

    def closed_before(self, report: Sighting) -> Iterator[str]:
        """The cases of its matter whose closing it came after, while that was looked after."""
        held = self._closings.get(report.matter, [])
        begin = bisect_left(held, (report.at - self._longest,))
        for at, until, name in held[begin : bisect_left(held, (report.at,))]:
            if at < report.at <= until and name != report.name:
                yield name

    def leading(self, matter: str | None, after: datetime, until: datetime) -> Iterator[Sighting]:
        """The reports of a matter that opened a case after an instant, and until another."""
        ordered = self.by_matter.get(matter, [])
        begin, end = (bisect_right(ordered, at, key=_at) for at in (after, until))
        return (one for one in ordered[begin:end] if self.readings[one.name].lead == one.name)

    def first_of(self, names: Iterable[str]) -> datetime:
        """When the first was of these reports and of those that people made one with them."""
        bound = {one for name in names for one in self.bound(name)}
        return min(self._sightings[name].at for name in bound if name in self._sightings)

    def judged(self, report: Sighting) -> Judged | None:
        """What people had said of earlier findings of its camera; None where it has none."""
        return self._verdicts.before(report.eye, report.at) if report.eye is not None else None

    def of_eye(self, report: Sighting) -> Iterator[Sighting]:
        """What its camera and algorithm found before it, the latest first."""
        found = self._by_eye.get(report.eye, ()) if report.eye is not None else ()
        return window(found, report)

    def of_requester(self, report: Sighting, since: datetime) -> Iterator[Sighting]:
        """What the same person reported since an instant and before it, the latest first."""
        return window(self._by_requester.get(report.requester or "", ()), report, since)

    def at_spot(self, spot: MatterSpot, report: Sighting, since: datetime) -> Iterator[Sighting]:
        """The reports of the spot since an instant and before this one, the latest first."""
        return window(self._by_spot.get(spot, ()), report, since)


def window(
    ordered: Sequence[Sighting], report: Sighting, since: datetime | None = None
) -> Iterator[Sighting]:
    """Of ordered reports those since an instant (None: all) and before this one, the latest
    first."""
    begin = 0 if since is None else bisect_left(ordered, since, key=_at)
    end = bisect_left(ordered, report.order, key=_order)
    return (ordered[at] for at in range(end - 1, begin - 1, -1))


def spots(report: Sighting) -> Iterator[MatterSpot]:
    """Where a hotspot may be, of a matter: the names in its words, else its grid."""
    if report.matter is not None:
        names = dict.fromkeys(spot.name for spot in report.spots)
        grid = () if report.grid is None else (report.grid,)
        yield from ((report.matter, name) for name in names or grid)


def _order(report: Sighting) -> Order:
    return report.order


def _at(report: Sighting) -> datetime:
    return report.at
