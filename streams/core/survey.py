"""Every matter in every area, from an instant on: which duties ever lead, and where none does."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

import msgspec

from streams.core.lead import By, duties_for, lead, standing, turns_of
from streams.core.levels import GRID
from streams.core.place import PlaceRules, lineage

__all__ = ["By", "Gap", "Survey", "survey"]


class Gap(msgspec.Struct, frozen=True):
    """A matter (None: unclassified) that no duty leads in these areas, and who takes it instead;
    `since` is the start of the first stretch of time in which it is so."""

    matter: str | None
    by: By
    since: datetime
    areas: tuple[str, ...]


class Survey(msgspec.Struct, frozen=True):
    """`leading`: the ids of the duties that lead some matter, somewhere, at some time."""

    leading: frozenset[str]
    gaps: tuple[Gap, ...]


class _Kin(msgspec.Struct, frozen=True):
    """Areas for which the list has the same answers; the levels at which a case there may stand,
    its own first."""

    areas: Sequence[str | None]
    levels: tuple[str | None, ...]


def survey(rules: PlaceRules, at: datetime) -> Survey:
    """Ask for all matters, in all areas, at all levels a case may be raised or handed to.

    An unclassified case is a gap only where nobody at all takes it: it is what 兜底 is for.
    """
    kin = list(_kin(rules))
    leading: set[str] = set()
    gaps: list[Gap] = []
    for matter in (*rules.matters, None):
        missed: set[str | None] = set()
        for since in _stretches(rules, matter, at):
            leading |= set(_leading(rules, matter, since, kin))
            gaps += _gaps(rules, matter, since, kin, missed)
    return Survey(frozenset(leading), tuple(gaps))


def _kin(rules: PlaceRules) -> Iterator[_Kin]:
    named = {duty.area for duty in rules.duties}
    named |= {one.area for one in rules.departments.values() if one.area is not None}
    found: dict[tuple[tuple[str, ...], tuple[str | None, ...]], list[str | None]] = {}
    for code, area in rules.areas.items():
        line = list(lineage(rules, code))
        levels = [*(rules.areas[one].level for one in line), *([GRID] if area.grids else [])]
        near = tuple(one for one in line if one in named)
        found.setdefault((near, tuple(dict.fromkeys(levels))), []).append(code)
    for (_, own), areas in found.items():
        yield _Kin(areas, own)
    if not rules.areas:
        yield _Kin((None,), (None,))


def _stretches(rules: PlaceRules, matter: str | None, at: datetime) -> Iterator[datetime]:
    """That in which `at` lies, then all later ones in which this matter's duties differ."""
    yield at
    turns = turns_of(chain.from_iterable(duties_for(rules, matter)))
    yield from (turn for turn in turns if turn > at)


def _leading(
    rules: PlaceRules, matter: str | None, since: datetime, kin: Sequence[_Kin]
) -> Iterator[str]:
    for one in kin:
        for level in one.levels:
            duty = lead(rules, matter, standing(rules, one.areas[0], since, level)).duty
            if duty is not None:
                yield duty.id


def _gaps(
    rules: PlaceRules,
    matter: str | None,
    since: datetime,
    kin: Sequence[_Kin],
    missed: set[str | None],
) -> Iterator[Gap]:
    """Each area once: `missed` are those that were told for an earlier stretch."""
    found: dict[By, list[str]] = {}
    for one in kin:
        by = lead(rules, matter, standing(rules, one.areas[0], since)).by
        told = by is By.NOBODY or (matter is not None and by in {By.TERRITORY, By.DEFAULT})
        if told and one.areas[0] not in missed:
            missed.update(one.areas)
            found.setdefault(by, []).extend(area or "" for area in one.areas)
    for by, areas in found.items():
        yield Gap(matter, by, since, tuple(areas))
