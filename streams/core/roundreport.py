"""A round at the door: whether it can have been, and the report that a failed one makes."""

from datetime import datetime

from streams.core.events import GridworkerReport, Round, RoundResult
from streams.core.refusal import Reason, Refused

CHECK = "check"
"""检查 · the source of a report that a round made of what failed."""


def sound(made: Round, latest: datetime) -> None:
    """Refused where a round's times cannot be, or where it failed without saying what did."""
    if max(made.started_at, made.ended_at or made.started_at) > latest:
        raise Refused(Reason.BAD_TIME, "the round lies more than a day after its arrival")
    if made.ended_at is not None and made.ended_at < made.started_at:
        raise Refused(Reason.BAD_TIME, "the round ended before it began")
    if made.result is RoundResult.FAILED and not made.text:
        raise Refused(Reason.ROUND_INCOMPLETE, "a round that failed says in `text` what did")


def as_report(made: Round) -> GridworkerReport:
    """What failed, as a report by whoever made the round; it names of whom or what it is."""
    return GridworkerReport(
        place=made.place,
        text=" ".join(filter(None, (made.subject, made.text))),
        area=made.area,
        grid=made.grid,
        matter=made.matter,
        reporter=made.worker or CHECK,
        recorded_at=made.recorded_at,
    )
