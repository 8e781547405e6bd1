"""How a place's published figures are replayed: which inputs, and which figure tells each of them.

A file beside the place's documents, never published itself: rules decide, replays only prove.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.core.events import (
    ActKind,
    Code,
    Contract,
    Instant,
    Label,
    Note,
    Outcome,
    ReporterKind,
    RoundKind,
)
from streams.core.placedocs import Constant, LifecycleName

Compared = Literal["percent", "times", "faster"]
"""Against a baseline: 同比 in per cent, 增加几倍, 时效提升几倍 (of a duration)."""


class ReplayPart(Contract, frozen=True, kw_only=True):
    """一批 · reports with which the same was done: the acts in their order, evenly until so many
    hours after the report."""

    count: Annotated[int, Meta(ge=1)]
    acts: tuple[ActKind, ...] = ()
    outcome: Outcome | None = None
    hours: Annotated[float, Meta(gt=0, le=8760)] = 24


class Replay(Contract, frozen=True, kw_only=True):
    """重演 · reports of one matter spread over [from, to), and what was done with them.

    Without a `matter`, or with one that the place does not list, it has one of its own; `lifecycle`
    is for matters to which the place gives another one. `contact_within` limits the first contact,
    where the figure asks for it: no other limit holds in a replay.
    """

    id: Code
    zh: Label
    en: Label
    from_: Instant = msgspec.field(name="from")
    to: Instant
    parts: Annotated[tuple[ReplayPart, ...], Meta(min_length=1)]
    source: Literal["gridworker", "citizen"] = "gridworker"
    reporter_kind: ReporterKind = ReporterKind.GRIDWORKER
    matter: Code | None = None
    lifecycle: LifecycleName | None = None
    contact_within: Label | None = None

    @property
    def about(self) -> str:
        """The matter of its reports."""
        return self.matter or self.id


class RoundsReplay(Contract, frozen=True, kw_only=True):
    """轮次重演 · all rounds that a `schedule` asks for in [from, to), or `count` of a `kind`."""

    id: Code
    from_: Instant = msgspec.field(name="from")
    to: Instant
    schedule: Code | None = None
    kind: RoundKind | None = None
    count: Annotated[int, Meta(ge=1)] | None = None


class CheckRow(Contract, frozen=True, kw_only=True):
    """核对 · a number `of` the place's profile, or one that is stated here, and its replay.

    `figure` is that of the published rate where it names none; `cut` is the combination that is
    looked at; with a baseline (`against`) it is `compared`.
    """

    of: Code | None = None
    states: Constant | None = None
    replay: Code | None = None
    figure: Code | None = None
    cut: dict[Code, Code] = msgspec.field(default_factory=dict)
    against: Code | None = None
    compared: Compared | None = None


class CheckBody(Contract, frozen=True, kw_only=True):
    """核对表 · replays, and the published numbers that they must yield."""

    replays: tuple[Replay, ...] = ()
    rounds: tuple[RoundsReplay, ...] = ()
    checks: Annotated[tuple[CheckRow, ...], Meta(min_length=1)]
    assumed: tuple[Note, ...] = ()
