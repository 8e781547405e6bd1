"""A place's rules as data: which documents are in force when, and what they say together."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from streams.core.areadocs import Area, AreasBody
from streams.core.basedocs import BaseDataBody
from streams.core.calendar import Calendar
from streams.core.clock import parse_limit
from streams.core.closuredocs import ClosuresBody
from streams.core.events import Reference, ReferenceKind, Urgency
from streams.core.gatedocs import GateBody
from streams.core.levels import STREET
from streams.core.mapdocs import Camera, CamerasBody, GazetteerBody, GridsBody, PlaceName
from streams.core.modedocs import Mode, ModesBody
from streams.core.model import Model
from streams.core.modeldocs import ClassifierBody
from streams.core.peopledocs import Card, CardsBody, PointsBody, PostsBody
from streams.core.placecheck import Body, read_body
from streams.core.placedocs import (
    ANY,
    AdmissionBody,
    AdmissionList,
    Category,
    ClockName,
    Constant,
    Department,
    Duty,
    GuardPeriod,
    Ladder,
    LifecycleName,
    LimitRow,
    LimitsBody,
    Matter,
    MattersBody,
    MergingBody,
    OwnedList,
    PlaceBody,
    Published,
    ResponsibilityBody,
    SourceDocument,
    TypedBody,
)
from streams.core.scheduledocs import Schedule, SchedulesBody
from streams.core.scoring import Weight

__all__ = [
    "ANY",
    "SENDER",
    "AdmissionList",
    "Area",
    "Category",
    "ClockName",
    "Constant",
    "Department",
    "Duty",
    "Ladder",
    "LimitRule",
    "Matter",
    "Mode",
    "PlaceRules",
    "Published",
    "Rulebook",
    "SourceDocument",
    "lineage",
    "reference_id",
    "street_of",
    "with_list",
]

SENDER = "/gridloop/places"
"""CloudEvents source of every reference document that we publish."""

NOWHERE = "unknown"


def reference_id(reference: Reference) -> str:
    """A reference document's CloudEvents id: <place>/<kind>/<version>."""
    return f"{reference.place}/{reference.kind.value}/{reference.version}"


class LimitRule(msgspec.Struct, frozen=True):
    """时限 · a row of the limits in force; `limit` as `parse_limit` reads and prints it."""

    id: str
    matter: str
    limit: str
    version: str
    clock: ClockName = ClockName.OVERALL
    mode: Mode = Mode.NORMAL
    urgency: Urgency = Urgency.NORMAL
    level: str | None = None


class PlaceRules(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """All rules of a place at one instant. Compared and hashed by identity: what is derived from
    it (an automaton, an index) is built once for each value and kept beside it."""

    place: str
    zone: str
    name_zh: str
    name_en: str
    lifecycle: LifecycleName
    lifecycles: Mapping[str, LifecycleName] = {}
    areas: Mapping[str, Area] = {}
    kinds_of: Mapping[str, str] = {}
    """Of which kind an area or a grid is, by code."""
    matters: Mapping[str, Matter] = {}
    categories: Mapping[str, Category] = {}
    departments: Mapping[str, Department] = {}
    duties: tuple[Duty, ...] = ()
    lists: tuple[OwnedList, ...] = ()
    default_department: str | None = None
    admission: tuple[AdmissionList, ...] = ()
    limits: tuple[LimitRule, ...] = ()
    calendars: Mapping[str, Calendar] = {}
    own_calendar: str | None = None
    patience_days: int = 7
    fallback_area: str = NOWHERE
    reporter_may_not_handle: bool = False
    return_needs_approval: bool = False
    most_extensions: int | None = None
    most_pauses: int | None = None
    whistle_matters: tuple[str, ...] = ()
    guard_periods: tuple[GuardPeriod, ...] = ()
    scores: Mapping[str, Mapping[str, Weight]] = {}
    ladders: tuple[Ladder, ...] = ()
    modes: Mapping[str, Mode] = {}
    shapes: GridsBody | None = None
    names: tuple[PlaceName, ...] = ()
    cameras: Mapping[str, Camera] | None = None
    merging: MergingBody | None = None
    model: Model | None = None
    model_matters: Mapping[str, str] = {}
    """Which matter each label of the model means."""
    schedules: tuple[Schedule, ...] = ()
    gate: GateBody = GateBody()
    points: PointsBody | None = None
    posts: PostsBody | None = None
    cards: Mapping[str, Card] = {}
    base_data: BaseDataBody = BaseDataBody()
    closures: ClosuresBody = ClosuresBody()
    documents: tuple[SourceDocument, ...] = ()
    published: tuple[Published, ...] = ()
    constants: tuple[Constant, ...] = ()
    assumed: tuple[str, ...] = ()
    versions: Mapping[str, str] = {}

    @property
    def calendar(self) -> Calendar | None:
        """The place's own calendar, where it is published."""
        return self.calendars.get(self.own_calendar or "")


class _Document(msgspec.Struct, frozen=True, eq=False):
    kind: ReferenceKind
    version: str
    valid_from: datetime
    body: Body

    @property
    def series(self) -> tuple[ReferenceKind, str]:
        """What a later document replaces: all of its kind; of calendars those of its own id."""
        return self.kind, self.body.id if isinstance(self.body, Calendar) else ""


_Chosen = tuple[_Document, ...]


class _Line(msgspec.Struct, frozen=True):
    """A place's rules over time: `rules[i]` holds from starts[i] until starts[i + 1]."""

    documents: Mapping[tuple[ReferenceKind, str], _Document]
    starts: tuple[datetime, ...]
    rules: tuple[PlaceRules | None, ...]
    built: Mapping[_Chosen, PlaceRules | None]


_EMPTY = _Line({}, (), (), {})


class Rulebook(msgspec.Struct, frozen=True, eq=False):
    """Every version of every place's documents; an immutable value.

    Of one kind, the document with the latest `valid_from` at or before an instant is in force; of
    two that begin together, the one with the greater version; of calendars, each id by itself. So
    the order in which documents arrive does not matter; but of two contents of one version the
    first stands.
    """

    lines: Mapping[str, _Line] = {}

    @staticmethod
    def of(documents: Iterable[Reference]) -> "Rulebook":
        """The book of these documents; Refused(invalid) where one is no document of its kind."""
        book = Rulebook()
        for document in documents:
            book = book.with_change(document)
        return book

    def with_change(self, change: Reference) -> "Rulebook":
        """The book with one more document; the same book where that version is known already.

        Refused(invalid) where the body is no document of its kind.
        """
        line = self.lines.get(change.place, _EMPTY)
        if (change.kind, change.version) in line.documents:
            return self
        body = read_body(change)
        added = _Document(change.kind, change.version, change.valid_from.astimezone(UTC), body)
        documents = {**line.documents, (added.kind, added.version): added}
        return Rulebook({**self.lines, change.place: _laid_out(change.place, documents, line)})

    def at(self, place: str, instant: datetime) -> PlaceRules | None:
        """The rules in force at an aware instant, or None before the place's first profile."""
        line = self.lines.get(place)
        if line is None:
            return None
        found = bisect_right(line.starts, instant)
        return line.rules[found - 1] if found else None

    def changes(self, place: str, since: datetime, until: datetime) -> tuple[datetime, ...]:
        """The instants strictly between these two at which other rules begin to hold."""
        starts = self.lines.get(place, _EMPTY).starts
        return starts[bisect_right(starts, since) : bisect_left(starts, until)]

    def ever(self, place: str) -> tuple[PlaceRules, ...]:
        """All rules that ever hold at a place, in the order of time."""
        return tuple(rules for rules in self.lines.get(place, _EMPTY).rules if rules is not None)

    def known(self, place: str) -> bool:
        """Whether a profile (kind `place`) of this place is in the book, whenever it begins."""
        return bool(self.ever(place))

    def places(self) -> list[str]:
        """The ids of all known places, sorted."""
        return sorted(place for place in self.lines if self.known(place))


def _laid_out(
    place: str, documents: Mapping[tuple[ReferenceKind, str], _Document], before: _Line
) -> _Line:
    ordered = sorted(documents.values(), key=lambda d: (d.valid_from, d.version))
    chosen: dict[datetime, _Chosen] = {}
    in_force: dict[tuple[ReferenceKind, str], _Document] = {}
    for document in ordered:
        in_force[document.series] = document
        chosen[document.valid_from] = tuple(in_force[series] for series in sorted(in_force))
    # Rules that the change leaves as they are keep their identity, and what is derived from them.
    built = {
        these: before.built[these] if these in before.built else _rules(place, these)
        for these in chosen.values()
    }
    rules = tuple(built[these] for these in chosen.values())
    return _Line(documents, tuple(chosen), rules, built)


def _rules(place: str, documents: _Chosen) -> PlaceRules | None:
    fields: dict[str, object] = {}
    assumed: dict[str, None] = {}
    versions: dict[str, str] = {}
    for document in documents:
        if not isinstance(document.body, Calendar):
            fields |= _fields(document.body, document.version)
            versions[document.kind.value] = document.version
            assumed |= dict.fromkeys(document.body.assumed)
    if ReferenceKind.PLACE.value not in versions:
        return None
    hung = {one.body.id: one for one in documents if isinstance(one.body, Calendar)}
    own = fields["own_calendar"] or (next(iter(hung)) if len(hung) == 1 else None)
    if own in hung:
        versions[ReferenceKind.CALENDAR.value] = hung[own].version
    fields |= {"calendars": {id: one.body for id, one in hung.items()}, "own_calendar": own}
    given = {**fields, "place": place, "assumed": tuple(assumed), "versions": versions}
    return PlaceRules(**given)  # type: ignore[arg-type]  # _fields gives each field its own type


_AS_IT_IS: Mapping[type[TypedBody], str] = {
    MergingBody: "merging",
    GateBody: "gate",
    BaseDataBody: "base_data",
    ClosuresBody: "closures",
}


def _fields(document: TypedBody, version: str) -> dict[str, object]:
    fields: dict[str, object]
    match document:
        case PlaceBody() as body:
            fields = msgspec.structs.asdict(body)
            del fields["assumed"]
            fields["own_calendar"] = fields.pop("calendar")
        case AreasBody() as body:
            areas = {area.code: area for area in body.areas}
            fields = {"areas": areas, "kinds_of": body.kinds_of}
        case MattersBody() as body:
            categories = {category.code: category for category in body.categories}
            matters = {one.code: _with_category(one, categories) for one in body.matters}
            fields = {"categories": categories, "matters": matters}
        case ResponsibilityBody() as body:
            fields = _list_fields(body)
        case AdmissionBody() as body:
            fields = {"admission": body.lists}
        case LimitsBody() as body:
            rows = (_limit(row, version) for row in body.limits)
            fields = {"limits": tuple(rows), "ladders": body.ladders}
        case ModesBody() as body:
            fields = {"modes": {row.area: row.mode for row in body.modes}}
        case MergingBody() | GateBody() | BaseDataBody() | ClosuresBody() as body:
            fields = {_AS_IT_IS[type(body)]: body}
        case ClassifierBody() as body:
            means = {label: body.matters.get(label, label) for label in body.model.labels}
            fields = {"model": Model.of(body.model, body.threshold), "model_matters": means}
        case SchedulesBody() as body:
            fields = {"schedules": body.schedules}
        case PointsBody() | PostsBody() | CardsBody() as body:
            fields = _people_fields(body)
        case GridsBody() | GazetteerBody() | CamerasBody() as body:
            fields = _map_fields(body)
    return fields


def _map_fields(body: GridsBody | GazetteerBody | CamerasBody) -> dict[str, object]:
    match body:
        case GridsBody():
            return {"shapes": body}
        case GazetteerBody():
            return {"names": body.names}
        case CamerasBody():
            return {"cameras": {camera.code: camera for camera in body.cameras}}


def _people_fields(body: PointsBody | PostsBody | CardsBody) -> dict[str, object]:
    match body:
        case PointsBody():
            return {"points": body}
        case PostsBody():
            return {"posts": body}
        case CardsBody():
            return {"cards": {card.id: card for card in body.cards}}


def _with_category(matter: Matter, categories: Mapping[str, Category]) -> Matter:
    """The matter with what its category says of all its matters, where it says nothing itself."""
    category = categories.get(matter.category)
    if category is None or matter.patrol_visible is not None:
        return matter
    return msgspec.structs.replace(matter, patrol_visible=category.patrol_visible)


def _list_fields(body: ResponsibilityBody) -> dict[str, object]:
    return {
        "departments": {department.id: department for department in body.departments},
        "duties": body.duties,
        "lists": body.lists,
        "default_department": body.default_department,
    }


def with_list(rules: PlaceRules, body: ResponsibilityBody, version: str) -> PlaceRules:
    """The same rules with another responsibility list in place of theirs."""
    versions = {**rules.versions, ReferenceKind.RESPONSIBILITY.value: version}
    return msgspec.structs.replace(rules, **_list_fields(body), versions=versions)


def _limit(row: LimitRow, version: str) -> LimitRule:
    limit = str(parse_limit(row.limit))
    return LimitRule(
        row.id, row.matter, limit, version, row.clock, row.mode, row.urgency, row.level
    )


def lineage(rules: PlaceRules, area: str | None) -> Iterator[str]:
    """The area's code, then its parent's, up to the root; nothing where the area is unknown."""
    here = rules.areas.get(area) if area is not None else None
    while here is not None:
        yield here.code
        here = rules.areas.get(here.parent) if here.parent is not None else None


def lifecycle_of(rules: PlaceRules, matter: str | None, category: str | None) -> LifecycleName:
    """The lifecycle of a matter, else of its category, else the place's own."""
    own = rules.lifecycles
    return own.get(matter or "") or own.get(category or "") or rules.lifecycle


def mode_of(rules: PlaceRules, area: str | None) -> Mode:
    """平急 · the mode of the nearest area that has one."""
    if not rules.modes:
        return Mode.NORMAL
    modes = (rules.modes[code] for code in lineage(rules, area) if code in rules.modes)
    return next(modes, Mode.NORMAL)


def street_of(rules: PlaceRules, area: str | None) -> str | None:
    """The code of the street (镇街) that the area is or lies in; None above it, or outside."""
    return next((code for code in lineage(rules, area) if rules.areas[code].level == STREET), None)
