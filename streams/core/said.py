"""What machine and people said of a report as to merging and cameras: what its row tells of it."""

from datetime import datetime

import msgspec

from streams.core.reading import ReadAs, Reading
from streams.core.verdicts import Verdict


class Said(msgspec.Struct, frozen=True, array_like=True):
    """How the machine read a report, when people decided otherwise, and when they judged what a
    camera had found. What people said is known from an instant on; a later word about the same
    thing takes the place of an earlier one."""

    read_as: ReadAs | None = None
    regrouped_at: datetime | None = None
    regrouped_known_from: datetime | None = None
    judged_at: datetime | None = None
    judged_known_from: datetime | None = None
    confirmed: bool = False


NOTHING_SAID = Said()


def said_of(before: Said, reading: Reading | None, judged: Verdict | None, known: datetime) -> Said:
    """What is now said of a report; what was said `before` stays known since then."""
    regrouped_at = reading.regrouped_at if reading else None
    judged_at = judged.at if judged else None
    return Said(
        reading.read_as if reading else None,
        regrouped_at,
        _since(before.regrouped_at, before.regrouped_known_from, regrouped_at, known),
        judged_at,
        _since(before.judged_at, before.judged_known_from, judged_at, known),
        judged is not None and judged.confirmed,
    )


def _since(
    old: datetime | None, known_from: datetime | None, new: datetime | None, known: datetime
) -> datetime | None:
    if new is None:
        return None
    return known_from if new == old else known
