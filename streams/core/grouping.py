"""Which reports of a home are one case: decided in event time, whatever the order of arrival.

Each report is read once all those before it have been: it opens a case of its own, or joins one
that an earlier report opened. What a report becomes thus follows from those before it, from what
people have merged and split, and from how the case stood at that instant; so a late report, or a
late act, has only what comes after it read again.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, Protocol

import msgspec

from streams.core.case import ActInput, Case, Story
from streams.core.events import ActKind
from streams.core.lifecycle import CaseState
from streams.core.looks import Eye
from streams.core.merging import MergingRule
from streams.core.reading import Candidate, Reading
from streams.core.twins import Likeness, Sighting, compare, may_share
from streams.core.verdicts import Verdict, Verdicts

MARGIN = 0.05
"""Two cases whose scores are no further apart are equally likely: a person decides."""

MOST_CANDIDATES = 3
MOST_REPORTS = 500
"""As many reports as a case takes by score: a camera that never rests must not make it grow without
end. The next one opens another case."""
BY_HAND = "人工并案"

Order = tuple[datetime, str, str]


class Bond(NamedTuple):
    """What a person decided of two reports, by an act at this place in the order of acts."""

    order: tuple[datetime, int, str, str]
    one: str
    other: str
    together: bool


def bond(case: str, act: ActInput) -> Bond | None:
    """What the act decides of the report that it names and another; None for any other act."""
    other = act.act.other
    if act.act.act not in {ActKind.MERGE, ActKind.SPLIT} or other is None or other == case:
        return None
    return Bond(act.order, case, other, act.act.act is ActKind.MERGE)


class How(StrEnum):
    """How a case stood at an instant, for a report that is like it."""

    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"  # void, or rejected: no report joins it


class Standing(NamedTuple):
    how: How
    since: datetime


def standing(story: Story, at: datetime) -> Standing:
    """How the case stood just before an instant; as it began, where that is no earlier."""
    first = story.history[0]
    return _stood(*next((one for one in reversed(story.history) if one[0] < at), first))


def endings(story: Story) -> list[Standing]:
    """When the case ended, and began again: all that has a say in which reports join it."""
    stood = [_stood(since, case) for since, case in story.history]
    return [stood[0], *(one for before, one in pairwise(stood) if one.how is not before.how)]


def _stood(since: datetime, case: Case) -> Standing:
    if case.void:
        return Standing(How.OVER, since)
    if case.state is CaseState.CLOSED:
        return Standing(How.CLOSED, case.closed_at or since)
    return Standing(How.OPEN, since)


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


class Neighbourhood:
    """All reports of one home that may be merged, in their order, and what each was read as."""

    def __init__(self) -> None:
        self.readings: dict[str, Reading] = {}
        self._sightings: dict[str, Sighting] = {}
        self._order: list[Sighting] = []
        self._by_matter: dict[str | None, list[Sighting]] = defaultdict(list)
        self._by_requester: dict[str, list[Sighting]] = defaultdict(list)
        self._by_spot: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
        self._by_eye: dict[Eye, list[Sighting]] = defaultdict(list)
        self._verdicts = Verdicts()
        self._bonds: dict[frozenset[str], Bond] = {}
        self._bonded: dict[str, set[str]] = defaultdict(set)
        self._members: dict[str, set[str]] = defaultdict(set)
        self._visitors: dict[str, Sighting] = {}
        self._visiting: dict[str | None, list[Sighting]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._order) + len(self._visitors)

    def welcome(self, visitor: Sighting) -> None:
        """Take in a report of another home that is near the border: others are compared with it."""
        self._visitors[visitor.name] = visitor
        insort(self._visiting[visitor.matter], visitor, key=_order)

    def add(self, report: Sighting, reading: Reading | None = None) -> None:
        """Take a report in; with its reading where it was read before."""
        self._sightings[report.name] = report
        insort(self._order, report, key=_order)
        if reading is not None:
            self._take(report.name, reading)
        if report.clear:
            return
        if report.eye is not None:
            insort(self._by_eye[report.eye], report, key=_order)
        insort(self._by_matter[report.matter], report, key=_order)
        if report.requester is not None:
            insort(self._by_requester[report.requester], report, key=_order)
        for spot in _spots(report):
            insort(self._by_spot[spot], report, key=_order)

    def bind(self, bond: Bond) -> None:
        """Take in what a person decided; of two decisions about one pair the later one holds."""
        pair = frozenset((bond.one, bond.other))
        held = self._bonds.get(pair)
        if held is None or held.order < bond.order:
            self._bonds[pair] = bond
            self._bonded[bond.one].add(bond.other)
            self._bonded[bond.other].add(bond.one)

    def judge(self, verdict: Verdict) -> None:
        """Take in what a person said of a finding."""
        found = self._sightings[verdict.name]
        if found.eye is not None and found.at <= verdict.at:
            self._verdicts.take(found.eye, verdict)

    def members(self, lead: str) -> tuple[str, ...]:
        """The reports of a case but for its lead, in their order."""
        ordered = sorted((self._sightings[name] for name in self._members[lead]), key=_order)
        return tuple(report.name for report in ordered if report.name != lead)

    def since(self, since: datetime) -> list[str]:
        """The names of all reports since an instant, in their order."""
        return [one.name for one in self._order[bisect_left(self._order, since, key=_at) :]]

    def regroup(self, since: datetime, names: Iterable[str], world: World) -> dict[str, Reading]:
        """Read again what a change to the reports `names`, or to their cases since an instant, may
        have changed. Returns the readings that did, by name."""
        spread = _Spread(self, names, world)
        changed: dict[str, Reading] = {}
        for report in self._order[bisect_left(self._order, since, key=_at) :]:
            if not spread.reaches(report):
                continue
            old, new = self.readings.get(report.name), self._read(report, world)
            if new != old:
                spread.over(report.name)
                self._take(report.name, new)
                spread.over(report.name)
                changed[report.name] = new
        return changed

    def together(self, name: str) -> set[str]:
        """The report, and all whose case it shares, or that people have decided on with it."""
        lead = self.readings[name].lead if name in self.readings else name
        return {name} | self._members[lead] | self._bonded[name] | self._bound(name)

    def first_of(self, names: Iterable[str]) -> datetime:
        """When the first was of these reports and of those that people made one with them."""
        bound = {one for name in names for one in self._bound(name)}
        return min(self._sightings[name].at for name in bound if name in self._sightings)

    def sighting(self, name: str) -> Sighting | None:
        """The report of this name, where it is of this home or visits it."""
        return self._sightings.get(name) or self._visitors.get(name)

    def _take(self, name: str, reading: Reading) -> None:
        old = self.readings.get(name)
        if old is not None:
            self._members[old.lead].discard(name)
        self.readings[name] = reading
        self._members[reading.lead].add(name)

    # --- reading one report ---

    def _read(self, report: Sighting, world: World) -> Reading:
        alone = Reading(report.name, report.name)
        if report.clear:
            return self._looked(report, alone, world)
        if report.unconfirmed and report.eye is not None:
            judged = self._verdicts.before(report.eye, report.at)
            alone = msgspec.structs.replace(alone, judged=judged)
        rule = world.rule(report)
        if rule is not None:
            alone = msgspec.structs.replace(
                alone, repeats=self._repeats(report, rule), hotspot=self._hotspot(report, rule)
            )
        bound = min((self._sightings[name] for name in self._bound(report.name)), key=_order)
        if bound is not report:
            lead = self.readings[bound.name].lead
            closed = self._standing(lead, report, world).how is How.CLOSED
            return msgspec.structs.replace(
                alone, lead=lead, twin=bound.name, why=(BY_HAND,), reopens=closed
            )
        if rule is None:
            return alone
        reading = self._decide(report, alone, self._alike(report, rule, world), rule, world)
        if reading.lead != report.name:
            return reading
        asked = (*reading.candidates, *self._across(report, rule, world))
        return msgspec.structs.replace(reading, candidates=asked[:MOST_CANDIDATES])

    def _looked(self, look: Sighting, alone: Reading, world: World) -> Reading:
        """A clear look speaks of the latest case of its matter that its eye has found, if open."""
        found = self._by_eye.get(look.eye, []) if look.eye is not None else []
        latest = next((o for o in _window(found, look) if o.matter == look.matter), None)
        if latest is None:
            return alone
        lead = self.readings[latest.name].lead
        if self._full(lead, look) or self._standing(lead, look, world).how is not How.OPEN:
            return alone
        return msgspec.structs.replace(alone, lead=lead, twin=latest.name)

    def _decide(
        self,
        report: Sighting,
        alone: Reading,
        found: Sequence[_Found],
        rule: MergingRule,
        world: World,
    ) -> Reading:
        closed = None
        open_: list[tuple[_Found, How]] = []
        for one in found:
            stood = self._standing(one.lead, report, world)
            # What nobody has confirmed brings no case back to its department.
            back = None if report.unconfirmed else rule.reopen_within
            if stood.how is How.OPEN:
                open_.append((one, stood.how))
            elif stood.how is How.CLOSED and one.like.score >= rule.merged_from:
                if back is not None and report.at - stood.since <= back:
                    open_.append((one, stood.how))
                else:
                    closed = closed or one.twin.name
        alone = msgspec.structs.replace(alone, closed_twin=closed)
        if not open_:
            return alone
        best, how = open_[0]
        likely = [one for one, _ in open_]
        if best.like.score < rule.merged_from or self._undecided(likely, rule):
            asked = tuple(
                Candidate(one.twin.name, one.like.score, one.like.why)
                for one in likely[:MOST_CANDIDATES]
            )
            return msgspec.structs.replace(alone, candidates=asked)
        return msgspec.structs.replace(
            alone,
            lead=best.lead,
            anchor=self.readings[best.twin.name].anchor,
            twin=best.twin.name,
            score=best.like.score,
            why=best.like.why,
            reopens=how is How.CLOSED,
            closed_twin=None,
        )

    def _undecided(self, found: Sequence[_Found], rule: MergingRule) -> bool:
        """Whether another case is as likely that cannot be the same problem as the likeliest."""
        best, *others = found
        near = (one for one in others if best.like.score - one.like.score < MARGIN)
        return any(not may_share(best.twin, one.twin, rule) for one in near)

    def _alike(self, report: Sighting, rule: MergingRule, world: World) -> list[_Found]:
        """The cases that the report is like, each by the report it is most like; the best first."""
        barred = {self.readings[name].lead for name in self._kept_apart(report)}
        next_to = world.next_to(report)
        best: dict[str, _Found] = {}
        # Asked once for each case and anchor: of a case with many reports each is as like it.
        takes: dict[tuple[str, str], bool] = {}
        for other in self._before(report, rule, self._by_matter):
            reading = self.readings[other.name]
            if reading.lead in barred:
                continue
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

    def _across(self, report: Sighting, rule: MergingRule, world: World) -> Iterator[Candidate]:
        """Reports of other homes before this one that it is like, the most alike first: of two
        homes only a person says that they are one problem."""
        next_to = world.next_to(report)
        found = []
        for visitor in self._before(report, rule, self._visiting):
            like = compare(report, visitor, rule, next_to)
            if like is not None and like.score >= rule.candidate_from:
                found.append((-like.score, visitor.order, visitor.name, like))
        for _, _, name, like in sorted(found):
            yield Candidate(name, like.score, (*like.why, "跨片区"))

    def _full(self, lead: str, report: Sighting) -> bool:
        members = self._members[lead]
        if len(members) < MOST_REPORTS:
            return False
        return sum(self._sightings[n].order < report.order for n in members) >= MOST_REPORTS

    def _may_join(self, report: Sighting, reading: Reading, rule: MergingRule) -> bool:
        """Whether the report can be where all those are that were merged by score with this one;
        else of a row of neighbours the first and the last would be one case."""
        merged = (self._sightings[name] for name in self._members[reading.lead])
        return all(
            may_share(report, other, rule)
            for other in merged
            if other.order < report.order and self.readings[other.name].anchor == reading.anchor
        )

    def _before(
        self,
        report: Sighting,
        rule: MergingRule,
        among: Mapping[str | None, Sequence[Sighting]],
    ) -> Iterator[Sighting]:
        """Those before this one, in the window, of matters that may be its own."""
        matters: Iterable[str | None] = among
        if report.matter is not None:
            matters = dict.fromkeys((report.matter, *sorted(rule.alike), None))
        for matter in matters:
            if matter in among:
                yield from _window(among[matter], report, report.at - rule.within)

    def _standing(self, lead: str, report: Sighting, world: World) -> Standing:
        before = [n for n in self.members(lead) if self._sightings[n].order < report.order]
        return world.standing([lead, *before], report.at)

    def _repeats(self, report: Sighting, rule: MergingRule) -> str | None:
        theirs = self._by_requester.get(report.requester or "", [])
        earlier = _window(theirs, report, report.at - rule.repeat_within)
        same = (one.name for one in earlier if one.matter == report.matter)
        return next(same, None)

    def _hotspot(self, report: Sighting, rule: MergingRule) -> int:
        """How many reports of the matter there are at its spot, when that makes a hotspot."""
        since = report.at - rule.hotspot_within
        counts = (
            1 + sum(1 for _ in _window(self._by_spot[spot], report, since))
            for spot in _spots(report)
        )
        return next((count for count in counts if count == rule.hotspot_reports), 0)

    # --- what people decided ---

    def _bound(self, name: str) -> set[str]:
        """The report and all that people's decisions make one with it."""
        reached, ahead = {name}, [name]
        while ahead:
            here = ahead.pop()
            for other in self._bonded.get(here, ()):
                held = self._bonds[frozenset((here, other))]
                if held.together and other not in reached and other in self._sightings:
                    reached.add(other)
                    ahead.append(other)
        return reached

    def _kept_apart(self, report: Sighting) -> Iterator[str]:
        for other in self._bonded.get(report.name, ()):
            apart = not self._bonds[frozenset((report.name, other))].together
            known = self._sightings.get(other)
            if apart and known is not None and known.order < report.order:
                yield other


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


def _order(report: Sighting) -> Order:
    return report.order


def _at(report: Sighting) -> datetime:
    return report.at


def _window(
    ordered: Sequence[Sighting], report: Sighting, since: datetime | None = None
) -> Iterator[Sighting]:
    """Of ordered reports those since an instant (None: all) and before this one, the latest
    first."""
    begin = 0 if since is None else bisect_left(ordered, since, key=_at)
    end = bisect_left(ordered, report.order, key=_order)
    return (ordered[at] for at in range(end - 1, begin - 1, -1))


def _spots(report: Sighting) -> Iterator[tuple[str, str]]:
    """Where a hotspot may be, of a matter: the names in its words, else its grid."""
    if report.matter is not None:
        names = dict.fromkeys(spot.name for spot in report.spots)
        grid = () if report.grid is None else (report.grid,)
        yield from ((report.matter, name) for name in names or grid)
