"""A place's documents, checked together: what one says of another must be so."""

from collections.abc import Collection, Iterable, Iterator

from streams.core.levels import GRID
from streams.core.place import ANY, PlaceRules, lineage


def levels_of(rules: PlaceRules) -> tuple[str, ...]:
    """All levels of the area tree, from its root down; with that of the grids where areas list
    any."""
    depth: dict[str, int] = {}
    for area in rules.areas.values():
        depth[area.level] = max(depth.get(area.level, 0), len([*lineage(rules, area.code)]))
    if any(area.grids for area in rules.areas.values()):
        depth.setdefault(GRID, max(depth.values()) + 1)
    return tuple(sorted(depth, key=depth.__getitem__))


def dangling(rules: PlaceRules) -> list[str]:
    """What one document of a place says of another that is not so; each a sentence."""
    return [": ".join(filter(None, end)) for end in loose_ends(rules)]


def loose_ends(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    """The same by (document, row or "", what is wrong there)."""
    if rules.areas and rules.fallback_area not in rules.areas:
        yield "place", "", f"fallback_area {rules.fallback_area!r} is no area"
    if len(rules.calendars) > 1 and rules.own_calendar is None:
        several = ", ".join(sorted(rules.calendars))
        yield "place", "", f"calendar names none of its calendars as its own: {several}"
    yield from _no_such("place", "", "calendar", [rules.own_calendar], rules.calendars.keys())
    yield from _loose_duties(rules)
    matters = {*rules.matters, *rules.categories}
    for switch, named in (
        ("lifecycles", rules.lifecycles),
        ("whistle_matters", rules.whistle_matters),
    ):
        yield from _no_such("place", switch, "matter or category", named, matters)
    for one in rules.admission:
        yield from _no_such("admission", one.id, "matter or category", one.matters, matters)
        yield from _no_such("admission", one.id, "level", [one.level], levels_of(rules))
    for limit in rules.limits:
        about = [limit.matter]
        yield from _no_such("limits", limit.id, "matter or category", about, {ANY, *matters})
        yield from _no_such("limits", limit.id, "level", [limit.level], levels_of(rules))
    for ladder in rules.ladders:
        known = {ANY, *matters}
        yield from _no_such("limits", ladder.id, "matter or category", ladder.matters, known)
    for period in rules.guard_periods:
        yield from _no_such("place", period.id, "matter or category", period.matters, matters)
    for row in rules.gate.rows:
        yield from _no_such("gate", "rows", "matter or category", [row.matter], {ANY, *matters})
    for work in rules.gate.works:
        yield from _no_such("gate", work.id, "matter or category", work.matters, matters)
        yield from _no_such("gate", work.id, "area", work.areas, rules.areas.keys())
        if rules.cameras is not None:
            yield from _no_such("gate", work.id, "camera", work.cameras, rules.cameras.keys())
    yield from _no_such("modes", "", "area", rules.modes, rules.areas.keys())
    means = rules.model_matters.values()
    yield from _no_such("classifier", "", "matter", means, rules.matters.keys())
    yield from _loose_map(rules)
    yield from _loose_schedules(rules)
    yield from _loose_base_data(rules)
    yield from _loose_people(rules)
    if rules.limits and not rules.calendars:
        yield "limits", "", "a place with limits needs a calendar"


def _loose_map(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    grids = {grid for area in rules.areas.values() for grid in area.grids}
    shapes = rules.shapes.grids if rules.shapes is not None else ()
    yield from _no_such("grids", "", "grid in the area tree", (s.code for s in shapes), grids)
    for name in rules.names:
        yield from _no_such("gazetteer", name.name, "area", [name.area], rules.areas.keys())
    for camera in (rules.cameras or {}).values():
        yield from _no_such("cameras", camera.code, "area", [camera.area], rules.areas.keys())


def _loose_schedules(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    levels = {area.level for area in rules.areas.values()}
    groups = {group.id for group in rules.base_data.groups}
    for one in rules.schedules:
        asked = one.subjects
        yield from _no_such("schedules", one.id, "area", [asked.area], rules.areas.keys())
        yield from _no_such("schedules", one.id, "level", [asked.level], levels)
        yield from _no_such("schedules", one.id, "group of base data", asked.groups, groups)
        if one.cadence.working_days and rules.calendar is None:
            yield "schedules", one.id, "working days need a calendar of the place's own"


def _loose_base_data(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    grids = {grid for area in rules.areas.values() for grid in area.grids}
    for entry in rules.base_data.entries:
        yield from _no_such("base_data", entry.code, "area", [entry.area], rules.areas.keys())
        yield from _no_such("base_data", entry.code, "grid in the area tree", [entry.grid], grids)
    files = (one.grid for one in rules.base_data.grids)
    yield from _no_such("base_data", "", "grid in the area tree", files, grids)


def _loose_people(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    matters = {*rules.matters, *rules.categories}
    for rule in rules.points.reports if rules.points is not None else ():
        yield from _no_such("points", rule.id, "matter or category", rule.matters, matters)
    accounts = {one.id for one in rules.points.accounts} if rules.points is not None else set()
    roles = {one.id for one in rules.posts.roles} if rules.posts is not None else set()
    for card in rules.cards.values():
        theirs = (term.account for term in card.points)
        yield from _no_such("cards", card.id, "account", theirs, accounts)
        yield from _no_such("cards", card.id, "role", card.roles, roles)
        yield from _no_such("cards", card.id, "level", [card.level], levels_of(rules))
    if rules.posts is None:
        return
    areas, grids = rules.areas.keys(), {g for area in rules.areas.values() for g in area.grids}
    for one in rules.posts.postings:
        yield from _no_such("posts", one.person, "area", [one.area], areas)
        yield from _no_such("posts", one.person, "grid in the area tree", [one.grid], grids)
    for asked in rules.posts.staffing:
        yield from _no_such("posts", asked.id, "area", [asked.area], areas)
        yield from _no_such("posts", asked.id, "level", [asked.level], levels_of(rules))


def _loose_duties(rules: PlaceRules) -> Iterator[tuple[str, str, str]]:
    matters = {ANY, *rules.matters, *rules.categories}
    areas, levels = {ANY, *rules.areas}, levels_of(rules)
    for duty in rules.duties:
        yield from _no_such("responsibility", duty.id, "matter or category", [duty.matter], matters)
        yield from _no_such("responsibility", duty.id, "area", [duty.area], areas)
        yield from _no_such("responsibility", duty.id, "level", [duty.level], levels)
    for owned in rules.lists:
        yield from _no_such("responsibility", owned.id, "level", [owned.level], levels)
    for one in rules.departments.values():
        yield from _no_such("responsibility", one.id, "area", [one.area], rules.areas.keys())
        theirs = [one.calendar]
        yield from _no_such("responsibility", one.id, "calendar", theirs, rules.calendars.keys())


def _no_such(
    document: str, row: str, noun: str, names: Iterable[str | None], known: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        if name is not None and name not in known:
            yield document, row, f"no such {noun}: {name!r}"
