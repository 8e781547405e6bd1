"""The nouns of the gate: what a camera saw at an instant, and what a case remembers of it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.core.accepted import AcceptedReport

Eye = tuple[str, str]
"""A camera and the algorithm that looks through it; "" where none is named."""

MOST_KEPT = 200
"""Looks that a case remembers: more than any rule asks back for, of several eyes."""


class Look(msgspec.Struct, frozen=True):
    """一次查看 · a finding that nobody confirmed, or that there is nothing any more."""

    at: datetime
    eye: Eye
    camera_class: int | None
    found: bool
    planned: bool = False


class By(StrEnum):
    """凭什么 · what lets a finding pass the gate."""

    PERSON = "person"  # 人工确认
    CHANNEL = "channel"  # 其他渠道也有上报
    PERSISTENCE = "persistence"  # 持续出现


class Gate(msgspec.Struct, frozen=True):
    """关口 · where a case stands that cameras tell of: the looks so far, the eyes that ever found
    it; and by what it passed, None where it still waits or never had to."""

    waits: bool
    by: By | None = None
    looks: tuple[Look, ...] = ()
    eyes: frozenset[Eye] = frozenset()

    def saw(self, look: Look) -> "Gate":
        """With one more look."""
        eyes = self.eyes | {look.eye} if look.found else self.eyes
        return msgspec.structs.replace(self, looks=(*self.looks, look)[-MOST_KEPT:], eyes=eyes)

    def clear_run(self, eye: Eye) -> int:
        """How often in a row, up to now, this eye has seen nothing any more."""
        mine = [look for look in self.looks if look.eye == eye]
        return next((n for n, look in enumerate(reversed(mine)) if look.found), len(mine))


def eye_of(report: AcceptedReport) -> Eye | None:
    """Through which eye a report was seen, where a camera saw it."""
    return None if report.camera is None else (report.camera, report.algorithm or "")


def look_of(report: AcceptedReport) -> Look | None:
    """The report as a look: of an unconfirmed finding, and of a clear one."""
    eye = eye_of(report)
    if eye is None or not (report.unconfirmed or report.clear):
        return None
    return Look(report.occurred_at, eye, report.camera_class, found=not report.clear)
