"""What a report's reading tells on the ledger, of its own case or of the one that it joined."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from streams.core.case import ActInput, Linked, Told
from streams.core.events import Act, ActKind
from streams.core.reading import Reading
from streams.core.results import FactKind

AGAIN = "再次上报"


def link(new: Linked) -> Iterator[Told]:
    """That a report joined the case, and what else it was read as."""
    reading = new.reading
    said: dict[str, Any] = {"report": new.name, "twin": reading.twin, "why": list(reading.why)}
    if reading.score is not None:
        said["score"] = reading.score
    yield Told(FactKind.REPORT_LINKED, new.occurred_at, new.cause, detail=said)
    yield from told_of(reading, new.cause, new.occurred_at)


def reopening(new: Linked, place: str) -> ActInput:
    """The act that a report does which comes after its case was closed."""
    act = Act(place=place, act=ActKind.REOPEN, reason=AGAIN)
    return ActInput(new.sender, new.id, "", new.occurred_at, act)


def told_of(reading: Reading, cause: tuple[str, str], at: datetime) -> Iterator[Told]:
    """What is to be known of a report, whichever case it is part of."""
    for one in reading.candidates:
        said = {"case": one.twin, "score": one.score, "why": list(one.why)}
        yield Told(FactKind.TWIN_PROPOSED, at, cause, one.twin, detail=said)
    if reading.closed_twin is not None:
        yield Told(FactKind.CASE_REREPORTED, at, cause, detail={"case": reading.closed_twin})
    if reading.repeats is not None:
        yield Told(FactKind.REQUEST_REPEATED, at, cause, detail={"report": reading.repeats})
    if reading.hotspot:
        yield Told(FactKind.HOTSPOT_FOUND, at, cause, detail={"reports": reading.hotspot})
