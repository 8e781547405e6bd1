"""What a report was read as among those before it: a case of its own, or part of another."""

from datetime import datetime
from enum import StrEnum

import msgspec

Judged = tuple[int, int]
"""Of findings of one camera and algorithm, how many people had confirmed, and rejected."""

NEVER_JUDGED: Judged = (0, 0)


class ReadAs(StrEnum):
    """机器并案判断 · what the machine makes of a report by its score alone, whatever people say."""

    LINKED = "linked"  # 并案
    PROPOSED = "proposed"  # 疑似: a person is asked
    APART = "apart"  # 不并


class Candidate(msgspec.Struct, frozen=True, array_like=True):
    """疑似并案 · a report that may be of the same problem: a person decides."""

    twin: str
    score: float
    why: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """并案判断 · what became of a report among those before it in its home; names are case ids.

    `lead` opened the case that it is part of: itself, or the first report. `anchor` is the report
    from which on all were merged by score. `twin` is the one it was found alike, `score` in 0..1,
    None where people merged them. `reopens` says that the case was closed, and is open again by it;
    `closed_twin` that it is like a report whose case was closed, and is a case of its own.
    `repeats` is an earlier report of the same requester; `hotspot` how many reports there now are.
    `judged` is what people had said of earlier findings like this one. `lead_at` is when another
    report that leads it occurred; None where it leads itself. `read_as` is what the machine alone
    would have made of it, None where nothing is merged by score; `regrouped_at` is when people
    decided otherwise: of several decisions about one pair the last one counts.
    """

    lead: str
    anchor: str
    twin: str | None = None
    score: float | None = None
    why: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    reopens: bool = False
    closed_twin: str | None = None
    repeats: str | None = None
    hotspot: int = 0
    judged: Judged = NEVER_JUDGED
    lead_at: datetime | None = None
    read_as: ReadAs | None = None
    regrouped_at: datetime | None = None
