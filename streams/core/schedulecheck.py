"""A place's schedules, checked: each can be laid out, and names what the place has."""

from collections.abc import Iterator

from streams.core.events import UNASKED, RoundKind
from streams.core.scheduledocs import Cadence, SchedulesBody, Subjects

HOURS_A_DAY = 24
SINGLE = frozenset({"hour", "ten-days", "once", "binding"})
"""Of these several are not counted from a day on: hours begin anew each day."""


def schedule_problems(body: SchedulesBody) -> Iterator[str]:
    """What is wrong with each schedule by itself; a sentence each."""
    seen: set[str] = set()
    for at, one in enumerate(body.schedules):
        where = f"$.schedules[{at}]"
        if one.id in seen:
            yield f"{where}: {one.id!r} stands twice"
        seen.add(one.id)
        yield from (f"{where}.cadence: {why}" for why in _cadence(one.cadence))
        yield from (f"{where}.subjects: {why}" for why in _subjects(one.subjects))
        if one.kind is RoundKind.DUTY and one.cadence.every in {"once", "binding"}:
            yield f"{where}: a duty is not done once"
        if one.kind in UNASKED:
            yield f"{where}: {one.kind.value} is asked of nobody, so nothing of it can be missed"


def _cadence(cadence: Cadence) -> Iterator[str]:
    once = cadence.every == "once"
    if once and (cadence.since is None or cadence.due is None or cadence.due < cadence.since):
        yield "what is done once needs `since` and a `due` that is not before it"
    if not once and cadence.due is not None:
        yield "only what is done once has a `due`"
    if (cadence.every == "binding") != (cadence.within_hours is not None):
        yield "what is done at a `binding`, and nothing else, needs `within_hours`"
    if cadence.every == "binding" and (cadence.begin, cadence.end) != ("00:00", "24:00"):
        yield "a `binding` runs round the clock: it has no `begin` and `end`"
    if cadence.every == "hour" and HOURS_A_DAY % cadence.count:
        yield f"{cadence.count} hours do not divide a day"
    if cadence.count > 1 and cadence.every in SINGLE - {"hour"}:
        yield f"`count` is for days, weeks, months and years, not for {cadence.every!r}"
    if cadence.count > 1 and cadence.every not in SINGLE and cadence.since is None:
        yield f"every {cadence.count} {cadence.every}s are counted from a `since`"
    if cadence.begin >= cadence.end:
        yield "`begin` lies before `end`"
    if cadence.working_days and cadence.every not in ("day", "hour"):
        yield "`working_days` is for days and hours"


def _subjects(subjects: Subjects) -> Iterator[str]:
    needs = {
        "areas": ("level", subjects.level),
        "codes": ("codes", subjects.codes),
        "numbered": ("count", subjects.count),
    }
    name, given = needs.get(subjects.each, ("", True))
    if not given:
        yield f"`each: {subjects.each}` needs `{name}`"
    if subjects.groups and subjects.each != "ledger":
        yield "`groups` are those of the `ledger`"
    for listed in (subjects.codes, subjects.scenes, subjects.groups):
        if len(set(listed)) < len(listed):
            yield "a code stands twice"
