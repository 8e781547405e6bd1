"""What a recount counts: cases, steps and reports as they stood at the instant asked for."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any


@dataclass(kw_only=True)
class Provenance:
    """Who told it and by which port, and in what kind of grid and area."""

    reporter_kind: str | None = None
    channel: str | None = None
    citizen_kind: str | None = None
    grid_kind: str | None = None
    area_kind: str | None = None


PROVENANCE = tuple(one.name for one in fields(Provenance))


@dataclass
class Case(Provenance):
    """A case as it stood at the instant that is asked for; `deadline` None without a fixed one;
    `lies` says in which area of each level, `shared_by` in which circle ("": in none with a name)
    the costs of its closing were shared, `visible` whether a patrol can see it (None: unsaid)."""

    filed_at: datetime
    source: str
    department: str | None
    deadline: datetime | None = None
    deadline_unknown: bool = False
    handled: bool = False
    closed_at: datetime | None = None
    is_closed: bool = False
    void: bool = False
    rejected: bool = False
    excluded: bool = False
    happened: set[str] = field(default_factory=set)
    rating: str | None = None
    steps: list["Step"] = field(default_factory=list)
    mode: str = "normal"
    street: str | None = None
    lies: dict[str, str] = field(default_factory=dict)
    shared_by: str | None = None
    visible: bool | None = None

    @property
    def on_time(self) -> bool:
        """Closed, and without a deadline or not after it."""
        if not self.is_closed or self.closed_at is None or self.deadline_unknown:
            return False
        return self.deadline is None or self.closed_at <= self.deadline


@dataclass
class Step:
    """One thing that a department, or a case, had to do; `of` is its case."""

    kind: str
    department: str | None
    at: datetime
    of: Case = field(repr=False)
    due: datetime | None = None
    done: datetime | None = None
    result: str | None = None
    worked: timedelta | None = None

    def __getattr__(self, name: str) -> Any:
        """All else is as its case's."""
        return getattr(self.of, name)


@dataclass
class Call:
    """A call that was offered to the hotline, answered at an instant or never."""

    offered_at: datetime
    answered_at: datetime | None = None
    channel: str | None = None
    lies: dict[str, str] = field(default_factory=dict)


@dataclass
class Report(Provenance):
    """An accepted report of its own source, that `opened` its case or came to an earlier one's;
    `before` is when the same person had last asked about the same matter; not `filed` while its
    case waits for a person. `read_as` is what the scores made of it, `regrouped` whether people
    thought otherwise; `asked` whether its matter was left to the machine, `ruled_as` its case's;
    `judged` what people said of a camera's finding."""

    occurred_at: datetime
    source: str
    who: str | None = None
    matter: str | None = None
    before: datetime | None = None
    opened: bool = True
    read_as: str | None = None
    regrouped: bool = False
    asked: bool = False
    ruled_as: str | None = None
    judged: bool | None = None
    void: bool = False
    excluded: bool = False
    rejected: bool = False
    filed: bool = True
    not_admitted: bool = False
    lies: dict[str, str] = field(default_factory=dict)
