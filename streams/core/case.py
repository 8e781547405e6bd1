"""The nouns of a case: its inputs, what it is at an instant, what is told, the whole story."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from streams.core.clocks import OVERALL, Clock
from streams.core.events import Act, ClosingRule, TicketRef, Urgency
from streams.core.levels import Lineage
from streams.core.lifecycle import ENDED, ORDER, CaseState
from streams.core.looks import Gate, Look
from streams.core.modedocs import Mode
from streams.core.reading import Reading
from streams.core.results import FactKind

URGENCY_MARK = "urgency:"
"""紧急程度 · before the grade of a case that is more than normally urgent."""


UNCLASSIFIED = "unclassified"
CALENDAR_MISSING = "calendar_missing:"
"""What a mark begins with that names a year which no calendar has."""
"""待人工分类 · the mark of a case whose matter nobody could say yet."""
UNCONFIRMED = "unconfirmed"
"""待人工确认 · the mark of a case that only cameras have found, and nobody has confirmed yet."""


class ActInput(msgspec.Struct, frozen=True, array_like=True):
    """One accepted act of a case, as casework keeps it."""

    sender: str
    id: str
    sha256: str
    occurred_at: datetime
    act: Act

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        """Its place among the acts of its case."""
        return self.occurred_at, ORDER[self.act.act], self.sender, self.id

    @property
    def cause(self) -> tuple[str, str]:
        """What makes the ids of the facts that it leads to."""
        return self.sender, self.id


class Linked(msgspec.Struct, frozen=True):
    """A report that is part of a case which an earlier one opened; `name` is the case's id that
    it would have had. An unconfirmed finding, or a clear look, is a `look` as well."""

    name: str
    sender: str
    id: str
    occurred_at: datetime
    reading: Reading
    look: Look | None = None

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        """Its place among the inputs of its case: before all acts of its instant."""
        return self.occurred_at, -1, self.sender, self.id

    @property
    def cause(self) -> tuple[str, str]:
        """What makes the ids of the facts that it leads to."""
        return self.sender, self.id


class Task(msgspec.Struct, frozen=True):
    """子任务 · one department's part of a case to which a whistle called it; `level` is that of the
    area tree on which it answers."""

    department: str
    called_at: datetime
    arrived_at: datetime | None = None
    finished_at: datetime | None = None
    level: str | None = None


class Case(msgspec.Struct, frozen=True):
    """A case at one instant; instants in UTC. `filed_at` is None until an act files it, where the
    lifecycle asks for one; `level` is the area to which it was raised or handed down, `stands_at`
    the level of the area tree, by name, on which it stands; `mode` is the rule set (平急) by which
    it is judged: its area's as it was filed, or last reopened; `renamed` whether it is of another
    matter than its report was said to be, `patrol_visible` whether a patrol can see such a matter;
    `lineage` is told of a ticket only:
    any other case lies where its seed report does."""

    lifecycle: str
    state: CaseState
    filed_at: datetime | None
    source: str
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    void: bool = False
    excluded: bool = False
    department: str | None = None
    assisting: tuple[str, ...] = ()
    street: str | None = None
    area: str | None = None
    grid: str | None = None
    lineage: Lineage = ()
    category: str | None = None
    matter: str | None = None
    text: str = ""
    outcome: str | None = None
    satisfaction: str | None = None
    marks: tuple[str, ...] = ()
    routing: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()
    tasks: tuple[Task, ...] = ()
    closing: ClosingRule = ClosingRule.ALL
    level: str | None = None
    urgency: Urgency = Urgency.NORMAL
    dispatched_at: datetime | None = None
    returned_by: tuple[str, ...] = ()
    stands_at: str | None = None
    happened: tuple[str, ...] = ()
    gate: Gate | None = None
    mode: Mode = Mode.NORMAL
    renamed: bool = False
    patrol_visible: bool | None = None

    @property
    def waits(self) -> bool:
        """待人工确认 · whether cameras alone have found it, and nobody has confirmed it yet."""
        at_gate = self.gate is not None and self.gate.waits
        return at_gate and self.state is CaseState.REPORTED and not self.void

    @property
    def running(self) -> bool:
        """Whether its clocks run: it is neither closed, rejected nor void."""
        return self.state not in ENDED and not self.void

    @property
    def overall(self) -> Clock | None:
        """总时限 · the clock by which it is judged; of a reopened case the last one."""
        return next((clock for clock in reversed(self.clocks) if clock.name == OVERALL), None)

    @property
    def deadline(self) -> datetime | None:
        """None unless deadline_kind is fixed."""
        overall = self.overall
        return None if overall is None else overall.due

    @property
    def deadline_kind(self) -> str:
        """fixed, none, or unknown where the calendar has no data."""
        overall = self.overall
        if overall is None:
            return "unknown" if "rules_missing" in self.marks else "none"
        return overall.kind

    def graded(self, urgency: Urgency) -> "Case":
        """定级 · as urgent as this from now on, for the clocks that begin from now on."""
        others = (mark for mark in self.marks if not mark.startswith(URGENCY_MARK))
        own = () if urgency is Urgency.NORMAL else (f"{URGENCY_MARK}{urgency.value}",)
        return msgspec.structs.replace(self, urgency=urgency, marks=(*others, *own))


class Told(msgspec.Struct, frozen=True):
    """A fact as the fold tells it; `cause` and `also` make its id, so a retelling is the same."""

    kind: FactKind
    at: datetime
    cause: tuple[str, str]
    also: str = ""
    department: str | None = None
    actor: str | None = None
    detail: dict[str, Any] = {}


class After(msgspec.Struct, frozen=True):
    """复发观察 · until when is looked whether a matter is back, after a department's closing."""

    at: datetime
    until: datetime
    department: str | None


class Story(msgspec.Struct, frozen=True):
    """The whole fold: the case as it stands, what it was from when on, and the facts.

    `pending` are the deadlines that nothing has met yet, the earliest first: a tick beyond one lets
    its breach out. `last` is the place in the fold's order of the last of its `inputs`: its acts,
    and the reports `linked` to it. A report that is part of another case has no story but that it
    went `into` that one. `afters` are the closings after which is looked whether it comes back.
    """

    case: Case
    history: tuple[tuple[datetime, Case], ...]
    facts: tuple[Told, ...]
    pending: tuple[datetime, ...]
    inputs: int = 0
    last: tuple[datetime, int, str, str] | None = None
    linked: tuple[TicketRef, ...] = ()
    into: str | None = None
    afters: tuple[After, ...] = ()


def fact_id(case_id: str, kind: FactKind, cause: tuple[str, str], also: str = "") -> str:
    """A fact's id on the ledger: made of its case and its cause, so a retelling is the same."""
    parts = "\0".join((case_id, kind.value, *cause, also))
    return blake2b(parts.encode(), digest_size=8).hexdigest()
