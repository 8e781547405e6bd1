"""What passed the door, on its way between our own stages."""

from datetime import datetime

import msgspec

from streams.core.events import Act, Point, Reference, Round
from streams.core.levels import Lineage, Rung
from streams.core.provenance import Provenance


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where an input stood on its source topic."""

    topic: str
    partition: int
    offset: int


class Spot(msgspec.Struct, frozen=True, gc=False):
    """地名 · a name of the gazetteer in a report's words, and the house number behind it."""

    name: str
    number: str = ""


class AcceptedReport(Provenance, frozen=True, kw_only=True, tag="report", omit_defaults=True):
    """A decoded, tokenised, located, classified report: `tickets` and `casework` read it."""

    sender: str
    id: str
    sha256: str
    place: str
    home: str
    occurred_at: datetime
    source: str
    lifecycle: str = "five_steps"
    recorded_at: datetime | None = None
    text: str = ""
    street: str | None = None
    area: str | None = None
    grid: str | None = None
    lineage: Lineage = ()
    """By the area tree in force as it was reported; empty where that has no such area."""
    category: str | None = None
    matter: str | None = None
    classified_by: str | None = None
    """Which layer said the matter: sender, terms or model; None where nobody could."""
    why: list[str] = msgspec.field(default_factory=list)
    """How it was located and classified, one sentence each, for a dispatcher to check."""
    requester: str | None = None
    reporter: str | None = None
    point: Point | None = None
    """Its own; else its camera's."""
    camera: str | None = None
    camera_class: int | None = None
    algorithm: str | None = None
    unconfirmed: bool = False
    """A camera's finding that no person has confirmed: it waits at the gate."""
    clear: bool = False
    """A camera's look that finds nothing any more: no report."""
    spots: tuple[Spot, ...] = ()
    near: tuple[str, ...] = ()
    """The homes across whose border it is, near enough to be of one problem with theirs."""
    origin: Origin


class AcceptedAct(msgspec.Struct, frozen=True, kw_only=True, tag="act", omit_defaults=True):
    """A decoded act; home and case_id are filled by `tickets` where only a ticket was named."""

    sender: str
    id: str
    sha256: str
    occurred_at: datetime
    act: Act
    home: str = ""
    case_id: str = ""
    origin: Origin


class AcceptedRound(msgspec.Struct, frozen=True, kw_only=True, tag="round", omit_defaults=True):
    sender: str
    id: str
    sha256: str
    home: str
    occurred_at: datetime
    round: Round
    origin: Origin


class CallSaid(msgspec.Struct, frozen=True, kw_only=True):
    """呼入电话 · what is kept of a call at the hotline's desk. Where it came from is known only as
    far as the telephone system says so; `channel` is the line, as of a hotline's report."""

    sender: str
    id: str
    sha256: str
    place: str
    offered_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    channel: str | None = None
    street: str | None = None
    area: str | None = None
    lineage: list[Rung] = msgspec.field(default_factory=list)
    origin: Origin


class AcceptedCall(CallSaid, frozen=True, kw_only=True, tag="call", omit_defaults=True):
    """A decoded call; it touches no case."""


class AcceptedVisitor(msgspec.Struct, frozen=True, kw_only=True, tag="visitor", omit_defaults=True):
    """A report of another home, near the border of this one: its reports are compared with it."""

    home: str
    report: AcceptedReport


class ReferenceChange(
    msgspec.Struct, frozen=True, kw_only=True, tag="reference", omit_defaults=True
):
    """A reference document, written to every partition of the intake log."""

    sender: str
    id: str
    sha256: str
    reference: Reference
    origin: Origin


Accepted = (
    AcceptedReport | AcceptedAct | AcceptedRound | AcceptedCall | AcceptedVisitor | ReferenceChange
)


class Tick(msgspec.Struct, frozen=True):
    """A place's clock: nothing due before `at` may still be held back."""

    place: str
    at: datetime
