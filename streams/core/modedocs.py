"""What a place publishes of its modes (平急): which rule set each of its areas lives by."""

from enum import StrEnum
from typing import Literal

from streams.core.events import Code, Contract, Note


class Mode(StrEnum):
    """平急 · the rule set that an area lives by."""

    NORMAL = "normal"
    EMERGENCY = "emergency"


class ModeRow(Contract, frozen=True):
    """平急转换 · an area, and all that lies in it, lives by this mode."""

    area: Code
    mode: Mode
    kind: Literal["", "epidemic", "wind_and_flood"] = ""
    reason: str = ""


class ModesBody(Contract, frozen=True, kw_only=True):
    """平急转换 · which areas live by which mode; the nearest one in the tree holds."""

    modes: tuple[ModeRow, ...]
    assumed: tuple[Note, ...] = ()
