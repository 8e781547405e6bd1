"""The nouns of a place's documents: areas, matters, departments, duties, limits, figures."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, field

from streams.core.areadocs import AreasBody
from streams.core.basedocs import BaseDataBody
from streams.core.closuredocs import ClosuresBody
from streams.core.events import (
    ActKind,
    Code,
    Contract,
    Instant,
    Label,
    Note,
    ReferenceKind,
    Urgency,
)
from streams.core.gatedocs import GateBody
from streams.core.lifecycle import Flow
from streams.core.mapdocs import CamerasBody, GazetteerBody, GridsBody
from streams.core.modedocs import Mode, ModesBody
from streams.core.modeldocs import ClassifierBody
from streams.core.peopledocs import CardsBody, PointsBody, PostsBody
from streams.core.prepared import prepared
from streams.core.scheduledocs import SchedulesBody
from streams.core.scoring import Weight

ANY = "*"
"""In a duty or a limit: whatever the matter, wherever the area."""

LifecycleName = Literal[
    "five_steps",
    "filed_steps",
    "four_words",
    "mediation",
    "opinion",
    "consultation",
    "risk",
    "supervision",
    "volunteer",
    "ticket",
]


class Category(Contract, frozen=True):
    """大类 · a group of matters; `patrol_visible` as of a matter, where that says nothing."""

    code: Code
    name: Label
    name_en: Label
    patrol_visible: bool | None = None


class Matter(Contract, frozen=True):
    """事项 · what a report can be about, and the words by which it is known.

    `quotes` are a source document's own words, `terms` those that we added. A word of `not_terms`
    rules the matter out. A `general` matter is taken only where no particular one has a word.
    A case of it is as urgent as `urgency`, until somebody grades it (定级).
    `patrol_visible` (巡查可见) says whether who walks or drives by can see it; None: nobody says.
    """

    code: Code
    name: Label
    name_en: Label
    category: Code
    terms: Annotated[tuple[Label, ...], Meta(min_length=1)]
    quotes: tuple[Label, ...] = ()
    not_terms: tuple[Label, ...] = ()
    general: bool = False
    urgency: Urgency = Urgency.NORMAL
    patrol_visible: bool | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """All words that speak for the matter, each once."""
        return tuple(dict.fromkeys((*self.quotes, *self.terms)))


class Department(Contract, frozen=True):
    """部门 · who may lead or assist; `source` says which document names it, if one does.

    `area` makes it that area's own (属地): it leads there what no duty of the list names. The
    clocks of its own work run on `calendar`, by id (None = the place's).
    """

    id: Code
    name: Label
    name_en: Label
    source: str = ""
    area: Code | None = None
    calendar: Code | None = None


class Duty(Contract, frozen=True):
    """责任清单条目 · who leads (主责部门) and who assists (入格部门) in a matter, or a category.

    `level` is the level of the area tree at which the case must stand (None = any); the row holds
    from `valid_from` until before `valid_to` (None = always); `basis` is what it rests on, `list`
    the published list on which it stands.
    """

    id: Code
    matter: Code
    lead: Code
    area: Code = ANY
    assisting: tuple[Code, ...] = ()
    basis: str = ""
    level: Code | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    list: Code | None = None


class OwnedList(Contract, frozen=True, kw_only=True):
    """权力清单、责任清单 · a list that a level of the area tree has published, and owns."""

    id: Code
    kind: Literal["power", "responsibility"]
    name: Label
    name_en: Label
    level: Code
    source: str = ""


class AdmissionList(Contract, frozen=True, kw_only=True):
    """准入清单 · the matters, or categories, that may enter grid work; `batch` as its document
    counts (第一批). With a `level` it binds cases that stand at that level only (社区事务)."""

    id: Code
    name: Label
    name_en: Label
    matters: tuple[Code, ...]
    batch: str = ""
    source: str = ""
    level: Code | None = None


class ClockName(StrEnum):
    """时限种类 · what a limit times: the whole case, or one step of it."""

    OVERALL = "overall"  # 总时限
    VERIFY = "verify"  # 核实: from the report on
    FILE = "file"  # 立案: from the verification; from the report where no limit is set for that
    DISPATCH = "dispatch"  # 派遣: from the filing, and from each return
    SIGN = "sign"  # 签收
    HANDLE = "handle"  # 处置
    CHECK = "check"  # 核查
    ARRIVE = "arrive"  # 报到
    CONTACT = "contact"  # 首次联系
    CONFIRM = "confirm"  # 确认: of a finding that waits for a person
    STUCK = "stuck"  # 停滞（中梗阻）: from each move to the next


class LadderStep(Contract, frozen=True):
    """阶梯中的一级 · within `limit` one of the acts `until` must be done."""

    id: Code
    name: Label
    limit: Label
    until: Annotated[tuple[ActKind, ...], Meta(min_length=1)]


class Ladder(Contract, frozen=True, kw_only=True):
    """督办阶梯 · limits that all begin at once, at the filing or at a supervision (as 13710)."""

    id: Code
    name: Label
    name_en: Label
    matters: tuple[Code, ...] = ("*",)
    begins: Literal["filing", "supervise"] = "supervise"
    steps: Annotated[tuple[LadderStep, ...], Meta(min_length=1)]
    source: str = ""


class GuardPeriod(Contract, frozen=True, kw_only=True):
    """敏感时段 · cases of these matters that are reported in it are marked `guard:<id>`."""

    id: Code
    name: Label
    valid_from: Instant
    valid_to: Instant
    matters: Annotated[tuple[Code, ...], Meta(min_length=1)]


class LimitRow(Contract, frozen=True):
    """时限条目 · a matter's (or category's, or every matter's) limit, as "5 working days".

    `level` is the level of the area tree at which the case must stand (None = any).
    """

    id: Code
    matter: Code
    limit: Label
    clock: ClockName = ClockName.OVERALL
    mode: Mode = Mode.NORMAL
    urgency: Urgency = Urgency.NORMAL
    level: Code | None = None


class SourceDocument(Contract, frozen=True):
    """来源文件 · a document that figures and words are quoted from."""

    id: Code
    title: Note
    date: str = ""


class Published(Contract, frozen=True):
    """公布的率 · a published rate of one flow, in percent, and the smallest exact replay of it."""

    id: Code
    zh: Label
    en: Label
    figure: Code
    value: float
    decimals: Annotated[int, Meta(ge=0, le=6)]
    numerator: Annotated[int, Meta(ge=0)]
    denominator: Annotated[int, Meta(ge=1)]
    source: Note
    flow: Flow = Flow.CASE


class Constant(Contract, frozen=True):
    """公布的数 · a number that the place states and that no replay can yield."""

    id: Code
    zh: Label
    en: Label
    value: int | float
    source: Note
    unit: str = ""
    bound: Literal["exact", "at_least", "about"] = "exact"
    note: str = ""


class PlaceBody(Contract, frozen=True, kw_only=True):
    """地方概况 · names, zone, lifecycle, switches, and what the place has published."""

    name_zh: Label
    name_en: Label
    zone: str
    lifecycle: LifecycleName
    lifecycles: Annotated[dict[Code, LifecycleName], Meta(description="按事项或大类")] = field(
        default_factory=dict
    )
    """Other lifecycles, by matter or category."""
    fallback_area: Code
    calendar: Code | None = None
    """Which of its calendars is the place's own, by id; where it has one only, that."""
    patience_days: Annotated[int, Meta(ge=1, le=365)] = 7
    reporter_may_not_handle: bool = False
    """采办分离"""
    return_needs_approval: bool = False
    most_extensions: Annotated[int, Meta(ge=0)] | None = None
    most_pauses: Annotated[int, Meta(ge=0)] | None = None
    whistle_matters: tuple[Code, ...] = ()
    """吹哨清单 · matters or categories for which a whistle may be blown; empty for any."""
    guard_periods: tuple[GuardPeriod, ...] = ()
    scores: Annotated[
        dict[Code, dict[Code, Weight]],
        Meta(description="得分 → 各比率 → 权重(合计为 1)或扣分规则"),
    ] = field(default_factory=dict)
    """Of each score what its rates are worth: weights that sum up to 1, or points."""
    documents: tuple[SourceDocument, ...] = ()
    published: tuple[Published, ...] = ()
    constants: tuple[Constant, ...] = ()
    assumed: tuple[Note, ...] = ()


class MattersBody(Contract, frozen=True, kw_only=True):
    """事项清单 · categories and matters; their order decides where words do not."""

    categories: tuple[Category, ...]
    matters: tuple[Matter, ...]
    assumed: tuple[Note, ...] = ()


class ResponsibilityBody(Contract, frozen=True, kw_only=True):
    """责任清单 · departments and their duties; the first that fits best leads."""

    departments: tuple[Department, ...]
    default_department: Code
    duties: tuple[Duty, ...] = ()
    lists: tuple[OwnedList, ...] = ()
    assumed: tuple[Note, ...] = ()


class AdmissionBody(Contract, frozen=True, kw_only=True):
    """准入 · what is on none of the lists that bind is not admitted; no list, no bar."""

    lists: tuple[AdmissionList, ...]
    assumed: tuple[Note, ...] = ()


class LimitsBody(Contract, frozen=True, kw_only=True):
    """时限表 · limits by matter, category or `*`; what no row names has no limit."""

    limits: tuple[LimitRow, ...]
    ladders: tuple[Ladder, ...] = ()
    assumed: tuple[Note, ...] = ()


class MergingRow(Contract, frozen=True, kw_only=True):
    """并案规则条目 · how reports of a matter, a category or any (`*`) are merged; None = as `*`.

    `radius_m` metres between two points, `hours` between two reports; from `merged_from` on they
    are one case, from `candidate_from` on a person is asked. A report about a case that closed at
    most `reopen_hours` before reopens it; None = it is a new case.
    """

    matter: Code
    radius_m: Annotated[float, Meta(gt=0)] | None = None
    hours: Annotated[float, Meta(gt=0)] | None = None
    merged_from: Annotated[float, Meta(ge=0, le=1)] | None = None
    candidate_from: Annotated[float, Meta(ge=0, le=1)] | None = None
    reopen_hours: Annotated[float, Meta(gt=0)] | None = None


class MergingBody(Contract, frozen=True, kw_only=True):
    """并案 · when two reports are one case; without this document only people merge.

    `alike` are groups of matters that may be one problem in other words. A requester repeats who
    asks about a matter again within `repeat_days`; so many reports of a matter at one spot within
    `hotspot_days` are a hotspot.
    """

    rows: Annotated[tuple[MergingRow, ...], Meta(min_length=1)]
    alike: tuple[tuple[Code, ...], ...] = ()
    repeat_days: Annotated[float, Meta(gt=0)] = 30
    hotspot_days: Annotated[float, Meta(gt=0)] = 30
    hotspot_reports: Annotated[int, Meta(ge=2)] = 5
    assumed: tuple[Note, ...] = ()


TypedBody = (
    PlaceBody
    | AreasBody
    | MattersBody
    | ResponsibilityBody
    | AdmissionBody
    | LimitsBody
    | ModesBody
    | GridsBody
    | GazetteerBody
    | CamerasBody
    | MergingBody
    | ClassifierBody
    | SchedulesBody
    | GateBody
    | PointsBody
    | PostsBody
    | CardsBody
    | BaseDataBody
    | ClosuresBody
)

TYPES: dict[ReferenceKind, type[TypedBody]] = {
    ReferenceKind.PLACE: PlaceBody,
    ReferenceKind.AREAS: AreasBody,
    ReferenceKind.MATTERS: MattersBody,
    ReferenceKind.RESPONSIBILITY: ResponsibilityBody,
    ReferenceKind.ADMISSION: AdmissionBody,
    ReferenceKind.LIMITS: LimitsBody,
    ReferenceKind.MODES: ModesBody,
    ReferenceKind.GRIDS: GridsBody,
    ReferenceKind.GAZETTEER: GazetteerBody,
    ReferenceKind.CAMERAS: CamerasBody,
    ReferenceKind.MERGING: MergingBody,
    ReferenceKind.CLASSIFIER: ClassifierBody,
    ReferenceKind.SCHEDULES: SchedulesBody,
    ReferenceKind.GATE: GateBody,
    ReferenceKind.POINTS: PointsBody,
    ReferenceKind.POSTS: PostsBody,
    ReferenceKind.CARDS: CardsBody,
    ReferenceKind.BASE_DATA: BaseDataBody,
    ReferenceKind.CLOSURES: ClosuresBody,
}
prepared(*TYPES.values())
