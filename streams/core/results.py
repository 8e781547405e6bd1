"""What comes out: facts, and the rows of cases and reports; and what was refused."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from streams.core.accepted import CallSaid, Origin
from streams.core.levels import Rung
from streams.core.provenance import Provenance
from streams.core.reading import ReadAs


class FactKind(StrEnum):
    """事实 · what happened to a case."""

    REPORT_ACCEPTED = "report_accepted"
    FINDING_HELD = "finding_held"
    FINDING_PASSED = "finding_passed"
    CAMERA_CLEAR = "camera_clear"
    REPORT_VERIFIED = "report_verified"
    REPORT_REJECTED = "report_rejected"
    CASE_FILED = "case_filed"
    CASE_VOIDED = "case_voided"
    CASE_CLASSIFIED = "case_classified"
    CASE_DISPATCHED = "case_dispatched"
    DISPATCH_SIGNED = "dispatch_signed"
    RETURN_REQUESTED = "return_requested"
    RETURN_REFUSED = "return_refused"
    DISPATCH_RETURNED = "dispatch_returned"
    LEVEL_RAISED = "level_raised"
    LEVEL_LOWERED = "level_lowered"
    WHISTLE_BLOWN = "whistle_blown"
    DEPARTMENT_ARRIVED = "department_arrived"
    TASK_FINISHED = "task_finished"
    REQUESTER_CONTACTED = "requester_contacted"
    DEADLINE_SET = "deadline_set"
    DEADLINE_BREACHED = "deadline_breached"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_DECIDED = "extension_decided"
    PAUSE_REQUESTED = "pause_requested"
    PAUSE_DECIDED = "pause_decided"
    PAUSE_ENDED = "pause_ended"
    CASE_SUPERVISED = "case_supervised"
    RISK_GUARDED = "risk_guarded"
    CONSULTATION_HELD = "consultation_held"
    OUTCOME_DECIDED = "outcome_decided"
    MEDIATION_HELD = "mediation_held"
    CASE_HANDLED = "case_handled"
    CASE_CHECKED = "case_checked"
    REWORK_ORDERED = "rework_ordered"
    CALLBACK_MADE = "callback_made"
    CASE_EVALUATED = "case_evaluated"
    CASE_CLOSED = "case_closed"
    CASE_REOPENED = "case_reopened"
    CLOSURE_DOUBTED = "closure_doubted"
    REPORT_LINKED = "report_linked"
    TWIN_PROPOSED = "twin_proposed"
    CASES_MERGED = "cases_merged"
    CASES_SPLIT = "cases_split"
    CASE_REREPORTED = "case_rereported"
    REQUEST_REPEATED = "request_repeated"
    HOTSPOT_FOUND = "hotspot_found"
    DISPUTE_FILED = "dispute_filed"
    DISPUTE_DECIDED = "dispute_decided"
    CASE_EXCLUDED = "case_excluded"
    ROW_IMPORTED = "row_imported"
    ACT_REFUSED = "act_refused"
    CALENDAR_MISSING = "calendar_missing"


RANK = {kind: rank for rank, kind in enumerate(FactKind)}
"""In which order facts of one instant are told: as a case goes on."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger; `fact_id` derives from its cause. A withdrawn fact was disproved."""

    fact_id: str
    case_id: str
    place: str
    home: str
    kind: FactKind
    occurred_at: datetime
    ingested_at: datetime
    revision: int
    withdrawn: bool = False
    department: str | None = None
    actor: str | None = None
    sender: str = ""
    input_id: str = ""
    detail: dict[str, Any] = {}


class Span(Provenance, frozen=True, kw_only=True):
    """What was true of a case while from_at < A <= to_at, known while known_from < K <= known_to.

    `void` and `excluded` are flags; `deadline_kind` is fixed, none or unknown; `deadline` is None
    unless fixed; `outcome` is None while undecided; `level` is the level of the area tree on which
    it stands, by name; `happened` are words of `core/happened`, `satisfaction` is the last rating,
    `mode` the rule set (平急) by which it is judged, `lineage` where it lies (`core/levels`),
    `reported_at` its seed report's occurred_at.
    Rows of a case never overlap: each (A, K) meets exactly one.
    """

    case_id: str
    place: str
    flow: str
    reported_at: datetime
    from_at: datetime
    to_at: datetime
    known_from: datetime
    known_to: datetime
    state: str
    step: str
    filed_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    void: bool
    excluded: bool
    deadline: datetime | None
    deadline_kind: str
    department: str | None
    source: str
    street: str | None
    area: str | None
    grid: str | None
    category: str | None
    matter: str | None
    outcome: str | None
    level: str | None
    satisfaction: str | None
    mode: str
    happened: list[str]
    lineage: list[Rung]
    renamed: bool = False
    revision: int
    patrol_visible: bool | None = None


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a case (`core/steps`), known while known_from < K <= known_to: begun `at`, to be
    done by `due`, over at `done`, and how; `worked`, where it is told, in microseconds of working
    time. Its `department` is whose step it was; `reported_at` is its case's, and so is since when
    that is filed, void, rejected, excluded (None: it never was)."""

    case_id: str
    place: str
    flow: str
    reported_at: datetime
    kind: str
    n: int
    department: str | None
    at: datetime
    due: datetime | None
    done: datetime | None
    result: str | None
    worked: int | None
    filed_at: datetime | None
    void_at: datetime | None
    rejected_at: datetime | None
    excluded_at: datetime | None
    known_from: datetime
    known_to: datetime
    revision: int


class Snapshot(Provenance, frozen=True, kw_only=True):
    """A case as it stands after all known inputs: one row of `cases`."""

    case_id: str
    place: str
    home: str
    flow: str
    lifecycle: str
    state: str
    step: str
    outcome: str | None
    filed_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    void: bool
    excluded: bool
    deadline: datetime | None
    deadline_kind: str
    department: str | None
    assisting: list[str]
    source: str
    street: str | None
    area: str | None
    grid: str | None
    category: str | None
    matter: str | None
    text: str
    satisfaction: str | None
    report_count: int
    marks: list[str]
    routing: list[str]
    """The routing trace: one sentence for each rule tried."""
    clocks: list[dict[str, Any]]
    """Every clock, the overall one first: limit, calendar, versions, pauses, where it stands."""
    tasks: list[dict[str, Any]]
    """What a whistle convened: department, when called, arrived, finished."""
    level: str | None
    """The area whose level handles it, once it was raised or handed down."""
    ingested_at: datetime
    revision: int
    merged_into: str | None = None
    """The case to which its report belongs, where it is none of its own; else None."""


class ReportRow(Provenance, frozen=True, kw_only=True):
    """One accepted report: one row of `reports`; its figures' cuts are its own fields, and
    `reported_at` is its case's. It `opened` its case, or is part of one that an earlier report did.
    What machine and people said of it stands as `core/said` has it.
    """

    sender: str
    id: str
    sha256: str
    place: str
    flow: str
    home: str
    case_id: str
    reported_at: datetime
    opened: bool
    occurred_at: datetime
    recorded_at: datetime | None
    ingested_at: datetime
    source: str
    street: str | None
    area: str | None
    grid: str | None
    category: str | None
    matter: str | None
    lineage: list[Rung]
    classified_by: str | None = None
    text: str
    why: list[str]
    requester: str | None
    reporter: str | None = None
    camera: str | None = None
    algorithm: str | None = None
    read_as: ReadAs | None = None
    regrouped_at: datetime | None = None
    regrouped_known_from: datetime | None = None
    judged_at: datetime | None = None
    judged_known_from: datetime | None = None
    confirmed: bool = False
    origin: Origin
    revision: int


class LookRow(msgspec.Struct, frozen=True, kw_only=True):
    """A camera's look that found nothing any more, as it was accepted: one row of `looks`, and
    never one of `reports`."""

    sender: str
    id: str
    sha256: str
    place: str
    home: str
    occurred_at: datetime
    origin: Origin
    recorded_at: datetime | None = None
    camera: str | None = None
    camera_class: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None
    algorithm: str | None = None
    street: str | None = None
    area: str | None = None
    grid: str | None = None
    category: str | None = None
    matter: str | None = None
    text: str = ""


class CallRow(CallSaid, frozen=True, kw_only=True):
    """A call as figures count it: what was accepted, and since when it is known. Of two contents
    of one identity the earlier in the log stands."""

    ingested_at: datetime


class CaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one revision of a case changes: the snapshot, and the rows to be written."""

    snapshot: Snapshot
    spans: list[Span]
    steps: list[StepRow]
    reports: list[ReportRow]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A refused input, without its bytes (these stand sealed beside it on the topic).

    `withdrawn` takes a listing back (an act whose report came after all).
    """

    letter_id: str
    reason: str
    detail: str
    stage: str
    topic: str
    partition: int
    offset: int
    sender: str
    input_id: str
    sha256: str
    place: str
    refused_at: datetime
    withdrawn: bool = False
