"""What upstreams write to us: one frozen type a kind, from which its JSON Schema is exported.

Instants are aware datetimes, in UTC behind the door. `sender` is CloudEvents' source attribute;
`source` is the channel by which a report came.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

INFINITY = datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC)
"""'Until further notice' in a span: the last whole second that every store of ours can hold."""

Instant = Annotated[
    datetime,
    Meta(tz=True, description="带时区偏移的时刻 · an instant with its offset"),
]
Code = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$(?!\n)")
]
ChannelCode = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^(?!(?:[^0-9]*[0-9]){7})[^\s\x00-\x1f\x7f-\x9f]+$(?!\n)",
    ),
]
"""端口 · by which port or line a report came, as its owner calls it: `open311`, 粤平安, 12345. Six
digits at most: no phone or ID number fits in."""
Words = Annotated[str, Meta(max_length=8000)]
Label = Annotated[str, Meta(min_length=1, max_length=256)]
Note = Annotated[str, Meta(min_length=1, max_length=1000)]


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A closed type: an unknown field is refused, never ignored."""


# --- what upstreams write -------------------------------------------------------------------


class Crs(StrEnum):
    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


class Point(Contract, frozen=True):
    """坐标 · a point with the datum in which it was measured."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    crs: Crs


class Requester(Contract, frozen=True):
    """诉求人 · who asked. Personal: replaced by a keyed token at the door."""

    name: Annotated[str, Meta(max_length=64)] | None = None
    phone: Annotated[str, Meta(max_length=32)] | None = None
    id_number: Annotated[str, Meta(max_length=32)] | None = None


class ReporterKind(StrEnum):
    """上报人类型 · which kind of staff reported."""

    GRIDWORKER = "gridworker"  # 网格员
    PART_TIME_GRIDWORKER = "part_time_gridworker"  # 兼职网格员
    UNIT_LEADER = "unit_leader"  # 最小单元长
    INSPECTOR = "inspector"  # 巡查员
    VILLAGE_STAFF = "village_staff"  # 村(社区)工作人员
    MOBILE_PATROL = "mobile_patrol"  # 机动巡查队
    SUPERVISION_TEAM = "supervision_team"  # 督查组


class CitizenKind(StrEnum):
    """市民上报类别 · of which kind a citizen's report is."""

    LIVELIHOOD_REQUEST = "livelihood_request"  # 民生诉求
    OPINION = "opinion"  # 意见建议
    HAZARD = "hazard"  # 问题隐患


class _Report(Contract, frozen=True, kw_only=True):
    place: Code
    text: Annotated[str, Meta(min_length=1, max_length=8000)]
    area: Code | None = None
    grid: Code | None = None
    address: Label | None = None
    point: Point | None = None
    matter: Code | None = None
    recorded_at: Instant | None = None


class GridworkerReport(_Report, frozen=True, kw_only=True):
    """网格员上报 · found on patrol by a gridworker, or by another kind of staff."""

    reporter_kind: ReporterKind = ReporterKind.GRIDWORKER
    reporter: Code
    channel: ChannelCode | None = None


class PatrolReport(_Report, frozen=True, kw_only=True):
    """视频巡查 · a finding of a video patrol, or a camera's alert; `confirmed` where a person saw
    it too. With `clear` it finds nothing any more: an observation, which opens no case."""

    camera: Code
    camera_class: Annotated[int, Meta(ge=1, le=3)]
    scene: Label | None = None
    algorithm: Label | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    confirmed: bool = False
    clear: bool = False


class HotlineReport(_Report, frozen=True, kw_only=True):
    """热线工单 · a 12345 ticket, or another line's."""

    line: ChannelCode = "12345"
    requester: Requester | None = None


class CitizenReport(_Report, frozen=True, kw_only=True):
    """市民上报 · from a mini-program, an app or Open311."""

    channel: ChannelCode = "mini_program"
    kind: CitizenKind | None = None
    requester: Requester | None = None


class ImportedReport(Contract, frozen=True, kw_only=True):
    """导入工单 · that a ticket exists; all else of its row comes as the act `import_row`."""

    place: Code
    reported_at: Instant


class ActKind(StrEnum):
    """What somebody may do with a case; in the order of the lifecycle's moves."""

    VERIFY = "verify"  # 核实
    REJECT = "reject"  # 不予受理
    CLASSIFY = "classify"  # 人工分类
    FILE = "file"  # 立案
    VOID = "void"  # 作废
    DISPATCH = "dispatch"  # 派遣
    SIGN = "sign"  # 签收
    RETURN = "return"  # 退单
    ESCALATE = "escalate"  # 提级
    HAND_DOWN = "hand_down"  # 交下级办理
    CONVENE = "convene"  # 吹哨
    ARRIVE = "arrive"  # 报到
    CONTACT = "contact"  # 联系诉求人
    EXTEND = "extend"  # 延期
    PAUSE = "pause"  # 挂账
    RESUME = "resume"  # 解挂
    SUPERVISE = "supervise"  # 督办
    GUARD = "guard"  # 包保
    CONSULT = "consult"  # 议事协商
    DECIDE = "decide"  # 采纳与否、议决
    MEDIATE = "mediate"  # 调解
    FINISH = "finish"  # 子任务办结
    HANDLE = "handle"  # 处置
    CHECK = "check"  # 核查
    CALL_BACK = "call_back"  # 回访
    EVALUATE = "evaluate"  # 评价
    CLOSE = "close"  # 结案
    REOPEN = "reopen"  # 重开
    MERGE = "merge"  # 并案
    SPLIT = "split"  # 拆案
    DISPUTE = "dispute"  # 申诉
    EXCLUDE = "exclude"  # 剔除
    IMPORT_ROW = "import_row"


class WhistleKind(StrEnum):
    """吹哨类别 · everyday, key task, emergency."""

    EVERYDAY = "everyday"  # 日常哨
    KEY_TASK = "key_task"  # 攻坚哨
    EMERGENCY = "emergency"  # 应急哨


class ClosingRule(StrEnum):
    """子任务办结规则 · whether all departments must finish, or any one."""

    ALL = "all"
    ANY = "any"


class Supervision(StrEnum):
    """督查方式 · how a case is supervised."""

    ONLINE = "online"
    OFFLINE = "offline"


class Urgency(StrEnum):
    """紧急程度 · how urgent a case is, the least first."""

    NORMAL = "normal"  # 一般
    URGENT = "urgent"  # 紧急
    EMERGENCY = "emergency"  # 特急


class Satisfaction(StrEnum):
    """好差评五级 · the five levels."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


class Outcome(StrEnum):
    """结果 · what was decided: of an opinion one of the first two, of a topic one of the others."""

    ADOPTED = "adopted"  # 已采纳
    DECLINED = "declined"  # 未采纳
    VOTED = "voted"  # 交付表决
    IMPLEMENTED = "implemented"  # 直接实施


class Circle(StrEnum):
    """共建圈 · whose circle settles a case: neighbours', merchants', units'."""

    NEIGHBOUR = "neighbour"  # 邻里圈
    MERCHANT = "merchant"  # 商户圈
    UNIT = "unit"  # 单位圈


class CostShare(Contract, frozen=True):
    """分摊 · what share of the cost a payer has taken; a payer is a code, never a name."""

    payer: Code
    percent: Annotated[float, Meta(ge=0, le=100)]


class FiveOnes(Contract, frozen=True, kw_only=True):
    """五个一 · how a risk is guarded. Codes only: a person is a token or the code of a post, never
    a name; a plan, a ledger or a method is the number of its document."""

    cadres: tuple[Code, ...] = ()
    task_force: Code | None = None
    plan: Code | None = None
    ledger: Code | None = None
    accountability: Code | None = None


class TicketRef(Contract, frozen=True):
    """A report as its sender knows it: CloudEvents source and id."""

    sender: Label
    id: Label


class RowStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CLOSED_DUPLICATE = "closed_duplicate"
    CLOSED_TRANSFERRED = "closed_transferred"
    CANCELLED = "cancelled"


class ImportRow(Contract, frozen=True, kw_only=True):
    """导入行 · one row of a place's own file, mapped; the last row of a ticket counts whole."""

    reported_at: Instant
    status: RowStatus
    closed_at: Instant | None = None
    due_at: Instant | None = None
    source: Label = "hotline"
    department: Label | None = None
    category: Label | None = None
    matter: Label | None = None
    street: Label | None = None
    area: Label | None = None
    grid: Label | None = None
    text: Words = ""
    lat: float | None = None
    lon: float | None = None
    marks: list[str] = []


class Act(Contract, frozen=True, kw_only=True):
    """办理动作 · what somebody did with a case; names the case, or the ticket of a report.

    `extend`, `pause`, `dispute`, and `return` where a place wants approval: without `passed` it is
    asked for, with it decided. `until` is the new deadline of an extension, or the planned end of a
    pause. `departments` are those that a whistle convenes. `urgency` grades the case where it is
    verified, filed or dispatched (定级). `matter` is what a person says the case is about, where it
    is classified (人工分类). Who guards a risk names, beside the `guard`, the `area` that keeps it
    steady and the `department` that resolves it. Who merges or splits names the `other` case: the
    problem of both is one, or it is not. A consultation or a closing may name the `circle` in which
    it was settled, and in `shares` who bears how much of the cost.
    """

    place: Code
    act: ActKind
    case: Label | None = None
    ticket: TicketRef | None = None
    other: Label | None = None
    actor: Code | None = None
    department: Label | None = None
    departments: tuple[Label, ...] = ()
    area: Code | None = None
    matter: Code | None = None
    whistle: WhistleKind | None = None
    closing: ClosingRule | None = None
    supervision: Supervision | None = None
    urgency: Urgency | None = None
    passed: bool | None = None
    resolved: bool | None = None
    satisfaction: Satisfaction | None = None
    outcome: Outcome | None = None
    guard: FiveOnes | None = None
    circle: Circle | None = None
    shares: tuple[CostShare, ...] = ()
    until: Instant | None = None
    reason: Words | None = None
    row: ImportRow | None = None
    recorded_at: Instant | None = None


class RoundKind(StrEnum):
    """轮次种类 · what a round is; a task is one step of what is due once. The last four are told
    of nobody's asking: nothing of them is ever missed, and none of them opens a case."""

    PATROL = "patrol"  # 巡查
    VIDEO = "video"  # 视频巡查
    DUTY = "duty"  # 值班、在岗
    SCREENING = "screening"  # 排查
    ENTERPRISE_CHECK = "enterprise_check"  # 企业检查
    VISIT = "visit"  # 走访
    SUPERVISION = "supervision"  # 督导
    MEETING = "meeting"  # 会议、调度
    SERVICE = "service"  # 服务
    TASK = "task"  # 任务
    CHECK_IN = "check_in"  # 报到
    ACTIVITY = "activity"  # 终端活动
    DECLARATION = "declaration"  # 自愿报备
    AWARD = "award"  # 记分
    READING = "reading"  # 读数


UNASKED = frozenset({RoundKind.ACTIVITY, RoundKind.DECLARATION, RoundKind.AWARD, RoundKind.READING})
"""What no schedule may ask for: use of a handheld, a voluntary declaration, points, a reading."""


class RoundResult(StrEnum):
    """轮次结果 · how a round ended. What was `found` is reported by itself; of what `failed` the
    round is itself the report; what was `offline` could not be looked at, so it was not done."""

    OK = "ok"  # 正常
    FOUND = "found"  # 发现问题
    FAILED = "failed"  # 不合格
    OFFLINE = "offline"  # 离线


class RoundMeans(StrEnum):
    """轮次方式 · how it was made."""

    ON_SITE = "on_site"  # 实地
    ONLINE = "online"  # 线上
    PHONE = "phone"  # 电话
    QUESTIONNAIRE = "questionnaire"  # 电子问卷


class Round(Contract, frozen=True, kw_only=True):
    """巡查轮次 · one round, check-in or duty presence: of whom or what, when, and how it ended.

    `subject` is a camera, a post, an enterprise, a person's token, an actor or a step of a task;
    of a grid or an area these fields themselves say it.

    `found` are the ids under which the sender has reported what was found. A round that `failed`
    says in `text` what did, and opens a case. An award gives `worker` so many `points` on one
    `account` (or takes them, below 0) and says in `text` why. A reading says what its `subject`,
    a device, read of its `scene`, a quantity.
    """

    place: Code
    kind: RoundKind
    area: Code
    grid: Code | None = None
    subject: Code | None = None
    scene: Code | None = None
    worker: Code | None = None
    started_at: Instant
    ended_at: Instant | None = None
    result: RoundResult = RoundResult.OK
    means: RoundMeans | None = None
    found: list[Label] = []
    matter: Code | None = None
    text: Words | None = None
    account: Code | None = None
    points: Annotated[int, Meta(ge=-100_000, le=100_000)] | None = None
    reading: float | None = None
    unit: Code | None = None
    recorded_at: Instant | None = None


class ReferenceKind(StrEnum):
    """What a place may change while it runs; each document replaces its kind from valid_from on."""

    PLACE = "place"
    AREAS = "areas"
    MATTERS = "matters"
    RESPONSIBILITY = "responsibility"
    ADMISSION = "admission"
    LIMITS = "limits"
    MODES = "modes"
    CALENDAR = "calendar"
    GRIDS = "grids"
    GAZETTEER = "gazetteer"
    CAMERAS = "cameras"
    MERGING = "merging"
    CLASSIFIER = "classifier"
    SCHEDULES = "schedules"
    GATE = "gate"
    POINTS = "points"
    POSTS = "posts"
    CARDS = "cards"
    BASE_DATA = "base_data"
    CLOSURES = "closures"


class Reference(Contract, frozen=True, kw_only=True):
    """参照数据变更 · one version of one document of a place; acts on later inputs only."""

    place: Code
    kind: ReferenceKind
    version: Label
    valid_from: Instant
    body: dict[str, Any]
