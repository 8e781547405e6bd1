"""A place's document, checked on its own: typed, its names known, nothing listed twice."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from streams.core.areacheck import area_problems
from streams.core.areadocs import AreasBody
from streams.core.basecheck import base_data_problems
from streams.core.basedocs import BaseDataBody
from streams.core.calendar import BadCalendar, Calendar, parse_calendar
from streams.core.clock import BadLimit, parse_limit
from streams.core.closuredocs import ClosuresBody
from streams.core.events import Reference, ReferenceKind
from streams.core.gatedocs import GateBody, GateRow
from streams.core.gridmap import faults
from streams.core.listed import twice, unknown
from streams.core.mapdocs import CamerasBody, GazetteerBody, GridsBody
from streams.core.modedocs import ModesBody
from streams.core.model import BadModel, Model
from streams.core.modeldocs import ClassifierBody
from streams.core.peoplecheck import people_problems
from streams.core.peopledocs import CardsBody, PointsBody, PostsBody
from streams.core.placedocs import (
    ANY,
    TYPES,
    AdmissionBody,
    AdmissionList,
    Ladder,
    LimitRow,
    LimitsBody,
    MattersBody,
    MergingBody,
    PlaceBody,
    ResponsibilityBody,
    TypedBody,
)
from streams.core.refusal import Reason, Refused
from streams.core.registry import FIGURES, Unit
from streams.core.schedulecheck import schedule_problems
from streams.core.scheduledocs import SchedulesBody
from streams.core.scoring import Points

Body = TypedBody | Calendar


def read_body(reference: Reference) -> Body:
    """The typed body of a reference document, or Refused(invalid) naming document and field."""
    name = f"{reference.place}/{reference.kind.value}/{reference.version}"
    try:
        body = _typed(reference.kind, reference.body)
    except (msgspec.ValidationError, BadCalendar) as error:
        raise Refused(Reason.INVALID, f"{name}: {error}") from error
    problems = list(_problems(body))
    if problems:
        raise Refused(Reason.INVALID, f"{name}: {'; '.join(problems[:5])}")
    return body


def _typed(kind: ReferenceKind, body: dict[str, Any]) -> Body:
    if kind is ReferenceKind.CALENDAR:
        return parse_calendar(body)
    return msgspec.convert(body, TYPES[kind])


def _problems(body: Body) -> Iterator[str]:
    match body:
        case PlaceBody():
            yield from _place_problems(body)
        case AreasBody():
            yield from area_problems(body)
        case MattersBody():
            yield from _matter_problems(body)
        case ResponsibilityBody():
            yield from _duty_problems(body)
        case AdmissionBody():
            yield from _admission_problems(body.lists)
        case LimitsBody():
            yield from _limit_problems(body.limits)
            yield from _ladder_problems(body.ladders)
        case ModesBody():
            yield from twice("modes", (row.area for row in body.modes))
        case GridsBody() | GazetteerBody() | CamerasBody():
            yield from _map_problems(body)
        case MergingBody() | GateBody() | ClosuresBody():
            yield from _threshold_problems(body)
        case ClassifierBody():
            yield from _model_problems(body)
        case SchedulesBody() | BaseDataBody():
            yield from _planned_problems(body)
        case PointsBody() | PostsBody() | CardsBody():
            yield from people_problems(body)


def _threshold_problems(body: MergingBody | GateBody | ClosuresBody) -> Iterator[str]:
    match body:
        case MergingBody():
            yield from _merging_problems(body)
        case GateBody():
            yield from _gate_problems(body)
        case ClosuresBody():
            yield from _closure_problems(body)


def _planned_problems(body: SchedulesBody | BaseDataBody) -> Iterator[str]:
    """Of what must be done, or of whom and what it is done."""
    if isinstance(body, SchedulesBody):
        yield from schedule_problems(body)
    else:
        yield from base_data_problems(body)


def _map_problems(body: GridsBody | GazetteerBody | CamerasBody) -> Iterator[str]:
    match body:
        case GridsBody():
            yield from twice("grids", (shape.code for shape in body.grids))
            yield from (f"$.grids: {code} {wrong}" for code, wrong in faults(body))
        case GazetteerBody():
            yield from twice("names", ((row.name, row.area) for row in body.names))
        case CamerasBody():
            yield from twice("cameras", (camera.code for camera in body.cameras))


def _place_problems(body: PlaceBody) -> Iterator[str]:
    try:
        ZoneInfo(body.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"$.zone: no such zone: {body.zone!r}"
    yield from _score_problems(body)
    yield from twice("published", (row.id for row in body.published))
    yield from twice("constants", (row.id for row in body.constants))
    for at, row in enumerate(body.published):
        exact = Decimal(100 * row.numerator) / row.denominator
        rounded = exact.quantize(Decimal(1).scaleb(-row.decimals), ROUND_HALF_UP)
        if rounded != Decimal(str(row.value)):
            yield f"$.published[{at}]: {row.numerator}/{row.denominator} is not {row.value} %"


def _score_problems(body: PlaceBody) -> Iterator[str]:
    rates = [name for name, figure in FIGURES.items() if figure.unit is Unit.RATE]
    scores = [name for name, figure in FIGURES.items() if figure.unit is Unit.SCORE]
    yield from unknown("scores", body.scores, scores, "score")
    for name, weights in body.scores.items():
        yield from unknown(f"scores.{name}", weights, rates, "rate")
        shares = [Decimal(str(one)) for one in weights.values() if not isinstance(one, Points)]
        if shares and sum(shares) != 1:
            yield f"$.scores.{name}: the weights do not sum up to 1"


def _matter_problems(body: MattersBody) -> Iterator[str]:
    # A duty or a limit may name either, so matters and categories share one set of codes.
    codes = [category.code for category in body.categories]
    yield from twice("categories or matters", [*codes, *(matter.code for matter in body.matters)])
    for at, matter in enumerate(body.matters):
        yield from unknown(f"matters[{at}].category", [matter.category], codes, "category")


def _duty_problems(body: ResponsibilityBody) -> Iterator[str]:
    ids = [department.id for department in body.departments]
    yield from twice("departments", ids)
    yield from twice("duties", (duty.id for duty in body.duties))
    yield from twice("lists", (one.id for one in body.lists))
    yield from unknown("default_department", [body.default_department], ids, "department")
    for at, duty in enumerate(body.duties):
        yield from unknown(f"duties[{at}]", [duty.lead, *duty.assisting], ids, "department")
        lists = (one.id for one in body.lists)
        yield from unknown(f"duties[{at}].list", filter(None, [duty.list]), lists, "list")
        if duty.valid_from and duty.valid_to and duty.valid_to <= duty.valid_from:
            yield f"$.duties[{at}].valid_to: {duty.id!r} ends before it begins"


def _model_problems(body: ClassifierBody) -> Iterator[str]:
    try:
        Model.of(body.model)
    except BadModel as error:
        yield f"$.model: {error}"
    yield from unknown("matters", body.matters, body.model.labels, "label in the model")


def _admission_problems(lists: Sequence[AdmissionList]) -> Iterator[str]:
    yield from twice("lists", (one.id for one in lists))
    for at, one in enumerate(lists):
        yield from twice(f"lists[{at}].matters", one.matters)


def _limit_problems(limits: Sequence[LimitRow]) -> Iterator[str]:
    yield from twice("limits", (row.id for row in limits))
    yield from twice("limits.matter", (_limited(row) for row in limits))
    for at, row in enumerate(limits):
        try:
            parse_limit(row.limit)
        except BadLimit as error:
            yield f"$.limits[{at}].limit: {error}"


def _limited(row: LimitRow) -> str:
    """What a row is for: its matter, and in what it differs from a plain row."""
    plain = LimitRow(row.id, row.matter, row.limit)
    ways = ((way, getattr(row, way)) for way in ("clock", "mode", "urgency", "level"))
    said = [f"{way}: {value}" for way, value in ways if value != getattr(plain, way)]
    return f"{row.matter} ({', '.join(said)})" if said else row.matter


def _merging_problems(body: MergingBody) -> Iterator[str]:
    yield from twice("rows", (row.matter for row in body.rows))
    whole = next((row for row in body.rows if row.matter == ANY), None)
    if whole is None or None in (
        *(whole.radius_m, whole.hours, whole.merged_from, whole.candidate_from),
    ):
        yield f"$.rows: one for {ANY!r} must say all but reopen_hours"
        return
    for at, row in enumerate(body.rows):
        merged, asked = (
            getattr(row, name) if getattr(row, name) is not None else getattr(whole, name)
            for name in ("merged_from", "candidate_from")
        )
        if asked > merged:
            yield f"$.rows[{at}]: asks a person from {asked} on, merges from {merged} on already"


def _gate_problems(body: GateBody) -> Iterator[str]:
    yield from twice("rows", map(_gated, body.rows))
    yield from twice("works", (work.id for work in body.works))
    for at, row in enumerate(body.rows):
        if row.persistence is not None and row.persistence.shown > row.persistence.of:
            yield f"$.rows[{at}].persistence: {row.persistence.shown} of {row.persistence.of}"
    for at, work in enumerate(body.works):
        if work.valid_to <= work.valid_from:
            yield f"$.works[{at}].valid_to: {work.id!r} ends before it begins"


def _gated(row: GateRow) -> tuple[object, ...]:
    """What a row is for."""
    return row.matter, row.algorithm, row.camera_class, row.device, row.mode


def _closure_problems(body: ClosuresBody) -> Iterator[str]:
    if body.last_share is not None and body.last_share + body.idle_share > 1:
        yield f"$.idle_share: {body.idle_share} and last_share {body.last_share} exceed the whole"


def _ladder_problems(ladders: Sequence[Ladder]) -> Iterator[str]:
    yield from twice("ladders", (ladder.id for ladder in ladders))
    for at, ladder in enumerate(ladders):
        yield from twice(f"ladders[{at}].steps", (step.id for step in ladder.steps))
        for step in ladder.steps:
            try:
                parse_limit(step.limit)
            except BadLimit as error:
                yield f"$.ladders[{at}].steps.{step.id}: {error}"
