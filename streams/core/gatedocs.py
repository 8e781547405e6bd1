"""The nouns of a place's camera gate: when a finding that nobody confirmed may pass it."""

from typing import Annotated

from msgspec import Meta

from streams.core.events import Code, Contract, Instant, Label, Note
from streams.core.mapdocs import Device
from streams.core.modedocs import Mode

MOST_LOOKS = 50
"""The most looks that a rule may ask back for."""

TimeOfDay = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Persistence(Contract, frozen=True, kw_only=True):
    """持续性 · when findings pass by themselves: `shown` of the last `of` looks within `minutes`,
    the first and the last of them at least `dwell_minutes` apart; and the algorithm was right, on
    that camera, in at least `precision_from` (0..1) of at least `judged_from` findings."""

    shown: Annotated[int, Meta(ge=1, le=MOST_LOOKS)]
    of: Annotated[int, Meta(ge=1, le=MOST_LOOKS)]
    minutes: Annotated[float, Meta(gt=0)]
    dwell_minutes: Annotated[float, Meta(ge=0)] = 0
    precision_from: Annotated[float, Meta(ge=0, le=1)]
    judged_from: Annotated[int, Meta(ge=1)]


class QuietHours(Contract, frozen=True, kw_only=True):
    """静默时段 · each day from `begins` until before `ends`, by the place's clock; over midnight
    where it ends before it begins."""

    begins: TimeOfDay
    ends: TimeOfDay


class GateRow(Contract, frozen=True, kw_only=True):
    """关口规则 · for a matter, a category or any (`*`); for one algorithm, kind of device or camera
    class, or any; an `emergency` one only where the area lives by that mode.

    Without `persistence` only people pass a finding, and so in `quiet` hours. After `clear_after`
    clear looks in a row an unconfirmed case is void; None: never by itself.
    """

    matter: Code
    algorithm: Label | None = None
    camera_class: Annotated[int, Meta(ge=1, le=3)] | None = None
    device: Device | None = None
    mode: Mode = Mode.NORMAL
    persistence: Persistence | None = None
    quiet: tuple[QuietHours, ...] = ()
    clear_after: Annotated[int, Meta(ge=1, le=MOST_LOOKS)] | None = None


class PlannedWork(Contract, frozen=True, kw_only=True):
    """计划作业 · what cameras find in it of these matters, on these cameras and in these areas, is
    expected: only people pass it. None named: all."""

    id: Code
    valid_from: Instant
    valid_to: Instant
    matters: tuple[Code, ...] = ()
    cameras: tuple[Code, ...] = ()
    areas: tuple[Code, ...] = ()
    reason: Note


class GateBody(Contract, frozen=True, kw_only=True):
    """摄像头关口 · what a finding that nobody confirmed needs to become a case; without this
    document a person confirms first."""

    rows: tuple[GateRow, ...] = ()
    works: tuple[PlannedWork, ...] = ()
    assumed: tuple[Note, ...] = ()
