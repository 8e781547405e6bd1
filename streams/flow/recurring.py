"""Whether closed cases came back: asked again of those that a change may touch, of no others."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from streams.core.case import Story
from streams.core.casebook import Kept
from streams.core.merging import merging_rule
from streams.core.recurrence import new_case
from streams.core.twins import Sighting, at_one_spot
from streams.flow.caseload import Caseload
from streams.flow.regrouping import Retold


def looked_after(cases: Caseload, change: Retold) -> Kept:
    """What is kept of a case that is told anew, with what came after its closings."""
    kept, before, story = cases.of(change.name), change.before, change.story
    was = (before.afters, before.linked) if before else ((), ())
    untouched = was == (story.afters, story.linked) or not (story.afters or was[0])
    if untouched or kept.reading is None:
        return kept
    closings = [(after.at, after.until) for after in story.afters]
    cases.home(kept.seed.home).look_after(kept.case_id, closings)
    return replace(kept, again=_again(cases, kept, story))


def returned(cases: Caseload, change: Retold) -> Iterator[Retold]:
    """The closed cases that a new case comes back to, or no longer does."""
    kept = cases.of(change.name)
    if kept.reading is None or new_case(change.before) == new_case(change.story):
        return
    home = cases.home(kept.seed.home)
    report = home.sighting(change.name)
    if report is not None and report.matter is not None:
        yield from asked_again(cases, list(home.closed_before(report)))


def asked_again(cases: Caseload, names: Iterable[str]) -> Iterator[Retold]:
    """Of these cases those of which something else is true now."""
    for name in names:
        kept, story = cases.of(name), cases.story(name)
        again = _again(cases, kept, story)
        if again != kept.again:
            cases.keep(replace(kept, again=again))
            yield Retold(name, story, story, len(story.facts))


def _again(cases: Caseload, kept: Kept, story: Story) -> tuple[tuple[datetime, datetime], ...]:
    matter = kept.seed.matter
    if matter is None or not story.afters:
        return ()
    home = cases.home(kept.seed.home)
    own = [one for name in (kept.case_id, *kept.members) if (one := home.sighting(name))]
    found = {}
    for after in story.afters:
        back = (
            filed_at
            for one in home.leading(matter, after.at, after.until)
            if one.name != kept.case_id and _near(cases, own, one)
            if (filed_at := new_case(cases.story(one.name))) is not None
        )
        first = min(back, default=None)
        if first is not None:
            found[after.at] = first
    return tuple(sorted(found.items()))


def _near(cases: Caseload, own: Iterable[Sighting], report: Sighting) -> bool:
    rules = cases.book.at(report.name.partition("/")[0], report.at)
    rule = merging_rule(rules, report.matter) if rules else None
    return rule is not None and any(at_one_spot(one, report, rule) for one in own)
