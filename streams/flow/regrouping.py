"""What a change among a home's reports does to its cases: read again, told again, one by one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from streams.core.case import Linked, Story
from streams.core.casebook import Group, Kept, tell, tell_on
from streams.core.grouping import regroup
from streams.core.merging import MergingRule, merging_rule, next_to
from streams.core.neighbourhood import Neighbourhood
from streams.core.place import PlaceRules, Rulebook
from streams.core.reading import Reading
from streams.core.standing import Standing, standing
from streams.core.twins import Sighting
from streams.flow.caseload import Caseload


class Retold(NamedTuple):
    """A case's story before a change (None: it is new) and after; `same` as tell_on gives it."""

    name: str
    before: Story | None
    story: Story
    same: int = 0


NOT_RETOLD: Sequence[Retold] = ()


def retell(
    cases: Caseload,
    home: Neighbourhood,
    since: datetime,
    names: Sequence[str],
    *,
    retold: Sequence[Retold] = NOT_RETOLD,
    old: Rulebook | None = None,
) -> Iterator[Retold]:
    """Each case that a change to these reports touches, and those that an act has `retold`, once.

    To be revised as it comes: the next story is told of what is kept by then. With `old` rules the
    stories that are remembered were told by those.
    """
    told = {one.name: one for one in retold}
    changed = regroup(home, since, names, _World(cases, home, old))
    fresh = [name for name in changed if cases.of(name).reading is None]
    leads = {cases.of(name).lead for name in changed} | {r.lead for r in changed.values()}
    # A clear look is part of a case, and none itself.
    touched = {name for name in {*told, *changed, *leads} if not cases.of(name).seed.clear}
    was = {
        name: told[name].before if name in told else cases.story(name, old)
        for name in touched
        if cases.of(name).revision >= 0
    }
    for name, reading in changed.items():
        cases.keep(replace(cases.of(name), reading=reading))
    for lead in leads:
        kept = cases.of(lead)
        cases.keep(replace(kept, members=home.members(lead) if kept.lead == lead else ()))
    joined = _joined(cases, changed, fresh)
    for name in sorted(touched):
        before = was.get(name)
        if old is None and name in told and name not in leads:
            yield Retold(name, before, told[name].story)
        else:
            new = joined if joined is not None and joined.name != name else None
            story, same = tell_on(cases.group(name), before, new, cases.book)
            yield Retold(name, before, story, same)


def _joined(cases: Caseload, changed: Mapping[str, Reading], fresh: Sequence[str]) -> Linked | None:
    """The new report, where all that has changed is that it joined a case."""
    if len(changed) != 1 or not fresh or cases.of(fresh[0]).acts:
        return None
    return cases.of(fresh[0]).linked


class _World:
    """What a home's reports are read by: the rules, and how the cases stand with what is read."""

    def __init__(self, cases: Caseload, home: Neighbourhood, old: Rulebook | None) -> None:
        self._cases, self._home, self._anew = cases, home, old is not None

    def rule(self, report: Sighting) -> MergingRule | None:
        rules = self._rules(report)
        return merging_rule(rules, report.matter) if rules is not None else None

    def next_to(self, report: Sighting) -> frozenset[str]:
        rules = self._rules(report)
        return next_to(rules, report.grid) if rules is not None else frozenset()

    def standing(self, members: Sequence[str], at: datetime) -> Standing:
        lead, *others = (self._as_read(name) for name in members)
        as_kept = all(one is self._cases.of(one.case_id) for one in (lead, *others))
        same = tuple(other.case_id for other in others) == lead.members
        if as_kept and same and not self._anew:
            return standing(self._cases.story(lead.case_id), at)
        return standing(tell(Group(lead, tuple(others)), self._cases.book), at)

    def _rules(self, report: Sighting) -> PlaceRules | None:
        return self._cases.book.at(report.name.partition("/")[0], report.at)

    def _as_read(self, name: str) -> Kept:
        kept, reading = self._cases.of(name), self._home.readings[name]
        return kept if kept.reading == reading else replace(kept, reading=reading)
