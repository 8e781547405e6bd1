"""Which reports of a home are one case: decided in event time, whatever the order of arrival.

Each report is read once all those before it have been: it opens a case of its own, or joins one
that an earlier report opened. What a report becomes thus follows from those before it, from what
people have merged and split, and from how the case stood at that instant; so a late report, or a
late act, has only what comes after it read again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from streams.core.looks import Eye
from streams.core.merging import MergingRule
from streams.core.neighbourhood import ByMatter, Neighbourhood, Order, spots, window
from streams.core.reading import Candidate, ReadAs, Reading
from streams.core.standing import How, Standing
from streams.core.twins import Likeness, Sighting, compare, may_share

MARGIN = 0.05
"""Two cases whose scores are no further apart are equally likely: a person decides."""

MOST_CANDIDATES = 3
MOST_REPORTS = 500
"""As many reports as a case takes by score: a camera that never rests must not make it grow without
end. The next one opens another case."""
BY_HAND = "人工并案"


class World(Protocol):
    """What a reading asks of the outside of its home's reports."""

    def rule(self, report: Sighting) -> MergingRule | None:
        """By which the report is compared; None where the place merges nothing by itself."""

    def next_to(self, report: Sighting) -> frozenset[str]:
        """The grids beside that of the report."""

    def standing(self, members: Sequence[str], at: datetime) -> Standing:
        """How the case of these reports stood just before an instant."""


class _Found(NamedTuple):
    """A case that a report is like: by its report `twin`."""

    lead: str
    twin: Sighting
    like: Likeness

    @property
    def rank(self) -> tuple[float, Order]:
        return -self.like.score, self.twin.order


def regroup(
    home: Neighbourhood, since: datetime, names: Iterable[str], world: World
) -> dict[str, Reading]:
    """Read again what a change to the reports `names`, or to their cases since an instant, may
    have changed. Returns the readings that did, by name."""
    spread, reader = _Spread(home, names, world), _Reader(home, world)
    changed: dict[str, Reading] = {}
    for report in home.since(since):
        if not spread.reaches(report):
            continue
        old, new = home.readings.get(report.name), reader.read(report)
        if new != old:
            spread.over(report.name)
            home.read_as(report.name, new)
            spread.over(report.name)
            changed[report.name] = new
    return changed


class _Reader:
    """Reads one report among those before it."""

    def __init__(self, home: Neighbourhood, world: World) -> None:
        self._home, self._world = home, world

    def read(self, report: Sighting) -> Reading:
        reading = self._read(report)
        lead = self._home.sighting(reading.lead)
        if lead is None or lead is report:
            return reading
        return replace(reading, lead_at=lead.at)

    def _read(self, report: Sighting) -> Reading:
        home, alone = self._home, Reading(report.name, report.name)
        if report.clear:
            return self._looked(report, alone)
        if report.unconfirmed and (judged := home.judged(report)) is not None:
            alone = replace(alone, judged=judged)
        rule = self._world.rule(report)
        if rule is not None:
            repeats, hotspot = self._repeats(report, rule), self._hotspot(report, rule)
            alone = replace(alone, repeats=repeats, hotspot=hotspot)
        if rule is None:
            return self._by_hand(report, alone) or alone
        alike, apart = self._alike(report, rule), home.kept_apart(report)
        itself = self._decide(report, alone, rule, alike)
        reading = self._by_hand(report, alone) or (
            self._decide(report, alone, rule, [one for one in alike if one.lead not in apart])
            if apart
            else itself
        )
        if reading.lead == report.name:
            asked = (*reading.candidates, *self._across(report, rule))
            reading = replace(reading, candidates=asked[:MOST_CANDIDATES])
        regrouped = reading.lead != itself.lead
        return replace(
            reading,
            read_as=_read_as(itself, report),
            regrouped_at=apart.get(itself.lead, home.bound_since(report)) if regrouped else None,
        )

    def _by_hand(self, report: Sighting, alone: Reading) -> Reading | None:
        """As people's decisions have it; None where they leave it to the machine."""
        bound = self._home.first_bound(report.name)
        if bound is report:
            return None
        lead = self._home.readings[bound.name].lead
        closed = self._standing(lead, report).how is How.CLOSED
        return replace(alone, lead=lead, twin=bound.name, why=(BY_HAND,), reopens=closed)

    def _looked(self, look: Sighting, alone: Reading) -> Reading:
        """A clear look speaks of the latest case of its matter that its eye has found, if open."""
        found = self._home.of_eye(look)
        latest = next((one for one in found if one.matter == look.matter), None)
        if latest is None:
            return alone
        lead = self._home.readings[latest.name].lead
        if self._full(lead, look) or self._standing(lead, look).how is not How.OPEN:
            return alone
        return replace(alone, lead=lead, twin=latest.name)

    def _decide(
        self, report: Sighting, alone: Reading, rule: MergingRule, alike: Iterable[_Found]
    ) -> Reading:
        likely: list[tuple[_Found, How]] = []
        for one in alike:
            stood = self._standing(one.lead, report)
            # What nobody has confirmed brings no case back to its department.
            back = None if report.unconfirmed else rule.reopen_within
            if stood.how is How.OPEN:
                likely.append((one, stood.how))
            elif stood.how is How.CLOSED and one.like.score >= rule.merged_from:
                if back is not None and report.at - stood.since <= back:
                    likely.append((one, stood.how))
                elif alone.closed_twin is None:
                    alone = replace(alone, closed_twin=one.twin.name)
        if not likely:
            return alone
        best, how = likely[0]
        found = [one for one, _ in likely]
        if best.like.score < rule.merged_from or _undecided(found, rule):
            return replace(alone, candidates=tuple(map(_asked, found[:MOST_CANDIDATES])))
        return replace(
            alone,
            lead=best.lead,
            anchor=self._home.readings[best.twin.name].anchor,
            twin=best.twin.name,
            score=best.like.score,
            why=best.like.why,
            reopens=how is How.CLOSED,
            closed_twin=None,
        )

    def _alike(self, report: Sighting, rule: MergingRule) -> list[_Found]:
        """The cases that the report is like, each by the report it is most like; the best first."""
        readings = self._home.readings
        next_to = self._world.next_to(report)
        best: dict[str, _Found] = {}
        # Asked once for each case and anchor: of a case with many reports each is as like it.
        takes: dict[tuple[str, str], bool] = {}
        for other in _before(report, rule, self._home.by_matter):
            reading = readings[other.name]
            like = compare(report, other, rule, next_to)
            if like is None or like.score < rule.candidate_from:
                continue
            part = reading.lead, reading.anchor
            if part not in takes:
                full = self._full(reading.lead, report)
                takes[part] = not full and self._may_join(report, reading, rule)
            if not takes[part]:
                continue
            found = _Found(reading.lead, other, like)
            if reading.lead not in best or found.rank < best[reading.lead].rank:
                best[reading.lead] = found
        return sorted(best.values(), key=lambda one: one.rank)

    def _across(self, report: Sighting, rule: MergingRule) -> Iterator[Candidate]:
        """Reports of other homes before this one that it is like, the most alike first: of two
        homes only a person says that they are one problem."""
        next_to = self._world.next_to(report)
        found = []
        for visitor in _before(report, rule, self._home.visiting):
            like = compare(report, visitor, rule, next_to)
            if like is not None and like.score >= rule.candidate_from:
                found.append((-like.score, visitor.order, visitor.name, like))
        for _, _, name, like in sorted(found):
            yield Candidate(name, like.score, (*like.why, "跨片区"))

    def _full(self, lead: str, report: Sighting) -> bool:
        return len(self._home.members_before(lead, report)) >= MOST_REPORTS

    def _may_join(self, report: Sighting, reading: Reading, rule: MergingRule) -> bool:
        """Whether the report can be where all those are that were merged by score with this one;
        else of a row of neighbours the first and the last would be one case."""
        return all(
            may_share(report, other, rule)
            for other in self._home.members_before(reading.lead, report)
            if self._home.readings[other.name].anchor == reading.anchor
        )

    def _standing(self, lead: str, report: Sighting) -> Standing:
        before = sorted(self._home.members_before(lead, report), key=lambda one: one.order)
        others = [one.name for one in before if one.name != lead]
        return self._world.standing([lead, *others], report.at)

    def _repeats(self, report: Sighting, rule: MergingRule) -> str | None:
        earlier = self._home.of_requester(report, report.at - rule.repeat_within)
        return next((one.name for one in earlier if one.matter == report.matter), None)

    def _hotspot(self, report: Sighting, rule: MergingRule) -> int:
        """How many reports of the matter there are at its spot, when that makes a hotspot."""
        since = report.at - rule.hotspot_within
        counts = (
            1 + sum(1 for _ in self._home.at_spot(spot, report, since)) for spot in spots(report)
        )
        return next((count for count in counts if count == rule.hotspot_reports), 0)


def _before(report: Sighting, rule: MergingRule, among: ByMatter) -> Iterator[Sighting]:
    """Those before this one, in the window, of matters that may be its own."""
    matters: Iterable[str | None] = among
    if report.matter is not None:
        matters = dict.fromkeys((report.matter, *sorted(rule.alike), None))
    for matter in matters:
        if matter in among:
            yield from window(among[matter], report, report.at - rule.within)


def _undecided(found: Sequence[_Found], rule: MergingRule) -> bool:
    """Whether another case is as likely that cannot be the same problem as the likeliest."""
    best, *others = found
    near = (one for one in others if best.like.score - one.like.score < MARGIN)
    return any(not may_share(best.twin, one.twin, rule) for one in near)


def _read_as(itself: Reading, report: Sighting) -> ReadAs:
    if itself.lead != report.name:
        return ReadAs.LINKED
    return ReadAs.PROPOSED if itself.candidates else ReadAs.APART


def _asked(one: _Found) -> Candidate:
    return Candidate(one.twin.name, one.like.score, one.like.why)


class _Spread:
    """What a change may touch: the same and like matters, the requester, the cases, in time."""

    def __init__(self, home: Neighbourhood, names: Iterable[str], world: World) -> None:
        self._home, self._world = home, world
        self._names: set[str] = set()
        self._matters: set[str | None] = set()
        self._requesters: set[str] = set()
        self._eyes: set[Eye] = set()
        self._last: datetime | None = None
        for name in names:
            self.over(name)

    def over(self, name: str) -> None:
        for one in self._home.together(name):
            report = self._home.sighting(one)
            if report is None:
                continue
            self._names.add(one)
            self._matters.add(report.matter)
            if report.eye is not None:
                self._eyes.add(report.eye)
            if report.requester is not None:
                self._requesters.add(report.requester)
            self._last = max(self._last or report.at, report.at)

    def reaches(self, report: Sighting) -> bool:
        if report.name in self._names or report.name not in self._home.readings:
            return True
        if report.eye in self._eyes:
            return True
        rule = self._world.rule(report)
        if rule is None or self._last is None or report.at - self._last > rule.reach:
            return False
        return (
            report.matter is None
            or None in self._matters
            or not self._matters.isdisjoint({report.matter, *rule.alike})
            or report.requester in self._requesters
        )
